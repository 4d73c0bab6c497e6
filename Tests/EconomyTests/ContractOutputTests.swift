import EVM
import Foundation
import Testing

/// The compiled contracts belong to their sources.
struct ContractOutputTests {
    struct Output: Decodable {
        let contract: String
        let sources: [String: String]
    }

    static let folder = TestWorld.gameFolder + "/Contracts"

    static func outputs() throws -> [Output] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/build").filter { $0.hasSuffix(".json") }.map {
            name in
            let data = try #require(FileManager.default.contents(atPath: "\(folder)/build/\(name)"))
            let output = try JSONDecoder().decode(Output.self, from: data)
            #expect(output.contract + ".json" == name)
            return output
        }
    }

    @Test func `every output names its sources by their hashes`() throws {
        for output in try Self.outputs() {
            #expect(output.sources[output.contract + ".vy"] != nil)
            for (name, hash) in output.sources {
                let source = try #require(
                    FileManager.default.contents(atPath: "\(Self.folder)/\(name)"), "\(name) is missing")
                #expect(
                    sha256([UInt8](source)).hex == "0x" + hash,
                    "\(name) changed since \(output.contract) was compiled: run scripts/compile-contracts")
            }
        }
    }

    @Test func `every source has an output`() throws {
        let named = Set(try Self.outputs().flatMap(\.sources.keys))
        let contracts = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".vy") }
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.folder + "/modules")
            .filter { $0.hasSuffix(".vy") }.map { "modules/" + $0 }
        #expect(named == Set(contracts + modules))
    }

    /// Runs where the pinned compiler is installed already (`scripts/compile-contracts` installs it); the hashes above hold everywhere.
    @Test(
        .enabled(
            if: ContractOutputTests.compiler != nil,
            "the pinned compiler is not installed: scripts/compile-contracts installs it"))
    func `compiling the sources gives the committed output`() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: TestWorld.root + "/scripts/compile-contracts")
        process.arguments = ["--check"]
        process.environment = ProcessInfo.processInfo.environment.merging(["HOARD_VYPER": Self.compiler ?? ""]) { $1 }
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: output, as: UTF8.self))")
    }

    /// The path of the pinned compiler, where it is installed.
    static let compiler: String? = {
        let places = [
            ProcessInfo.processInfo.environment["HOARD_VYPER"], TestWorld.root + "/.build/vyper-0.4.3/bin/vyper",
        ]
        return places.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}
