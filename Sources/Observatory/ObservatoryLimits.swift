/// Every maximum of the observatory, with its reason.
public struct ObservatoryLimits: Sendable {
    /// Bytes of a request's body: the longest creation code as hexadecimal digits, and room.
    public var bodyBytesMax = 1 << 20
    /// Requests in a batch.
    public var batchMax = 100
    /// Arrays and objects inside one another in a request.
    public var depthMax = 32
    /// Connections at once.
    public var connectionsMax = 1_024
    /// Requests a second that one address may make on average, and at once.
    public var requestsPerSecond = 2_000
    public var requestsAtOnce = 4_000
    /// Seconds within which a request must have come in whole, and after which a silent connection is closed.
    public var requestSecondsMax: Int64 = 10
    public var idleSecondsMax: Int64 = 75
    /// Requests of all connections that wait for a worker.
    public var waitingMax = 1_024
    /// Bytes of answers that wait for a client that does not read; of all clients, where no more is worked on for anybody;
    /// and seconds after which a connection is closed that has not read an answer.
    public var outgoingBytesMax = 8 << 20
    public var allOutgoingBytesMax = 256 << 20
    public var answerSecondsMax: Int64 = 60
    /// Subscriptions of a connection, and filters of the server.
    public var subscriptionsMax = 64
    public var filtersMax = 4_096
    /// Seconds after which a filter that nobody asks is dropped.
    public var filterSecondsMax: Int64 = 300
    /// Gas of eth_call and eth_estimateGas.
    public var callGasMax: UInt64 = 30_000_000
    /// Milliseconds that eth_sendRawTransactionSync waits by default, and at most.
    public var syncMillisecondsDefault = 2_000
    public var syncMillisecondsMax = 60_000
    /// Steps of a struct log.
    public var traceStepsMax = 100_000
    /// Bytes of a trace: its text and what holds it in memory are about as much. What is longer is cut, and says so.
    public var traceBytesMax = 128 << 20
    /// Bytes of stacks, memory and returned data that the steps of a trace carry, some seconds of copying.
    public var traceStepBytesMax = 8 << 30
    /// Traces and questions about old states at once, running or waiting for one another: fewer than there are workers.
    public var slowMax = 3
    /// Operations that are executed again to reach the state of an old block.
    public var replayOperationsMax: UInt64 = 500_000
    /// Blocks of eth_feeHistory.
    public var feeHistoryBlocksMax: UInt64 = 1_024
    /// Bytes of one answer.
    public var answerBytesMax = 64 << 20

    /// The limits with their default values.
    public init() {}
}
