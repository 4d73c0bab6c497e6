import Economy
import Wire

/// Turns planned actions into the bodies that go over the wire, by the table of the game's actions.
struct ActionEncoder {
    private let game: Game
    /// Accounts by name: hashing a name once is enough.
    private var accounts: [AccountName: Account] = [:]
    /// Where the accounts stand in the payload that was made last.
    private(set) var places: [(offset: Int, name: AccountName)] = []
    /// Where the ids of other operations stand in it.
    private(set) var operationPlaces: [(offset: Int, id: [UInt8])] = []

    /// Where the number of the match's market stands in it, if it does.
    private(set) var marketPlace: Int?

    init(game: Game) {
        self.game = game
    }

    /// The body of an action; the error names the action and the field that the game does not have so.
    mutating func body(_ action: PlannedAction) throws(ReplayError) -> ActionBody {
        guard let definition = game.actionsByName[action.name] else {
            throw .gameDoesNotFit("the game has no action \"\(action.name)\"")
        }
        var values: [String: FieldValue] = [:]
        places = []
        operationPlaces = []
        marketPlace = action.fields["market"] == nil ? nil : definition.field("market")?.offset
        for (name, field) in action.fields {
            switch field {
            case .number(let number): values[name] = .number(number)
            case .operation(let bytes):
                values[name] = .id(bytes)
                if let place = definition.field(name) { operationPlaces.append((place.offset, bytes)) }
            case .line(let line): values[name] = .lines([AssetLine(asset: line.asset, amount: line.amount)])
            case .lines(let lines):
                values[name] = .lines(lines.map { AssetLine(asset: $0.asset, amount: $0.amount) })
            case .account(let accountName):
                guard let place = definition.field(name), place.type == .account else {
                    throw .gameDoesNotFit("the action \"\(action.name)\" has no account \"\(name)\"")
                }
                places.append((place.offset, accountName))
            }
        }
        do {
            var (code, payload) = try game.encodePayload(action: action.name, fields: values)
            for (offset, name) in places {
                payload.replaceSubrange(offset..<offset + Account.byteCount, with: account(name).bytes)
            }
            var actor = Account.zero
            if case .player(let name) = action.authority { actor = account(.player(name)) }
            return ActionBody(
                code: code, clockMilliseconds: action.clockMilliseconds, actor: actor, payload: payload)
        } catch {
            throw .gameDoesNotFit("the action \"\(action.name)\" does not take these fields: \(error)")
        }
    }

    /// The account of a name, as shared by everyone who names accounts.
    mutating func account(_ name: AccountName) -> Account {
        if let known = accounts[name] { return known }
        let account =
            switch name {
            case .player(let player): Account(playerName: player)
            case .faucet(let faucet): Account(label: "hoard:faucet:\(faucet)")
            case .sink(let sink): Account(label: "hoard:sink:\(sink)")
            case .treasury: Account(label: "hoard:treasury")
            }
        accounts[name] = account
        return account
    }
}
