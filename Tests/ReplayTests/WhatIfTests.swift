import Economy
import Foundation
import Gateway
import Replay
import Testing

/// What a change changes, by hand-made matches in which every figure can be checked by head; and where runs part.
@Suite(.serialized) struct WhatIfTests {
    /// A match of lines without the header.
    static func match(_ lines: String...) throws -> Match {
        try ImporterTests.read((["{\"match\":\"w\",\"kind\":\"match\"}"] + lines).joined(separator: "\n"))
    }

    static func change(_ text: String) throws -> EconomyChange {
        try EconomyChange(MatchSource(bytes: Array(text.utf8), file: "change.json"))
    }

    static func outcome(_ match: Match, _ text: String) throws -> WhatIfReport {
        try WhatIfReport.compare(match, change(text)) { try InProcessTests.play($0).report }
    }

    static func shopping() throws -> Match {
        try match(
            #"{"t":0,"kind":"reward","actor":"ana","amount":100,"source":"quest"}"#,
            #"{"t":0,"kind":"reward","actor":"bo","amount":1000,"source":"start"}"#,
            #"{"t":1,"kind":"purchase","actor":"ana","item":"sword","unitPrice":60}"#,
            #"{"t":2,"kind":"purchase","actor":"ana","item":"shield","unitPrice":30}"#,
            #"{"t":3,"kind":"purchase","actor":"ana","item":"potion","unitPrice":10}"#,
            #"{"t":4,"kind":"purchase","actor":"bo","item":"sword","unitPrice":60}"#)
    }

    @Test func `at half as much again two of four purchases are lost, and both are named`() throws {
        // Ana has 100: the sword costs 90 now, the shield 45 and the potion 15 with 10 left.
        let report = try Self.outcome(Self.shopping(), #"{"prices":{"*":{"factor":1.5}}}"#)
        #expect(report.invalidated.map(\.what) == ["purchase of shield", "purchase of potion"])
        #expect(report.invalidated.map(\.player) == ["ana", "ana"])
        #expect(report.losers.map(\.player) == ["ana"] && report.losers.map(\.count) == [2])
        #expect(report.base.supply.last == 940 && report.changed.supply.last == 920)
        #expect(report.base.balances == ["w/ana": 0, "w/bo": 940] && report.changed.balances == ["w/ana": 10, "w/bo": 910])
        #expect(report.notes.isEmpty && report.changed.priceIndex(against: report.base) == 1.5)
    }

    @Test(arguments: [
        (#"{"prices":{"shield":31}}"#, 1, ["w/ana": 9, "w/bo": 940]),
        (#"{"prices":{"sword":0}}"#, 0, ["w/ana": 60, "w/bo": 1000]),
        (#"{"rewards":{"quest":{"factor":0.5}}}"#, 1, ["w/ana": 10, "w/bo": 940]),
        (#"{"rewards":{"start":7}}"#, 1, ["w/ana": 0, "w/bo": 7]),
        (#"{"rewards":{"*":{"factor":2},"start":{"factor":1}}}"#, 0, ["w/ana": 100, "w/bo": 940]),
        (#"{"caps":{"sword":0}}"#, 2, ["w/ana": 60, "w/bo": 1000]),
        (#"{"caps":{"*":1}}"#, 0, ["w/ana": 0, "w/bo": 940]),
    ])
    func `each kind of change does what it says`(_ change: String, _ lost: Int, _ balances: [String: Int64]) throws {
        let report = try Self.outcome(Self.shopping(), change)
        #expect(report.invalidated.count == lost, "\(report.invalidated)")
        #expect(report.changed.balances == balances)
    }

    @Test func `what was undone does not count towards a cap`() throws {
        let match = try Self.match(
            #"{"t":0,"kind":"reward","actor":"ana","amount":100}"#,
            #"{"t":1,"seq":1,"kind":"purchase","actor":"ana","item":"sword","unitPrice":20}"#,
            #"{"t":2,"seq":2,"kind":"undo","actor":"ana","ref":1}"#,
            #"{"t":3,"seq":3,"kind":"purchase","actor":"ana","item":"sword","unitPrice":20}"#,
            #"{"t":4,"seq":4,"kind":"purchase","actor":"ana","item":"sword","unitPrice":20}"#)
        let report = try Self.outcome(match, #"{"caps":{"sword":1}}"#)
        #expect(report.invalidated.map(\.timeMilliseconds) == [4] && report.invalidated.map(\.reason) == ["over the cap of 1"])
        #expect(report.changed.balances == ["w/ana": 80])
    }

    @Test func `drops, sales, fees and refunds follow`() throws {
        let match = try Self.match(
            #"{"t":0,"seq":0,"kind":"reward","actor":"ana","item":"ore","quantity":10}"#,
            #"{"t":0,"seq":1,"kind":"reward","actor":"bo","amount":10000}"#,
            #"{"t":1,"seq":2,"kind":"trade","actor":"ana","counterparty":"bo","item":"ore","quantity":2,"amount":1000,"fee":25}"#,
            #"{"t":2,"seq":3,"kind":"trade","actor":"ana","counterparty":"bo","item":"ore","amount":1000,"fee":100}"#,
            #"{"t":3,"seq":4,"kind":"sell","actor":"ana","item":"ore","unitPrice":50,"quantity":4}"#,
            #"{"t":4,"seq":5,"kind":"purchase","actor":"bo","item":"hat","unitPrice":200}"#,
            #"{"t":5,"seq":6,"kind":"refund","actor":"bo","amount":100,"ref":5}"#)
        let base = try Self.outcome(match, #"{"caps":{"*":100}}"#)
        #expect(base.changed.balances == ["w/ana": 975 + 900 + 200, "w/bo": 10_000 - 2_000 - 200 + 100])
        // At twice the prices: fees of 2.5 % and of 10 % stay what they are, and the refund is half of what was paid.
        let dear = try Self.outcome(match, #"{"prices":{"*":{"factor":2}},"sellPrices":{"ore":70}}"#)
        #expect(dear.changed.balances == ["w/ana": 1_950 + 1_800 + 280, "w/bo": 10_000 - 4_000 - 400 + 200])
        let taxed = try Self.outcome(match, #"{"fees":{"trade":5000}}"#)
        #expect(taxed.changed.balances["w/ana"] == 1_200)
        let scarce = try Self.outcome(match, #"{"drops":{"ore":2}}"#)
        #expect(scarce.invalidated.map(\.what) == ["trade of ore", "sell of ore"] && scarce.losers.isEmpty)
        #expect(scarce.changed.balances["w/ana"] == 975)
    }

    @Test(arguments: [
        (#"{"price":{"*":2}}"#, "price"), (#"{"prices":[1,2]}"#, "an object"), (#"{"prices":5}"#, "an object"),
        (#"{"prices":{"a":{"factr":2}}}"#, "factr"), (#"{"prices":{"a":{"factor":2,"add":1}}}"#, "add"),
        (#"{"prices":{"a":-1}}"#, "0 or more"), (#"{"prices":{"a":1.5}}"#, "whole number"),
        (#"{"prices":{"a":{"factor":-1}}}"#, "a factor of"), (#"{"prices":{"a":{}}}"#, "factor"),
        (#"{"fees":{"trade":10001}}"#, "0 to 10000"), (#"{"fees":{"tax":1}}"#, "one of trade, lots, tribute"),
        (#"{"caps":{"a":-1}}"#, "0 to"), (#"{"offers":{"1":{"capPerPlayer":-5}}}"#, "0 to 4294967295"),
        (#"{"offers":{"1":{"stock":-1}}}"#, "0 to"), (#"{"offers":{"1":{"cost":1}}}"#, "price, capPerPlayer or stock"),
        (#"{"prices":{"a":1,"a":2}}"#, "stands twice"), (#"{"fees":{},"fees":{}}"#, "stands twice"), (#"[1]"#, "is no change"),
        (#"{"loot":{"1":5}}"#, "an object"), (#"{"loot":{"1":{"5":-1}}}"#, "0 or more"),
    ])
    func `a nonsense change is refused by name`(_ text: String, _ word: String) {
        #expect { try Self.change(text) } throws: { "\($0)".contains(word) && "\($0)".contains("change.json") }
    }

    @Test func `odds of loot become those of another game, and nothing else does`() throws {
        let folder = Recordings.repository.appendingPathComponent("GameData").path
        let game = try EndToEndTests.game.get()
        func changed(_ text: String) throws -> Game? { try ChangedGame.load(folder, game, Self.change(text)) }
        #expect(try changed(#"{"prices":{"*":2}}"#) == nil)
        let twice = try #require(try changed(#"{"loot":{"1":{"5":{"factor":2},"6":7,"*":{"factor":1}}}}"#))
        let tables = Dictionary(uniqueKeysWithValues: twice.catalog.loot.tables.map { ($0.table, $0) })
        #expect(tables[1]?.entries.map(\.weight) == [400, 300, 150, 100, 80, 7])
        #expect(tables[4] == game.catalog.loot.tables.first { $0.table == 4 })
        let all = try #require(try changed(#"{"loot":{"*":{"*":{"factor":3}},"1":{"1":1}}}"#))
        #expect(all.catalog.loot.tables.map { $0.entries.map(\.weight) }.prefix(4) == [[1, 300, 150, 100, 40, 10], [], [], [9, 3]])
        for (text, word) in [
            (#"{"loot":{"9":{"*":1}}}"#, "no table 9"), (#"{"loot":{"1":{"7":1}}}"#, "no entry 7"),
            (#"{"loot":{"1":{"sword of nobody":1}}}"#, "no entry sword of nobody"), (#"{"loot":{"2":{"1":1}}}"#, "draws nothing"),
            (#"{"loot":{"1":{"1":0}}}"#, "a weight is 1 to"),
        ] {
            #expect { try changed(text) } throws: { "\($0)".contains(word) }
        }
    }

    @Test func `a game that shares its parts by links is changed as well`() throws {
        let folder = Recordings.repository.appendingPathComponent("GameData/Examples/realm").path
        let game = try Game.load(folder: folder)
        let change = try Self.change(#"{"fees":{"trade":1000},"loot":{"20":{"5":{"factor":10}}}}"#)
        let changed = try #require(try ChangedGame.load(folder, game, change))
        #expect(changed.catalog.loot.tables.first { $0.table == 20 }?.entries.map(\.weight) == [50, 50, 30, 20, 30])
        func codes(_ game: Game) -> [String: [UInt8]] {
            game.contracts.mapValues { address in game.genesis.accounts.first { $0.address == address }?.code ?? [] }
        }
        let (before, after) = (codes(game), codes(changed))
        let differing = before.keys.filter { before[$0] != after[$0] }
        // The contracts that keep a fee, and no other.
        #expect(differing.sorted() == ["auctions", "book", "market", "trade"])
    }

    @Test func `what the match has not is told`() throws {
        let report = try Self.outcome(Self.shopping(), #"{"prices":{"swrod":5},"drops":{"*":0},"fees":{"trade":0},"offers":{"1":{}}}"#)
        #expect(report.notes.count == 4 && report.roots.base == report.roots.changed)
        #expect(try Self.outcome(Self.shopping(), "{}").notes == ["the change is empty: both runs are the same"])
    }

    @Test func `runs part at the first operation, at the end of the shorter one, or nowhere`() throws {
        let game = try EndToEndTests.game.get()
        let genesis = Gateway.ledgerGenesis(of: game)
        func run(_ match: Match) throws -> TrailRun {
            try TrailRun(Planner.plan(match), game: game, genesis: genesis, executor: InProcessTests.executor(genesis))
        }
        let match = try Self.shopping()
        var shorter = match
        shorter.events.removeLast(2)
        for (first, second) in [(match, shorter), (shorter, match)] {
            let comparison = try RunComparison.compare(run(first), run(second))
            #expect(comparison.equalCount == 4 && !comparison.isEqual)
            #expect((comparison.first == nil) == (first.events.count == 4) && (comparison.second == nil) == (second.events.count == 4))
        }
        var other = match
        other.events[0].amount = 101
        let parting = try RunComparison.compare(run(match), run(other))
        #expect(parting.equalCount == 0 && parting.difference == "the operation asks for something else")
        #expect(parting.first?.id == parting.second?.id)
        #expect(try RunComparison.compare(run(match), run(match)).isEqual)
    }
}
