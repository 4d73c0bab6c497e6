/// What a query asks for.
public enum QueryKind: UInt16, Sendable, CaseIterable {
    /// The balance of one account in one asset.
    case balance = 1
    /// The items of one account, in the order of their numbers, from a cursor.
    case inventory = 2
    /// One offer of the shop.
    case offer = 3
    /// The original reply of an operation.
    case receipt = 4
    /// What a view of the game says; docs/WIRE.md lists them.
    case view = 5
    /// The receipt of an operation with its inclusion proof and the signed head; with operation id zero the newest signed head.
    case receiptProof = 6
    /// The server's counters as JSON; roles server and operator only.
    case serverStatus = 250
}

/// A question about final state (kind 7), answered in order with the session's actions.
public struct QueryBody: WireBody {
    /// What is asked for.
    public var kind: QueryKind
    /// Items at most, for an inventory; zero for the server's own limit. A number that a view may take.
    public var limit: UInt32
    /// Whose; zero for the session's own account.
    public var account: Account
    /// The asset (balance), the asset to begin at (inventory), the offer, or the view.
    public var subject: UInt64
    /// The operation (receipt, receipt proof), or an id or two numbers that a view may take.
    public var operationID: OperationID

    /// A query.
    public init(
        kind: QueryKind, limit: UInt32 = 0, account: Account = .zero, subject: UInt64 = 0,
        operationID: OperationID = .zero
    ) {
        self.kind = kind
        self.limit = limit
        self.account = account
        self.subject = subject
        self.operationID = operationID
    }

    /// Appends the body's 56 bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: UInt32(kind.rawValue))
        buffer.append(littleEndian: limit)
        buffer.append(account)
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: subject)
        buffer.append(operationID)
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(56)
        let rawKind = reader.number(UInt16.self)
        guard let known = QueryKind(rawValue: rawKind) else { throw .unknownKind(have: Int(rawKind)) }
        kind = known
        try reader.reserved(UInt16.self)
        limit = reader.number()
        account = reader.account()
        try reader.reserved(UInt32.self)
        subject = reader.number()
        operationID = reader.operationID()
        try reader.end()
    }
}

/// An asset and how much of it.
public struct AssetAmount: Sendable, Equatable {
    /// Which currency or item; zero where a line is not used.
    public var asset: UInt64
    /// How much.
    public var amount: UInt64

    /// An amount of an asset.
    public init(asset: UInt64, amount: UInt64) {
        self.asset = asset
        self.amount = amount
    }
}

/// An offer of the shop as it stands.
public struct OfferState: Sendable, Equatable {
    /// Cost lines and result lines of every offer.
    public static let lineCount = 4

    /// The offer's number.
    public var offer: UInt32
    /// Whether it can be bought (within its window).
    public var isOpen: Bool
    /// How many may be sold in all.
    public var stock: UInt64
    /// How many have been sold.
    public var sold: UInt64
    /// How many one player may buy; zero for no cap.
    public var capPerPlayer: UInt64
    /// First second in which it can be bought, seconds since 1970; zero for always.
    public var opensAtSeconds: UInt64
    /// First second in which it cannot be bought any more; zero for never.
    public var closesAtSeconds: UInt64
    /// What one costs: four lines, unused ones zero.
    public var costs: [AssetAmount]
    /// What one gives: four lines, unused ones zero.
    public var results: [AssetAmount]

    /// An offer.
    public init(
        offer: UInt32, isOpen: Bool, stock: UInt64, sold: UInt64, capPerPlayer: UInt64, opensAtSeconds: UInt64,
        closesAtSeconds: UInt64, costs: [AssetAmount], results: [AssetAmount]
    ) {
        precondition(costs.count == Self.lineCount && results.count == Self.lineCount, "an offer has four lines each")
        self.offer = offer
        self.isOpen = isOpen
        self.stock = stock
        self.sold = sold
        self.capPerPlayer = capPerPlayer
        self.opensAtSeconds = opensAtSeconds
        self.closesAtSeconds = closesAtSeconds
        self.costs = costs
        self.results = results
    }
}

/// What a query found.
public enum QueryAnswer: Sendable, Equatable {
    /// A signed balance; below zero only under a declared credit.
    case balance(asset: UInt64, amount: Int64)
    /// Items with their amounts, and the asset to go on from; zero when the list is complete.
    case inventory(items: [AssetAmount], next: UInt64)
    /// An offer.
    case offer(OfferState)
    /// The original reply of an operation.
    case receipt(ReplyBody)
    /// The words of a view's answer, 32 bytes each, big endian.
    case view(code: UInt64, words: [UInt8])
    /// A receipt's proof, or a signed head, as the module Proofs reads it.
    case receiptProof([UInt8])
    /// Counters as JSON.
    case serverStatus(String)
    /// Nothing is known under that name.
    case notFound(QueryKind)
    /// The session may not ask for this, or it could not be answered.
    case refused(QueryKind, ErrorBody)

    var kind: QueryKind {
        switch self {
        case .balance: .balance
        case .inventory: .inventory
        case .offer: .offer
        case .receipt: .receipt
        case .view: .view
        case .receiptProof: .receiptProof
        case .serverStatus: .serverStatus
        case .notFound(let kind), .refused(let kind, _): kind
        }
    }
}

/// The answer to a query (kind 8).
public struct ResultBody: WireBody {
    /// The last micro-block whose effects the answer includes; it is durable.
    public var block: UInt64
    /// What was found.
    public var answer: QueryAnswer

    /// The answer to a query.
    public init(block: UInt64, answer: QueryAnswer) {
        self.block = block
        self.answer = answer
    }

    private var status: UInt16 {
        switch answer {
        case .notFound: 1
        case .refused: 2
        default: 0
        }
    }

    /// Appends the body's bytes.
    public func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: UInt32(answer.kind.rawValue) | UInt32(status) << 16)
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: block)
        switch answer {
        case .balance(let asset, let amount):
            buffer.append(littleEndian: asset)
            buffer.append(littleEndian: amount)
        case .inventory(let items, let next):
            buffer.append(littleEndian: next)
            buffer.append(littleEndian: UInt32(items.count))
            buffer.append(littleEndian: UInt32(0))
            for item in items { buffer.append(item) }
        case .offer(let offer): offer.encode(into: &buffer)
        case .receipt(let reply): reply.encode(into: &buffer)
        case .view(let code, let words):
            buffer.append(littleEndian: code)
            buffer.append(littleEndian: UInt32(words.count / 32))
            buffer.append(littleEndian: UInt32(0))
            buffer.append(contentsOf: words)
        case .receiptProof(let bytes):
            buffer.append(littleEndian: UInt32(bytes.count))
            buffer.append(contentsOf: bytes)
        case .serverStatus(let text):
            buffer.append(littleEndian: UInt32(text.utf8.count))
            buffer.append(contentsOf: text.utf8)
        case .notFound: break
        case .refused(_, let error): error.encode(into: &buffer)
        }
    }

    /// Reads the body.
    public init(body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = BodyReader(body)
        try reader.need(16)
        let rawKind = reader.number(UInt16.self)
        let status = reader.number(UInt16.self)
        guard let kind = QueryKind(rawValue: rawKind) else { throw .unknownKind(have: Int(rawKind)) }
        reader.skip(4)
        block = reader.number()
        switch status {
        case 0: answer = try Self.readAnswer(kind, &reader)
        case 1: answer = .notFound(kind)
        case 2: answer = .refused(kind, try ErrorBody(body: try reader.slice(body.count - reader.offset)))
        default: throw .unknownKind(have: Int(status))
        }
        try reader.end()
    }

    private static func readAnswer(_ kind: QueryKind, _ reader: inout BodyReader) throws(WireError) -> QueryAnswer {
        switch kind {
        case .balance:
            try reader.need(16)
            return .balance(asset: reader.number(), amount: reader.number())
        case .inventory:
            try reader.need(16)
            let next = reader.number(UInt64.self)
            let count = Int(reader.number(UInt32.self))
            reader.skip(4)
            if count > WireLimits.inventoryItemsMax {
                throw .batchItems(have: count, maximum: WireLimits.inventoryItemsMax)
            }
            try reader.need(count * 16)
            var items: [AssetAmount] = []
            for _ in 0..<count { items.append(reader.assetAmount()) }
            return .inventory(items: items, next: next)
        case .offer: return .offer(try OfferState(reading: &reader))
        case .receipt: return .receipt(try ReplyBody(reading: &reader))
        case .view:
            try reader.need(16)
            let code = reader.number(UInt64.self)
            let count = Int(reader.number(UInt32.self))
            reader.skip(4)
            if count > WireLimits.viewWordsMax { throw .batchItems(have: count, maximum: WireLimits.viewWordsMax) }
            return .view(code: code, words: Array(try reader.slice(count * 32)))
        case .receiptProof:
            try reader.need(4)
            let count = Int(reader.number(UInt32.self))
            return .receiptProof(Array(try reader.slice(count)))
        case .serverStatus:
            try reader.need(4)
            let count = Int(reader.number(UInt32.self))
            return .serverStatus(String(decoding: try reader.slice(count), as: UTF8.self))
        }
    }
}

extension [UInt8] {
    mutating func append(_ item: AssetAmount) {
        append(littleEndian: item.asset)
        append(littleEndian: item.amount)
    }
}

extension BodyReader {
    mutating func assetAmount() -> AssetAmount {
        AssetAmount(asset: number(), amount: number())
    }
}

extension OfferState {
    func encode(into buffer: inout [UInt8]) {
        buffer.append(littleEndian: offer)
        buffer.append(littleEndian: UInt32(isOpen ? 1 : 0))
        for value in [stock, sold, capPerPlayer, opensAtSeconds, closesAtSeconds] { buffer.append(littleEndian: value) }
        for line in costs + results { buffer.append(line) }
    }

    init(reading reader: inout BodyReader) throws(WireError) {
        try reader.need(48 + 2 * Self.lineCount * 16)
        offer = reader.number()
        isOpen = reader.number(UInt32.self) & 1 == 1
        stock = reader.number()
        sold = reader.number()
        capPerPlayer = reader.number()
        opensAtSeconds = reader.number()
        closesAtSeconds = reader.number()
        costs = []
        results = []
        for _ in 0..<Self.lineCount { costs.append(reader.assetAmount()) }
        for _ in 0..<Self.lineCount { results.append(reader.assetAmount()) }
    }
}
