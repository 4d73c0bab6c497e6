internal import EVM

/// A JSON value; objects keep the order of their members.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number as it was written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([(name: String, value: JSON)])

    /// Equality of everything, members in order.
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.number(let x), .number(let y)), (.string(let x), .string(let y)): x == y
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)):
            x.count == y.count && zip(x, y).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        default: false
        }
    }

    /// The member of an object; nil where it has none of this name, or where this is no object.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The element of an array; nil behind its end.
    public subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text of a string.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What it is, for messages.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A whole number.
    static func int(_ value: some BinaryInteger) -> JSON { .number(String(value)) }
    /// A number with a fraction; null where it is none.
    static func double(_ value: Double) -> JSON { value.isFinite ? .number(String(value)) : .null }
    /// A quantity: hexadecimal without leading zeros.
    static func quantity(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }
    /// A quantity of 256 bits; whole numbers in the text are taken for the shorter kind.
    @_disfavoredOverload static func quantity(_ value: U256) -> JSON { .string(value.hex) }
    /// Bytes: two digits each.
    static func data(_ bytes: some Sequence<UInt8>) -> JSON { .string("0x" + hexDigits(of: bytes)) }
    /// 32 bytes.
    static func hash(_ hash: Hash256) -> JSON { .string("0x" + hexDigits(of: hash.bytes)) }
    /// A word as 32 bytes.
    static func word(_ word: U256) -> JSON { .string(word.paddedHex) }
    /// An address in lower case, or null.
    static func address(_ address: Address?) -> JSON { address.map { .string($0.hex) } ?? .null }
}

extension JSON {
    /// The text.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        append(to: &bytes)
        return bytes
    }

    /// Appends the text.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): Self.append(text, to: &bytes)
        case .array(let elements):
            bytes.append(0x5b)
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(0x2c) }
                element.append(to: &bytes)
            }
            bytes.append(0x5d)
        case .object(let members):
            bytes.append(0x7b)
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(0x2c) }
                Self.append(member.name, to: &bytes)
                bytes.append(0x3a)
                member.value.append(to: &bytes)
            }
            bytes.append(0x7d)
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: bytes += [0x5c, 0x22]
            case 0x5c: bytes += [0x5c, 0x5c]
            case 0x0a: bytes += [0x5c, 0x6e]
            case 0..<0x20: bytes += ("\\u00" + hexDigits(of: [byte])).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An object.
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { (name: $0.0, value: $0.1) }) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
}
