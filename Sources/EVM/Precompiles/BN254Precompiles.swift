/// The precompiles of EIP-196 and EIP-197: addition, multiplication and pairing check on alt_bn128.
enum BN254Precompiles {
    /// The sum of two points; nil for coordinates that are no point.
    static func add(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        let padded = input.paddedBytes(at: 0, count: 128)
        return padded.withUnsafeBytes { bytes in
            guard let a = point1(bytes, at: 0), let b = point1(bytes, at: 64) else { return nil }
            return encode((JacobianPoint(a) + b).affine)
        }
    }

    /// A point times a number; nil for coordinates that are no point.
    static func multiply(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        let padded = input.paddedBytes(at: 0, count: 96)
        return padded.withUnsafeBytes { bytes in
            guard let point = point1(bytes, at: 0) else { return nil }
            return encode(BN254.multiply(point, bytes.paddedWord(at: 64)).affine)
        }
    }

    /// One where the pairings of all pairs multiply to one, else zero; nil for malformed input.
    static func pairing(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count % 192 == 0 else { return nil }
        var pairs: [(BN254.G1, BN254.G2)] = []
        for offset in stride(from: 0, to: input.count, by: 192) {
            guard let p = point1(input, at: offset), let q = point2(input, at: offset + 64) else { return nil }
            pairs.append((p, q))
        }
        return U256(BN254.isPairingProductOne(pairs)).bigEndianBytes
    }

    private static func number(_ input: UnsafeRawBufferPointer, at offset: Int) -> BN254Field? {
        BN254Field(bigEndian: UnsafeRawBufferPointer(rebasing: input[offset..<offset + 32]))
    }

    private static func point1(_ input: UnsafeRawBufferPointer, at offset: Int) -> BN254.G1? {
        guard let x = number(input, at: offset), let y = number(input, at: offset + 32) else { return nil }
        if x.isZero && y.isZero { return .infinity }
        let point = BN254.G1(x: x, y: y)
        return point.isOnCurve(b: BN254.curveB) ? point : nil
    }

    /// The imaginary part of each coordinate comes first.
    private static func point2(_ input: UnsafeRawBufferPointer, at offset: Int) -> BN254.G2? {
        guard let x1 = number(input, at: offset), let x0 = number(input, at: offset + 32),
            let y1 = number(input, at: offset + 64), let y0 = number(input, at: offset + 96)
        else { return nil }
        let point = BN254.G2(x: QuadraticField(c0: x0, c1: x1), y: QuadraticField(c0: y0, c1: y1))
        if point.x.isZero && point.y.isZero { return .infinity }
        return point.isOnCurve(b: BN254.twistB) && BN254.isInGroup2(point) ? point : nil
    }

    private static func encode(_ point: BN254.G1) -> [UInt8] {
        if point.isInfinity { return [UInt8](repeating: 0, count: 64) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        point.x.append(to: &bytes)
        point.y.append(to: &bytes)
        return bytes
    }
}
