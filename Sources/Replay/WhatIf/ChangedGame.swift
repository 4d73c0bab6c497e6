public import Economy
import Foundation

/// A game as it would be under a change of what its first state is made of: fees stand in the code of contracts, odds in the
/// storage of one.
public enum ChangedGame {
    /// The game of a folder under a change; nil where the change leaves its first state as it is.
    public static func load(_ folder: String, _ game: Game, _ change: EconomyChange) throws -> Game? {
        guard change.fees["trade"] != nil || !change.loot.isEmpty else { return nil }
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-whatif-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: URL(fileURLWithPath: folder).resolvingSymlinksInPath().path, toPath: copy)
        if let fee = change.fees["trade"] { try changeFees(copy + "/Genesis/genesis.json", fee) }
        if !change.loot.isEmpty { try changeOdds(copy + "/Catalog/loot.json", game, change.loot) }
        return try Game.load(folder: copy)
    }

    private static func changeFees(_ path: String, _ fee: Int64) throws {
        var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        for index in lines.indices where lines[index].contains("\"artifact\"") {
            lines[index] = lines[index].replacingOccurrences(
                of: "\\{\\s*\"number\"\\s*:\\s*[0-9]+\\s*\\}", with: "{\"number\": \(fee)}", options: .regularExpression)
        }
        try replace(path, Data(lines.joined(separator: "\n").utf8))
    }

    private static func changeOdds(_ path: String, _ game: Game, _ loot: [String: [String: EconomyChange.Figure]]) throws {
        guard FileManager.default.fileExists(atPath: path),
            var root = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any],
            var tables = root["tables"] as? [[String: Any]]
        else { throw ReplayError.gameDoesNotFit("the game has no tables of loot") }
        let numbers = tables.map { "\($0["table"] ?? "")" }
        for (name, weights) in loot.sorted(by: { $0.key < $1.key }) {
            guard name == "*" || numbers.contains(name) else {
                throw ReplayError.gameDoesNotFit("there is no table \(name) of loot; there are \(numbers.joined(separator: ", "))")
            }
            // What is said of a table goes before what is said of all.
            for place in tables.indices where numbers[place] == name || name == "*" && loot[numbers[place]] == nil {
                guard var entries = tables[place]["entries"] as? [[String: Any]] else {
                    if name == "*" { continue }
                    throw ReplayError.gameDoesNotFit("table \(name) of loot draws nothing: what it gives is sure")
                }
                try change(&entries, table: numbers[place], weights, game)
                tables[place]["entries"] = entries
            }
        }
        root["tables"] = tables
        try replace(path, try JSONSerialization.data(withJSONObject: root))
    }

    private static func change(
        _ entries: inout [[String: Any]], table: String, _ weights: [String: EconomyChange.Figure], _ game: Game
    ) throws {
        let reader = WorldReader(game: game)
        let items = entries.map { entry in
            ((entry["gives"] as? [Any])?.first as? NSNumber).map { reader.asset($0.uint64Value) } ?? ""
        }
        for key in weights.keys.sorted() where key != "*" && !items.contains(key) && Int(key).map({ 1...entries.count ~= $0 }) != true {
            throw ReplayError.gameDoesNotFit(
                "table \(table) of loot has no entry \(key); it has 1 to \(entries.count): \(items.joined(separator: ", "))")
        }
        for place in entries.indices {
            guard let figure = weights["\(place + 1)"] ?? weights[items[place]] ?? weights["*"] else { continue }
            let weight = figure.of((entries[place]["weight"] as? NSNumber)?.int64Value ?? 0)
            guard (1...Int64(UInt32.max)).contains(weight) else {
                throw ReplayError.gameDoesNotFit(
                    "table \(table) of loot, entry \(place + 1): a weight is 1 to \(UInt32.max), not \(weight); an entry cannot leave a table")
            }
            entries[place]["weight"] = weight
        }
    }

    /// Links of a game folder are kept: what is replaced is the copy's own file.
    private static func replace(_ path: String, _ data: Data) throws {
        try FileManager.default.removeItem(atPath: path)
        try data.write(to: URL(fileURLWithPath: path))
    }
}
