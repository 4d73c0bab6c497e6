extension U256 {
    /// The number of zero bits above the highest set bit; 256 for zero.
    @inline(__always)
    public var leadingZeroBitCount: Int {
        if l3 != 0 { return l3.leadingZeroBitCount }
        if l2 != 0 { return 64 &+ l2.leadingZeroBitCount }
        if l1 != 0 { return 128 &+ l1.leadingZeroBitCount }
        return 192 &+ l0.leadingZeroBitCount
    }

    /// The number of bits needed to write the number; 0 for zero.
    @inline(__always)
    public var bitWidthUsed: Int { 256 &- leadingZeroBitCount }

    /// The number of bytes needed to write the number; 0 for zero.
    @inline(__always)
    public var byteWidthUsed: Int { (bitWidthUsed &+ 7) >> 3 }

    /// Bitwise and.
    @inline(__always)
    public static func & (a: U256, b: U256) -> U256 {
        U256(a.l0 & b.l0, a.l1 & b.l1, a.l2 & b.l2, a.l3 & b.l3)
    }

    /// Bitwise or.
    @inline(__always)
    public static func | (a: U256, b: U256) -> U256 {
        U256(a.l0 | b.l0, a.l1 | b.l1, a.l2 | b.l2, a.l3 | b.l3)
    }

    /// Bitwise exclusive or.
    @inline(__always)
    public static func ^ (a: U256, b: U256) -> U256 {
        U256(a.l0 ^ b.l0, a.l1 ^ b.l1, a.l2 ^ b.l2, a.l3 ^ b.l3)
    }

    /// Bitwise complement.
    @inline(__always)
    public static prefix func ~ (a: U256) -> U256 {
        U256(~a.l0, ~a.l1, ~a.l2, ~a.l3)
    }

    /// Shifts left; 256 bits or more give zero, a negative count is a bug.
    @inline(__always)
    public static func << (a: U256, count: Int) -> U256 {
        precondition(count >= 0)
        if count >= 256 { return .zero }
        let bits = UInt64(truncatingIfNeeded: count & 63)
        // (x >> 1) >> (63 - bits) is x >> (64 - bits) that is also right for bits = 0.
        let back = 63 &- bits
        let r0 = a.l0 &<< bits
        let r1 = a.l1 &<< bits | (a.l0 &>> 1) &>> back
        let r2 = a.l2 &<< bits | (a.l1 &>> 1) &>> back
        let r3 = a.l3 &<< bits | (a.l2 &>> 1) &>> back
        switch count &>> 6 {
        case 0: return U256(r0, r1, r2, r3)
        case 1: return U256(0, r0, r1, r2)
        case 2: return U256(0, 0, r0, r1)
        default: return U256(0, 0, 0, r0)
        }
    }

    /// Shifts right, filling with zeros; 256 bits or more give zero, a negative count is a bug.
    @inline(__always)
    public static func >> (a: U256, count: Int) -> U256 {
        precondition(count >= 0)
        if count >= 256 { return .zero }
        return a.shiftedRight(count, fill: 0)
    }

    @inline(__always)
    private func shiftedRight(_ count: Int, fill: UInt64) -> U256 {
        let bits = UInt64(truncatingIfNeeded: count & 63)
        let back = 63 &- bits
        let r0 = l0 &>> bits | (l1 &<< 1) &<< back
        let r1 = l1 &>> bits | (l2 &<< 1) &<< back
        let r2 = l2 &>> bits | (l3 &<< 1) &<< back
        let r3 = l3 &>> bits | (fill &<< 1) &<< back
        switch count &>> 6 {
        case 0: return U256(r0, r1, r2, r3)
        case 1: return U256(r1, r2, r3, fill)
        case 2: return U256(r2, r3, fill, fill)
        default: return U256(r3, fill, fill, fill)
        }
    }

    /// SHL: shifts left by a 256-bit count.
    @inline(__always)
    public func shiftedLeft(by count: U256) -> U256 {
        count.fitsUInt64 && count.l0 < 256 ? self << Int(truncatingIfNeeded: count.l0) : .zero
    }

    /// SHR: shifts right by a 256-bit count, filling with zeros.
    @inline(__always)
    public func shiftedRight(by count: U256) -> U256 {
        count.fitsUInt64 && count.l0 < 256 ? self >> Int(truncatingIfNeeded: count.l0) : .zero
    }

    /// SAR: shifts right by a 256-bit count, filling with the sign.
    @inline(__always)
    public func sar(by count: U256) -> U256 {
        let fill = UInt64(bitPattern: Int64(bitPattern: l3) >> 63)
        if !count.fitsUInt64 || count.l0 >= 256 { return U256(fill, fill, fill, fill) }
        return shiftedRight(Int(truncatingIfNeeded: count.l0), fill: fill)
    }

    /// BYTE: the byte at `index`, counted from the most significant; zero from 32 on.
    @inline(__always)
    public func byte(at index: U256) -> U256 {
        if !index.fitsUInt64 || index.l0 >= 32 { return .zero }
        return U256((self >> Int(truncatingIfNeeded: 8 &* (31 &- index.l0))).l0 & 0xFF)
    }

    /// SIGNEXTEND: extends the sign of the number that occupies the lowest `index` + 1 bytes.
    @inline(__always)
    public func signextend(from index: U256) -> U256 {
        if !index.fitsUInt64 || index.l0 >= 31 { return self }
        let unused = Int(truncatingIfNeeded: 248 &- 8 &* index.l0)
        return (self << unused).sar(by: U256(UInt64(truncatingIfNeeded: unused)))
    }
}
