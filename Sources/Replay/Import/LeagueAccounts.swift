/// Turns a timeline into canonical events: rewards out of samples, prices out of the table, undos out of a stack for
/// each player.
struct LeagueAccounts {
    /// A deal that can still be undone.
    private struct Undoable {
        let sequence: Int64
        let sale: Bool
        let item: Int64
        let parts: [Int64]
        /// What the player spent, below zero for a sale.
        let spent: Int64
    }

    private let timeline: LeagueTimeline
    private var shop: LeagueShop
    private var events: [MatchEvent] = []
    private var notes: [String] = []
    private var bags: [Int64: [Int64: Int]] = [:]
    private var undoables: [Int64: [Undoable]] = [:]
    private var spent: [Int64: Int64] = [:]
    /// Destroyed things that go into a purchase of the same player at the same instant: by index of the deal.
    private var partsByPurchase: [Int: [Int64]] = [:]
    private var isPart: Set<Int> = []
    private var debtors: Set<Int64> = []
    private var gifts = 0
    private var undosWithoutDeal = 0
    private var undosWithOtherGold = 0

    init(timeline: LeagueTimeline, prices: PriceTable?) {
        self.timeline = timeline
        shop = LeagueShop(prices: prices)
    }

    /// The whole match in the canonical form.
    mutating func match(format: String) -> Match {
        attachParts()
        start()
        let incomes = incomes()
        var next = 0
        for (index, frame) in timeline.frames.enumerated() {
            while next < timeline.deals.count, timeline.deals[next].timeMilliseconds < frame.timeMilliseconds {
                take(timeline.deals[next], at: next)
                next += 1
            }
            sample(frame, incomes: incomes[index])
        }
        while next < timeline.deals.count {
            take(timeline.deals[next], at: next)
            next += 1
        }
        return finish(format: format)
    }

    private func finish(format: String) -> Match {
        var names: [String: String] = [:]
        for item in Set(events.compactMap(\.item)) { names[item] = Int64(item).flatMap { shop.name($0) } }
        var notes = notes
        func note(_ count: Int, _ text: String) {
            if count > 0 { notes.append("\(count) \(text)") }
        }
        note(debtors.count, "players went into debt: credit \(LeagueRules.debtLimit), fee \(LeagueRules.lendingFee)")
        note(gifts, "items came without an entry in the log: given when they were first seen")
        note(shop.partsOutsideRecipe, "parts are not in the recipe by the price table, which is of another patch")
        note(undosWithoutDeal, "undos have no deal in the log: their gold is given where it is recorded")
        note(undosWithOtherGold, "undos record other gold than the price table gives")
        return Match(
            name: timeline.name, format: format, events: events, tolerance: LeagueRules.tolerance,
            unknownItems: shop.unknownItems, itemNames: names, notes: notes)
    }

    // MARK: Before the events

    private mutating func attachParts() {
        struct Instant: Hashable {
            let slot: Int64
            let time: Int64
        }
        var purchases: [Instant: [Int]] = [:]
        var destroyed: [Instant: [Int]] = [:]
        for (index, deal) in timeline.deals.enumerated() {
            let instant = Instant(slot: deal.slot, time: deal.timeMilliseconds)
            switch deal.kind {
            case .purchased: purchases[instant, default: []].append(index)
            case .destroyed: destroyed[instant, default: []].append(index)
            default: break
            }
        }
        // In the order of the record, so that nothing hangs on the order of a dictionary.
        for (index, deal) in timeline.deals.enumerated() {
            guard case .purchased(let item) = deal.kind else { continue }
            let instant = Instant(slot: deal.slot, time: deal.timeMilliseconds)
            let open = (destroyed[instant] ?? []).filter { !isPart.contains($0) }
            let items = open.map { Self.item(of: timeline.deals[$0]) }
            for position in shop.parts(of: item, among: items) {
                isPart.insert(open[position])
                partsByPurchase[index, default: []].append(items[position])
            }
        }
    }

    private static func item(of deal: LeagueTimeline.Deal) -> Int64 {
        if case .destroyed(let item) = deal.kind { item } else { 0 }
    }

    private mutating func start() {
        guard let first = timeline.frames.first else { return }
        let time = min(first.timeMilliseconds, timeline.deals.first?.timeMilliseconds ?? first.timeMilliseconds)
        var lowest: [Int64: Int64] = [:]
        for wallet in timeline.frames.flatMap(\.wallets) {
            if let current = wallet.current, current < 0 {
                lowest[wallet.slot] = min(current, lowest[wallet.slot] ?? 0)
            }
        }
        debtors = Set(lowest.keys)
        for (slot, low) in lowest.sorted(by: { $0.key < $1.key }) {
            append(time, .credit, slot) {
                $0.amount = max(LeagueRules.debtLimit, -low)
                $0.currency = LeagueRules.currency
                $0.source = "debt"
            }
        }
        for wallet in first.wallets { income(wallet.total, slot: wallet.slot, at: time, source: "start") }
    }

    // MARK: Frames

    /// The recorded balance is checked first, then the income of the interval that begins is credited.
    private mutating func sample(_ frame: LeagueTimeline.Frame, incomes: [(slot: Int64, amount: Int64)]) {
        for wallet in frame.wallets {
            guard let current = wallet.current else { continue }
            append(frame.timeMilliseconds, .snapshot, wallet.slot) {
                $0.amount = current
                $0.currency = LeagueRules.currency
            }
        }
        for (slot, amount) in incomes { income(amount, slot: slot, at: frame.timeMilliseconds, source: "interval") }
    }

    /// What each interval brought, by the frame at its start: from the last frame in which a player stands to the next. Who
    /// was not in the first frame brings what he has along.
    private func incomes() -> [[(slot: Int64, amount: Int64)]] {
        var incomes = timeline.frames.map { _ in [(slot: Int64, amount: Int64)]() }
        var last: [Int64: (index: Int, total: Int64)] = [:]
        for (index, frame) in timeline.frames.enumerated() {
            for wallet in frame.wallets {
                let before = last.updateValue((index, wallet.total), forKey: wallet.slot)
                if let before {
                    incomes[before.index].append((wallet.slot, wallet.total - before.total))
                } else if index > 0 {
                    incomes[index - 1].append((wallet.slot, wallet.total))
                }
            }
        }
        return incomes
    }

    private mutating func income(_ amount: Int64, slot: Int64, at time: Int64, source: String) {
        guard amount != 0 else { return }
        append(time, amount > 0 ? .reward : .charge, slot) {
            $0.amount = abs(amount)
            $0.currency = LeagueRules.currency
            $0.source = source
        }
    }

    // MARK: Deals

    private mutating func take(_ deal: LeagueTimeline.Deal, at index: Int) {
        let time = deal.timeMilliseconds
        if case .kill(let victim, let bounty) = deal.kind {
            append(time, .kill, deal.slot) {
                $0.counterparty = "\(victim)"
                $0.amount = bounty
            }
            return
        }
        // The game itself is never a player.
        guard deal.slot != 0 else { return }
        switch deal.kind {
        case .purchased(let item): purchase(item, deal, parts: partsByPurchase[index] ?? [])
        case .sold(let item): sell(item, deal)
        case .destroyed(let item): if !isPart.contains(index) { destroy(item, slot: deal.slot, at: time) }
        case .undone(let before, let after, let gold): undo(before: before, after: after, gold: gold, deal)
        case .kill: break
        }
    }

    private mutating func purchase(_ item: Int64, _ deal: LeagueTimeline.Deal, parts: [Int64]) {
        let (slot, time) = (deal.slot, deal.timeMilliseconds)
        for (index, part) in parts.enumerated() {
            own(part, slot: slot, at: time, count: parts[...index].count { $0 == part })
        }
        let total = shop.total(item)
        let cost = max(0, parts.reduce(total) { $0 - shop.credit($1) })
        let fee = lendingFee(slot, at: time, cost: cost)
        let sequence = append(time, .purchase, slot) {
            $0.item = "\(item)"
            $0.quantity = 1
            $0.unitPrice = total
            $0.amount = cost
            $0.currency = LeagueRules.currency
            $0.fee = fee
        }
        for part in parts { destroy(part, slot: slot, at: time, for: sequence) }
        bags[slot, default: [:]][item, default: 0] += 1
        let paid = cost + (fee ?? 0)
        spent[slot, default: 0] += paid
        undoables[slot, default: []].append(
            Undoable(sequence: sequence, sale: false, item: item, parts: parts, spent: paid))
    }

    private mutating func sell(_ item: Int64, _ deal: LeagueTimeline.Deal) {
        own(item, slot: deal.slot, at: deal.timeMilliseconds)
        let price = shop.sellPrice(item)
        let sequence = append(deal.timeMilliseconds, .sell, deal.slot) {
            $0.item = "\(item)"
            $0.quantity = 1
            $0.unitPrice = price
            $0.amount = price
            $0.currency = LeagueRules.currency
        }
        bags[deal.slot, default: [:]][item, default: 0] -= 1
        spent[deal.slot, default: 0] -= price
        undoables[deal.slot, default: []].append(
            Undoable(sequence: sequence, sale: true, item: item, parts: [], spent: -price))
    }

    private mutating func destroy(_ item: Int64, slot: Int64, at time: Int64, for purchase: Int64? = nil) {
        own(item, slot: slot, at: time)
        append(time, .destroy, slot) {
            $0.item = "\(item)"
            $0.quantity = 1
            $0.reference = purchase
        }
        bags[slot, default: [:]][item, default: 0] -= 1
    }

    /// The nearest deal from the top of the player's stack that fits is taken back: a purchase of what was there
    /// before,
    /// or a sale of what is there after.
    private mutating func undo(before: Int64, after: Int64, gold: Int64?, _ deal: LeagueTimeline.Deal) {
        let stack = undoables[deal.slot] ?? []
        let fitting = stack.lastIndex { $0.sale ? before == 0 && $0.item == after : $0.item == before }
        guard let fitting else {
            undosWithoutDeal += 1
            append(deal.timeMilliseconds, .undo, deal.slot) {
                $0.item = "\(before == 0 ? after : before)"
                $0.amount = gold.map { max(0, $0) }
                $0.currency = LeagueRules.currency
                $0.source = "no deal in the log"
            }
            spent[deal.slot, default: 0] -= max(0, gold ?? 0)
            return
        }
        let undone = stack[fitting]
        undoables[deal.slot]?.remove(at: fitting)
        if let gold, gold != undone.spent { undosWithOtherGold += 1 }
        append(deal.timeMilliseconds, .undo, deal.slot) {
            $0.item = "\(undone.item)"
            $0.reference = undone.sequence
            $0.amount = gold.map { max(0, $0) }
        }
        spent[deal.slot, default: 0] -= undone.spent
        bags[deal.slot, default: [:]][undone.item, default: 0] += undone.sale ? 1 : -1
        for part in undone.parts { bags[deal.slot, default: [:]][part, default: 0] += 1 }
    }

    /// Logs are incomplete: what a player uses without having got it was given by the game.
    private mutating func own(_ item: Int64, slot: Int64, at time: Int64, count: Int = 1) {
        guard bags[slot]?[item] ?? 0 < count else { return }
        gifts += 1
        append(time, .reward, slot) {
            $0.item = "\(item)"
            $0.quantity = 1
            $0.source = "not in the log"
        }
        bags[slot, default: [:]][item, default: 0] += 1
    }

    /// What a purchase costs besides when it leads a debtor below zero. The wallet at a moment between two samples is
    /// estimated with even
    /// income, so it has to be clearly below: by more than an eighth of the interval's income.
    private func lendingFee(_ slot: Int64, at time: Int64, cost: Int64) -> Int64? {
        guard debtors.contains(slot) else { return nil }
        var wallet = total(slot, timeline.frames.last) - (spent[slot] ?? 0)
        var doubt: Int64 = 0
        if let next = timeline.frames.firstIndex(where: { $0.timeMilliseconds > time }), next > 0 {
            let (before, after) = (timeline.frames[next - 1], timeline.frames[next])
            let span = Double(after.timeMilliseconds - before.timeMilliseconds)
            let income = total(slot, after) - total(slot, before)
            let part = Double(income) * Double(time - before.timeMilliseconds) / span
            wallet = total(slot, before) + Int64(part.rounded(.down)) - (spent[slot] ?? 0)
            doubt = abs(income) / 8
        }
        return wallet >= 0 && wallet - cost < -doubt ? LeagueRules.lendingFee : nil
    }

    private func total(_ slot: Int64, _ frame: LeagueTimeline.Frame?) -> Int64 {
        frame?.wallets.first { $0.slot == slot }?.total ?? 0
    }

    @discardableResult
    private mutating func append(
        _ time: Int64, _ kind: MatchEventKind, _ slot: Int64, _ set: (inout MatchEvent) -> Void = { _ in }
    ) -> Int64 {
        var event = MatchEvent(
            sequence: Int64(events.count), timeMilliseconds: time, kind: kind, actor: "\(slot)")
        set(&event)
        events.append(event)
        return event.sequence
    }
}
