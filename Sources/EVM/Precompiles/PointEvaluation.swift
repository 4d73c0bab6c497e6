/// The precompile of EIP-4844: proves that a committed polynomial has the value y at z.
enum PointEvaluation {
    /// Field elements in a blob, part of the output.
    private static let elementsPerBlob: UInt64 = 4096

    /// The constants of the scheme where the proof holds; nil otherwise and for malformed input.
    static func run(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count == 192 else { return nil }
        let commitmentBytes = UnsafeRawBufferPointer(rebasing: input[96..<144])
        var versionedHash = EVM.sha256(commitmentBytes).bytes
        versionedHash[0] = 1
        let z = input.paddedWord(at: 32)
        let y = input.paddedWord(at: 64)
        guard input.paddedWord(at: 0) == U256(bigEndian: versionedHash), z < BLS12.order, y < BLS12.order,
            let commitment = BLS12.decompress(commitmentBytes),
            let proof = BLS12.decompress(UnsafeRawBufferPointer(rebasing: input[144..<192])),
            holds(commitment, proof, z, y)
        else { return nil }
        return U256(elementsPerBlob).bigEndianBytes + BLS12.order.bigEndianBytes
    }

    /// The lines of the two points of G2 in the equation, which are always the same.
    private static let generatorLines = MillerLoop<BLS12>.lines(-BLS12.generator2)
    private static let tauLines = MillerLoop<BLS12>.lines(BLS12.G2(x: BLS12.setupTau2X, y: BLS12.setupTau2Y))

    /// e(commitment - y G1 + z proof, -G2) e(proof, tau G2) = 1.
    private static func holds(_ commitment: BLS12.G1, _ proof: BLS12.G1, _ z: U256, _ y: U256) -> Bool {
        let shifted = (BLS12.sum1([(proof, z), (-BLS12.generator1, y)]) + commitment).affine
        let pairs = [(shifted, generatorLines), (proof, tauLines)]
        return BLS12.isProductOne(pairs.filter { !$0.0.isInfinity })
    }
}

extension BLS12 {
    /// A point of G1 from 48 compressed bytes (Zcash's form); nil for malformed bytes and points outside of G1.
    static func decompress(_ bytes: UnsafeRawBufferPointer) -> G1? {
        precondition(bytes.count == 48, "a compressed point of G1 has 48 bytes")
        let flags = bytes[0] >> 5
        guard flags & 4 != 0 else { return nil }
        if flags & 2 != 0 {
            let isClean = bytes[0] == 0xC0 && !bytes.dropFirst().contains { $0 != 0 }
            return isClean ? .infinity : nil
        }
        var copy = Array(bytes)
        copy[0] &= 0x1F
        guard let x = copy.withUnsafeBytes({ BLS12Field(bigEndian: $0) }),
            let root = (x.squared * x + curveB).squareRoot
        else { return nil }
        let point = G1(x: x, y: root.isLarger == (flags & 1 != 0) ? root : BLS12Field.zero - root)
        return isInGroup1(point) ? point : nil
    }
}
