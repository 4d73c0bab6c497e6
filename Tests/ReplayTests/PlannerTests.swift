import Replay
import Testing
import Wire

struct PlannerTests {
    /// A plan of events given as kinds and fields; player a starts with 1,000 gold.
    static func plan(_ events: [MatchEvent], options: PlanOptions = PlanOptions()) throws -> ReplayPlan {
        let start = [MatchEvent(timeMilliseconds: 0, kind: .reward, actor: "a", amount: 1000)]
        let numbered = (start + events).enumerated().map { index, event in
            var event = event
            event.sequence = Int64(index)
            event.timeMilliseconds = Int64(index)
            return event
        }
        return try Planner.plan(Match(name: "m", format: "test", events: numbered), options: options)
    }

    static func model(_ plan: ReplayPlan) -> LedgerModel {
        var model = LedgerModel()
        var linked: [PlannedAction] = []
        for action in plan.actions {
            linked.append(action)
            if action.linkedWithNext { continue }
            let applied = model.apply(linked)
            #expect(applied == action.expectedToApply)
            linked = []
        }
        for asset: UInt64 in [1, 2, 1_048_577, 1_572_864] { #expect(model.sum(asset) == 0) }
        return model
    }

    static func event(
        _ kind: MatchEventKind, _ actor: String = "a", to: String? = nil, item: String? = nil, quantity: Int64? = nil,
        amount: Int64? = nil, fee: Int64? = nil, of reference: Int64? = nil, currency: String? = nil
    ) -> MatchEvent {
        MatchEvent(
            timeMilliseconds: 0, kind: kind, actor: actor, counterparty: to, item: item, quantity: quantity,
            amount: amount, currency: currency, fee: fee, reference: reference)
    }

    @Test func `a purchase uses up its parts in one exchange`() throws {
        let plan = try Self.plan([
            Self.event(.purchase, item: "1", amount: 100), Self.event(.purchase, item: "1", amount: 100),
            Self.event(.purchase, item: "2", amount: 300, fee: 5), Self.event(.destroy, item: "1", of: 3),
            Self.event(.destroy, item: "1", of: 3),
        ])
        #expect(plan.actions.count == 4)
        let exchange = try #require(plan.actions.last)
        #expect(exchange.fields["pays"] == .lines([.init(asset: 1, amount: 305), .init(asset: 1_048_577, amount: 2)]))
        #expect(exchange.fields["gets"] == .lines([.init(asset: 1_048_578, amount: 1)]))
        let model = Self.model(plan)
        #expect(model.balance(.player("m/a"), 1) == 495)
        #expect(model.balance(.player("m/a"), 1_048_577) == 0)
    }

    @Test func `more lines than an action holds become linked exchanges`() throws {
        var events = (1...11).map { Self.event(.reward, item: "\($0)") }
        events.append(Self.event(.craft, item: "99", fee: 10))
        events += (1...11).map { Self.event(.destroy, item: "\($0)", of: 12) }
        let plan = try Self.plan(events)
        let parts = plan.actions.filter { $0.sequence == 12 }
        #expect(parts.map(\.linkedWithNext) == [true, false])
        #expect(parts.map(\.operationID).count == 2 && parts[0].operationID != parts[1].operationID)
        let model = Self.model(plan)
        #expect((1...11).allSatisfy { model.balance(.player("m/a"), 1_048_576 + UInt64($0)) == 0 })
        #expect(model.balance(.player("m/a"), 1) == 990)
    }

    @Test func `what was refused is not undone, and nothing is undone twice`() throws {
        let plan = try Self.plan([
            Self.event(.purchase, item: "1", amount: 5000), Self.event(.undo, of: 1),
            Self.event(.purchase, item: "1", amount: 200), Self.event(.undo, of: 3), Self.event(.undo, of: 3),
        ])
        #expect(plan.notes.count == 2)
        #expect(plan.actions.filter { $0.kind == .undo }.count == 1)
        #expect(Self.model(plan).balance(.player("m/a"), 1) == 1000)
    }

    @Test(arguments: [
        // The world's fee: the trade contract does it in one action.
        (Int64(400), Int64(10), ["trade"], Int64(390)),
        // Rounded up: 401 owe 10.025.
        (401, 11, ["trade"], 390),
        (401, 10, ["transferItem", "transferCoins", "transferCoins"], 391),
        (400, 0, ["transferItem", "transferCoins"], 400),
        (400, 100, ["transferItem", "transferCoins", "transferCoins"], 300),
        (0, 0, ["transferItem"], 0),
    ]) func `a trade keeps the fee of the record`(_ price: Int64, _ fee: Int64, _ names: [String], _ received: Int64)
        throws
    {
        let plan = try Self.plan([
            Self.event(.reward, "b", item: "7"), Self.event(.trade, "b", to: "a", item: "7", amount: price, fee: fee),
        ])
        #expect(plan.actions.filter { $0.kind == .trade }.map(\.name) == names)
        let model = Self.model(plan)
        #expect(model.balance(.player("m/a"), 1) == 1000 - price)
        #expect(model.balance(.player("m/b"), 1) == received)
        #expect(model.balance(.treasury, 1) == fee)
        #expect(model.balance(.player("m/a"), 1_048_583) == 1)
    }

    @Test func `a linked trade of which one part is refused moves nothing`() throws {
        let plan = try Self.plan([
            Self.event(.reward, "b", item: "7"), Self.event(.trade, "b", to: "a", item: "7", amount: 1001, fee: 0),
        ])
        #expect(plan.actions.filter { $0.kind == .trade }.allSatisfy { !$0.expectedToApply })
        #expect(Self.model(plan).balance(.player("m/b"), 1_048_583) == 1)
    }

    @Test func `a transfer loses its fee, and from or to the game it is a reward or a charge`() throws {
        let plan = try Self.plan([
            Self.event(.transfer, to: "b", amount: 100, fee: 30), Self.event(.transfer, "0", to: "b", amount: 7),
            Self.event(.transfer, to: "0", amount: 50), Self.event(.transfer, to: "b", amount: 10, fee: 99),
        ])
        let model = Self.model(plan)
        #expect(model.balance(.player("m/a"), 1) == 840)
        #expect(model.balance(.player("m/b"), 1) == 77)
        #expect(model.balance(.treasury, 1) == 40)
        #expect(plan.players == ["m/a", "m/b"])
    }

    @Test func `a refund names the operation it corrects and happens once`() throws {
        let plan = try Self.plan([
            Self.event(.purchase, item: "1", amount: 100), Self.event(.refund, amount: 40, of: 1),
            Self.event(.refund, amount: 40, of: 1), Self.event(.refund, amount: 1, of: 99),
        ])
        let refunds = plan.actions.filter { $0.name == "refund" }
        #expect(refunds.map(\.expectedToApply) == [true, false])
        #expect(refunds[0].fields["original"] == .operation(plan.actions[1].operationID))
        #expect(plan.notes.count == 1)
        #expect(Self.model(plan).balance(.player("m/a"), 1) == 940)
    }

    @Test func `credit lets a player go below zero and no further`() throws {
        let plan = try Self.plan([
            Self.event(.credit, amount: 50), Self.event(.charge, amount: 1040), Self.event(.charge, amount: 11),
            Self.event(.charge, amount: 10), Self.event(.snapshot, amount: -50),
        ])
        #expect(plan.actions.map(\.expectedToApply) == [true, true, true, false, true])
        #expect(plan.expectedExact == 1)
        #expect(plan.actions[1].authority == .operatorRole)
    }

    @Test func `a currency that the world has not is an error that lists those it has`() throws {
        let error = try #require(throws: PlanError.self) {
            try Self.plan([Self.event(.reward, amount: 1, currency: "vespene")])
        }
        #expect(error.description.contains("vespene") && error.description.contains("gems, gold"))
        var options = PlanOptions()
        options.currencies["vespene"] = 2
        #expect(
            try Self.plan([Self.event(.reward, amount: 1, currency: "vespene")], options: options).actions.count == 2)
    }

    @Test func `amounts that do not fit are errors or refusals, never a crash`() throws {
        #expect(throws: PlanError.self) { try Self.plan([Self.event(.purchase, item: "1", amount: .max, fee: 1)]) }
        let plan = try Self.plan([Self.event(.reward, amount: .max), Self.event(.reward, "b", amount: .max)])
        #expect(plan.actions.map(\.expectedToApply) == [true, false, false])
    }

    @Test func `named items count up from the middle of the range and numbers keep theirs`() throws {
        let plan = try Self.plan([
            Self.event(.reward, item: "axe"), Self.event(.reward, item: "524287"), Self.event(.reward, item: "524288"),
            Self.event(.reward, item: "axe"),
        ])
        let assets = plan.actions.dropFirst().map { action -> UInt64 in
            if case .lines(let lines)? = action.fields["lines"] { lines[0].asset } else { 0 }
        }
        #expect(assets == [1_572_864, 1_572_863, 1_572_865, 1_572_864])
    }

    @Test func `another name of the match gives other players and other operations`() throws {
        var options = PlanOptions()
        options.matchName = "copy"
        let events = [Self.event(.charge, amount: 5)]
        let (first, second) = (try Self.plan(events), try Self.plan(events, options: options))
        #expect(second.players == ["copy/a"])
        #expect(Set(first.actions.map(\.operationID)).isDisjoint(with: second.actions.map(\.operationID)))
    }
}
