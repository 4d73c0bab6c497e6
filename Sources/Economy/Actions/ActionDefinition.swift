public import Wire

/// Which contract an action calls.
public enum CallTarget: Sendable, Equatable {
    /// The contract of this name in genesis.json.
    case contract(String)
    /// The contract of the currency that this field names.
    case currencyOf(field: String)
}

/// How an argument of the call is made.
public enum CallArgument: Sendable, Equatable {
    /// The value of a field.
    case field(String)
    /// A fixed number.
    case constant(UInt64)
    /// The account that acts.
    case actor
    /// The account of the session that sends it, whoever acts: who an operator is.
    case session
}

/// An action of the game: what its payload holds, which call it becomes, what its reply says. One file of Actions/ each.
public struct ActionDefinition: Sendable, Equatable {
    /// Its name, also the name of its file.
    public let name: String
    /// Its number on the wire.
    public let code: UInt16
    /// The roles whose authority account sends it; empty where the acting player sends it.
    public let authority: [Role]
    /// The account field that gives the lane of the authority account.
    public let lane: String?
    /// What it does.
    public let says: String
    /// The fields of its payload, in order and without gaps.
    public let payload: [PayloadField]
    /// Which contract it calls.
    public let target: CallTarget
    /// The signature of the function.
    public let function: String
    /// How each argument is made.
    public let arguments: [CallArgument]
    /// Gas that it may use.
    public let gasLimit: UInt64
    /// The signature of the event that its reply is made of.
    public let event: String
    /// The event's parameters that become result 0 and result 1.
    public let results: [String?]
    /// How often one player may ask for it, where there is such a limit.
    public let rate: RateRule?
    /// Names of refusals that can happen.
    public let refusals: [String]

    /// Bytes of the payload.
    public var payloadLength: Int { payload.reduce(0) { $0 + $1.size } }

    /// The field of this name.
    public func field(_ name: String) -> PayloadField? { payload.first { $0.name == name } }
}
