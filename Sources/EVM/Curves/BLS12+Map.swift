/// Maps from fields to the groups (RFC 9380: simplified SWU, isogeny, cofactor).
extension BLS12 {
    /// The point of G1 for an element of the base field.
    static func mapToGroup1(_ u: BLS12Field) -> G1 {
        let eleven = (0..<10).reduce(BLS12Field.one) { sum, _ in sum + .one }
        let point = simplifiedSWU(u, a: swu1A, b: swu1B, z: eleven)
        let image = isogeny(
            point, isogeny1XNumerator, isogeny1XDenominator, isogeny1YNumerator, isogeny1YDenominator)
        return JacobianPoint(image).times(parameter + 1).affine
    }

    /// The point of G2 for an element of the quadratic field.
    static func mapToGroup2(_ u: Element2) -> G2 {
        let z = Element2.zero - Element2(c0: BLS12Field.one.doubled, c1: .one)
        let point = simplifiedSWU(u, a: swu2A, b: swu2B, z: z)
        let image = isogeny(
            point, isogeny2XNumerator, isogeny2XDenominator, isogeny2YNumerator, isogeny2YDenominator)
        return clearedCofactor2(JacobianPoint(image)).affine
    }

    /// A point of y^2 = x^3 + a x + b for u.
    private static func simplifiedSWU<Field: FieldElement>(
        _ u: Field, a: Field, b: Field, z: Field
    ) -> AffinePoint<Field> {
        let zu2 = z * u.squared
        let denominator = zu2.squared + zu2
        let x1 =
            denominator.isZero
            ? b * (z * a).inverse : (Field.zero - b) * (denominator + .one) * (a * denominator).inverse
        func square(_ x: Field) -> Field { (x.squared + a) * x + b }
        var x = x1
        var y2 = square(x1)
        if !y2.isSquare {
            x = zu2 * x1
            y2 = square(x)
        }
        guard var y = y2.squareRoot else { preconditionFailure("one of the two candidates is on the curve") }
        if u.isOdd != y.isOdd { y = Field.zero - y }
        return AffinePoint(x: x, y: y)
    }

    private static func isogeny<Field: FieldElement>(
        _ p: AffinePoint<Field>, _ xNumerator: [Field], _ xDenominator: [Field], _ yNumerator: [Field],
        _ yDenominator: [Field]
    ) -> AffinePoint<Field> {
        let xBelow = xDenominator.evaluated(at: p.x)
        let yBelow = yDenominator.evaluated(at: p.x)
        // The kernel goes to infinity.
        if xBelow.isZero || yBelow.isZero { return .infinity }
        let inverse = (xBelow * yBelow).inverse
        return AffinePoint(
            x: xNumerator.evaluated(at: p.x) * inverse * yBelow,
            y: p.y * yNumerator.evaluated(at: p.x) * inverse * xBelow)
    }

    /// [x^2 - x - 1] P + [x - 1] psi(P) + psi^2(2 P) for the negative parameter x (Budroni and Pintore, 2017).
    private static func clearedCofactor2(_ p: JacobianPoint<Element2>) -> JacobianPoint<Element2> {
        let xP = -p.times(parameter)
        let psi = twistFrobenius(p)
        let psi2 = twistFrobenius(twistFrobenius(p.doubled))
        let sum = xP + psi
        return (-sum.times(parameter)) + (-xP) + (-psi) + psi2 + (-p)
    }
}
