/// The bytes of a recorded match with what they are: one JSON document, or JSON Lines.
public struct MatchSource: Sendable {
    /// Larger than any recording known, and small enough to be held in memory at once.
    public static let bytesMax = 256 << 20
    /// Rows or lines of one file: a row takes some kilobytes until it is played.
    static let entriesMax = 1_000_000

    /// The name for messages.
    public let file: String
    let bytes: [UInt8]
    let content: Content
    /// Which column or key is what, where the rows are a studio's own.
    public var mapping: TableMapping?
    /// What was done to the text to read it, as sentences.
    var notes: [String] = []
    /// Whether this is one of the matches of a file.
    private(set) var isPart = false

    /// What a file turned out to hold.
    enum Content: Sendable {
        case document(JSONNode)
        /// Lines of JSON, of which the first is read for recognition.
        case lines(first: JSONNode)
        case other(JSONSyntaxError)
    }

    /// Looks at bytes that came from a file.
    public init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        content = Self.look(at: bytes)
    }

    /// Reads a file, or standard input where the path is `-`; the error names it.
    public init(path: String) throws(ImportError) {
        try self.init(packed: try FileText.bytes(at: path), file: path == "-" ? "standard input" : path)
    }

    /// Looks at bytes as they stand in a file: gzipped, in UTF-16 and the like.
    public init(packed: [UInt8], file: String) throws(ImportError) {
        let (text, notes) = try FileText.read(packed, file: file)
        self.init(bytes: text, file: file)
        self.notes = notes
    }

    /// The document as a reader at its root, if the file is one.
    var root: JSONReader? {
        if case .document(let node) = content { JSONReader(node, file: file) } else { nil }
    }

    /// The entries of a list: the lines of JSON Lines, or the elements of the nearest array in which one of the first is
    /// such an entry; a document without one may be an entry itself.
    func entries(where isEntry: (JSONNode) -> Bool = Self.isObject) throws(ImportError) -> [JSONReader] {
        switch content {
        case .other(let fault):
            throw ImportError(file: file, line: fault.line, problem: "column \(fault.column): \(fault.message)")
        case .lines:
            var entries: [JSONReader] = []
            var lines = JSONLines(bytes)
            do {
                while entries.count <= Self.entriesMax, let node = try lines.next() { entries.append(JSONReader(node, file: file)) }
            } catch {
                throw ImportError(
                    file: file, line: error.line, problem: "column \(error.column): \(error.message)",
                    remedy: "each line is one JSON object")
            }
            if entries.count > Self.entriesMax { throw Self.tooMany(file) }
            return entries
        case .document(let node):
            let root = JSONReader(node, file: file)
            let list = root.nearest { $0.node.elements?.prefix(Self.lookedAt).contains(where: isEntry) ?? false }
            if let list { return list.children.map(\.reader) }
            return isEntry(node) ? [root] : []
        }
    }

    /// The error of a file with too many lines.
    static func tooMany(_ file: String) -> ImportError {
        ImportError(
            file: file, problem: "has more than \(entriesMax) lines", remedy: "a record of this size is played in parts: split it, split -l FILE")
    }

    /// Whether one of the first entries is of a kind.
    func hasEntry(where isEntry: (JSONNode) -> Bool) -> Bool {
        switch content {
        case .other: return false
        case .lines: return firstLines(Self.lookedAt).contains(where: isEntry)
        case .document: return !((try? entries(where: isEntry)) ?? []).isEmpty
        }
    }

    /// So many entries are looked at to see what all are.
    private static let lookedAt = 200

    /// Whether a value is an object.
    static func isObject(_ node: JSONNode) -> Bool { if case .object = node.value { true } else { false } }

    /// The place that holds several matches, one an element, line or key: all that stands there; nothing where there is but one.
    func several(_ isGame: (MatchSource) -> Bool) -> [MatchSource] {
        func part(_ node: JSONNode) -> MatchSource { MatchSource(node: node, file: file, name: "") }
        func holdsGame(_ nodes: some Sequence<JSONNode>) -> Bool { nodes.prefix(8).contains { isGame(part($0)) } }
        var nodes: [JSONNode]
        switch content {
        case .other: return []
        case .document(let node): nodes = node.values
        case .lines(let first):
            guard first["kind"] == nil, holdsGame(firstLines(8)) else { return [] }
            nodes = firstLines(Self.matchesMax + 1)
        }
        let name = contentName
        for _ in 0..<4 {
            guard nodes.count <= Self.matchesMax, holdsGame(nodes) else { return [] }
            let games = nodes.filter { isGame(part($0)) }
            if games.count > 1 || isLines {
                return nodes.enumerated().map { MatchSource(node: $1, file: file, name: "\(name)-\($0)") }
            }
            nodes = games.first?.values ?? []
        }
        return []
    }

    /// So many matches are played together at most.
    private static let matchesMax = 10_000

    private var isLines: Bool { if case .lines = content { true } else { false } }

    /// Several sources as the elements of one document.
    static func together(_ parts: [MatchSource], name: String) -> MatchSource {
        let nodes = parts.compactMap { $0.root?.node }
        return MatchSource(
            node: JSONNode(value: .array(nodes), line: nodes.first?.line ?? 1), file: parts.first?.file ?? "", name: name)
    }

    /// The whole file as one value, also where it looks like a line of the canonical form.
    var object: JSONReader? {
        switch content {
        case .document(let node), .lines(let node): JSONReader(node, file: file)
        case .other: nil
        }
    }

    private init(node: JSONNode, file: String, name: String) {
        isPart = true
        bytes = Array(name.utf8)
        self.file = file
        content = .document(node)
    }

    /// The first lines of JSON Lines.
    private func firstLines(_ countMax: Int) -> [JSONNode] {
        var nodes: [JSONNode] = []
        var lines = JSONLines(bytes)
        while nodes.count < countMax, let node = try? lines.next() { nodes.append(node) }
        return nodes
    }

    /// A name for a match that says none: it depends on the content alone.
    var contentName: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func look(at bytes: [UInt8]) -> Content {
        let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.count
        let firstEnd = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        let rest = bytes[firstEnd...].firstIndex { $0 > 0x20 } ?? bytes.count
        let line = bytes[..<start].count { $0 == 0x0A } + 1
        var first = JSONParser(bytes: bytes, from: start, to: firstEnd, line: line)
        if rest < bytes.count, let node = try? first.document() { return .lines(first: node) }
        do {
            var parser = JSONParser(bytes: bytes)
            let node = try parser.documents().withoutQuotes(depth: 2)
            return node["kind"] == nil ? .document(node) : .lines(first: node)
        } catch {
            return .other(error)
        }
    }
}

/// Reads JSON Lines one by one; blank lines do not count.
struct JSONLines {
    private let bytes: [UInt8]
    private var start = 0
    private var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line's value, nil at the end.
    mutating func next() throws(JSONSyntaxError) -> JSONNode? {
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let (from, number) = (start, line)
            start = end + 1
            line += 1
            guard bytes[from..<end].contains(where: { $0 > 0x20 }) else { continue }
            var parser = JSONParser(bytes: bytes, from: from, to: end, line: number)
            return try parser.document()
        }
        return nil
    }
}
