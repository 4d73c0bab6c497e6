internal import EVM
internal import Economy
internal import Ledger
internal import Wire

/// Recomputes everything from the operations in the order of the ledger, and compares it with what the ledger holds and
/// with what it has said to everybody.
struct Checker {
    /// Where an operation stands: blocks count by thousands, so that places compare as numbers.
    typealias Position = UInt64

    private unowned let simulation: Simulation
    private var placed: [(position: Position, number: Int, reply: ReplyBody)] = []
    /// What a balance was after each operation that changed it.
    private var timelines: [Holding: [(position: Position, value: Int64)]] = [:]
    private var soldTimelines: [UInt64: [(position: Position, terms: OfferTerms?)]] = [:]

    init(_ simulation: Simulation) { self.simulation = simulation }

    /// Checks a ledger that has just been opened and does not run.
    mutating func check(_ ledger: Ledger, _ reply: (OperationRecord) -> ReplyBody?) {
        collect(reply)
        if simulation.finding == nil { checkCount(ledger) }
        if simulation.finding == nil { checkOrder() }
        var model = GameModel(game: simulation.game, cast: simulation.cast, balances: simulation.base.balances)
        if simulation.finding == nil { execute(&model) }
        if simulation.finding == nil { compare(model, ledger) }
        if simulation.finding == nil { checkQueries() }
    }

    private static func position(_ reply: ReplyBody) -> Position { reply.block << 20 | UInt64(reply.index) + 1 }

    /// Looks every operation up that was ever sent; linked groups are there wholly or not at all.
    private mutating func collect(_ reply: (OperationRecord) -> ReplyBody?) {
        for (number, record) in simulation.history.operations.enumerated() {
            let found = reply(record)
            if let found { placed.append((Self.position(found), number, found)) }
            if case .absent(let code, true) = record.known, found != nil {
                return simulation.find("operation \(record.id.hex) was refused (\(code)), but it is in the ledger")
            }
            if case .wrong(_, let code) = record.action {
                if found != nil { return simulation.find("operation \(record.id.hex) is wrong, but in the ledger") }
                if record.group.isEmpty, case .absent(let have, _) = record.known, have != code {
                    return simulation.find("operation \(record.id.hex) must be refused with \(code), not \(have)")
                }
            }
        }
        placed.sort { $0.position < $1.position }
        for index in placed.indices.dropFirst() where placed[index].position == placed[index - 1].position {
            return simulation.find("two operations are at the same place, block \(placed[index].reply.block)")
        }
        checkGroups()
    }

    private func checkGroups() {
        var members: [Int: Int] = [:]
        for (place, entry) in placed.enumerated() {
            let group = simulation.history.operations[entry.number].group
            guard !group.isEmpty else { continue }
            members[group.lowerBound, default: 0] += 1
            let isFirst = entry.number == group.lowerBound
            let follows = place > 0 && placed[place - 1].number == entry.number - 1
            if !isFirst, !follows || placed[place - 1].reply.block != entry.reply.block {
                return simulation.find("a linked group is torn apart at block \(entry.reply.block)")
            }
            if entry.reply.status != .applied {
                return simulation.find("a linked operation failed, but is in the ledger")
            }
        }
        for (first, count) in members.sorted(by: { $0.key < $1.key })
        where count != simulation.history.operations[first].group.count {
            let need = simulation.history.operations[first].group.count
            return simulation.find("\(count) of \(need) operations of a linked group are in the ledger")
        }
    }

    private func checkCount(_ ledger: Ledger) {
        let count = ledger.status.operations
        if count != UInt64(placed.count) {
            simulation.find("the ledger counts \(count) operations, but \(placed.count) of those sent are in it")
        }
    }

    /// What was answered before another was sent stands before it.
    private func checkOrder() {
        var answered: [(event: Int, position: Position)] = []
        var sent: [(event: Int, position: Position, number: Int)] = []
        for entry in placed {
            let record = simulation.history.operations[entry.number]
            sent.append((record.firstSent, entry.position, entry.number))
            if record.answered != .max { answered.append((record.answered, entry.position)) }
        }
        answered.sort { $0.event < $1.event }
        sent.sort { $0.event < $1.event }
        var next = 0
        var latest: Position = 0
        for operation in sent {
            while next < answered.count, answered[next].event < operation.event {
                latest = max(latest, answered[next].position)
                next += 1
            }
            if operation.position < latest {
                let id = simulation.history.operations[operation.number].id.hex
                return simulation.find("operation \(id) stands before one that was final when it was first sent")
            }
        }
    }

    /// Runs the model over all operations and compares every outcome.
    private mutating func execute(_ model: inout GameModel) {
        for entry in placed {
            let record = simulation.history.operations[entry.number]
            let outcome = model.apply(record.action, nowSeconds: Simulation.startMilliseconds / 1_000)
            for holding in model.changed {
                timelines[holding, default: []].append((entry.position, model.balance(holding.place, holding.asset)))
            }
            if let offer = Self.offer(of: record.action) {
                soldTimelines[offer, default: []].append((entry.position, model.offers[offer]))
            }
            switch outcome {
            case .applied(let result0, let result1):
                let reply = entry.reply
                if reply.status == .applied, result0 == nil || result0 == reply.result0,
                    result1 == nil || result1 == reply.result1
                {
                    continue
                }
            case .refused(let code):
                if entry.reply.status == .refusedByContract, entry.reply.refusalCode == code { continue }
            }
            return simulation.find(
                "operation \(record.id.hex) of block \(entry.reply.block), \(record.action), is \(entry.reply); the "
                    + "checker says \(outcome)")
        }
    }

    private static func offer(of action: GameAction) -> UInt64? {
        switch action {
        case .purchase(_, let offer, _, _), .publish(let offer, _, _), .close(let offer): offer
        default: nil
        }
    }

    /// Compares all balances and offers, and sums every asset up.
    private func compare(_ model: GameModel, _ ledger: Ledger) {
        let cast = simulation.cast
        var sums: [UInt64: Int64] = [:]
        for place in cast.accounts.indices {
            for asset in simulation.base.assets {
                let need = model.balance(place, asset)
                // Players hold little of all there is: what nobody has touched is not asked for.
                if need == 0, timelines[Holding(place: place, asset: asset)] == nil { continue }
                let have = SimulationBase.balance(ledger, simulation.game, cast, place, asset)
                guard have == need else {
                    return simulation.find(
                        "account \(place) has \(have.map(String.init) ?? "?") of asset \(asset); the checker says \(need)"
                    )
                }
                sums[asset, default: 0] += need
            }
        }
        for asset in simulation.base.assets where (sums[asset] ?? 0) != 0 {
            return simulation.find("asset \(asset) sums to \(sums[asset] ?? 0)")
        }
        for number in model.offers.keys.sorted() {
            let request = simulation.game.offerRequest(number)
            let output = ledger.view(ViewCall(to: request.to, data: request.data, ticket: 0)).output
            guard let view = simulation.game.offer(from: output), let terms = model.offers[number] else {
                return simulation.find("offer \(number) is not in the ledger")
            }
            guard view.isActive == terms.isActive, view.sold == terms.sold, view.stock == terms.stock else {
                return simulation.find("offer \(number) is \(view); the checker says \(terms)")
            }
        }
    }

    /// Every answer to a question is what the checker's ledger was at some moment between question and answer.
    private func checkQueries() {
        var answered: [(event: Int, position: Position)] = []
        var sent: [(event: Int, position: Position)] = []
        for entry in placed {
            let record = simulation.history.operations[entry.number]
            sent.append((record.firstSent, entry.position))
            if record.answered != .max { answered.append((record.answered, entry.position)) }
        }
        let latest = Prefix(answered)
        let earliest = Suffix(sent)
        for query in simulation.history.queries {
            let from = latest.maximum(before: query.sent)
            let to = earliest.minimum(after: query.received)
            if let wrong = wrong(query, from, to) { return simulation.find(wrong) }
        }
    }

    private func wrong(_ query: QueryRecord, _ from: Position, _ to: Position) -> String? {
        switch (query.subject, query.answer) {
        case (.balance(let place, let asset), .balance(_, let amount)):
            let holding = Holding(place: place, asset: asset)
            let possible = values(timelines[holding] ?? [], simulation.base.balances[holding] ?? 0, from, to)
            if possible.contains(amount) { return nil }
            return "account \(place) was told that it has \(amount) of asset \(asset); possible were \(possible)"
        case (.inventory(let place), .inventory(let items, _)):
            for item in items {
                let holding = Holding(place: place, asset: item.asset)
                let possible = values(timelines[holding] ?? [], 0, from, to)
                if possible.contains(Int64(item.amount)) { continue }
                return "account \(place) was told of \(item.amount) of item \(item.asset); possible were \(possible)"
            }
            let listed = Set(items.map(\.asset))
            for asset in simulation.base.assets where asset >= Catalog.firstItem && !listed.contains(asset) {
                let holding = Holding(place: place, asset: asset)
                let possible = values(timelines[holding] ?? [], 0, from, to)
                if !possible.contains(0) {
                    return "account \(place) was told of no item \(asset); possible were \(possible)"
                }
            }
            return nil
        case (.offer(let number), .offer(let state)):
            let initial = simulation.game.catalog.offers.first { $0.offer == number }.map { _ in UInt64(0) }
            let possible = values(
                (soldTimelines[number] ?? []).map { (position: $0.position, value: $0.terms?.sold) }, initial, from, to)
            if possible.contains(state.sold) { return nil }
            return "offer \(number) was said to be sold \(state.sold) times; possible were \(possible)"
        case (.offer(let number), .notFound):
            let initial = simulation.game.catalog.offers.contains { $0.offer == number }
            let possible = values(
                (soldTimelines[number] ?? []).map { (position: $0.position, value: $0.terms != nil) }, initial, from, to
            )
            return possible.contains(false) ? nil : "offer \(number) was said to be unknown"
        default: return nil
        }
    }

    /// What something was at some moment from a place on and before another.
    private func values<Value>(
        _ timeline: [(position: Position, value: Value)], _ initial: Value, _ from: Position, _ to: Position
    ) -> [Value] {
        var low = 0
        var high = timeline.count
        while low < high {
            let middle = (low + high) / 2
            if timeline[middle].position <= from { low = middle + 1 } else { high = middle }
        }
        var found = [low == 0 ? initial : timeline[low - 1].value]
        while low < timeline.count, timeline[low].position < to {
            found.append(timeline[low].value)
            low += 1
        }
        return found
    }
}

/// The greatest place among what happened before an event.
private struct Prefix {
    private var events: [Int] = []
    private var maxima: [UInt64] = []

    init(_ entries: [(event: Int, position: UInt64)]) {
        var greatest: UInt64 = 0
        for entry in entries.sorted(by: { $0.event < $1.event }) {
            greatest = max(greatest, entry.position)
            events.append(entry.event)
            maxima.append(greatest)
        }
    }

    func maximum(before event: Int) -> UInt64 {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle] < event { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : maxima[low - 1]
    }
}

/// The least place among what happened after an event.
private struct Suffix {
    private var events: [Int] = []
    private var minima: [UInt64] = []

    init(_ entries: [(event: Int, position: UInt64)]) {
        var least = UInt64.max
        for entry in entries.sorted(by: { $0.event > $1.event }) {
            least = min(least, entry.position)
            events.append(entry.event)
            minima.append(least)
        }
        events.reverse()
        minima.reverse()
    }

    func minimum(after event: Int) -> UInt64 {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle] <= event { low = middle + 1 } else { high = middle }
        }
        return low == events.count ? .max : minima[low]
    }
}
