/// c0 + c1 u over the base field, with u^2 = -1.
struct QuadraticField<Curve: PairingCurve>: FieldElement {
    var c0: Curve.Base
    var c1: Curve.Base

    @inline(__always)
    init(c0: Curve.Base, c1: Curve.Base) {
        self.c0 = c0
        self.c1 = c1
    }

    static var zero: Self { Self(c0: .zero, c1: .zero) }
    static var one: Self { Self(c0: .one, c1: .zero) }
    var isZero: Bool { c0.isZero && c1.isZero }

    static func == (a: Self, b: Self) -> Bool { a.c0 == b.c0 && a.c1 == b.c1 }

    @inline(__always)
    static func + (a: Self, b: Self) -> Self { Self(c0: a.c0 + b.c0, c1: a.c1 + b.c1) }

    @inline(__always)
    static func - (a: Self, b: Self) -> Self { Self(c0: a.c0 - b.c0, c1: a.c1 - b.c1) }

    static func * (a: Self, b: Self) -> Self { Curve.multiply(a, b) }

    /// A multiple by an element of the base field.
    static func * (a: Self, b: Curve.Base) -> Self { Self(c0: a.c0 * b, c1: a.c1 * b) }

    var squared: Self { Curve.square(self) }

    var conjugate: Self { Self(c0: c0, c1: .zero - c1) }
    var halved: Self { Self(c0: c0.halved, c1: c1.halved) }
    var timesXi: Self { @inline(__always) get { Curve.timesXi(self) } }

    var inverse: Self {
        let norm = (c0.squared + c1.squared).inverse
        return Self(c0: c0 * norm, c1: .zero - c1 * norm)
    }

    var isSquare: Bool { (c0.squared + c1.squared).isSquare }

    /// The root through the norm: with s^2 the norm, one of (c0 + s) / 2 and (c0 - s) / 2 is a square.
    var squareRoot: Self? {
        if c1.isZero {
            if c0.isSquare { return c0.squareRoot.map { Self(c0: $0, c1: .zero) } }
            return (.zero - c0).squareRoot.map { Self(c0: .zero, c1: $0) }
        }
        guard let norm = (c0.squared + c1.squared).squareRoot else { return nil }
        let sum = (c0 + norm).halved
        guard let x0 = (sum.isSquare ? sum : (c0 - norm).halved).squareRoot else { return nil }
        let root = Self(c0: x0, c1: c1 * x0.doubled.inverse)
        return root.squared == self ? root : nil
    }

    var isOdd: Bool { c0.isZero ? c1.isOdd : c0.isOdd }

    /// The order of Zcash's compressed points: by c1, then by c0.
    var isLarger: Bool { c1.isZero ? c0.isLarger : c1.isLarger }
}
