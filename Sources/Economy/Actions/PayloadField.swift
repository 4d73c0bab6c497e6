/// The type of a payload field on the wire: fixed size, packed, little endian.
public enum PayloadType: String, Sendable, CaseIterable {
    /// Unsigned integers.
    case u8, u16, u32, u64, u128
    /// A 20-byte account.
    case account
    /// A 16-byte id, in the order in which it is written.
    case id
    /// An asset number, 8 bytes.
    case asset
    /// An asset number and an amount, 8 bytes each.
    case line
    /// A word of 32 bytes, in the order in which it is written: a hash, a seed.
    case hash

    /// Bytes of one value.
    public var size: Int {
        switch self {
        case .u8: 1
        case .u16: 2
        case .u32: 4
        case .u64, .asset: 8
        case .u128, .id, .line: 16
        case .account: 20
        case .hash: 32
        }
    }

    /// Whether the bytes stand in calldata in the opposite order.
    var isLittleEndian: Bool { self != .account && self != .id && self != .hash }
}

/// What the value of a field must be; checked before anything is executed.
public enum Promise: String, Sendable, CaseIterable {
    /// Not zero.
    case nonzero
    /// An account that is not all zero.
    case account
    /// An account that is not all zero and no escrow, since things are taken from it.
    case giver
    /// A currency of the catalog.
    case currency
    /// An item of the catalog.
    case item
    /// A currency or an item of the catalog.
    case asset
    /// A faucet of the catalog.
    case faucet
    /// A sink of the catalog or the treasury.
    case sink
    /// A faucet of the catalog or the treasury.
    case source
    /// A line with an asset of the catalog and an amount that is not zero.
    case line
    /// Such lines, at least one, the unused ones last.
    case lines
    /// Such lines, perhaps none, the unused ones last.
    case linesOrNone

    /// The types that a field with this promise can have.
    var types: [PayloadType] {
        switch self {
        case .nonzero: [.u8, .u16, .u32, .u64, .u128, .id, .hash]
        case .account, .giver, .faucet, .sink, .source: [.account]
        case .currency, .item, .asset: [.asset]
        case .line, .lines, .linesOrNone: [.line]
        }
    }
}

/// A field of an action's payload.
public struct PayloadField: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Its type.
    public let type: PayloadType
    /// How many values follow each other; 1 unless the file says otherwise.
    public let count: Int
    /// Whether the file gives a count, so that the contract takes a list.
    public let isList: Bool
    /// Where it starts in the payload, in bytes.
    public let offset: Int
    /// What it counts.
    public let unit: String
    /// What its value must be, if anything.
    public let promise: Promise?
    /// What it means.
    public let says: String

    /// Bytes of all its values.
    public var size: Int { type.size * count }
}
