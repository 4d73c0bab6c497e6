import Foundation

/// Where the unpacked official suites lie: the folder that HOARD_CONFORMANCE names, else `.build/conformance` under a
/// checkout, into which the archive under HOARD_SHARED or ../shared is unpacked once.
public enum SuiteFolder {
    /// What to say where there is none.
    public static let absence = "no conformance suites: set HOARD_CONFORMANCE or provide ../shared/conformance"

    /// The folder, or nil when there is none; `checkout` is the root of the repository.
    public static func locate(checkout: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["HOARD_CONFORMANCE"] { return named }
        let target = checkout + "/.build/conformance"
        if FileManager.default.fileExists(atPath: target + "/.complete") { return target }
        let shared = environment["HOARD_SHARED"] ?? checkout + "/../shared"
        let unpack = shared + "/conformance/unpack"
        guard FileManager.default.isExecutableFile(atPath: unpack) else { return nil }
        // The lock keeps two test processes from unpacking at once.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        process.arguments = [target + ".lock", unpack, target]
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? target : nil
    }
}
