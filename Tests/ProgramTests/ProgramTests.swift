import Foundation
import Testing

/// The programs as a new user meets them.
@Suite(.serialized)
struct ProgramTests {
    @Test func `a stranger's client buys an item from a served world, which then verifies`() throws {
        let server = try RunningServer(data: Program.temporaryPath("client"))
        defer { try? FileManager.default.removeItem(atPath: server.data) }
        let client = try Program.run(
            at: URL(fileURLWithPath: "/usr/bin/env"),
            [
                "python3", "docs/examples/client.py", "--port", "\(server.port)", "--token", try server.token("player", "ana"),
                "--server-token", try server.token("server", "arena"),
            ])
        #expect(client.status == 0, "\(client.output)\n\(client.errors)")
        #expect(server.stop() == 0)
        let verified = try Program.run("hoard", ["verify", "--data", server.data, "--json"])
        #expect(verified.status == 0, "\(verified.output)\n\(verified.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(verified.output.utf8)) as? [String: Any])
        #expect(report["ok"] as? Bool == true)
        #expect((report["transactions"] as? Int ?? 0) >= 2)
    }

    @Test func `what was answered survives a kill and is not applied again`() throws {
        let data = Program.temporaryPath("kill")
        defer { try? FileManager.default.removeItem(atPath: data) }
        let match = "GameData/Matches/harbor-duel.jsonl"
        let first = try RunningServer(data: data)
        let token = try first.token("server", "arena")
        let operatorToken = try first.token("operator", "keeper")
        let play = { (port: Int) in
            try Program.run(
                "hoard",
                ["replay", match, "--connect", "127.0.0.1:\(port)", "--token", token, "--operator-token", operatorToken, "--json"])
        }
        #expect(try play(first.port).status == 0)
        first.kill()
        let before = try Program.run("hoard", ["verify", "--data", data, "--json"])
        let second = try RunningServer(data: data)
        #expect(try play(second.port).status == 0)
        #expect(second.stop() == 0)
        let after = try Program.run("hoard", ["verify", "--data", data, "--json"])
        #expect(before.output == after.output, "the repeat of every operation must change nothing")
    }

    @Test func `the sample match replays to one state root, however it is cut and executed`() throws {
        let ways = [
            ["--speed", "max"], ["--speed", "2000"], ["--executor", "parallel", "--workers", "2"],
            ["--executor", "parallel", "--workers", "4"], ["--block-operations", "1"], ["--in-process"],
            ["--in-process", "--executor", "parallel", "--workers", "2"],
        ]
        let roots = try ways.map { way in
            let run = try Program.run("hoard", ["replay", "GameData/Matches/harbor-duel.jsonl", "--json"] + way)
            #expect(run.status == 0, "\(run.errors)")
            let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect(report["conserved"] as? Bool == true)
            let snapshots = try #require(report["snapshots"] as? [String: Int])
            #expect(snapshots["checked"] == snapshots["exact"])
            return [report["stateRoot"] as? String ?? "", report["operationsDigest"] as? String ?? ""]
        }
        #expect(Set(roots).count == 1, "\(roots)")
    }

    @Test func `the crash run finds nothing lost and nothing doubled`() throws {
        let run = try Program.run("hoard-load", ["--scenario", "crash", "--kills", "2", "--json"])
        #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(report["kills"] as? Int == 2)
        #expect((report["acknowledged"] as? Int ?? 0) > 0)
        #expect(report["lost"] as? Int == 0)
        #expect(report["doubled"] as? Int == 0)
    }

    @Test func `repeats, payments of too much and cut connections leave the books right`() throws {
        let options = ["--scenario", "match", "--players", "200", "--seconds", "3", "--warm-up", "0", "--json"]
        let run = try Program.run("hoard-load", options)
        #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(report["errors"] as? Int == 0)
        let disturbances = try #require(report["disturbances"] as? [String: Int])
        for name in ["repeats", "tooLittle", "disconnects", "retried"] {
            #expect((disturbances[name] ?? 0) > 0, "\(name): \(run.output)")
        }
    }

    @Test func `a port in use is refused with the address`() throws {
        let server = try RunningServer(data: Program.temporaryPath("port"))
        defer { try? FileManager.default.removeItem(atPath: server.data) }
        let other = Program.temporaryPath("port-other")
        defer { try? FileManager.default.removeItem(atPath: other) }
        let second = try Program.run("hoard", ["serve", "--data", other, "--listen", "127.0.0.1:\(server.port)"])
        #expect(second.status == 70)
        #expect(second.errors.contains("\(server.port)"), "\(second.errors)")
        #expect(server.stop() == 0)
    }

    @Test func `a data folder that another server holds, of another world, or that cannot be written is refused`() throws {
        let server = try RunningServer(data: Program.temporaryPath("folder"))
        defer { try? FileManager.default.removeItem(atPath: server.data) }
        let same = try Program.run("hoard", ["serve", "--data", server.data, "--listen", "127.0.0.1:0"])
        #expect(same.status == 70)
        #expect(server.stop() == 0)

        let game = Program.temporaryPath("game")
        defer { try? FileManager.default.removeItem(atPath: game) }
        try FileManager.default.copyItem(atPath: Program.checkout.appendingPathComponent("GameData").path, toPath: game)
        let genesis = URL(fileURLWithPath: game + "/Genesis/genesis.json")
        let text = try String(contentsOf: genesis, encoding: .utf8)
        try text.replacingOccurrences(of: "\"chainID\": 31337", with: "\"chainID\": 31338")
            .write(to: genesis, atomically: true, encoding: .utf8)
        let other = try Program.run("hoard", ["serve", "--data", server.data, "--game", game, "--listen", "127.0.0.1:0"])
        #expect(other.status == 70)
        #expect(other.errors.contains("world"), "\(other.errors)")

        let unwritable = try Program.run("hoard", ["serve", "--data", "/proc/hoard", "--listen", "127.0.0.1:0"])
        #expect(unwritable.status == 70)
        #expect(unwritable.errors.contains("/proc/hoard"), "\(unwritable.errors)")
    }

    @Test func `a broken game file is named with its line`() throws {
        let game = Program.temporaryPath("broken")
        defer { try? FileManager.default.removeItem(atPath: game) }
        try FileManager.default.copyItem(atPath: Program.checkout.appendingPathComponent("GameData").path, toPath: game)
        let action = URL(fileURLWithPath: game + "/Actions/purchase.json")
        let text = try String(contentsOf: action, encoding: .utf8)
        try text.replacingOccurrences(of: "\"authority\": \"actor\"", with: "\"authority\": \"anyone\"")
            .write(to: action, atomically: true, encoding: .utf8)
        let served = try Program.run("hoard", ["serve", "--data", game + "/data", "--game", game, "--listen", "127.0.0.1:0"])
        #expect(served.status == 70)
        #expect(served.errors.contains("purchase.json:4"), "\(served.errors)")
        #expect(served.errors.contains("anyone"), "\(served.errors)")
    }

    @Test(arguments: [
        ["replay", "/does/not/exist.json"], ["replay", "README.md"], ["verify", "--data", "/does/not/exist"],
        ["replay", "GameData/Matches/harbor-duel.jsonl", "--prices", "/does/not/exist.json"],
    ])
    func `what cannot be read is named, with exit code 70`(arguments: [String]) throws {
        let run = try Program.run("hoard", arguments)
        #expect(run.status == 70)
        #expect(run.errors.contains(arguments.last ?? ""), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [
        ["serve", "--listen", "nowhere"], ["token", "--data", "/tmp/x", "--role", "king", "--subject", "a"],
        ["replay", "x", "--speed", "slow"], ["serve", "--executor", "magic"], ["replay", "x", "--connect", "127.0.0.1:1"],
    ])
    func `wrong usage ends with exit code 64 and says what would be right`(arguments: [String]) throws {
        let run = try Program.run("hoard", arguments)
        #expect(run.status == 64)
        #expect(run.errors.contains("Usage") || run.errors.contains("--"), "\(run.errors)")
    }

    @Test(arguments: [
        [], ["serve"], ["token"], ["replay"], ["verify"], ["inspect"], ["statetest"], ["inspect", "block"], ["backup"],
        ["restore"], ["repair"], ["sim"], ["whatif"], ["diff"], ["record"], ["bench", "commit"], ["bench", "restart"],
    ])
    func `every command has help`(command: [String]) throws {
        let run = try Program.run("hoard", command + ["--help"])
        #expect(run.status == 0)
        #expect(run.output.contains("USAGE"))
    }
}
