import Testing

@testable import History

/// The index makes way for a load, and follows where processors have nothing to do.
struct IndexerPauseTests {
    /// Counts of two processors after so many hundredths of a second, a share of them idle.
    private func ticks(_ hundredths: UInt64, idlePercent: UInt64) -> ProcessorTicks {
        var made = ProcessorTicks("cpu  0 0 0 0 0 0 0 0\n")!
        made.all = hundredths * 2
        made.idle = hundredths * 2 * idlePercent / 100
        return made
    }

    private func total(worked microseconds: Int64, idlePercent: UInt64?) -> (microseconds: Int64, slices: Int) {
        let start = idlePercent.map { ticks(1_000, idlePercent: $0) }
        var pause = IndexerPause(after: .microseconds(microseconds), ticks: start)
        var slept: Int64 = 0
        var slices = 0
        while let slice = pause.next(ticks: idlePercent.map { ticks(1_000 + UInt64(slept) / 10_000, idlePercent: $0) }) {
            slept += Int64(slice)
            slices += 1
            if slices > 1_000 { break }
        }
        return (slept, slices)
    }

    @Test(arguments: [(0, 0), (100, 4_000), (50_000, 2_000_000), (400_000, 10_000_000), (9_000_000, 10_000_000)] as [(Int64, Int64)])
    func `where processors are busy it rests forty times as long as it worked, and ten seconds at most`(_ worked: Int64, _ rest: Int64) {
        #expect(total(worked: worked, idlePercent: 3).microseconds == rest)
        #expect(total(worked: worked, idlePercent: nil).microseconds == rest, "a machine that does not tell counts as busy")
    }

    @Test(arguments: [(200_000, 600_000), (9_000_000, 1_000_000)] as [(Int64, Int64)])
    func `where they are idle it rests three times as long, and a second at most`(_ worked: Int64, _ rest: Int64) {
        #expect(total(worked: worked, idlePercent: 60).microseconds == rest)
    }

    @Test func `a pause is slept in slices of a tenth of a second`() {
        #expect(total(worked: 50_000, idlePercent: 3).slices == 20)
    }

    @Test func `the kernel's line is read, and another text is none`() throws {
        let read = try #require(ProcessorTicks("cpu  10 20 30 400 50 6 7 8 999 1\ncpu0 1 2 3 4\n"))
        #expect(read.idle == 450)
        #expect(read.all == 10 + 20 + 30 + 400 + 50 + 6 + 7 + 8)
        #expect(ProcessorTicks("") == nil)
        #expect(ProcessorTicks("intr 1 2 3\n") == nil)
        #expect(ProcessorTicks("cpu  1 2\n") == nil)
    }

    @Test func `the counts of this machine rise`() throws {
        let now = try #require(ProcessorTicks.now())
        #expect(now.all > 0 && now.all >= now.idle)
    }
}
