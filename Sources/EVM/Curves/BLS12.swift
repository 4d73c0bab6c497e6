import CShims

/// The curve y^2 = x^3 + 4 of EIP-2537 and EIP-4844 (BLS12-381).
enum BLS12: PairingCurve {
    typealias Base = BLS12Field
    typealias Element2 = QuadraticField<BLS12>
    typealias G1 = AffinePoint<BLS12Field>
    typealias G2 = AffinePoint<QuadraticField<BLS12>>

    /// b of the curve: four.
    static let curveB = BLS12Field.one.doubled.doubled
    /// The generator of G1.
    static let generator1 = G1(x: generator1X, y: generator1Y)
    /// The generator of G2.
    static let generator2 = G2(x: generator2X, y: generator2Y)

    static func multiply(_ a: Element2, _ b: Element2) -> Element2 {
        var result = Element2.zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bls12_quadratic_multiply(&result, a, b) }
        }
        return result
    }

    static func square(_ a: Element2) -> Element2 {
        var result = Element2.zero
        withUnsafePointer(to: a) { a in hoard_bls12_quadratic_square(&result, a) }
        return result
    }

    static func multiply(_ a: SexticField<BLS12>, _ b: SexticField<BLS12>) -> SexticField<BLS12> {
        var result = SexticField<BLS12>.zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bls12_sextic_multiply(&result, a, b) }
        }
        return result
    }

    static func multiply(_ a: DodecicField<BLS12>, _ b: DodecicField<BLS12>) -> DodecicField<BLS12> {
        var result = DodecicField<BLS12>.one
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bls12_dodecic_multiply(&result, a, b) }
        }
        return result
    }

    static func square(_ a: inout DodecicField<BLS12>) { hoard_bls12_dodecic_square(&a) }

    static func squareCyclotomic(_ a: inout DodecicField<BLS12>, times: Int) {
        hoard_bls12_cyclotomic_square(&a, times)
    }

    static func apply(_ line: MillerLine<BLS12>, at p: G1, to f: inout DodecicField<BLS12>) {
        withUnsafePointer(to: line) { line in
            withUnsafePointer(to: p.x) { x in
                withUnsafePointer(to: p.y) { y in hoard_bls12_apply_line(&f, line, x, y) }
            }
        }
    }

    /// 4 xi times an element.
    @inline(__always)
    static func timesTwistB(_ a: Element2) -> Element2 { timesXi(a).doubled.doubled }

    /// xi = 1 + u.
    @inline(__always)
    static func timesXi(_ a: QuadraticField<BLS12>) -> QuadraticField<BLS12> {
        QuadraticField(c0: a.c0 - a.c1, c1: a.c0 + a.c1)
    }

    static func finishLoop(_ loop: inout MillerLoop<BLS12>) {}

    /// The parameter is negative: the loop ran over its absolute value.
    static func finished(_ f: DodecicField<BLS12>) -> DodecicField<BLS12> { f.conjugate }

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

    /// The square of the parameter.
    private static let parameterSquared = U256(parameter) &* U256(parameter)

    /// The sum of multiples of points of G1, each scalar split in two by the endomorphism.
    static func sum1(_ terms: [(point: G1, scalar: U256)]) -> JacobianPoint<BLS12Field> {
        var multiples: [Multiple<BLS12Field>] = []
        multiples.reserveCapacity(2 * terms.count)
        for (point, scalar) in terms {
            // k = k0 + k1 x^2, and x^2 P = -(endomorphism of P).
            let parts = (scalar % order).dividedWithRemainder(by: parameterSquared)
            multiples.append(Multiple(point: point, scalar: half(parts.remainder)))
            let image = G1(x: point.x * endomorphismX, y: .zero - point.y, isInfinity: point.isInfinity)
            multiples.append(Multiple(point: image, scalar: half(parts.quotient)))
        }
        return MultiScalar.sum(multiples)
    }

    /// The sum of multiples of points of G2, each scalar split in four by the Frobenius map of the twist.
    static func sum2(_ terms: [(point: G2, scalar: U256)]) -> JacobianPoint<Element2> {
        var multiples: [Multiple<Element2>] = []
        multiples.reserveCapacity(4 * terms.count)
        for (point, scalar) in terms {
            // Digits to the base of the parameter's absolute value, by which minus the Frobenius map multiplies.
            var rest = scalar % order
            var image = point
            for _ in 0..<4 {
                let parts = rest.dividedWithRemainder(by: U256(parameter))
                multiples.append(Multiple(point: image, scalar: half(parts.remainder)))
                rest = parts.quotient
                image = -twistFrobenius(image)
            }
        }
        return MultiScalar.sum(multiples)
    }

    private static func half(_ number: U256) -> UInt128 { UInt128(number.l1) << 64 | UInt128(number.l0) }
}
