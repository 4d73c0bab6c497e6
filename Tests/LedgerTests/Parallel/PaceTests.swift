import Testing

@testable import Ledger

/// Which way blocks are executed, by the times that the two ways took.
@Suite struct PaceTests {
    /// Runs blocks whose operations take so long in the two ways; how many operations were executed by all workers.
    private static func run(_ pace: Pace, blocks: Int, alone: UInt64, together: UInt64, operations: Int = 512) -> Int {
        var sum = 0
        func execute(_ count: Int, _ isParallel: Bool) {
            if isParallel {
                sum += count
                pace.ranTogether(count, nanoseconds: UInt64(count) * together)
            } else {
                pace.ranAlone(count, nanoseconds: UInt64(count) * alone)
            }
        }
        for _ in 0..<blocks {
            var rest = operations
            if pace.wantsTrial(operations) {
                execute(Pace.trialOperations, !pace.paysInParallel(operations))
                rest -= Pace.trialOperations
            }
            execute(rest, pace.paysInParallel(rest))
        }
        return sum
    }

    @Test func `the faster way is taken, and the other seldom tried`() {
        let all = 400 * 512
        let chain = Self.run(Pace(wakeUpNanoseconds: 20_000), blocks: 400, alone: 5_000, together: 7_000)
        #expect(chain > 0 && chain < all / 50, "\(chain) of \(all) by all workers")
        let crowd = Self.run(Pace(wakeUpNanoseconds: 20_000), blocks: 400, alone: 10_000, together: 6_000)
        #expect(crowd > all * 49 / 50 && crowd < all, "\(crowd) of \(all) by all workers")
    }

    @Test func `when the work changes the way does too`() {
        let pace = Pace(wakeUpNanoseconds: 20_000)
        _ = Self.run(pace, blocks: 300, alone: 10_000, together: 6_000)
        let chain = Self.run(pace, blocks: 300, alone: 5_000, together: 14_000)
        #expect(chain < 60 * 512, "\(chain) operations by all workers")
        let crowd = Self.run(pace, blocks: 600, alone: 10_000, together: 6_000)
        #expect(crowd > 300 * 512, "\(crowd) operations by all workers")
    }

    @Test func `a block that is over before a helper wakes runs alone`() {
        let pace = Pace(wakeUpNanoseconds: 50_000)
        #expect(!pace.paysInParallel(1) && !pace.paysInParallel(30) && pace.paysInParallel(200))
        #expect(Self.run(pace, blocks: 50, alone: 3_000, together: 1_000, operations: 20) == 0)
    }
}
