/// A value of a JSON document that knows the line it stands on, so that every complaint can name it.
public struct JSONNode: Sendable, Equatable {
    /// What the value is; an object keeps the order of its keys.
    public enum Value: Sendable, Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        /// A number with a fraction or an exponent, or one beyond 64 bits.
        case decimal(Double)
        case text(String)
        case array([JSONNode])
        case object([Member])
    }

    /// One key of an object with its value.
    public struct Member: Sendable, Equatable {
        public let key: String
        public let node: JSONNode

        init(key: String, node: JSONNode) {
            self.key = key
            self.node = node
        }
    }

    public let value: Value
    public let line: Int

    init(value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// The value under a key, if this is an object that has it.
    public subscript(key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        for member in members where member.key == key { return member.node }
        return nil
    }

    /// The value under a key however it is spelt: `gold_spent` is `goldSpent` is `GoldSpent`.
    func loosely(_ key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        for member in members where member.key == key { return member.node }
        for member in members where Self.isSpelling(member.key, of: key) { return member.node }
        return nil
    }

    /// Whether two keys differ in case, spaces and underscores alone.
    private static func isSpelling(_ first: String, of second: String) -> Bool {
        func plain(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
        func isJoint(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == 0x20 }
        var left = first.utf8.makeIterator()
        var right = second.utf8.makeIterator()
        while true {
            var (a, b) = (left.next(), right.next())
            while let byte = a, isJoint(byte) { a = left.next() }
            while let byte = b, isJoint(byte) { b = right.next() }
            guard let a, let b else { return a == nil && b == nil }
            if plain(a) != plain(b) { return false }
        }
    }

    /// The members of an object, nothing for anything else.
    public var members: [Member] {
        if case .object(let members) = value { members } else { [] }
    }

    /// The elements of an array, nothing for anything else.
    public var elements: [JSONNode]? {
        if case .array(let elements) = value { elements } else { nil }
    }

    /// The values of an object, or the elements of an array; nothing for anything else.
    var values: [JSONNode] {
        switch value {
        case .object(let members): members.map(\.node)
        case .array(let elements): elements
        default: []
        }
    }

    /// The same with documents in the place of texts that hold documents: some tools write a timeline as one long text.
    func withoutQuotes(depth: Int) -> JSONNode {
        switch value {
        case .text(let text) where text.utf8.count > 2 && (text.first == "{" || text.first == "["):
            var parser = JSONParser(bytes: Array(text.utf8))
            guard let inner = try? parser.document() else { return self }
            return JSONNode(value: inner.value, line: line)
        case .object(let members) where depth > 0 && members.count <= 64:
            return JSONNode(
                value: .object(members.map { Member(key: $0.key, node: $0.node.withoutQuotes(depth: depth - 1)) }), line: line)
        case .array(let elements) where depth > 0 && elements.count <= 64:
            return JSONNode(value: .array(elements.map { $0.withoutQuotes(depth: depth - 1) }), line: line)
        default: return self
        }
    }

    /// The text of a string.
    public var text: String? {
        if case .text(let text) = value { text } else { nil }
    }

    /// The whole number, also one written as a decimal without a fraction or as text.
    public var integer: Int64? {
        switch value {
        case .integer(let number): number
        case .decimal(let number): Int64(exactly: number)
        case .text(let text): Int64(text)
        default: nil
        }
    }

    /// The number, also one written as text.
    public var decimal: Double? {
        switch value {
        case .integer(let number): Double(number)
        case .decimal(let number): number
        case .text(let text): Double(text)
        default: nil
        }
    }

    /// Whether the value is null.
    public var isNull: Bool { value == .null }

    /// What the value is, in words for a message.
    public var description: String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .text(let text): "\"\(text.count > 40 ? String(text.prefix(40)) + "..." : text)\""
        case .array(let elements): "an array of \(elements.count)"
        case .object(let members): "an object with \(members.count) keys"
        }
    }
}
