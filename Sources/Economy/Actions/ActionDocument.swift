import Wire

/// The tables of actions and refusals as they stand in docs/WIRE.md, made from the game folder.
public enum ActionDocument {
    /// The line before the tables.
    public static let begin = "<!-- actions:begin -->"
    /// The line after the tables.
    public static let end = "<!-- actions:end -->"

    /// The tables in Markdown.
    public static func markdown(_ game: Game) -> String {
        let actions = game.actions.values.sorted { $0.code < $1.code }
        let lines = summary(actions) + meanings(actions) + views(game) + refusals(game) + [""]
        return lines.joined(separator: "\n")
    }

    /// The text between the markers of a document; nil where a marker is missing.
    public static func section(of document: String) -> String? {
        guard let (first, last) = markers(document) else { return nil }
        return String(document[first..<last])
    }

    /// The document with the tables between its markers; nil where a marker is missing.
    public static func replacing(in document: String, with tables: String) -> String? {
        guard let (first, last) = markers(document) else { return nil }
        return document[..<first] + tables + document[last...]
    }

    private static func summary(_ actions: [ActionDefinition]) -> [String] {
        [
            "| code | action | who | payload: offset field type | bytes | result 0, result 1 |",
            "|---|---|---|---|---|---|",
        ]
            + actions.map { action in
                let fields = action.payload.map { "\($0.offset) `\($0.name)` \(type($0))" }.joined(separator: "; ")
                let results = action.results.compactMap { $0 }.joined(separator: ", ")
                return "| \(action.code) | \(action.name) | \(authority(action)) | \(fields) | \(action.payloadLength) "
                    + "| \(results.isEmpty ? "-" : results) |"
            }
    }

    private static func meanings(_ actions: [ActionDefinition]) -> [String] {
        let head = [
            "",
            "*Must be* is checked before anything is executed: `nonzero`; `account` not all zero, `giver` nor an escrow; `currency`, `item`, `asset` of the",
            "catalog; `faucet`, `sink` (or treasury), `source` (faucet or treasury) of the catalog; `line` one line, `lines` one or more,",
            "`linesOrNone`: each with an asset of the catalog and an amount, the unused ones zero and last.", "",
        ]
        return head + actions.flatMap(meaning)
    }

    private static func meaning(_ action: ActionDefinition) -> [String] {
        var lines = ["**\(action.code) \(action.name)**: \(action.says)", ""]
        for field in action.payload {
            let promise = field.promise.map { ", must be `\($0.rawValue)`" } ?? ""
            lines.append("- `\(field.name)` (\(field.unit)\(promise)): \(field.says)")
        }
        if let rate = action.rate {
            lines.append(
                "- at most \(rate.count) in \(rate.seconds) s for one player; beyond: status `busy`, refusal rateLimited, and when to ask again")
        }
        return lines + ["- can be refused with " + action.refusals.joined(separator: ", "), ""]
    }

    private static func views(_ game: Game) -> [String] {
        let head = [
            "Views (queries of kind 5): `all` may be asked by everybody, `own` by a player about his own account, `server` by game servers and operators.", "",
            "| code | view | who | arguments: name and field of the query | words of the answer | what it tells |", "|---|---|---|---|---|---|",
        ]
        let rows = game.views.map { view in
            let arguments = view.arguments.map { "\($0.name): \(place($0.source))" }.joined(separator: "; ")
            let results = view.results.map { $0.count == 1 ? $0.name : "\($0.name)[\($0.count)]" }.joined(separator: ", ")
            return "| \(view.code) | \(view.name) | \(view.audience.rawValue) | \(arguments.isEmpty ? "-" : arguments) | \(results) | \(view.says) |"
        }
        return head + rows + [""]
    }

    private static func place(_ source: ViewDefinition.Source) -> String {
        switch source {
        case .account: "account"
        case .id: "id"
        case .idHigh: "bytes 0 to 7 of the id"
        case .idLow: "bytes 8 to 15 of the id"
        case .limit: "limit"
        }
    }

    private static func refusals(_ game: Game) -> [String] {
        [
            "Refusal codes of the game (those from 200 on are the server's, see Errors):", "",
            "| code | name | have | need | sentence |", "|---|---|---|---|---|",
        ] + game.refusals.map { "| \($0.code) | \($0.name) | \($0.have) | \($0.need) | \($0.sentence) |" }
    }

    private static func markers(_ document: String) -> (String.Index, String.Index)? {
        var first: String.Index?
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == begin, line.endIndex < document.endIndex { first = document.index(after: line.endIndex) }
            if line == end, let first { return (first, line.startIndex) }
        }
        return nil
    }

    private static func type(_ field: PayloadField) -> String {
        field.isList ? "\(field.type.rawValue)[\(field.count)]" : field.type.rawValue
    }

    private static func authority(_ action: ActionDefinition) -> String {
        action.authority.isEmpty ? "actor" : action.authority.map(\.name).joined(separator: " or ")
    }
}
