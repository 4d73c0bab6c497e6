import Foundation
import Testing

/// The commands of a designer and an operator: play, catalog, act, audit, trace, gas-report.
@Suite(.serialized)
struct EconomyCommandTests {
    static let arena = "GameData/Examples/arena"
    static let realm = "GameData/Examples/realm"
    static let siege = arena + "/Matches/first-siege.jsonl"
    static let market = realm + "/Matches/market-week.jsonl"

    private func json(_ run: Finished, status: Int32 = 0) throws -> [String: Any] {
        #expect(run.status == status, "\(run.output)\n\(run.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.output)\(run.errors)")
    }

    private func list(_ object: [String: Any], _ key: String) throws -> [[String: Any]] { try #require(object[key] as? [[String: Any]]) }

    @Test func `the examples' recorded sessions play exactly, in sequence and in parallel, and their rolls are proven`() throws {
        for (script, game, steps) in [(Self.siege, Self.arena, 451), (Self.market, Self.realm, 389)] {
            let data = Program.temporaryPath("play")
            defer { try? FileManager.default.removeItem(atPath: data) }
            let first = try json(try Program.run("hoard", ["play", script, "--game", game, "--data", data, "--json"]))
            let second = try json(
                try Program.run("hoard", ["play", script, "--game", game, "--executor", "parallel", "--workers", "2", "--json"]))
            #expect(first["differences"] as? [String] == [] && first["conserved"] as? Bool == true)
            #expect(first["steps"] as? Int == steps)
            for key in ["stateRoot", "operationsDigest", "steps", "balances"] { #expect("\(first[key] ?? "")" == "\(second[key] ?? "-")", "\(script) \(key)") }
            let twice = try Program.run("hoard", ["play", script, "--game", game, "--data", data])
            #expect(twice.status == 70 && twice.errors.contains("exists"), "\(twice.errors)")
            try look(data, game)
        }
    }

    /// Audit, trace and gas of a world that was played.
    private func look(_ data: String, _ game: String) throws {
        let audit = try json(try Program.run("hoard", ["audit", "loot", "--data", data, "--json"]))
        #expect((audit["proven"] as? Int ?? 0) > 60 && audit["seedNotRevealed"] as? Int == 0 && audit["waiting"] as? Int == 0)
        #expect(try list(audit, "findings").isEmpty)
        let gas = try list(try json(try Program.run("hoard", ["gas-report", "--data", data, "--json"])), "actions")
        let purchase = try #require(gas.first { $0["action"] as? String == "purchase" })
        #expect((purchase["applied"] as? Int ?? 0) > 4 && (purchase["refused"] as? Int ?? 0) > 0)
        #expect((purchase["least"] as? Int ?? 0) <= (purchase["mean"] as? Int ?? 0) && (purchase["mean"] as? Int ?? 0) <= (purchase["most"] as? Int ?? 0))
        let movements = try list(try json(try Program.run("hoard", ["trace", "--data", data, "--asset", "gold", "--json"])), "movements")
        #expect(movements.count > 100)
        let player = game == Self.realm ? "player:mira" : "player:brand"
        let lots = try list(try json(try Program.run("hoard", ["trace", "--data", data, "--asset", "gold", "--account", player, "--json"])), "lots")
        #expect(lots.contains { ($0["from"] as? String)?.hasPrefix("faucet:") == true })
        let aimless = try Program.run("hoard", ["history", "--data", data])
        #expect(aimless.status == 64 && aimless.errors.contains("name an --account"), "\(aimless.errors)")
        for wrong in [["--asset", "moonstone"], ["--asset", "gold", "--account", "anna"]] {
            let run = try Program.run("hoard", ["trace", "--data", data] + wrong)
            #expect(run.status == 70 && run.errors.contains(wrong.last ?? ""), "\(run.errors)")
        }
        // A player's history in pages is the history in one piece, and ends with his balance.
        func page(_ more: [String]) throws -> [String: Any] {
            try json(try Program.run("hoard", ["history", "--data", data, "--account", player, "--asset", "gold", "--json"] + more))
        }
        let whole = try list(try page([]), "movements")
        var (pages, next): ([String], Int) = ([], 0)
        repeat {
            let part = try page(["--limit", "20", "--from", "\(next)"])
            pages += try list(part, "movements").map { "\($0["cursor"] ?? "")" }
            next = part["next"] as? Int ?? 0
        } while next != 0
        #expect(pages == whole.map { "\($0["cursor"] ?? "")" } && whole.count > 20)
        #expect(whole.contains { $0["action"] as? String == "purchase" && $0["to"] as? String == "treasury" })
        try books(data)
        let acts = try list(try json(try Program.run("hoard", ["audit", "operators", "--data", data, "--json"])), "acts")
        if game == Self.realm {
            #expect(acts.map { $0["what"] as? String } == ["frozen", "revoked", "corrected", "unfrozen", "given"])
            #expect(acts.allSatisfy { ($0["note"] as? String)?.isEmpty == false })
            let mira = try list(try json(try Program.run("hoard", ["audit", "operators", "--data", data, "--account", "player:mira", "--json"])), "acts")
            #expect(mira.map { $0["note"] as? String } == ["sorry for the outage"])
        } else {
            #expect(acts.isEmpty)
        }
    }

    /// The books of a world that was played balance, in all and in a part, and agree with the contracts.
    private func books(_ data: String) throws {
        let whole = try json(try Program.run("hoard", ["books", "--data", data, "--json"]))
        #expect(whole["checked"] as? Bool == true && (whole["findings"] as? [String]) == [])
        let codes = try list(whole, "codes")
        #expect(Set(["purchase", "reward", "craft"]).isSubset(of: codes.compactMap { $0["code"] as? String }))
        #expect(codes.allSatisfy { $0["balanced"] as? Bool == true })
        let accounts = try list(whole, "accounts")
        #expect(accounts.contains { $0["account"] as? String == "treasury" && $0["opening"] != nil && $0["closing"] != nil })
        let last = whole["to"] as? Int ?? 0
        let (first, second) = (
            try json(try Program.run("hoard", ["books", "--data", data, "--json", "--to", "\(last / 2)"])),
            try json(try Program.run("hoard", ["books", "--data", data, "--json", "--from", "\(last / 2 + 1)"]))
        )
        for key in ["movements", "operations"] {
            #expect((first[key] as? Int ?? 0) + (second[key] as? Int ?? 0) == whole[key] as? Int && (first[key] as? Int ?? 0) > 0)
        }
        #expect(first["checked"] as? Bool == true && second["checked"] as? Bool == true)
        let lines = try Program.run("hoard", ["books", "--data", data])
        #expect(lines.status == 0 && lines.output.contains("debits are credits under every code"), "\(lines.output)\(lines.errors)")
        let beyond = try Program.run("hoard", ["books", "--data", data, "--to", "\(last + 1)"])
        #expect(beyond.status == 70 && beyond.errors.contains("there is no block \(last + 1)"), "\(beyond.errors)")
        let backwards = try Program.run("hoard", ["books", "--data", data, "--from", "5", "--to", "4"])
        #expect(backwards.status == 64 && backwards.errors.contains("is behind"), "\(backwards.errors)")
    }

    @Test func `a script that is not what happened is found out, with its line`() throws {
        let path = Program.temporaryPath("script") + ".jsonl"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = try String(contentsOf: Program.checkout.appendingPathComponent(Self.siege), encoding: .utf8)
        var lines = text.split(separator: "\n").map(String.init)
        let place = try #require(lines.firstIndex { $0.contains("\"balance\"") })
        lines = Array(lines[...place])
        lines[place] = lines[place].replacingOccurrences(of: "\"amount\": ", with: "\"amount\": 1")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        let off = try json(try Program.run("hoard", ["play", path, "--game", Self.arena, "--json"]), status: 1)
        #expect((off["differences"] as? [String])?.count == 1 && (off["differences"] as? [String])?.first?.hasPrefix("line \(place + 1): the balance") == true)
        for (line, reason) in [
            ("{\"t\": 1, \"as\": \"player:a\", \"action\": \"buy\"}", "there is no such action"),
            ("{\"t\": 1, \"as\": \"player:a\", \"action\": \"sell\", \"fields\": {\"asset\": \"moonstone\"}}", "'moonstone' is no number here"),
            ("{\"t\": 1, \"as\": \"nobody\", \"action\": \"sell\"}", "'nobody' cannot act"), ("{\"t\": 1, \"who\": 1}", "'who' is unknown"),
            ("{\"t\": -1, \"balance\": \"player:a\"}", "t is no whole number"), ("[]", "no JSON object"),
            ("{\"t\": 1, \"as\": \"player:a\", \"action\": \"sell\", \"expect\": \"notSold\"}", "no refusal 'notSold'"),
        ] {
            try ("{\"script\": \"x\"}\n" + line).write(toFile: path, atomically: true, encoding: .utf8)
            let run = try Program.run("hoard", ["play", path, "--game", Self.arena])
            #expect(run.status == 70 && run.errors.contains("line 2: ") && run.errors.contains(reason), "\(run.errors)")
        }
    }

    @Test func `a catalog is checked, compared and published to a running world`() throws {
        let draft = Program.temporaryPath("draft")
        let data = Program.temporaryPath("catalog")
        defer { for path in [draft, data] { try? FileManager.default.removeItem(atPath: path) } }
        try FileManager.default.copyItem(atPath: Program.checkout.appendingPathComponent("GameData").path, toPath: draft)
        let good = try json(try Program.run("hoard", ["catalog", "check", draft, "--json"]))
        #expect(good["offers"] as? Int == 38)
        let same = try Program.run("hoard", ["catalog", "diff", "GameData", draft])
        #expect(same.status == 0 && same.output.contains("no difference"))

        func edit(_ file: String, _ old: String, _ new: String) throws {
            let url = URL(fileURLWithPath: draft + "/" + file)
            let text = try String(contentsOf: url, encoding: .utf8)
            #expect(text.contains(old), "\(file)")
            try text.replacingOccurrences(of: old, with: new).write(to: url, atomically: true, encoding: .utf8)
        }
        try edit("Catalog/offers.json", "\"healing potion\", \"costs\": [[1, 2]]", "\"healing potion\", \"costs\": [[1, 40]]")
        let diff = try json(try Program.run("hoard", ["catalog", "diff", "GameData", draft, "--json"]))
        #expect((diff["changes"] as? [String])?.contains { $0.contains("2 of 1") && $0.contains("40 of 1") } == true, "\(diff)")

        let server = try RunningServer(data: data)
        let connect = ["--server", "127.0.0.1:\(server.port)"]
        let keeper = try server.token("operator", "keeper")
        let publish = ["catalog", "publish", "GameData", draft, "--token", keeper, "--json"] + connect
        let asPlayer = try Program.run("hoard", ["catalog", "publish", "GameData", draft, "--version", "1", "--token", try server.token("player", "ana")] + connect)
        #expect(asPlayer.status == 70 && asPlayer.errors.contains("role"), "\(asPlayer.errors)")
        let first = try json(try Program.run("hoard", publish + ["--version", "1"]))
        #expect(first["offers"] as? Int == 1)
        // The same again is the same operations; another draft under the same number is refused.
        _ = try json(try Program.run("hoard", publish + ["--version", "1"]))
        try edit("Catalog/offers.json", "\"costs\": [[1, 40]]", "\"costs\": [[1, 30]]")
        let taken = try Program.run("hoard", publish + ["--version", "1"])
        #expect(taken.status == 70 && taken.errors.contains("was refused"), "\(taken.errors)")

        let match = try server.token("server", "arena")
        func act(_ arguments: [String], _ token: String) throws -> Finished { try Program.run("hoard", ["act"] + arguments + ["--token", token, "--json"] + connect) }
        let grant = ["grant", "player=player:ana", "faucet=faucet:rewards", "lines=gold:100", "--operation", "#first"]
        #expect(try json(try act(grant, match))["repeated"] as? Bool == false)
        #expect(try json(try act(grant, match))["repeated"] as? Bool == true)
        let bought = try json(try act(["purchase", "offer=1", "quantity=1", "maxCost=100", "--actor", "player:ana"], match))
        #expect(bought["result1"] as? Int == 40, "the published price: \(bought)")
        let refused = try json(try act(["purchase", "offer=1", "quantity=1", "maxCost=100"], try server.token("player", "bo")), status: 1)
        #expect(refused["refusalCode"] as? Int == 100)
        for (arguments, reason) in [
            (["purchase", "offer=x"], "purchase.offer: 'x' is no number here"), (["purchase", "offers=1"], "it has offer"), (["buy"], "there is no such action"),
            (["purchase", "offer"], "'offer' is no field"), (["grant", "player=ana"], "'ana' is no account"), (["grant", "lines=gold"], "is no line"),
        ] {
            let run = try act(arguments, match)
            #expect(run.status == 70 && run.errors.contains(reason), "\(arguments): \(run.errors)")
        }
        #expect(server.stop() == 0)
        try spoil(draft, edit)
    }

    /// What cannot be published, and what is wrong in itself.
    private func spoil(_ draft: String, _ edit: (String, String, String) throws -> Void) throws {
        try edit("Catalog/loot.json", "\"weight\": ", "\"weight\": 1")
        let impossible = try Program.run("hoard", ["catalog", "diff", "GameData", draft])
        #expect(impossible.status == 1 && impossible.output.contains("cannot be published: table"), "\(impossible.output)")
        let unpublished = try Program.run("hoard", ["catalog", "publish", "GameData", draft, "--version", "9", "--token", "none"])
        #expect(unpublished.status == 70 && unpublished.errors.contains("not published: table"), "\(unpublished.errors)")
        try edit("Catalog/offers.json", "\"stock\": \"unlimited\"", "\"stock\": \"plenty\"")
        let bad = try json(try Program.run("hoard", ["catalog", "check", draft, "--json"]), status: 1)
        #expect((bad["problems"] as? [String])?.first?.hasPrefix("Catalog/offers.json:") == true, "\(bad)")
        let missing = try Program.run("hoard", ["catalog", "check", "/does/not/exist"])
        #expect(missing.status == 1 && missing.output.contains("the file cannot be read"), "\(missing.output)\(missing.errors)")
    }
}
