public import EVM
import Foundation

/// Which rules hold at which time on the chain of a test.
public struct ForkSchedule: Sendable {
    /// Rules from a time on.
    struct Stage: Sendable {
        var since: UInt64
        var fork: Fork
        var blobs: BlobSchedule?
    }

    /// The stages in order of time; the first begins at 0.
    private let stages: [Stage]

    /// The schedule of a network as the suites name it: `Prague`, `CancunToPragueAtTime15k`, `OsakaToBPO1AtTime15k`;
    /// `blobSchedule` holds the figures for each name.
    init(network: String, blobSchedule: JSONValue?) throws {
        func stage(_ name: some StringProtocol, since: UInt64) throws -> Stage {
            // Forks that change nothing but the blobs follow Osaka.
            let isBlobsOnly = name.hasPrefix("BPO") && name.dropFirst(3).allSatisfy(\.isNumber)
            guard let fork = isBlobsOnly ? .osaka : Fork(suiteName: String(name)) else {
                throw FixtureError(description: "\(network): there is no fork '\(name)'")
            }
            let figures = try BlobSchedule(blobSchedule?[String(name)])
            if isBlobsOnly && figures == nil {
                throw FixtureError(description: "\(network): no blob schedule of \(name)")
            }
            return Stage(since: since, fork: fork, blobs: figures ?? BlobSchedule.standard(fork))
        }
        guard let at = network.range(of: "AtTime"), let to = network.range(of: "To") else {
            stages = [try stage(network, since: 0)]
            return
        }
        let time = network[at.upperBound...]
        let digits = time.hasSuffix("k") ? time.dropLast() : time
        guard let count = UInt64(digits) else { throw FixtureError(description: "\(network): no time") }
        stages = [
            try stage(network[..<to.lowerBound], since: 0),
            try stage(network[to.upperBound..<at.lowerBound], since: count * (time.hasSuffix("k") ? 1_000 : 1)),
        ]
    }

    /// The stage of a time.
    func stage(at timestampSeconds: UInt64) -> Stage { stages.last { $0.since <= timestampSeconds } ?? stages[0] }

    /// The fork of a time.
    public func fork(at timestampSeconds: UInt64) -> Fork { stage(at: timestampSeconds).fork }

    /// The fork that the chain ends with, by which tests are chosen.
    public var lastFork: Fork { stages[stages.count - 1].fork }
}
