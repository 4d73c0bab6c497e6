import Wire

/// Asks for what every player has and compares it with the book.
final class BalanceCheckPhase: LoadPhase {
    /// Balances and inventories compared.
    private(set) var compared: UInt64 = 0
    /// Those that differ from the book.
    private(set) var wrong: UInt64 = 0
    /// The first difference in words.
    private(set) var firstDifference: String?
    private let book: PlayerBook
    private let accounts: [Account]
    private let kindOfAsset: [UInt64: Int]
    private let firstAsset: UInt64
    private let players: [Int]
    private let questionsPerPlayer: Int
    private var next = 0
    private var done = 0
    private var retries: [Int] = []

    /// A check of some players; `assets` are those of the item kinds.
    init(book: PlayerBook, accounts: [Account], assets: [UInt64], players: [Int]) {
        self.book = book
        self.accounts = accounts
        self.players = players
        kindOfAsset = Dictionary(uniqueKeysWithValues: assets.enumerated().map { ($1, $0) })
        firstAsset = assets.min() ?? 0
        questionsPerPlayer = book.itemKinds > 0 ? 2 : 1
    }

    private var total: Int { players.count * questionsPerPlayer }

    var isComplete: Bool { done == total }

    var progress: String {
        "comparing balances \(ProgressLine.bar(done: UInt64(done), of: UInt64(max(1, total))))"
    }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        let question: Int
        if let retry = retries.popLast() {
            question = retry
        } else {
            guard next < total else { return false }
            question = next
            next += 1
        }
        connection.sequences[slot] = question
        let account = accounts[players[question / questionsPerPlayer]]
        if question % questionsPerPlayer == 0 {
            connection.ask(
                QueryBody(kind: .balance, account: account, subject: GameTable.gold), slot: slot)
        } else {
            connection.ask(
                QueryBody(
                    kind: .inventory, limit: UInt32(WireLimits.inventoryItemsMax), account: account,
                    subject: firstAsset), slot: slot)
        }
        return true
    }

    func answered(on connection: LoadConnection, slot: Int, answer: QueryAnswer) {
        let question = connection.sequences[slot]
        let player = players[question / questionsPerPlayer]
        switch answer {
        case .balance(_, let amount):
            compare(player, "gold", have: amount, need: book.gold[player])
        case .inventory(let items, _): compareItems(player, items)
        case .refused(_, let error) where error.code == ErrorCode.busy.rawValue:
            retries.append(question)
            return
        case .refused(_, let error): difference("a query was refused: \(error.message)")
        default: difference("a query of player \(player) found nothing")
        }
        done += 1
    }

    private func compareItems(_ player: Int, _ items: [AssetAmount]) {
        var have = [Int64](repeating: 0, count: book.itemKinds)
        for item in items {
            if let kind = kindOfAsset[item.asset] { have[kind] = Int64(clamping: item.amount) }
        }
        for kind in 0..<book.itemKinds {
            let need = book.quantity(player: player, item: kind)
            compare(player, "item kind \(kind)", have: have[kind], need: need)
        }
    }

    private func compare(
        _ player: Int, _ what: @autoclosure () -> String, have: Int64, need: Int64
    ) {
        compared += 1
        if have != need {
            difference("player \(player) has \(have) of \(what()), the answers say \(need)")
        }
    }

    private func difference(_ text: String) {
        wrong += 1
        if firstDifference == nil { firstDifference = text }
    }
}
