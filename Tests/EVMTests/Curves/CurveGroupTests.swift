@testable import EVM
import Testing

@Suite struct CurveGroupTests {
    private let scalars: [U256] = [
        0, 1, 2, 3, 15, 16, U256(UInt64.max), U256(1, 1, 0, 0), BN254.order &- 1, BN254.order, BN254.order &+ 1,
        BLS12.order &- 1, BLS12.order, BLS12.order &+ 1, U256(BLS12.parameter), U256(0) &- 1,
        U256(0, 0, 0, 1 << 63), U256(.max, .max, 0, 0), U256(0, 0, 1, 0),
    ]

    private func checkLaws<Field: FieldElement>(_ generator: AffinePoint<Field>, order: U256) {
        #expect(generator.plainMultiple(order).isInfinity)
        let p = generator.plainMultiple(7)
        let q = generator.plainMultiple(1_000_003)
        let r = generator.plainMultiple(12)
        let sum = (JacobianPoint(p) + q).affine
        #expect(sum == .plainSum(p, q) && sum == (JacobianPoint(q) + JacobianPoint(p)).affine)
        let left = (JacobianPoint(p) + JacobianPoint(q)) + JacobianPoint(r)
        let right = JacobianPoint(p) + (JacobianPoint(q) + JacobianPoint(r))
        #expect(left.equals(right) && left.affine == .plainSum(sum, r))
        #expect((JacobianPoint(p) + p).equals(JacobianPoint(p).doubled))
        #expect((JacobianPoint(p) + JacobianPoint(p)).affine == .plainSum(p, p))
        #expect((JacobianPoint(p) + -p).isInfinity && (JacobianPoint(p) + -JacobianPoint(p)).isInfinity)
        #expect((JacobianPoint(p) + JacobianPoint.infinity).affine == p && (JacobianPoint<Field>.infinity + p).affine == p)
        #expect(JacobianPoint<Field>.infinity.doubled.isInfinity)
        #expect(JacobianPoint.affine([left, left.doubled, JacobianPoint(p)])[1] == left.doubled.affine)
        #expect(JacobianPoint(p).times(77).affine == p.plainMultiple(77))
        #expect(JacobianPoint(p).times(MultiScalar.signedDigits(1_234_567, width: 4)).affine == p.plainMultiple(1_234_567))
    }

    @Test func `points add associatively, and the generators have the order of their groups`() {
        checkLaws(CurveSamples.bn254Generator1, order: BN254.order)
        checkLaws(CurveSamples.bn254Generator2, order: BN254.order)
        checkLaws(BLS12.generator1, order: BLS12.order)
        checkLaws(BLS12.generator2, order: BLS12.order)
    }

    @Test func `split scalars give the multiples that doubling and adding gives`() {
        var random = SplitMix(state: 41)
        for scalar in scalars + (0..<6).map({ _ in random.word() }) {
            let p = CurveSamples.bn254Generator1.plainMultiple(U256(random.next()))
            #expect(BN254.multiply(p, scalar).affine == p.plainMultiple(scalar), "\(scalar)")
            let p1 = BLS12.generator1.plainMultiple(U256(random.next()))
            #expect(BLS12.sum1([(p1, scalar)]).affine == p1.plainMultiple(scalar), "\(scalar)")
            let p2 = BLS12.generator2.plainMultiple(U256(random.next() >> 40))
            #expect(BLS12.sum2([(p2, scalar)]).affine == p2.plainMultiple(scalar), "\(scalar)")
        }
        #expect(BN254.multiply(.infinity, 5).isInfinity)
    }

    @Test func `signed digits add up to the number`() {
        var random = SplitMix(state: 42)
        for width in 3...6 {
            for scalar in [0, 1, 2, 31, 32, UInt128(UInt64.max), Multiple<BN254Field>.scalarMax]
                + (0..<50).map({ _ in UInt128(random.next()) << 60 })
            {
                let digits = MultiScalar.signedDigits(scalar, width: width)
                let sum = digits.reversed().reduce(Int128(0)) { ($0 &* 2) &+ Int128($1) }
                #expect(UInt128(truncatingIfNeeded: sum) == scalar)
                #expect(digits.allSatisfy { $0 == 0 || ($0 % 2 != 0 && abs(Int($0)) < 1 << (width - 1)) })
            }
        }
    }

    @Test(arguments: [1, 3, 12, 40, 99, 100, 150])
    func `a sum of many multiples equals the multiples added one by one`(count: Int) {
        var random = SplitMix(state: UInt64(count))
        var terms: [(point: BLS12.G1, scalar: U256)] = []
        var expected = BLS12.G1.infinity
        for index in 0..<count {
            // Among them the same point twice, its negative, and infinity.
            var point = BLS12.sum1([(BLS12.generator1, U256(random.next()))]).affine
            if index % 5 == 4 { point = terms[0].point }
            if index % 5 == 3 { point = -terms[0].point }
            if index % 7 == 6 { point = .infinity }
            let scalar = index % 5 == 4 ? terms[0].scalar : random.word()
            terms.append((point, scalar))
            expected = .plainSum(expected, BLS12.sum1([(point, scalar)]).affine)
        }
        #expect(BLS12.sum1(terms).affine == expected)
    }

    @Test(arguments: [2, 20, 60])
    func `a sum of many multiples on the twist equals the multiples added one by one`(count: Int) {
        var random = SplitMix(state: UInt64(count))
        var terms: [(point: BLS12.G2, scalar: U256)] = []
        var expected = BLS12.G2.infinity
        for index in 0..<count {
            var point = BLS12.sum2([(BLS12.generator2, U256(random.next()))]).affine
            if index % 5 == 3 { point = -terms[0].point }
            let scalar = index % 5 == 3 ? terms[0].scalar : random.word()
            terms.append((point, scalar))
            expected = .plainSum(expected, BLS12.sum2([(point, scalar)]).affine)
        }
        #expect(BLS12.sum2(terms).affine == expected)
    }

    @Test func `a point passes the group test exactly where the order takes it to infinity`() {
        var random = SplitMix(state: 43)
        for round in 0..<3 {
            let stray1 = CurveSamples.strayPoint(b: BLS12.curveB) { BLS12Field(&random) }
            #expect(BLS12.isInGroup1(stray1) == stray1.plainMultiple(BLS12.order).isInfinity && !BLS12.isInGroup1(stray1))
            let stray2 = CurveSamples.strayPoint(b: BLS12.twistB) { BLS12.Element2(&random) }
            #expect(BLS12.isInGroup2(stray2) == stray2.plainMultiple(BLS12.order).isInfinity && !BLS12.isInGroup2(stray2))
            let stray3 = CurveSamples.strayPoint(b: BN254.twistB) { QuadraticField<BN254>(&random) }
            #expect(BN254.isInGroup2(stray3) == stray3.plainMultiple(BN254.order).isInfinity && !BN254.isInGroup2(stray3))
            let number = U256(random.next())
            #expect(BLS12.isInGroup1(BLS12.generator1.plainMultiple(number)), "\(round)")
            #expect(BLS12.isInGroup2(BLS12.generator2.plainMultiple(number)), "\(round)")
            #expect(BN254.isInGroup2(CurveSamples.bn254Generator2.plainMultiple(number)), "\(round)")
        }
        // What is left of a stray point when its part in the group is taken away: of small order, and refused.
        let stray = CurveSamples.strayPoint(b: BN254.twistB) { QuadraticField<BN254>(&random) }
        let part = stray.plainMultiple(BN254.order)
        #expect(!part.isInfinity && !BN254.isInGroup2(part))
        #expect(BLS12.isInGroup1(.infinity) && BLS12.isInGroup2(.infinity) && BN254.isInGroup2(.infinity))
    }

    @Test func `mapped field elements lie in their groups`() {
        var random = SplitMix(state: 44)
        for c0 in [BLS12Field.zero, .one, .zero - .one] + (0..<5).map({ _ in BLS12Field(&random) }) {
            let point1 = BLS12.mapToGroup1(c0)
            let point2 = BLS12.mapToGroup2(BLS12.Element2(c0: c0, c1: BLS12Field(&random)))
            #expect(!point1.isInfinity && point1.isOnCurve(b: BLS12.curveB) && BLS12.isInGroup1(point1))
            #expect(!point2.isInfinity && point2.isOnCurve(b: BLS12.twistB) && BLS12.isInGroup2(point2))
            // The maps are odd (RFC 9380, the sign of y follows that of u).
            #expect(c0.isZero || BLS12.mapToGroup1(-c0) == -point1)
        }
    }

    private func checkPairing<Curve: PairingCurve>(
        _ curve: Curve.Type, _ p: AffinePoint<Curve.Base>, _ q: AffinePoint<QuadraticField<Curve>>
    ) {
        var random = SplitMix(state: 45)
        for _ in 0..<3 {
            let a = U256(random.next())
            let b = U256(random.next())
            let left = (p.plainMultiple(a), q.plainMultiple(b))
            let right = (-p.plainMultiple(a &* b), q)
            let other = (-p.plainMultiple(a &* b &+ 1), q)
            #expect(Curve.isPairingProductOne([left, right]))
            #expect(!Curve.isPairingProductOne([left, other]))
            let shifted = AffinePoint.plainSum(p, left.0)
            #expect(Curve.isPairingProductOne([(shifted, left.1), (-p, left.1), (-left.0, left.1)]))
            #expect(Curve.isPairingProductOne([(p, left.1), (-p, q), (-p, .plainSum(left.1, -q))]))
        }
        #expect(!Curve.isPairingProductOne([(p, q)]))
        #expect(Curve.isPairingProductOne([]) && Curve.isPairingProductOne([(p, .infinity), (.infinity, q)]))
    }

    @Test func `the pairings are bilinear and not degenerate`() {
        checkPairing(BN254.self, CurveSamples.bn254Generator1, CurveSamples.bn254Generator2)
        checkPairing(BLS12.self, BLS12.generator1, BLS12.generator2)
    }
}
