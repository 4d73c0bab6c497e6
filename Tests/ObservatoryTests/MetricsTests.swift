import Foundation
import Testing

@testable import Observatory

/// What Prometheus reads is in its form, and the dashboard asks for nothing that is not there.
struct MetricsTests {
    @Test func `metrics have one type and help, units of Prometheus, and no value twice`() async throws {
        try await ObservedWorld.serve { world in
            try world.grant(5, to: "ann")
            var types: [String: String] = [:]
            var helped: Set<String> = []
            var seen: Set<String> = []
            for line in world.observatory.site.metrics().split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                if line.hasPrefix("# HELP ") { helped.insert(words[2]) }
                if line.hasPrefix("# TYPE ") { #expect(types.updateValue(words[3], forKey: words[2]) == nil, "\(line)") }
                if line.hasPrefix("#") { continue }
                let space = try #require(line.lastIndex(of: " "))
                #expect(Double(line[line.index(after: space)...]) != nil && seen.insert(String(line[..<space])).inserted, "\(line)")
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                let family = ["_count", "_sum"].first { types[name] == nil && name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
                let type = try #require(types[family ?? name], "\(name) has no type")
                #expect(helped.contains(family ?? name), "\(name) has no help")
                #expect((type == "counter") == name.hasSuffix("_total"), "\(name) is a \(type)")
                #expect(type == "summary" || !line.contains("quantile="), "\(line)")
                #expect(!name.contains("milli") && !name.contains("kilo"), "\(name)")
            }
            #expect(types.count > 40)
        }
    }

    @Test func `the dashboard is JSON and asks only for metrics that there are`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/grafana-dashboard.json"), encoding: .utf8)
        _ = try JSONReader.value(Array(text.utf8))
        let source = try String(
            contentsOf: root.appendingPathComponent("Sources/Observatory/Metrics/MetricsText.swift"), encoding: .utf8)
        let names = Set(text.split { !($0.isLetter || $0 == "_" || $0.isNumber) }.filter { $0.hasPrefix("hoard_") || $0.hasPrefix("process_") })
        #expect(names.count > 15)
        for name in names { #expect(source.contains("\"\(name)"), "\(name)") }
    }
}
