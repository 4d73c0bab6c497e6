@testable import EVM

extension PrimeField {
    /// A pseudo-random element.
    init(_ random: inout SplitMix) {
        // The top byte stays below that of every modulus.
        let bytes = [0] + (1..<8 * Self.limbCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        self = bytes.withUnsafeBytes { Self(bigEndian: $0)! }
    }

    /// The element of a small number.
    init(_ number: UInt64) {
        let bytes = [UInt8](repeating: 0, count: 8 * Self.limbCount - 32) + U256(number).bigEndianBytes
        self = bytes.withUnsafeBytes { Self(bigEndian: $0)! }
    }

    var bigEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }
}

extension QuadraticField {
    /// A pseudo-random element.
    init(_ random: inout SplitMix) {
        self.init(c0: Curve.Base(&random), c1: Curve.Base(&random))
    }
}

extension AffinePoint {
    /// The sum by the school's formulas.
    static func plainSum(_ a: Self, _ b: Self) -> Self {
        if a.isInfinity { return b }
        if b.isInfinity { return a }
        if a.x == b.x && a.y == .zero - b.y { return .infinity }
        let slope = a.x == b.x ? a.x.squared.tripled * a.y.doubled.inverse : (b.y - a.y) * (b.x - a.x).inverse
        let x = slope.squared - a.x - b.x
        return Self(x: x, y: slope * (a.x - x) - a.y)
    }

    /// The multiple by doubling and adding.
    func plainMultiple(_ scalar: U256) -> Self {
        var result = Self.infinity
        for bit in (0..<256).reversed() {
            result = Self.plainSum(result, result)
            if (scalar >> bit).l0 & 1 == 1 { result = Self.plainSum(result, self) }
        }
        return result
    }
}

/// Points for the tests.
enum CurveSamples {
    /// The generators of EIP-197.
    static let bn254Generator1 = BN254.G1(x: .one, y: .one.doubled)
    static let bn254Generator2: BN254.G2 = {
        func number(_ text: String) -> BN254Field {
            U256(decimal: text)!.bigEndianBytes.withUnsafeBytes { BN254Field(bigEndian: $0)! }
        }
        return BN254.G2(
            x: QuadraticField(
                c0: number("10857046999023057135944570762232829481370756359578518086990519993285655852781"),
                c1: number("11559732032986387107991004021392285783925812861821192530917403151452391805634")),
            y: QuadraticField(
                c0: number("8495653923123431417604973247489272438418190587263600148770280649306958101930"),
                c1: number("4082367875863433681332203403145435568316851327593401208105741076214120093531")))
    }()

    /// A point of y^2 = x^3 + b with a pseudo-random x, in whatever group.
    static func strayPoint<Field: FieldElement>(b: Field, _ next: () -> Field) -> AffinePoint<Field> {
        while true {
            let x = next()
            if let y = (x.squared * x + b).squareRoot { return AffinePoint(x: x, y: y) }
        }
    }
}
