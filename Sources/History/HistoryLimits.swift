/// Every maximum of the history, with its reason.
public enum HistoryLimits {
    /// Bytes of blocks that wait for the indexer in memory: some seconds of a full load; what is older is read from disk.
    public static let feedBytesMax = 64 << 20
    /// Bytes of blocks that are kept in memory although they are indexed: the newest are asked for most.
    public static let recentBytesMax = 16 << 20
    /// Blocks that are kept in memory although they are indexed: BLOCKHASH sees 256.
    public static let recentBlocksMax = 512
    /// Bytes of blocks that one transaction of the index takes: a few hundred milliseconds of work.
    public static let batchBytesMax = 2 << 20
    /// Blocks that one query of logs looks at.
    public static let logBlocksMax: UInt64 = 50_000
    /// Logs that one query returns.
    public static let logsMax = 10_000
    /// Bytes of data in the logs that one query returns.
    public static let logBytesMax = 8 << 20
    /// Trees of blocks that are kept for proofs: players ask for their last operations, which are in few blocks; a full block's tree takes 0.5 MiB.
    public static let proofTreesMax = 16
    /// Rows of a list of a player's or an item's history.
    public static let rowsMax = 500
}
