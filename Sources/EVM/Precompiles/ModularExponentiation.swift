import CGMP

/// The three lengths at the head of the input (EIP-198).
private struct ModularExponentiationHead {
    let base: U256
    let exponent: U256
    let modulus: U256

    init(_ input: UnsafeRawBufferPointer) {
        base = input.paddedWord(at: 0)
        exponent = input.paddedWord(at: 32)
        modulus = input.paddedWord(at: 64)
    }
}

/// EIP-7823: no operand is longer than this from Osaka on.
private let operandBytesMax = U256(1024)

/// Bases and moduli from this length on cost over 10^12 gas under every rule: they are out of gas at once.
private let widthBytesMax: UInt64 = 1 << 24
/// Exponents from this length on cost over 10^8 gas under every rule, for the smallest modulus.
private let exponentBytesMax: UInt64 = 1 << 28

/// The price under EIP-198, EIP-2565 (Berlin) or EIP-7883 (Osaka); nil when beyond any gas limit.
func modularExponentiationGas(_ input: UnsafeRawBufferPointer, _ fork: Fork) -> UInt64? {
    let head = ModularExponentiationHead(input)
    let width = max(head.base, head.modulus)
    guard let bytes = width.asUInt64, bytes < widthBytesMax else { return nil }
    let complexity = multiplicationComplexity(bytes: UInt128(bytes), fork)
    let minimum: UInt128 = fork >= .osaka ? 500 : fork >= .berlin ? 200 : 0
    if complexity == 0 { return UInt64(minimum) }
    guard let exponentBytes = head.exponent.asUInt64, exponentBytes < exponentBytesMax else { return nil }
    let headBytes = min(32, exponentBytes)
    let shift = Int(8 * (32 - headBytes))
    let exponentHead = input.paddedWord(at: 96 + Int(truncatingIfNeeded: head.base.l0)) >> shift
    let tailWeight: UInt64 = fork >= .osaka ? 16 : 8
    var iterations = exponentBytes > 32 ? tailWeight * (exponentBytes - 32) : 0
    iterations += UInt64(max(exponentHead.bitWidthUsed, 1) - 1)
    let product = complexity * UInt128(max(iterations, 1))
    let divisor: UInt128 = fork >= .osaka ? 1 : fork >= .berlin ? 3 : 20
    return UInt64(exactly: max(minimum, product / divisor))
}

private func multiplicationComplexity(bytes: UInt128, _ fork: Fork) -> UInt128 {
    let words = (bytes + 7) / 8
    if fork >= .osaka { return bytes <= 32 ? 16 : 2 * words * words }
    if fork >= .berlin { return words * words }
    if bytes <= 64 { return bytes * bytes }
    if bytes <= 1024 { return bytes * bytes / 4 + 96 * bytes - 3_072 }
    return bytes * bytes / 16 + 480 * bytes - 199_680
}

/// base ** exponent mod modulus, as wide as the modulus (GMP); nil when an operand is longer than Osaka allows.
func modularPower(_ input: UnsafeRawBufferPointer, _ fork: Fork) -> [UInt8]? {
    let head = ModularExponentiationHead(input)
    if fork >= .osaka && max(head.base, head.exponent, head.modulus) > operandBytesMax { return nil }
    // An empty modulus gives an empty output; with an empty base too, the exponent's length was not paid for.
    if head.modulus.isZero { return [] }
    let baseCount = Int(head.base.l0)
    let exponentCount = Int(head.exponent.l0)
    let modulusCount = Int(head.modulus.l0)
    let modulus = GMPNumber(input.paddedBytes(at: 96 + baseCount + exponentCount, count: modulusCount))
    var output = [UInt8](repeating: 0, count: modulusCount)
    if __gmpz_sizeinbase(modulus.value, 2) == 1 && __gmpz_tstbit(modulus.value, 0) == 0 { return output }
    let base = GMPNumber(input.paddedBytes(at: 96, count: baseCount))
    let exponent = GMPNumber(input.paddedBytes(at: 96 + baseCount, count: exponentCount))
    let result = GMPNumber([])
    // The numbers free themselves, and GMP only sees their addresses.
    withExtendedLifetime((base, exponent, modulus)) {
        __gmpz_powm(result.value, base.value, exponent.value, modulus.value)
    }
    let bits = __gmpz_sizeinbase(result.value, 2)
    var written = 0
    output.withUnsafeMutableBytes { buffer in
        let bytes = (bits + 7) / 8
        _ = __gmpz_export(buffer.baseAddress! + (modulusCount - bytes), &written, 1, 1, 1, 0, result.value)
    }
    return output
}

/// A GMP integer that frees itself.
private final class GMPNumber {
    let value: UnsafeMutablePointer<__mpz_struct>

    /// The number with these big-endian bytes.
    init(_ bytes: [UInt8]) {
        value = .allocate(capacity: 1)
        __gmpz_init(value)
        if !bytes.isEmpty { __gmpz_import(value, bytes.count, 1, 1, 1, 0, bytes) }
    }

    deinit {
        __gmpz_clear(value)
        value.deallocate()
    }
}
