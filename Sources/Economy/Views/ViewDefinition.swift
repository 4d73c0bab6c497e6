public import EVM
public import Wire

/// A question that a contract answers: what a query of kind `view` asks. One file of Views/ each.
public struct ViewDefinition: Sendable, Equatable {
    /// Who may ask.
    public enum Audience: String, Sendable, CaseIterable {
        /// Everybody.
        case all
        /// A player about his own account, game servers and operators about any.
        case own
        /// Game servers and operators.
        case server
    }

    /// Where an argument comes from.
    public enum Source: String, Sendable, CaseIterable {
        /// The query's account; the session's own where it is zero.
        case account
        /// The query's id, as a number of 128 bits.
        case id
        /// The first half of the query's id, as a number of 64 bits.
        case idHigh
        /// The second half of the query's id, as a number of 64 bits.
        case idLow
        /// The query's limit, a number of 32 bits.
        case limit
    }

    /// An argument of the call.
    public struct Argument: Sendable, Equatable {
        /// What it means.
        public let name: String
        /// Where it comes from.
        public let source: Source
    }

    /// A part of the answer.
    public struct Result: Sendable, Equatable {
        /// What it means.
        public let name: String
        /// Words of it.
        public let count: Int
    }

    /// Its name, also the name of its file.
    public let name: String
    /// Its number on the wire.
    public let code: UInt64
    /// What it tells.
    public let says: String
    /// Who may ask.
    public let audience: Audience
    /// The contract.
    public let contract: String
    /// The signature of the function.
    public let function: String
    /// Its arguments in order.
    public let arguments: [Argument]
    /// What the answer's words are, in order.
    public let results: [Result]

    /// Words of the answer.
    public var wordCount: Int { results.reduce(0) { $0 + $1.count } }

    /// The query that asks this; values by the names of the arguments, the others zero.
    public func query(_ values: [String: FieldValue]) throws(PayloadError) -> QueryBody {
        var query = QueryBody(kind: .view, subject: code)
        var (high, low) = (UInt64(0), UInt64(0))
        for (name, value) in values {
            guard let argument = arguments.first(where: { $0.name == name }) else { throw .unknownField(name) }
            switch (argument.source, value) {
            case (.account, .account(let account)): query.account = Account(account)
            case (.id, .id(let bytes)) where bytes.count == 16:
                let word = U256(bigEndian: bytes)
                (high, low) = (word.l1, word.l0)
            case (.id, .number(let number)): low = number
            case (.idHigh, .number(let number)): high = number
            case (.idLow, .number(let number)): low = number
            case (.limit, .number(let number)):
                guard let limit = UInt32(exactly: number) else { throw .tooLarge(field: name, have: number, maximum: UInt64(UInt32.max)) }
                query.limit = limit
            default: throw .wrongKind(field: name, type: argument.source == .account ? .account : argument.source == .id ? .id : .u64)
            }
        }
        query.operationID = OperationID(high: high, low: low)
        return query
    }

    /// The words of an answer by the names of its results.
    public func read(_ bytes: [UInt8]) -> [(name: String, words: [U256])]? {
        guard bytes.count == wordCount * 32 else { return nil }
        let reader = ABIReader(bytes: bytes)
        var place = 0
        return results.map { result in
            defer { place += result.count }
            return (result.name, (place..<(place + result.count)).map { reader.word($0) ?? .zero })
        }
    }
}

/// A view made ready.
struct ViewPlan: Sendable {
    let definition: ViewDefinition
    let to: Address
    let selector: [UInt8]

    /// The call of a query.
    func request(_ query: QueryBody, own: Address) -> ViewRequest {
        let (high, low) = (query.operationID.high, query.operationID.low)
        let words = definition.arguments.map { argument -> U256 in
            switch argument.source {
            case .account: query.account == .zero ? own.word : Address(query.account).word
            case .id: U256(low, high, 0, 0)
            case .idHigh: U256(high)
            case .idLow: U256(low)
            case .limit: U256(UInt64(query.limit))
            }
        }
        return ViewRequest(to: to, data: selector + words.flatMap(\.bigEndianBytes))
    }
}
