import Foundation

/// The prices that hoard-load uses: of GameData's plain offers of one item for gold, by their numbers.
enum Prices {
    private struct Catalog: Decodable {
        var offers: [Line]
    }

    private struct Line: Decodable {
        var offer: UInt64
        var costs: [[UInt64]]
        var results: [[UInt64]]
        var isPlain: Bool

        enum Key: String, CodingKey {
            case offer, costs, results, stock, capPerPlayer, opens, closes
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            offer = try values.decode(UInt64.self, forKey: .offer)
            costs = try values.decode([[UInt64]].self, forKey: .costs)
            results = try values.decode([[UInt64]].self, forKey: .results)
            let isUnlimited = (try? values.decode(String.self, forKey: .stock)) == "unlimited"
            let isBound = [Key.capPerPlayer, .opens, .closes].contains { values.contains($0) }
            isPlain =
                isUnlimited && !isBound && costs.count == 1 && costs[0].count == 2 && costs[0][0] == 1
                && results.count == 1 && results[0].count == 2 && results[0][1] == 1
        }
    }

    /// The first `count` prices of a catalog's text.
    static func read(_ data: Data, count: Int) throws -> [UInt64] {
        var assets = Set<UInt64>()
        let prices = try JSONDecoder().decode(Catalog.self, from: data).offers
            .sorted { $0.offer < $1.offer }
            .filter { $0.isPlain && assets.insert($0.results[0][0]).inserted }
            .prefix(count).map { $0.costs[0][1] }
        guard prices.count == count else {
            throw PeerFailure(description: "the catalog has \(prices.count) plain offers, the scenario needs \(count)")
        }
        return Array(prices)
    }

    /// The prices of the GameData folder above the working folder or the program.
    static func find(count: Int) throws -> [UInt64] {
        let starts = [ServerPaths.currentFolder(), ServerPaths.ownProgram()]
        guard let path = ServerPaths.upwards(from: starts, name: "GameData/Catalog/offers.json"),
            let data = FileManager.default.contents(atPath: path)
        else {
            throw PeerFailure(description: "no GameData/Catalog/offers.json above the working folder or the program")
        }
        return try read(data, count: count)
    }
}
