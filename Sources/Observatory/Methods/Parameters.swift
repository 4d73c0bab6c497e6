internal import EVM

/// The parameters of one request, read by place; what is wrong is named with its place.
struct Parameters {
    private let values: [JSON]
    private let names: [String]

    /// The parameters of a method, whose names are for messages; more of them than there are names is an error.
    init(_ json: JSON?, _ names: [String]) throws(RPCError) {
        self.names = names
        switch json {
        case nil, .null: values = []
        case .array(let elements): values = elements
        case .some(let other): throw .invalidParameters("an array is needed, not \(other.kindName)")
        }
        guard values.count <= names.count else {
            throw .invalidParameters("\(values.count) parameters; at most \(names.count): \(names.joined(separator: ", "))")
        }
    }

    /// A parameter; nil where it is missing or null.
    subscript(place: Int) -> JSON? {
        guard values.indices.contains(place), values[place] != .null else { return nil }
        return values[place]
    }

    func name(_ place: Int) -> String { names.indices.contains(place) ? names[place] : "\(place)" }

    /// A parameter that must be there.
    func required(_ place: Int) throws(RPCError) -> JSON {
        guard let value = self[place] else { throw .invalidParameters("\(name(place)) (number \(place)) is missing") }
        return value
    }

    func address(_ place: Int) throws(RPCError) -> Address { try Read.address(try required(place), name(place)) }
    func hash(_ place: Int) throws(RPCError) -> Hash256 { try Read.hash(try required(place), name(place)) }
    func data(_ place: Int) throws(RPCError) -> [UInt8] { try Read.data(try required(place), name(place)) }
    func bool(_ place: Int, default standard: Bool) throws(RPCError) -> Bool {
        guard let value = self[place] else { return standard }
        guard case .bool(let flag) = value else { throw Read.wrong(name(place), "true or false", value) }
        return flag
    }
}

/// Reads values as Ethereum's JSON-RPC writes them.
enum Read {
    /// What is wrong with a value.
    static func wrong(_ name: String, _ needed: String, _ have: JSON) -> RPCError {
        var shown = have.kindName
        if case .string(let text) = have { shown = "\"\(text.prefix(80))\"" }
        if case .number(let text) = have { shown = String(text.prefix(80)) }
        return .invalidParameters("\(name) must be \(needed), not \(shown)")
    }

    /// Bytes as hexadecimal digits behind 0x.
    static func data(_ value: JSON, _ name: String) throws(RPCError) -> [UInt8] {
        guard case .string(let text) = value, text.hasPrefix("0x"), let bytes = bytesFromHex(text) else {
            throw wrong(name, "hexadecimal digits, two a byte, behind 0x", value)
        }
        return bytes
    }

    static func address(_ value: JSON, _ name: String) throws(RPCError) -> Address {
        guard case .string(let text) = value, text.hasPrefix("0x"), let address = Address(hex: text) else {
            throw wrong(name, "an address, 40 hexadecimal digits behind 0x", value)
        }
        return address
    }

    static func hash(_ value: JSON, _ name: String) throws(RPCError) -> Hash256 {
        guard case .string(let text) = value, text.hasPrefix("0x"), text.utf8.count == 66, let word = U256(hex: text) else {
            throw wrong(name, "32 bytes, 64 hexadecimal digits behind 0x", value)
        }
        return Hash256(word: word)
    }

    /// A quantity, also with leading zeros, as many clients write it.
    static func quantity(_ value: JSON, _ name: String) throws(RPCError) -> U256 {
        guard case .string(let text) = value, text.hasPrefix("0x"), let number = U256(hex: text) else {
            throw wrong(name, "a quantity, hexadecimal digits behind 0x", value)
        }
        return number
    }

    static func number(_ value: JSON, _ name: String) throws(RPCError) -> UInt64 {
        guard let number = try quantity(value, name).asUInt64 else { throw wrong(name, "a quantity below 2^64", value) }
        return number
    }

    /// A number as JSON writes it, or a quantity.
    static func count(_ value: JSON, _ name: String) throws(RPCError) -> UInt64 {
        if case .number(let text) = value, let number = UInt64(text) { return number }
        return try number(value, name)
    }
}

/// Which block is meant.
enum BlockTag: Equatable {
    case number(UInt64)
    case hash(Hash256)
    case latest
    /// `safe` and `finalized`: the last anchor.
    case anchored
    case earliest

    /// A tag, a number, a hash in an object, or nothing, which is `latest`.
    init(_ value: JSON?, _ name: String) throws(RPCError) {
        switch value {
        case nil, .null: self = .latest
        case .string("latest"), .string("pending"): self = .latest
        case .string("safe"), .string("finalized"): self = .anchored
        case .string("earliest"): self = .earliest
        case .string(let text) where text.utf8.count == 66: self = .hash(try Read.hash(.string(text), name))
        case .object:
            if let hash = value?["blockHash"] {
                self = .hash(try Read.hash(hash, name + ".blockHash"))
            } else if let number = value?["blockNumber"] {
                self = .number(try Read.number(number, name + ".blockNumber"))
            } else {
                throw .invalidParameters("\(name) names neither blockHash nor blockNumber")
            }
        case .some(let other): self = .number(try Read.number(other, name))
        }
    }
}
