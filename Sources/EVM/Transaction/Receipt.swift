/// None to four words to search a log by; they lie in the log itself, so that they need no memory of their own.
public struct LogTopics: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    @usableFromInline var words: (U256, U256, U256, U256)
    @usableFromInline var used: UInt8

    /// The first `count` of four words; the others must be zero.
    @inline(__always)
    init(_ words: (U256, U256, U256, U256), count: Int) {
        precondition(count >= 0 && count <= 4, "a log has at most 4 topics")
        self.words = words
        used = UInt8(count)
    }

    /// None.
    public init() {
        words = (.zero, .zero, .zero, .zero)
        used = 0
    }

    /// These words, four at most.
    public init(_ topics: some Sequence<U256>) {
        self.init()
        for topic in topics { append(topic) }
    }

    /// Adds one behind the others; there must be fewer than four.
    public mutating func append(_ topic: U256) {
        switch used {
        case 0: words.0 = topic
        case 1: words.1 = topic
        case 2: words.2 = topic
        case 3: words.3 = topic
        default: preconditionFailure("a log has at most 4 topics")
        }
        used += 1
    }

    /// These words, four at most.
    public init(arrayLiteral topics: U256...) { self.init(topics) }

    /// Zero: where topics begin.
    @inlinable public var startIndex: Int { 0 }
    /// How many there are.
    @inlinable public var endIndex: Int { Int(used) }

    /// One of them.
    @inlinable public subscript(index: Int) -> U256 {
        get {
            precondition(index >= 0 && index < Int(used), "a topic that the log does not have")
            switch index {
            case 0: return words.0
            case 1: return words.1
            case 2: return words.2
            default: return words.3
            }
        }
    }
}

extension LogTopics: Equatable {
    /// Whether both have the same topics.
    public static func == (left: LogTopics, right: LogTopics) -> Bool {
        left.used == right.used && left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3
    }
}

/// An entry that a contract wrote with LOG0 to LOG4.
public struct EmittedLog: Sendable, Equatable {
    /// The contract that wrote it.
    public var address: Address
    /// None to four words to search by.
    public var topics: LogTopics
    /// The rest.
    public var data: [UInt8]

    /// A log entry.
    public init(address: Address, topics: LogTopics, data: [UInt8]) {
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
