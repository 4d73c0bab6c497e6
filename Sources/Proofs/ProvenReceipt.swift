public import Wire

/// What a verified proof says: who asked a contract for what, in which block, and what came of it.
public struct ProvenReceipt: Sendable, Equatable {
    /// What became of an operation.
    public enum Outcome: Sendable, Equatable {
        /// It was done.
        case applied
        /// The contract refused it; nothing was changed.
        case refusedByContract
        /// It ran out of gas, or the like; nothing was changed.
        case halted
    }

    /// What a contract wrote down.
    public struct Event: Sendable, Equatable {
        /// The contract.
        public var contract: Account
        /// Up to four words of 32 bytes.
        public var topics: [[UInt8]]
        /// The rest.
        public var data: [UInt8]
    }

    /// The block.
    public var block: UInt64
    /// Its time, milliseconds since 1970.
    public var timestampMilliseconds: UInt64
    /// The operation's place in it.
    public var index: Int
    /// The operation.
    public var operationID: OperationID
    /// Who asked: a player's account, or the authority of a game server or operator for one.
    public var sender: Account
    /// The contract asked; nil where one was created.
    public var contract: Account?
    /// What it was asked.
    public var input: [UInt8]
    /// What became of it.
    public var outcome: Outcome
    /// What it cost.
    public var gasUsed: UInt64
    /// What the contract returned, or why it refused.
    public var output: [UInt8]
    /// What contracts wrote down.
    public var events: [Event]
    /// The transaction as the ledger encodes it.
    public var transactionBytes: [UInt8]
    /// The receipt as the ledger encodes it.
    public var receiptBytes: [UInt8]

    /// Reads the leaf of a proof; says nothing about whether it was signed.
    init(_ proof: ReceiptProof) throws(ProofError) {
        block = proof.head.number
        timestampMilliseconds = proof.head.timestampMilliseconds
        index = proof.index
        var reader = ProofReader(proof.leaf[...])
        guard let id = OperationID(bytes: try reader.take(16, "an operation id")) else { throw reader.wrong("an operation id", back: 16) }
        operationID = id
        let count = Int(try reader.number(bytes: 4, "the transaction's length"))
        transactionBytes = try reader.take(count, "the transaction")
        receiptBytes = Array(proof.leaf.dropFirst(reader.offset))
        var transaction = ProofReader(transactionBytes[...])
        (sender, contract, input) = try Self.transaction(&transaction)
        var receipt = ProofReader(receiptBytes[...])
        switch try receipt.byte("an outcome") {
        case 0: outcome = .applied
        case 1: outcome = .refusedByContract
        default: outcome = .halted
        }
        gasUsed = try receipt.variable("the gas used")
        if try receipt.byte("whether a contract was created") != 0 { _ = try receipt.take(20, "the created contract") }
        output = try receipt.counted("the output")
        events = try Self.events(&receipt)
        try receipt.end()
    }

    private static func account(_ reader: inout ProofReader, _ expected: String) throws(ProofError) -> Account {
        guard let account = Account(bytes: try reader.take(20, expected)) else { throw reader.wrong(expected, back: 20) }
        return account
    }

    /// Kind, flags, sender, gas limit, what the flags name, data: docs/LEDGER.md.
    private static func transaction(_ reader: inout ProofReader) throws(ProofError) -> (Account, Account?, [UInt8]) {
        _ = try reader.byte("a kind of transaction")
        let flags = try reader.byte("flags")
        guard flags < 64 else { throw reader.wrong("known flags", back: 1) }
        let sender = try account(&reader, "the sender")
        _ = try reader.variable("the gas limit")
        if flags & 1 != 0 { _ = try reader.variable("the nonce") }
        let contract: Account? = flags & 2 != 0 ? try account(&reader, "the contract") : nil
        if flags & 4 != 0 { _ = try reader.take(32, "the value") }
        if flags & 8 != 0 { _ = try reader.variable("the chain") }
        if flags & 16 != 0 { _ = try reader.take(128, "the fees") }
        if flags & 32 != 0 { try skipLists(&reader) }
        let input = try reader.counted("the input")
        try reader.end()
        return (sender, contract, input)
    }

    private static func skipLists(_ reader: inout ProofReader) throws(ProofError) {
        for _ in 0..<(try reader.count(bytesEach: 21, "the access list")) {
            _ = try reader.take(20, "an address")
            let slots = try reader.count(bytesEach: 32, "slots")
            _ = try reader.take(slots * 32, "slots")
        }
        let blobs = try reader.count(bytesEach: 32, "blobs")
        _ = try reader.take(blobs * 32, "blobs")
        for _ in 0..<(try reader.count(bytesEach: 54, "authorizations")) {
            _ = try reader.take(52, "a chain and an address")
            _ = try reader.variable("a nonce")
            if try reader.byte("whether there is an authority") != 0 { _ = try reader.take(20, "an authority") }
        }
    }

    private static func events(_ reader: inout ProofReader) throws(ProofError) -> [Event] {
        var events: [Event] = []
        for _ in 0..<(try reader.count(bytesEach: 22, "events")) {
            let contract = try account(&reader, "an event's contract")
            let topicCount = Int(try reader.byte("topics"))
            guard topicCount <= 4 else { throw reader.wrong("at most 4 topics", back: 1) }
            var topics: [[UInt8]] = []
            for _ in 0..<topicCount { topics.append(try reader.minimalWord("a topic")) }
            events.append(Event(contract: contract, topics: topics, data: try reader.counted("an event's data")))
        }
        return events
    }
}
