import Foundation

/// What a server says of itself in answer to the query `serverStatus`.
struct ServerStatus: Equatable {
    /// Micro-blocks so far.
    var blocks: UInt64
    /// Operations in them.
    var operations: UInt64
    /// Gas that they used.
    var gas: UInt64
    /// How blocks are executed.
    var executor: String
    /// By how many threads.
    var workers: Int
    /// CPU time of the process, where it says so.
    var cpuMicroseconds: UInt64?
    /// Operations that broke the rule that every asset sums to zero; each is an error of a contract.
    var conservationViolations: UInt64
    /// Percentiles of write and sync together, since the server's start.
    var diskSyncP50Milliseconds: Double?
    var diskSyncP99Milliseconds: Double?

    /// Reads the answer; nil when it is no JSON object. Numbers may be written as strings.
    static func parse(_ text: String) -> ServerStatus? {
        guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
            let object = value as? [String: Any]
        else { return nil }
        let sync = object["diskSyncMilliseconds"] as? [String: Any]
        return ServerStatus(
            blocks: whole(object["blocks"]), operations: whole(object["operations"]),
            gas: whole(object["gas"]), executor: object["executor"] as? String ?? "unknown",
            workers: Int(whole(object["workers"])),
            cpuMicroseconds: object["cpuMicroseconds"].map { whole($0) },
            conservationViolations: whole(object["conservationViolations"]),
            diskSyncP50Milliseconds: decimal(sync?["p50"]),
            diskSyncP99Milliseconds: decimal(sync?["p99"]))
    }

    /// What happened since an earlier moment; the percentiles are those of the server's whole life.
    func since(_ earlier: ServerStatus) -> ServerFigures {
        ServerFigures(
            blocks: blocks &- earlier.blocks, operations: operations &- earlier.operations,
            gas: gas &- earlier.gas, executor: executor, workers: workers,
            diskSyncP50Milliseconds: diskSyncP50Milliseconds,
            diskSyncP99Milliseconds: diskSyncP99Milliseconds)
    }

    private static func whole(_ value: Any?) -> UInt64 {
        if let text = value as? String { return UInt64(text) ?? 0 }
        return (value as? NSNumber)?.uint64Value ?? 0
    }

    private static func decimal(_ value: Any?) -> Double? {
        if let text = value as? String { return Double(text) }
        return (value as? NSNumber)?.doubleValue
    }
}
