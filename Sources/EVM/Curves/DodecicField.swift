/// c0 + c1 w over the sextic field, with w^2 = v: where pairings have their values.
struct DodecicField<Curve: PairingCurve>: BitwiseCopyable, Equatable, Sendable {
    typealias Element = QuadraticField<Curve>
    var c0: SexticField<Curve>
    var c1: SexticField<Curve>

    static var one: Self { Self(c0: .one, c1: .zero) }

    static func * (a: Self, b: Self) -> Self { Curve.multiply(a, b) }

    var squared: Self {
        var result = self
        Curve.square(&result)
        return result
    }

    /// The power of p^6, which inverts what the easy part of the final exponentiation leaves.
    var conjugate: Self { Self(c0: c0, c1: .zero - c1) }

    var inverse: Self {
        let norm = (c0 * c0 - (c1 * c1).timesV).inverse
        return Self(c0: c0 * norm, c1: .zero - c1 * norm)
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

    /// The square of an element of the cyclotomic subgroup.
    var cyclotomicSquared: Self {
        var result = self
        Curve.squareCyclotomic(&result, times: 1)
        return result
    }

    /// The power of a 64-bit exponent above zero, for an element of the cyclotomic subgroup.
    func cyclotomicPower(_ exponent: UInt64) -> Self {
        var result = self
        var place = 63 - exponent.leadingZeroBitCount
        while place > 0 {
            // Down to the next bit that is set.
            let below = exponent & (1 << UInt64(place) - 1)
            let next = below == 0 ? 0 : 63 - below.leadingZeroBitCount
            Curve.squareCyclotomic(&result, times: place - next)
            if below != 0 { result = result * self }
            place = next
        }
        return result
    }
}
