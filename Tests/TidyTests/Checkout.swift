import Foundation

/// The checkout that this test was built from: where it lies and the text files in it.
struct Checkout {
    /// The folder that holds Package.swift.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) { return folder }
        }
        preconditionFailure("no Package.swift above \(#filePath)")
    }()

    /// Every file under `folder` whose name ends in one of `endings`, as paths relative to the root, sorted.
    static func files(under folder: String, endings: [String]) -> [String] {
        let base = root.appendingPathComponent(folder)
        guard let walker = FileManager.default.enumerator(atPath: base.path) else { return [] }
        var found: [String] = []
        for case let path as String in walker where endings.contains(where: { path.hasSuffix($0) }) {
            if path.contains(".build/") || path.contains("__pycache__") { continue }
            found.append(folder == "." ? path : folder + "/" + path)
        }
        return found.sorted()
    }

    /// Every Swift file that is ours.
    static func swiftFiles() -> [String] {
        ["Sources", "Tests", "LoadTests"].flatMap { files(under: $0, endings: [".swift"]) }
    }

    /// The lines of one file, without their line ends.
    static func lines(of path: String) throws -> [String] {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}
