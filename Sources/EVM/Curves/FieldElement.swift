/// An element of a field over which the coordinates of curve points range.
protocol FieldElement: BitwiseCopyable, Equatable, Sendable {
    static var zero: Self { get }
    static var one: Self { get }
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    var isZero: Bool { get }
    var squared: Self { get }
    /// The multiplicative inverse; zero for zero.
    var inverse: Self { get }
    /// A square root, nil for a non-square.
    var squareRoot: Self? { get }
    /// The sign of RFC 9380: the parity of the first non-zero coordinate.
    var isOdd: Bool { get }
}

extension FieldElement {
    var doubled: Self { @inline(__always) get { self + self } }
    var tripled: Self { @inline(__always) get { self + self + self } }
    static prefix func - (a: Self) -> Self { zero - a }

    /// The element to the power of an exponent in limbs, least significant first.
    func power(_ exponent: [UInt64]) -> Self {
        var result = Self.one
        var started = false
        for limb in exponent.reversed() {
            for bit in (0..<64).reversed() {
                if started { result = result.squared }
                if limb >> UInt64(bit) & 1 == 1 {
                    result = started ? result * self : self
                    started = true
                }
            }
        }
        return result
    }
}

/// A prime field whose modulus is 3 modulo 4, in Montgomery form.
protocol PrimeField: FieldElement {
    /// 64-bit limbs of an element.
    static var limbCount: Int { get }
    /// The modulus in limbs, least significant first.
    static var modulus: [UInt64] { get }
    /// What turns a number into Montgomery form by multiplication.
    static var radix: Self { get }
    /// The limbs as stored.
    var limbs: [UInt64] { get }
    init(limbs: [UInt64])
    /// Half of the element.
    var halved: Self { get }
}

extension PrimeField {
    var squared: Self { @inline(__always) get { self * self } }

    /// Fermat: the power of the modulus minus two.
    var inverse: Self {
        var exponent = Self.modulus
        exponent[0] &-= 2
        return power(exponent)
    }

    var squareRoot: Self? {
        // (modulus + 1) / 4; the modulus ends in ...3 modulo 4, so the sum does not carry out of the limbs.
        var exponent = Self.modulus
        for index in exponent.indices {
            let next = index + 1 < exponent.count ? exponent[index + 1] : 0
            exponent[index] = exponent[index] >> 2 | next << 62
        }
        let (low, carried) = exponent[0].addingReportingOverflow(1)
        precondition(!carried)
        exponent[0] = low
        let root = power(exponent)
        return root.squared == self ? root : nil
    }

    /// The element as a number, in limbs.
    var canonical: [UInt64] {
        (self * Self(limbs: [1] + [UInt64](repeating: 0, count: Self.limbCount - 1))).limbs
    }

    var isOdd: Bool { canonical[0] & 1 == 1 }

    /// Whether the number is above half of the modulus.
    var isLarger: Bool {
        let own = canonical
        let other = (-self).canonical
        for index in own.indices.reversed() where own[index] != other[index] { return own[index] > other[index] }
        return false
    }

    /// Reads a big-endian number as wide as the limbs; nil where it is not below the modulus.
    init?(bigEndian bytes: UnsafeRawBufferPointer) {
        var limbs = [UInt64](repeating: 0, count: Self.limbCount)
        for index in limbs.indices {
            let offset = bytes.count - 8 * (index + 1)
            limbs[index] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let isBelow = zip(limbs, Self.modulus).reversed().first { $0 != $1 }.map { $0 < $1 } ?? false
        if !isBelow { return nil }
        self = Self(limbs: limbs) * Self.radix
    }

    /// The number in big-endian bytes as wide as the limbs.
    var bigEndianBytes: [UInt8] {
        canonical.reversed().flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) } }
    }
}

extension Array where Element: FieldElement {
    /// The polynomial with these coefficients, in ascending order, at a point.
    func evaluated(at x: Element) -> Element {
        reversed().reduce(Element.zero) { $0 * x + $1 }
    }
}
