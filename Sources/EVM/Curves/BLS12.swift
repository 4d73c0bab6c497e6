/// The curve y^2 = x^3 + 4 of EIP-2537 and EIP-4844 (BLS12-381).
enum BLS12: PairingCurve {
    typealias Base = BLS12Field
    typealias Element2 = QuadraticField<BLS12>
    typealias G1 = AffinePoint<BLS12Field>
    typealias G2 = AffinePoint<QuadraticField<BLS12>>

    static var isTwistDivided: Bool { false }
    /// b of the curve: four.
    static let curveB = BLS12Field.one.doubled.doubled
    /// The generator of G1.
    static let generator1 = G1(x: generator1X, y: generator1Y)
    /// The generator of G2.
    static let generator2 = G2(x: generator2X, y: generator2Y)

    /// xi = 1 + u.
    @inline(__always)
    static func timesXi(_ a: QuadraticField<BLS12>) -> QuadraticField<BLS12> {
        QuadraticField(c0: a.c0 - a.c1, c1: a.c0 + a.c1)
    }

    /// The parameter is negative: the loop ran over its absolute value.
    static func finishLoop(_ f: inout DodecicField<BLS12>, _ pairs: inout [MillerPair<BLS12>]) {
        f = f.conjugate
    }

    /// Three times (p^4 - p^2 + 1) / r = (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3.
    static func hardPart(_ f: DodecicField<BLS12>) -> DodecicField<BLS12> {
        var t = power(f) * f.conjugate
        t = power(t) * t.conjugate
        t = power(t) * t.frobenius
        t = power(power(t)) * t.frobeniusTwice * t.conjugate
        return t * f.cyclotomicSquared * f
    }

    /// The power of the negative parameter.
    private static func power(_ f: DodecicField<BLS12>) -> DodecicField<BLS12> {
        f.cyclotomicPower(parameter).conjugate
    }

    /// Whether a point of the curve lies in G1: there the endomorphism multiplies by minus the parameter's square
    /// (Scott, "A note on group membership tests", 2021).
    static func isInGroup1(_ p: G1) -> Bool {
        let point = JacobianPoint(p)
        let image = JacobianPoint(x: point.x * endomorphismX, y: point.y, z: point.z)
        return image.equals(-point.times(parameter).times(parameter))
    }

    /// Whether a point of the twist lies in G2: there the Frobenius map multiplies by the parameter.
    static func isInGroup2(_ q: G2) -> Bool {
        let point = JacobianPoint(q)
        return twistFrobenius(point).equals(-point.times(parameter))
    }
}
