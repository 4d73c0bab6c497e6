import EVM
import Ledger

/// A case of the official trie tests: changes of keys and the root that they must lead to, or questions for neighbours.
public struct TrieTest: Sendable {
    /// What a case holds.
    enum Content: Sendable {
        /// Keys and values in the order in which they are set; a value of nil removes its key.
        case changes([(key: [UInt8], value: [UInt8]?)], root: Hash256)
        /// Keys, and for a text its neighbours below and above among them; empty for none.
        case neighbours(keys: [String], questions: [(text: String, below: String, above: String)])
    }

    /// The file's own name and the case's.
    public let name: String
    private let content: Content

    /// The cases of a file; in files of secure tries keys are hashed.
    public static func load(_ path: String) throws -> [TrieTest] {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let isSecure = file.lowercased().contains("secure")
        return try JSONValue.file(path).fields.sorted { $0.name < $1.name }.map { name, fields in
            TrieTest(name: "\(file) \(name)", content: try content(fields, isSecure: isSecure))
        }
    }

    private static func content(_ fields: JSONValue, isSecure: Bool) throws -> Content {
        if fields["tests"] != nil {
            return .neighbours(
                keys: fields.elements("in").compactMap(\.text),
                questions: try fields.elements("tests").map { question in
                    let texts = question.elements.map { $0.text ?? "" }
                    guard texts.count == 3 else { throw FixtureError(description: "tests: no text with neighbours") }
                    return (texts[0], texts[1], texts[2])
                })
        }
        var changes: [(key: [UInt8], value: [UInt8]?)] = []
        func add(_ key: JSONValue, _ value: JSONValue) {
            let bytes = Self.bytes(key.text ?? "")
            changes.append((isSecure ? keccak256(bytes).bytes : bytes, value.text.map(Self.bytes)))
        }
        guard let input = fields["in"] else { throw FixtureError(description: "in: no changes") }
        input.forEachField(add)
        for pair in input.elements {
            let both = pair.elements
            guard both.count == 2 else { throw FixtureError(description: "in: no pair") }
            add(both[0], both[1])
        }
        return .changes(changes, root: try fields.hash("root"))
    }

    /// The bytes that a key or value stands for: hexadecimal with 0x, otherwise text.
    private static func bytes(_ text: String) -> [UInt8] {
        text.hasPrefix("0x") ? bytesFromHex(text) ?? [] : Array(text.utf8)
    }

    /// What is wrong; nothing when the test passes.
    public func failures() -> [String] {
        switch content {
        case .changes(let changes, let root):
            var values: [[UInt8]: [UInt8]] = [:]
            for change in changes { values[change.key] = change.value.flatMap { $0.isEmpty ? nil : $0 } }
            let have = MerkleRoot.of(values.map { (key: $0.key, value: $0.value) })
            return have == root ? [] : ["\(name): root: have \(have), need \(root)"]
        case .neighbours(let keys, let questions):
            // A trie's order is that of the bytes of its keys.
            let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return questions.compactMap { question in
                let below = sorted.last { $0.utf8.lexicographicallyPrecedes(question.text.utf8) } ?? ""
                let above = sorted.first { question.text.utf8.lexicographicallyPrecedes($0.utf8) } ?? ""
                let have = [below, above]
                if have == [question.below, question.above] { return nil }
                return "\(name): '\(question.text)': have \(have), need \([question.below, question.above])"
            }
        }
    }
}
