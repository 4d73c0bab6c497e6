/// Reads comma-separated values: a head of column names, then rows; commas, semicolons or tabs; quotes as usual.
enum CSVTable {
    /// The rows as objects by column; nil where the text is no table.
    static func rows(_ bytes: [UInt8]) -> [JSONNode]? {
        guard let separator = separator(bytes) else { return nil }
        var rows = cells(bytes, separator)
        guard rows.count > 1, rows[0].cells.count > 1 else { return nil }
        let head = rows.removeFirst().cells.map { $0.trimmed }
        guard Set(head).count == head.count, !head.contains("") else { return nil }
        var nodes: [JSONNode] = []
        for row in rows where !(row.cells.count == 1 && row.cells[0].isEmpty) {
            let members = zip(head, row.cells).map { name, cell in
                let text = separator == UInt8(ascii: ";") ? pointed(cell.trimmed) : cell.trimmed
                return JSONNode.Member(
                    key: name, node: JSONNode(value: cell.isEmpty ? .null : .text(text), line: row.line))
            }
            nodes.append(JSONNode(value: .object(members), line: row.line))
        }
        return nodes
    }

    /// A number with a point in the place of its comma: where semicolons separate, commas begin fractions.
    private static func pointed(_ cell: String) -> String {
        let parts = cell.split(separator: ",", omittingEmptySubsequences: false)
        let digits = parts.map { part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.count == 2, digits[1], digits[0] || parts[0].hasPrefix("-") && parts[0].dropFirst().allSatisfy(\.isNumber)
        else { return cell }
        return parts[0] + "." + parts[1]
    }

    /// What stands most often in the first line.
    private static func separator(_ bytes: [UInt8]) -> UInt8? {
        let head = bytes.prefix { $0 != 0x0A }
        guard !head.isEmpty, head.first != UInt8(ascii: "{"), head.first != UInt8(ascii: "[") else { return nil }
        let counts = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09].map { mark in (mark, head.count { $0 == mark }) }
        guard let most = counts.max(by: { $0.1 < $1.1 }), most.1 > 0 else { return nil }
        return most.0
    }

    private static func cells(_ bytes: [UInt8], _ separator: UInt8) -> [(line: Int, cells: [String])] {
        var rows: [(line: Int, cells: [String])] = []
        var row: [String] = []
        var cell: [UInt8] = []
        var line = 1
        var rowLine = 1
        var isQuoted = false
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        func text() -> String { String(decoding: cell, as: UTF8.self) }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x0A { line += 1 }
            if isQuoted {
                if byte == UInt8(ascii: "\"") {
                    if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\"") {
                        cell.append(byte)
                        position += 1
                    } else {
                        isQuoted = false
                    }
                } else {
                    cell.append(byte)
                }
            } else if byte == UInt8(ascii: "\""), cell.isEmpty {
                isQuoted = true
            } else if byte == separator {
                row.append(text())
                cell.removeAll(keepingCapacity: true)
            } else if byte == 0x0A {
                row.append(text())
                cell.removeAll(keepingCapacity: true)
                rows.append((rowLine, row))
                row = []
                rowLine = line
            } else if byte != 0x0D {
                cell.append(byte)
            }
            position += 1
        }
        if !cell.isEmpty || !row.isEmpty { rows.append((rowLine, row + [text()])) }
        return rows
    }
}

extension String {
    /// Without space at both ends.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
