/// An entry that a contract wrote with LOG0 to LOG4.
public struct EmittedLog: Sendable, Equatable {
    /// The contract that wrote it.
    public var address: Address
    /// None to four words to search by.
    public var topics: [U256]
    /// The rest.
    public var data: [UInt8]

    /// A log entry.
    public init(address: Address, topics: [U256], data: [UInt8]) {
        self.address = address
        self.topics = topics
        self.data = data
    }
}

/// Why a call stopped and lost all its gas.
public enum Halt: UInt8, Sendable, CaseIterable {
    case outOfGas, stackUnderflow, stackOverflow, badJump, undefinedInstruction, writeInStaticCall
    case returnDataOutOfBounds, codeTooLong, codeStartsWithEF, addressInUse, precompileFailed, nonceExhausted
    case callTooDeep, insufficientBalance
}

/// How a transaction ended; in every case it is valid and has paid for its gas.
public enum Outcome: Sendable, Equatable {
    /// Everything took effect.
    case success
    /// The contract took everything back and kept the gas that was left.
    case reverted
    /// The contract broke a rule: nothing took effect, all gas is spent.
    case halted(Halt)
}

/// The result of a transaction.
public struct Receipt: Sendable, Equatable {
    /// How it ended.
    public var outcome: Outcome
    /// Gas paid for, refunds taken off.
    public var gasUsed: UInt64
    /// What the call returned, or the data of its revert.
    public var output: [UInt8]
    /// Logs in the order in which they were written; none unless the outcome is success.
    public var logs: [EmittedLog]
    /// The contract that a creation made.
    public var createdAddress: Address?

    /// A receipt.
    public init(
        outcome: Outcome, gasUsed: UInt64, output: [UInt8] = [], logs: [EmittedLog] = [], createdAddress: Address? = nil
    ) {
        self.outcome = outcome
        self.gasUsed = gasUsed
        self.output = output
        self.logs = logs
        self.createdAddress = createdAddress
    }

    /// Whether everything took effect.
    public var succeeded: Bool { outcome == .success }
}

/// What `Machine.transition` computes of a valid transaction.
public struct TransitionResult: Sendable, Equatable {
    /// What the sender gets to know.
    public var receipt: Receipt
    /// What the state must take over.
    public var diff: StateDiff

    /// A receipt and its diff.
    public init(receipt: Receipt, diff: StateDiff) {
        self.receipt = receipt
        self.diff = diff
    }
}
