import Foundation

/// The bytes of a recorded match with what they are: one JSON document, or JSON Lines.
public struct MatchSource: Sendable {
    /// Larger than any recording known, and small enough to be held in memory at once.
    public static let bytesMax = 512 << 20

    /// The name for messages.
    public let file: String
    let bytes: [UInt8]
    let content: Content

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
        self.init(bytes: [UInt8](data), file: path)
    }

    /// The document as a reader at its root, if the file is one.
    var root: JSONReader? {
        if case .document(let node) = content { JSONReader(node, file: file) } else { nil }
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
