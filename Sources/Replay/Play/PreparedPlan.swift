import EVM
import Economy
import Ledger
import Wire

/// A plan made ready to be played many times: payloads with the places of the accounts in them, which differ from copy to copy.
struct PreparedPlan {
    /// One action or linked group, or one check.
    struct Move {
        let sequence: Int64
        let clock: UInt64
        let byOperator: Bool
        let requested: UInt64?
        var check: SnapshotCheck?
        /// Where the balance of a check is kept.
        var book: (contract: Address, id: UInt64)?
        /// Whose balance.
        var account = 0
        /// Which of the balances that are checked in the plan.
        var balance = 0
    }

    /// One action of a move.
    struct Action {
        let code: UInt16
        let payload: [UInt8]
        let accounts: [(offset: Int, account: Int)]
        /// Ids of earlier operations of the match, which each copy has of its own.
        let references: [(offset: Int, sequence: Int64, part: Int)]
        /// Where the number of the match's own market stands.
        let market: Int?
        let actor: Int?
    }

    /// Moves in a row at one time, all of them checks or none.
    struct Run {
        let clock: UInt64
        let isChecks: Bool
        var moves: Range<Int>
    }

    private(set) var moves: [Move] = []
    /// By move; nothing for a check.
    private(set) var actions: [[Action]] = []
    private(set) var runs: [Run] = []
    /// Balances that are checked, each counted once.
    private(set) var balanceCount = 0
    /// By copy: what the text that an id is the digest of begins with.
    private let identities: [[UInt8]]
    /// The numbers of the copies' own markets.
    private let markets: [UInt64]
    private var accountNames: [AccountName] = []
    private var accountIndexes: [AccountName: Int] = [:]
    /// By copy, then by account.
    private var accounts: [[Address]] = []

    private struct CheckedBalance: Hashable {
        let account: Int
        let asset: UInt64
    }

    init(_ plan: ReplayPlan, copies: Int, game: Game) throws(ReplayError) {
        let names = (0..<copies).map { $0 == 0 ? plan.matchName : "\(plan.matchName)~\($0)" }
        identities = names.map(OperationIdentity.prefix)
        markets = names.map { LotPrices.market(ofMatch: $0) }
        var encoder = ActionEncoder(game: game)
        var linked: [Action] = []
        var balances: [CheckedBalance: Int] = [:]
        var origins: [[UInt8]: (sequence: Int64, part: Int)] = [:]
        for step in plan.steps {
            switch step {
            case .check(let check):
                var move = Move(
                    sequence: check.sequence, clock: Self.clock(check.timeMilliseconds, plan), byOperator: false,
                    requested: nil)
                move.check = check
                move.account = index(.player(check.player))
                move.book = Self.book(check.asset, game)
                let balance = CheckedBalance(account: move.account, asset: check.asset)
                move.balance = balances[balance] ?? balances.count
                balances[balance] = move.balance
                append(move, [])
            case .action(let action):
                let body = try encoder.body(action)
                origins[action.operationID] = (action.sequence, linked.count)
                linked.append(
                    Action(
                        code: body.code, payload: body.payload,
                        accounts: encoder.places.map { (offset: $0.offset, account: index($0.name)) },
                        references: encoder.operationPlaces.compactMap { place in
                            origins[place.id].map { (offset: place.offset, sequence: $0.sequence, part: $0.part) }
                        },
                        market: encoder.marketPlace,
                        actor: Self.player(action.authority).map { index(.player($0)) }))
                if action.linkedWithNext { continue }
                append(
                    Move(
                        sequence: action.sequence, clock: action.clockMilliseconds,
                        byOperator: action.authority == .operatorRole, requested: action.requested), linked)
                linked = []
            }
        }
        balanceCount = balances.count
        for copy in 0..<copies {
            accounts.append(
                accountNames.map { name in
                    guard case .player(let player) = name, copy > 0 else { return Address(encoder.account(name)) }
                    return Address(Account(playerName: names[copy] + player.dropFirst(plan.matchName.utf8.count)))
                })
        }
    }

    private static func clock(_ time: Int64, _ plan: ReplayPlan) -> UInt64 {
        UInt64(max(1, plan.epochMilliseconds + time))
    }

    private static func player(_ authority: PlannedAuthority) -> String? {
        if case .player(let name) = authority { name } else { nil }
    }

    private static func book(_ asset: UInt64, _ game: Game) -> (contract: Address, id: UInt64)? {
        if let currency = game.catalog.currencies.first(where: { $0.asset == asset }) {
            return game.contracts[currency.contract].map { ($0, 0) }
        }
        return game.contracts["items"].map { ($0, asset) }
    }

    private mutating func index(_ name: AccountName) -> Int {
        if let known = accountIndexes[name] { return known }
        accountNames.append(name)
        accountIndexes[name] = accountNames.count - 1
        return accountNames.count - 1
    }

    private mutating func append(_ move: Move, _ parts: [Action]) {
        moves.append(move)
        actions.append(parts)
        let isCheck = move.check != nil
        if let last = runs.last, last.clock == move.clock, last.isChecks == isCheck {
            runs[runs.count - 1].moves = last.moves.lowerBound..<moves.count
        } else {
            runs.append(Run(clock: move.clock, isChecks: isCheck, moves: moves.count - 1..<moves.count))
        }
    }

    /// An account of a copy.
    func account(_ index: Int, copy: Int) -> Address { accounts[copy][index] }

    /// The number of a copy's market.
    func market(copy: Int) -> UInt64 { markets[copy] }

    /// The id of an operation of a copy; `text` is room to write in.
    func operationID(_ sequence: Int64, _ part: Int, copy: Int, in text: inout [UInt8]) -> LedgerOperationID {
        let word = OperationIdentity.digest(prefix: identities[copy], sequence: sequence, part: part, in: &text).word
        return LedgerOperationID(high: word.l3, low: word.l2)
    }
}
