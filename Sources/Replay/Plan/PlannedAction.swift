public import Wire

/// An account by what it is for, before it becomes 20 bytes.
public enum AccountName: Sendable, Hashable {
    /// A player, by the full name `<match>/<slot>`.
    case player(String)
    case faucet(String)
    case sink(String)
    case treasury
}

/// The value of one field of an action, named as in GameData/Actions.
public enum PlannedField: Sendable, Equatable {
    case account(AccountName)
    case number(UInt64)
    case line(AssetAmount)
    case lines([AssetAmount])
    case operation([UInt8])
}

/// Who must be the session that sends an action.
public enum PlannedAuthority: Sendable, Equatable {
    case server
    case operatorRole
    /// A game server for the player of this name.
    case player(String)
}

/// What an action does to one account if it is applied.
public struct Effect: Sendable, Equatable {
    public var account: AccountName
    public var asset: UInt64
    public var delta: Int64
}

/// One action of the game that the replay sends, with everything that decides its bytes.
public struct PlannedAction: Sendable, Equatable {
    /// The event that it belongs to.
    public var sequence: Int64
    public var kind: MatchEventKind
    /// 16 bytes, made of the match, the event and the part.
    public var operationID: [UInt8]
    public var name: String
    public var fields: [String: PlannedField]
    public var authority: PlannedAuthority
    public var clockMilliseconds: UInt64
    /// Applied together with the next action or not at all.
    public var linkedWithNext: Bool
    /// In the order in which they happen; the model of the ledger goes by them.
    public var effects: [Effect]
    /// The limit that a setCredit sets.
    public var credit: Int64?
    /// How much a command asks for that the contract clamps to what there is; nil where nothing is clamped.
    public var requested: UInt64?
    /// Whether the model expects the ledger to apply it.
    public var expectedToApply: Bool
}

/// A recorded balance to be checked against the ledger at its place among the actions.
public struct SnapshotCheck: Sendable, Equatable {
    public var sequence: Int64
    public var timeMilliseconds: Int64
    /// The full name of the player.
    public var player: String
    public var asset: UInt64
    public var recorded: Int64
    public var tolerance: Int64
    /// What the model of the ledger says.
    public var expected: Int64

    /// A balance to be checked.
    public init(
        sequence: Int64, timeMilliseconds: Int64, player: String, asset: UInt64, recorded: Int64, tolerance: Int64,
        expected: Int64
    ) {
        self.sequence = sequence
        self.timeMilliseconds = timeMilliseconds
        self.player = player
        self.asset = asset
        self.recorded = recorded
        self.tolerance = tolerance
        self.expected = expected
    }
}

/// What the replay does next.
public enum PlanStep: Sendable, Equatable {
    case action(PlannedAction)
    case check(SnapshotCheck)
}
