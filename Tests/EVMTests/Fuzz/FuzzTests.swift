import EVM
import Fuzzing
import Testing

@Suite struct FuzzTests {
    @Test func `programs made by chance keep every rule, and many of them get somewhere`() {
        let runner = FuzzRunner()
        for seed in 0..<1_500 as Range<UInt64> {
            let failure = runner.run(FuzzCase(seed: seed))
            #expect(failure == nil, "hoard fuzz evm --cases 1 --seed \(seed)")
        }
        #expect(runner.counts.succeeded > 1_000 && runner.counts.reverted > 20 && runner.counts.halted > 150)
        #expect(runner.counts.halts.count >= 6, "\(runner.counts.halts)")
    }

    @Test func `a seed makes the same case again`() {
        for seed in [1, 77, .max] as [UInt64] {
            let first = FuzzRunner()
            let second = FuzzRunner()
            #expect(first.run(FuzzCase(seed: seed)) == second.run(FuzzCase(seed: seed)))
            #expect(first.counts == second.counts)
        }
    }
}
