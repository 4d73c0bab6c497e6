import Foundation

/// The bytes of a recorded match with what they are: one JSON document, or JSON Lines.
public struct MatchSource: Sendable {
    /// Larger than any recording known, and small enough to be held in memory at once.
    public static let bytesMax = 512 << 20

    /// The name for messages.
    public let file: String
    let bytes: [UInt8]
    let content: Content
    /// Which column or key is what, where the rows are a studio's own.
    public var mapping: TableMapping?

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

    /// Reads a file; the error names it.
    public init(path: String) throws(ImportError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ImportError(
                file: path, problem: "cannot be read", remedy: "it should be a file that this user may read")
        }
        guard data.count <= Self.bytesMax else {
            throw ImportError(
                file: path, problem: "has \(data.count) bytes", remedy: "at most \(Self.bytesMax) are read")
        }
        var bytes = [UInt8](data)
        if Gzip.isPacked(bytes) {
            do throws(Gzip.Broken) {
                bytes = try Gzip.unpacked(bytes, bytesMax: Self.bytesMax)
            } catch {
                throw ImportError(file: path, problem: "cannot be unpacked: \(error.reason)", remedy: "a whole gzip file")
            }
        }
        self.init(bytes: bytes, file: path)
    }

    /// The document as a reader at its root, if the file is one.
    var root: JSONReader? {
        if case .document(let node) = content { JSONReader(node, file: file) } else { nil }
    }

    /// The entries of a list: the lines of JSON Lines, the elements of an array, or of the nearest array of objects
    /// inside a document; a document without one is an entry itself.
    func entries() throws(ImportError) -> [JSONReader] {
        switch content {
        case .other(let fault):
            throw ImportError(file: file, line: fault.line, problem: "column \(fault.column): \(fault.message)")
        case .lines:
            var entries: [JSONReader] = []
            var lines = JSONLines(bytes)
            do {
                while let node = try lines.next() { entries.append(JSONReader(node, file: file)) }
            } catch {
                throw ImportError(
                    file: file, line: error.line, problem: "column \(error.column): \(error.message)",
                    remedy: "each line is one JSON object")
            }
            return entries
        case .document(let node):
            let root = JSONReader(node, file: file)
            let list = root.nearest { reader in
                guard let elements = reader.node.elements, let first = elements.first else { return false }
                if case .object = first.value { return true } else { return false }
            }
            guard let list else { return [root] }
            return list.children.map(\.reader)
        }
    }

    /// The elements of a list, or the lines, as sources of their own; nothing for a single document.
    /// A list of which the first is not what is wanted has none.
    func parts(ifFirst isWanted: (MatchSource) -> Bool) -> [MatchSource] {
        let first: JSONNode?
        switch content {
        case .lines(let node): first = node["kind"] == nil ? node : nil
        case .document(let node): first = node.elements?.first
        case .other: first = nil
        }
        guard let first, isWanted(MatchSource(node: first, file: file, name: "")) else { return [] }
        let nodes: [JSONNode]
        if case .document(let node) = content { nodes = node.elements ?? [] } else { nodes = firstEntries(.max) }
        guard nodes.count > 1, nodes.count <= 10_000 else { return [] }
        let name = contentName
        return nodes.enumerated().map { MatchSource(node: $1, file: file, name: "\(name)-\($0)") }
    }

    /// The whole file as one value, also where it looks like a line of the canonical form.
    var object: JSONReader? {
        switch content {
        case .document(let node), .lines(let node): JSONReader(node, file: file)
        case .other: nil
        }
    }

    private init(node: JSONNode, file: String, name: String) {
        bytes = Array(name.utf8)
        self.file = file
        content = .document(node)
    }

    /// The first entries, for recognition; nothing where the file is no list.
    func firstEntries(_ countMax: Int) -> [JSONNode] {
        switch content {
        case .other: return []
        case .lines:
            var entries: [JSONNode] = []
            var lines = JSONLines(bytes)
            while entries.count < countMax, let node = try? lines.next() { entries.append(node) }
            return entries
        case .document: return ((try? entries()) ?? []).prefix(countMax).map(\.node)
        }
    }

    /// A name for a match that says none: it depends on the content alone.
    var contentName: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func look(at bytes: [UInt8]) -> Content {
        let firstEnd = bytes.firstIndex(of: 0x0A) ?? bytes.count
        var rest = firstEnd
        while rest < bytes.count, bytes[rest] <= 0x20 { rest += 1 }
        var first = JSONParser(bytes: bytes, to: firstEnd)
        let firstNode = try? first.document()
        if let firstNode, rest < bytes.count { return .lines(first: firstNode) }
        do {
            var parser = JSONParser(bytes: bytes)
            let node = try parser.document()
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
