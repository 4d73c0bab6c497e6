import ArgumentParser
import Foundation
import Ledger

/// `hoard bench commit`: how long a durable commit of a block takes, beside the same write and sync done bare.
struct CommitBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Measure the durable commit of a block beside the same write and sync done bare, in turns.",
        discussion: """
            Both go to preallocated files in the same folder, a commit and a bare write after each other, so that the disk \
            is the same for both. The seam is what a write through the ledger's disk protocol takes beside the system's \
            call, a page to the system's cache. Exit code 1 when a commit takes more than 1.5 times as long (medians).
            """)

    @Option(help: "The folder for the files; by default a temporary one.")
    var folder: String?

    @Option(help: "Commits of each size.")
    var commits: Int = 500

    @Flag(help: "Print one JSON object: sizes (bytes, microseconds of both (p50, p99), ratio) and the seam's nanoseconds.")
    var json = false

    private struct Report: Encodable {
        struct Seam: Encodable {
            let throughNanoseconds: Double
            let bareNanoseconds: Double
        }

        let sizes: [Line]
        let seam: Seam
    }

    private struct Line: Encodable {
        struct Quantiles: Encodable {
            let p50: Double
            let p99: Double
        }

        let bytes: Int
        let commitMicroseconds: Quantiles
        let bareMicroseconds: Quantiles
        let ratio: Double
    }

    func run() async throws {
        let report = try await reportingFailures { try measure() }
        if json {
            try printJSON(report)
        } else {
            for line in report.sizes {
                print(
                    String(
                        format: "%6d bytes: commit %.0f us (p99 %.0f), bare %.0f us (p99 %.0f), ratio %.2f", line.bytes,
                        line.commitMicroseconds.p50, line.commitMicroseconds.p99, line.bareMicroseconds.p50,
                        line.bareMicroseconds.p99, line.ratio))
            }
            print(
                String(
                    format: "  seam: a write of a page %.0f ns, by the system's call alone %.0f ns",
                    report.seam.throughNanoseconds, report.seam.bareNanoseconds))
        }
        if report.sizes.contains(where: { $0.ratio > 1.5 }) { throw ExitCode(1) }
    }

    private func measure() throws -> Report {
        let path =
            folder
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("hoard-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: path) } }
        let sizes = try [4_096, 16_384, 65_536].map { bytes in
            let result = try CommitMeasurement.run(folder: path, recordBytes: bytes, commits: commits)
            let commit = Line.Quantiles(p50: quantile(result.commits, 0.5), p99: quantile(result.commits, 0.99))
            let bare = Line.Quantiles(p50: quantile(result.bare, 0.5), p99: quantile(result.bare, 0.99))
            return Line(bytes: bytes, commitMicroseconds: commit, bareMicroseconds: bare, ratio: commit.p50 / bare.p50)
        }
        let seam = try CommitMeasurement.seam(folder: path, calls: commits * 64)
        return Report(sizes: sizes, seam: Report.Seam(throughNanoseconds: seam.through, bareNanoseconds: seam.bare))
    }

    private func quantile(_ nanoseconds: [UInt64], _ share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
    }
}
