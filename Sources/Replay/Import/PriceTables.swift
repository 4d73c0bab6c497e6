import Foundation

/// Finds the price table that lies beside a match and fits it best.
public enum PriceTables {
    /// The path of the best of the tables beside a match: `FILE.prices.json`, `prices.json`, or those of a folder
    /// `prices` here or one above. Nil where there is none, or none names an item of the match.
    public static func beside(_ path: String) throws(ImportError) -> String? {
        let tables = tables(beside: path)
        guard !tables.isEmpty, FileManager.default.fileExists(atPath: path) else { return nil }
        let source = try MatchSource(path: path)
        guard let plain = try? MatchImporters.readAll(source).first else { return nil }
        return best(of: tables, without: plain) { try? MatchImporters.readAll(source, prices: $0).first }?.table.file
    }

    /// The tables that lie beside a match and can be read.
    static func tables(beside path: String) -> [PriceTable] {
        candidates(path).compactMap { try? PriceTable(path: $0) }
    }

    /// One match of a file with the table that fits it best, or without any.
    static func read(_ source: MatchSource, withBestOf tables: [PriceTable]) throws(ImportError) -> Match {
        let plain = try MatchImporters.read(source)
        return best(of: tables, without: plain) { try? MatchImporters.read(source, prices: $0) }?.match ?? plain
    }

    private static func best(
        of tables: [PriceTable], without plain: Match, _ read: (PriceTable) -> Match?
    ) -> (table: PriceTable, match: Match)? {
        guard !plain.unknownItems.isEmpty else { return nil }
        var best: (table: PriceTable, match: Match, score: Double)?
        for table in tables {
            guard let match = read(table), match.unknownItems.count < plain.unknownItems.count else { continue }
            let score = fit(match, knownBefore: plain.unknownItems.count)
            if score > best?.score ?? -.infinity { best = (table, match, score) }
        }
        return best.map { ($0.table, $0.match) }
    }

    private static func candidates(_ path: String) -> [String] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var candidates = [path + ".prices.json", folder.appendingPathComponent("prices.json").path]
        for place in [folder, folder.deletingLastPathComponent()] {
            let tables = place.appendingPathComponent("prices")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: tables.path)) ?? []
            candidates += names.filter { $0.hasSuffix(".json") }.sorted().map { tables.appendingPathComponent($0).path }
        }
        return candidates.filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// The share of balances that are met, less how far rebuilt sums are off, less the share of items without a price.
    private static func fit(_ match: Match, knownBefore count: Int) -> Double {
        var score = -Double(match.unknownItems.count) / Double(max(1, count))
        if let plan = try? Planner.plan(match), !plan.checks.isEmpty {
            score += Double(plan.expectedExact) / Double(plan.checks.count)
        }
        var bought: [String: Int64] = [:]
        for event in match.events where event.kind == .purchase { bought[event.actor, default: 0] &+= event.amount ?? 0 }
        let ratios = match.totals.filter { $0.measure == .bought && $0.amount > 0 }
            .map { abs(1 - Double(bought[$0.actor] ?? 0) / Double($0.amount)) }.sorted()
        if !ratios.isEmpty { score -= ratios[ratios.count / 2] }
        return score
    }
}
