public import EVM
public import Wire

/// What the wire's bodies mean to the game.
extension Game {
    /// The transaction that an action becomes, or why it is refused before anything is executed.
    public func map(_ action: ActionView, session: SessionIdentity) -> Result<Transaction, ActionRefusal> {
        map(code: action.code, actor: Address(action.actor), payload: action.payload, session: session)
    }

    /// The same, of an action that has been copied out of its frame.
    public func map(_ action: ActionBody, session: SessionIdentity) -> Result<Transaction, ActionRefusal> {
        action.payload.withUnsafeBytes {
            map(code: action.code, actor: Address(action.actor), payload: $0, session: session)
        }
    }

    /// The body of the reply to an executed action, but for its place in the ledger.
    public func replyBody(_ code: UInt16, _ receipt: Receipt) -> ReplyBody {
        let reply = reply(code, receipt)
        return ReplyBody(
            status: reply.status == 0 ? .applied : .refusedByContract, refusalCode: reply.refusalCode,
            gasUsed: receipt.gasUsed, have: reply.have, need: reply.need, result0: reply.result0,
            result1: reply.result1, message: reply.message)
    }

    /// The body of the reply to an action that was refused before anything was executed.
    public func replyBody(_ refusal: ActionRefusal) -> ReplyBody {
        ReplyBody(
            status: .refused, refusalCode: refusal.code, have: refusal.have, need: refusal.need,
            message: refusal.message)
    }

    /// The view call of a query; nil for a query that no contract answers, or of an asset that does not exist.
    ///
    /// A query without an account is about the session's own.
    public func viewRequest(_ query: QueryBody, session: SessionIdentity) -> ViewRequest? {
        let account = query.account == .zero ? session.address : Address(query.account)
        switch query.kind {
        case .balance: return balanceRequest(account: account, asset: query.subject)
        case .inventory:
            let limit = query.limit == 0 ? UInt64(WireLimits.inventoryItemsMax) : UInt64(query.limit)
            let page = min(limit, UInt64(WireLimits.inventoryItemsMax))
            return inventoryRequest(account: account, from: query.subject, limit: page)
        case .offer: return offerRequest(query.subject)
        case .view: return viewRequest(query, own: session.address)
        case .receipt, .receiptProof, .serverStatus: return nil
        }
    }

    /// The answer to a query from the receipt of its view call.
    public func answer(_ query: QueryBody, _ receipt: Receipt) -> QueryAnswer {
        guard receipt.succeeded else { return .notFound(query.kind) }
        switch query.kind {
        case .balance:
            guard let view = balance(from: receipt.output) else { return .notFound(.balance) }
            return .balance(asset: query.subject, amount: view.amount)
        case .inventory:
            guard let view = inventory(from: receipt.output) else { return .notFound(.inventory) }
            return .inventory(
                items: view.lines.map { AssetAmount(asset: $0.asset, amount: $0.amount) }, next: view.next)
        case .offer:
            guard let view = offer(from: receipt.output) else { return .notFound(.offer) }
            return .offer(Self.state(of: view, number: UInt32(truncatingIfNeeded: query.subject)))
        case .view:
            guard let view = view(query.subject), receipt.output.count == view.wordCount * 32 else { return .notFound(.view) }
            return .view(code: query.subject, words: receipt.output)
        case .receipt, .receiptProof, .serverStatus: return .notFound(query.kind)
        }
    }

    /// The events of an executed action for the accounts that are not houses, two a movement between players.
    ///
    /// The cursor is the caller's to give; it is zero here.
    public func events(of receipt: Receipt, block: UInt64, index: UInt32, operationID: OperationID) -> [EventBody] {
        var events: [EventBody] = []
        for movement in movements(of: receipt) where movement.amount != 0 {
            let amount = Int64(clamping: movement.amount)
            let ends = [(movement.from, movement.to, -amount), (movement.to, movement.from, amount)]
            for (account, counterparty, change) in ends where catalog.houses[account] == nil {
                events.append(
                    EventBody(
                        cursor: 0, block: block, index: index, kind: .transfer, operationID: operationID,
                        asset: movement.asset, amount: change, account: Account(account),
                        counterparty: Account(counterparty)))
            }
        }
        return events
    }

    private static func state(of view: OfferView, number: UInt32) -> OfferState {
        func four(_ lines: [AssetLine]) -> [AssetAmount] {
            (0..<OfferState.lineCount).map { index in
                index < lines.count
                    ? AssetAmount(asset: lines[index].asset, amount: lines[index].amount)
                    : AssetAmount(asset: 0, amount: 0)
            }
        }
        return OfferState(
            offer: number, isOpen: view.isActive, stock: view.stock, sold: view.sold, capPerPlayer: view.capPerPlayer,
            opensAtSeconds: view.opens, closesAtSeconds: view.closes, costs: four(view.costs),
            results: four(view.results))
    }
}
