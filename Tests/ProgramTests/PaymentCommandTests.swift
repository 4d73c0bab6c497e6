import Foundation
import Testing

/// Receipts of real money, from a folder through a hook to the ledger, and back when the store refunds.
@Suite(.serialized)
struct PaymentCommandTests {
    private func receipt(_ transaction: String, _ player: String = "ana", product: Int = 3, more: String = "") -> String {
        "{\"store\": \"apple\", \"transaction\": \"\(transaction)\", \"player\": \"\(player)\", \"product\": \(product)\(more)}"
    }

    @Test func `a hook's three answers, a replay, a crash in between, and a refund with its dry run`() throws {
        let spool = Program.temporaryPath("spool")
        let data = Program.temporaryPath("payments")
        defer { for path in [spool, data] { try? FileManager.default.removeItem(atPath: path) } }
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        func put(_ name: String, _ text: String) throws { try text.write(toFile: "\(spool)/\(name).json", atomically: true, encoding: .utf8) }
        func at(_ place: String) -> Bool { FileManager.default.fileExists(atPath: spool + "/" + place + ".json") }
        let server = try RunningServer(data: data)
        let token = try server.token("server", "store")
        let connect = ["--server", "127.0.0.1:\(server.port)", "--token", token]
        func look(_ hook: String) throws -> Finished {
            try Program.run("hoard", ["payments", "run", "--spool", spool, "--hook", hook, "--hook-seconds", "5", "--once"] + connect)
        }
        // The hook knows t1 and t4, refuses t2, and cannot say about t3.
        let hook = "r=$(cat); case \"$r\" in *t1*|*t4*) exit 0;; *t2*) echo not bought here; exit 1;; *) exit 75;; esac"
        for number in 1...3 { try put("r\(number)", receipt("t\(number)")) }
        try put("broken", "no receipt")
        let first = try look(hook)
        #expect(first.status == 1, "one waits: \(first.output)\(first.errors)")
        #expect(at("done/r1") && at("refused/r2") && at("r3") && at("refused/broken"), "\(first.output)")
        #expect(first.output.contains("not bought here") && first.output.contains("no JSON object"))

        func ask(_ view: [String]) throws -> [String: Any] {
            let run = try Program.run("hoard", ["ask"] + view + ["--json"] + connect)
            #expect(run.status == 0, "\(run.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        }
        // What was moved and came again, as after a crash: the operation is known, nothing is given twice.
        try put("r1", receipt("t1"))
        _ = try look(hook)
        #expect(at("done/r1") && !at("r1"))
        // The same receipt for another player is a replay.
        try put("thief", receipt("t1", "bo"))
        let replay = try look(hook)
        #expect(at("refused/thief") && replay.output.contains("used before"), "\(replay.output)")
        // A refused one is refused for ever, even where the hook has changed its mind.
        try put("r2", receipt("t2"))
        _ = try look("case \"$(cat)\" in *t2*) exit 0;; *) exit 75;; esac")
        #expect(at("refused/r2"))
        // A broken hook decides nothing; a hook's own word on the product counts; what cannot be delivered stays.
        _ = try look("exit 3")
        // As a script of Python does that fails before it has asked the store.
        _ = try look("echo a trace of calls >&2; exit 1")
        #expect(at("r3"))
        _ = try look("kill -9 $$")
        #expect(at("r3"))
        try put("r4", receipt("t4"))
        _ = try look("echo '{\"product\": 1, \"quantity\": 2}'")
        #expect(at("done/r4") && at("done/r3"))
        try put("r5", receipt("t5", product: 77))
        #expect(try look("exit 0").output.contains("Product 77 does not exist"))
        #expect(at("r5"))

        let act = try Program.run(
            "hoard", ["act", "transferCoins", "to=player:bo", "asset=gold", "amount=1000", "--actor", "player:ana"] + connect)
        #expect(act.status == 0, "\(act.output)\(act.errors)")
        func revoke(_ more: [String]) throws -> Finished { try Program.run("hoard", ["payments", "revoke", "apple:t1", "--json"] + more + connect) }
        let dry = try revoke([])
        let plan = try #require(try JSONSerialization.jsonObject(with: Data(dry.output.utf8)) as? [String: Any], "\(dry.errors)")
        #expect(dry.status == 0 && plan["applied"] as? Bool == false)
        let lines = try #require(plan["lines"] as? [[String: Any]])
        #expect(lines.map { $0["balanceAfter"] as? String } == ["-1000", "400", "0"])
        #expect(lines.map { $0["missing"] as? Int } == [0, 0, 0])
        #expect(try revoke(["--apply", "--note", "chargeback"]).status == 0)
        let twice = try revoke(["--apply"])
        #expect(twice.status == 70 && twice.errors.contains("is revoked"), "\(twice.errors)")
        let unknown = try Program.run("hoard", ["payments", "revoke", "apple:t99"] + connect)
        #expect(unknown.status == 70 && unknown.errors.contains("is unknown"), "\(unknown.errors)")
        #expect(try ask(["frozen", "account=player:ana"])["frozen"] as? Int == 0)
        #expect(server.stop() == 0)
    }

    @Test func `a hook over HTTP grants, refuses, and whatever else it does decides nothing`() throws {
        let spool = Program.temporaryPath("spool")
        let data = Program.temporaryPath("payments")
        defer { for path in [spool, data] { try? FileManager.default.removeItem(atPath: path) } }
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        /// Each transaction with what the service does, and the folder in which its receipt is then; none: it waits.
        let rows: [(name: String, act: HookService.Act, place: String)] = [
            ("granted", HookService.answer("200 OK"), "done/"), ("nocontent", HookService.answer("204 No Content"), "done/"),
            ("named", HookService.answer("200 OK", "{\"product\": 1, \"quantity\": 2}"), "done/"),
            ("notjson", HookService.answer("200 OK", "fine, thanks"), "done/"), ("refused", HookService.answer("422 Unprocessable Content", "never bought"), "refused/"),
            ("taken", HookService.answer("410 Gone"), "refused/"), ("forbidden", HookService.answer("403 Forbidden"), ""),
            ("wrongaddress", HookService.answer("404 Not Found", "<html>"), ""), ("later", HookService.answer("503 Service Unavailable"), ""),
            ("slower", HookService.answer("429 Too Many Requests"), ""), ("broken", HookService.answer("500 Internal Server Error"), ""),
            ("elsewhere", HookService.answer("302 Found", "", "Location: /granted\r\n"), ""), ("garbage", .says("\u{1}\u{2}no HTTP at all\r\n\r\n"), ""),
            ("cut", .says("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort"), ""), ("gone", .leaves, ""), ("hangs", .hangs(seconds: 8), ""),
            ("trickles", .trickles(seconds: 8), ""),
        ]
        let service = try HookService { body in rows.first { body.contains("\"http-\($0.name)\"") }?.act ?? .leaves }
        defer { service.stop() }
        for row in rows { try receipt("http-\(row.name)").write(toFile: "\(spool)/\(row.name).json", atomically: true, encoding: .utf8) }
        let server = try RunningServer(data: data)
        let token = try server.token("server", "store")
        let started = Date()
        let run = try Program.run(
            "hoard",
            [
                "payments", "run", "--spool", spool, "--hook-url", "http://127.0.0.1:\(service.port)/hook", "--hook-seconds", "1", "--once", "--server",
                "127.0.0.1:\(server.port)", "--token", token,
            ])
        #expect(run.status == 1, "some wait: \(run.output)\(run.errors)")
        #expect(Date().timeIntervalSince(started) < 7, "a hook that hangs or trickles is left after its second")
        for row in rows {
            #expect(FileManager.default.fileExists(atPath: "\(spool)/\(row.place)\(row.name).json"), "\(row.name) is not in \(row.place): \(run.output)")
        }
        #expect(run.output.contains("never bought"), "\(run.output)")
        #expect(service.asked.count == rows.count && service.asked.allSatisfy { $0.contains("\"player\": \"ana\"") }, "asked once each, and not where it was sent to")
        // What waited is delivered once the service knows; nothing was lost or given twice.
        let better = try HookService { _ in HookService.answer("200 OK") }
        defer { better.stop() }
        let again = try Program.run(
            "hoard",
            [
                "payments", "run", "--spool", spool, "--hook-url", "http://127.0.0.1:\(better.port)", "--once", "--server", "127.0.0.1:\(server.port)",
                "--token", token,
            ])
        #expect(again.status == 0 && better.asked.count == rows.filter { $0.place.isEmpty }.count, "\(again.output)\(again.errors)")
        #expect(server.stop() == 0)
    }

    @Test(arguments: [
        (["payments", "run", "--spool", "/tmp/x", "--token", "t"], "give one of --hook and --hook-url"),
        (["payments", "run", "--spool", "/tmp/x", "--token", "t", "--hook", "a", "--hook-url", "http://b"], "give one of --hook and --hook-url"),
        (["payments", "run", "--spool", "/tmp/x", "--token", "t", "--hook-url", "ftp://b"], "takes http://"),
        (["payments", "revoke", "apple", "--token", "t"], "a receipt is STORE:TRANSACTION"),
        (["payments", "revoke", "a:b", "--token", "t", "--note", String(repeating: "x", count: 33)], "--note takes up to 32 bytes"),
    ])
    func `wrong usage is told`(_ arguments: [String], _ reason: String) throws {
        let run = try Program.run("hoard", arguments)
        #expect(run.status == 64 && run.errors.contains(reason), "\(run.errors)")
    }
}

/// What an exploit made is taken back by a plan.
struct ClawbackCommandTests {
    @Test func `a duplicated grant is planned, applied to a running world, and applied again without harm`() throws {
        let data = Program.temporaryPath("clawback")
        let file = Program.temporaryPath("plan")
        defer { for path in [data, file] { try? FileManager.default.removeItem(atPath: path) } }
        let first = try RunningServer(data: data, arguments: ["--keep-log"])
        let match = try first.token("server", "arena")
        func act(_ server: RunningServer, _ arguments: [String]) throws {
            let run = try Program.run("hoard", ["act"] + arguments + ["--token", match, "--server", "127.0.0.1:\(server.port)"])
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        try act(first, ["grant", "player=player:ana", "faucet=faucet:rewards", "lines=gold:300", "--operation", "#dup"])
        try act(first, ["transferCoins", "to=player:bo", "asset=gold", "amount=100", "--actor", "player:ana"])
        try act(first, ["purchase", "offer=1", "quantity=25", "maxCost=50", "--actor", "player:bo"])
        #expect(first.stop() == 0)
        let look = ["clawback", "plan", "--data", data, "--asset", "gold", "--operation", "#dup", "--json"]
        let plan = try Program.run("hoard", look + ["--gone", "origin", "--write", file])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as? [String: Any], "\(plan.errors)")
        #expect(plan.status == 0 && object["issued"] as? Int == 300 && object["gone"] as? Int == 50)
        #expect((object["parts"] as? [[String: Any]])?.count == 2)
        #expect(try Program.run("hoard", ["clawback", "plan", "--data", data, "--asset", "gems", "--operation", "#dup"]).status == 1)
        for wrong in [["--gone", "never"], ["--operation", "dup"]] {
            let run = try Program.run("hoard", look + wrong)
            #expect(run.status == 64 && run.errors.contains(wrong[1]), "\(run.errors)")
        }

        let second = try RunningServer(data: data)
        let apply = ["clawback", "apply", file, "--server", "127.0.0.1:\(second.port)", "--note", "dup of 23 November", "--json"]
        let asServer = try Program.run("hoard", apply + ["--token", match])
        #expect(asServer.status == 1 && asServer.output.contains("may not do this"), "\(asServer.output)\(asServer.errors)")
        let keeper = try second.token("operator", "keeper")
        for _ in 0..<2 {
            let run = try Program.run("hoard", apply + ["--token", keeper])
            #expect(run.status == 0 && run.output.contains("\"applied\":2"), "\(run.output)\(run.errors)")
        }
        let wrong = try Program.run("hoard", ["clawback", "apply", "README.md", "--token", keeper])
        #expect(wrong.status == 70 && wrong.errors.contains("README.md, line 1"), "\(wrong.errors)")
        #expect(second.stop() == 0)
        for (player, balance) in [("ana", "-50"), ("bo", "0")] {
            let account = try Program.run("hoard", ["inspect", "account", player, "--player", "--data", data, "--json"])
            let fields = try #require(try JSONSerialization.jsonObject(with: Data(account.output.utf8)) as? [String: Any])
            #expect(fields["gold (1)"] as? String ?? "0" == balance, "\(account.output)")
        }
    }
}
