/// One pair of a pairing product on its way through Miller's loop.
struct MillerPair<Curve: PairingCurve>: Sendable {
    typealias Element = QuadraticField<Curve>
    /// The coordinates of the point over the base field.
    let xP: Curve.Base
    let yP: Curve.Base
    /// The point of the twist.
    let q: AffinePoint<Element>
    /// The multiple of q so far, in homogeneous coordinates.
    var x: Element
    var y: Element
    var z: Element

    init(_ p: AffinePoint<Curve.Base>, _ q: AffinePoint<Element>) {
        xP = p.x
        yP = p.y
        self.q = q
        x = q.x
        y = q.y
        z = .one
    }

    /// Multiplies f by the line yTerm * yP + xTerm * xP + constant.
    @inline(__always)
    private func apply(_ f: inout DodecicField<Curve>, _ yTerm: Element, _ xTerm: Element, _ constant: Element) {
        if Curve.isTwistDivided {
            f.multiplyDivided(yTerm * yP, xTerm * xP, constant)
        } else {
            f.multiplyMultiplied(constant, xTerm * xP, yTerm * yP)
        }
    }

    /// Doubles the multiple; f takes the tangent.
    mutating func double(_ f: inout DodecicField<Curve>) {
        let a = (x * y).halved
        let b = y.squared
        let c = z.squared
        let e = Curve.twistB * c.tripled
        let e3 = e.tripled
        let g = (b + e3).halved
        let h = (y + z).squared - (b + c)
        let j = x.squared
        apply(&f, .zero - h, j.tripled, e - b)
        x = a * (b - e3)
        y = g.squared - e.squared.tripled
        z = b * h
    }

    /// Adds a point of the twist to the multiple; f takes the line through both.
    mutating func add(_ other: AffinePoint<Element>, _ f: inout DodecicField<Curve>) {
        let theta = y - other.y * z
        let lambda = x - other.x * z
        let c = theta.squared
        let d = lambda.squared
        let e = lambda * d
        let g = x * d
        let h = e + z * c - g.doubled
        apply(&f, lambda, .zero - theta, theta * other.x - lambda * other.y)
        x = lambda * h
        y = theta * (g - h) - e * y
        z = z * e
    }
}

extension PairingCurve {
    /// The Frobenius map carried over to the twist.
    static func twistFrobenius(_ q: AffinePoint<QuadraticField<Self>>) -> AffinePoint<QuadraticField<Self>> {
        AffinePoint(
            x: q.x.conjugate * twistFrobeniusX, y: q.y.conjugate * twistFrobeniusY, isInfinity: q.isInfinity)
    }

    /// The Frobenius map carried over to the twist.
    static func twistFrobenius(_ q: JacobianPoint<QuadraticField<Self>>) -> JacobianPoint<QuadraticField<Self>> {
        JacobianPoint(
            x: q.x.conjugate * twistFrobeniusX, y: q.y.conjugate * twistFrobeniusY, z: q.z.conjugate)
    }

    /// Whether the product of the pairings of all pairs is one; pairs with infinity count for one.
    static func isPairingProductOne(
        _ pairs: [(AffinePoint<Base>, AffinePoint<QuadraticField<Self>>)]
    ) -> Bool {
        var active = pairs.filter { !$0.0.isInfinity && !$0.1.isInfinity }.map { MillerPair<Self>($0.0, $0.1) }
        if active.isEmpty { return true }
        return finalExponentiation(millerLoop(&active)) == .one
    }

    private static func millerLoop(_ pairs: inout [MillerPair<Self>]) -> DodecicField<Self> {
        var f = DodecicField<Self>.one
        for (position, digit) in loopDigits.dropFirst().enumerated() {
            if position > 0 { f = f.squared }
            for index in pairs.indices {
                pairs[index].double(&f)
                if digit != 0 { pairs[index].add(digit > 0 ? pairs[index].q : -pairs[index].q, &f) }
            }
        }
        finishLoop(&f, &pairs)
        return f
    }

    /// The power (p^12 - 1) / r, up to a factor prime to r in the exponent.
    private static func finalExponentiation(_ f: DodecicField<Self>) -> DodecicField<Self> {
        let easy = f.conjugate * f.inverse
        return hardPart(easy.frobeniusTwice * easy)
    }
}
