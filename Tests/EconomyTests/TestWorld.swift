import EVM
import Economy
import Wire

/// A world in memory: the first state of a game, and what its actions change.
final class TestWorld: StateView {
    let game: Game
    private(set) var accounts: [Address: AccountState] = [:]
    private(set) var slots: [Address: [U256: U256]] = [:]
    private(set) var codes: [Hash256: [UInt8]] = [:]
    private let machine: Machine
    var timestampSeconds: UInt64
    /// Gas of the last action.
    private(set) var gasUsed: UInt64 = 0
    private(set) var receipt: Receipt?

    /// The repository's root.
    static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()
    static let gameFolder = root + "/GameData"
    static let sharedGame: Result<Game, GameDataError> = Result { () throws(GameDataError) in
        try Game.load(folder: gameFolder)
    }

    init(_ other: Game? = nil) throws {
        game = try other ?? Self.sharedGame.get()
        let genesis = game.genesis
        timestampSeconds = genesis.timestampSeconds + 1_000
        machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        for account in genesis.accounts {
            accounts[account.address] = account.state
            if !account.code.isEmpty { codes[account.state.codeHash] = account.code }
            slots[account.address] = Dictionary(uniqueKeysWithValues: account.storage.map { ($0.slot, $0.value) })
        }
    }

    func account(_ address: Address) -> AccountState? { accounts[address] }
    func storage(_ address: Address, _ slot: U256) -> U256 { slots[address]?[slot] ?? .zero }
    func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }
    func hasStorage(_ address: Address) -> Bool { !(slots[address] ?? [:]).isEmpty }
    func blockHash(_ number: UInt64) -> Hash256 { .zero }

    private var block: BlockEnvironment {
        BlockEnvironment(
            number: 1, timestampSeconds: timestampSeconds, gasLimit: 1 << 40, chainID: game.genesis.chainID,
            fork: game.genesis.fork)
    }

    /// Runs a transaction and keeps what it changed.
    func run(_ transaction: Transaction) throws -> Receipt {
        let result = try machine.transition(self, block, transaction).get()
        for change in result.diff.accounts {
            accounts[change.address] = change.account
            if let code = change.codeWritten, let account = change.account { codes[account.codeHash] = code }
        }
        for change in result.diff.storage {
            slots[change.address, default: [:]][change.slot] = change.value.isZero ? nil : change.value
        }
        gasUsed = result.receipt.gasUsed
        receipt = result.receipt
        return result.receipt
    }

    /// Maps an action and runs it; the reply, or the refusal before execution as a reply with status 2.
    func perform(
        _ action: String, as role: Role = .player, by subject: String = "anna", actor: Address = .zero,
        _ fields: [String: FieldValue]
    ) throws -> ReplyBody {
        let (code, payload) = try game.encodePayload(action: action, fields: fields)
        let body = ActionBody(code: code, actor: Account(actor), payload: payload)
        switch game.map(body, session: SessionIdentity(role: role, subject: subject)) {
        case .failure(let refusal): return game.replyBody(refusal)
        case .success(let transaction): return game.replyBody(code, try run(transaction))
        }
    }

    /// The answer to a query.
    func ask(_ query: QueryBody, by subject: String = "anna") throws -> QueryAnswer {
        let session = SessionIdentity(role: .player, subject: subject)
        guard let request = game.viewRequest(query, session: session) else { return .notFound(query.kind) }
        return game.answer(query, call(request))
    }

    func call(_ request: ViewRequest) -> Receipt {
        machine.call(self, block, from: .zero, to: request.to, data: request.data, gas: 30_000_000)
    }

    /// What an account has of an asset.
    func balance(_ account: Address, _ asset: UInt64) throws -> Int64 {
        guard
            case .balance(_, let amount) = try ask(QueryBody(kind: .balance, account: Account(account), subject: asset))
        else { throw TestFailure("no balance of \(asset)") }
        return amount
    }

    func balance(of player: String, _ asset: UInt64) throws -> Int64 { try balance(NamedAccount.player(player), asset) }

    /// Gives a player things from the faucet `rewards`.
    func give(_ player: String, _ lines: [AssetLine]) throws {
        let reply = try perform(
            "grant", as: .server, by: "game",
            [
                "player": .account(NamedAccount.player(player)), "faucet": .account(NamedAccount.faucet("rewards")),
                "lines": .lines(lines),
            ])
        guard reply.status == .applied else { throw TestFailure("grant refused: \(reply.message)") }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
