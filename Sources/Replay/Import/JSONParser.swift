/// Why a text is not JSON: the line, the column, and what would be right there.
struct JSONSyntaxError: Error, Equatable {
    let line: Int
    let column: Int
    let message: String
}

/// Reads one JSON document; strict, except that it knows lines and keeps the order of keys.
struct JSONParser {
    /// Deeper than any format we read, and shallow enough for the stack of a small thread.
    static let depthMax = 64

    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    private var line: Int
    private var lineStart: Int

    init(bytes: [UInt8], from start: Int = 0, to end: Int? = nil, line: Int = 1) {
        self.bytes = bytes
        self.end = end ?? bytes.count
        self.position = start
        self.line = line
        self.lineStart = start
    }

    /// The document, or where and why it is none.
    mutating func document() throws(JSONSyntaxError) -> JSONNode {
        if end - position >= 3, bytes[position] == 0xEF, bytes[position + 1] == 0xBB, bytes[position + 2] == 0xBF {
            position += 3
        }
        let node = try value(depth: 0)
        skipSpace()
        guard position == end else { throw failure("the document ends here, but there is more text") }
        return node
    }

    /// The document, or several that stand one behind the other as an array of them.
    mutating func documents() throws(JSONSyntaxError) -> JSONNode {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = max(position, 3) }
        let first = try value(depth: 0)
        skipSpace()
        guard position < end else { return first }
        guard case .object = first.value, bytes[position] == UInt8(ascii: "{") else {
            throw failure("the document ends here, but there is more text")
        }
        var all = [first]
        while position < end {
            all.append(try value(depth: 1))
            skipSpace()
        }
        return JSONNode(value: .array(all), line: first.line)
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONNode {
        skipSpace()
        guard depth <= Self.depthMax else { throw failure("nested deeper than \(Self.depthMax)") }
        guard position < end else { throw failure("the text ends where a value should be") }
        let start = line
        switch bytes[position] {
        case UInt8(ascii: "{"): return JSONNode(value: .object(try members(depth: depth)), line: start)
        case UInt8(ascii: "["): return JSONNode(value: .array(try elements(depth: depth)), line: start)
        case UInt8(ascii: "\""): return JSONNode(value: .text(try text()), line: start)
        case UInt8(ascii: "t"): return JSONNode(value: try word("true", .boolean(true)), line: start)
        case UInt8(ascii: "f"): return JSONNode(value: try word("false", .boolean(false)), line: start)
        case UInt8(ascii: "n"): return JSONNode(value: try word("null", .null), line: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return JSONNode(value: try number(), line: start)
        case let byte: throw failure("\(Self.shown(byte)) cannot begin a value")
        }
    }

    private mutating func members(depth: Int) throws(JSONSyntaxError) -> [JSONNode.Member] {
        position += 1
        var members: [JSONNode.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard position < end, bytes[position] == UInt8(ascii: "\"") else {
                throw failure(position < end ? "a key in quotes should be here" : "the text ends inside an object")
            }
            let key = try text()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon should follow the key \"\(key)\"") }
            members.append(JSONNode.Member(key: key, node: try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else {
                throw failure(position < end ? "a comma or } should be here" : "the text ends inside an object")
            }
        }
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [JSONNode] {
        position += 1
        var elements: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else {
                throw failure(position < end ? "a comma or ] should be here" : "the text ends inside an array")
            }
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNode.Value {
        let start = position
        var whole = true
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): whole = false
            default: return try number(String(decoding: bytes[start..<position], as: UTF8.self), whole: whole)
            }
            position += 1
        }
        return try number(String(decoding: bytes[start..<position], as: UTF8.self), whole: whole)
    }

    private func number(_ text: String, whole: Bool) throws(JSONSyntaxError) -> JSONNode.Value {
        if whole, let integer = Int64(text) { return .integer(integer) }
        guard let decimal = Double(text), decimal.isFinite else { throw failure("\(text) is not a number") }
        return .decimal(decimal)
    }

    private mutating func text() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while position < end, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
            guard bytes[position] >= 0x20 else { throw failure("a control character stands in a text") }
            position += 1
        }
        guard position < end else { throw failure("the text ends inside quotes") }
        if bytes[position] == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var collected = Array(bytes[start..<position])
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: collected, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &collected)
            case 0..<0x20: throw failure("a control character stands in a text")
            default: collected.append(byte)
            }
        }
        throw failure("the text ends inside quotes")
    }

    private mutating func escape(into collected: inout [UInt8]) throws(JSONSyntaxError) {
        guard position < end else { throw failure("the text ends inside quotes") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if code >> 10 == 0x36, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = UInt32(try hexadecimal())
                guard low >> 10 == 0x37 else { throw failure("half of a surrogate pair") }
                code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
            collected.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("\\\(Self.shown(byte)) is no escape")
        }
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        guard position + 4 <= end,
            let code = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits should follow \\u") }
        position += 4
        return code
    }

    private mutating func word(_ word: String, _ value: JSONNode.Value) throws(JSONSyntaxError) -> JSONNode.Value {
        let count = word.utf8.count
        guard position + count <= end, bytes[position..<position + count].elementsEqual(word.utf8) else {
            throw failure("\(Self.shown(bytes[position])) cannot begin a value but in \"\(word)\"")
        }
        position += count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x0A:
                line += 1
                lineStart = position + 1
            case 0x20, 0x09, 0x0D: break
            default: return
            }
            position += 1
        }
    }

    private func failure(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(line: line, column: position - lineStart + 1, message: message)
    }

    private static func shown(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }
}
