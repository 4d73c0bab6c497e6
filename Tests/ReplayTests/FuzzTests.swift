import Foundation
import Replay
import Testing

/// Bytes that are nearly a match: whatever they say, reading and planning end with an error or a plan, never a crash.
struct FuzzTests {
    /// The generator of splitmix64: a seed decides everything.
    struct Random {
        var state: UInt64
        mutating func next(below limit: Int) -> Int {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return Int((word ^ (word >> 31)) % UInt64(limit))
        }
    }

    static let league = LeagueRuleTests.document(
        wallets: [(0, 500, 500), (60_000, -450, 600), (120_000, 50, 1100)],
        LeagueRuleTests.events(
            "buy 1 1001,buy 2 1042,buy 3 3006,destroy 3 1001,destroy 3 1042,undo 4 3006 0,sell 5 1001,sell 6 7"))

    static let pieces = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e308", "0.5", "-1", "null", "\"\"",
        "{}", "[]",
        "true", "\"x\"", "999999999999999999999999", "0", "1",
    ]

    static func mutated(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.next(below: 3) {
            switch random.next(below: 4) {
            case 0: bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
            case 1: bytes.removeLast(random.next(below: bytes.count / 2))
            default:
                // A number of the file becomes something else.
                let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
                guard let start = digits.isEmpty ? nil : digits[random.next(below: digits.count)] else { continue }
                let end = bytes[start...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
                bytes.replaceSubrange(start..<end, with: Array(pieces[random.next(below: pieces.count)].utf8))
            }
        }
        return bytes
    }

    @Test func `no bytes crash an importer, the planner or the report`() throws {
        let sample = Array(try Data(contentsOf: URL(fileURLWithPath: Sample.path)).prefix(6_000))
        let league = Array(Self.league.utf8)
        var read = 0
        for seed in 0..<20 {
            var random = Random(state: UInt64(seed))
            for round in 0..<40 {
                let bytes = Self.mutated(round % 2 == 0 ? sample : league, &random)
                guard
                    let match = try? MatchImporters.read(
                        MatchSource(bytes: bytes, file: "fuzz"), prices: LeagueRuleTests.prices),
                    let report = try? ReportTests.report(match)
                else { continue }
                read += 1
                #expect(!report.text.isEmpty && !report.json.isEmpty, "seed \(seed), round \(round)")
                _ = CanonicalWriter.text(match)
            }
        }
        #expect(read >= 40, "nearly every file was refused, so little was tried")
    }

    @Test func `a recipe that goes in circles ends`() throws {
        let circle = Array(repeating: "1", count: 500)
        let prices = PriceTable(items: ["1": .init(name: "Ring", total: 10, sell: 1, from: circle, into: ["1"])])
        let text = LeagueRuleTests.document(
            wallets: [(0, 500, 500)], LeagueRuleTests.events("buy 1 1,buy 2 1,destroy 2 1"))
        let match = try MatchImporters.read(MatchSource(bytes: Array(text.utf8), file: "circle"), prices: prices)
        #expect(match.counts[.purchase] == 2)
    }
}
