import Replay
import Testing

/// Files that are no match: each gets an error that names the file, the place, and what would be right.
struct BrokenFileTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        let what: String
        let text: String
        let line: Int?
        let says: [String]
        var testDescription: String { what }
    }

    static let header = "{\"match\":\"m\",\"kind\":\"match\"}\n"
    static let frame =
        "{\"timestamp\":0,\"participantFrames\":{\"1\":{\"participantId\":1,\"currentGold\":5,\"totalGold\":5}}"

    static let documents = [
        Broken(what: "nothing", text: "", line: 1, says: ["empty"]),
        Broken(what: "no JSON", text: "hello", line: nil, says: ["neither JSON nor a table", "separated by"]),
        Broken(what: "cut off", text: "{\n\"timeline\": {\n\"frames\": [", line: 3, says: ["ends"]),
        Broken(what: "no colon", text: "{\n\"timeline\" {}\n}", line: 2, says: ["colon", "timeline"]),
        Broken(what: "trailing comma", text: "{\"a\": [1,\n]}", line: 2, says: ["cannot begin a value"]),
        Broken(what: "text behind", text: "{\"a\": 1} x", line: 1, says: ["document ends here"]),
        Broken(what: "too deep", text: String(repeating: "[", count: 100), line: 1, says: ["deeper than 64"]),
        Broken(what: "control character", text: "{\"a\": \"\u{1}\"}", line: 1, says: ["control character"]),
        Broken(what: "bad escape", text: "{\"a\": \"\\q\"}", line: 1, says: ["no escape"]),
        Broken(what: "half a surrogate", text: "{\"a\": \"\\ud800\"}", line: 1, says: ["surrogate"]),
        Broken(what: "bad number", text: "{\"a\": 1-2}", line: 1, says: ["not a number"]),
        Broken(
            what: "unknown object", text: "{\"players\": []}", line: nil,
            says: ["unknown", "players", "lol-match-v5", "canonical", "MATCHES.md"]),
        Broken(what: "an array", text: "[1,2]", line: nil, says: ["unknown", "an array of 2"]),
        Broken(
            what: "other lines", text: "{\"a\":1}\n{\"a\":2}\n", line: nil, says: ["unknown", "JSON Lines", "keys a"]),
        Broken(what: "no frames", text: "{\"timeline\":{\"frames\":[]}}", line: 1, says: ["$.timeline", "no frames"]),
        Broken(
            what: "gold as text",
            text: "{\"frames\":[\n\(frame.replacing("\"totalGold\":5", with: "\"totalGold\":\"lots\""))}]}", line: 2,
            says: ["$.frames[0].participantFrames.1.totalGold", "\"lots\"", "whole number"]),
        Broken(
            what: "gold missing", text: "{\"frames\":[\(frame.replacing(",\"totalGold\":5", with: ""))}]}", line: 1,
            says: ["$.frames[0].participantFrames.1", "totalGold", "missing"]),
        Broken(
            what: "gold beyond reason",
            text: "{\"frames\":[\(frame.replacing("\"totalGold\":5", with: "\"totalGold\":9223372036854775807"))}]}",
            line: 1, says: ["totalGold", "9223372036854775807", "1000000000000"]),
        Broken(
            what: "no time", text: "{\"frames\":[\(frame.replacing("\"timestamp\":0,", with: ""))}]}", line: 1,
            says: ["$.frames[0]", "timestamp"]),
        Broken(
            what: "an item without number",
            text: "{\"frames\":[\(frame),\"events\":[{\"type\":\"ITEM_SOLD\",\"timestamp\":1,\"participantId\":1}]}]}",
            line: 1,
            says: ["$.frames[0].events[0]", "itemId"]),
        Broken(
            what: "events that are none", text: "{\"frames\":[\(frame),\"events\":7}]}", line: 1,
            says: ["$.frames[0].events", "array"]),
    ]

    static let lines = [
        Broken(
            what: "broken line", text: header + "{\"kind\":\"reward\"", line: 2,
            says: ["ends inside an object", "one JSON object"]),
        Broken(what: "no object", text: header + "7", line: 2, says: ["is 7"]),
        Broken(what: "no kind", text: header + "{\"t\":1}", line: 2, says: ["kind", "snapshot"]),
        Broken(
            what: "unknown kind", text: header + "{\"t\":1,\"kind\":\"steal\"}", line: 2,
            says: ["\"steal\"", "purchase"]),
        Broken(
            what: "no time", text: header + "{\"kind\":\"reward\",\"actor\":\"a\",\"amount\":1}", line: 2,
            says: ["\"t\" is missing"]),
        Broken(
            what: "unknown key",
            text: header + "{\"t\":1,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":1,\"prize\":1}", line: 2,
            says: ["\"prize\"", "unitPrice"]),
        Broken(
            what: "no amount", text: header + "{\"t\":1,\"kind\":\"charge\",\"actor\":\"a\"}", line: 2,
            says: ["amount is missing", "a charge needs"]),
        Broken(
            what: "negative amount", text: header + "{\"t\":1,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":-1}",
            line: 2,
            says: ["\"amount\" is -1", "0 or more"]),
        Broken(
            what: "amount too large",
            text: header + "{\"t\":1,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":9223372036854775808}", line: 2,
            says: ["$.amount", "whole number"]),
        Broken(
            what: "a fraction", text: header + "{\"t\":1,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":1.5}", line: 2,
            says: ["$.amount", "1.5"]),
        Broken(
            what: "the game buys", text: header + "{\"t\":1,\"kind\":\"purchase\",\"actor\":\"0\",\"item\":\"x\"}",
            line: 2,
            says: ["the game itself"]),
        Broken(
            what: "trade with oneself",
            text: header
                + "{\"t\":1,\"kind\":\"trade\",\"actor\":\"a\",\"counterparty\":\"a\",\"item\":\"x\",\"amount\":1}",
            line: 2,
            says: ["the same"]),
        Broken(
            what: "number twice",
            text: header + "{\"seq\":4,\"t\":1,\"kind\":\"kill\"}\n{\"seq\":4,\"t\":2,\"kind\":\"kill\"}", line: 3,
            says: ["seq 4", "line 2"]),
        Broken(
            what: "no such event", text: header + "{\"t\":1,\"kind\":\"undo\",\"actor\":\"a\",\"ref\":99}", line: 2,
            says: ["$.ref", "99"]),
        Broken(
            what: "two matches", text: header + "{\"match\":\"n\",\"t\":1,\"kind\":\"kill\"}", line: 2,
            says: ["\"n\"", "\"m\""]),
        Broken(
            what: "long name", text: "{\"match\":\"\(String(repeating: "x", count: 41))\",\"kind\":\"match\"}", line: 1,
            says: ["41 bytes", "1 to 40"]),
        Broken(what: "no events", text: header, line: nil, says: ["no events"]),
        Broken(
            what: "time beyond reason", text: header + "{\"t\":9000000000000,\"kind\":\"kill\"}", line: 2,
            says: ["$.t", "9000000000000"]),
    ]

    @Test(arguments: documents + lines) func `the error names the place and what would be right`(_ broken: Broken)
        throws
    {
        let error = try #require(throws: ImportError.self) {
            try MatchImporters.read(MatchSource(bytes: Array(broken.text.utf8), file: "broken.json"))
        }
        #expect(error.line == broken.line)
        #expect(error.description.hasPrefix("broken.json"))
        for word in broken.says { #expect(error.description.contains(word), "\(error.description)") }
    }

    @Test func `a file that is not there is named`() throws {
        let error = try #require(throws: ImportError.self) { try MatchImporters.read(path: "/nowhere/match.json") }
        #expect(error.description.contains("/nowhere/match.json"))
    }

    static let priceTables = [
        ("[]", "an object"), ("{}", "an object"), ("{\"1\": 5}", "$.1"),
        ("{\"1\": {\"gold\": {\"total\": \"x\"}}}", "$.1.gold.total"),
        ("{\"1\": {\"cost\": -5}}", "-5"), ("{\"1\": {\"cost\": 5, \"from\": [null]}}", "$.1.from[0]"), ("{", "ends"),
    ]

    @Test(arguments: priceTables) func `a broken price table is refused at its place`(_ text: String, _ says: String)
        throws
    {
        let error = try #require(throws: ImportError.self) {
            try PriceTable(MatchSource(bytes: Array(text.utf8), file: "prices.json"))
        }
        #expect(error.description.contains(says), "\(error.description)")
        #expect(error.description.hasPrefix("prices.json"))
    }
}
