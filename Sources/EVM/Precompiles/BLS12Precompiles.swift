/// The precompiles of EIP-2537 on BLS12-381. Every function gives nil for malformed input.
enum BLS12Precompiles {
    private static let bytes1 = 128
    private static let bytes2 = 256

    /// The sum of two points of the curve, which need not lie in G1.
    static func add1(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count == 2 * bytes1, let a = point1(input, at: 0), let b = point1(input, at: bytes1) else {
            return nil
        }
        return encode((JacobianPoint(a) + b).affine)
    }

    /// The sum of two points of the twist, which need not lie in G2.
    static func add2(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count == 2 * bytes2, let a = point2(input, at: 0), let b = point2(input, at: bytes2) else {
            return nil
        }
        return encode((JacobianPoint(a) + b).affine)
    }

    /// The sum of multiples of points of G1.
    static func multiScalar1(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard !input.isEmpty, input.count % (bytes1 + 32) == 0 else { return nil }
        var terms: [(point: BLS12.G1, scalar: U256)] = []
        for offset in stride(from: 0, to: input.count, by: bytes1 + 32) {
            guard let point = point1(input, at: offset), BLS12.isInGroup1(point) else { return nil }
            terms.append((point, input.paddedWord(at: offset + bytes1)))
        }
        return encode(BLS12.sum1(terms).affine)
    }

    /// The sum of multiples of points of G2.
    static func multiScalar2(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard !input.isEmpty, input.count % (bytes2 + 32) == 0 else { return nil }
        var terms: [(point: BLS12.G2, scalar: U256)] = []
        for offset in stride(from: 0, to: input.count, by: bytes2 + 32) {
            guard let point = point2(input, at: offset), BLS12.isInGroup2(point) else { return nil }
            terms.append((point, input.paddedWord(at: offset + bytes2)))
        }
        return encode(BLS12.sum2(terms).affine)
    }

    /// One where the pairings of all pairs multiply to one, else zero.
    static func pairing(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard !input.isEmpty, input.count % (bytes1 + bytes2) == 0 else { return nil }
        var pairs: [(BLS12.G1, BLS12.G2)] = []
        for offset in stride(from: 0, to: input.count, by: bytes1 + bytes2) {
            guard let p = point1(input, at: offset), BLS12.isInGroup1(p),
                let q = point2(input, at: offset + bytes1), BLS12.isInGroup2(q)
            else { return nil }
            pairs.append((p, q))
        }
        return U256(BLS12.isPairingProductOne(pairs)).bigEndianBytes
    }

    /// The point of G1 for an element of the base field.
    static func map1(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count == 64, let u = number(input, at: 0) else { return nil }
        return encode(BLS12.mapToGroup1(u))
    }

    /// The point of G2 for an element of the quadratic field.
    static func map2(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count == 128, let u = pair(input, at: 0) else { return nil }
        return encode(BLS12.mapToGroup2(u))
    }

    /// 16 zero bytes and 48 bytes below the modulus.
    private static func number(_ input: UnsafeRawBufferPointer, at offset: Int) -> BLS12Field? {
        if input[offset..<offset + 16].contains(where: { $0 != 0 }) { return nil }
        return BLS12Field(bigEndian: UnsafeRawBufferPointer(rebasing: input[offset + 16..<offset + 64]))
    }

    private static func pair(_ input: UnsafeRawBufferPointer, at offset: Int) -> BLS12.Element2? {
        guard let c0 = number(input, at: offset), let c1 = number(input, at: offset + 64) else { return nil }
        return BLS12.Element2(c0: c0, c1: c1)
    }

    private static func point1(_ input: UnsafeRawBufferPointer, at offset: Int) -> BLS12.G1? {
        guard let x = number(input, at: offset), let y = number(input, at: offset + 64) else { return nil }
        if x.isZero && y.isZero { return .infinity }
        let point = BLS12.G1(x: x, y: y)
        return point.isOnCurve(b: BLS12.curveB) ? point : nil
    }

    private static func point2(_ input: UnsafeRawBufferPointer, at offset: Int) -> BLS12.G2? {
        guard let x = pair(input, at: offset), let y = pair(input, at: offset + 128) else { return nil }
        if x.isZero && y.isZero { return .infinity }
        let point = BLS12.G2(x: x, y: y)
        return point.isOnCurve(b: BLS12.twistB) ? point : nil
    }

    private static func encode(_ point: BLS12.G1) -> [UInt8] {
        point.isInfinity ? [UInt8](repeating: 0, count: bytes1) : encode([point.x, point.y])
    }

    private static func encode(_ point: BLS12.G2) -> [UInt8] {
        point.isInfinity
            ? [UInt8](repeating: 0, count: bytes2)
            : encode([point.x.c0, point.x.c1, point.y.c0, point.y.c1])
    }

    private static func encode(_ fields: [BLS12Field]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 * fields.count)
        for field in fields {
            bytes.append(contentsOf: repeatElement(0, count: 16))
            field.append(to: &bytes)
        }
        return bytes
    }
}
