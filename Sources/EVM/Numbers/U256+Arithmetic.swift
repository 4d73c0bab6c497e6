extension U256 {
    /// The sum and whether it left 256 bits.
    @inline(__always)
    public func addingReportingOverflow(_ other: U256) -> (partialValue: U256, overflow: Bool) {
        let (r0, c0) = l0.addingReportingOverflow(other.l0)
        let (s1, d1) = l1.addingReportingOverflow(other.l1)
        let (r1, e1) = s1.addingReportingOverflow(c0 ? 1 : 0)
        let (s2, d2) = l2.addingReportingOverflow(other.l2)
        let (r2, e2) = s2.addingReportingOverflow((d1 != e1) ? 1 : 0)
        let (s3, d3) = l3.addingReportingOverflow(other.l3)
        let (r3, e3) = s3.addingReportingOverflow((d2 != e2) ? 1 : 0)
        return (U256(r0, r1, r2, r3), d3 != e3)
    }

    /// The difference and whether it fell below zero.
    @inline(__always)
    public func subtractingReportingOverflow(_ other: U256) -> (partialValue: U256, overflow: Bool) {
        let (r0, c0) = l0.subtractingReportingOverflow(other.l0)
        let (s1, d1) = l1.subtractingReportingOverflow(other.l1)
        let (r1, e1) = s1.subtractingReportingOverflow(c0 ? 1 : 0)
        let (s2, d2) = l2.subtractingReportingOverflow(other.l2)
        let (r2, e2) = s2.subtractingReportingOverflow((d1 != e1) ? 1 : 0)
        let (s3, d3) = l3.subtractingReportingOverflow(other.l3)
        let (r3, e3) = s3.subtractingReportingOverflow((d2 != e2) ? 1 : 0)
        return (U256(r0, r1, r2, r3), d3 != e3)
    }

    /// The low 256 bits of the product and whether the true product is larger.
    public func multipliedReportingOverflow(by other: U256) -> (partialValue: U256, overflow: Bool) {
        let product = multipliedFullWidth(by: other)
        return (product.low, !product.high.isZero)
    }

    /// The sum modulo 2^256.
    @inline(__always)
    public static func &+ (a: U256, b: U256) -> U256 {
        a.addingReportingOverflow(b).partialValue
    }

    /// The difference modulo 2^256.
    @inline(__always)
    public static func &- (a: U256, b: U256) -> U256 {
        a.subtractingReportingOverflow(b).partialValue
    }

    /// Adds in place modulo 2^256.
    @inline(__always)
    public static func &+= (a: inout U256, b: U256) {
        a = a &+ b
    }

    /// Subtracts in place modulo 2^256.
    @inline(__always)
    public static func &-= (a: inout U256, b: U256) {
        a = a &- b
    }

    /// Two's complement negation.
    @inline(__always)
    public var negated: U256 { U256.zero &- self }

    /// The product modulo 2^256.
    @inline(__always)
    public static func &* (a: U256, b: U256) -> U256 {
        let r0: UInt64
        var carry: UInt64
        (carry, r0) = multiplyAdd(a.l0, b.l0, 0, 0)
        var r1: UInt64
        var r2: UInt64
        var r3: UInt64
        (carry, r1) = multiplyAdd(a.l0, b.l1, 0, carry)
        (carry, r2) = multiplyAdd(a.l0, b.l2, 0, carry)
        r3 = a.l0 &* b.l3 &+ carry
        (carry, r1) = multiplyAdd(a.l1, b.l0, r1, 0)
        (carry, r2) = multiplyAdd(a.l1, b.l1, r2, carry)
        r3 = r3 &+ a.l1 &* b.l2 &+ carry
        (carry, r2) = multiplyAdd(a.l2, b.l0, r2, 0)
        r3 = r3 &+ a.l2 &* b.l1 &+ carry
        r3 = r3 &+ a.l3 &* b.l0
        return U256(r0, r1, r2, r3)
    }

    /// The whole 512-bit product.
    @inline(__always)
    public func multipliedFullWidth(by b: U256) -> (high: U256, low: U256) {
        var r = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        var carry: UInt64
        (carry, r.0) = multiplyAdd(l0, b.l0, 0, 0)
        (carry, r.1) = multiplyAdd(l0, b.l1, 0, carry)
        (carry, r.2) = multiplyAdd(l0, b.l2, 0, carry)
        (r.4, r.3) = multiplyAdd(l0, b.l3, 0, carry)
        (carry, r.1) = multiplyAdd(l1, b.l0, r.1, 0)
        (carry, r.2) = multiplyAdd(l1, b.l1, r.2, carry)
        (carry, r.3) = multiplyAdd(l1, b.l2, r.3, carry)
        (r.5, r.4) = multiplyAdd(l1, b.l3, r.4, carry)
        (carry, r.2) = multiplyAdd(l2, b.l0, r.2, 0)
        (carry, r.3) = multiplyAdd(l2, b.l1, r.3, carry)
        (carry, r.4) = multiplyAdd(l2, b.l2, r.4, carry)
        (r.6, r.5) = multiplyAdd(l2, b.l3, r.5, carry)
        (carry, r.3) = multiplyAdd(l3, b.l0, r.3, 0)
        (carry, r.4) = multiplyAdd(l3, b.l1, r.4, carry)
        (carry, r.5) = multiplyAdd(l3, b.l2, r.5, carry)
        (r.7, r.6) = multiplyAdd(l3, b.l3, r.6, carry)
        return (U256(r.4, r.5, r.6, r.7), U256(r.0, r.1, r.2, r.3))
    }

    /// This number to the power of `exponent`, modulo 2^256.
    public func exp(_ exponent: U256) -> U256 {
        if l0 == 2 && fitsUInt64 { return U256.one.shiftedLeft(by: exponent) }
        var result = U256.one
        var base = self
        var remaining = exponent
        while !remaining.isZero {
            if remaining.l0 & 1 == 1 { result = result &* base }
            remaining = remaining >> 1
            if !remaining.isZero { base = base &* base }
        }
        return result
    }
}

/// The 128-bit value a * b + c + d, which cannot overflow, as two words.
@inline(__always)
func multiplyAdd(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> (high: UInt64, low: UInt64) {
    let sum = UInt128(a) &* UInt128(b) &+ UInt128(c) &+ UInt128(d)
    return (UInt64(truncatingIfNeeded: sum >> 64), UInt64(truncatingIfNeeded: sum))
}
