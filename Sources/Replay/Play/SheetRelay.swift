import Foundation

/// Hands sheets from stage to stage, a fixed number of them round and round: free, made, executed, free again.
///
/// A sheet is in one of the three lists or with the one stage that took it out, so that no two threads ever touch the same
/// sheet; what a stage wrote before it gave a sheet away happened before what the next does with it, since both hold the lock
/// in between. Lists are queues and each stage is one thread at a time, so that sheets are executed and judged in the
/// order in which they were made, whichever thread is faster. Nobody waits for ever: a clerk waits only while all sheets are
/// made and not yet executed, and then the executor has work; the executor waits only while nothing is made, and then a
/// sheet is free, or executed and about to become free by a clerk that has work.
final class SheetRelay: @unchecked Sendable {
    // Sendable: everything that changes is used under the lock.
    private let condition = NSCondition()
    private var free: [ReplaySheet]
    private var made: [ReplaySheet] = []
    private var executed: [ReplaySheet] = []
    private var isAllMade = false
    private var isAllExecuted = false
    /// Whether the stage that makes has a sheet.
    private var isMaking = false
    private var isJudging = false

    /// What a clerk is to do.
    enum Task {
        case make(ReplaySheet)
        case judge(ReplaySheet)
        case end
    }

    /// A relay with so many sheets under way.
    init(sheets: Int) { free = (0..<sheets).map { _ in ReplaySheet() } }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    // MARK: The executor

    /// The next sheet to be executed, waited for; nil when there will be none.
    func nextToExecute() -> ReplaySheet? {
        locked {
            while made.isEmpty {
                if isAllMade {
                    isAllExecuted = true
                    condition.broadcast()
                    return nil
                }
                condition.wait()
            }
            return made.removeFirst()
        }
    }

    /// Gives an executed sheet on.
    func giveExecuted(_ sheet: ReplaySheet) {
        locked {
            executed.append(sheet)
            condition.broadcast()
        }
    }

    // MARK: Clerks

    /// What a clerk does next, waited for: the executor shall not wait for a sheet, and behind that nothing shall lie about.
    func nextTask() -> Task {
        locked {
            while true {
                let canMake = !isAllMade && !isMaking && !free.isEmpty
                let canJudge = !isJudging && !executed.isEmpty
                if canMake, made.isEmpty || !canJudge {
                    isMaking = true
                    return .make(free.removeLast())
                }
                if canJudge {
                    isJudging = true
                    return .judge(executed.removeFirst())
                }
                if isAllExecuted, executed.isEmpty { return .end }
                condition.wait()
            }
        }
    }

    /// Gives a made sheet on; an empty one was the last.
    func giveMade(_ sheet: ReplaySheet, isEmpty: Bool) {
        locked {
            isMaking = false
            if isEmpty {
                isAllMade = true
                free.append(sheet)
            } else {
                made.append(sheet)
            }
            condition.broadcast()
        }
    }

    /// Gives a judged sheet back.
    func giveJudged(_ sheet: ReplaySheet) {
        locked {
            isJudging = false
            free.append(sheet)
            condition.broadcast()
        }
    }
}
