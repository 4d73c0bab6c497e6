import Wire

/// Turns canonical events into actions of the game.
///
/// A purchase is an exchange with a sink and a faucet of the game at the price of the match; what is used up for it
/// goes into the same exchange.
/// An undo is the opposite exchange. Beside the actions runs a model of the ledger, so that an undo of something that
/// was refused
/// is left out, and so that tests know the balances without a server.
public struct Planner {
    static let linesMax = 8

    let match: Match
    let name: String
    let options: PlanOptions
    var items = ItemNumbers()
    var model = LedgerModel()
    private var steps: [PlanStep] = []
    var notes: [String] = []
    /// Prices of the markets that the players of the match share.
    var lotPrices = LotPrices()
    private var partsByReference: [Int64: [MatchEvent]] = [:]
    private var partOwners: Set<Int64> = []
    /// What an event moved, for its undo: nil once it is undone.
    private var baskets: [Int64: Basket] = [:]
    private var operations: [Int64: [UInt8]] = [:]

    private struct Basket {
        var player: String
        var pays: [AssetAmount]
        var gets: [AssetAmount]
    }

    /// The plan of a match.
    public static func plan(_ match: Match, options: PlanOptions = PlanOptions()) throws(PlanError) -> ReplayPlan {
        var planner = Planner(match: match, options: options)
        return try planner.run()
    }

    private init(match: Match, options: PlanOptions) {
        self.match = match
        self.options = options
        name = options.matchName ?? match.name
    }

    private mutating func run() throws(PlanError) -> ReplayPlan {
        for event in match.events where event.kind == .purchase || event.kind == .craft {
            partOwners.insert(event.sequence)
        }
        for event in match.events where event.kind == .destroy {
            if let reference = event.reference, partOwners.contains(reference) {
                partsByReference[reference, default: []].append(event)
            }
        }
        for event in match.events { try take(event) }
        let times = match.events.map(\.timeMilliseconds)
        return ReplayPlan(
            matchName: name, steps: steps, players: match.players.map(fullName), notes: notes,
            firstMilliseconds: times.min() ?? 0, lastMilliseconds: times.max() ?? 0,
            epochMilliseconds: options.epochMilliseconds)
    }

    private mutating func take(_ event: MatchEvent) throws(PlanError) {
        switch event.kind {
        case .price, .kill: break
        case .credit: try credit(event)
        case .reward: try reward(event, to: event.actor)
        case .charge: try exchange(event, pays: [try money(event, event.amount)], gets: [])
        case .purchase, .craft: try purchase(event)
        case .destroy: try destroy(event)
        case .sell: try exchange(event, pays: [try thing(event)], gets: [try money(event, event.amount)])
        case .undo: try undo(event)
        case .refund: try refund(event)
        case .trade: try trade(event)
        case .transfer: try transfer(event)
        case .buyLots, .sellLots: try tradeLots(event)
        case .tribute: try tribute(event)
        case .snapshot: try snapshot(event)
        }
    }

    // MARK: One event each

    private mutating func credit(_ event: MatchEvent) throws(PlanError) {
        let asset = try currency(event)
        let limit = event.amount ?? 0
        var action = action(
            event, "setCredit",
            [
                "player": .account(.player(fullName(event.actor))), "asset": .number(asset),
                "limit": .number(UInt64(limit)),
            ], authority: .operatorRole)
        action.credit = limit
        emit([action], event)
    }

    private mutating func reward(_ event: MatchEvent, to slot: String) throws(PlanError) {
        let line = try event.item == nil || event.kind == .undo ? money(event, event.amount) : thing(event)
        guard line.amount > 0 else { return }
        let player = AccountName.player(fullName(slot))
        var action = action(
            event, "grant",
            [
                "player": .account(player), "faucet": .account(.faucet(options.faucet)),
                "reason": .number(ReasonCode.code(event.kind)), "lines": .lines([line]),
            ], authority: .server)
        action.effects = move(line, from: .faucet(options.faucet), to: player)
        emit([action], event)
    }

    private mutating func purchase(_ event: MatchEvent) throws(PlanError) {
        var pays = [try money(event, sum(event, event.amount, event.fee))]
        for part in partsByReference[event.sequence] ?? [] { pays.append(try thing(part)) }
        try exchange(event, pays: pays, gets: [try thing(event)])
    }

    private mutating func destroy(_ event: MatchEvent) throws(PlanError) {
        if let reference = event.reference, partOwners.contains(reference) { return }
        try exchange(event, pays: [try thing(event)], gets: [])
    }

    private mutating func exchange(_ event: MatchEvent, pays: [AssetAmount], gets: [AssetAmount]) throws(PlanError) {
        let basket = Basket(player: fullName(event.actor), pays: try merged(pays, event), gets: try merged(gets, event))
        if emitExchange(event, basket) { baskets[event.sequence] = basket }
    }

    private mutating func undo(_ event: MatchEvent) throws(PlanError) {
        guard let reference = event.reference else {
            // Nothing says what is undone: only gold that the record names can be given back.
            if event.amount ?? 0 > 0 { try reward(event, to: event.actor) }
            return
        }
        guard let basket = baskets.removeValue(forKey: reference) else {
            notes.append(
                "event \(event.sequence) undoes event \(reference), which was refused, undone before, or cannot be undone"
            )
            return
        }
        _ = emitExchange(event, Basket(player: basket.player, pays: basket.gets, gets: basket.pays))
    }

    private mutating func refund(_ event: MatchEvent) throws(PlanError) {
        guard let reference = event.reference, let original = operations[reference] else {
            notes.append("event \(event.sequence) refunds event \(event.reference ?? -1), which had no operation")
            return
        }
        let line = try money(event, event.amount)
        let player = AccountName.player(fullName(event.actor))
        var action = action(
            event, "refund",
            [
                "original": .operation(original), "from": .account(.sink(options.sink)), "to": .account(player),
                "line": .line(line), "reason": .number(ReasonCode.code(.refund)),
            ], authority: .server)
        action.effects = move(line, from: .sink(options.sink), to: player)
        emit([action], event)
    }

    private mutating func trade(_ event: MatchEvent) throws(PlanError) {
        let (item, price) = (try thing(event), try money(event, event.amount))
        let (seller, buyer) = (fullName(event.actor), fullName(event.counterparty ?? ""))
        let fee = UInt64(event.fee ?? 0)
        guard fee <= price.amount else {
            throw PlanError(sequence: event.sequence, problem: "the fee \(fee) is more than the amount \(price.amount)")
        }
        let (product, overflow) = price.amount.multipliedReportingOverflow(by: UInt64(options.tradeFeeBasisPoints))
        if !overflow, product / 10_000 + (product % 10_000 == 0 ? 0 : 1) == fee, price.amount > 0 {
            var action = action(
                event, "trade",
                [
                    "first": .account(.player(seller)), "second": .account(.player(buyer)),
                    "firstGives": .line(item), "secondGives": .line(price),
                ], authority: .server)
            action.effects =
                move(item, from: .player(seller), to: .player(buyer))
                + [Effect(account: .player(buyer), asset: price.asset, delta: -Int64(price.amount))]
                + [Effect(account: .player(seller), asset: price.asset, delta: Int64(price.amount - fee))]
                + [Effect(account: .treasury, asset: price.asset, delta: Int64(fee))]
            emit([action], event)
            return
        }
        let toSeller = AssetAmount(asset: price.asset, amount: price.amount - fee)
        var actions = [transferAction(event, item, from: seller, to: .player(buyer))]
        if toSeller.amount > 0 { actions.append(transferAction(event, toSeller, from: buyer, to: .player(seller))) }
        if fee > 0 {
            actions.append(
                transferAction(event, AssetAmount(asset: price.asset, amount: fee), from: buyer, to: .treasury))
        }
        emit(actions, event)
    }

    private mutating func transfer(_ event: MatchEvent) throws(PlanError) {
        if event.actor == slotOfTheGame { return try reward(event, to: event.counterparty ?? "") }
        let line = try event.item == nil ? money(event, event.amount) : thing(event)
        if event.counterparty == slotOfTheGame { return try exchange(event, pays: [line], gets: []) }
        let sender = fullName(event.actor)
        var kept = AssetAmount(asset: try currency(event), amount: UInt64(event.fee ?? 0))
        var sent = line
        // The fee of a tribute is part of what is sent.
        if event.item == nil {
            kept.amount = min(kept.amount, line.amount)
            sent.amount -= kept.amount
        }
        var actions: [PlannedAction] = []
        if sent.amount > 0 {
            actions.append(transferAction(event, sent, from: sender, to: .player(fullName(event.counterparty ?? ""))))
        }
        if kept.amount > 0 { actions.append(transferAction(event, kept, from: sender, to: .treasury)) }
        emit(actions, event)
    }

    private mutating func snapshot(_ event: MatchEvent) throws(PlanError) {
        let asset = try event.item == nil ? currency(event) : thing(event).asset
        let player = fullName(event.actor)
        steps.append(
            .check(
                SnapshotCheck(
                    sequence: event.sequence, timeMilliseconds: event.timeMilliseconds, player: player, asset: asset,
                    recorded: event.amount ?? 0, tolerance: match.tolerance,
                    expected: model.balance(.player(player), asset))))
    }

    // MARK: Making actions

    /// Emits an exchange, split into linked ones when it has more lines than an action holds; says whether the model
    /// applied it.
    private mutating func emitExchange(_ event: MatchEvent, _ basket: Basket) -> Bool {
        let count = max(basket.pays.count, basket.gets.count)
        guard count > 0 else { return false }
        let player = AccountName.player(basket.player)
        var actions: [PlannedAction] = []
        for start in stride(from: 0, to: count, by: Self.linesMax) {
            let pays = Array(basket.pays.dropFirst(start).prefix(Self.linesMax))
            let gets = Array(basket.gets.dropFirst(start).prefix(Self.linesMax))
            var action = action(
                event, "exchange",
                [
                    "player": .account(player), "to": .account(.sink(options.sink)),
                    "from": .account(.faucet(options.faucet)), "reason": .number(ReasonCode.code(event.kind)),
                    "pays": .lines(pays), "gets": .lines(gets),
                ], authority: .server)
            action.effects =
                pays.flatMap { move($0, from: player, to: .sink(options.sink)) }
                + gets.flatMap { move($0, from: .faucet(options.faucet), to: player) }
            actions.append(action)
        }
        return emit(actions, event)
    }

    private func transferAction(
        _ event: MatchEvent, _ line: AssetAmount, from sender: String, to receiver: AccountName
    ) -> PlannedAction {
        var action = action(
            event, line.asset < 65_536 ? "transferCoins" : "transferItem",
            [
                "to": .account(receiver), "asset": .number(line.asset), "amount": .number(line.amount),
            ], authority: .player(sender))
        action.effects = move(line, from: .player(sender), to: receiver)
        return action
    }

    func action(
        _ event: MatchEvent, _ actionName: String, _ fields: [String: PlannedField], authority: PlannedAuthority
    ) -> PlannedAction {
        PlannedAction(
            sequence: event.sequence, kind: event.kind, operationID: [], name: actionName, fields: fields,
            authority: authority, clockMilliseconds: UInt64(max(1, options.epochMilliseconds + event.timeMilliseconds)),
            linkedWithNext: false, effects: [], credit: nil, expectedToApply: true)
    }

    @discardableResult
    mutating func emit(_ parts: [PlannedAction], _ event: MatchEvent) -> Bool {
        var parts = parts
        for index in parts.indices {
            parts[index].operationID = OperationIdentity.bytes(match: name, sequence: event.sequence, part: index)
            parts[index].linkedWithNext = index + 1 < parts.count
        }
        let applied = model.apply(parts)
        for index in parts.indices { parts[index].expectedToApply = applied }
        steps.append(contentsOf: parts.map { .action($0) })
        if applied { operations[event.sequence] = parts.first?.operationID }
        return applied
    }

    // MARK: Amounts and names

    func move(_ line: AssetAmount, from sender: AccountName, to receiver: AccountName) -> [Effect] {
        [
            Effect(account: sender, asset: line.asset, delta: -Int64(line.amount)),
            Effect(account: receiver, asset: line.asset, delta: Int64(line.amount)),
        ]
    }

    func fullName(_ slot: String) -> String { "\(name)/\(slot)" }

    mutating func currency(_ event: MatchEvent) throws(PlanError) -> UInt64 {
        let name = event.currency ?? match.currencies.first ?? options.defaultCurrency
        if let place = match.currencies.firstIndex(of: name) {
            let assets = options.currencies.values.sorted()
            if place < assets.count { return assets[place] }
            // The world has fewer currencies than the match: the others are kept as items.
            if let asset = items.asset("currency " + name) { return asset }
        }
        guard let asset = options.currencies[name] else {
            throw PlanError(
                sequence: event.sequence,
                problem:
                    "the currency \"\(name)\" is unknown; the world has \(options.currencies.keys.sorted().joined(separator: ", "))"
            )
        }
        return asset
    }

    mutating func money(_ event: MatchEvent, _ amount: Int64?) throws(PlanError) -> AssetAmount {
        AssetAmount(asset: try currency(event), amount: UInt64(max(0, amount ?? 0)))
    }

    mutating func thing(_ event: MatchEvent) throws(PlanError) -> AssetAmount {
        guard let item = event.item, let asset = items.asset(item) else {
            throw PlanError(sequence: event.sequence, problem: "more than \(ItemNumbers.each) items have names")
        }
        return AssetAmount(asset: asset, amount: UInt64(max(0, event.quantity ?? 1)))
    }

    private func sum(_ event: MatchEvent, _ first: Int64?, _ second: Int64?) throws(PlanError) -> Int64 {
        let (sum, overflow) = (first ?? 0).addingReportingOverflow(second ?? 0)
        if overflow {
            throw PlanError(sequence: event.sequence, problem: "amount and fee together do not fit into 63 bits")
        }
        return sum
    }

    /// Lines of one asset become one, lines of nothing are dropped.
    private func merged(_ lines: [AssetAmount], _ event: MatchEvent) throws(PlanError) -> [AssetAmount] {
        var merged: [AssetAmount] = []
        for line in lines where line.amount > 0 {
            guard let index = merged.firstIndex(where: { $0.asset == line.asset }) else {
                merged.append(line)
                continue
            }
            let (sum, overflow) = merged[index].amount.addingReportingOverflow(line.amount)
            guard !overflow, sum <= UInt64(Int64.max) else {
                throw PlanError(sequence: event.sequence, problem: "an amount does not fit into 63 bits")
            }
            merged[index].amount = sum
        }
        return merged
    }
}
