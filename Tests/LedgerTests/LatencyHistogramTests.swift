import Testing

@testable import Ledger

@Suite struct LatencyHistogramTests {
    @Test(arguments: [UInt64(1), 31, 32, 33, 100, 999, 123_456, 98_765_432_100])
    func `a single duration is every quantile`(_ nanoseconds: UInt64) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: nanoseconds)
        #expect(histogram.quantileNanoseconds(0.5) == nanoseconds)
        #expect(histogram.quantileNanoseconds(0.99) == nanoseconds)
    }

    @Test func `quantiles are right within four percent`() {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.record(nanoseconds: UInt64(value) * 1_000) }
        let median = Double(histogram.quantileNanoseconds(0.5))
        let high = Double(histogram.quantileNanoseconds(0.99))
        #expect(abs(median - 5_000_000) < 200_000)
        #expect(abs(high - 9_900_000) < 400_000)
        #expect(histogram.quantileNanoseconds(1) == 10_000_000)
    }
}
