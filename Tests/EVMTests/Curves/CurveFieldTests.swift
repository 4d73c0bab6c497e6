@testable import EVM
import CGMP
import CShims
import Testing

/// Products by GMP, for comparison.
private func product(_ a: [UInt8], _ b: [UInt8], modulo modulus: [UInt8]) -> [UInt8] {
    func number(_ bytes: [UInt8]) -> BigInteger {
        let result = BigInteger()
        __gmpz_import(result.value, bytes.count, 1, 1, 1, 0, bytes)
        return result
    }
    let result = number(a)
    let factor = number(b)
    let divisor = number(modulus)
    withExtendedLifetime((factor, divisor)) {
        __gmpz_mul(result.value, result.value, factor.value)
        __gmpz_mod(result.value, result.value, divisor.value)
    }
    var bytes = [UInt8](repeating: 0, count: modulus.count)
    var count = 0
    __gmpz_export(&bytes, &count, -1, 1, -1, 0, result.value)
    return bytes.reversed()
}

@Suite struct CurveFieldTests {
    private let bn254Modulus = bytesFromHex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47")!
    private let bls12Modulus = bytesFromHex(
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab")!

    /// Random elements with those at the ends of the range among them.
    private func elements<Field: PrimeField>(_ kind: Field.Type, seed: UInt64) -> [Field] {
        var random = SplitMix(state: seed)
        let small = [Field.zero, .one, .one.doubled, .zero - .one, .zero - .one.doubled, Field.one.halved, .radix]
        return small + (0..<60).map { _ in Field(&random) }
    }

    private func checkProducts<Field: PrimeField>(_ kind: Field.Type, modulus: [UInt8]) {
        let all = elements(kind, seed: 21)
        for a in all {
            for b in all {
                let expected = product(a.bigEndianBytes, b.bigEndianBytes, modulo: modulus)
                #expect((a * b).bigEndianBytes == expected)
                #expect((a + b) - b == a && (a - b) + b == a)
            }
        }
    }

    @Test func `products equal those of GMP`() {
        checkProducts(BN254Field.self, modulus: bn254Modulus)
        checkProducts(BLS12Field.self, modulus: bls12Modulus)
    }

    @Test func `the plain way of multiplying gives what the processor's carry chains give`() {
        for a in elements(BN254Field.self, seed: 22) {
            for b in elements(BN254Field.self, seed: 23) {
                // Operands may be as large as twice the modulus.
                let sum = a.unreducedSum(b)
                var plain = BN254Field.zero
                withUnsafePointer(to: sum) { hoard_bn254_multiply_plain(&plain, $0, $0) }
                #expect(plain == sum * sum && plain == (a + b) * (a + b))
            }
        }
        for a in elements(BLS12Field.self, seed: 24) {
            for b in elements(BLS12Field.self, seed: 25) {
                let sum = a.unreducedSum(b)
                var plain = BLS12Field.zero
                withUnsafePointer(to: sum) { hoard_bls12_multiply_plain(&plain, $0, $0) }
                #expect(plain == sum * sum && plain == (a + b) * (a + b))
            }
        }
    }

    private func checkRoots<Field: PrimeField>(_ kind: Field.Type) {
        var squares = 0
        for a in elements(kind, seed: 26) {
            #expect(a.inverse * a == (a.isZero ? .zero : .one))
            #expect(a.halved.doubled == a && a.halved + a.halved == a)
            #expect(a.squared.isSquare && a.squared.squareRoot.map { $0 == a || $0 == -a } == true)
            #expect(a.isSquare == (a.squareRoot != nil))
            if a.isSquare { squares += 1 }
            if !a.isZero { #expect((-a).isSquare != a.isSquare) }
            #expect(a.bigEndianBytes.withUnsafeBytes { Field(bigEndian: $0) } == a)
            #expect(a.isZero || a.isLarger != (-a).isLarger)
            #expect(a.isZero || a.isOdd != (-a).isOdd)
        }
        #expect((15...55).contains(squares))
    }

    @Test func `elements invert, halve, take roots and survive bytes`() {
        checkRoots(BN254Field.self)
        checkRoots(BLS12Field.self)
    }

    @Test func `numbers from the modulus on are refused`() {
        for (modulus, refused) in [
            (bn254Modulus, { (bytes: [UInt8]) in bytes.withUnsafeBytes { BN254Field(bigEndian: $0) } == nil }),
            (bls12Modulus, { (bytes: [UInt8]) in bytes.withUnsafeBytes { BLS12Field(bigEndian: $0) } == nil }),
        ] {
            var bytes = modulus
            #expect(refused(bytes))
            bytes[bytes.count - 1] += 1
            #expect(refused(bytes))
            bytes[bytes.count - 1] -= 2
            #expect(!refused(bytes))
            #expect(refused([UInt8](repeating: 0xFF, count: modulus.count)))
            #expect(!refused([UInt8](repeating: 0, count: modulus.count)))
        }
    }

    private func checkQuadratic<Curve: PairingCurve>(_ curve: Curve.Type) {
        var random = SplitMix(state: 27)
        typealias Element = QuadraticField<Curve>
        let ends = [Curve.Base.zero, .one, .zero - .one]
        let all =
            ends.flatMap { c0 in ends.map { Element(c0: c0, c1: $0) } } + (0..<20).map { _ in Element(&random) }
        for a in all {
            for b in all {
                let expected = Element(c0: a.c0 * b.c0 - a.c1 * b.c1, c1: a.c0 * b.c1 + a.c1 * b.c0)
                #expect(a * b == expected)
            }
            #expect(a.squared == a * a)
            #expect(a.isZero || a * a.inverse == .one)
            #expect(a.squared.squareRoot.map { $0 == a || $0 == -a } == true)
            #expect(a.isSquare == (a.squareRoot != nil))
            #expect(a.conjugate.conjugate == a && (a * a.conjugate).c1.isZero)
            #expect(Curve.timesTwistB(a) == Curve.twistB * a)
        }
    }

    @Test func `the quadratic fields multiply, square and take roots`() {
        checkQuadratic(BN254.self)
        checkQuadratic(BLS12.self)
    }

    private func checkTower<Curve: PairingCurve>(_ curve: Curve.Type) {
        var random = SplitMix(state: 28)
        func sextic() -> SexticField<Curve> {
            SexticField(c0: QuadraticField(&random), c1: QuadraticField(&random), c2: QuadraticField(&random))
        }
        for _ in 0..<10 {
            let a = DodecicField<Curve>(c0: sextic(), c1: sextic())
            let b = DodecicField<Curve>(c0: sextic(), c1: sextic())
            let c = DodecicField<Curve>(c0: sextic(), c1: sextic())
            #expect(a * (b * c) == (a * b) * c && a * b == b * a)
            #expect(a.squared == a * a && a * a.inverse == .one)
            #expect(a.frobenius.frobenius == a.frobeniusTwice)
            #expect((a * b).frobenius == a.frobenius * b.frobenius)
            // Into the cyclotomic subgroup.
            let easy = a.conjugate * a.inverse
            let cyclotomic = easy.frobeniusTwice * easy
            #expect(cyclotomic.cyclotomicSquared == cyclotomic * cyclotomic)
            #expect(cyclotomic.conjugate == cyclotomic.inverse)
            #expect(cyclotomic.cyclotomicPower(11) == (0..<10).reduce(cyclotomic) { power, _ in power * cyclotomic })
        }
    }

    @Test func `the tower multiplies, squares and inverts`() {
        checkTower(BN254.self)
        checkTower(BLS12.self)
    }

    /// An element of degree 12 as coefficients of w, of which the sixth power is xi.
    private func coefficients<Curve: PairingCurve>(_ a: DodecicField<Curve>) -> [QuadraticField<Curve>] {
        [a.c0.c0, a.c1.c0, a.c0.c1, a.c1.c1, a.c0.c2, a.c1.c2]
    }

    /// The product of polynomials in w, with xi for the sixth power.
    private func schoolProduct<Curve: PairingCurve>(
        _ a: [QuadraticField<Curve>], _ b: [QuadraticField<Curve>]
    ) -> [QuadraticField<Curve>] {
        var product = [QuadraticField<Curve>](repeating: .zero, count: 6)
        for (i, x) in a.enumerated() {
            for (j, y) in b.enumerated() {
                product[(i + j) % 6] = product[(i + j) % 6] + (i + j >= 6 ? (x * y).timesXi : x * y)
            }
        }
        return product
    }

    private func checkProductsOfTower<Curve: PairingCurve>(_ curve: Curve.Type, placesOfLine: [Int]) {
        var random = SplitMix(state: 29)
        typealias Element = QuadraticField<Curve>
        let ends = [Element.zero, .one, .zero - .one]
        func element() -> Element {
            random.next() % 4 == 0 ? ends[Int(random.next() % 3)] : Element(&random)
        }
        func sextic() -> SexticField<Curve> { SexticField(c0: element(), c1: element(), c2: element()) }
        for _ in 0..<40 {
            let a = DodecicField<Curve>(c0: sextic(), c1: sextic())
            let b = DodecicField<Curve>(c0: sextic(), c1: sextic())
            #expect(coefficients(a * b) == schoolProduct(coefficients(a), coefficients(b)))
            #expect(coefficients(a.squared) == schoolProduct(coefficients(a), coefficients(a)))
            let low = [a.c0, b.c0, a.c0 * b.c0].map { coefficients(DodecicField<Curve>(c0: $0, c1: .zero)) }
            #expect(low[2] == schoolProduct(low[0], low[1]))

            let line = MillerLine<Curve>(yTerm: element(), xTerm: element(), constant: element())
            let point = AffinePoint(x: Curve.Base(&random), y: Curve.Base(&random))
            var values = [Element](repeating: .zero, count: 6)
            for (place, value) in zip(placesOfLine, [line.yTerm * point.y, line.xTerm * point.x, line.constant]) {
                values[place] = value
            }
            var f = a
            Curve.apply(line, at: point, to: &f)
            #expect(coefficients(f) == schoolProduct(coefficients(a), values))
        }
    }

    @Test func `products in the tower are products of polynomials, those with lines too`() {
        checkProductsOfTower(BN254.self, placesOfLine: [0, 1, 3])
        checkProductsOfTower(BLS12.self, placesOfLine: [3, 2, 0])
    }
}
