internal import Foundation
internal import Synchronization

/// Threads that answer requests, so that the network's thread never waits for a disk or a contract; they take less of the
/// processors than the server's own threads.
final class Workers: @unchecked Sendable {
    // Sendable: the queue is guarded by the condition.
    private let condition = NSCondition()
    private var waiting: [@Sendable () -> Void] = []
    private var first = 0
    private var isStopping = false
    private let waitingMax: Int

    init(count: Int, waitingMax: Int, name: String = "hoard-http") {
        self.waitingMax = waitingMax
        for index in 0..<count {
            let thread = Thread { [weak self] in
                lowerPriority()
                while let job = self?.next() { job() }
            }
            thread.name = "\(name)-\(index)"
            thread.stackSize = 16 << 20
            thread.start()
        }
    }

    /// Hands a job over; false where too many wait.
    func put(_ job: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard waiting.count - first < waitingMax, !isStopping else { return false }
        waiting.append(job)
        condition.signal()
        return true
    }

    private func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.count == first, !isStopping { condition.wait() }
        if isStopping { return nil }
        let job = waiting[first]
        first += 1
        if first == waiting.count || first > 1_024 {
            waiting.removeFirst(first)
            first = 0
        }
        return job
    }

    /// Jobs that wait.
    var waitingCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return waiting.count - first
    }

    /// Ends the threads; what waits is forgotten.
    func stop() {
        condition.lock()
        isStopping = true
        waiting = []
        first = 0
        condition.broadcast()
        condition.unlock()
    }
}
