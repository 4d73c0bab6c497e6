/// c0 + c1 w over the sextic field, with w^2 = v: where pairings have their values.
struct DodecicField<Curve: PairingCurve>: BitwiseCopyable, Equatable, Sendable {
    typealias Element = QuadraticField<Curve>
    var c0: SexticField<Curve>
    var c1: SexticField<Curve>

    static var one: Self { Self(c0: .one, c1: .zero) }

    static func * (a: Self, b: Self) -> Self {
        let low = a.c0 * b.c0
        let high = a.c1 * b.c1
        return Self(c0: low + high.timesV, c1: (a.c0 + a.c1) * (b.c0 + b.c1) - low - high)
    }

    var squared: Self {
        let product = c0 * c1
        return Self(c0: (c0 + c1) * (c0 + c1.timesV) - product - product.timesV, c1: product + product)
    }

    /// The power of p^6, which inverts what the easy part of the final exponentiation leaves.
    var conjugate: Self { Self(c0: c0, c1: .zero - c1) }

    var inverse: Self {
        let norm = (c0 * c0 - (c1 * c1).timesV).inverse
        return Self(c0: c0 * norm, c1: .zero - c1 * norm)
    }

    /// The product with a line of a divided twist: yTerm + xTerm w + constant w^3.
    mutating func multiplyDivided(_ yTerm: Element, _ xTerm: Element, _ constant: Element) {
        let a = c0 * yTerm
        let b = c1.times(xTerm, constant)
        c1 = (c0 + c1).times(yTerm + xTerm, constant) - a - b
        c0 = a + b.timesV
    }

    /// The product with a line of a multiplied twist: constant + xTerm w^2 + yTerm w^3.
    mutating func multiplyMultiplied(_ constant: Element, _ xTerm: Element, _ yTerm: Element) {
        let a = c0.times(constant, xTerm)
        let b = c1.timesV(yTerm)
        c1 = (c0 + c1).times(constant, xTerm + yTerm) - a - b
        c0 = a + b.timesV
    }

    /// The power of p.
    var frobenius: Self {
        let k = Curve.frobeniusOnce
        return Self(
            c0: SexticField(c0: c0.c0.conjugate, c1: c0.c1.conjugate * k[1], c2: c0.c2.conjugate * k[3]),
            c1: SexticField(
                c0: c1.c0.conjugate * k[0], c1: c1.c1.conjugate * k[2], c2: c1.c2.conjugate * k[4]))
    }

    /// The power of p^2.
    var frobeniusTwice: Self {
        let k = Curve.frobeniusTwice
        return Self(
            c0: SexticField(c0: c0.c0, c1: c0.c1 * k[1], c2: c0.c2 * k[3]),
            c1: SexticField(c0: c1.c0 * k[0], c1: c1.c1 * k[2], c2: c1.c2 * k[4]))
    }

    /// The square of an element of the cyclotomic subgroup (Granger and Scott).
    var cyclotomicSquared: Self {
        let (a0, a1) = Self.squareQuartic(c0.c0, c1.c1)
        let (b0, b1) = Self.squareQuartic(c1.c0, c0.c2)
        let (d0, d1) = Self.squareQuartic(c0.c1, c1.c2)
        let x = d1.timesXi
        // 3 a - 2 c and 3 a + 2 c.
        return Self(
            c0: SexticField(
                c0: (a0 - c0.c0).doubled + a0, c1: (b0 - c0.c1).doubled + b0, c2: (d0 - c0.c2).doubled + d0),
            c1: SexticField(
                c0: (x + c1.c0).doubled + x, c1: (a1 + c1.c1).doubled + a1, c2: (b1 + c1.c2).doubled + b1))
    }

    /// (a + b t)^2 with t^2 = xi.
    @inline(__always)
    private static func squareQuartic(_ a: Element, _ b: Element) -> (Element, Element) {
        let a2 = a.squared
        let b2 = b.squared
        return (a2 + b2.timesXi, (a + b).squared - a2 - b2)
    }

    /// The power of a 64-bit exponent, for an element of the cyclotomic subgroup.
    func cyclotomicPower(_ exponent: UInt64) -> Self {
        var result = self
        for bit in (0..<(63 - exponent.leadingZeroBitCount)).reversed() {
            result = result.cyclotomicSquared
            if exponent >> UInt64(bit) & 1 == 1 { result = result * self }
        }
        return result
    }
}
