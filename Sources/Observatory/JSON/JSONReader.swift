/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The place in bytes.
    public var offset: Int
    /// What is wrong.
    public var reason: String

    /// One sentence for people.
    public var description: String { "\(reason) at byte \(offset)" }
}

/// Reads JSON (RFC 8259) to a depth, strictly: nothing behind the value, no comments, no bytes that are not UTF-8.
struct JSONReader {
    private let bytes: [UInt8]
    private var offset = 0
    private let depthMax: Int

    /// The value of a whole text.
    static func value(_ bytes: [UInt8], depthMax: Int = 64) throws(JSONError) -> JSON {
        var reader = JSONReader(bytes: bytes, depthMax: depthMax)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        if reader.offset < bytes.count { throw reader.error("something follows the value") }
        return value
    }

    private init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    private func error(_ reason: String) -> JSONError { JSONError(offset: offset, reason: reason) }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        switch next {
        case 0x7b:
            if depth >= depthMax { throw error("more than \(depthMax) arrays and objects inside one another") }
            return try object(depth: depth + 1)
        case 0x5b:
            if depth >= depthMax { throw error("more than \(depthMax) arrays and objects inside one another") }
            return try array(depth: depth + 1)
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6e: return try word("null", .null)
        case .some(0x2d), .some(0x30...0x39): return .number(try number())
        case nil: throw error("the text ends where a value should begin")
        default: throw error("no value begins like this")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = text.utf8CodeUnitCount
        let isThere = offset + count <= bytes.count && (0..<count).allSatisfy { bytes[offset + $0] == text.utf8Start[$0] }
        guard isThere else { throw error("no value begins like this") }
        offset += count
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        offset += 1
        var elements: [JSON] = []
        skipSpace()
        if next == 0x5d {
            offset += 1
            return .array([])
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
            switch next {
            case 0x2c: offset += 1
            case 0x5d:
                offset += 1
                return .array(elements)
            default: throw error("an array goes on with a comma or ends with a bracket")
            }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        offset += 1
        var members: [(name: String, value: JSON)] = []
        skipSpace()
        if next == 0x7d {
            offset += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard next == 0x22 else { throw error("a member begins with its name") }
            let name = try string()
            skipSpace()
            guard next == 0x3a else { throw error("a colon belongs behind a name") }
            offset += 1
            skipSpace()
            members.append((name, try value(depth: depth)))
            skipSpace()
            switch next {
            case 0x2c: offset += 1
            case 0x7d:
                offset += 1
                return .object(members)
            default: throw error("an object goes on with a comma or ends with a brace")
            }
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        if next == 0x2d { offset += 1 }
        if next == 0x30 { offset += 1 } else { try digits() }
        if next == 0x2e {
            offset += 1
            try digits()
        }
        if next == 0x65 || next == 0x45 {
            offset += 1
            if next == 0x2b || next == 0x2d { offset += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = next, 0x30...0x39 ~= byte { offset += 1 }
        if offset == start { throw error("a digit is missing") }
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case 0x22:
                guard let valid = String(validating: text, as: UTF8.self) else { throw error("a string is not UTF-8") }
                return valid
            case 0x5c: try escape(&text)
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
        throw error("a string does not end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("a string does not end") }
        offset += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0c)
        case 0x6e: text.append(0x0a)
        case 0x72: text.append(0x0d)
        case 0x74: text.append(0x09)
        case 0x75:
            var code = try hexadecimal()
            if 0xd800...0xdbff ~= code {
                guard next == 0x5c, offset + 1 < bytes.count, bytes[offset + 1] == 0x75 else {
                    throw error("half a surrogate pair")
                }
                offset += 2
                let low = try hexadecimal()
                guard 0xdc00...0xdfff ~= low else { throw error("half a surrogate pair") }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            text += String(Character(scalar)).utf8
        default: throw error("no such escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw error("a string does not end") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt32
            switch bytes[offset] {
            case let byte where 0x30...0x39 ~= byte: digit = UInt32(byte) - 0x30
            case let byte where 0x41...0x46 ~= byte: digit = UInt32(byte) - 0x37
            case let byte where 0x61...0x66 ~= byte: digit = UInt32(byte) - 0x57
            default: throw error("four hexadecimal digits belong here")
            }
            code = code << 4 | digit
            offset += 1
        }
        return code
    }
}
