import Foundation
import Testing

/// Where the unpacked conformance suites lie: the folder that HOARD_CONFORMANCE names, else `.build/conformance`,
/// into which the archive under HOARD_SHARED or ../shared is unpacked once.
enum TrieSuites {
    /// What a skipped test prints.
    static let absence: Comment = "no conformance suites: set HOARD_CONFORMANCE or provide ../shared/conformance"

    /// The folder, or nil when there is none.
    static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["HOARD_CONFORMANCE"] { return URL(fileURLWithPath: named) }
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = environment["HOARD_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        let unpack = shared.appendingPathComponent("conformance/unpack").path
        let target = root.appendingPathComponent(".build/conformance")
        if FileManager.default.fileExists(atPath: target.appendingPathComponent(".complete").path) { return target }
        guard FileManager.default.isExecutableFile(atPath: unpack) else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        process.arguments = [root.appendingPathComponent(".build/conformance.lock").path, unpack, target.path]
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? target : nil
    }()

    /// The JSON object in one file of the suites.
    static func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: folder!.appendingPathComponent(path))
        return try JSONSerialization.jsonObject(with: data) as! [String: Any]
    }

    /// Every JSON file under a folder of the suites.
    static func files(under path: String) -> [String] {
        let base = folder!.appendingPathComponent(path)
        guard let walker = FileManager.default.enumerator(atPath: base.path) else { return [] }
        var found: [String] = []
        for case let name as String in walker where name.hasSuffix(".json") { found.append(path + "/" + name) }
        return found.sorted()
    }
}
