import CGMP
import EVM

/// A GMP integer that frees itself; the reference for the 256-bit numbers.
final class BigInteger {
    let value = UnsafeMutablePointer<__mpz_struct>.allocate(capacity: 1)

    init() { __gmpz_init(value) }

    convenience init(_ word: U256) {
        self.init()
        let bytes = word.bigEndianBytes
        __gmpz_import(value, 32, 1, 1, 1, 0, bytes)
    }

    deinit {
        __gmpz_clear(value)
        value.deallocate()
    }

    /// The number modulo 2^256, negative ones in two's complement.
    var word: U256 {
        let reduced = BigInteger()
        __gmpz_fdiv_r_2exp(reduced.value, value, 256)
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 0
        __gmpz_export(&bytes, &count, -1, 1, -1, 0, reduced.value)
        return U256(bigEndian: Array(bytes.reversed()))
    }

    /// The two's complement reading of a word.
    static func signed(_ word: U256) -> BigInteger {
        let result = BigInteger(word)
        if word.isNegative {
            let size = BigInteger()
            __gmpz_ui_pow_ui(size.value, 2, 256)
            __gmpz_sub(result.value, result.value, size.value)
        }
        return result
    }
}

/// A small generator of numbers, the same ones each run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Words of every width, with limbs of all zeros and all ones more often than chance would have them.
    mutating func word() -> U256 {
        var limbs: [UInt64] = []
        for _ in 0..<4 {
            switch next() % 8 {
            case 0: limbs.append(0)
            case 1: limbs.append(.max)
            case 2: limbs.append(1 << 63)
            case 3: limbs.append(next() >> (next() % 64))
            default: limbs.append(next())
            }
        }
        let word = U256(limbs[0], limbs[1], limbs[2], limbs[3])
        return next() % 3 == 0 ? word : word >> Int(next() % 256)
    }
}
