/// The curve y^2 = x^3 + 3 of EIP-196 and EIP-197 (alt_bn128).
enum BN254: PairingCurve {
    typealias Base = BN254Field
    typealias G1 = AffinePoint<BN254Field>
    typealias G2 = AffinePoint<QuadraticField<BN254>>

    static var isTwistDivided: Bool { true }
    /// b of the curve: three.
    static let curveB = BN254Field.one.tripled

    /// xi = 9 + u.
    @inline(__always)
    static func timesXi(_ a: QuadraticField<BN254>) -> QuadraticField<BN254> {
        let eight = a.doubled.doubled.doubled
        return QuadraticField(c0: eight.c0 + a.c0 - a.c1, c1: eight.c1 + a.c1 + a.c0)
    }

    /// The lines through the first two Frobenius images of each point.
    static func finishLoop(_ f: inout DodecicField<BN254>, _ pairs: inout [MillerPair<BN254>]) {
        for index in pairs.indices {
            let once = twistFrobenius(pairs[index].q)
            pairs[index].add(once, &f)
            pairs[index].add(-twistFrobenius(once), &f)
        }
    }

    /// (p^4 - p^2 + 1) / r, by the chain of Scott and others ("On the final exponentiation", 2009).
    static func hardPart(_ f: DodecicField<BN254>) -> DodecicField<BN254> {
        let fx = f.cyclotomicPower(parameter)
        let fx2 = fx.cyclotomicPower(parameter)
        let fx3 = fx2.cyclotomicPower(parameter)
        let y0 = f.frobenius * f.frobeniusTwice * f.frobeniusTwice.frobenius
        let y1 = f.conjugate
        let y2 = fx2.frobeniusTwice
        let y3 = fx.frobenius.conjugate
        let y4 = (fx * fx2.frobenius).conjugate
        let y5 = fx2.conjugate
        let y6 = (fx3 * fx3.frobenius).conjugate
        var t0 = y6.cyclotomicSquared * y4 * y5
        var t1 = y3 * y5 * t0
        t0 = t0 * y2
        t1 = (t1.cyclotomicSquared * t0).cyclotomicSquared
        t0 = t1 * y1
        t1 = t1 * y0
        return t0.cyclotomicSquared * t1
    }

    /// Whether a point of the twist lies in the group of prime order: there, and only there, the Frobenius map
    /// multiplies by 6 x^2.
    static func isInGroup2(_ q: G2) -> Bool {
        let point = JacobianPoint(q)
        let multiple = point.times(U256(parameter) &* U256(parameter) &* 6)
        return multiple.equals(twistFrobenius(point))
    }
}
