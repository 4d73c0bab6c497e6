/// The 20-byte account of a player, a faucet, a sink or a contract, as it stands on the wire and in calls.
public struct Account: Sendable, Hashable {
    /// Bytes 0 to 7, 8 to 15 and 16 to 19, each as a little-endian number.
    let head: UInt64
    let middle: UInt64
    let tail: UInt32

    /// No account: in an action it stands for the session's own.
    public static let zero = Account(head: 0, middle: 0, tail: 0)

    /// How many bytes an account has.
    public static let byteCount = 20

    init(head: UInt64, middle: UInt64, tail: UInt32) {
        self.head = head
        self.middle = middle
        self.tail = tail
    }

    /// The account with these bytes; nil unless there are 20.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self = bytes.withUnsafeBytes { Account(reading: $0, at: 0) }
    }

    /// The account that `text` gives in 40 hexadecimal digits, with or without 0x; nil otherwise.
    public init?(hex text: String) {
        guard let bytes = HexText.bytes(of: text) else { return nil }
        self.init(bytes: bytes)
    }

    /// The account of a player: the first 20 bytes of SHA-256 over "hoard:player:" and the name in UTF-8.
    public init(playerName: String) {
        self.init(label: "hoard:player:" + playerName)
    }

    /// The account of a named part of the house, such as "hoard:faucet:load": the first 20 bytes of SHA-256 over the label.
    public init(label: String) {
        let digest = SHA256.digest(Array(label.utf8))
        self = digest.withUnsafeBytes { Account(reading: $0, at: 0) }
    }

    init(reading bytes: UnsafeRawBufferPointer, at offset: Int) {
        head = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        middle = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        tail = bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self)
    }

    /// The 20 bytes in order.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(self)
        return bytes
    }

    /// "0x" and 40 hexadecimal digits.
    public var hex: String { "0x" + HexText.digits(of: bytes) }
}
