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

    /// A machine that is three times as slow for some hundred blocks, then fast again, whose blocks differ by a third and
    /// parts of them by a tenth, and on which every tenth part meets a pause of its own.
    private struct UnsteadyMachine {
        var generator = SeededGenerator(state: 9)
        private var slowness = 1.0
        private var blocksLeft = 0

        init(seed: UInt64) { generator = SeededGenerator(state: seed) }

        /// How slow the machine is in the next block.
        mutating func next() -> Double {
            if blocksLeft == 0 {
                slowness = slowness == 1 ? 3 : 1
                blocksLeft = Int.random(in: 150...400, using: &generator)
            }
            blocksLeft -= 1
            return slowness * Double.random(in: 0.7...1.3, using: &generator)
        }
    }

    /// Runs blocks on an unsteady machine, of work that is another one every few hundred blocks; the time of all operations
    /// over that of the faster way each time, pauses and slowness left out.
    private static func loss(_ works: [(alone: Double, together: Double)], seed: UInt64) -> Double {
        let pace = Pace(wakeUpNanoseconds: 20_000)
        var machine = UnsteadyMachine(seed: seed)
        var taken = 0.0
        var least = 0.0
        var work = 0
        var blocksLeft = 0
        for _ in 0..<8_000 {
            if blocksLeft == 0 {
                work = (work + 1) % works.count
                blocksLeft = Int.random(in: 300...900, using: &machine.generator)
            }
            blocksLeft -= 1
            let slowness = machine.next()
            func execute(_ count: Int, _ isParallel: Bool) {
                let part = Double(count) * Double.random(in: 0.9...1.1, using: &machine.generator)
                let time = part * (isParallel ? works[work].together : works[work].alone)
                let pause = Int.random(in: 0..<10, using: &machine.generator) == 0 ? 2_000_000.0 : 0
                taken += time
                least += part * min(works[work].alone, works[work].together)
                let nanoseconds = UInt64(time * slowness + pause)
                if isParallel {
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
        return taken / least - 1
    }

    @Test func `on a machine that is slow by turns little is lost, also where the work changes`() {
        let kinds: [[(alone: Double, together: Double)]] = [
            [(10_000, 6_500)], [(6_500, 10_000)], [(5_000, 7_000), (10_000, 6_000)], [(9_000, 10_000), (10_000, 7_000)],
        ]
        for works in kinds {
            let losses = (1...5).map { Self.loss(works, seed: $0) }
            // Trials of the slower way alone cost 2 to 3 %; to find out late that the work is another costs 5 to 10 %.
            let mean = losses.reduce(0, +) / 5
            #expect(mean < 0.04, "\(works): \(losses)")
        }
    }

    @Test func `a block that is over before a helper wakes runs alone`() {
        let pace = Pace(wakeUpNanoseconds: 50_000)
        #expect(!pace.paysInParallel(1) && !pace.paysInParallel(30) && pace.paysInParallel(200))
        #expect(Self.run(pace, blocks: 50, alone: 3_000, together: 1_000, operations: 20) == 0)
    }
}
