import EVM
import Economy
import Wire

/// Random actions of every kind by few players on few things: what a contract's slots meet under contention.
struct ContendedActions {
    let game: Game
    var state: UInt64

    init(game: Game, seed: UInt64) {
        self.game = game
        state = seed
    }

    static let players = ["ana", "bo", "cy", "dee"].map { NamedAccount.player($0) }
    /// What players have plenty of, and unique things of which each player has one.
    static let stock: [UInt64] = [1, 2, 65_536, 65_537, 65_540, 65_543, 65_569, 65_571, 8_454_181]

    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }

    private mutating func player() -> Address { Self.players[below(Self.players.count)] }

    private mutating func line() -> AssetLine {
        AssetLine(asset: Self.stock[below(Self.stock.count)], amount: UInt64(1 + below(5)))
    }

    /// The transaction of one action, sent by whom its file says.
    mutating func transaction(_ action: ActionDefinition, _ fields: [String: FieldValue]? = nil) throws -> Transaction {
        var values = fields ?? [:]
        if fields == nil { for field in action.payload { values[field.name] = value(field, action.name) } }
        let role: Role = action.authority.first ?? .server
        let session = SessionIdentity(role: role, subject: role == .operator ? "keeper" : "match")
        let body = ActionBody(
            code: action.code, actor: action.authority.isEmpty ? Account(player()) : .zero,
            payload: try action.encodePayload(values))
        return try game.map(body, session: session).get()
    }

    private mutating func value(_ field: PayloadField, _ action: String) -> FieldValue {
        switch field.type {
        case .account: return .account(account(field))
        case .asset:
            return .number(field.promise == .currency ? UInt64(1 + below(2)) : Self.stock[2 + below(Self.stock.count - 2)])
        case .id: return .id([UInt8](repeating: 1, count: 15) + [UInt8(1 + below(24))])
        case .line: return .lines((0..<min(field.count, 1 + below(2))).map { _ in line() })
        case .hash: return .words([keccak256([UInt8(below(6))]).word])
        case .u128: return .wide(UInt128(1 + below(9)))
        case .u8, .u16, .u32, .u64: return field.isList ? .numbers(field.type == .u16 ? [50] : [100_000]) : .number(number(field.name))
        }
    }

    private mutating func account(_ field: PayloadField) -> Address {
        switch field.promise {
        case .faucet, .source: NamedAccount.faucet("rewards")
        case .sink: NamedAccount.sink(below(2) == 0 ? "destroyed" : "match")
        default: player()
        }
    }

    private mutating func number(_ name: String) -> UInt64 {
        switch name {
        case "maxCost", "limit", "stock", "most": 100_000
        case "minPaid", "opens", "starts": 0
        case "expires": 1_900_000_000
        case "closes": game.genesis.timestampSeconds + 2_000
        case "version", "number", "epoch": UInt64(1 + below(40))
        case "table": UInt64([1, 2, 3, 4, 5, 11, 12][below(7)])
        case "box", "product", "segment": UInt64(1 + below(3))
        case "offer": UInt64([1, 2, 17, 33, 34, 36, 38][below(7)])
        case "basisPoints", "stepBasisPoints": UInt64(100 + below(400))
        case "buyOut": 0
        case "side": UInt64(1 + below(2))
        case "reserve", "amount", "unitPrice", "price": UInt64(1 + below(40))
        default: UInt64(1 + below(4))
        }
    }
}
