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
        LeagueMatchV5Importer(), LeagueMatchV4Importer(), CanonicalImporter(),
    ]

    /// Reads a match with the importer that recognises it.
    public static func read(_ source: MatchSource, prices: PriceTable? = nil) throws(ImportError) -> Match {
        for importer in all where importer.recognises(source) {
            return try importer.read(source, prices: prices)
        }
        throw unknownFormat(source)
    }

    /// Reads the match in a file, with the price table in another if one is given.
    public static func read(path: String, pricesPath: String? = nil) throws(ImportError) -> Match {
        let prices: PriceTable? = if let pricesPath { try PriceTable(path: pricesPath) } else { nil }
        return try read(MatchSource(path: path), prices: prices)
    }

    private static func unknownFormat(_ source: MatchSource) -> ImportError {
        if case .other(let fault) = source.content {
            return ImportError(
                file: source.file, line: fault.line,
                problem: source.bytes.isEmpty ? "the file is empty" : "column \(fault.column): \(fault.message)",
                remedy: "a match is a JSON document or one JSON object a line")
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
            remedy: "looked for \(looked); any other game can be written as canonical JSON Lines, see docs/MATCHES.md")
    }

    private static func outline(_ node: JSONNode) -> String {
        if case .object(let members) = node.value {
            return "an object with the keys " + members.prefix(8).map(\.key).joined(separator: ", ")
        }
        return node.description
    }
}
