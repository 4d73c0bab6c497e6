import CShims

/// The initialisation vector of BLAKE2b.
private let blake2Initial: InlineArray<8, UInt64> = [
    0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
    0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
]

/// The compression function F of BLAKE2b with a chosen number of rounds (EIP-152); nil when the input is malformed.
func compressBlake2(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
    guard input.count == 213, input[212] <= 1 else { return nil }
    let rounds = UInt32(bigEndian: input.loadUnaligned(as: UInt32.self))
    func lane(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var v = InlineArray<16, UInt64> { $0 < 8 ? lane(4 + 8 * $0) : blake2Initial[$0 - 8] }
    var m = InlineArray<16, UInt64> { lane(68 + 8 * $0) }
    v[12] ^= lane(196)
    v[13] ^= lane(204)
    if input[212] == 1 { v[14] = ~v[14] }
    withUnsafeMutableBytes(of: &v) { v in
        withUnsafeMutableBytes(of: &m) { m in
            hoard_blake2b_rounds(
                v.baseAddress!.assumingMemoryBound(to: UInt64.self),
                m.baseAddress!.assumingMemoryBound(to: UInt64.self), rounds)
        }
    }
    return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
        for index in 0..<8 {
            let word = lane(4 + 8 * index) ^ v[index] ^ v[index + 8]
            UnsafeMutableRawPointer(buffer.baseAddress!).storeBytes(
                of: word.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
        }
        count = 64
    }
}
