extension U256: CustomStringConvertible {
    /// Reads hexadecimal digits with or without 0x, at most 64 of them after leading zeros; nil when malformed.
    public init?(hex text: some StringProtocol) {
        var digits = Substring(text).utf8[...]
        if text.hasPrefix("0x") || text.hasPrefix("0X") { digits = digits.dropFirst(2) }
        if digits.isEmpty { return nil }
        var value = U256.zero
        for character in digits {
            guard let digit = hexDigitValue(character) else { return nil }
            if value.l3 &>> 60 != 0 { return nil }
            value = value << 4
            value.l0 |= UInt64(digit)
        }
        self = value
    }

    /// Reads decimal digits; nil when malformed or over 2^256 - 1.
    public init?(decimal text: some StringProtocol) {
        if text.utf8.isEmpty { return nil }
        var value = U256.zero
        for character in text.utf8 {
            guard character >= 48, character <= 57 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(U256(UInt64(character - 48)))
            if overflow || carried { return nil }
            value = sum
        }
        self = value
    }

    /// Minimal lower-case hexadecimal with 0x.
    public var hex: String {
        let padded = hexDigits(of: bigEndianBytes)
        let digits = padded.drop { $0 == "0" }
        return "0x" + (digits.isEmpty ? "0" : String(digits))
    }

    /// All 64 lower-case hexadecimal digits with 0x.
    public var paddedHex: String { "0x" + hexDigits(of: bigEndianBytes) }

    /// Decimal digits.
    public var decimal: String {
        if fitsUInt64 { return String(l0) }
        var groups: [String] = []
        var rest = self
        let group = U256(10_000_000_000_000_000_000)
        while !rest.isZero {
            let (quotient, remainder) = rest.dividedWithRemainder(by: group)
            groups.append(String(remainder.l0))
            rest = quotient
        }
        var text = groups.removeLast()
        for digits in groups.reversed() {
            text += String(repeating: "0", count: 19 - digits.utf8.count) + digits
        }
        return text
    }

    /// Hexadecimal.
    public var description: String { hex }
}

/// The value of one hexadecimal digit, nil for any other character.
func hexDigitValue(_ character: UInt8) -> UInt8? {
    switch character {
    case 48...57: character - 48
    case 65...70: character - 55
    case 97...102: character - 87
    default: nil
    }
}

/// Lower-case hexadecimal digits of bytes, without a prefix.
public func hexDigits(of bytes: some Sequence<UInt8>) -> String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes that an even number of hexadecimal digits spell, with or without 0x; nil when malformed.
public func bytesFromHex(_ text: some StringProtocol) -> [UInt8]? {
    var digits = Array(text.utf8)
    if text.hasPrefix("0x") || text.hasPrefix("0X") { digits.removeFirst(2) }
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = hexDigitValue(digits[index]), let low = hexDigitValue(digits[index + 1]) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}
