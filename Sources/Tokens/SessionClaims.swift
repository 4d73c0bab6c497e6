/// What a session may do.
public enum SessionRole: String, Sendable, Equatable, CaseIterable {
    /// Acts for itself only.
    case player
    /// A game server: acts for any player and alone may grant.
    case server
    /// Administers.
    case `operator`
}

/// What a verified token says.
public struct SessionClaims: Sendable, Equatable {
    /// Who the session is: for a player, the player's name. 1 to 64 bytes.
    public let subject: String
    /// What the session may do.
    public let role: SessionRole
    /// When the token ends, in seconds since 1970.
    public let expiresSeconds: Int64

    /// Claims as they are.
    public init(subject: String, role: SessionRole, expiresSeconds: Int64) {
        self.subject = subject
        self.role = role
        self.expiresSeconds = expiresSeconds
    }
}
