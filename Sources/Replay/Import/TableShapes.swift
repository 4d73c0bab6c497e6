/// Rows of a JSON document that are no list of objects: lists of lists, and tables by column, as tools for data write them.
enum TableShapes {
    /// The rows as objects by column; nil where the document is none of these shapes.
    static func rows(_ root: JSONNode) -> [JSONNode]? {
        if let elements = root.elements, let head = names(elements.first), elements.count > 1 {
            return joined(head, elements.dropFirst())
        }
        for (columns, data) in [("columns", "data"), ("columns", "rows"), ("header", "rows"), ("fields", "rows")] {
            if let head = names(root[columns]), let lines = root[data]?.elements { return joined(head, lines[...]) }
        }
        return byColumn(root)
    }

    /// A list of texts, or of objects that have a name.
    private static func names(_ node: JSONNode?) -> [String]? {
        guard let elements = node?.elements, elements.count > 1 else { return nil }
        let names = elements.compactMap { $0.text ?? $0["name"]?.text }
        return names.count == elements.count && Set(names).count == names.count ? names : nil
    }

    private static func joined(_ head: [String], _ lines: ArraySlice<JSONNode>) -> [JSONNode]? {
        var rows: [JSONNode] = []
        for line in lines {
            guard let cells = line.elements, cells.count <= head.count else { return nil }
            rows.append(JSONNode(value: .object(zip(head, cells).map { JSONNode.Member(key: $0, node: $1) }), line: line.line))
        }
        return rows
    }

    /// `{"price": [3, 4], "item": ["a", "b"]}`, or with numbered keys in place of the lists.
    private static func byColumn(_ root: JSONNode) -> [JSONNode]? {
        let columns = root.members
        guard columns.count > 1, let count = columns.first?.node.values.count, count > 0,
            columns.allSatisfy({ $0.node.values.count == count })
        else { return nil }
        let isNumbered = columns.allSatisfy { column in
            column.node.elements != nil || column.node.members.allSatisfy { Int64($0.key) != nil }
        }
        guard isNumbered else { return nil }
        let values = columns.map(\.node.values)
        return (0..<count).map { place in
            let members = zip(columns, values).map { JSONNode.Member(key: $0.key, node: $1[place]) }
            return JSONNode(value: .object(members), line: values[0][place].line)
        }
    }
}
