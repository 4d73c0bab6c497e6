import Foundation
import Replay
import Testing

/// Shapes that games, exporters and people make of the known formats: each gives the same match, or an error that helps.
struct OtherShapeTests {
    // MARK: Files

    @Test(arguments: [
        ([0x28, 0xB5, 0x2F, 0xFD, 1, 2], "zstd -d"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 9], "xz -d"), ([0x42, 0x5A, 0x68, 0x39], "bzip2 -d"),
        ([0x50, 0x4B, 0x03, 0x04, 0], "unzip"), ([0x1F, 0x8B, 8, 0, 0], "cannot be unpacked"), ([0x41, 0x0A, 0x42, 0, 0x43], "byte 4 is zero"),
        (Array("<!DOCTYPE html><html>".utf8), "HTML"), (Array("SQLite format 3".utf8) + [0], "SQLite"), ([0xFF, 0x01, 0x02, 0x03, 0x9C, 0x04], "no text"),
    ] as [([UInt8], String)])
    func `a file that is no text is named, and what makes text of it`(_ bytes: [UInt8], _ says: String) throws {
        let error = try #require(throws: ImportError.self) { try MatchSource(packed: bytes, file: "match.bin") }
        #expect(error.description.hasPrefix("match.bin"))
        #expect(error.description.contains(says), "\(error.description)")
    }

    @Test func `a folder is told from a file, and an empty file from a match`() throws {
        let folder = try #require(throws: ImportError.self) { try MatchImporters.read(path: "/tmp") }
        #expect(folder.description.contains("is a folder"))
        let empty = try #require(throws: ImportError.self) { try MatchImporters.read(path: "/dev/null") }
        #expect(empty.description.contains("is empty"))
    }

    static let sales = "time,seller,buyer,item,price,quantity\n2024-05-01T12:00:00Z,änne,bob,sword,12.50,1\n2024-05-01T12:01:00Z,bob,änne,sword,13.75,1\n"

    @Test func `UTF-16, Windows-1252 and old line ends are read as the same sales`() throws {
        let plain = try Self.trades(Array(Self.sales.utf8))
        #expect(plain.count == 2 && plain[0].actor == "änne" && plain[0].amount == 1_250)
        let little = Self.sales.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = Self.sales.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let latin = Self.sales.unicodeScalars.map { UInt8($0.value) }
        let returns = Self.sales.utf8.map { $0 == 0x0A ? 0x0D : $0 }
        let marked: [[UInt8]] = [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, [0xEF, 0xBB, 0xBF] + Array(Self.sales.utf8)]
        for bytes in marked + [little, big, latin, returns] {
            #expect(try Self.trades(bytes) == plain)
        }
    }

    private static func trades(_ bytes: [UInt8]) throws -> [MatchEvent] {
        try MatchImporters.read(MatchSource(packed: bytes, file: "sales")).events.filter { $0.kind == .trade }
    }

    private static func trades(_ text: String) throws -> [MatchEvent] { try trades(Array(text.utf8)) }

    // MARK: Tables

    static let plainTable = "time,seller,buyer,item,price,quantity\n2024-05-01T12:00:00Z,ann,bob,sword,1250.5,1\n2024-05-01T12:01:00Z,bob,ann,sword,13,2\n"

    static let tables = [
        plainTable.replacing(",", with: "|"), plainTable.replacing(",", with: "\t"), plainTable.replacing(",", with: ";"),
        "# exported by hand\n\n" + plainTable, "sep=;\n" + plainTable.replacing(",", with: ";"),
        plainTable.replacing("time,seller,buyer,item,price", with: "Sold At,SELLER,Buyer,Item Name,Unit Price"),
        plainTable.split(separator: "\n").map { $0 + ",\n" }.joined(),
        plainTable.replacing("1250.5", with: "\"1,250.50\""), plainTable.replacing("1250.5", with: "\"$1,250.50\""),
        plainTable.replacing("1250.5", with: "\"1250,50\""), plainTable.replacing("1250.5", with: "1'250.50 CHF"),
        plainTable.replacing(",", with: ";").replacing("1250.5", with: "1.250,50 €"),
        plainTable.replacing("12:00:00Z", with: "14:00:00+02:00"), plainTable.replacing("2024-05-01T12:01:00Z", with: "2024-05-01T07:01:00-05:00"),
        plainTable.replacing("2024-05-01T12:0", with: "01.05.2024 12:0").replacing("0Z", with: "0"),
        plainTable.replacing("2024-05-01T12:00:00Z", with: "1 May 2024 12:00 pm").replacing("2024-05-01T12:01:00Z", with: "\"Wed, 1 May 2024 12:01:00 GMT\""),
        "[[\"time\",\"seller\",\"buyer\",\"item\",\"price\",\"quantity\"],[1714564800,\"ann\",\"bob\",\"sword\",1250.5,1],[1714564860,\"bob\",\"ann\",\"sword\",13,2]]",
        "{\"columns\":[\"time\",\"seller\",\"buyer\",\"item\",\"price\",\"quantity\"],\"data\":[[1714564800,\"ann\",\"bob\",\"sword\",1250.5,1],[1714564860,\"bob\",\"ann\",\"sword\",13,2]]}",
        "{\"time\":[1714564800,1714564860],\"seller\":[\"ann\",\"bob\"],\"buyer\":[\"bob\",\"ann\"],\"item\":[\"sword\",\"sword\"],\"price\":[1250.5,13],\"quantity\":[1,2]}",
        "{\"page\":{\"total\":2},\"sales\":[{\"time\":1714564800,\"seller\":{\"id\":\"ann\"},\"buyer\":{\"id\":\"bob\"},\"item\":{\"name\":\"sword\"},\"price\":{\"amount\":1250.5}},{\"time\":1714564860,\"seller\":{\"id\":\"bob\"},\"buyer\":{\"id\":\"ann\"},\"item\":{\"name\":\"sword\"},\"price\":{\"amount\":13},\"quantity\":2}]}",
        "{\"time\":1714564800,\"seller\":\"ann\",\"buyer\":\"bob\",\"item\":\"sword\",\"price\":1250.5}{\"time\":1714564860,\"seller\":\"bob\",\"buyer\":\"ann\",\"item\":\"sword\",\"price\":13,\"quantity\":2}",
    ]

    @Test(arguments: tables) func `a table of sales is the same however it was exported`(_ text: String) throws {
        let trades = try Self.trades(text)
        #expect(trades.map(\.amount) == [125_050, 2_600])
        #expect(trades.map(\.timeMilliseconds) == [0, 60_000])
        #expect(trades.map(\.actor) == ["ann", "bob"] && trades.map(\.counterparty) == ["bob", "ann"])
        #expect(trades.map(\.item) == ["sword", "sword"] && trades.map(\.quantity) == [1, 2])
    }

    @Test func `the day comes first where one row shows it, and nobody guesses where none does`() throws {
        let told = try Self.trades("time,seller,buyer,item,price\n02/05/2024 10:00,a,b,x,1\n13/05/2024 10:00,a,b,x,1\n")
        #expect(told.map(\.timeMilliseconds) == [0, 11 * 86_400_000])
        let error = try #require(throws: ImportError.self) { try Self.trades("time,seller,buyer,item,price\n02/05/2024,a,b,x,1\n") }
        #expect(error.line == 2 && error.description.contains("day or month first"))
    }

    @Test func `a row without a price is left out with its reason`() throws {
        let match = try ImporterTests.read(Self.plainTable + "2024-05-01T12:05:00Z,ann,bob,axe,,1\n2024-05-01T12:06:00Z,ann,bob\n")
        #expect(match.leftOut == [LeftOut(reason: "without a price", count: 1), LeftOut(reason: "without an item", count: 1)])
    }

    @Test(arguments: [
        ("time,seller,buyer,item,price\n", 1, "no rows"), ("1714564800,ann,bob,sword,12\n1714564801,ann,bob,sword,12\n", 1, "no head"),
        ("time,seller,item,item,price\n1,a,b,c,2\n", 1, "columns 3 and 4"), ("time,seller,buyer,item,price\n1,a,b,x,2,3\n", 2, "6 cells, the head has 5"),
        ("time,seller,buyer,item,price\n1,a,b,x,2\n2,a,b,\"x,2\n", 3, "never closed"), ("time,seller,buyer,item,price\n1,a,b,x,NaN\n", 2, "NaN"),
        ("time,seller,buyer,item,price\n1,a,b,x,1e300\n", 2, "1e300"), ("time,seller,buyer,item,price\nyesterday,a,b,x,1\n", 2, "yesterday"),
        ("time,seller,buyer,item,price\n1,a,b,x,-2\n", 2, "no row became an event"),
    ])
    func `a fault of a table is named with its line`(_ text: String, _ line: Int, _ says: String) throws {
        let error = try #require(throws: ImportError.self) { try ImporterTests.read(text) }
        #expect(error.line == line)
        #expect(error.description.contains(says), "\(error.description)")
    }

    // MARK: Order books

    @Test(arguments: [
        "name,bid,ask,bid_volume,ask_volume\nHat,2.50,2.49,1,9\nDust,,5,,2\n",
        "{\"Hat\":{\"bids\":[[2.50,1]],\"asks\":[[2.49,9]]},\"Dust\":{\"bids\":[],\"asks\":[{\"price\":5,\"size\":2}]}}",
        "[{\"type_id\":\"Hat\",\"is_buy_order\":true,\"price\":2.5,\"volume_remain\":1},{\"type_id\":\"Hat\",\"is_buy_order\":false,\"price\":2.49,\"volume_remain\":9},{\"type_id\":\"Dust\",\"is_buy_order\":false,\"price\":5,\"volume_remain\":2}]",
        "{\"Hat\":{\"bid\":\"2.5\",\"ask\":\"2.49\",\"ask_volume\":9},\"Dust\":{\"bid\":null,\"ask\":5,\"ask_volume\":2}}",
    ])
    func `an order book is the same as rows, as levels and as orders`(_ text: String) throws {
        let match = try ImporterTests.read(text)
        #expect(match.format == "order-book")
        #expect(match.events.filter { $0.kind == .trade }.map(\.amount) == [249])
        #expect(match.events.filter { $0.kind == .snapshot }.map(\.amount) == [9, 2])
        #expect(try Planner.plan(match).actions.allSatisfy { $0.expectedToApply })
    }

    @Test func `orders deeper than the first cross as far as their prices reach`() throws {
        let match = try ImporterTests.read("{\"Hat\":{\"bids\":[[5,3],[4,2],[1,9]],\"asks\":[[3,1],[4,3],[6,1]]}}")
        #expect(match.events.filter { $0.kind == .trade }.map(\.quantity) == [1, 2, 1])
        #expect(match.events.filter { $0.kind == .trade }.map(\.amount) == [300, 800, 400])
        let large = try #require(throws: ImportError.self) { try ImporterTests.read("{\"Hat\":{\"bid\":999999999999,\"ask\":1,\"bid_volume\":1000000000}}") }
        #expect(large.description.contains("too many"))
    }

    // MARK: Canonical

    @Test func `the canonical form is read from a list, and behind blank lines`() throws {
        let lines = ["{\"match\":\"m\",\"kind\":\"match\"}", "{\"t\":0,\"kind\":\"reward\",\"actor\":\"a\",\"amount\":5}", "{\"t\":9,\"kind\":\"charge\",\"actor\":\"a\",\"amount\":5}"]
        let plain = try ImporterTests.read(lines.joined(separator: "\n"))
        #expect(plain.events.count == 2)
        #expect(try ImporterTests.read("[" + lines.joined(separator: ",\n") + "]") == plain)
        #expect(try ImporterTests.read("\n \n" + lines.joined(separator: "\r\n\r\n")) == plain)
    }
}
