public import EVM
import Wire

/// The meaning of a game: its catalog, its actions and what they become, its first state. Loaded once and never changed.
public final class Game: Sendable {
    /// What there is in the game.
    public let catalog: Catalog
    /// Every action by its number.
    public let actions: [UInt16: ActionDefinition]
    /// Every action by its name.
    public let actionsByName: [String: ActionDefinition]
    /// Every refusal of errors.json, by number.
    public let refusals: [RefusalDefinition]
    /// The first state.
    public let genesis: GenesisPlan
    /// Where balances are kept that must sum to zero.
    public let assetRules: [BalanceRule]
    /// Every question of Views/, by number.
    public let views: [ViewDefinition]
    /// Addresses of the contracts by their name in genesis.json.
    public let contracts: [String: Address]
    /// How order books are cleared; nil for a game without them.
    public let clearing: BookClearing?

    private let mapper: ActionMapper
    private let viewPlans: [UInt64: ViewPlan]
    private let queries: GameQueries
    private let decoder: MovementDecoder

    /// Reads and checks a game folder and makes its first state; throws everything that is wrong at once.
    public static func load(folder path: String) throws(GameDataError) -> Game {
        try GameLoader(path: path).load()
    }

    init(
        catalog: Catalog, actions: [ActionDefinition], genesis: GenesisPlan, assetRules: [BalanceRule],
        contracts: [String: Address], mapper: ActionMapper, views: [ViewPlan], queries: GameQueries, clearing: BookClearing?
    ) {
        self.catalog = catalog
        self.actions = Dictionary(uniqueKeysWithValues: actions.map { ($0.code, $0) })
        actionsByName = Dictionary(uniqueKeysWithValues: actions.map { ($0.name, $0) })
        refusals = mapper.refusals.definitions.sorted { $0.code < $1.code }
        self.genesis = genesis
        self.assetRules = assetRules
        self.contracts = contracts
        self.mapper = mapper
        self.views = views.map(\.definition).sorted { $0.code < $1.code }
        viewPlans = Dictionary(uniqueKeysWithValues: views.map { ($0.definition.code, $0) })
        self.queries = queries
        self.clearing = clearing
        decoder = MovementDecoder(currencies: queries.currencies, items: queries.items)
    }

    /// The transaction that an action becomes, or why it is refused before anything is executed.
    ///
    /// `actor` is the account that acts, zero for the session's own.
    public func map(
        code: UInt16, actor: Address, payload: UnsafeRawBufferPointer, session: SessionIdentity
    ) -> Result<Transaction, ActionRefusal> {
        mapper.map(code: code, actor: actor, payload: payload, session: session)
    }

    /// Whether the game has an action of this number.
    public func hasAction(_ code: UInt16) -> Bool { mapper.place(of: code) != nil }

    /// The event whose last log `reply` looks at where the action took effect; nil for an action that does not exist.
    public func replyEvent(_ code: UInt16) -> (topic: U256, topicCount: Int)? {
        mapper.place(of: code).map { (mapper.plans[$0].reply.topic, mapper.plans[$0].reply.topicCount) }
    }

    /// What the executed action of this code is answered with.
    public func reply(_ code: UInt16, _ receipt: Receipt) -> GameReply {
        guard let place = mapper.place(of: code) else {
            return .refused(mapper.refusals.refusal(.unknownAction, have: UInt64(code), need: 0))
        }
        switch receipt.outcome {
        case .success: break
        case .reverted: return .refused(mapper.refusals.refusal(revert: receipt.output))
        case .halted:
            let limit = mapper.plans[place].gasLimit
            return .refused(mapper.refusals.refusal(.halted, have: receipt.gasUsed, need: limit))
        }
        let plan = mapper.plans[place].reply
        // The event of the action is the last thing that its contract writes.
        return receipt.logs.withUnsafeBufferPointer { logs in
            for place in logs.indices.reversed()
            where logs[place].topics.count == plan.topicCount && logs[place].topics.first == plan.topic {
                return .done(
                    ReplyPlan.number(at: plan.result0, of: logs[place]),
                    ReplyPlan.number(at: plan.result1, of: logs[place]))
            }
            return .done(0, 0)
        }
    }

    /// The name of the action that a transaction was made from; nil where none is like it.
    public func actionName(of transaction: Transaction) -> String? {
        if let clearing, clearing.isClearing(transaction) { return BookClearing.actionName }
        let role = U256(bigEndian: transaction.sender.bytes.prefix(12))
        let isAuthority = [Role.server, .operator].contains {
            U256(bigEndian: NamedAccount.authority($0).bytes.prefix(12)) == role
        }
        let plan = mapper.plans.first { plan in
            let isTarget = plan.currencyOffset < 0 ? transaction.to == plan.to : queries.currencies.contains { $0 == transaction.to }
            return isTarget && plan.isTemplate(of: transaction.data) && (plan.authorityMask != 0) == isAuthority
        }
        return plan.flatMap { actions[$0.code]?.name }
    }

    /// What moved in a receipt, in order.
    public func movements(of receipt: Receipt) -> [AssetMovement] { decoder.movements(of: receipt) }

    /// The question what an account has of an asset; nil for an asset that does not exist.
    public func balanceRequest(account: Address, asset: UInt64) -> ViewRequest? { queries.balance(account, asset) }

    /// The question what an account holds, from an asset on.
    public func inventoryRequest(account: Address, from asset: UInt64, limit: UInt64) -> ViewRequest {
        queries.inventory(account, from: asset, limit: limit)
    }

    /// The question what an offer is.
    public func offerRequest(_ offer: UInt64) -> ViewRequest { queries.offer(offer) }

    /// The view that a query asks for; nil for one that does not exist.
    public func view(_ code: UInt64) -> ViewDefinition? { viewPlans[code]?.definition }

    /// The call of a query for a view; nil for one that does not exist.
    func viewRequest(_ query: QueryBody, own: Address) -> ViewRequest? { viewPlans[query.subject]?.request(query, own: own) }

    /// Any question to a contract by its name in genesis.json; nil where there is no such contract.
    public func request(contract: String, function: String, words: [U256]) -> ViewRequest? {
        contracts[contract].map { ViewRequest(to: $0, data: ABIEncoder.call(function, words.map(ABIValue.word))) }
    }

    /// Reads the answer to `balanceRequest`.
    public func balance(from output: [UInt8]) -> BalanceView? { GameQueries.decodeBalance(output) }

    /// Reads the answer to `inventoryRequest`.
    public func inventory(from output: [UInt8]) -> InventoryView? { GameQueries.decodeInventory(output) }

    /// Reads the answer to `offerRequest`; nil where there is no such offer.
    public func offer(from output: [UInt8]) -> OfferView? { GameQueries.decodeOffer(output) }

    /// The code and the payload bytes of an action by its name; fields that are not named are zero.
    public func encodePayload(
        action name: String, fields: [String: FieldValue]
    ) throws(PayloadError) -> (code: UInt16, payload: [UInt8]) {
        guard let action = actionsByName[name] else { throw .unknownAction(name) }
        return (action.code, try action.encodePayload(fields))
    }
}
