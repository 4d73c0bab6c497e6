/// c0 + c1 v + c2 v^2 over the quadratic field, with v^3 = xi.
struct SexticField<Curve: PairingCurve>: BitwiseCopyable, Equatable, Sendable {
    typealias Element = QuadraticField<Curve>
    var c0: Element
    var c1: Element
    var c2: Element

    static var zero: Self { Self(c0: .zero, c1: .zero, c2: .zero) }
    static var one: Self { Self(c0: .one, c1: .zero, c2: .zero) }

    static func + (a: Self, b: Self) -> Self { Self(c0: a.c0 + b.c0, c1: a.c1 + b.c1, c2: a.c2 + b.c2) }
    static func - (a: Self, b: Self) -> Self { Self(c0: a.c0 - b.c0, c1: a.c1 - b.c1, c2: a.c2 - b.c2) }

    static func * (a: Self, b: Self) -> Self { Curve.multiply(a, b) }

    /// A multiple by an element of the quadratic field.
    static func * (a: Self, b: Element) -> Self { Self(c0: a.c0 * b, c1: a.c1 * b, c2: a.c2 * b) }

    /// The product with v.
    var timesV: Self { Self(c0: c2.timesXi, c1: c0, c2: c1) }

    var inverse: Self {
        let a = c0.squared - (c1 * c2).timesXi
        let b = c2.squared.timesXi - c0 * c1
        let c = c1.squared - c0 * c2
        let norm = ((c2 * b + c1 * c).timesXi + c0 * a).inverse
        return Self(c0: a * norm, c1: b * norm, c2: c * norm)
    }
}
