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
        try self.copy(folder, to: copy)
        if let fee = change.fees["trade"] { try changeFees(copy + "/Genesis/genesis.json", fee) }
        if !change.loot.isEmpty { try changeOdds(copy + "/Catalog/loot.json", game, change.loot) }
        return try Game.load(folder: copy)
    }

    /// A folder with links to the parts of another, but for those that are changed: they are copied. Games share parts by
    /// links that hold where they lie.
    private static func copy(_ folder: String, to copy: String) throws {
        let files = FileManager.default
        let source = URL(fileURLWithPath: folder).resolvingSymlinksInPath()
        try files.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: source.path) {
            let part = source.appendingPathComponent(name).resolvingSymlinksInPath()
            guard ["Genesis", "Catalog"].contains(name) else {
                try files.createSymbolicLink(atPath: "\(copy)/\(name)", withDestinationPath: part.path)
                continue
            }
            try files.createDirectory(atPath: "\(copy)/\(name)", withIntermediateDirectories: false)
            for file in try files.contentsOfDirectory(atPath: part.path) {
                let original = part.appendingPathComponent(file).resolvingSymlinksInPath()
                try files.copyItem(atPath: original.path, toPath: "\(copy)/\(name)/\(file)")
            }
        }
    }

    /// The numbers among the arguments of contracts are fees.
    private static func changeFees(_ path: String, _ fee: Int64) throws {
        var root = try object(path)
        var contracts = root["contracts"] as? [[String: Any]] ?? []
        for index in contracts.indices {
            guard let arguments = contracts[index]["arguments"] as? [[String: Any]] else { continue }
            contracts[index]["arguments"] = arguments.map { $0["number"] == nil ? $0 : ["number": fee] }
        }
        root["contracts"] = contracts
        try replace(path, root)
    }

    private static func object(_ path: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any] ?? [:]
    }

    private static func changeOdds(_ path: String, _ game: Game, _ loot: [String: [String: EconomyChange.Figure]]) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ReplayError.gameDoesNotFit("the game has no tables of loot")
        }
        var root = try object(path)
        var tables = root["tables"] as? [[String: Any]] ?? []
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
        try replace(path, root)
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

    private static func replace(_ path: String, _ root: [String: Any]) throws {
        try JSONSerialization.data(withJSONObject: root).write(to: URL(fileURLWithPath: path))
    }
}
