/// Every maximum of the ledger, with its reason.
public enum LedgerLimits {
    /// What BLOCKHASH can see (yellow paper).
    public static let blockHashCount = 256
    /// Tables are split into 2^10 shards: ten million entries then grow in steps of ten thousand, under a millisecond each.
    static let tableShardBits = 10
    /// Operations that wait in front of the sequencer: a tenth of a second of work; more would only be latency.
    public static let queueOperationsMax = 32_768
    /// Bytes of operations that wait in front of the sequencer: 32,768 of the usual size are 12 MiB; of the longest they
    /// would be 6 GiB.
    public static let queueBytesMax = 64 << 20
    /// Operations in a micro-block: bounds what one failed write can hold back.
    public static let blockOperationsMax = 8_192
    /// Bytes of a micro-block's operations: a write of this size still takes about a millisecond.
    public static let blockBytesMax = 1 << 20
    /// Bytes of one encoded operation; the longest creation code fits (EIP-3860).
    public static let operationBytesMax = 192 << 10
    /// Gas that the operations of a micro-block use before it is cut: about 50 ms of execution.
    public static let blockGasMax: UInt64 = 100_000_000
    /// Operations that succeed or fail as one: all of them must be in one micro-block.
    public static let linkedOperationsMax = 1_024
    /// Operations executed between two looks at the clock and at the log thread.
    static let chunkOperationsMax = 64
    /// Operations that are worth a block of its own while more of them wait: a block costs about as much processor time in
    /// writes, syncs and wake-ups as a few dozen operations.
    static let fullEnoughOperations = 512
    /// How long a block may be filled from what waits while the log thread has nothing to do.
    static let fillNanosecondsMax: UInt64 = 2_000_000
    /// The same while a whole block's operations wait behind it: they wait longer than this whatever is done.
    static let backlogFillNanosecondsMax: UInt64 = 10_000_000
    /// Submissions that their own thread may finish at the places of the sequencer and of the log thread.
    public static let borrowedSubmissionsMax = 4
    /// Gas of them together: some milliseconds at most, like a view call.
    static let borrowedGasMax: UInt64 = 5_000_000
    /// Bytes of them together.
    static let borrowedBytesMax = 16 << 10
    /// Bytes that must be left of the log's segment for that: making the next one takes long. They fit several times.
    static let borrowedRecordBytesMax = 64 << 10
    /// Steps at one such place before its own thread goes on: a lone block takes four.
    static let borrowedStepsMax = 8
    /// How long that may take before whoever does it goes the usual way for a while: twice the slowest of a hundred syncs of a disk that
    /// is fit for a log (1 to 2 ms). A disk that took longer will do so again, and all that its caller serves has to wait for it.
    public static let borrowedNanosecondsMax: UInt64 = 4_000_000
    /// Sealed micro-blocks that wait for the log thread: more would not make the disk faster.
    static let sealedBlocksMax = 4
    /// Bytes that are kept free at the end of a block for each operation that may call for something there: a call of
    /// four words with one more for each such operation, encoded as an operation of its own, takes less.
    public static let closingBytesMax = 640
    /// Gas of a view call: a query must not hold up the operations behind it.
    public static let viewGasMax: UInt64 = 5_000_000
    /// Bytes of a log segment, written once with zeros before use.
    public static let segmentBytes = 64 << 20
    /// Unit of direct writes to disk.
    static let pageBytes = 4_096
    /// Memory for receipts of answered blocks that a block keeps to use it again, and the bytes of one beyond which it is
    /// given back: answers usually leave before the next block or the one after it is sealed.
    static let resultBuffersKept = 4
    static let resultBytesKept = 1 << 20
    /// Bytes of one chunk of stored receipts.
    static let receiptChunkBytes = 1 << 20
    /// Chunks of receipts kept in memory: repeats mostly ask for the last minutes.
    public static let receiptChunksInMemory = 64
    /// Chunks of receipts that wait for their file before the sequencer waits for it.
    static let receiptChunksBehindMax = 8
    /// Bytes of one stored record: what the longest operation and the most data that its gas can buy take, and more.
    static let receiptBytesMax = 64 << 20
    /// Nanoseconds after which a record on the last page of the receipts' file that neither holds together nor changes is damaged, and
    /// not on its way: as long as Linux waits for a disk to carry out one request.
    static let receiptDoubtNanoseconds: UInt64 = 30_000_000_000
    /// Bytes that background work writes before it syncs, so that the log's syncs do not wait behind a large backlog.
    static let backgroundSyncBytes = 4 << 20
    /// Records that background work handles in one piece.
    static let backgroundRecords = 16_384
    /// Nanoseconds of rest between two pieces of background work.
    static let backgroundPauseNanoseconds: UInt64 = 2_000_000
    /// Operations between two checkpoints: a restart executes at most about these, in a few seconds.
    public static let checkpointOperations = 500_000
    /// Milliseconds after which a client should try again what a stalled disk refused.
    public static let stallRetryMilliseconds: UInt64 = 500
    /// Tries to write that a stopping ledger makes on a disk that refuses, before it gives up what is not durable.
    static let stoppingRetriesMax = 8
    /// Bytes of write sets that wait for the anchor thread before the log thread waits for it: some seconds of work.
    static let anchorBytesMax = 256 << 20
    /// Bytes of a buffer for them that is used again.
    static let anchorBytesKept = 16 << 20
    /// Operations, and bytes of blocks, that a replay hands from stage to stage at once: rarely enough for the hand-over to
    /// cost nothing.
    static let replayBatchOperations = 512
    static let replayBatchBytes = 1 << 20
    static let replayBatchBlocks = 128
    /// Blocks that a replay keeps to fill again, and bytes of such a block: what large ones took is given back.
    static let replaySpareBlocksMax = 1_024
    static let replaySpareBytes = 64 << 10
    /// Batches that wait between two stages of a replay: some 20 MiB, and enough that no stage waits for a slow moment of another.
    static let replayBatchesMax = 16
    /// Operations that the parallel executor takes at once: some milliseconds of work.
    static let parallelRunOperationsMax = 512
    /// Neighbouring units that a worker of the parallel executor takes at once, at most.
    static let unitsPerClaimMax = 4
    /// Claims that each worker may have executed, or be executing, and not committed: more would be wrong more often.
    static let claimsPerWorker = 2
    /// New accounts or slots of a unit, for the size of the tables of a run; where they are full another run begins.
    static let newSlotsPerUnit = 8
    /// Runs of a block after which the rest is executed on one thread: every unit seems to need the world for itself.
    static let parallelRunsPerBlockMax = 16
}
