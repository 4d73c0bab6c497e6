import EVM

/// Readings of hexadecimal digits as they stand in a file.
enum HexCharacters {
    /// Value of each character; 255 for what is no digit.
    private static let values: [UInt8] = (0..<256).map { character in
        switch UInt8(character) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(character) - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(character) - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt8(character) - UInt8(ascii: "A") + 10
        default: 255
        }
    }

    /// A number from digits without 0x, zero from none; nil when malformed or over 256 bits.
    static func word(_ digits: UnsafeBufferPointer<UInt8>) -> U256? {
        values.withUnsafeBufferPointer { values in
            var limbs: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            for character in digits {
                let digit = values[Int(character)]
                if digit > 15 || limbs.3 &>> 60 != 0 { return nil }
                limbs.3 = limbs.3 &<< 4 | limbs.2 &>> 60
                limbs.2 = limbs.2 &<< 4 | limbs.1 &>> 60
                limbs.1 = limbs.1 &<< 4 | limbs.0 &>> 60
                limbs.0 = limbs.0 &<< 4 | UInt64(digit)
            }
            return U256(limbs.0, limbs.1, limbs.2, limbs.3)
        }
    }

    /// Bytes from an even number of digits with 0x or without; nil when malformed.
    static func bytes(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let digits = withoutPrefix(text)
        if digits.count % 2 != 0 { return nil }
        let count = digits.count / 2
        var isWrong: UInt8 = 0
        let bytes = values.withUnsafeBufferPointer { values in
            [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                for index in 0..<count {
                    let high = values[Int(digits[2 &* index])]
                    let low = values[Int(digits[2 &* index &+ 1])]
                    isWrong |= high | low
                    buffer[index] = high &<< 4 | (low & 15)
                }
                initialized = count
            }
        }
        return isWrong > 15 ? nil : bytes
    }

    /// An address from 40 digits with 0x or without.
    static func address(_ text: UnsafeBufferPointer<UInt8>) -> Address? {
        let digits = withoutPrefix(text)
        guard digits.count == 40, let word = word(digits) else { return nil }
        return Address(word: word)
    }

    private static func withoutPrefix(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let hasPrefix = text.count >= 2 && text[0] == UInt8(ascii: "0") && text[1] | 0x20 == UInt8(ascii: "x")
        return hasPrefix ? UnsafeBufferPointer(rebasing: text[2...]) : text
    }
}
