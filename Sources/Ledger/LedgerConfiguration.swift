/// Settings of a ledger that do not change what it computes.
public struct LedgerConfiguration: Sendable {
    /// Where the time of blocks comes from.
    public var clockMode: ClockMode = .wall
    /// Operations that wait in front of the sequencer at most.
    public var queueOperationsMax = LedgerLimits.queueOperationsMax
    /// Bytes of operations that wait in front of the sequencer at most.
    public var queueBytesMax = LedgerLimits.queueBytesMax
    /// Operations in a micro-block at most.
    public var blockOperationsMax = LedgerLimits.blockOperationsMax
    /// Bytes of a micro-block's operations after which it is cut.
    public var blockBytesMax = LedgerLimits.blockBytesMax
    /// Gas of a micro-block after which it is cut.
    public var blockGasMax = LedgerLimits.blockGasMax
    /// Bytes of a log segment; a multiple of 4096 that holds the largest block several times.
    public var segmentBytes = LedgerLimits.segmentBytes
    /// Chunks of receipts (1 MiB each) in memory; older ones are on disk.
    public var receiptChunksInMemory = LedgerLimits.receiptChunksInMemory
    /// Operations after which a checkpoint is made in the background: about how many a restart executes again. 0: never.
    public var checkpointOperations = LedgerLimits.checkpointOperations
    /// Whether the log keeps what lies behind the checkpoints, so that it can be verified from the genesis on.
    public var keepsLog = false
    /// The key of the order of ids on disk; drawn at random for a world that has none yet, unless it is given here.
    package var idSeed: UInt64?
    /// Hears how far opening a world is: operations executed.
    public var onRecovery: (@Sendable (_ operations: UInt64) -> Void)?
    /// Accounts for which the tables have room from the start.
    public var expectedAccounts = 0
    /// Slots for which the tables have room from the start.
    public var expectedSlots = 0
    /// Microseconds that the sequencer and the log thread spin before they sleep.
    public var spinMicroseconds = SystemClock.processorCount() > 3 ? 100 : 20
    /// Milliseconds between two anchors at least; 0 computes none in the background.
    public var anchorMilliseconds = 1_000
    /// Whether segments are written past the system's cache where the file system allows it.
    public var usesDirectWrites = true

    /// The settings of a server.
    public init() {}

    /// Checks the settings against each other.
    func validate() throws(LedgerError) {
        let recordBytesMax = blockBytesMax + LedgerLimits.operationBytesMax + 2 * LedgerLimits.pageBytes
        guard segmentBytes % LedgerLimits.pageBytes == 0, segmentBytes >= recordBytesMax else {
            throw .configuration(
                reason: "a segment of \(segmentBytes) bytes cannot hold a block of up to \(recordBytesMax) bytes")
        }
        guard queueOperationsMax >= LedgerLimits.linkedOperationsMax else {
            throw .configuration(
                reason:
                    "a queue of \(queueOperationsMax) cannot hold \(LedgerLimits.linkedOperationsMax) linked operations"
            )
        }
        guard blockOperationsMax >= 1, receiptChunksInMemory >= 1 else {
            throw .configuration(reason: "blockOperationsMax and receiptChunksInMemory must be positive")
        }
    }
}
