public import EVM
public import Wire

/// The accounts that have a name: players by SHA-256, houses likewise, authorities by their prefix.
public enum NamedAccount {
    /// The account of a player.
    public static func player(_ name: String) -> Address { hashed("hoard:player:" + name) }
    /// The account of a faucet, which issues and so goes below zero.
    public static func faucet(_ name: String) -> Address { hashed("hoard:faucet:" + name) }
    /// The account of a sink, which takes what is burnt.
    public static func sink(_ name: String) -> Address { hashed("hoard:sink:" + name) }
    /// The account that holds what a contract keeps for players until it is decided whose it is.
    public static func escrow(_ name: String) -> Address { hashed("hoard:escrow:" + name) }
    /// The account that the shop's income and the fees go to.
    public static let treasury: Address = hashed("hoard:treasury")

    /// The account that stands for a role in a lane, the first 8 bytes of the account concerned.
    public static func authority(_ role: Role, lane: UInt64 = 0) -> Address {
        prefixed(role == .server ? "hoard:server" : "hoard:operat", lane)
    }

    /// The account that stands for the ledger itself in a lane; no session and no key speaks for it.
    public static func system(lane: UInt64 = 0) -> Address { prefixed("hoard:system", lane) }

    private static func prefixed(_ prefix: StaticString, _ lane: UInt64) -> Address {
        let bytes =
            prefix.withUTF8Buffer { Array($0) } + (0..<8).map { UInt8(truncatingIfNeeded: lane >> (56 - 8 * $0)) }
        return Address(bytes: bytes)
    }

    private static func hashed(_ text: String) -> Address {
        Address(bytes: sha256(Array(text.utf8)).bytes.prefix(20))
    }
}

/// What a house account is, with the number that the contracts use.
public enum HouseKind: UInt64, Sendable {
    /// No house: a player.
    case none = 0
    /// Issues.
    case faucet = 1
    /// Takes what is burnt.
    case sink = 2
    /// Takes income and fees.
    case treasury = 3
    /// Holds what belongs to players for a while.
    case escrow = 4
}
