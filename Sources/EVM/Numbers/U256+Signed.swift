/// Two's complement reading of the word.
extension U256 {
    /// The absolute value in two's complement; that of -2^255 is 2^255.
    @inline(__always)
    public var magnitudeSigned: U256 { isNegative ? negated : self }

    /// SDIV: the quotient rounded towards zero; by zero it is zero.
    public func signedDivided(by divisor: U256) -> U256 {
        let quotient = magnitudeSigned / divisor.magnitudeSigned
        return isNegative != divisor.isNegative ? quotient.negated : quotient
    }

    /// SMOD: the remainder with the sign of the dividend; by zero it is zero.
    public func signedRemainder(by divisor: U256) -> U256 {
        if divisor.isZero { return .zero }
        let remainder = magnitudeSigned % divisor.magnitudeSigned
        return isNegative ? remainder.negated : remainder
    }

    /// SLT: signed less-than.
    @inline(__always)
    public func signedLess(than other: U256) -> Bool {
        let signBit = UInt64(1) &<< 63
        return U256(l0, l1, l2, l3 ^ signBit) < U256(other.l0, other.l1, other.l2, other.l3 ^ signBit)
    }
}
