import Foundation
import Testing
import Wire

/// docs/WIRE.md says what the code does.
struct DocumentTests {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The rows of the table between two marker comments, as trimmed cells, without its head.
    static func table(_ name: String) throws -> [[String]] {
        let document = try text("docs/WIRE.md")
        let begin = try #require(document.range(of: "<!-- \(name):begin -->"))
        let end = try #require(document.range(of: "<!-- \(name):end -->"))
        let rows = document[begin.upperBound..<end.lowerBound].split(separator: "\n").filter { $0.hasPrefix("|") }
        return rows.dropFirst(2).map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test func `the document shows the golden frames`() throws {
        let document = try Self.text("docs/WIRE.md")
        var shown: [String: String] = [:]
        for block in document.components(separatedBy: "```hex ").dropFirst() {
            let lines = block.components(separatedBy: "\n")
            shown[lines[0]] = lines.dropFirst().prefix { $0 != "```" }.joined()
        }
        #expect(shown == GoldenBytes.frames)
    }

    @Test func `the document lists the limits`() throws {
        let rows = try Self.table("limits")
        let listed = Dictionary(
            uniqueKeysWithValues: rows.map { ($0[0], $0[1].replacingOccurrences(of: ",", with: "")) })
        let actual: [String: Int] = [
            "headerBytes": WireLimits.headerBytes, "frameBytesMax": WireLimits.frameBytesMax,
            "helloFrameBytesMax": WireLimits.helloFrameBytesMax, "batchItemsMax": WireLimits.batchItemsMax,
            "payloadBytesMax": WireLimits.payloadBytesMax, "tokenBytesMax": WireLimits.tokenBytesMax,
            "nameBytesMax": WireLimits.nameBytesMax, "messageBytesMax": WireLimits.messageBytesMax,
            "inventoryItemsMax": WireLimits.inventoryItemsMax, "viewWordsMax": WireLimits.viewWordsMax,
        ]
        #expect(listed == actual.mapValues(String.init))
    }

    @Test func `the document lists the codes of the server`() throws {
        let rows = try Self.table("codes")
        let listed = rows.map { "\($0[0]) \($0[1])" }
        #expect(listed == ErrorCode.allCases.filter { $0 != .none }.map { "\($0.rawValue) \($0)" })
        // What breaks the framing ends the connection.
        let ending = Set(rows.filter { $0[3] == "ends" }.map { $0[0] })
        #expect(ending.isSuperset(of: ["201", "202", "203", "204", "207", "208"]))
    }
}
