import EVM

/// A case of the official RLP tests: an item and its encoding, or bytes that are or are not an encoding.
public struct RLPTest: Sendable {
    /// What a case holds.
    enum Content: Sendable {
        /// An item with its encoding.
        case item(RLPItem, encoded: [UInt8])
        /// Bytes that some item encodes to.
        case valid([UInt8])
        /// Bytes that no item encodes to.
        case invalid([UInt8])
    }

    /// The test's name.
    public let name: String
    private let content: Content

    /// The cases of a file.
    public static func load(_ path: String) throws -> [RLPTest] {
        try JSONValue.file(path).fields.sorted { $0.name < $1.name }.map { name, fields in
            let encoded = try fields.bytes("out")
            guard let input = fields["in"] else { throw FixtureError(description: "\(name): no item") }
            switch input.text {
            case "VALID": return RLPTest(name: name, content: .valid(encoded))
            case "INVALID": return RLPTest(name: name, content: .invalid(encoded))
            default: return RLPTest(name: name, content: .item(try item(input), encoded: encoded))
            }
        }
    }

    /// The item that the JSON describes: text, a number, a number too large for JSON after #, a list.
    private static func item(_ value: JSONValue) throws -> RLPItem {
        if value.isArray { return .list(try value.elements.map(item)) }
        guard let text = value.text else { throw FixtureError(description: "in: no item") }
        if !value.isNumber && !text.hasPrefix("#") { return .bytes(Array(text.utf8)) }
        return .bytes(bytes(ofDecimal: value.isNumber ? Substring(text) : text.dropFirst()))
    }

    /// Base conversion for numbers of any length; zero has no bytes.
    private static func bytes(ofDecimal text: Substring) -> [UInt8] {
        var digits: [UInt8] = []
        for character in text.utf8 {
            var carry = Int(character) - 48
            for index in digits.indices {
                carry += Int(digits[index]) * 10
                digits[index] = UInt8(carry & 255)
                carry >>= 8
            }
            if carry > 0 { digits.append(UInt8(carry)) }
        }
        return digits.reversed()
    }

    /// What is wrong; nothing when the test passes.
    public func failures() -> [String] {
        switch content {
        case .item(let item, let encoded):
            let have = RLP.encode(item)
            if have != encoded { return ["\(name): have \(hexDigits(of: have)), need \(hexDigits(of: encoded))"] }
            return (try? RLP.decode(encoded)) == item ? [] : ["\(name): decodes to another item"]
        case .valid(let bytes):
            guard let item = try? RLP.decode(bytes) else { return ["\(name): refused"] }
            return RLP.encode(item) == bytes ? [] : ["\(name): encodes otherwise"]
        case .invalid(let bytes):
            return (try? RLP.decode(bytes)) == nil ? [] : ["\(name): accepted"]
        }
    }
}
