/// Reads proofs and what they hold; never reads beyond the end.
struct ProofReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    /// Bytes read so far.
    var offset: Int { place - bytes.startIndex }
    var isAtEnd: Bool { place == bytes.endIndex }

    func wrong(_ expected: String, back: Int = 0) -> ProofError { .malformed(offset: offset - back, expected: expected) }

    mutating func take(_ count: Int, _ expected: String) throws(ProofError) -> [UInt8] {
        guard count >= 0, bytes.endIndex - place >= count else { throw wrong("\(count) bytes: \(expected)") }
        defer { place += count }
        return [UInt8](bytes[place..<place + count])
    }

    mutating func byte(_ expected: String) throws(ProofError) -> UInt8 { try take(1, expected)[0] }

    /// A number of so many bytes, least significant first.
    mutating func number(bytes count: Int, _ expected: String) throws(ProofError) -> UInt64 {
        try take(count, expected).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// A number in groups of seven bits.
    mutating func variable(_ expected: String) throws(ProofError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte(expected)
            if shift == 63, next > 1 { break }
            number |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return number }
        }
        throw wrong("a number below 2^64: \(expected)")
    }

    /// A count of things that take so many bytes each at least.
    mutating func count(bytesEach: Int, _ expected: String) throws(ProofError) -> Int {
        let number = try variable(expected)
        guard number <= UInt64((bytes.endIndex - place) / bytesEach) else { throw wrong("a count that fits: \(expected)") }
        return Int(number)
    }

    /// Bytes with their count before them.
    mutating func counted(_ expected: String) throws(ProofError) -> [UInt8] {
        try take(try count(bytesEach: 1, expected), expected)
    }

    /// A word that is stored by its significant bytes, least significant first; 32 bytes, most significant first.
    mutating func minimalWord(_ expected: String) throws(ProofError) -> [UInt8] {
        let count = Int(try byte(expected))
        guard count <= 32 else { throw wrong("at most 32 bytes: \(expected)", back: 1) }
        let significant = try take(count, expected)
        return [UInt8](repeating: 0, count: 32 - count) + significant.reversed()
    }

    mutating func end() throws(ProofError) {
        if !isAtEnd { throw wrong("the end") }
    }
}

extension [UInt8] {
    /// Appends a number of four bytes, least significant first.
    mutating func append(number: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
