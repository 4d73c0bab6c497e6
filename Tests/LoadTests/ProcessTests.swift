import Foundation
import Testing

@testable import hoard_load

/// Starting, watching and ending processes; one test at a time, since a fork elsewhere keeps a script open.
@Suite(.serialized)
struct ProcessTests {
    @Test func `an ended process tells its exit code and its output`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let child = try shell("echo hello; echo oops >&2; exit 7", in: folder)
        #expect(child.wait(atMostMilliseconds: 5000) == .exited(code: 7))
        #expect(try String(contentsOfFile: folder.path + "/out", encoding: .utf8) == "hello\n")
        #expect(try String(contentsOfFile: folder.path + "/err", encoding: .utf8) == "oops\n")
    }

    @Test func `a killed process tells its signal`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let child = try shell("sleep 60", in: folder)
        #expect(!child.hasEnded())
        child.send(signal: SIGKILL)
        #expect(child.wait(atMostMilliseconds: 5000) == .killed(signal: SIGKILL))
    }

    @Test func `a program that is not there is a failure with its name`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        #expect(throws: ProcessFailure.self) {
            try ChildProcess(
                program: folder.path + "/nothing", arguments: [], outputPath: folder.path + "/out",
                errorPath: folder.path + "/err")
        }
    }

    @Test func `a server that ends before it listens is a failure with its last words`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let settings = try fakeServer("echo 'port in use' >&2; exit 3", in: folder)
        do {
            _ = try ServerProcess(settings)
            Issue.record("was started")
        } catch {
            let said = String(describing: error)
            #expect(said.contains("exit code 3") && said.contains("port in use"), "\(said)")
        }
    }

    @Test func `a server is started, found and stopped`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let script = "trap 'exit 0' TERM; echo 'listening on 127.0.0.1:4242'; while :; do sleep 0.01; done"
        let server = try ServerProcess(fakeServer(script, in: folder))
        #expect(server.host == "127.0.0.1" && server.port == 4242)
        #expect(server.processorTime != nil)
        try server.stop()
        #expect(server.hasEnded)
    }

    @Test func `a server that ends with an error after SIGTERM is a failure`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let script = "trap 'exit 9' TERM; echo 'listening on 127.0.0.1:1'; while :; do sleep 0.01; done"
        let server = try ServerProcess(fakeServer(script, in: folder))
        #expect(throws: ProcessFailure.self) { try server.stop() }
    }

    @Test(arguments: [
        ("listening on 127.0.0.1:7777", "127.0.0.1", 7777),
        ("hello\nlistening on [::1]:80\n", "::1", 80),
        ("2026 info listening on localhost:65535 (ready)\n", "localhost", 65_535),
    ])
    func `the address is read from what the server prints`(text: String, host: String, port: Int) {
        let address = ServerProcess.address(inText: text)
        #expect(address?.host == host && address?.port == port)
    }

    @Test(arguments: ["", "listening on 127.0.0.1:0", "listening on :99", "listening on a:99999"])
    func `what is no address is none`(text: String) {
        #expect(ServerProcess.address(inText: text) == nil)
    }

    private func shell(_ script: String, in folder: TemporaryFolder) throws -> ChildProcess {
        try ChildProcess(
            program: "/bin/sh", arguments: ["-c", script], outputPath: folder.path + "/out",
            errorPath: folder.path + "/err")
    }

    private func fakeServer(_ script: String, in folder: TemporaryFolder) throws -> ServerSettings {
        let program = folder.path + "/hoard"
        try ("#!/bin/sh\n" + script + "\n").write(
            toFile: program, atomically: true, encoding: .utf8)
        chmod(program, 0o755)
        return ServerSettings(
            paths: ServerPaths(program: program, game: nil), dataFolder: folder.path + "/data",
            printFolder: folder.path, executor: nil, workers: nil)
    }
}
