import Foundation
import Testing

/// Backup, restore, repair and the measurement of commits, as an operator meets them.
@Suite(.serialized)
struct WorldCommandTests {
    private func json(_ run: Finished, status: Int32 = 0) throws -> [String: Any] {
        #expect(run.status == status, "\(run.output)\n\(run.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    private func play(_ server: RunningServer) throws {
        let replay = try Program.run(
            "hoard",
            [
                "replay", "GameData/Matches/harbor-duel.jsonl", "--connect", "127.0.0.1:\(server.port)", "--token",
                try server.token("server", "arena"), "--operator-token", try server.token("operator", "keeper"), "--json",
            ])
        #expect(replay.status == 0, "\(replay.errors)")
    }

    @Test func `a world is backed up while it serves, restored, damaged, refused, repaired, and verifies again`() throws {
        let data = Program.temporaryPath("world")
        let copy = Program.temporaryPath("backup")
        let restored = Program.temporaryPath("restored")
        defer { for path in [data, copy, restored] { try? FileManager.default.removeItem(atPath: path) } }
        let server = try RunningServer(data: data, arguments: ["--checkpoint-operations", "40", "--keep-log"])
        try play(server)
        let backup = try json(try Program.run("hoard", ["backup", "--data", data, "--to", copy, "--json"]))
        #expect((backup["block"] as? Int ?? 0) > 0 && (backup["bytes"] as? Int ?? 0) > 0)
        let twice = try Program.run("hoard", ["backup", "--data", data, "--to", copy])
        #expect(twice.status == 70 && twice.errors.contains(copy), "\(twice.errors)")
        #expect(server.stop() == 0)
        let before = try json(try Program.run("hoard", ["verify", "--data", data, "--json"]))

        let restore = try json(try Program.run("hoard", ["restore", "--from", copy, "--data", restored, "--json"]))
        #expect(restore["head"] as? String == backup["head"] as? String)
        let verified = try json(try Program.run("hoard", ["verify", "--data", restored, "--json"]))
        #expect(verified["ok"] as? Bool == true && verified["blocks"] as? Int == backup["block"] as? Int)
        #expect(verified["head"] as? String == backup["head"] as? String)
        let again = try RunningServer(data: restored)
        try play(again)
        #expect(again.stop() == 0)
        let after = try json(try Program.run("hoard", ["verify", "--data", restored, "--json"]))
        #expect(after["operationsDigest"] as? String == before["operationsDigest"] as? String, "every operation was known")

        try flip(data + "/log/segment-00000000", byte: 300)
        let refused = try Program.run("hoard", ["serve", "--data", data, "--listen", "127.0.0.1:0"])
        #expect(refused.status == 70 && refused.errors.contains("segment"), "\(refused.errors)")
        let bad = try json(try Program.run("hoard", ["verify", "--data", data, "--json"]), status: 1)
        #expect(bad["ok"] as? Bool == false && bad["firstBadBlock"] as? Int == 1)
        let repair = try json(try Program.run("hoard", ["repair", "--data", data, "--from", copy, "--json"]))
        let records = try #require(repair["records"] as? [[String: Any]])
        #expect(records.count == 1 && records.first?["block"] as? Int == 1 && records.first?["offset"] as? Int == 0)
        let whole = try json(
            try Program.run("hoard", ["verify", "--data", data, "--json", "--executor", "parallel", "--workers", "2"]))
        #expect(whole["ok"] as? Bool == true && whole["stateRoot"] as? String == before["stateRoot"] as? String)
    }

    private func flip(_ path: String, byte: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: byte)
        let old = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: byte)
        try file.write(contentsOf: Data([old ^ 0x20]))
    }

    @Test func `what is no world cannot be backed up, restored or repaired`() throws {
        let empty = Program.temporaryPath("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: empty) }
        for arguments in [
            ["backup", "--data", empty, "--to", empty + "/copy"], ["restore", "--from", empty, "--data", empty + "/data"],
            ["repair", "--data", empty, "--from", empty], ["backup", "--data", "/does/not/exist", "--to", empty + "/copy"],
        ] {
            let run = try Program.run("hoard", arguments)
            #expect(run.status == 70, "\(arguments): \(run.output)")
            #expect(run.errors.contains(empty) || run.errors.contains("/does/not/exist"), "\(run.errors)")
        }
    }

    @Test func `commits and restarts are measured, each with its figures`() throws {
        let run = try Program.run("hoard", ["bench", "commit", "--commits", "20", "--json"])
        #expect(run.status == 0 || run.status == 1, "1: slower than asked for, on a busy machine\n\(run.errors)")
        let measured = try json(run, status: run.status)
        let lines = try #require(measured["sizes"] as? [[String: Any]])
        #expect(lines.map { $0["bytes"] as? Int } == [4_096, 16_384, 65_536])
        for line in lines {
            let commit = try #require((line["commitMicroseconds"] as? [String: Double])?["p50"])
            let bare = try #require((line["bareMicroseconds"] as? [String: Double])?["p50"])
            #expect(commit > 0 && bare > 0 && abs((line["ratio"] as? Double ?? 0) - commit / bare) < 0.01)
        }
        let seam = try #require(measured["seam"] as? [String: Double])
        #expect((seam["throughNanoseconds"] ?? 0) > 0 && (seam["bareNanoseconds"] ?? 0) > 0)
        let restart = try Program.run(
            "hoard",
            ["bench", "restart", "--accounts", "1000", "--slots", "4000", "--tail", "500", "--rounds", "1", "--json"])
        let report = try json(restart)
        #expect((report["tail"] as? Double ?? 0) >= 400 && (report["slots"] as? Double ?? 0) >= 4_000)
        #expect((report["accounts"] as? Double ?? 0) >= 1_000 && (report["seconds"] as? Double ?? 0) > 0)
    }
}
