import Foundation
import Testing

/// The commands that work on matches and on worlds that were kept.
@Suite(.serialized) struct MatchCommandTests {
    static let match = "GameData/Matches/harbor-duel.jsonl"

    static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `another root than the expected one is a finding that names both`() throws {
        let right = try Program.run("hoard", ["replay", Self.match, "--in-process", "--json"])
        let root = try #require(try Self.object(right.output)["stateRoot"] as? String)
        let good = try Program.run("hoard", ["replay", Self.match, "--in-process", "--expect-root", root])
        #expect(good.status == 0)
        let wrong = String(repeating: "ab", count: 32)
        let bad = try Program.run("hoard", ["replay", Self.match, "--in-process", "--expect-root", wrong])
        #expect(bad.status == 1)
        #expect(bad.errors.contains(root) && bad.errors.contains(wrong), "\(bad.errors)")
    }

    @Test func `a kept world is compared, forked and recorded`() throws {
        let folder = Program.temporaryPath("worlds")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (one, other, edited) = (folder + "/one", folder + "/other", folder + "/edited.jsonl")
        var text = try String(contentsOfFile: Program.checkout.path + "/" + Self.match, encoding: .utf8)
        let place = try #require(text.range(of: "\"amount\":500"))
        text.replaceSubrange(place, with: "\"amount\":501")
        try text.write(toFile: edited, atomically: true, encoding: .utf8)
        for (file, data) in [(Self.match, one), (edited, other)] {
            let run = try Program.run("hoard", ["replay", file, "--data", data])
            #expect(run.status == 0, "\(run.errors)")
        }
        let same = try Program.run("hoard", ["diff", one, one, "--json"])
        #expect(same.status == 0, "\(same.errors)")
        let parting = try Program.run("hoard", ["diff", one, other, "--json"])
        #expect(parting.status == 1, "\(parting.errors)")
        #expect(try Self.object(parting.output)["equal"] as? Bool == false)
        let mixed = try Program.run("hoard", ["diff", one, Self.match])
        #expect(mixed.status == 0, "\(mixed.output)\(mixed.errors)")

        let record = folder + "/record.jsonl"
        let recorded = try Program.run("hoard", ["record", "--data", one, "-o", record, "--hash-players"])
        #expect(recorded.status == 0, "\(recorded.errors)")
        let again = try Self.object(try Program.run("hoard", ["replay", record, "--in-process", "--json"]).output)
        let snapshots = try #require(again["snapshots"] as? [String: Int])
        #expect(snapshots["checked"] ?? 0 > 0 && snapshots["checked"] == snapshots["exact"])
        #expect(again["refused"] as? Int == 0)

        let change = folder + "/change.json"
        try "{\"prices\":{\"*\":{\"factor\":3}},\"fees\":{\"trade\":1000}}".write(toFile: change, atomically: true, encoding: .utf8)
        let page = folder + "/page.html"
        for way in [["--data", one, "--from", "3"], [Self.match]] {
            let whatif = try Program.run("hoard", ["whatif"] + way + ["--change", change, "--json", "--report", page])
            #expect(whatif.status == 0, "\(whatif.errors)")
            let outcome = try Self.object(whatif.output)
            #expect(outcome["invalidated"] as? Int ?? 0 > 0)
            #expect(outcome["baseRoot"] as? String != outcome["changedRoot"] as? String)
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<svg"))
        }
    }

    @Test func `examples of our own are known and told of`() throws {
        let market = try Self.object(
            try Program.run("hoard", ["replay", "GameData/Matches/harbor-market.jsonl", "--in-process", "--json"]).output)
        #expect(market["format"] as? String == "aoe2-commands")
        #expect(market["clamped"] as? Int ?? 0 > 0)
        let sales = try Self.object(
            try Program.run("hoard", ["replay", "GameData/Matches/harbor-sales.csv", "--in-process", "--json"]).output)
        #expect(sales["match"] as? String == "harbor-sales")
        #expect(sales["refused"] as? Int == 0)
    }
}
