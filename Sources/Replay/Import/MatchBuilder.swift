/// Collects the events of a match in any order, and keeps the books that importers need: what each player has.
struct MatchBuilder {
    private struct Holding: Hashable {
        let actor: String
        let thing: String
    }

    private var events: [MatchEvent] = []
    private var holdings: [Holding: Int64] = [:]
    /// How often something was given because the record uses it without saying where it came from.
    private(set) var giftCount = 0

    /// Adds an event and returns its number, for references.
    @discardableResult
    mutating func add(
        _ time: Int64, _ kind: MatchEventKind, _ actor: String, _ set: (inout MatchEvent) -> Void = { _ in }
    ) -> Int64 {
        var event = MatchEvent(sequence: Int64(events.count), timeMilliseconds: time, kind: kind, actor: actor)
        set(&event)
        events.append(event)
        return event.sequence
    }

    /// Gives or takes currency that the record says came or went.
    mutating func income(
        _ amount: Int64, to actor: String, at time: Int64, currency: String? = nil, source: String
    ) {
        guard amount != 0 else { return }
        add(time, amount > 0 ? .reward : .charge, actor) {
            $0.amount = abs(amount)
            $0.currency = currency
            $0.source = source
        }
        note(actor, currency ?? "", amount)
    }

    /// What a player has of a currency or an item by these books.
    func held(_ actor: String, _ thing: String = "") -> Int64 {
        holdings[Holding(actor: actor, thing: thing)] ?? 0
    }

    /// Notes what an event added in another way does to them.
    mutating func note(_ actor: String, _ thing: String = "", _ change: Int64) {
        let (sum, isTooMuch) = held(actor, thing).addingReportingOverflow(change)
        // What nobody can have is left to the ledger to refuse.
        holdings[Holding(actor: actor, thing: thing)] = isTooMuch ? (change > 0 ? .max : .min) : sum
    }

    /// Gives what a player is about to use and has not: logs are incomplete, and what was used was there.
    mutating func provide(
        _ amount: Int64, to actor: String, at time: Int64, currency: String? = nil, item: String? = nil
    ) {
        let thing = item.map { "item " + $0 } ?? currency ?? ""
        let (missing, isTooMuch) = amount.subtractingReportingOverflow(held(actor, thing))
        guard missing > 0, !isTooMuch else { return }
        giftCount += 1
        add(time, .reward, actor) {
            $0.item = item
            $0.quantity = item == nil ? nil : missing
            $0.amount = item == nil ? missing : nil
            $0.currency = item == nil ? currency : nil
            $0.source = "not in the log"
        }
        note(actor, thing, missing)
    }

    /// The events by time, at one instant in the order in which they were added, numbered anew.
    func ordered() -> [MatchEvent] {
        let order = events.indices.sorted {
            (events[$0].timeMilliseconds, $0) < (events[$1].timeMilliseconds, $1)
        }
        var places: [Int64: Int64] = [:]
        for (place, index) in order.enumerated() { places[events[index].sequence] = Int64(place) }
        return order.enumerated().map { place, index in
            var event = events[index]
            event.sequence = Int64(place)
            event.reference = event.reference.flatMap { places[$0] }
            return event
        }
    }
}
