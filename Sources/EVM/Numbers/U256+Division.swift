extension U256 {
    /// The quotient; dividing by zero gives zero, as the EVM wants.
    public static func / (a: U256, b: U256) -> U256 {
        a.dividedWithRemainder(by: b).quotient
    }

    /// The remainder; the remainder by zero is zero, as the EVM wants.
    public static func % (a: U256, b: U256) -> U256 {
        a.dividedWithRemainder(by: b).remainder
    }

    /// Quotient and remainder, both zero when the divisor is zero.
    @inline(__always)
    public func dividedWithRemainder(by divisor: U256) -> (quotient: U256, remainder: U256) {
        if self < divisor { return (.zero, self) }
        if fitsUInt64 {
            if divisor.l0 == 0 { return (.zero, .zero) }
            return (U256(l0 / divisor.l0), U256(l0 % divisor.l0))
        }
        if divisor.fitsUInt64 {
            if divisor.l0 == 0 { return (.zero, .zero) }
            return dividedByOneLimb(divisor.l0)
        }
        return dividedByManyLimbs(divisor)
    }

    /// (self + other) mod modulus over the unbounded sum; zero when the modulus is zero.
    public func addmod(_ other: U256, _ modulus: U256) -> U256 {
        if modulus.l3 != 0 && l3 <= modulus.l3 && other.l3 <= modulus.l3 {
            let (lessA, belowA) = subtractingReportingOverflow(modulus)
            let (lessB, belowB) = other.subtractingReportingOverflow(modulus)
            let a = belowA ? self : lessA
            let b = belowB ? other : lessB
            let (sum, carried) = a.addingReportingOverflow(b)
            let (reduced, below) = sum.subtractingReportingOverflow(modulus)
            return (carried || !below) ? reduced : sum
        }
        let (sum, carried) = addingReportingOverflow(other)
        if !carried { return sum % modulus }
        return remainder512(high: .one, low: sum, modulus: modulus)
    }

    /// (self * other) mod modulus over the unbounded product; zero when the modulus is zero.
    public func mulmod(_ other: U256, _ modulus: U256) -> U256 {
        let product = multipliedFullWidth(by: other)
        if product.high.isZero { return product.low % modulus }
        return remainder512(high: product.high, low: product.low, modulus: modulus)
    }

    @inline(__always)
    private func dividedByOneLimb(_ divisor: UInt64) -> (quotient: U256, remainder: U256) {
        let shift = UInt64(divisor.leadingZeroBitCount)
        let d = divisor &<< shift
        let reciprocal = reciprocalOfLimb(d)
        let top = shift == 0 ? 0 : l3 &>> (64 &- shift)
        let u = self << Int(shift)
        let (q3, r3) = divideTwoByOne(top, u.l3, d, reciprocal)
        let (q2, r2) = divideTwoByOne(r3, u.l2, d, reciprocal)
        let (q1, r1) = divideTwoByOne(r2, u.l1, d, reciprocal)
        let (q0, r0) = divideTwoByOne(r1, u.l0, d, reciprocal)
        return (U256(q0, q1, q2, q3), U256(r0 &>> shift))
    }

    private func dividedByManyLimbs(_ divisor: U256) -> (quotient: U256, remainder: U256) {
        if (divisor.l3 | divisor.l2) == 0 { return dividedByTwoLimbs(divisor) }
        let normal = NormalizedDivisor(divisor)
        let u = self << (normal.shift & 63)
        let top = normal.shift & 63 == 0 ? 0 : l3 &>> UInt64(64 &- (normal.shift & 63))
        if normal.shift < 64 {
            var rest = U256(u.l1, u.l2, u.l3, top)
            let q0 = normal.step(&rest, u.l0)
            return (U256(q0), rest >> normal.shift)
        }
        var rest = U256(u.l1, u.l2, u.l3, top)
        let q1 = normal.step(&rest, u.l0)
        let q0 = normal.step(&rest, 0)
        return (U256(q0, q1, 0, 0), rest >> normal.shift)
    }

    private func dividedByTwoLimbs(_ divisor: U256) -> (quotient: U256, remainder: U256) {
        let shift = divisor.l1.leadingZeroBitCount
        let u = self << shift
        let v = divisor << shift
        let top = shift == 0 ? 0 : l3 &>> UInt64(64 &- shift)
        let reciprocal = reciprocalOfTwoLimbs(v.l1, v.l0)
        let d = UInt128(v.l1) << 64 | UInt128(v.l0)
        let (q2, r2) = divideThreeByTwo(UInt128(top) << 64 | UInt128(u.l3), u.l2, d, reciprocal)
        let (q1, r1) = divideThreeByTwo(r2, u.l1, d, reciprocal)
        let (q0, r0) = divideThreeByTwo(r1, u.l0, d, reciprocal)
        return (U256(q0, q1, q2, 0), U256(r0 >> UInt128(shift)))
    }
}

/// (high * 2^256 + low) mod modulus; zero when the modulus is zero.
func remainder512(high: U256, low: U256, modulus: U256) -> U256 {
    if (modulus.l3 | modulus.l2) == 0 { return remainderOfTwoLimbs(high: high, low: low, modulus: modulus) }
    let normal = NormalizedDivisor(modulus)
    let bits = normal.shift & 63
    let spill = bits == 0 ? 0 : low.l3 &>> UInt64(64 &- bits)
    let top = bits == 0 ? 0 : high.l3 &>> UInt64(64 &- bits)
    let h = high << bits
    let l = low << bits
    var rest = U256(h.l1, h.l2, h.l3, top)
    if (top | h.l3 | h.l2 | h.l1) == 0 {
        rest = U256(l.l2, l.l3, h.l0 | spill, 0)
        _ = normal.step(&rest, l.l1)
    } else {
        _ = normal.step(&rest, h.l0 | spill)
        _ = normal.step(&rest, l.l3)
        _ = normal.step(&rest, l.l2)
        _ = normal.step(&rest, l.l1)
    }
    _ = normal.step(&rest, l.l0)
    if normal.shift >= 64 { _ = normal.step(&rest, 0) }
    return rest >> normal.shift
}

private func remainderOfTwoLimbs(high: U256, low: U256, modulus: U256) -> U256 {
    if modulus.isZero { return .zero }
    let wide = modulus.l1 != 0
    let shift = wide ? modulus.l1.leadingZeroBitCount : modulus.l0.leadingZeroBitCount &+ 64
    let v = modulus << shift
    let d = UInt128(v.l1) << 64 | UInt128(v.l0)
    let reciprocal = reciprocalOfTwoLimbs(v.l1, v.l0)
    let bits = shift & 63
    let spill = bits == 0 ? 0 : low.l3 &>> UInt64(64 &- bits)
    let top = bits == 0 ? 0 : high.l3 &>> UInt64(64 &- bits)
    let h = high << bits
    let l = low << bits
    var rest = UInt128(top) << 64 | UInt128(h.l3)
    (_, rest) = divideThreeByTwo(rest, h.l2, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, h.l1, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, h.l0 | spill, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, l.l3, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, l.l2, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, l.l1, d, reciprocal)
    (_, rest) = divideThreeByTwo(rest, l.l0, d, reciprocal)
    if !wide { (_, rest) = divideThreeByTwo(rest, 0, d, reciprocal) }
    return U256(rest >> UInt128(shift))
}

/// A divisor of three or four limbs, shifted left until bit 255 is set, with the reciprocal of its two top limbs.
struct NormalizedDivisor {
    let value: U256
    let shift: Int
    let reciprocal: UInt64

    @inline(__always)
    init(_ divisor: U256) {
        shift = divisor.leadingZeroBitCount
        value = divisor << shift
        reciprocal = reciprocalOfTwoLimbs(value.l3, value.l2)
    }

    /// Divides rest * 2^64 + next, where rest < value; leaves the remainder in `rest` and returns the quotient limb.
    @inline(__always)
    func step(_ rest: inout U256, _ next: UInt64) -> UInt64 {
        let d = UInt128(value.l3) << 64 | UInt128(value.l2)
        let upper = UInt128(rest.l3) << 64 | UInt128(rest.l2)
        if upper == d {
            // The quotient limb is all ones: the window equals value * 2^64 minus less than value.
            let shifted = U256(next, rest.l0, rest.l1, rest.l2)
            rest = shifted &- U256(0, value.l0, value.l1, value.l2) &+ value
            return .max
        }
        var (quotient, partial) = divideThreeByTwo(upper, rest.l1, d, reciprocal)
        let (carry, p0) = multiplyAdd(quotient, value.l0, 0, 0)
        let (p2, p1) = multiplyAdd(quotient, value.l1, carry, 0)
        let minuend = U256(
            next, rest.l0, UInt64(truncatingIfNeeded: partial), UInt64(truncatingIfNeeded: partial >> 64))
        let (difference, below) = minuend.subtractingReportingOverflow(U256(p0, p1, p2, 0))
        rest = difference
        if below {
            quotient &-= 1
            rest = rest &+ value
        }
        return quotient
    }
}

/// floor((2^128 - 1) / d) - 2^64 for a d whose top bit is set (Moller and Granlund, "Improved division by invariant
/// integers").
@inline(__always)
func reciprocalOfLimb(_ d: UInt64) -> UInt64 {
    d.dividingFullWidth((~d, .max)).quotient
}

/// The reciprocal of the two-limb divisor (d1, d0) with the top bit of d1 set, from the same paper.
@inline(__always)
func reciprocalOfTwoLimbs(_ d1: UInt64, _ d0: UInt64) -> UInt64 {
    var v = reciprocalOfLimb(d1)
    var p = d1 &* v &+ d0
    if p < d0 {
        v &-= 1
        if p >= d1 {
            v &-= 1
            p &-= d1
        }
        p &-= d1
    }
    let t = v.multipliedFullWidth(by: d0)
    p &+= t.high
    if p < t.high {
        v &-= 1
        if p > d1 || (p == d1 && t.low >= d0) { v &-= 1 }
    }
    return v
}

/// Divides (u1, u0) by d, given its reciprocal; u1 < d and the top bit of d is set.
@inline(__always)
func divideTwoByOne(_ u1: UInt64, _ u0: UInt64, _ d: UInt64, _ reciprocal: UInt64) -> (UInt64, UInt64) {
    let q = UInt128(reciprocal) &* UInt128(u1) &+ (UInt128(u1) << 64 | UInt128(u0))
    let low = UInt64(truncatingIfNeeded: q)
    var quotient = UInt64(truncatingIfNeeded: q >> 64) &+ 1
    var rest = u0 &- quotient &* d
    if rest > low {
        quotient &-= 1
        rest &+= d
    }
    if rest >= d {
        quotient &+= 1
        rest &-= d
    }
    return (quotient, rest)
}

/// Divides (upper, u0) by the two-limb d, given its reciprocal; upper < d and the top bit of d is set.
@inline(__always)
func divideThreeByTwo(_ upper: UInt128, _ u0: UInt64, _ d: UInt128, _ reciprocal: UInt64) -> (UInt64, UInt128) {
    let u2 = UInt64(truncatingIfNeeded: upper >> 64)
    let u1 = UInt64(truncatingIfNeeded: upper)
    let d1 = UInt64(truncatingIfNeeded: d >> 64)
    let d0 = UInt64(truncatingIfNeeded: d)
    let q = UInt128(reciprocal) &* UInt128(u2) &+ upper
    let low = UInt64(truncatingIfNeeded: q)
    var quotient = UInt64(truncatingIfNeeded: q >> 64)
    let r1 = u1 &- quotient &* d1
    var rest = (UInt128(r1) << 64 | UInt128(u0)) &- UInt128(d0) &* UInt128(quotient) &- d
    quotient &+= 1
    if UInt64(truncatingIfNeeded: rest >> 64) >= low {
        quotient &-= 1
        rest = rest &+ d
    }
    if rest >= d {
        quotient &+= 1
        rest = rest &- d
    }
    return (quotient, rest)
}
