import EVM
import Economy
import Foundation
import Gateway
import History
import Ledger
import Testing
import Wire

@testable import Observatory

/// Listings are browsed page by page.
struct ListingTests {
    private static func id(_ number: UInt8) -> [UInt8] { [UInt8](repeating: 0xa0, count: 15) + [number] }

    @Test func `what can be bought of an item is listed page by page, newest first, and nothing else`() async throws {
        try await ObservedWorld.serve { world in
            let server = SessionIdentity(role: .server, subject: "game")
            let (ann, bob) = (SessionIdentity(role: .player, subject: "ann"), SessionIdentity(role: .player, subject: "bob"))
            for name in ["ann", "bob"] {
                try world.play(
                    "grant", server,
                    [
                        "player": .account(NamedAccount.player(name)), "faucet": .account(NamedAccount.faucet("load")),
                        "lines": .lines([1, 65_536, 65_540].map { AssetLine(asset: $0, amount: 1_000) }),
                    ])
            }
            // One is of another item, one is taken back, one is bought up, one in part.
            for number in 1...9 as ClosedRange<UInt8> {
                try world.play(
                    "listItem", ann,
                    [
                        "listing": .id(Self.id(number)), "asset": .number(number == 4 ? 65_540 : 65_536), "quantity": .number(5),
                        "currency": .number(1), "unitPrice": .number(UInt64(number)), "expires": .number(9_000_000_000),
                    ])
            }
            try world.play("cancelListing", ann, ["listing": .id(Self.id(2))])
            for (number, quantity) in [(6, 5), (7, 2)] as [(UInt8, UInt64)] {
                try world.play("buyListing", bob, ["listing": .id(Self.id(number)), "quantity": .number(quantity), "maxCost": .number(99)])
            }
            let history = world.observatory.service.history
            let end = Date().addingTimeInterval(20)
            while history.indexedBlock < world.gateway.ledgerStatus.blocks, Date() < end { usleep(5_000) }
            #expect(history.indexedBlock == world.gateway.ledgerStatus.blocks)
            var cursor = JSON.null
            var pages: [[String]] = []
            repeat {
                let page = try world.result("hoard_listings", [.number("65536"), cursor, .number("2")])
                guard case .array(let rows)? = page["listings"] else { throw Failed(what: "\(page)") }
                pages.append(rows.compactMap { $0["listing"]?.text.map { String($0.suffix(2)) } })
                if rows.contains(where: { $0["listing"]?.text?.hasSuffix("07") == true }) {
                    #expect(rows.contains { $0["left"] == .int(3) && $0["unitPrice"] == .int(7) && $0["seller"] == .address(NamedAccount.player("ann")) })
                }
                cursor = page["next"] ?? .null
            } while cursor != .null && pages.count < 20
            #expect(pages.flatMap { $0 } == ["09", "08", "07", "05", "03", "01"], "\(pages)")
            #expect(pages.allSatisfy { $0.count <= 2 } && pages.count < 6)
            #expect(try world.result("hoard_listings", [.number("65537"), .null, .number("2")])["listings"] == .array([]))
        }
    }
}
