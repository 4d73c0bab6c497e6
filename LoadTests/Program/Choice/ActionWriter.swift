import Economy
import Glibc
import Wire

/// Writes the payload of an operation into memory made once: only what differs is written each time.
///
/// The layout of every payload comes from the action's own definition, so a game with other fields in other
/// places works as well.
final class ActionWriter {
    /// The accounts of the players.
    let accounts: [Account]
    private let offers: [GameTable.ItemOffer]
    private let transfer: Layout
    private let purchase: Layout
    private let trade: Layout
    private let reward: Layout
    private let propose: Layout
    private let accept: Layout
    private let exchange: Layout
    private let proposalWants: Int
    /// The upper half of the ids that trades are proposed by.
    var tradeHigh: UInt64 = 1
    private let secondGives: Int
    /// How many lines one grant holds.
    let lineCount: Int

    /// A payload and the places of what changes in it.
    private struct Layout {
        let code: UInt16
        let payload: UnsafeMutableRawBufferPointer
        var first = 0
        var second = 0
        var third = 0

        init(_ action: ActionDefinition) {
            code = action.code
            payload = .allocate(byteCount: action.payloadLength, alignment: 8)
            payload.initializeMemory(as: UInt8.self, repeating: 0)
        }

        func store(_ account: Account, _ offset: Int) {
            payload.storeBytes(of: account, toByteOffset: offset, as: Account.self)
        }

        func store<Number: FixedWidthInteger>(_ value: Number, _ offset: Int) {
            payload.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self)
        }
    }

    /// What is sent: the action's code, its payload, and the player who acts; zero for the game server itself.
    struct Written {
        var code: UInt16
        var actor: Account
        var payload: UnsafeRawBufferPointer
    }

    /// A writer for a game; `faucet` is the account that rewards come from.
    init(table: GameTable, accounts: [Account], faucet: Account) throws {
        precondition(MemoryLayout<Account>.size == Account.byteCount)
        self.accounts = accounts
        offers = table.offers
        transfer = try Self.layout(table.transfer, "to", "amount", nil)
        transfer.store(GameTable.gold, try Self.offset(table.transfer, "asset"))
        purchase = try Self.layout(table.purchase, "offer", "quantity", "maxCost")
        trade = try Self.layout(table.trade, "first", "second", "firstGives")
        secondGives = try Self.offset(table.trade, "secondGives")
        trade.store(GameTable.gold, secondGives)
        reward = try Self.layout(table.grant, "player", "lines", nil)
        reward.store(GameTable.gold, reward.second)
        reward.store(faucet, try Self.offset(table.grant, "faucet"))
        propose = try Self.layout(table.propose, "trade", "counterparty", "gives")
        proposalWants = try Self.offset(table.propose, "wants")
        propose.store(GameTable.gold, proposalWants)
        // Open for longer than any run.
        propose.store(UInt64(time(nil)) + 86_400, try Self.offset(table.propose, "expires"))
        accept = try Self.layout(table.accept, "trade", "trade", nil)
        exchange = try Self.layout(table.exchange, "player", "pays", "gets")
        exchange.store(Account(label: "hoard:sink:crafting"), try Self.offset(table.exchange, "to"))
        exchange.store(Account(label: "hoard:faucet:crafting"), try Self.offset(table.exchange, "from"))
        lineCount = table.grant.field("lines")?.count ?? 1
    }

    deinit {
        for layout in [transfer, purchase, trade, reward, propose, accept, exchange] { layout.payload.deallocate() }
    }

    /// The action's code of an operation.
    func code(of kind: OperationKind) -> UInt16 {
        switch kind {
        case .transfer: transfer.code
        case .purchase: purchase.code
        case .trade: trade.code
        case .reward: reward.code
        case .proposal: propose.code
        case .acceptance: accept.code
        case .craft: exchange.code
        }
    }

    /// The bytes of an operation, valid until the next call.
    func write(_ operation: LoadOperation) -> Written {
        switch operation.kind {
        case .transfer:
            transfer.store(accounts[Int(operation.counterparty)], transfer.first)
            transfer.store(operation.gold, transfer.second)
            return written(transfer, actor: accounts[Int(operation.player)])
        case .purchase:
            purchase.store(offers[Int(operation.item)].offer, purchase.first)
            purchase.store(operation.quantity, purchase.second)
            purchase.store(operation.gold, purchase.third)
            return written(purchase, actor: accounts[Int(operation.player)])
        case .trade:
            trade.store(accounts[Int(operation.player)], trade.first)
            trade.store(accounts[Int(operation.counterparty)], trade.second)
            trade.store(offers[Int(operation.item)].asset, trade.third)
            trade.store(UInt64(operation.quantity), trade.third + 8)
            trade.store(operation.gold, secondGives + 8)
            return written(trade, actor: .zero)
        case .proposal:
            storeTrade(operation, in: propose)
            propose.store(accounts[Int(operation.counterparty)], propose.second)
            propose.store(offers[Int(operation.item)].asset, propose.third)
            propose.store(UInt64(operation.quantity), propose.third + 8)
            propose.store(operation.gold, proposalWants + 8)
            return written(propose, actor: accounts[Int(operation.player)])
        case .acceptance:
            storeTrade(operation, in: accept)
            return written(accept, actor: accounts[Int(operation.counterparty)])
        case .craft:
            exchange.store(accounts[Int(operation.player)], exchange.first)
            exchange.store(offers[Int(operation.item)].asset, exchange.second)
            exchange.store(UInt64(operation.quantity), exchange.second + 8)
            exchange.store(offers[Int(operation.crafted(itemKinds: offers.count))].asset, exchange.third)
            exchange.store(UInt64(1), exchange.third + 8)
            return written(exchange, actor: .zero)
        case .reward:
            return writeGrant(player: operation.player, gold: operation.gold, count: 1) { _ in
                (offers[Int(operation.item)].asset, UInt64(operation.quantity))
            }
        }
    }

    /// The bytes of a grant of gold (unless 0) and several lines; at most `lineCount` in all.
    func writeGrant(
        player: UInt32, gold: UInt64, count: Int, line: (Int) -> (asset: UInt64, amount: UInt64)
    ) -> Written {
        reward.store(accounts[Int(player)], reward.first)
        var place = reward.second
        func add(_ asset: UInt64, _ amount: UInt64) {
            reward.store(asset, place)
            reward.store(amount, place + 8)
            place += 16
        }
        if gold > 0 { add(GameTable.gold, gold) }
        for index in 0..<count {
            let (asset, amount) = line(index)
            add(asset, amount)
        }
        let end = reward.second + lineCount * 16
        precondition(place <= end)
        while place < end { add(0, 0) }
        return written(reward, actor: .zero)
    }

    /// An id stands in the order in which it is printed, most significant byte first.
    private func storeTrade(_ operation: LoadOperation, in layout: Layout) {
        layout.store(tradeHigh.byteSwapped, layout.first)
        layout.store(operation.trade.byteSwapped, layout.first + 8)
    }

    private func written(_ layout: Layout, actor: Account) -> Written {
        Written(
            code: layout.code, actor: actor, payload: UnsafeRawBufferPointer(layout.payload))
    }

    private static func layout(
        _ action: ActionDefinition, _ first: String, _ second: String, _ third: String?
    ) throws -> Layout {
        var layout = Layout(action)
        layout.first = try offset(action, first)
        layout.second = try offset(action, second)
        if let third { layout.third = try offset(action, third) }
        return layout
    }

    private static func offset(_ action: ActionDefinition, _ name: String) throws -> Int {
        guard let field = action.field(name) else {
            throw ScenarioFailure(description: "the action \(action.name) has no field \(name)")
        }
        return field.offset
    }
}
