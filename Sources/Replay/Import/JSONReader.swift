/// A place in a JSON document: the node, the path that led to it, and the file, for errors that can be acted on.
struct JSONReader {
    /// Times in milliseconds: 31 years to both sides.
    static let times: ClosedRange<Int64> = -1_000_000_000_000...1_000_000_000_000
    /// Gold and the like in the wallet of one player.
    static let purses: ClosedRange<Int64> = -1_000_000_000_000...1_000_000_000_000

    let node: JSONNode
    let path: String
    let file: String

    init(_ node: JSONNode, file: String, path: String = "$") {
        self.node = node
        self.path = path
        self.file = file
    }

    /// The value under a key; an error when it is missing or null.
    func required(_ key: String, _ remedy: String) throws(ImportError) -> JSONReader {
        guard let found = optional(key) else { throw error("\"\(key)\" is missing", remedy) }
        return found
    }

    /// The value under a key, nil when it is missing or null.
    func optional(_ key: String) -> JSONReader? {
        guard let found = node[key], !found.isNull else { return nil }
        return JSONReader(found, file: file, path: "\(path).\(key)")
    }

    /// The elements of an array.
    func elements() throws(ImportError) -> [JSONReader] {
        guard let elements = node.elements else { throw error("is \(node.description)", "an array is needed") }
        return elements.enumerated().map { JSONReader($1, file: file, path: "\(path)[\($0)]") }
    }

    /// The whole number that this is.
    func integer() throws(ImportError) -> Int64 {
        guard let number = node.integer else { throw error("is \(node.description)", "a whole number is needed") }
        return number
    }

    /// The whole number under a key.
    func integer(_ key: String) throws(ImportError) -> Int64 {
        try required(key, "a whole number is needed").integer()
    }

    /// The whole number under a key, within bounds that keep every sum of a match in 64 bits.
    func integer(_ key: String, in range: ClosedRange<Int64>) throws(ImportError) -> Int64 {
        let reader = try required(key, "a whole number is needed")
        let number = try reader.integer()
        guard range.contains(number) else {
            throw reader.error("is \(number)", "it is \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The whole number under a key, nil when it is missing or null.
    func optionalInteger(_ key: String) throws(ImportError) -> Int64? {
        try optional(key)?.integer()
    }

    /// The text under a key, nil when it is missing or null; a number is read as its digits.
    func optionalText(_ key: String) throws(ImportError) -> String? {
        guard let found = optional(key) else { return nil }
        switch found.node.value {
        case .text(let text): return text
        case .integer(let number): return "\(number)"
        default: throw found.error("is \(found.node.description)", "a text is needed")
        }
    }

    /// An error at this place.
    func error(_ problem: String, _ remedy: String = "") -> ImportError {
        ImportError(file: file, line: node.line, path: path, problem: problem, remedy: remedy)
    }
}
