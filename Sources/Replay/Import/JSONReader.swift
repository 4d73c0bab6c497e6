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

    /// The value under a key, nil when it is missing or null; case and underscores of the key do not matter.
    func optional(_ key: String) -> JSONReader? {
        guard let found = node.loosely(key), !found.isNull else { return nil }
        return JSONReader(found, file: file, path: "\(path).\(key)")
    }

    /// The value under the first of several names that is there.
    func optional(anyOf keys: [String]) -> JSONReader? {
        for key in keys { if let found = optional(key) { return found } }
        return nil
    }

    /// The members of an object, or the elements of an array under their place, as readers; nothing for anything else.
    var children: [(key: String, reader: JSONReader)] {
        switch node.value {
        case .object(let members):
            members.map { ($0.key, JSONReader($0.node, file: file, path: "\(path).\($0.key)")) }
        case .array(let elements):
            elements.enumerated().map { ("\($0)", JSONReader($1, file: file, path: "\(path)[\($0)]")) }
        default: []
        }
    }

    /// The nearest place, this one included, at which something holds: the wrappers of a record differ.
    func nearest(depth: Int = 5, _ holds: (JSONReader) -> Bool) -> JSONReader? {
        var level = [self]
        for _ in 0...depth {
            if let found = level.first(where: holds) { return found }
            level = level.flatMap { reader in
                // Of a long array one element is enough to see what all are.
                reader.node.elements == nil ? reader.children.map(\.reader) : reader.children.prefix(4).map(\.reader)
            }
        }
        return nil
    }

    /// The number that this is, whole or not.
    func decimal() throws(ImportError) -> Double {
        guard let number = node.decimal, number.isFinite else {
            throw error("is \(node.description)", "a number is needed")
        }
        return number
    }

    /// The whole number nearest to this times `scale`.
    func scaled(_ scale: Int64) throws(ImportError) -> Int64 {
        if let whole = node.integer, Self.purses.contains(whole) { return whole * scale }
        let number = try (decimal() * Double(scale)).rounded()
        guard abs(number) <= 1e15 else { throw error("is \(node.description)", "a number below 10^12 is needed") }
        return Int64(number)
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

    /// The text under the first of several names that is there.
    func optionalText(anyOf keys: [String]) throws(ImportError) -> String? {
        for key in keys { if let text = try optionalText(key) { return text } }
        return nil
    }

    /// An error at this place.
    func error(_ problem: String, _ remedy: String = "") -> ImportError {
        ImportError(file: file, line: node.line, path: path, problem: problem, remedy: remedy)
    }
}
