import Glibc

/// Why a test file cannot be read.
public struct FixtureError: Error, CustomStringConvertible {
    /// The field or file, and what is wrong with it.
    public let description: String
}

/// A JSON text as a flat list of its values in their order, none of which is decoded before somebody asks for it.
///
/// The suites are hundreds of megabytes, most of which a run never looks at.
final class JSONDocument: @unchecked Sendable {
    // Sendable: nothing changes after `init`.

    /// What a value is.
    enum Kind: UInt8 { case object, array, string, escapedString, number, literal }

    /// One value; the values inside it follow it directly, in an object each behind its name.
    struct Node {
        var kind: Kind
        /// Where its text begins and ends: of a string without its quotes.
        var start: UInt32
        var end: UInt32
        /// Index of the node behind this value and all inside it.
        var next: UInt32
    }

    let text: UnsafeMutablePointer<UInt8>
    private(set) var nodes: [Node] = []

    /// Parses a copy of the bytes.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
        guard bytes.count < Int(UInt32.max) else { throw FixtureError(description: "\(name): over 4 GiB") }
        text = .allocate(capacity: bytes.count + 1)
        if let base = bytes.baseAddress { UnsafeMutableRawPointer(text).copyMemory(from: base, byteCount: bytes.count) }
        text[bytes.count] = 0
        try parse(bytes.count, name)
    }

    /// Reads and parses a file.
    init(file path: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw FixtureError(description: "\(path): cannot be read") }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_size < Int(UInt32.max) else {
            throw FixtureError(description: "\(path): cannot be read")
        }
        let size = Int(information.st_size)
        text = .allocate(capacity: size + 1)
        var filled = 0
        while filled < size {
            let count = read(descriptor, text + filled, size - filled)
            guard count > 0 else { throw FixtureError(description: "\(path): cannot be read") }
            filled += count
        }
        text[size] = 0
        try parse(size, path)
    }

    deinit { text.deallocate() }

    private func parse(_ size: Int, _ name: String) throws {
        nodes.reserveCapacity(size / 48 + 16)
        var parser = JSONParser(text: text, end: size)
        guard parser.parseDocument(into: &nodes) else {
            throw FixtureError(description: "\(name): no JSON at byte \(parser.position)")
        }
    }
}

/// Cuts a JSON text into nodes.
private struct JSONParser {
    let text: UnsafeMutablePointer<UInt8>
    let end: Int
    var position = 0
    /// Values inside values; the suites have a dozen.
    private static let depthMax = 256

    init(text: UnsafeMutablePointer<UInt8>, end: Int) {
        self.text = text
        self.end = end
    }

    mutating func parseDocument(into nodes: inout [JSONDocument.Node]) -> Bool {
        guard parseValue(into: &nodes, depth: 0) else { return false }
        skipSpace()
        return position == end
    }

    /// The text ends with a zero byte, so the byte at `position` can always be read.
    private mutating func skipSpace() {
        while text[position] == 0x20 || (text[position] >= 0x09 && text[position] <= 0x0d) { position += 1 }
    }

    private mutating func parseValue(into nodes: inout [JSONDocument.Node], depth: Int) -> Bool {
        skipSpace()
        guard position < end, depth < Self.depthMax else { return false }
        switch text[position] {
        case UInt8(ascii: "\""): return parseString(into: &nodes)
        case UInt8(ascii: "{"):
            return parseContainer(.object, closing: UInt8(ascii: "}"), into: &nodes, depth)
        case UInt8(ascii: "["):
            return parseContainer(.array, closing: UInt8(ascii: "]"), into: &nodes, depth)
        default: return parseWord(into: &nodes)
        }
    }

    private mutating func parseString(into nodes: inout [JSONDocument.Node]) -> Bool {
        let start = position + 1
        var close = start
        var isEscaped = false
        while true {
            guard close < end, let quote = memchr(text + close, 0x22, end - close) else { return false }
            let found = quote.assumingMemoryBound(to: UInt8.self) - text
            var backslashes = 0
            while found - backslashes > start && text[found - backslashes - 1] == 0x5c { backslashes += 1 }
            close = found
            if backslashes % 2 == 0 { break }
            close += 1
        }
        if close > start { isEscaped = memchr(text + start, 0x5c, close - start) != nil }
        position = close + 1
        nodes.append(
            JSONDocument.Node(
                kind: isEscaped ? .escapedString : .string, start: UInt32(start), end: UInt32(close),
                next: UInt32(nodes.count + 1)))
        return true
    }

    private mutating func parseContainer(
        _ kind: JSONDocument.Kind, closing: UInt8, into nodes: inout [JSONDocument.Node], _ depth: Int
    ) -> Bool {
        let index = nodes.count
        nodes.append(JSONDocument.Node(kind: kind, start: UInt32(position), end: 0, next: 0))
        position += 1
        skipSpace()
        var isFirst = true
        while text[position] != closing {
            if !isFirst {
                guard text[position] == UInt8(ascii: ",") else { return false }
                position += 1
                skipSpace()
            }
            isFirst = false
            if kind == .object {
                guard text[position] == 0x22, parseString(into: &nodes) else { return false }
                skipSpace()
                guard text[position] == UInt8(ascii: ":") else { return false }
                position += 1
            }
            guard parseValue(into: &nodes, depth: depth + 1) else { return false }
            skipSpace()
        }
        position += 1
        nodes[index].end = UInt32(position)
        nodes[index].next = UInt32(nodes.count)
        return true
    }

    /// A number, true, false or null.
    private mutating func parseWord(into nodes: inout [JSONDocument.Node]) -> Bool {
        let start = position
        while true {
            switch text[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                position += 1
                continue
            default: break
            }
            break
        }
        if position == start { return false }
        let isLiteral = text[start] >= UInt8(ascii: "a")
        if isLiteral {
            let word = String(
                decoding: UnsafeBufferPointer(start: text + start, count: position - start), as: UTF8.self)
            guard ["true", "false", "null"].contains(word) else { return false }
        }
        nodes.append(
            JSONDocument.Node(
                kind: isLiteral ? .literal : .number, start: UInt32(start), end: UInt32(position),
                next: UInt32(nodes.count + 1)))
        return true
    }
}
