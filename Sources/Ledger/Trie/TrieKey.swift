internal import EVM

/// The 64 nibbles of a hashed key, most significant first.
struct TrieKey: Equatable {
    var a: UInt64
    var b: UInt64
    var c: UInt64
    var d: UInt64

    /// The nibbles of a digest.
    @inline(__always)
    init(_ digest: Hash256) {
        let word = digest.word
        a = word.l3
        b = word.l2
        c = word.l1
        d = word.l0
    }

    /// Nibbles in a key.
    static let nibbleCount = 64

    /// The nibble at `index`, 0 to 63.
    @inline(__always)
    func nibble(_ index: Int) -> Int {
        let limb = index < 32 ? (index < 16 ? a : b) : (index < 48 ? c : d)
        return Int(truncatingIfNeeded: limb &>> UInt64(truncatingIfNeeded: 60 &- 4 &* (index & 15)) & 15)
    }

    /// How many nibbles two keys share before they part; 64 for equal ones.
    @inline(__always)
    func commonNibbles(_ other: TrieKey) -> Int {
        if a != other.a { return (a ^ other.a).leadingZeroBitCount &>> 2 }
        if b != other.b { return 16 &+ (b ^ other.b).leadingZeroBitCount &>> 2 }
        if c != other.c { return 32 &+ (c ^ other.c).leadingZeroBitCount &>> 2 }
        if d != other.d { return 48 &+ (d ^ other.d).leadingZeroBitCount &>> 2 }
        return 64
    }
}
