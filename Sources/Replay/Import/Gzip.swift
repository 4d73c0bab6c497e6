/// Unpacks gzip files (RFC 1952 and 1951): recordings are often kept so.
enum Gzip {
    /// Why a file cannot be unpacked.
    struct Broken: Error { let reason: String }

    /// Whether bytes begin like a gzip file.
    static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// The content of all members, one behind the other; at most so many bytes.
    static func unpacked(_ bytes: [UInt8], bytesMax: Int) throws(Broken) -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes.count - position > 18, bytes[position] == 0x1F, bytes[position + 1] == 0x8B else {
                if position > 0 { break }
                throw Broken(reason: "the file ends in its header")
            }
            guard bytes[position + 2] == 8 else { throw Broken(reason: "its method is \(bytes[position + 2]), only 8 (deflate) is known") }
            position = try headerEnd(bytes, position)
            let start = output.count
            var inflater = Inflater(bytes, at: position, bytesMax: bytesMax)
            position = try inflater.run(into: &output)
            guard position + 8 <= bytes.count else { throw Broken(reason: "the file ends before its checksum") }
            let length = (0..<4).reduce(0) { $0 | Int(bytes[position + 4 + $1]) << (8 * $1) }
            guard length == (output.count - start) & 0xFFFF_FFFF else { throw Broken(reason: "the length is not the one that was packed") }
            let check = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << (8 * UInt32($1)) }
            guard check == checksum(output[start...]) else { throw Broken(reason: "the checksum is wrong") }
            position += 8
        }
        return output
    }

    private static func headerEnd(_ bytes: [UInt8], _ start: Int) throws(Broken) -> Int {
        let flags = bytes[start + 3]
        var position = start + 10
        if flags & 4 != 0 { position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8 }
        for flag in [UInt8(8), 16] where flags & flag != 0 {
            while position < bytes.count, bytes[position] != 0 { position += 1 }
            position += 1
        }
        if flags & 2 != 0 { position += 2 }
        guard position < bytes.count else { throw Broken(reason: "the file ends in its header") }
        return position
    }

    private static let checksumTable: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { checksumTable[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }
}

/// Reads one deflate stream.
private struct Inflater {
    /// A prefix code: how many words each length has, and the words in order.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: some Sequence<Int>) {
            let lengths = Array(lengths)
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            var offsets = [Int](repeating: 0, count: 16)
            for length in 1..<15 { offsets[length + 1] = offsets[length] + counts[length] }
            symbols = [Int](repeating: 0, count: lengths.count)
            for (symbol, length) in lengths.enumerated() where length != 0 {
                symbols[offsets[length]] = symbol
                offsets[length] += 1
            }
        }
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537, 2_049, 3_073, 4_097,
        6_145, 8_193, 12_289, 16_385, 24_577,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let fixedLengths =
        Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
        + Array(repeating: 8, count: 8)

    private let bytes: [UInt8]
    private let bytesMax: Int
    private var position: Int
    private var buffer = 0
    private var bufferCount = 0

    init(_ bytes: [UInt8], at position: Int, bytesMax: Int) {
        self.bytes = bytes
        self.position = position
        self.bytesMax = bytesMax
    }

    /// Appends the content and returns the place behind the stream.
    mutating func run(into output: inout [UInt8]) throws(Gzip.Broken) -> Int {
        let start = output.count
        var isLast = false
        while !isLast {
            isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: try copyPlain(into: &output)
            case 1: try unpack(Code(Self.fixedLengths), Code(Array(repeating: 5, count: 30)), start, into: &output)
            case 2:
                let (literals, distances) = try codes()
                try unpack(literals, distances, start, into: &output)
            default: throw Gzip.Broken(reason: "a block of an unknown kind")
            }
        }
        return position
    }

    private mutating func bits(_ count: Int) throws(Gzip.Broken) -> Int {
        while bufferCount < count {
            guard position < bytes.count else { throw Gzip.Broken(reason: "the file ends in the middle") }
            buffer |= Int(bytes[position]) << bufferCount
            position += 1
            bufferCount += 8
        }
        defer {
            buffer >>= count
            bufferCount -= count
        }
        return buffer & (1 << count - 1)
    }

    private mutating func symbol(_ code: Code) throws(Gzip.Broken) -> Int {
        var word = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            word |= try bits(1)
            let count = code.counts[length]
            if word - count < first { return code.symbols[index + word - first] }
            index += count
            first = (first + count) << 1
            word <<= 1
        }
        throw Gzip.Broken(reason: "a word that is in no code")
    }

    private mutating func copyPlain(into output: inout [UInt8]) throws(Gzip.Broken) {
        buffer = 0
        bufferCount = 0
        guard position + 4 <= bytes.count else { throw Gzip.Broken(reason: "the file ends in the middle") }
        let length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
        position += 4
        guard position + length <= bytes.count, output.count + length <= bytesMax else {
            throw Gzip.Broken(reason: "the file ends in the middle, or is too large")
        }
        output += bytes[position..<position + length]
        position += length
    }

    private mutating func codes() throws(Gzip.Broken) -> (literals: Code, distances: Code) {
        let literalCount = try bits(5) + 257
        let distanceCount = try bits(5) + 1
        let lengthCount = try bits(4) + 4
        var lengthLengths = [Int](repeating: 0, count: 19)
        for place in Self.lengthOrder.prefix(lengthCount) { lengthLengths[place] = try bits(3) }
        let lengthCode = Code(lengthLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            let word = try symbol(lengthCode)
            switch word {
            case 16:
                guard let last = lengths.last else { throw Gzip.Broken(reason: "a repetition of nothing") }
                lengths += Array(repeating: last, count: 3 + (try bits(2)))
            case 17: lengths += Array(repeating: 0, count: 3 + (try bits(3)))
            case 18: lengths += Array(repeating: 0, count: 11 + (try bits(7)))
            default: lengths.append(word)
            }
        }
        guard lengths.count == literalCount + distanceCount else { throw Gzip.Broken(reason: "a code of the wrong length") }
        return (Code(lengths[..<literalCount]), Code(lengths[literalCount...]))
    }

    private mutating func unpack(
        _ literals: Code, _ distances: Code, _ start: Int, into output: inout [UInt8]
    ) throws(Gzip.Broken) {
        while true {
            let word = try symbol(literals)
            if word == 256 { return }
            guard output.count < bytesMax else { throw Gzip.Broken(reason: "the content has more than \(bytesMax) bytes") }
            if word < 256 {
                output.append(UInt8(word))
                continue
            }
            guard word < 286 else { throw Gzip.Broken(reason: "a word that is in no code") }
            let length = Self.lengthBases[word - 257] + (try bits(Self.lengthBits[word - 257]))
            let distanceWord = try symbol(distances)
            guard distanceWord < 30 else { throw Gzip.Broken(reason: "a word that is in no code") }
            let distance = Self.distanceBases[distanceWord] + (try bits(max(0, distanceWord / 2 - 1)))
            guard distance <= output.count - start else { throw Gzip.Broken(reason: "it points before its beginning") }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }
}
