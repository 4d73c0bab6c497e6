import Foundation
import Testing

/// Events that a service of the studio's is told: all of them, in order, signed, also those of a time in which nobody listened.
struct WebhookCommandTests {
    /// A service that answers 503 to the first requests, checks signatures, and writes down what it was told.
    static let service = """
        import hashlib, hmac, http.server, json, sys
        refusals = int(sys.argv[2])
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                global refusals
                body = self.rfile.read(int(self.headers["Content-Length"]))
                parts = dict(part.split("=") for part in self.headers["Hoard-Signature"].split(","))
                right = hmac.new(b"a secret of 24 bytes ...", parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
                if refusals > 0:
                    refusals -= 1
                    self.send_response(503)
                else:
                    with open(sys.argv[1], "a") as file:
                        for event in json.loads(body)["events"]:
                            file.write(("good" if right == parts["v1"] else "forged") + " " + event["cursor"] + " " + event["amount"] + "\\n")
                    self.send_response(204)
                self.end_headers()
            def log_message(self, *arguments):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    private func start(_ program: URL, _ arguments: [String], _ output: Pipe) throws -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = Program.checkout
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    @Test func `a service hears every event once it answers, across restarts of everything`() throws {
        let folder = Program.temporaryPath("webhooks")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let heard = folder + "/heard"
        try "a secret of 24 bytes ...\n".write(toFile: folder + "/secret", atomically: true, encoding: .utf8)
        let pipe = Pipe()
        let service = try start(URL(fileURLWithPath: "/usr/bin/env"), ["python3", "-c", Self.service, heard, "2"], pipe)
        defer { service.terminate() }
        var line = ""
        while !line.hasSuffix("\n") { line += String(decoding: pipe.fileHandleForReading.readData(ofLength: 1), as: UTF8.self) }
        let url = "http://127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))/hoard"

        func grant(_ server: RunningServer, _ token: String, _ amounts: [Int]) throws {
            for amount in amounts {
                let run = try Program.run(
                    "hoard",
                    [
                        "act", "grant", "player=player:ana", "faucet=faucet:rewards", "lines=gold:\(amount)", "--token", token, "--server",
                        "127.0.0.1:\(server.port)",
                    ])
                #expect(run.status == 0, "\(run.errors)")
            }
        }
        func arguments(_ server: RunningServer, _ token: String) -> [String] {
            [
                "webhooks", "--url", url, "--secret-file", folder + "/secret", "--cursor-file", folder + "/cursor", "--data", folder + "/data", "--server",
                "127.0.0.1:\(server.port)", "--token", token, "--batch", "2",
            ]
        }
        func amounts() -> [String] {
            let text = (try? String(contentsOfFile: heard, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map { $0.split(separator: " ").enumerated().filter { $0.offset != 1 }.map { String($0.element) }.joined(separator: " ") }
        }

        let first = try RunningServer(data: folder + "/data", arguments: ["--keep-log"])
        let token = try first.token("server", "arena")
        try grant(first, token, [1, 2, 3])
        #expect(try Program.run("hoard", arguments(first, token) + ["--once"]).status == 0)
        #expect(amounts() == ["good 1", "good 2", "good 3"], "two requests were refused, and sent again")
        try grant(first, token, [4])
        #expect(first.stop() == 0)
        let second = try RunningServer(data: folder + "/data", arguments: ["--keep-log"])
        try grant(second, token, [5])
        let live = try start(Program.folder.appendingPathComponent("hoard"), arguments(second, token), Pipe())
        defer { live.terminate() }
        let deadline = Date().addingTimeInterval(30)
        while amounts().count < 5, Date() < deadline { usleep(50_000) }
        try grant(second, token, [6, 7])
        while amounts().count < 7, Date() < deadline { usleep(50_000) }
        #expect(amounts() == (1...7).map { "good \($0)" })
        let cursors = try String(contentsOfFile: heard, encoding: .utf8).split(separator: "\n").compactMap { UInt64($0.split(separator: " ")[1]) }
        #expect(cursors == cursors.sorted() && Set(cursors).count == 7)
        live.terminate()
        #expect(second.stop() == 0)
    }

    @Test(arguments: [
        (["--url", "ftp://x"], Int32(64), "--url takes http://"), (["--batch", "0"], 64, "--batch takes 1 to 10000"), ([], 70, "there is no secret"),
    ])
    func `wrong usage is told`(_ more: [String], _ status: Int32, _ reason: String) throws {
        let all = ["--url", "http://127.0.0.1:1", "--secret-file", "/does/not/exist", "--cursor-file", "/tmp/none", "--data", "/does/not/exist", "--token", "t"]
        let run = try Program.run("hoard", ["webhooks"] + all + more)
        #expect(run.status == status && run.errors.contains(reason), "\(run.errors)")
    }
}
