import Foundation

/// Reads one format of recorded matches into canonical events. A new game is a new file with one of these, and its
/// line in `MatchImporters.all`.
public protocol MatchImporter: Sendable {
    /// The name of the format in reports.
    var format: String { get }
    /// What the content must have to be recognised, as half a sentence for the message about an unknown format.
    var looksFor: String { get }
    /// Whether the content, not the name, is of this format.
    func recognises(_ source: MatchSource) -> Bool
    /// What is missing where the content is of this game and still no match; nil where it is of another.
    func nearMiss(_ source: MatchSource) -> String?
    /// The match; an error names the file, the line or path, and what would be right.
    func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match
}

extension MatchImporter {
    /// Most formats are recognised or not.
    public func nearMiss(_ source: MatchSource) -> String? { nil }
}

/// All importers there are, and how one is chosen.
public enum MatchImporters {
    /// In the order in which they look at a file.
    public static let all: [any MatchImporter] = [
        CanonicalImporter(), LeagueMatchV5Importer(), LeagueMatchV4Importer(), LeagueSummaryImporter(), DotaImporter(),
        AgeImporter(), StarcraftImporter(), OrderBookImporter(), TableImporter(),
    ]

    /// Reads a match with the importer that recognises it.
    public static func read(_ source: MatchSource, prices: PriceTable? = nil) throws(ImportError) -> Match {
        // Who gives a mapping says what the rows are.
        let chosen: (any MatchImporter)? = source.mapping != nil ? TableImporter() : all.first { $0.recognises(source) }
        guard let chosen else { throw unknownFormat(source) }
        var match = try chosen.read(source, prices: prices)
        match.notes += source.notes
        return match
    }

    /// Reads the match in a file, with the price table and the mapping in others if they are given.
    public static func read(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> Match {
        try onlyOne(readAll(path: path, pricesPath: pricesPath, mappingPath: mappingPath), of: path)
    }

    /// Reads all matches of a file, `-` for standard input: most hold one, some a list of them.
    public static func readAll(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> [Match] {
        let prices: PriceTable? = if let pricesPath { try PriceTable(path: pricesPath) } else { nil }
        var source = try MatchSource(path: path)
        if let mappingPath { source.mapping = try TableMapping(path: mappingPath) }
        return try readAll(source, prices: prices)
    }

    /// Reads all matches of a file with what lies beside it: `FILE.mapping.json` where no mapping is given, and for each match
    /// the price table that fits it best where none is given.
    public static func readAllWithNeighbours(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> [Match] {
        let neighbour = path + ".mapping.json"
        let mapping = mappingPath ?? (FileManager.default.fileExists(atPath: neighbour) ? neighbour : nil)
        if pricesPath != nil || path == "-" {
            return try readAll(path: path, pricesPath: pricesPath, mappingPath: mapping)
        }
        var source = try MatchSource(path: path)
        if let mapping { source.mapping = try TableMapping(path: mapping) }
        let tables = PriceTables.tables(beside: path)
        return try readAll(source) { part throws(ImportError) in try PriceTables.read(part, withBestOf: tables) }
    }

    /// The one match of a file, read with what lies beside it.
    public static func readWithNeighbours(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> Match {
        try onlyOne(readAllWithNeighbours(path: path, pricesPath: pricesPath, mappingPath: mappingPath), of: path)
    }

    private static func onlyOne(_ matches: [Match], of path: String) throws(ImportError) -> Match {
        guard matches.count == 1 else {
            throw ImportError(file: path, problem: "holds \(matches.count) matches", remedy: "one is wanted here")
        }
        return matches[0]
    }

    /// Reads all matches of a source; where several have one name, the later ones get a number behind it.
    public static func readAll(_ source: MatchSource, prices: PriceTable? = nil) throws(ImportError) -> [Match] {
        try readAll(source) { part throws(ImportError) in try read(part, prices: prices) }
    }

    private static func readAll(
        _ source: MatchSource, _ readOne: (MatchSource) throws(ImportError) -> Match
    ) throws(ImportError) -> [Match] {
        let (parts, note) = Self.parts(of: source)
        var matches: [Match] = []
        for part in parts { matches.append(try readOne(part)) }
        matches = distinct(matches)
        if let note { matches[0].notes.append(note) }
        return matches
    }

    /// Matches with a name each: the later ones of a name get a number behind it, so that each has players of its own.
    public static func distinct(_ matches: [Match]) -> [Match] {
        var taken: Set<String> = []
        return matches.map { match in
            var match = match
            let name = match.name
            var count = 1
            while !taken.insert(match.name).inserted {
                count += 1
                let end = "-\(count)"
                match.name = name.prefix(bytes: CanonicalImporter.matchNameBytesMax - end.utf8.count) + end
            }
            return match
        }
    }

    /// The matches of a source, each as one of its own, and what is to be said about the rest. A match and its timeline side
    /// by side are one match.
    private static func parts(of source: MatchSource) -> (parts: [MatchSource], note: String?) {
        func isGame(_ part: MatchSource) -> Bool { gamesInLists.contains { $0.recognises(part) } }
        let several = source.mapping == nil ? source.several(isGame) : []
        guard !several.isEmpty else { return ([source], nil) }
        let name = source.contentName
        let timelines = several.filter { LeagueMatchV4Importer().recognises($0) }
        let others = several.filter { !LeagueMatchV4Importer().recognises($0) }
        if timelines.count == 1, others.count(where: isGame) <= 1 {
            // What stands beside the one timeline says more of the same match.
            if case .document = source.content { return ([source], nil) }
            return ([.together(several, name: name)], nil)
        }
        if timelines.count == others.count, !timelines.isEmpty {
            return (zip(others, timelines).enumerated().map { MatchSource.together([$1.0, $1.1], name: "\(name)-\($0)") }, nil)
        }
        let games = timelines.isEmpty ? several.filter(isGame) : timelines
        let rest = several.count - games.count
        return (games, rest == 0 ? nil : "\(rest) entries beside the matches are no match with a timeline: left out")
    }

    /// Formats of which one file may hold many matches, one an element or line.
    private static let gamesInLists: [any MatchImporter] = [
        LeagueMatchV5Importer(), LeagueMatchV4Importer(), LeagueSummaryImporter(), DotaImporter(),
    ]

    private static func unknownFormat(_ source: MatchSource) -> ImportError {
        for importer in all {
            if let missing = importer.nearMiss(source) {
                return ImportError(file: source.file, problem: "is no match: \(missing)", remedy: "\(importer.format) needs \(importer.looksFor)")
            }
        }
        let found: String
        switch source.content {
        case .document(let node):
            if let answer = answer(node) {
                return ImportError(
                    file: source.file, problem: "is no match but a service's answer: \(answer)", remedy: "ask the service again")
            }
            found = "a JSON document, \(outline(node))"
        case .lines(let first): found = "JSON Lines that begin with \(outline(first))"
        case .other(let fault): return noJSON(source, fault)
        }
        let looked = all.map { "\($0.format) (\($0.looksFor))" }.joined(separator: ", ")
        return ImportError(
            file: source.file, problem: "the format is unknown: it is \(found)",
            remedy: "looked for \(looked); rows of any other kind are explained by --mapping FILE, any other game can be written as canonical JSON Lines: docs/MATCHES.md")
    }

    private static func noJSON(_ source: MatchSource, _ fault: JSONSyntaxError) -> ImportError {
        if !source.bytes.contains(where: { $0 > 0x20 }) {
            return ImportError(
                file: source.file, line: 1, problem: "the file is empty", remedy: "a match is a JSON document, JSON Lines or a table (CSV)")
        }
        // What begins like JSON is JSON with a fault.
        let start = source.bytes.drop { $0 <= 0x20 || $0 >= 0x80 }.first
        if start != UInt8(ascii: "{"), start != UInt8(ascii: "[") {
            do throws(CSVTable.Fault) {
                let rows = try CSVTable.rows(source.bytes)
                return ImportError(
                    file: source.file,
                    problem: "the format is unknown: it is a table with the columns \(rows[0].members.prefix(20).map(\.key).joined(separator: ", "))",
                    remedy: "looked for \(TableImporter().looksFor), \(OrderBookImporter().looksFor); --mapping FILE says which column is what: docs/MATCHES.md")
            } catch {
                return ImportError(file: source.file, line: error.line, problem: error.problem, remedy: error.remedy)
            }
        }
        return ImportError(
            file: source.file, line: fault.line, problem: "column \(fault.column): \(fault.message)",
            remedy: "a match is a JSON document, one JSON object a line, or a table whose columns have names (CSV); gzipped or not")
    }

    /// What a service says in the place of a match: `{"error": ...}`, `{"status": {"message": ...}}`.
    private static func answer(_ node: JSONNode) -> String? {
        guard node.members.count <= 4 else { return nil }
        for key in ["error", "errors", "message", "status", "detail"] {
            guard let found = node[key] else { continue }
            let inner = found["message"] ?? found.elements?.first?["message"] ?? found
            if let text = inner.text { return "\(key): \(text.prefix(200))" }
        }
        return nil
    }

    private static func outline(_ node: JSONNode) -> String {
        if case .object(let members) = node.value {
            if members.isEmpty { return "an object without keys" }
            return "an object with the keys " + members.prefix(8).map(\.key).joined(separator: ", ")
        }
        return node.description
    }
}

extension String {
    /// The first characters that take at most so many bytes.
    fileprivate func prefix(bytes: Int) -> String {
        var result = ""
        for character in self {
            if result.utf8.count + character.utf8.count > bytes { break }
            result.append(character)
        }
        return result
    }
}
