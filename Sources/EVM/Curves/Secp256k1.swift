import CSecp256k1

/// One context for the whole process: verification and recovery only read it.
private nonisolated(unsafe) let secp256k1Context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))!

/// The curve of Ethereum's signatures.
public enum Secp256k1 {
    /// The order of the group.
    public static var order: U256 {
        U256(0xBFD2_5E8C_D036_4141, 0xBAAE_DCE6_AF48_A03B, 0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF)
    }
    /// Half of the order, rounded down: transactions from Homestead on carry no greater s (EIP-2).
    public static var halfOrder: U256 { order >> 1 }
}

/// The account whose key signed `hash`; nil when r, s or the recovery has no answer. A high s is accepted.
public func recoverSender(hash: Hash256, r: U256, s: U256, yParity: Bool) -> Address? {
    var compact = InlineArray<64, UInt8>(repeating: 0)
    var message = InlineArray<32, UInt8>(repeating: 0)
    var signature = secp256k1_ecdsa_recoverable_signature()
    var key = secp256k1_pubkey()
    let recovered = withUnsafeMutableBytes(of: &compact) { bytes in
        r.storeBigEndian(at: bytes.baseAddress!)
        s.storeBigEndian(at: bytes.baseAddress! + 32)
        let start = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        return secp256k1_ecdsa_recoverable_signature_parse_compact(
            secp256k1Context, &signature, start, yParity ? 1 : 0) == 1
            && withUnsafeMutableBytes(of: &message) { digest in
                hash.store(at: digest.baseAddress!)
                let digestStart = digest.baseAddress!.assumingMemoryBound(to: UInt8.self)
                return secp256k1_ecdsa_recover(secp256k1Context, &key, &signature, digestStart) == 1
            }
    }
    if !recovered { return nil }
    var serialized = InlineArray<65, UInt8>(repeating: 0)
    return withUnsafeMutableBytes(of: &serialized) { bytes in
        var count = 65
        let start = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        secp256k1_ec_pubkey_serialize(secp256k1Context, start, &count, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
        return Address(word: keccak256(UnsafeRawPointer(start) + 1, count: 64).word)
    }
}

/// The output of the precompile ecrecover: the signer as a word, or nothing.
func recoverSignerOutput(_ input: UnsafeRawBufferPointer) -> [UInt8] {
    let v = input.paddedWord(at: 32)
    guard v == 27 || v == 28 else { return [] }
    let signer = recoverSender(
        hash: Hash256(word: input.paddedWord(at: 0)), r: input.paddedWord(at: 64), s: input.paddedWord(at: 96),
        yParity: v == 28)
    return signer?.word.bigEndianBytes ?? []
}
