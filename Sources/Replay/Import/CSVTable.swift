/// Reads comma-separated values: a head of column names, then rows; commas, semicolons, tabs or bars; quotes as usual.
/// Comments and blank lines above the head are passed over, and so is the line `sep=;` of spreadsheets.
enum CSVTable {
    /// Why a text is no table, or where it stops to be one.
    struct Fault: Error, Equatable {
        let line: Int?
        let problem: String
        let remedy: String
    }

    private static let comma = UInt8(ascii: ",")
    private static let semicolon = UInt8(ascii: ";")
    private static let separators = [comma, semicolon, 0x09, UInt8(ascii: "|")]

    /// The rows as objects by column, at least one; no more than so many.
    static func rows(_ bytes: [UInt8], countMax: Int = .max) throws(Fault) -> [JSONNode] {
        var reading = Reading(bytes: bytes)
        reading.skipPreamble()
        guard let separator = reading.separator else {
            throw Fault(
                line: nil, problem: "is neither JSON nor a table",
                remedy: "a table has a head of column names, then rows, separated by commas, semicolons or tabs")
        }
        reading.separator = separator
        guard let head = try reading.next() else { throw Fault(line: nil, problem: "the file is empty", remedy: "a table has a head and rows") }
        let names = try names(head)
        var nodes: [JSONNode] = []
        while nodes.count < countMax, let row = try reading.next() {
            if row.cells.count == 1, row.cells[0].isEmpty { continue }
            if row.cells.count > names.count, row.cells[names.count...].contains(where: { !$0.isEmpty }) {
                throw Fault(
                    line: row.line, problem: "has \(row.cells.count) cells, the head has \(names.count)",
                    remedy: "a cell in which the separator stands is in quotes")
            }
            let members = names.enumerated().map { place, name in
                let cell = place < row.cells.count ? row.cells[place] : ""
                let text = separator == semicolon ? pointed(cell) : cell
                return JSONNode.Member(key: name, node: JSONNode(value: cell.isEmpty ? .null : .text(text), line: row.line))
            }
            nodes.append(JSONNode(value: .object(members), line: row.line))
            if nodes.count > MatchSource.entriesMax {
                throw Fault(
                    line: nil, problem: "has more than \(MatchSource.entriesMax) rows",
                    remedy: "a table of this size is played in parts, each with the head: split it by time")
            }
        }
        guard !nodes.isEmpty else {
            throw Fault(line: head.line, problem: "the table has a head and no rows", remedy: "the first line names the columns, rows follow")
        }
        return nodes
    }

    /// The names of the columns; one without a name is called by its place.
    private static func names(_ head: Row) throws(Fault) -> [String] {
        guard head.cells.count > 1 else {
            throw Fault(
                line: head.line, problem: "is neither JSON nor a table: its first line has one cell",
                remedy: "a table has a head of column names, separated by commas, semicolons or tabs")
        }
        let named = head.cells.filter { !$0.isEmpty }
        let values = named.count { Double($0) != nil || WrittenTime.milliseconds($0, dayFirst: true) != nil }
        if values * 3 >= named.count {
            throw Fault(
                line: head.line, problem: "the table has no head: its first line is \(named.prefix(8).joined(separator: ", "))",
                remedy: "the first line names the columns: time,seller,buyer,item,price,quantity")
        }
        var names: [String] = []
        for (place, cell) in head.cells.enumerated() {
            let name = cell.isEmpty ? "column \(place + 1)" : cell
            if let twin = names.firstIndex(of: name) {
                throw Fault(
                    line: head.line, problem: "columns \(twin + 1) and \(place + 1) are both called \"\(name)\"",
                    remedy: "each column has a name of its own")
            }
            names.append(name)
        }
        return names
    }

    /// A number with a point in the place of its comma: where semicolons separate, commas begin fractions.
    private static func pointed(_ cell: String) -> String {
        guard cell.utf8.contains(comma) else { return cell }
        let parts = cell.split(separator: ",", omittingEmptySubsequences: false)
        let digits = parts.map { part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.count == 2, digits[1], digits[0] || parts[0].hasPrefix("-") && parts[0].dropFirst().allSatisfy(\.isNumber)
        else { return cell }
        return parts[0] + "." + parts[1]
    }

    /// A line of the table, or several where a quoted cell holds line ends.
    private struct Row {
        let line: Int
        let cells: [String]
    }

    /// Reads row after row.
    private struct Reading {
        private let bytes: [UInt8]
        private var position: Int
        private var line = 1
        /// Told by `sep=`, or what stands most often in the head.
        lazy var separator: UInt8? = guessed()

        init(bytes: [UInt8]) {
            self.bytes = bytes
            position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        }

        /// Passes over what stands above the head.
        mutating func skipPreamble() {
            while position < bytes.count {
                let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
                let text = bytes[position..<end].filter { $0 > 0x20 || $0 == 0x09 }
                let told = text.starts(with: Array("sep=".utf8)) && text.count == 5 ? text.last : nil
                guard text.allSatisfy({ $0 <= 0x20 }) || text.first == UInt8(ascii: "#") || told != nil else { return }
                if let told { separator = told }
                position = end + 1
                line += 1
            }
        }

        private func guessed() -> UInt8? {
            var isQuoted = false
            var counts = [UInt8: Int]()
            for byte in bytes[min(position, bytes.count)...] {
                if byte == 0x0A, !isQuoted { break }
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if !isQuoted { counts[byte, default: 0] += 1 }
            }
            return CSVTable.separators.max { counts[$0] ?? 0 < counts[$1] ?? 0 }.flatMap { counts[$0] ?? 0 > 0 ? $0 : nil }
        }

        /// The next row, its cells without the space around them; nil at the end.
        mutating func next() throws(Fault) -> Row? {
            guard position < bytes.count else { return nil }
            let start = line
            var cells: [String] = []
            var cell: [UInt8] = []
            var quote: Int?
            let separator = self.separator
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == 0x0A { line += 1 }
                if quote != nil {
                    if byte != UInt8(ascii: "\"") {
                        cell.append(byte)
                    } else if position < bytes.count, bytes[position] == byte {
                        cell.append(byte)
                        position += 1
                    } else {
                        quote = nil
                    }
                } else if byte == UInt8(ascii: "\""), cell.isEmpty {
                    quote = line
                } else if byte == separator {
                    cells.append(Self.text(cell))
                    cell.removeAll(keepingCapacity: true)
                } else if byte == 0x0A {
                    cells.append(Self.text(cell))
                    return Row(line: start, cells: cells)
                } else if byte != 0x0D {
                    cell.append(byte)
                }
            }
            if let quote {
                throw Fault(
                    line: quote, problem: "a quote that begins here is never closed",
                    remedy: "a cell in quotes ends with a quote, and a quote within it is written twice")
            }
            cells.append(Self.text(cell))
            return Row(line: start, cells: cells)
        }

        private static func text(_ cell: [UInt8]) -> String {
            var slice = cell[...]
            while let first = slice.first, first <= 0x20 { slice = slice.dropFirst() }
            while let last = slice.last, last <= 0x20 { slice = slice.dropLast() }
            return String(decoding: slice, as: UTF8.self)
        }
    }
}
