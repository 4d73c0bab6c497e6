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

    @Test(arguments: ["record --data", "verify --data", "inspect summary --data", "whatif --change CHANGE --data", "diff", "books --data"])
    func `a folder without a world is told what is missing, and where one is`(_ command: String) throws {
        let folder = Program.temporaryPath("no-world")
        try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let change = folder + "/change.json"
        try "{}".write(toFile: change, atomically: true, encoding: .utf8)
        func run(_ path: String) throws -> Finished {
            let words = command.replacingOccurrences(of: "CHANGE", with: change).split(separator: " ").map(String.init)
            return try Program.run("hoard", words + [path] + (command == "diff" ? [path] : []))
        }
        let missing = try run(folder)
        #expect(missing.status == 70)
        #expect(missing.errors.contains("\(folder) holds no world: looked for the file \(folder)/world"), "\(missing.errors)")
        #expect(missing.errors.contains("it holds change.json, inner") && missing.errors.contains("hoard serve --data"), "\(missing.errors)")
        try "".write(toFile: folder + "/inner/world", atomically: true, encoding: .utf8)
        let near = try run(folder)
        #expect(near.status == 70 && near.errors.contains("\(folder)/inner holds one"), "\(near.errors)")
        let absent = try run(folder + "/absent")
        #expect(absent.status == 70 && absent.errors.contains("there is n"), "\(absent.errors)")
    }

    @Test func `what a live server did is recorded exactly and comes to the same root`() throws {
        let folder = Program.temporaryPath("live")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try RunningServer(data: folder, arguments: ["--keep-log"])
        let tokens = ["--token", try server.token("server", "arena"), "--operator-token", try server.token("operator", "keeper")]
        let played = try Program.run("hoard", ["replay", Self.match, "--connect", "127.0.0.1:\(server.port)"] + tokens)
        #expect(played.status == 0, "\(played.errors)")
        #expect(server.stop() == 0)
        let verified = try Self.object(try Program.run("hoard", ["verify", "--data", folder, "--json"]).output)
        let root = try #require(verified["stateRoot"] as? String)

        let record = folder + "/record.jsonl"
        let written = try Program.run("hoard", ["record", "--data", folder, "--exact", "-o", record])
        #expect(written.status == 0 && written.output.contains(root), "\(written.errors)")
        for way in [["--executor", "sequential"], ["--workers", "2"]] {
            let again = try Program.run("hoard", ["replay", record, "--json", "--expect-root", root] + way)
            #expect(again.status == 0, "\(again.errors)")
            let outcome = try Self.object(again.output)
            #expect(outcome["stateRoot"] as? String == root && outcome["exact"] as? Bool == true)
            #expect(outcome["operationsDigest"] as? String == verified["operationsDigest"] as? String)
            #expect(outcome["blocks"] as? UInt64 == verified["blocks"] as? UInt64)
        }
        // The record of events has other accounts and another root.
        let events = folder + "/events.jsonl"
        #expect(try Program.run("hoard", ["record", "--data", folder, "-o", events]).status == 0)
        #expect(try Program.run("hoard", ["replay", events, "--in-process", "--expect-root", root]).status == 1)
        let both = try Program.run("hoard", ["record", "--data", folder, "--exact", "--hash-players"])
        #expect(both.status == 64 && both.errors.contains("exclude each other"))
        try Self.spoil(record, root)
    }

    /// What was changed in an exact record is found, and named.
    static func spoil(_ record: String, _ root: String) throws {
        let text = try String(contentsOfFile: record, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let call = try #require(lines.firstIndex { $0.contains("\"call\"") })
        func replay(_ edited: [String]) throws -> Finished {
            try edited.joined(separator: "\n").write(toFile: record, atomically: true, encoding: .utf8)
            return try Program.run("hoard", ["replay", record])
        }
        func edited(_ line: Int, _ old: String, _ new: String) -> [String] {
            var lines = lines
            lines[line] = lines[line].replacingOccurrences(of: old, with: new)
            return lines
        }
        let cases: [([String], Int32, String)] = [
            (edited(0, root, String(repeating: "ab", count: 32)), 1, "NOT THE SAME"),
            (edited(0, "\"genesis\":\"", "\"genesis\":\"0"), 70, "is no digest"),
            (edited(call, "\"account\":\"0x", "\"account\":\"0x00"), 70, "40 hexadecimal digits"),
            (edited(call, "\"transaction\":\"0x", "\"transaction\":\"0xff"), 70, "\"transaction\" is none"),
            (edited(call, "\"kind\":\"call\"", "\"kind\":\"purchase\""), 70, "lines of kind block and call"),
            (edited(1, "\"number\":1,", "\"number\":2,"), 70, "count up by one"),
            (edited(1, "\"clock\"", "\"watch\""), 70, "the key \"watch\" is unknown"),
            (Array(lines.dropLast(3)), 70, "the file is cut off"),
        ]
        for (edited, status, sentence) in cases {
            let outcome = try replay(edited)
            #expect(outcome.status == status && (outcome.errors + outcome.output).contains(sentence), "\(sentence): \(outcome.errors)")
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
