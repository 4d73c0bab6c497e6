/// What a session may do.
public enum Role: UInt8, Sendable, CaseIterable {
    /// Acts for its own account only.
    case player = 1
    /// A game server: acts for any player and alone grants rewards.
    case server = 2
    /// Administers the economy.
    case `operator` = 3

    /// The word that tokens and the command line use.
    public var name: String {
        switch self {
        case .player: "player"
        case .server: "server"
        case .operator: "operator"
        }
    }

    /// The role of that name; nil for any other word.
    public init?(name: String) {
        guard let role = Role.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }
}
