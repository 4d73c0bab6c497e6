import CGMP

/// A prime field whose modulus is 3 modulo 4, in Montgomery form: 64-bit limbs, least significant first, and nothing
/// else.
protocol PrimeField: FieldElement {
    /// The limbs of the modulus.
    static var modulus: Self { get }
    /// The limbs of the number one.
    static var plainOne: Self { get }
    /// What turns a number into Montgomery form by multiplication.
    static var radix: Self { get }
    /// What turns the inverse of a Montgomery form into the Montgomery form of the inverse by multiplication.
    static var radixSquared: Self { get }
    /// (modulus + 1) / 4 in limbs, which as an exponent takes square roots.
    static var rootExponent: [UInt64] { get }
    /// Half of the element.
    var halved: Self { get }
    /// The sum, which may be up to twice the modulus.
    func unreducedSum(_ other: Self) -> Self
}

extension PrimeField {
    /// Limbs of an element.
    @inline(__always)
    static var limbCount: Int { MemoryLayout<Self>.size / 8 }

    var squared: Self { @inline(__always) get { self * self } }

    /// The limb at an index, as stored.
    @inline(__always)
    func limb(_ index: Int) -> UInt64 {
        withUnsafeBytes(of: self) { $0.load(fromByteOffset: 8 &* index, as: UInt64.self) }
    }

    /// Whether the limbs as stored are a smaller number than those of another element.
    func isBelow(_ other: Self) -> Bool {
        for index in (0..<Self.limbCount).reversed() where limb(index) != other.limb(index) {
            return limb(index) < other.limb(index)
        }
        return false
    }

    /// The extended Euclidean algorithm of GMP; zero for zero.
    var inverse: Self {
        if isZero { return .zero }
        // GMP gives the factor of the greater number: the modulus is added, and it destroys both.
        var number = unreducedSum(.modulus)
        var modulus = Self.modulus
        var gcd = (Self.zero, UInt64(0))
        var factor = (Self.zero, UInt64(0))
        var factorCount = 0
        Self.withLimbs(&number) { number in
            Self.withLimbs(&modulus) { modulus in
                Self.withLimbs(&gcd) { gcd in
                    Self.withLimbs(&factor) { factor in
                        _ = __gmpn_gcdext(gcd, factor, &factorCount, number, Self.limbCount, modulus, Self.limbCount)
                    }
                }
            }
        }
        precondition(factor.1 == 0 && factorCount.magnitude <= Self.limbCount, "the factor is below the modulus")
        let result = factor.0 * .radixSquared
        return factorCount < 0 ? .zero - result : result
    }

    /// The Jacobi symbol, by GMP.
    var isSquare: Bool {
        // The factor 2^(64 n) of Montgomery form is a square: its exponent is even.
        var number = self
        var modulus = Self.modulus
        return Self.withLimbs(&number) { number in
            Self.withLimbs(&modulus) { modulus in
                var first = __mpz_struct()
                var second = __mpz_struct()
                return withUnsafeMutablePointer(to: &first) { a in
                    // GMP's read-only numbers are these headers: they must stay where they are until it is done.
                    withUnsafeMutablePointer(to: &second) { b in
                        __gmpz_jacobi(
                            __gmpz_roinit_n(a, number, Self.limbCount), __gmpz_roinit_n(b, modulus, Self.limbCount))
                            >= 0
                    }
                }
            }
        }
    }

    /// The address of the limbs at the head of a value.
    @inline(__always)
    private static func withLimbs<Value: BitwiseCopyable, Result>(
        _ value: inout Value, _ body: (UnsafeMutablePointer<mp_limb_t>) -> Result
    ) -> Result {
        withUnsafeMutableBytes(of: &value) { body($0.baseAddress!.assumingMemoryBound(to: mp_limb_t.self)) }
    }

    var squareRoot: Self? {
        let root = power(Self.rootExponent)
        return root.squared == self ? root : nil
    }

    /// The limbs of the number itself.
    var canonical: Self { self * .plainOne }

    var isOdd: Bool { canonical.limb(0) & 1 == 1 }

    /// Whether the number is above half of the modulus.
    var isLarger: Bool { (Self.zero - self).canonical.isBelow(canonical) }

    /// Reads a big-endian number as wide as the limbs; nil where it is not below the modulus.
    init?(bigEndian bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 8 * Self.limbCount, "a field element has as many bytes as its limbs")
        var number = Self.zero
        withUnsafeMutableBytes(of: &number) { limbs in
            for index in 0..<Self.limbCount {
                let limb = bytes.loadUnaligned(fromByteOffset: bytes.count - 8 * (index + 1), as: UInt64.self)
                limbs.storeBytes(of: UInt64(bigEndian: limb), toByteOffset: 8 * index, as: UInt64.self)
            }
        }
        if !number.isBelow(.modulus) { return nil }
        self = number * .radix
    }

    /// Appends the number in big-endian bytes as wide as the limbs.
    func append(to bytes: inout [UInt8]) {
        let number = canonical
        for index in (0..<Self.limbCount).reversed() {
            withUnsafeBytes(of: number.limb(index).bigEndian) { bytes.append(contentsOf: $0) }
        }
    }
}
