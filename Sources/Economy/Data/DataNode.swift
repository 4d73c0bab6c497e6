import Yams

/// A value in a file of the game folder, with its place; reads it as what is expected or notes a problem.
struct DataNode {
    /// The file, relative to the game folder.
    let file: String
    /// The path of fields from the root of the file.
    let path: String
    /// The parsed value.
    let node: Node
    /// Where problems are noted.
    let problems: ProblemList

    /// The line, from 1.
    var line: Int { node.mark?.line ?? 0 }
    /// The column, from 1.
    var column: Int { node.mark?.column ?? 0 }

    /// Notes that this value is wrong.
    func refuse(_ wrong: String, _ right: String) {
        problems.add(self, wrong, right)
    }

    /// What the value is, for a message.
    var summary: String {
        switch node {
        case .scalar(let scalar):
            let text = scalar.string.count > 40 ? scalar.string.prefix(40) + "..." : scalar.string
            return isQuoted ? "\"\(text)\"" : String(text)
        case .mapping: return "an object"
        case .sequence(let sequence): return "a list of \(sequence.count)"
        case .alias: return "an alias"
        }
    }

    private var isQuoted: Bool { node.scalar?.style == .doubleQuoted || node.scalar?.style == .singleQuoted }

    /// The characters of a number, word or text; nil for objects and lists.
    var characters: String? { node.scalar?.string }
    /// Whether it is an object.
    var isObject: Bool { node.mapping != nil }
    /// The values of an object of any fields, in their order; none for anything else.
    var entries: [(name: String, value: DataNode)] {
        (node.mapping ?? [:]).map { key, value in
            let name = key.string ?? ""
            return (name, DataNode(file: file, path: "\(path).\(name)", node: value, problems: problems))
        }
    }

    /// The text in quotes, or nil after noting a problem.
    func text() -> String? {
        guard let scalar = node.scalar, isQuoted else {
            refuse("\(summary) is not a text", "write a text in double quotes")
            return nil
        }
        return scalar.string
    }

    /// The whole number without quotes, or nil after noting a problem.
    func number(_ range: ClosedRange<UInt64> = 0...UInt64.max) -> UInt64? {
        guard let scalar = node.scalar, !isQuoted, let value = UInt64(scalar.string), range.contains(value) else {
            refuse(
                "\(summary) is not a number here",
                "write a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// The word true or false, or nil after noting a problem.
    func flag() -> Bool? {
        guard let scalar = node.scalar, !isQuoted, scalar.string == "true" || scalar.string == "false" else {
            refuse("\(summary) is neither true nor false", "write true or false without quotes")
            return nil
        }
        return scalar.string == "true"
    }

    /// The elements of a list, or nil after noting a problem.
    func list() -> [DataNode]? {
        guard let sequence = node.sequence else {
            refuse("\(summary) is not a list", "write a list in square brackets")
            return nil
        }
        return sequence.enumerated().map { index, element in
            DataNode(file: file, path: "\(path)[\(index)]", node: element, problems: problems)
        }
    }

    /// The fields of an object, unknown ones noted as problems; nil after noting that it is none.
    func object(_ known: [String]) -> DataObject? {
        guard let mapping = node.mapping else {
            refuse("\(summary) is not an object", "write an object with the fields \(known.joined(separator: ", "))")
            return nil
        }
        var fields: [String: DataNode] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            let child = DataNode(
                file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value, problems: problems)
            fields[name] = child
            if !known.contains(name) {
                let keyNode = DataNode(file: file, path: child.path, node: key, problems: problems)
                keyNode.refuse("there is no field \"\(name)\"", "the fields are \(known.joined(separator: ", "))")
            }
        }
        return DataObject(place: self, fields: fields)
    }
}

/// The fields of an object in a file of the game folder.
struct DataObject {
    /// The object itself.
    let place: DataNode
    /// Its fields by name.
    let fields: [String: DataNode]

    /// A field that may be missing.
    subscript(name: String) -> DataNode? { fields[name] }

    /// A field that must be there; notes a problem when it is not.
    func required(_ name: String) -> DataNode? {
        if let field = fields[name] { return field }
        place.refuse("the field \"\(name)\" is missing", "add it")
        return nil
    }

    /// A text that must be there.
    func text(_ name: String) -> String? { required(name)?.text() }

    /// A number that must be there.
    func number(_ name: String, _ range: ClosedRange<UInt64> = 0...UInt64.max) -> UInt64? {
        required(name)?.number(range)
    }

    /// A list that must be there.
    func list(_ name: String) -> [DataNode]? { required(name)?.list() }
}
