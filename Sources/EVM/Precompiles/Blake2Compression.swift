/// The permutations of BLAKE2b's message words, one row a round modulo ten (RFC 7693).
private let blake2Permutations: InlineArray<10, InlineArray<16, Int>> = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]

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
    let m = InlineArray<16, UInt64> { lane(68 + 8 * $0) }
    v[12] ^= lane(196)
    v[13] ^= lane(204)
    if input[212] == 1 { v[14] = ~v[14] }
    for round in 0..<Int(rounds) { blake2Round(&v, m, blake2Permutations[round % 10]) }
    var output: [UInt8] = []
    output.reserveCapacity(64)
    for index in 0..<8 {
        let word = lane(4 + 8 * index) ^ v[index] ^ v[index + 8]
        withUnsafeBytes(of: word.littleEndian) { output.append(contentsOf: $0) }
    }
    return output
}

@inline(__always)
private func blake2Round(_ v: inout InlineArray<16, UInt64>, _ m: InlineArray<16, UInt64>, _ s: InlineArray<16, Int>) {
    blake2Mix(&v, 0, 4, 8, 12, m[s[0]], m[s[1]])
    blake2Mix(&v, 1, 5, 9, 13, m[s[2]], m[s[3]])
    blake2Mix(&v, 2, 6, 10, 14, m[s[4]], m[s[5]])
    blake2Mix(&v, 3, 7, 11, 15, m[s[6]], m[s[7]])
    blake2Mix(&v, 0, 5, 10, 15, m[s[8]], m[s[9]])
    blake2Mix(&v, 1, 6, 11, 12, m[s[10]], m[s[11]])
    blake2Mix(&v, 2, 7, 8, 13, m[s[12]], m[s[13]])
    blake2Mix(&v, 3, 4, 9, 14, m[s[14]], m[s[15]])
}

@inline(__always)
private func blake2Mix(
    _ v: inout InlineArray<16, UInt64>, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt64, _ y: UInt64
) {
    v[a] = v[a] &+ v[b] &+ x
    v[d] = rotatedRight(v[d] ^ v[a], 32)
    v[c] = v[c] &+ v[d]
    v[b] = rotatedRight(v[b] ^ v[c], 24)
    v[a] = v[a] &+ v[b] &+ y
    v[d] = rotatedRight(v[d] ^ v[a], 16)
    v[c] = v[c] &+ v[d]
    v[b] = rotatedRight(v[b] ^ v[c], 63)
}

@inline(__always)
private func rotatedRight(_ lane: UInt64, _ count: UInt64) -> UInt64 {
    lane &>> count | lane &<< (64 &- count)
}
