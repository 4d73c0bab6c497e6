import EVM
import Economy
import Foundation
import Testing
import Wire

@testable import hoard_load

/// The prepared payloads against the game's own encoder, with the game data that comes with the program.
struct ActionWriterTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("GameData")
        .path

    private let table: GameTable
    private let writer: ActionWriter
    private let accounts = (0..<3).map { Account(playerName: "player-\($0)") }
    private let faucet = Account(label: "hoard:faucet:load")

    init() throws {
        let text = """
            {"name": "test", "about": "test", "players": 3, "zipf": 0,
             "start": {"gold": 1000, "itemKinds": 32, "itemQuantity": 100},
             "operations": [{"kind": "reward", "percent": 100, "gold": [1, 1], "quantity": [1, 1]}],
             "connections": 1, "inFlight": 1, "warmUpSeconds": 0, "seconds": 1}
            """
        let scenario = try Scenario.parse(Data(text.utf8), file: "test")
        table = try GameTable(folder: Self.folder, scenario: scenario)
        writer = try ActionWriter(table: table, accounts: accounts, faucet: faucet)
    }

    @Test func `the load faucet and the players are the accounts of the game's own names`() {
        #expect(faucet.bytes == [UInt8](NamedAccount.faucet("load").bytes))
        #expect(accounts[0].bytes == [UInt8](NamedAccount.player("player-0").bytes))
    }

    @Test func `a transfer is as the game encodes it`() throws {
        let written = writer.write(operation(.transfer, gold: 7))
        #expect(written.actor == accounts[1])
        try expect(
            written, table.transfer,
            ["to": .account(NamedAccount.player("player-2")), "asset": .number(1), "amount": .number(7)])
    }

    @Test func `a purchase is as the game encodes it`() throws {
        let written = writer.write(operation(.purchase, item: 4, quantity: 3, gold: 33))
        #expect(written.actor == accounts[1])
        try expect(
            written, table.purchase,
            [
                "offer": .number(UInt64(table.offers[4].offer)), "quantity": .number(3),
                "maxCost": .numbers([33]),
            ])
    }

    @Test func `a trade is as the game encodes it`() throws {
        let written = writer.write(operation(.trade, item: 2, quantity: 3, gold: 40))
        #expect(written.actor == .zero)
        try expect(
            written, table.trade,
            [
                "first": .account(NamedAccount.player("player-1")),
                "second": .account(NamedAccount.player("player-2")),
                "firstGives": .lines([AssetLine(asset: table.offers[2].asset, amount: 3)]),
                "secondGives": .lines([AssetLine(asset: 1, amount: 40)]),
            ])
    }

    @Test func `a proposal and its acceptance name the same trade`() throws {
        writer.tradeHigh = 0x0102_0304_0506_0708
        var operation = operation(.proposal, item: 2, quantity: 3, gold: 40)
        operation.trade = 0x11
        let name: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0x11]
        let written = writer.write(operation)
        #expect(written.actor == accounts[1])
        let field = try #require(table.propose.field("expires"))
        let expires = written.payload.loadUnaligned(fromByteOffset: field.offset, as: UInt64.self)
        #expect(expires > UInt64(time(nil)))
        try expect(
            written, table.propose,
            [
                "trade": .id(name), "counterparty": .account(NamedAccount.player("player-2")),
                "gives": .lines([AssetLine(asset: table.offers[2].asset, amount: 3)]),
                "wants": .lines([AssetLine(asset: 1, amount: 40)]), "expires": .number(expires),
            ])
        operation.kind = .acceptance
        let accepted = writer.write(operation)
        #expect(accepted.actor == accounts[2])
        try expect(accepted, table.accept, ["trade": .id(name)])
    }

    @Test func `a craft is as the game encodes it`() throws {
        let written = writer.write(operation(.craft, item: 31, quantity: 2, gold: 0))
        #expect(written.actor == .zero)
        try expect(
            written, table.exchange,
            [
                "player": .account(NamedAccount.player("player-1")), "to": .account(NamedAccount.sink("crafting")),
                "from": .account(NamedAccount.faucet("crafting")), "reason": .number(0),
                "pays": .lines([AssetLine(asset: table.offers[31].asset, amount: 2)]),
                "gets": .lines([AssetLine(asset: table.offers[0].asset, amount: 1)]),
            ])
    }

    @Test func `a reward leaves nothing of a longer grant before it`() throws {
        _ = writer.writeGrant(player: 0, gold: 5, count: 7) { (table.offers[$0].asset, 100) }
        let written = writer.write(operation(.reward, item: 31, quantity: 1, gold: 9))
        try expect(
            written, table.grant,
            [
                "player": .account(NamedAccount.player("player-1")),
                "faucet": .account(NamedAccount.faucet("load")),
                "lines": .lines([
                    AssetLine(asset: 1, amount: 9), AssetLine(asset: table.offers[31].asset, amount: 1),
                ]),
            ])
    }

    @Test func `the offers are the game's plain ones with their prices`() {
        #expect(table.offers.count == 32)
        #expect(Set(table.offers.map(\.asset)).count == 32)
        #expect(table.prices.allSatisfy { $0 > 0 })
    }

    private func operation(
        _ kind: OperationKind, item: UInt32 = 0, quantity: UInt32 = 0, gold: UInt64
    ) -> LoadOperation {
        LoadOperation(
            kind: kind, player: 1, counterparty: 2, item: item, quantity: quantity, gold: gold)
    }

    private func expect(
        _ written: ActionWriter.Written, _ action: ActionDefinition, _ fields: [String: FieldValue]
    ) throws {
        #expect(written.code == action.code)
        #expect(Array(written.payload) == (try action.encodePayload(fields)))
    }
}
