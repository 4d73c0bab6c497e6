import EVM
public import Economy
public import Ledger
import Wire

/// Writes what a world did as a match in the canonical form: it can be replayed, edited, and asked what if.
public struct WorldRecorder {
    /// How players are called in the record.
    public enum Naming: Sendable {
        /// Twenty digits of the account.
        case account
        /// Twenty digits of a hash of a secret and the account: nobody without the secret finds the player.
        case hashed(secret: String)
    }

    private let game: Game
    private let naming: Naming
    private var events: [MatchEvent] = []
    private var slots: [Address: String] = [:]
    private var players: [Address] = []
    private var firstMilliseconds: UInt64?
    /// Operations that came to nothing.
    private var failed = 0
    /// Operations that moved nothing.
    private var silent = 0

    private init(game: Game, naming: Naming) {
        self.game = game
        self.naming = naming
    }

    /// The match of a data folder, from behind one block to another; balances at the end are snapshots in it.
    public static func record(
        folder: String, name: String, game: Game, genesis: LedgerGenesis, executor: any BlockExecutor,
        naming: Naming = .account, upTo last: UInt64 = .max, onProgress: (UInt64) -> Void = { _ in }
    ) throws -> Match {
        let inspection = try LedgerInspection(folder: folder, genesis: genesis, executor: executor, upTo: last)
        try requireWholeLog(inspection)
        var recorder = WorldRecorder(game: game, naming: naming)
        try inspection.forEachBlock(after: 0) { block throws(LedgerError) in
            guard block.header.number <= inspection.headNumber else { return false }
            for operation in block.operations {
                guard let entry = try inspection.entry(operation.id) else { continue }
                recorder.take(entry.transaction, entry.receipt, at: block.header.timestampMilliseconds)
            }
            onProgress(block.header.number)
            return true
        }
        return recorder.match(name, LedgerRun(forking: inspection, genesis: genesis, executor: executor))
    }

    /// Fails where the first blocks of a log are gone.
    static func requireWholeLog(_ inspection: LedgerInspection) throws {
        let first = try inspection.firstBlock()
        guard first <= 1 else {
            throw ReplayError.gameDoesNotFit(
                "the log begins with block \(first), what was before was cut off behind a checkpoint; a record needs all of it (`hoard serve --keep-log`)")
        }
    }

    // MARK: Operations

    private mutating func take(_ transaction: Transaction, _ receipt: Receipt, at clock: UInt64) {
        let first = firstMilliseconds ?? clock
        firstMilliseconds = first
        let time = Int64(clamping: clock) - Int64(clamping: first)
        guard receipt.succeeded else {
            failed += 1
            return
        }
        let label = game.actionName(of: transaction) ?? "call"
        if label == "setCredit" { credit(transaction, time) }
        let movements = game.movements(of: receipt).filter { $0.amount != 0 && $0.from != $0.to }
        if movements.isEmpty, label != "setCredit" { silent += 1 }
        var parties: [Address] = []
        for address in movements.flatMap({ [$0.from, $0.to] }) where !isHouse(address) && !parties.contains(address) {
            parties.append(address)
        }
        if parties.count == 1, deal(parties[0], movements, label, time) { return }
        if parties.count == 2, trade(movements, label, time) { return }
        for movement in movements { plain(movement, label, time) }
    }

    /// Coins for one thing, or one thing for coins, with the game itself.
    private mutating func deal(_ player: Address, _ movements: [AssetMovement], _ label: String, _ time: Int64) -> Bool {
        let names = AssetNames(game: game)
        let paid = movements.filter { $0.from == player }
        let got = movements.filter { $0.to == player }
        let coinsPaid = paid.filter { $0.asset < EconomyMeter.firstItem }
        let coinsGot = got.filter { $0.asset < EconomyMeter.firstItem }
        if coinsPaid.count == 1, coinsGot.isEmpty, got.count == 1 {
            let sequence = add(time, .purchase, player, label) {
                $0.item = names.item(got[0].asset)
                $0.quantity = Int64(clamping: got[0].amount)
                $0.amount = Int64(clamping: coinsPaid[0].amount)
                $0.currency = names.currency(coinsPaid[0].asset)
            }
            for part in paid where part.asset >= EconomyMeter.firstItem {
                add(time, .destroy, player, label) {
                    $0.item = names.item(part.asset)
                    $0.quantity = Int64(clamping: part.amount)
                    $0.reference = sequence
                }
            }
            return true
        }
        if coinsGot.count == 1, got.count == 1, coinsPaid.isEmpty, paid.count == 1 {
            add(time, .sell, player, label) {
                $0.item = names.item(paid[0].asset)
                $0.quantity = Int64(clamping: paid[0].amount)
                $0.amount = Int64(clamping: coinsGot[0].amount)
                $0.currency = names.currency(coinsGot[0].asset)
            }
            return true
        }
        return false
    }

    /// One thing from one player to the other for coins, of which a house keeps a part.
    private mutating func trade(_ movements: [AssetMovement], _ label: String, _ time: Int64) -> Bool {
        let names = AssetNames(game: game)
        let things = movements.filter { $0.asset >= EconomyMeter.firstItem }
        let coins = movements.filter { $0.asset < EconomyMeter.firstItem }
        guard things.count == 1, let thing = things.first, !isHouse(thing.from), !isHouse(thing.to), !coins.isEmpty,
            Set(coins.map(\.asset)).count == 1,
            coins.allSatisfy({ $0.from == thing.to && ($0.to == thing.from || isHouse($0.to)) })
        else { return false }
        let fee = coins.filter { isHouse($0.to) }.reduce(UInt64(0)) { $0 &+ $1.amount }
        let total = coins.reduce(UInt64(0)) { $0 &+ $1.amount }
        let buyer = slot(thing.to)
        add(time, .trade, thing.from, label) {
            $0.counterparty = buyer
            $0.item = names.item(thing.asset)
            $0.quantity = Int64(clamping: thing.amount)
            $0.amount = Int64(clamping: total)
            $0.currency = names.currency(coins[0].asset)
            $0.fee = Int64(clamping: fee)
        }
        return true
    }

    /// One movement as it is.
    private mutating func plain(_ movement: AssetMovement, _ label: String, _ time: Int64) {
        let names = AssetNames(game: game)
        let isCoin = movement.asset < EconomyMeter.firstItem
        let amount = Int64(clamping: movement.amount)
        func set(_ event: inout MatchEvent) {
            event.item = isCoin ? nil : names.item(movement.asset)
            event.quantity = isCoin ? nil : amount
            event.amount = isCoin ? amount : nil
            event.currency = isCoin ? names.currency(movement.asset) : nil
        }
        switch (isHouse(movement.from), isHouse(movement.to)) {
        case (true, true): break
        case (true, false): add(time, .reward, movement.to, label, set)
        case (false, true): add(time, isCoin ? .charge : .destroy, movement.from, label, set)
        case (false, false):
            let receiver = slot(movement.to)
            add(time, .transfer, movement.from, label) {
                set(&$0)
                $0.counterparty = receiver
            }
        }
    }

    private mutating func credit(_ transaction: Transaction, _ time: Int64) {
        let names = AssetNames(game: game)
        guard transaction.data.count >= 68,
            let asset = game.catalog.currencies.first(where: { game.contracts[$0.contract] == transaction.to })?.asset
        else { return }
        let account = Address(bytes: Array(transaction.data[16..<36]))
        let limit = transaction.data[60..<68].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        add(time, .credit, account, "setCredit") {
            $0.amount = Int64(clamping: limit)
            $0.currency = names.currency(asset)
        }
    }

    // MARK: The whole

    private mutating func match(_ name: String, _ run: LedgerRun) -> Match {
        let names = AssetNames(game: game)
        let end = events.last?.timeMilliseconds ?? 0
        for player in players {
            for asset in game.catalog.currencies {
                guard let contract = game.contracts[asset.contract],
                    let balance = run.balance(of: player, contract: contract)
                else { continue }
                add(end, .snapshot, player, "end") {
                    $0.amount = balance
                    $0.currency = names.currency(asset.asset)
                }
            }
        }
        var match = Match(name: name, format: "recorded", events: events)
        if failed > 0 { match.notes.append("\(failed) operations came to nothing and are not in the record") }
        if silent > 0 { match.notes.append("\(silent) operations moved nothing and are not in the record") }
        return match
    }

    @discardableResult
    private mutating func add(
        _ time: Int64, _ kind: MatchEventKind, _ player: Address, _ source: String, _ set: (inout MatchEvent) -> Void
    ) -> Int64 {
        var event = MatchEvent(
            sequence: Int64(events.count), timeMilliseconds: time, kind: kind, actor: slot(player), source: source)
        set(&event)
        events.append(event)
        return event.sequence
    }

    /// Escrows are no houses here: what they hold belongs to players.
    private func isHouse(_ address: Address) -> Bool {
        switch game.catalog.houses[address] {
        case .faucet, .sink, .treasury: true
        case .escrow, .some(.none), nil: false
        }
    }

    private mutating func slot(_ address: Address) -> String {
        if let known = slots[address] { return known }
        let slot =
            switch naming {
            case .account: WorldReader.slot(address)
            case .hashed(let secret): String(SlotHash.hex("\(secret):\(WorldReader.slot(address))").prefix(20))
            }
        slots[address] = slot
        players.append(address)
        return slot
    }
}

/// Assets as the canonical form names them.
private struct AssetNames {
    let game: Game

    func currency(_ asset: UInt64) -> String {
        game.catalog.currencies.first { $0.asset == asset }?.name ?? "currency \(asset)"
    }

    func item(_ asset: UInt64) -> String {
        asset >= ItemNumbers.firstNumbered && asset < ItemNumbers.firstNamed
            ? "\(asset - ItemNumbers.firstNumbered)"
            : game.catalog.items.first { $0.asset == asset }?.name ?? "asset \(asset)"
    }
}
