/// A 256-bit unsigned integer in four 64-bit limbs, least significant first; the EVM's word.
public struct U256: Sendable, BitwiseCopyable {
    /// Limb 0, the least significant 64 bits.
    public var l0: UInt64
    /// Limb 1, bits 64 to 127.
    public var l1: UInt64
    /// Limb 2, bits 128 to 191.
    public var l2: UInt64
    /// Limb 3, the most significant 64 bits.
    public var l3: UInt64

    /// Builds a number from its limbs, least significant first.
    @inline(__always)
    public init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) {
        self.l0 = l0
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
    }

    /// Builds a number from its named limbs.
    @inline(__always)
    public init(l0: UInt64, l1: UInt64, l2: UInt64, l3: UInt64) {
        self.init(l0, l1, l2, l3)
    }

    /// Widens a 64-bit number.
    @inline(__always)
    public init(_ value: UInt64) {
        self.init(value, 0, 0, 0)
    }

    /// Widens a 32-bit number.
    @inline(__always)
    public init(_ value: UInt32) {
        self.init(UInt64(value), 0, 0, 0)
    }

    /// Widens a 128-bit number.
    @inline(__always)
    public init(_ value: UInt128) {
        self.init(UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), 0, 0)
    }

    /// Widens a count; a negative one is a bug.
    @inline(__always)
    public init(_ value: Int) {
        self.init(UInt64(value))
    }

    /// Sign-extends a 64-bit number to two's complement over 256 bits.
    @inline(__always)
    public init(signed value: Int64) {
        let high = UInt64(bitPattern: value >> 63)
        self.init(UInt64(bitPattern: value), high, high, high)
    }

    /// 1 for true, 0 for false.
    @inline(__always)
    public init(_ value: Bool) {
        self.init(value ? 1 : 0, 0, 0, 0)
    }

    /// Zero.
    public static var zero: U256 { @inline(__always) get { U256(0, 0, 0, 0) } }
    /// One.
    public static var one: U256 { @inline(__always) get { U256(1, 0, 0, 0) } }
    /// 2^256 - 1.
    public static var max: U256 { @inline(__always) get { U256(.max, .max, .max, .max) } }

    /// Whether the number is zero.
    public var isZero: Bool { @inline(__always) get { (l0 | l1 | l2 | l3) == 0 } }
    /// Whether the number fits in 64 bits.
    public var fitsUInt64: Bool { @inline(__always) get { (l1 | l2 | l3) == 0 } }
    /// The number as 64 bits, or nil when it is larger.
    public var asUInt64: UInt64? { @inline(__always) get { fitsUInt64 ? l0 : nil } }
    /// The number as 64 bits, or the largest 64-bit number when it is larger.
    public var clampedToUInt64: UInt64 { @inline(__always) get { fitsUInt64 ? l0 : .max } }
    /// Whether bit 255 is set: negative in two's complement.
    public var isNegative: Bool { @inline(__always) get { Int64(bitPattern: l3) < 0 } }
}

extension U256: ExpressibleByIntegerLiteral {
    /// A literal of up to 64 bits.
    @inline(__always)
    public init(integerLiteral value: UInt64) {
        self.init(value)
    }
}

extension U256: Comparable {
    /// Equality of all limbs.
    @inline(__always)
    public static func == (a: U256, b: U256) -> Bool {
        ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3)) == 0
    }

    /// Unsigned order.
    @inline(__always)
    public static func < (a: U256, b: U256) -> Bool {
        a.subtractingReportingOverflow(b).overflow
    }
}

extension U256: Hashable {
    /// Feeds the four limbs, mixed to one word, to the hasher.
    @inline(__always)
    public func hash(into hasher: inout Hasher) {
        hasher.combine(mixed(seed: 0))
    }

    /// The hash that Dictionary and Set use: two wide multiplications keyed by the seed of the table.
    @inline(__always)
    public func _rawHashValue(seed: Int) -> Int {
        Int(truncatingIfNeeded: mixed(seed: UInt64(truncatingIfNeeded: seed)))
    }

    /// A 64-bit mix of all limbs and a seed; not for use against an adversary who knows the seed.
    @inline(__always)
    func mixed(seed: UInt64) -> UInt64 {
        let a = foldedProduct(l0 ^ seed ^ 0x9E37_79B9_7F4A_7C15, l1 ^ 0xD1B5_4A32_D192_ED03 &+ seed)
        let b = foldedProduct(l2 ^ seed ^ 0x8CB9_2BA7_2F3D_8DD7, l3 ^ 0xA24B_AED4_963E_E407 &+ seed)
        return foldedProduct(a ^ 0x9FB2_1C65_1E98_DF25, b ^ seed ^ 0xE703_7ED1_A0B4_28DB)
    }
}

/// The exclusive or of the two halves of a 128-bit product: a fast mixing step for hash tables.
@inline(__always)
func foldedProduct(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
}
