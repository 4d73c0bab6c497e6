import Histogram

/// Latencies of one measured window, in nanoseconds, to three significant digits.
struct LatencyRecorder {
    /// Above this a latency counts as the bound itself: ten minutes.
    static let longestNanoseconds: UInt64 = 600_000_000_000
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: longestNanoseconds,
        numberOfSignificantValueDigits: .three)

    /// How many latencies were recorded.
    var count: UInt64 { histogram.totalCount }

    /// Adds one latency.
    @inline(__always)
    mutating func record(nanoseconds: UInt64) {
        histogram.record(min(nanoseconds, Self.longestNanoseconds))
    }

    /// The latency, in milliseconds, that this percentage of all is at or below; 0 when nothing was recorded.
    func milliseconds(percentile: Double) -> Double {
        count == 0 ? 0 : Double(histogram.valueAtPercentile(percentile)) / 1e6
    }

    /// The longest latency in milliseconds.
    var longestMilliseconds: Double { count == 0 ? 0 : Double(histogram.max) / 1e6 }

    /// The figures of the report.
    var summary: LatencySummary {
        LatencySummary(
            p50: milliseconds(percentile: 50), p90: milliseconds(percentile: 90),
            p99: milliseconds(percentile: 99), p999: milliseconds(percentile: 99.9),
            max: longestMilliseconds)
    }
}

/// Percentiles of latency in milliseconds.
struct LatencySummary: Equatable {
    var p50: Double
    var p90: Double
    var p99: Double
    var p999: Double
    var max: Double

    /// As the report's `latencyMilliseconds`.
    var json: JSONText {
        .object([
            ("p50", .decimal(p50, places: 3)), ("p90", .decimal(p90, places: 3)),
            ("p99", .decimal(p99, places: 3)), ("p999", .decimal(p999, places: 3)),
            ("max", .decimal(max, places: 3)),
        ])
    }
}
