import EVM
import Economy
import Testing
import Wire

/// Drafts, versions, windows of time and prices by segment.
struct CatalogVersionTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")

    init() throws {
        world = try TestWorld()
        for name in ["anna", "ben"] {
            try world.give(name, [AssetLine(asset: 1, amount: 10_000), AssetLine(asset: 2, amount: 100)])
        }
    }

    private var now: UInt64 { world.timestampSeconds }

    private func terms(_ offer: UInt64, price: UInt64, result: UInt64 = 65_536) -> [String: FieldValue] {
        [
            "offer": .number(offer), "stock": .number(.max), "costs": .lines([AssetLine(asset: 1, amount: price)]),
            "results": .lines([AssetLine(asset: result, amount: 1)]),
        ]
    }

    private func rule(_ action: String, _ fields: [String: FieldValue]) throws -> ReplyBody {
        try world.perform(action, as: .operator, by: "root", fields)
    }

    private func draft(_ version: UInt64, _ offer: UInt64, price: UInt64) throws -> ReplyBody {
        try rule("draftOffer", terms(offer, price: price).merging(["version": .number(version)]) { $1 })
    }

    private func publish(_ version: UInt64, starts: UInt64) throws -> ReplyBody {
        try rule("publishCatalog", ["version": .number(version), "starts": .number(starts), "digest": .words([7])])
    }

    private func buy(_ offer: UInt64, _ quantity: UInt64 = 1, most: UInt64 = 1_000, by name: String = "anna") throws -> ReplyBody {
        try world.perform(
            "purchase", by: name, ["offer": .number(offer), "quantity": .number(quantity), "maxCost": .numbers([most])])
    }

    private func expect(
        _ reply: ReplyBody, _ code: UInt16, _ have: UInt64, _ need: UInt64, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect((reply.refusalCode, reply.have, reply.need) == (code, have, need), "\(reply.message)", sourceLocation: place)
    }

    @Test func `all drafts of a version take effect in one second, and not before`() throws {
        for (offer, price) in [(1, 50), (2, 60), (900, 70)] as [(UInt64, UInt64)] {
            #expect(try draft(1, offer, price: price).status == .applied)
        }
        #expect(try buy(1).result1 == 2)
        expect(try buy(900), 120, 900, 0)
        #expect(try publish(1, starts: now + 10).result1 == now + 10)
        world.timestampSeconds += 9
        #expect(try buy(1).result1 == 2)
        #expect(try buy(2).result1 == 9)
        expect(try buy(900), 120, 900, 0)
        world.timestampSeconds += 1
        #expect(try buy(1).result1 == 50)
        #expect(try buy(2).result1 == 60)
        #expect(try buy(900, 2).result1 == 140)
        expect(try buy(1, most: 49), 126, 50, 49)
        guard case .offer(let offer) = try world.ask(QueryBody(kind: .offer, subject: 900)) else {
            Issue.record("no offer")
            return
        }
        #expect(offer.isOpen && offer.costs[0] == AssetAmount(asset: 1, amount: 70))
        // What is in force is changed and closed as any offer.
        #expect(try rule("updateOffer", terms(1, price: 51)).status == .applied)
        #expect(try buy(1).result1 == 51)
        #expect(try rule("closeOffer", ["offer": .number(900)]).status == .applied)
        expect(try buy(900), 121, 0, 1)
        expect(try rule("publishOffer", terms(900, price: 1)), 130, 900, 0)
    }

    @Test func `versions only rise, and what is published is not drafted over before its time`() throws {
        #expect(try draft(5, 1, price: 50).status == .applied)
        #expect(try draft(6, 1, price: 55).status == .applied)
        #expect(try publish(6, starts: now + 100).status == .applied)
        expect(try draft(6, 2, price: 1), 133, 6, 7)
        expect(try draft(7, 1, price: 1), 134, 7, 6)
        expect(try publish(6, starts: 0), 133, 6, 7)
        expect(try publish(8, starts: now - 1), 135, now - 1, now)
        #expect(try rule("withdrawCatalog", ["version": .number(6)]).status == .applied)
        world.timestampSeconds += 200
        #expect(try buy(1).result1 == 2)
        #expect(try draft(7, 1, price: 57).status == .applied)
        #expect(try publish(7, starts: 0).result1 == now)
        #expect(try buy(1).result1 == 57)
        expect(try rule("withdrawCatalog", ["version": .number(7)]), 135, now, now)
        // The next draft of the same offer leaves in force what is.
        #expect(try draft(8, 1, price: 58).status == .applied)
        #expect(try buy(1).result1 == 57)
        #expect(try publish(8, starts: now + 1).status == .applied)
        world.timestampSeconds += 1
        #expect(try buy(1).result1 == 58)
    }

    @Test func `a cap in a window of time counts anew with each window`() throws {
        let limit: [String: FieldValue] = ["offer": .number(1), "cap": .number(3), "windowSeconds": .number(100)]
        #expect(try rule("limitOffer", limit).status == .applied)
        world.timestampSeconds = (now / 100 + 1) * 100 - 1
        #expect(try buy(1, 2).status == .applied)
        expect(try buy(1, 2), 132, 4, 3)
        #expect(try buy(1, 3, by: "ben").status == .applied)
        world.timestampSeconds += 1
        #expect(try buy(1, 3).status == .applied)
        expect(try buy(1), 132, 4, 3)
        #expect(try rule("limitOffer", limit.merging(["cap": .number(0)]) { $1 }).status == .applied)
        #expect(try buy(1, 9).status == .applied)
        expect(try rule("limitOffer", limit.merging(["offer": .number(901)]) { $1 }), 120, 901, 0)
    }

    @Test func `a segment pays its own price, everybody else the usual one`() throws {
        let price: [String: FieldValue] = [
            "offer": .number(1), "segment": .number(3),
            "costs": .lines([AssetLine(asset: 2, amount: 1), AssetLine(asset: 1, amount: 1)]),
        ]
        #expect(try rule("setSegmentPrice", price).status == .applied)
        let segment: [String: FieldValue] = ["player": .account(anna), "segment": .number(3)]
        #expect(try world.perform("setSegment", as: .server, by: "game", segment).result0 == 3)
        let reply = try world.perform(
            "purchase", ["offer": .number(1), "quantity": .number(4), "maxCost": .numbers([4, 4])])
        #expect((reply.status, reply.result1) == (.applied, 4))
        #expect(try world.balance(of: "anna", 2) == 96)
        #expect(try world.balance(of: "anna", 1) == 9_996)
        expect(try buy(1, 4, most: 3), 126, 4, 3)
        #expect(try buy(1, 1, by: "ben").result1 == 2)
        #expect(try rule("setSegmentPrice", price.merging(["costs": .lines([])]) { $1 }).status == .applied)
        #expect(try buy(1).result1 == 2)
    }

    @Test func `only operators draft and publish, only game servers name segments`() throws {
        for (action, fields) in [
            ("draftOffer", terms(1, price: 1).merging(["version": .number(1)]) { $1 }),
            ("publishCatalog", ["version": .number(1)]),
        ] as [(String, [String: FieldValue])] {
            for role in [Role.player, .server] {
                #expect(try world.perform(action, as: role, by: "anna", fields).refusalCode == 10)
            }
        }
        let segment: [String: FieldValue] = ["player": .account(anna), "segment": .number(3)]
        #expect(try world.perform("setSegment", by: "anna", segment).refusalCode == 10)
    }

    /// Terms of an offer in the model.
    private struct ModelOffer {
        var price: UInt64?
        var isOpen = true
        var wasDrafted = false
        var draft: (version: UInt64, price: UInt64)?
        var window: (cap: UInt64, seconds: UInt64)?
        var counted: [String: (window: UInt64, bought: UInt64)] = [:]
    }

    @Test(arguments: [UInt64](1...4))
    func `random drafts, versions, windows and purchases follow a plain model`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var offers: [UInt64: ModelOffer] = [1: ModelOffer(price: 2), 2: ModelOffer(price: 9)]
        var starts: [UInt64: UInt64] = [:]
        var latest: UInt64 = 0
        var applied = 0
        for step in 0..<250 {
            world.timestampSeconds += UInt64(random.below(8))
            let number = [1, 2, 910, 911][random.below(4)] as UInt64
            var offer = offers[number] ?? ModelOffer()
            // What has taken effect is the offer's own.
            if let draft = offer.draft, let begins = starts[draft.version], begins <= now {
                (offer.price, offer.isOpen, offer.draft) = (draft.price, true, nil)
            }
            let (expected, reply): (Bool, ReplyBody)
            switch random.below(10) {
            case 0, 1:
                let version = max(1, latest + UInt64(random.below(3)))
                let price = UInt64(1 + random.below(90))
                let isPending = offer.draft.map { starts[$0.version] != nil } ?? false
                (expected, reply) = (version > latest && !isPending, try draft(version, number, price: price))
                if expected { (offer.draft, offer.wasDrafted) = ((version, price), true) }
            case 2:
                let version = latest + UInt64(1 + random.below(2))
                let begins = now + UInt64(random.below(30))
                (expected, reply) = (true, try publish(version, starts: begins))
                (latest, starts[version]) = (version, begins)
            case 3:
                let isLater = starts[latest].map { $0 > now } ?? false
                guard latest > 0 else { continue }
                (expected, reply) = (isLater, try rule("withdrawCatalog", ["version": .number(latest)]))
                if expected { starts[latest] = nil }
            case 4:
                let (cap, seconds) = (UInt64(random.below(4)), UInt64(20 + random.below(50)))
                (expected, reply) = (
                    offer.price != nil || offer.wasDrafted,
                    try rule("limitOffer", ["offer": .number(number), "cap": .number(cap), "windowSeconds": .number(seconds)])
                )
                if expected { offer.window = (cap, seconds) }
            case 5:
                (expected, reply) = (offer.price != nil, try rule("closeOffer", ["offer": .number(number)]))
                if expected { offer.isOpen = false }
            case 6:
                let price = UInt64(1 + random.below(90))
                (expected, reply) = (offer.price != nil, try rule("updateOffer", terms(number, price: price)))
                if expected { (offer.price, offer.isOpen) = (price, true) }
            default:
                let (who, quantity) = (random.below(2) == 0 ? "anna" : "ben", UInt64(1 + random.below(2)))
                let before = try world.balance(of: who, 1)
                reply = try buy(number, quantity, most: .max, by: who)
                var bought = quantity
                var fits = true
                if let window = offer.window, window.cap > 0 {
                    let place = now / window.seconds
                    if let counted = offer.counted[who], counted.window == place { bought += counted.bought }
                    fits = bought <= window.cap
                }
                let cost = Int64((offer.price ?? 0) * quantity)
                expected = offer.price != nil && offer.isOpen && fits && cost <= before
                if expected {
                    if let window = offer.window, window.cap > 0 { offer.counted[who] = (now / window.seconds, bought) }
                    #expect(try world.balance(of: who, 1) == before - cost)
                }
            }
            guard (reply.status == .applied) == expected else {
                throw TestFailure("step \(step), offer \(number): the model says \(expected), the contract \(reply)")
            }
            offers[number] = offer
            if expected { applied += 1 }
        }
        #expect(applied > 80, "\(applied)")
    }
}
