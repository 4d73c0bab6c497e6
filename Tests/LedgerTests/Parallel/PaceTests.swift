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

    @Test func `on a machine that is slow by turns the faster way is taken all the same`() {
        // Every block is executed at a third to three times the usual speed, and every tenth part meets a pause of its own.
        var generator = SeededGenerator(state: 9)
        for (alone, together) in [(10_000.0, 6_500.0), (6_500.0, 10_000.0)] {
            let pace = Pace(wakeUpNanoseconds: 20_000)
            var parallel = 0
            for block in 0..<2_000 {
                let speed = Double.random(in: 0.33...3, using: &generator)
                func execute(_ count: Int, _ isParallel: Bool) {
                    let pause = Int.random(in: 0..<10, using: &generator) == 0 ? 2_000_000.0 : 0
                    let nanoseconds = UInt64(Double(count) * (isParallel ? together : alone) * speed + pause)
                    if isParallel {
                        if block >= 200 { parallel += count }
                        pace.ranTogether(count, nanoseconds: nanoseconds)
                    } else {
                        pace.ranAlone(count, nanoseconds: nanoseconds)
                    }
                }
                var rest = 512
                if pace.wantsTrial(512) {
                    execute(Pace.trialOperations, !pace.paysInParallel(512))
                    rest -= Pace.trialOperations
                }
                execute(rest, pace.paysInParallel(rest))
            }
            let share = Double(parallel) / Double(1_800 * 512)
            #expect(together < alone ? share > 0.85 : share < 0.15, "\(share) by all workers")
        }
    }

    @Test func `a block that is over before a helper wakes runs alone`() {
        let pace = Pace(wakeUpNanoseconds: 50_000)
        #expect(!pace.paysInParallel(1) && !pace.paysInParallel(30) && pace.paysInParallel(200))
        #expect(Self.run(pace, blocks: 50, alone: 3_000, together: 1_000, operations: 20) == 0)
    }
}
