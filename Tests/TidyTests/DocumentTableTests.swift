import Foundation
import Testing

/// Tables of the documents that name tests name tests that exist.
struct DocumentTableTests {
    static let documents = ["docs/ECONOMY.md", "docs/PROOFS.md", "docs/FAULTS.md"]

    /// The names of the tests of each suite, and of the rows of its tables.
    private static let suites: [String: Set<String>] = {
        var suites: [String: Set<String>] = [:]
        for path in Checkout.files(under: "Tests", endings: [".swift"]) {
            var suite = ""
            for line in (try? Checkout.lines(of: path)) ?? [] {
                if let named = declared(line) {
                    suite = named
                    suites[suite, default: []].formUnion([])
                }
                for (opening, closing) in [("func `", "`"), ("name: \"", "\"")] {
                    guard let start = line.range(of: opening)?.upperBound, let end = line[start...].range(of: closing)?.lowerBound else { continue }
                    suites[suite, default: []].insert(String(line[start..<end]))
                }
            }
        }
        return suites
    }()

    /// The type that a line at the margin declares or extends.
    private static func declared(_ line: String) -> String? {
        guard line.contains(" {"), !line.hasPrefix(" "), !line.hasPrefix("/") else { return nil }
        let words = line.split(separator: " ").map(String.init)
        guard let place = words.firstIndex(where: { ["class", "struct", "enum", "extension"].contains($0) }), place + 1 < words.count else { return nil }
        return String(words[place + 1].prefix { $0.isLetter || $0.isNumber })
    }

    @Test(arguments: documents)
    func `every test that a table names exists in the suite that it names`(_ document: String) throws {
        let suites = Self.suites
        let targets = Set(Checkout.files(under: "Tests", endings: [".swift"]).map { String($0.split(separator: "/")[1]) } + ["LoadTests"])
        let word = try Regex("\\b([A-Z][A-Za-z0-9]*Tests)\\b|`([^`]+)`")
        var named = 0
        for (number, line) in try Checkout.lines(of: document).enumerated() where line.hasPrefix("|") {
            var suite = ""
            for match in (line.split(separator: "|").last ?? "").matches(of: word) {
                if let found = match[1].substring {
                    suite = String(found)
                    #expect(suites[suite] != nil || targets.contains(suite), "\(document):\(number + 1): there is no suite \(suite)")
                } else if let test = match[2].substring, !suite.isEmpty, test.contains(" "), !test.hasPrefix("hoard ") {
                    named += 1
                    #expect(suites[suite]?.contains(String(test)) == true, "\(document):\(number + 1): \(suite) has no test \"\(test)\"")
                }
            }
        }
        #expect(named > 3 || document.hasSuffix("FAULTS.md"), "\(document) names \(named) tests")
    }
}
