import Foundation
import Testing

/// A receipt that a player keeps and shows, with the programs as users run them.
@Suite(.serialized)
struct ReceiptCommandTests {
    private func object(_ run: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.output)\(run.errors)")
    }

    @Test func `a receipt is fetched, kept, verified without the server, and the same after a restart`() throws {
        let data = Program.temporaryPath("proofs")
        let file = Program.temporaryPath("proof")
        let other = Program.temporaryPath("proof2")
        let newest = Program.temporaryPath("head")
        defer { for path in [data, file, other, newest] { try? FileManager.default.removeItem(atPath: path) } }
        var server = try RunningServer(data: data, arguments: ["--proofs"])
        let token = try server.token("server", "arena")
        func connect() -> [String] { ["--server", "127.0.0.1:\(server.port)", "--token", token] }
        for (id, player, amount) in [("#one", "ana", 300), ("#two", "bo", 40)] {
            let run = try Program.run(
                "hoard", ["act", "grant", "player=player:\(player)", "faucet=faucet:rewards", "lines=gold:\(amount)", "--operation", id] + connect())
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        let key = try Program.run("hoard", ["receipt", "key", "--data", data]).output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(key.count == 64)
        let got = try Program.run("hoard", ["receipt", "get", "#one", "--out", file, "--key", key, "--json"] + connect())
        #expect(got.status == 0, "\(got.output)\(got.errors)")
        let fields = try object(got)
        #expect(fields["verified"] as? Bool == true && fields["action"] as? String == "grant" && fields["outcome"] as? String == "success")
        #expect((fields["movements"] as? [[String: Any]])?.first?["amount"] as? String == "300")
        #expect(try Program.run("hoard", ["receipt", "get", "#two", "--out", other] + connect()).output.hasPrefix("not verified"))
        #expect(try Program.run("hoard", ["receipt", "head", "--out", newest, "--key", key] + connect()).status == 0)

        // Players get what concerns them.
        for (player, status) in [("ana", Int32(0)), ("bo", 70)] {
            let own = ["--server", "127.0.0.1:\(server.port)", "--token", try server.token("player", player)]
            let run = try Program.run("hoard", ["receipt", "get", "#one"] + own)
            #expect(run.status == status, "\(player): \(run.output)\(run.errors)")
            if status != 0 { #expect(run.errors.contains("does not concern the session's own account"), "\(run.errors)") }
        }
        let unknown = try Program.run("hoard", ["receipt", "get", "#nobody"] + connect())
        #expect(unknown.status == 70 && unknown.errors.contains("is in the ledger"), "\(unknown.errors)")
        #expect(server.stop() == 0)

        let verify = try Program.run("hoard", ["receipt", "verify", file, "--key", key, "--operation", "#one"])
        #expect(verify.status == 0 && verify.output.hasPrefix("verified"), "\(verify.output)\(verify.errors)")
        let wrongKey = try Program.run("hoard", ["receipt", "verify", file, "--key", String(repeating: "0", count: 64)])
        #expect(wrongKey.status == 1 && wrongKey.output.contains("which is not trusted"), "\(wrongKey.output)")
        let wrongID = try Program.run("hoard", ["receipt", "verify", file, "--key", key, "--operation", "#two", "--json"])
        let reason = try object(wrongID)["reason"] as? String
        #expect(wrongID.status == 1 && reason?.contains("of the operation") == true)
        for pair in [[file, other], [file, newest], [newest, newest]] {
            let run = try Program.run("hoard", ["receipt", "compare"] + pair + ["--key", key])
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        // The folder alone gives the same proof; so does the server after a restart.
        let kept = try #require(FileManager.default.contents(atPath: file))
        let offline = try Program.run("hoard", ["receipt", "get", "#one", "--data", data, "--out", other, "--key", key])
        #expect(offline.status == 0 && FileManager.default.contents(atPath: other) == kept, "\(offline.output)\(offline.errors)")
        server = try RunningServer(data: data, arguments: ["--proofs"])
        #expect(try Program.run("hoard", ["receipt", "get", "#one", "--out", other] + connect()).status == 0)
        #expect(FileManager.default.contents(atPath: other) == kept)
        server.kill()

        var changed = [UInt8](kept)
        changed[changed.count - 40] ^= 1
        try Data(changed).write(to: URL(fileURLWithPath: other))
        let forged = try Program.run("hoard", ["receipt", "verify", other, "--key", key])
        #expect(forged.status == 1 && forged.output.contains("refused: "), "\(forged.output)")
        let text = try Program.run("hoard", ["receipt", "verify", "README.md", "--key", key])
        #expect(text.status == 1 && text.output.contains("the mark HRDPROOF"), "\(text.output)")
    }

    @Test func `a server without proofs says so, and wrong usage is told`() throws {
        let data = Program.temporaryPath("unproven")
        defer { try? FileManager.default.removeItem(atPath: data) }
        let server = try RunningServer(data: data)
        let token = try server.token("server", "arena")
        let refused = try Program.run("hoard", ["receipt", "get", "#one", "--server", "127.0.0.1:\(server.port)", "--token", token])
        #expect(refused.status == 70 && refused.errors.contains("--proofs"), "\(refused.errors)")
        #expect(server.stop() == 0)
        let keyless = try Program.run("hoard", ["receipt", "key", "--data", data])
        #expect(keyless.status == 70 && keyless.errors.contains("proof.key"), "\(keyless.errors)")
        for (arguments, reason) in [
            (["verify", "x"], "without it a proof proves nothing"), (["verify", "x", "--key", "12"], "--key takes 64"),
            (["compare", "x", "y", "--key", token], "64 hexadecimal digits"), (["get", "one", "--token", "t"], "an operation id has 32"),
            (["get", "#one"], "give --token"),
        ] {
            let run = try Program.run("hoard", ["receipt"] + arguments)
            #expect(run.status == 64 && run.errors.contains(reason), "\(arguments): \(run.errors)")
        }
        let absent = try Program.run("hoard", ["receipt", "verify", "/nowhere", "--key", String(repeating: "0", count: 64)])
        #expect(absent.status == 70 && absent.errors.contains("/nowhere cannot be read"), "\(absent.errors)")
    }
}
