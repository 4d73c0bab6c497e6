/// A 32-byte digest.
public struct Hash256: Sendable, BitwiseCopyable {
    /// The digest read as a big-endian word.
    public let word: U256

    /// The digest with this big-endian reading.
    @inline(__always)
    public init(word: U256) {
        self.word = word
    }

    /// The digest of 32 bytes; another count is a bug.
    public init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 32, "a digest has 32 bytes")
        word = U256(bigEndian: bytes)
    }

    /// Reads 32 bytes at `address`, which need not be aligned.
    @inline(__always)
    public init(loading address: UnsafeRawPointer) {
        word = U256(loadingBigEndian: address)
    }

    /// Reads 64 hexadecimal digits with or without 0x; nil when malformed.
    public init?(hex text: some StringProtocol) {
        guard let bytes = bytesFromHex(text), bytes.count == 32 else { return nil }
        self.init(bytes: bytes)
    }

    /// 32 zero bytes.
    public static var zero: Hash256 { Hash256(word: .zero) }
    /// keccak256 of no bytes: the code hash of an account without code.
    public static var emptyCode: Hash256 {
        Hash256(word: U256(0x7BFA_D804_5D85_A470, 0xE500_B653_CA82_273B, 0x927E_7DB2_DCC7_03C0, 0xC5D2_4601_86F7_233C))
    }
    /// keccak256 of the empty string in RLP: the root of a trie without keys.
    public static var emptyTrie: Hash256 {
        Hash256(word: U256(0x0162_2FB5_E363_B421, 0x5B48_E01B_996C_ADC0, 0xFF83_45E6_92C0_F86E, 0x56E8_1F17_1BCC_55A6))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { word.bigEndianBytes }

    /// Writes the 32 bytes at `address`, which need not be aligned.
    @inline(__always)
    public func store(at address: UnsafeMutableRawPointer) {
        word.storeBigEndian(at: address)
    }

    /// 64 lower-case hexadecimal digits with 0x.
    public var hex: String { word.paddedHex }
}

extension Hash256: Hashable, Comparable {
    /// Equality of all bytes.
    @inline(__always)
    public static func == (a: Hash256, b: Hash256) -> Bool { a.word == b.word }

    /// The order of the bytes.
    @inline(__always)
    public static func < (a: Hash256, b: Hash256) -> Bool { a.word < b.word }

    /// Feeds the digest, mixed to one word, to the hasher.
    @inline(__always)
    public func hash(into hasher: inout Hasher) { word.hash(into: &hasher) }

    /// The hash that Dictionary and Set use, keyed by the seed of the table.
    @inline(__always)
    public func _rawHashValue(seed: Int) -> Int { word._rawHashValue(seed: seed) }
}

extension Hash256: CustomStringConvertible {
    /// Hexadecimal.
    public var description: String { hex }
}
