import Foundation
import Testing

/// The rules of style that a machine can check: sizes, comments, imports, and what must not stand in the project.
struct TidyTests {
    static let lineMax = 500

    /// Which targets of ours, or outside modules, each target may import; the same as its line in Package.swift.
    static let mayImport: [String: Set<String>] = [
        "EventLoop": ["CLibuv", "Glibc", "Synchronization"],
        "Wire": ["CShims", "Glibc"],
        "Proofs": ["Wire", "CCrypto", "Glibc"],
        "EVM": ["CSecp256k1", "CGMP", "CCrypto", "CShims", "Glibc", "Synchronization"],
        "Ledger": ["EVM", "CShims", "Glibc", "Synchronization"],
        "Economy": ["Wire", "EVM", "Yams", "Foundation"],
        "Tokens": ["JWTKit", "Crypto", "Foundation", "FoundationEssentials", "Synchronization", "Glibc"],
        "Gateway": [
            "EventLoop", "Wire", "Economy", "EVM", "Ledger", "Tokens", "Foundation", "Glibc", "Synchronization",
        ],
        "Simulation": ["EventLoop", "Wire", "EVM", "Ledger", "Economy", "Gateway", "Tokens"],
        "History": ["Proofs", "EVM", "Ledger", "Economy", "GRDB", "Foundation", "Glibc", "Synchronization"],
        "Observatory": [
            "Wire", "Proofs", "EVM", "Ledger", "Economy", "Gateway", "History", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "Logging",
            "Foundation", "Glibc", "Synchronization",
        ],
        "Client": ["EventLoop", "Wire", "Proofs", "Glibc", "Synchronization"],
        "Replay": [
            "Wire", "EVM", "Ledger", "Economy", "Client", "EventLoop", "Foundation", "Synchronization", "Glibc",
        ],
        "Benchmarks": ["EVM", "Ledger", "Economy", "Wire", "ArgumentParser", "Glibc", "Synchronization"],
        "Fuzzing": ["EVM"],
        "Conformance": ["EVM", "Ledger", "Foundation", "Synchronization", "Glibc"],
    ]

    @Test func `no Swift file is longer than 500 lines`() throws {
        for path in Checkout.swiftFiles() where !path.contains("/Generated/") {
            let count = try Checkout.lines(of: path).count
            #expect(count <= Self.lineMax + 1, "\(path) has \(count) lines, at most \(Self.lineMax)")
        }
    }

    @Test func `a target imports only what it may`() throws {
        for (target, allowed) in Self.mayImport {
            for path in Checkout.files(under: "Sources/\(target)", endings: [".swift"]) {
                for line in try Checkout.lines(of: path) {
                    guard let module = Self.importedModule(line) else { continue }
                    #expect(allowed.contains(module), "\(path) imports \(module); \(target) may import \(allowed.sorted())")
                }
            }
        }
    }

    @Test func `every type and non-private function of ours says what it promises`() throws {
        for path in Checkout.files(under: "Sources", endings: [".swift"]) {
            let lines = try Checkout.lines(of: path)
            for (index, line) in lines.enumerated() where Self.declaresPublic(line) {
                var above = index - 1
                while above >= 0, Self.isAttribute(lines[above]) { above -= 1 }
                let documented = above >= 0 && lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("///")
                #expect(documented, "\(path):\(index + 1) has no /// sentence: \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
    }

    @Test func `nothing is left for later in a comment`() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        for path in Checkout.swiftFiles() + Checkout.files(under: "GameData", endings: [".vy", ".json"]) {
            for (index, line) in try Checkout.lines(of: path).enumerated() {
                #expect(!marks.contains { line.contains($0) }, "\(path):\(index + 1): \(line)")
            }
        }
    }

    @Test func `the documents name files that exist`() throws {
        for document in ["README.md", "ARCHITECTURE.md"] + Checkout.files(under: "docs", endings: [".md"]) {
            for (index, line) in try Checkout.lines(of: document).enumerated() {
                for target in Self.linkTargets(line) {
                    let base = document.contains("/") ? (document as NSString).deletingLastPathComponent + "/" : ""
                    let exists = FileManager.default.fileExists(atPath: Checkout.root.appendingPathComponent(base + target).path)
                    #expect(exists, "\(document):\(index + 1) links to \(target), which is not there")
                }
            }
        }
    }

    @Test func `the Makefile has a dozen verbs at most and help lists each`() throws {
        let lines = try Checkout.lines(of: "Makefile")
        let verbs = lines.filter { $0.range(of: "^[a-z]+:", options: .regularExpression) != nil }
        #expect(verbs.count <= 12, "\(verbs.count) verbs")
        let undocumented = verbs.filter { !$0.contains("##") }.map { $0.prefix { $0 != ":" } }
        #expect(undocumented.isEmpty, "verbs without a ## sentence: \(undocumented)")
    }

    static func importedModule(_ line: String) -> String? {
        var words = line.split(separator: " ").map(String.init)
        while let first = words.first, first.hasPrefix("@") || ["public", "internal", "package", "private"].contains(first) {
            words.removeFirst()
        }
        guard words.first == "import", words.count >= 2 else { return nil }
        let kinds: Set = ["struct", "class", "func", "enum", "protocol", "var", "let", "typealias"]
        let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return String(name.prefix { $0 != "." && $0 != ";" })
    }

    static func declaresPublic(_ line: String) -> Bool {
        let text = line.trimmingCharacters(in: .whitespaces)
        return text.range(
            of: "^public (final |static |mutating |consuming |borrowing |indirect )*(struct|class|enum|protocol|func) ",
            options: .regularExpression) != nil
    }

    static func isAttribute(_ line: String) -> Bool {
        line.trimmingCharacters(in: .whitespaces).hasPrefix("@")
    }

    static func linkTargets(_ line: String) -> [String] {
        var targets: [String] = []
        var rest = Substring(line)
        while let open = rest.range(of: "](") {
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: ")") else { break }
            let target = rest[..<close].prefix { $0 != "#" }
            if !target.isEmpty, !target.contains("://") { targets.append(String(target)) }
            rest = rest[close...]
        }
        return targets
    }
}
