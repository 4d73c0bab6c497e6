import CShims

/// The curve y^2 = x^3 + 3 of EIP-196 and EIP-197 (alt_bn128).
enum BN254: PairingCurve {
    typealias Base = BN254Field
    typealias G1 = AffinePoint<BN254Field>
    typealias G2 = AffinePoint<QuadraticField<BN254>>

    /// b of the curve: three.
    static let curveB = BN254Field.one.tripled

    static func multiply(_ a: QuadraticField<BN254>, _ b: QuadraticField<BN254>) -> QuadraticField<BN254> {
        var result = QuadraticField<BN254>.zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bn254_quadratic_multiply(&result, a, b) }
        }
        return result
    }

    static func square(_ a: QuadraticField<BN254>) -> QuadraticField<BN254> {
        var result = QuadraticField<BN254>.zero
        withUnsafePointer(to: a) { a in hoard_bn254_quadratic_square(&result, a) }
        return result
    }

    static func multiply(_ a: SexticField<BN254>, _ b: SexticField<BN254>) -> SexticField<BN254> {
        var result = SexticField<BN254>.zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bn254_sextic_multiply(&result, a, b) }
        }
        return result
    }

    static func multiply(_ a: DodecicField<BN254>, _ b: DodecicField<BN254>) -> DodecicField<BN254> {
        var result = DodecicField<BN254>.one
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bn254_dodecic_multiply(&result, a, b) }
        }
        return result
    }

    static func square(_ a: inout DodecicField<BN254>) { hoard_bn254_dodecic_square(&a) }

    static func squareCyclotomic(_ a: inout DodecicField<BN254>, times: Int) {
        hoard_bn254_cyclotomic_square(&a, times)
    }

    static func apply(_ line: MillerLine<BN254>, at p: G1, to f: inout DodecicField<BN254>) {
        withUnsafePointer(to: line) { line in
            withUnsafePointer(to: p.x) { x in
                withUnsafePointer(to: p.y) { y in hoard_bn254_apply_line(&f, line, x, y) }
            }
        }
    }

    @inline(__always)
    static func timesTwistB(_ a: QuadraticField<BN254>) -> QuadraticField<BN254> { twistB * a }

    /// xi = 9 + u.
    @inline(__always)
    static func timesXi(_ a: QuadraticField<BN254>) -> QuadraticField<BN254> {
        let eight = a.doubled.doubled.doubled
        return QuadraticField(c0: eight.c0 + a.c0 - a.c1, c1: eight.c1 + a.c1 + a.c0)
    }

    /// The lines through the first two Frobenius images of the point.
    static func finishLoop(_ loop: inout MillerLoop<BN254>) {
        let once = twistFrobenius(loop.q)
        loop.add(once)
        loop.add(-twistFrobenius(once))
    }

    static func finished(_ f: DodecicField<BN254>) -> DodecicField<BN254> { f }

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

    /// The parameter in signed digits.
    private static let parameterDigits = MultiScalar.signedDigits(UInt128(parameter), width: 4)

    /// Whether a point of the twist lies in the group of prime order. With psi the Frobenius map of the twist:
    /// there, and only there, [x + 1] Q + psi([x] Q) + psi^2([x] Q) = psi^3([2 x] Q) for the parameter x (Dai, Lin, Zhao
    /// and Zhou, "Fast subgroup membership testings", 2022); the script that writes the constants checks the condition.
    static func isInGroup2(_ q: G2) -> Bool {
        if q.isInfinity { return true }
        let multiple = JacobianPoint(q).times(parameterDigits)
        let image = twistFrobenius(multiple)
        let image2 = twistFrobenius(image)
        return (image2 + image + multiple + q).equals(twistFrobenius(image2).doubled)
    }

    /// A point of the curve times a number, split in two halves by the endomorphism.
    static func multiply(_ point: G1, _ scalar: U256) -> JacobianPoint<BN254Field> {
        let c1 = scalar.multipliedFullWidth(by: latticeScale1).high
        let c2 = scalar.multipliedFullWidth(by: latticeScale2).high
        let k1 = scalar &- c1 &* latticeA1 &- c2 &* latticeA2
        let k2 = U256.zero &- c1 &* latticeB1 &- c2 &* latticeB2
        let image = G1(x: point.x * endomorphismX, y: point.y, isInfinity: point.isInfinity)
        return MultiScalar.sum([multiple(point, k1), multiple(image, k2)])
    }

    /// A multiple by a number modulo 2^256 whose absolute value is below 2^128.
    private static func multiple(_ point: G1, _ scalar: U256) -> Multiple<BN254Field> {
        let isNegative = scalar.l3 >> 63 == 1
        let magnitude = isNegative ? U256.zero &- scalar : scalar
        precondition(magnitude.l2 | magnitude.l3 == 0, "the short pairs halve every scalar")
        return Multiple(
            point: isNegative ? -point : point, scalar: UInt128(magnitude.l1) << 64 | UInt128(magnitude.l0))
    }
}
