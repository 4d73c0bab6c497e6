import EVM
import Glibc

/// One value of a JSON document, with the readings that the official tests need: most fields are hexadecimal strings.
struct JSONValue {
    let document: JSONDocument
    let index: Int

    /// The value of a whole file, which is an object.
    static func file(_ path: String) throws -> JSONValue {
        let value = JSONValue(document: try JSONDocument(file: path), index: 0)
        guard value.isObject else { throw FixtureError(description: "\(path): is not an object") }
        return value
    }

    private var node: JSONDocument.Node { document.nodes[index] }

    /// Whether it is an object.
    var isObject: Bool { node.kind == .object }

    /// Whether it is an array.
    var isArray: Bool { node.kind == .array }

    /// The text of a string, or of a number as it is written; nil for other values.
    var text: String? {
        switch node.kind {
        case .string, .number: String(decoding: characters, as: UTF8.self)
        case .escapedString: unescaped
        default: nil
        }
    }

    /// Whether it is a number.
    var isNumber: Bool { node.kind == .number }

    /// Whether it is the literal null.
    var isNull: Bool { node.kind == .literal && characters.first == UInt8(ascii: "n") }

    /// The bytes of a string or number.
    var characters: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: document.text + Int(node.start), count: Int(node.end - node.start))
    }

    // MARK: Inside

    /// The fields of an object in their order; none for other values.
    var fields: [(name: String, value: JSONValue)] {
        guard isObject else { return [] }
        var found: [(name: String, value: JSONValue)] = []
        forEachField { found.append(($0.text ?? "", $1)) }
        return found
    }

    /// Visits the fields of an object in their order: name and value.
    func forEachField(_ body: (JSONValue, JSONValue) throws -> Void) rethrows {
        guard isObject else { return }
        let end = Int(node.next)
        var place = index + 1
        while place < end {
            try body(JSONValue(document: document, index: place), JSONValue(document: document, index: place + 1))
            place = Int(document.nodes[place + 1].next)
        }
    }

    /// The values of an array in their order; none for other values.
    var elements: [JSONValue] {
        guard isArray else { return [] }
        var found: [JSONValue] = []
        let end = Int(node.next)
        var place = index + 1
        while place < end {
            found.append(JSONValue(document: document, index: place))
            place = Int(document.nodes[place].next)
        }
        return found
    }

    /// The value of a field, or nil where there is none.
    subscript(_ name: String) -> JSONValue? {
        guard isObject else { return nil }
        let end = Int(node.next)
        var place = index + 1
        var name = name
        return name.withUTF8 { wanted in
            while place < end {
                let key = document.nodes[place]
                if Int(key.end - key.start) == wanted.count,
                    memcmp(
                        document.text + Int(key.start), wanted.baseAddress ?? UnsafePointer(document.text), wanted.count
                    )
                        == 0
                {
                    return JSONValue(document: document, index: place + 1)
                }
                place = Int(document.nodes[place + 1].next)
            }
            return nil
        }
    }

    // MARK: Readings of fields

    /// A field that must be there as text.
    func text(_ name: String) throws -> String {
        guard let text = self[name]?.text else { throw FixtureError(description: "\(name): no text") }
        return text
    }

    /// A number of 256 bits, zero when absent.
    func word(_ name: String) throws -> U256 { try self[name]?.asWord(name) ?? .zero }

    /// A number of 64 bits, zero when absent.
    func number(_ name: String) throws -> UInt64 {
        let word = try word(name)
        guard let number = word.asUInt64 else { throw FixtureError(description: "\(name): \(word) is over 64 bits") }
        return number
    }

    /// An address, or nil when absent or empty.
    func address(_ name: String) throws -> Address? {
        guard let value = self[name], value.node.kind == .string else { return nil }
        let characters = value.characters
        if characters.count <= 2 { return nil }
        guard let address = HexCharacters.address(characters) else {
            throw FixtureError(description: "\(name): \(value.text ?? "")")
        }
        return address
    }

    /// A digest, zero when absent.
    func hash(_ name: String) throws -> Hash256 { Hash256(word: try word(name)) }

    /// Bytes, none when absent.
    func bytes(_ name: String) throws -> [UInt8] { try self[name]?.asBytes(name) ?? [] }

    /// The values of an array field, none when absent.
    func elements(_ name: String) -> [JSONValue] { self[name]?.elements ?? [] }

    // MARK: Readings of the value itself

    /// Hexadecimal digits, or decimal ones, as a number; more than 256 bits do not fit.
    func asWord(_ name: String) throws -> U256 {
        var digits = characters
        if digits.count >= 2, digits[0] == UInt8(ascii: "0"), digits[1] == UInt8(ascii: "x") {
            // Some old tests mark numbers that are too large on purpose.
            if digits.count > 10, digits[2] == UInt8(ascii: ":") {
                let plain = String(decoding: digits.dropFirst(10), as: UTF8.self)
                if let word = U256(hex: plain) { return word }
            } else {
                digits = UnsafeBufferPointer(rebasing: digits[2...])
                if let word = HexCharacters.word(digits) { return word }
            }
        } else if let text, let word = U256(decimal: text) {
            return word
        }
        throw FixtureError(description: "\(name): \(text ?? "") is no number of 256 bits")
    }

    /// Hexadecimal digits as bytes, with 0x or without.
    func asBytes(_ name: String) throws -> [UInt8] {
        guard node.kind == .string, let bytes = HexCharacters.bytes(characters) else {
            throw FixtureError(description: "\(name): no hexadecimal digits")
        }
        return bytes
    }

    /// A state: an object from addresses to accounts.
    func state() throws -> MemoryState {
        var accounts: [Address: MemoryState.Account] = [:]
        try forEachField { name, account in
            guard let address = HexCharacters.address(name.characters), account.isObject else {
                throw FixtureError(description: "\(name.text ?? ""): no account")
            }
            var storage: [U256: U256] = [:]
            try account["storage"]?.forEachField { slot, value in
                storage[try slot.asWord("slot")] = try value.asWord("storage")
            }
            accounts[address] = MemoryState.Account(
                nonce: try account.number("nonce"), balance: try account.word("balance"),
                code: try account.bytes("code"), storage: storage)
        }
        return MemoryState(accounts)
    }

    /// The text of a string with its escapes resolved.
    private var unescaped: String? {
        var units: [UInt16] = []
        var rest = String(decoding: characters, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5c else {
                units.append(unit)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case 0x75:
                let digits = String(decoding: rest.prefix(4), as: UTF16.self)
                guard digits.utf8.count == 4, let code = UInt16(digits, radix: 16) else { return nil }
                rest = rest.dropFirst(4)
                units.append(code)
            case 0x6e: units.append(0x0a)
            case 0x74: units.append(0x09)
            case 0x72: units.append(0x0d)
            case 0x62: units.append(0x08)
            case 0x66: units.append(0x0c)
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
