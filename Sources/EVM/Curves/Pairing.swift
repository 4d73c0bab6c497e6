/// A line through points of the twist: y yTerm + x xTerm + constant at the point (x, y) of the curve.
struct MillerLine<Curve: PairingCurve>: BitwiseCopyable, Sendable {
    typealias Element = QuadraticField<Curve>
    let yTerm: Element
    let xTerm: Element
    let constant: Element
}

/// The multiples of a point of the twist through Miller's loop, and the lines between them.
struct MillerLoop<Curve: PairingCurve> {
    typealias Element = QuadraticField<Curve>
    /// The point, which is not infinity.
    let q: AffinePoint<Element>
    /// The lines so far.
    private(set) var lines: [MillerLine<Curve>] = []
    /// The multiple so far, in homogeneous coordinates.
    private var x: Element
    private var y: Element
    private var z: Element

    /// All lines that a point of the twist gives, in the order in which the loop takes them.
    static func lines(_ q: AffinePoint<Element>) -> [MillerLine<Curve>] {
        var loop = MillerLoop(q)
        for digit in Curve.loopDigits.dropFirst() {
            loop.double()
            if digit != 0 { loop.add(digit > 0 ? q : -q) }
        }
        Curve.finishLoop(&loop)
        return loop.lines
    }

    private init(_ q: AffinePoint<Element>) {
        self.q = q
        x = q.x
        y = q.y
        z = .one
        lines.reserveCapacity(2 * Curve.loopDigits.count)
    }

    /// Doubles the multiple; the line is the tangent.
    private mutating func double() {
        let a = (x * y).halved
        let b = y.squared
        let c = z.squared
        let e = Curve.timesTwistB(c.tripled)
        let e3 = e.tripled
        let g = (b + e3).halved
        let h = (y + z).squared - (b + c)
        lines.append(MillerLine(yTerm: .zero - h, xTerm: x.squared.tripled, constant: e - b))
        x = a * (b - e3)
        y = g.squared - e.squared.tripled
        z = b * h
    }

    /// Adds a point of the twist to the multiple; the line goes through both.
    mutating func add(_ other: AffinePoint<Element>) {
        let theta = y - other.y * z
        let lambda = x - other.x * z
        let c = theta.squared
        let d = lambda.squared
        let e = lambda * d
        let g = x * d
        let h = e + z * c - g.doubled
        lines.append(
            MillerLine(yTerm: lambda, xTerm: .zero - theta, constant: theta * other.x - lambda * other.y))
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
        let active = pairs.filter { !$0.0.isInfinity && !$0.1.isInfinity }
        return isProductOne(active.map { ($0.0, MillerLoop<Self>.lines($0.1)) })
    }

    /// The same for points whose lines are known; none is infinity.
    static func isProductOne(_ pairs: [(AffinePoint<Base>, [MillerLine<Self>])]) -> Bool {
        pairs.isEmpty || finalExponentiation(millerLoop(pairs)) == .one
    }

    private static func millerLoop(_ pairs: [(AffinePoint<Base>, [MillerLine<Self>])]) -> DodecicField<Self> {
        var f = DodecicField<Self>.one
        var next = 0
        func takeLine() {
            for (point, lines) in pairs { apply(lines[next], at: point, to: &f) }
            next += 1
        }
        for (position, digit) in loopDigits.dropFirst().enumerated() {
            if position > 0 { square(&f) }
            takeLine()
            if digit != 0 { takeLine() }
        }
        while next < pairs[0].1.count { takeLine() }
        return finished(f)
    }

    /// The power (p^12 - 1) / r, up to a factor prime to r in the exponent.
    private static func finalExponentiation(_ f: DodecicField<Self>) -> DodecicField<Self> {
        let easy = f.conjugate * f.inverse
        return hardPart(easy.frobeniusTwice * easy)
    }
}
