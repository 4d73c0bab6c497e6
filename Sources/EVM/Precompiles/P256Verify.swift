import CCrypto

/// The curve secp256r1, made once; libcrypto only reads it.
private nonisolated(unsafe) let p256Group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)!

/// The precompile of EIP-7951: one as a word for a valid signature on secp256r1, nothing otherwise.
func verifyP256(_ input: UnsafeRawBufferPointer) -> [UInt8] {
    guard input.count == 160 else { return [] }
    // The order of the group and the modulus of the field.
    let n = U256(0xF3B9_CAC2_FC63_2551, 0xBCE6_FAAD_A717_9E84, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000)
    let p = U256(0xFFFF_FFFF_FFFF_FFFF, 0x0000_0000_FFFF_FFFF, 0, 0xFFFF_FFFF_0000_0001)
    let r = input.paddedWord(at: 32)
    let s = input.paddedWord(at: 64)
    let x = input.paddedWord(at: 96)
    let y = input.paddedWord(at: 128)
    guard !r.isZero, r < n, !s.isZero, s < n, x < p, y < p, !(x.isZero && y.isZero) else { return [] }
    let isValid = P256Work().isValid(hash: input.paddedWord(at: 0), r: r, s: s, x: x, y: y, order: n)
    return isValid ? U256.one.bigEndianBytes : []
}

/// The temporary numbers and points of one verification.
private final class P256Work {
    private let context = BN_CTX_new()!
    private let key = EC_POINT_new(p256Group)!
    private let sum = EC_POINT_new(p256Group)!

    deinit {
        EC_POINT_free(sum)
        EC_POINT_free(key)
        BN_CTX_free(context)
    }

    /// A number that lives until the frame of the context ends.
    private func number(_ word: U256) -> OpaquePointer {
        let number = BN_CTX_get(context)!
        word.bigEndianBytes.withUnsafeBufferPointer { _ = BN_bin2bn($0.baseAddress, 32, number) }
        return number
    }

    func isValid(hash: U256, r: U256, s: U256, x: U256, y: U256, order: U256) -> Bool {
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        // Setting the coordinates checks the equation of the curve.
        guard EC_POINT_set_affine_coordinates(p256Group, key, number(x), number(y), context) == 1 else { return false }
        let n = number(order)
        let inverse = BN_CTX_get(context)!
        let u1 = BN_CTX_get(context)!
        let u2 = BN_CTX_get(context)!
        let found = BN_CTX_get(context)!
        guard BN_mod_inverse(inverse, number(s), n, context) != nil,
            BN_mod_mul(u1, number(hash), inverse, n, context) == 1,
            BN_mod_mul(u2, number(r), inverse, n, context) == 1,
            EC_POINT_mul(p256Group, sum, u1, key, u2, context) == 1,
            EC_POINT_is_at_infinity(p256Group, sum) == 0,
            EC_POINT_get_affine_coordinates(p256Group, sum, found, nil, context) == 1
        else { return false }
        var bytes = [UInt8](repeating: 0, count: 32)
        BN_bn2binpad(found, &bytes, 32)
        return U256(bigEndian: bytes) % order == r
    }
}
