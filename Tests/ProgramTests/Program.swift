import Foundation
import Testing

/// What a finished process left behind.
struct Finished {
    let status: Int32
    let output: String
    let errors: String
}

/// The programs of this package as processes, as a user runs them.
enum Program {
    /// The folder with the built programs: where this test's own bundle lies.
    static let folder: URL = {
        var folder = URL(fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        // Under `swift test` the running program is the test bundle itself, beside the programs.
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            folder = URL(fileURLWithPath: argument)
        }
        return folder.deletingLastPathComponent()
    }()

    /// The folder that holds Package.swift.
    static let checkout: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Runs a program of ours to its end.
    static func run(_ name: String, _ arguments: [String]) throws -> Finished {
        try run(at: folder.appendingPathComponent(name), arguments)
    }

    /// Runs any program to its end; its output must fit the kernel's buffers or be read by a file.
    static func run(at program: URL, _ arguments: [String]) throws -> Finished {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = checkout
        let output = temporaryPath("out")
        let errors = temporaryPath("err")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        defer { for path in [output, errors] { try? FileManager.default.removeItem(atPath: path) } }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Finished(
            status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    /// A path that nothing has yet.
    static func temporaryPath(_ label: String) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("hoard-\(label)-\(UUID().uuidString)").path
    }
}

/// A running `hoard serve` on a port of its own.
final class RunningServer {
    let process = Process()
    let data: String
    let port: Int

    /// Starts it and waits until it listens.
    init(data: String, arguments: [String] = []) throws {
        self.data = data
        let pipe = Pipe()
        process.executableURL = Program.folder.appendingPathComponent("hoard")
        process.arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "error"] + arguments
        process.currentDirectoryURL = Program.checkout
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let bytes = pipe.fileHandleForReading.readData(ofLength: 1)
            if bytes.isEmpty { break }
            line += String(decoding: bytes, as: UTF8.self)
        }
        let words = line.split(separator: ":")
        port = try #require(words.last.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }, "no port in '\(line)'")
        #expect(line.hasPrefix("listening on 127.0.0.1:"))
    }

    /// A token of this server.
    func token(_ role: String, _ subject: String) throws -> String {
        let minted = try Program.run("hoard", ["token", "--data", data, "--role", role, "--subject", subject])
        #expect(minted.status == 0, "\(minted.errors)")
        return minted.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Asks it to stop and returns its exit code.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Kills it as a power cut would.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
