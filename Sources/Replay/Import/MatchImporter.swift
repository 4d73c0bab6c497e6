/// Reads one format of recorded matches into canonical events. A new game is a new file with one of these, and its
/// line in `MatchImporters.all`.
public protocol MatchImporter: Sendable {
    /// The name of the format in reports.
    var format: String { get }
    /// What the content must have to be recognised, as half a sentence for the message about an unknown format.
    var looksFor: String { get }
    /// Whether the content, not the name, is of this format.
    func recognises(_ source: MatchSource) -> Bool
    /// The match; an error names the file, the line or path, and what would be right.
    func read(_ source: MatchSource, prices: PriceTable?) throws(ImportError) -> Match
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
        if source.mapping != nil { return try TableImporter().read(source, prices: prices) }
        for importer in all where importer.recognises(source) {
            return try importer.read(source, prices: prices)
        }
        throw unknownFormat(source)
    }

    /// Reads the match in a file, with the price table and the mapping in others if they are given.
    public static func read(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> Match {
        let matches = try readAll(path: path, pricesPath: pricesPath, mappingPath: mappingPath)
        guard matches.count == 1 else {
            throw ImportError(file: path, problem: "holds \(matches.count) matches", remedy: "one is wanted here")
        }
        return matches[0]
    }

    /// Reads all matches of a file: most hold one, some a list of them.
    public static func readAll(
        path: String, pricesPath: String? = nil, mappingPath: String? = nil
    ) throws(ImportError) -> [Match] {
        let prices: PriceTable? = if let pricesPath { try PriceTable(path: pricesPath) } else { nil }
        var source = try MatchSource(path: path)
        if let mappingPath { source.mapping = try TableMapping(path: mappingPath) }
        return try readAll(source, prices: prices)
    }

    /// Reads all matches of a source; where several have one name, the later ones get a number behind it.
    public static func readAll(_ source: MatchSource, prices: PriceTable? = nil) throws(ImportError) -> [Match] {
        func isGame(_ part: MatchSource) -> Bool { gamesInLists.contains { $0.recognises(part) } }
        var several = source.mapping == nil ? source.parts(ifFirst: isGame) : []
        // A match and its timeline side by side are one match.
        let timelines = several.filter { LeagueMatchV4Importer().recognises($0) }
        if !timelines.isEmpty, timelines.count < several.count { several = timelines }
        guard several.count > 1, several.allSatisfy(isGame) else { return [try read(source, prices: prices)] }
        var matches: [Match] = []
        var counts: [String: Int] = [:]
        for part in several {
            var match = try read(part, prices: prices)
            let count = counts[match.name, default: 0] + 1
            counts[match.name] = count
            if count > 1 { match.name = "\(match.name.prefix(35))-\(count)" }
            matches.append(match)
        }
        return matches
    }

    /// Formats of which one file may hold many matches, one an element or line.
    private static let gamesInLists: [any MatchImporter] = [
        LeagueMatchV5Importer(), LeagueMatchV4Importer(), LeagueSummaryImporter(), DotaImporter(),
    ]

    private static func unknownFormat(_ source: MatchSource) -> ImportError {
        if case .other(let fault) = source.content {
            if let row = CSVTable.rows(source.bytes)?.first {
                return ImportError(
                    file: source.file, problem: "the format is unknown: it is a table, and its first row is \(outline(row))",
                    remedy: "looked for \(TableImporter().looksFor) and a time or a party; --mapping FILE says which column is what: docs/MATCHES.md")
            }
            return ImportError(
                file: source.file, line: fault.line,
                problem: source.bytes.isEmpty ? "the file is empty" : "column \(fault.column): \(fault.message)",
                remedy: "a match is a JSON document, one JSON object a line, or a table whose columns have names (CSV); gzipped or not")
        }
        let looked = all.map { "\($0.format) (\($0.looksFor))" }.joined(separator: ", ")
        let found: String
        switch source.content {
        case .document(let node): found = "a JSON document, \(outline(node))"
        case .lines(let first): found = "JSON Lines that begin with \(outline(first))"
        case .other: found = "something else"
        }
        return ImportError(
            file: source.file, problem: "the format is unknown: it is \(found)",
            remedy: "looked for \(looked); rows of any other kind are explained by --mapping FILE, any other game can be written as canonical JSON Lines: docs/MATCHES.md")
    }

    private static func outline(_ node: JSONNode) -> String {
        if case .object(let members) = node.value {
            if members.isEmpty { return "an object without keys" }
            return "an object with the keys " + members.prefix(8).map(\.key).joined(separator: ", ")
        }
        return node.description
    }
}
