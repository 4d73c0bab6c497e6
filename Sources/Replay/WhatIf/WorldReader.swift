import EVM
import Economy
import Ledger
import Wire

/// What receipts of a world mean, in the words of this module: accounts with names, effects, labels.
struct WorldReader {
    private let game: Game
    private var names: [Address: AccountName] = [:]

    init(game: Game) { self.game = game }

    /// What an operation did, from its receipt.
    mutating func effects(of receipt: Receipt) -> [Effect] {
        game.movements(of: receipt).filter { $0.amount != 0 }.flatMap { movement in
            let amount = Int64(clamping: movement.amount)
            return [
                Effect(account: name(movement.from), asset: movement.asset, delta: -amount),
                Effect(account: name(movement.to), asset: movement.asset, delta: amount),
            ]
        }
    }

    /// The account behind an address: houses by their kind, everyone else by the first digits of the address.
    mutating func name(_ address: Address) -> AccountName {
        if let known = names[address] { return known }
        let name: AccountName =
            switch game.catalog.houses[address] {
            case .faucet: .faucet("")
            case .sink: .sink("")
            case .treasury: .treasury
            case .escrow: .player("escrow")
            case .some(.none), nil: .player(Self.slot(address))
            }
        names[address] = name
        return name
    }

    /// An address as a slot: twenty of its digits.
    static func slot(_ address: Address) -> String {
        let hex = address.hex
        return String((hex.hasPrefix("0x") ? hex.dropFirst(2) : Substring(hex)).prefix(20))
    }

    /// What an operation is called.
    func label(_ transaction: Transaction) -> String { game.actionName(of: transaction) ?? "call" }

    /// Why an operation came to nothing; nil where it succeeded.
    func refusal(_ transaction: Transaction, _ receipt: Receipt) -> String? {
        guard !receipt.succeeded else { return nil }
        guard let code = game.actionsByName[label(transaction)]?.code else { return "reverted" }
        return ReplayTally.withoutFigures(game.replyBody(code, receipt).message)
    }

    /// An asset for people.
    func asset(_ asset: UInt64) -> String {
        if let currency = game.catalog.currencies.first(where: { $0.asset == asset }) { return currency.name }
        if let item = game.catalog.items.first(where: { $0.asset == asset }) { return item.name }
        return asset >= ItemNumbers.firstNumbered && asset < ItemNumbers.firstNamed
            ? "\(asset - ItemNumbers.firstNumbered)" : "asset \(asset)"
    }
}

/// Rewrites the calls of recorded operations as a change wants them.
final class CallRewriter {
    /// What of the change met a call: "prices.rum", "fees.lots".
    private(set) var touched: Set<String> = []
    private let change: EconomyChange
    private let game: Game
    private let reader: WorldReader
    private let purchase = CallRewriter.selector("purchase(uint256,uint256,uint256[4])")
    private let exchange = CallRewriter.selector("exchange(address,address,address,uint256,uint256[8],uint256[8])")
    private let grant = CallRewriter.selector("grant(address,address,uint256,uint256[8])")
    private let buyLots = CallRewriter.selector(
        "buyLots(address,uint256,uint256,uint256,uint256,uint256,uint256,uint256)")
    private let sellLots = CallRewriter.selector(
        "sellLots(address,uint256,uint256,uint256,uint256,uint256,uint256,uint256)")
    private let tribute = CallRewriter.selector("tribute(address,address,uint256,uint256,uint256)")

    init(change: EconomyChange, game: Game) {
        self.change = change
        self.game = game
        reader = WorldReader(game: game)
    }

    private static func selector(_ function: String) -> [UInt8] { Array(keccak256(Array(function.utf8)).bytes.prefix(4)) }

    /// The transaction as the change has it.
    func rewritten(_ transaction: Transaction) -> Transaction {
        var transaction = transaction
        let selector = Array(transaction.data.prefix(4))
        if transaction.to == game.contracts["shop"], selector == purchase {
            // Whoever bought goes on buying, as long as the purse allows.
            for word in 2..<6 where number(transaction, word) > 0 { set(&transaction, word, 0, .max) }
        } else if transaction.to == game.contracts["settlement"], selector == exchange {
            reprice(&transaction)
        } else if transaction.to == game.contracts["rewards"], selector == grant {
            for word in 3..<11 {
                let (asset, amount) = line(transaction, word)
                if asset == 0 { continue }
                let figure =
                    asset < EconomyMeter.firstItem
                    ? find("rewards", change.rewards, ["\(number(transaction, 2))", "reward"])
                    : find("drops", change.drops, [reader.asset(asset)])
                if let figure { set(&transaction, word, asset, UInt64(max(1, figure.of(Int64(clamping: amount))))) }
            }
        } else if transaction.to == game.contracts["commodities"] {
            if let fee = change.fees["lots"], selector == buyLots || selector == sellLots {
                touched.insert("fees.lots")
                set(&transaction, 5, 0, UInt64(fee))
            }
            if let fee = change.fees["tribute"], selector == tribute {
                touched.insert("fees.tribute")
                set(&transaction, 4, 0, UInt64(fee))
            }
        }
        return transaction
    }

    /// The change for the first of these names that it has, or that for all.
    private func find(_ group: String, _ figures: [String: EconomyChange.Figure], _ names: [String]) -> EconomyChange.Figure? {
        for name in names + ["*"] {
            guard let figure = figures[name] else { continue }
            touched.insert("\(group).\(name)")
            return figure
        }
        return nil
    }

    /// What the change names and no call had, as sentences.
    func idle() -> [String] {
        if change == EconomyChange() { return ["the change is empty: both runs are the same"] }
        let groups = [
            ("prices", Array(change.prices.keys)), ("sellPrices", Array(change.sellPrices.keys)),
            ("rewards", Array(change.rewards.keys)), ("drops", Array(change.drops.keys)),
            ("fees", change.fees.keys.filter { $0 != "trade" }),
        ]
        return groups.flatMap { group, keys in
            keys.sorted().filter { !touched.contains("\(group).\($0)") }
                .map { "\(group): no call behind the block has \"\($0)\", so that this changes nothing" }
        }
    }

    /// A basket in which coins are paid for an item, or the reverse.
    private func reprice(_ transaction: inout Transaction) {
        let pays = (4..<12).map { line(transaction, $0) }
        let gets = (12..<20).map { line(transaction, $0) }
        func item(_ lines: [(asset: UInt64, amount: UInt64)]) -> String? {
            lines.first { $0.asset >= EconomyMeter.firstItem }.map { reader.asset($0.asset) }
        }
        func coins(_ lines: [(asset: UInt64, amount: UInt64)]) -> Int? {
            lines.firstIndex { $0.asset > 0 && $0.asset < EconomyMeter.firstItem }
        }
        if let bought = item(gets), let place = coins(pays), let figure = find("prices", change.prices, [bought]) {
            let count = gets.first { $0.asset >= EconomyMeter.firstItem }?.amount ?? 1
            set(&transaction, 4 + place, pays[place].asset, amount(figure, pays[place].amount, count))
        } else if let sold = item(pays), let place = coins(gets), let figure = find("sellPrices", change.sellPrices, [sold]) {
            let count = pays.first { $0.asset >= EconomyMeter.firstItem }?.amount ?? 1
            set(&transaction, 12 + place, gets[place].asset, amount(figure, gets[place].amount, count))
        }
    }

    /// A line must not be of nothing: one coin is the least.
    private func amount(_ figure: EconomyChange.Figure, _ amount: UInt64, _ count: UInt64) -> UInt64 {
        switch figure {
        case .factor: UInt64(max(1, figure.of(Int64(clamping: amount))))
        case .value(let price): UInt64(max(1, price)).multipliedReportingOverflow(by: count).partialValue
        }
    }

    private func line(_ transaction: Transaction, _ word: Int) -> (asset: UInt64, amount: UInt64) {
        let start = 4 + word * 32
        guard transaction.data.count >= start + 32 else { return (0, 0) }
        let asset = transaction.data[start + 8..<start + 16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let amount = transaction.data[start + 24..<start + 32].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (asset, amount)
    }

    private func number(_ transaction: Transaction, _ word: Int) -> UInt64 { line(transaction, word).amount }

    private func set(_ transaction: inout Transaction, _ word: Int, _ asset: UInt64, _ amount: UInt64) {
        let start = 4 + word * 32
        guard transaction.data.count >= start + 32 else { return }
        for index in 0..<8 {
            transaction.data[start + 8 + index] = UInt8(truncatingIfNeeded: asset >> (56 - 8 * UInt64(index)))
            transaction.data[start + 24 + index] = UInt8(truncatingIfNeeded: amount >> (56 - 8 * UInt64(index)))
        }
    }
}
