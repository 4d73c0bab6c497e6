import EVM

/// A value to encode for a contract.
enum ABIValue: Equatable {
    case word(U256)
    case words([U256])
    case text(String)

    /// An address as a word.
    static func address(_ address: Address) -> ABIValue { .word(address.word) }
    /// A number as a word.
    static func number(_ number: UInt64) -> ABIValue { .word(U256(number)) }
}

/// Encodes arguments as the ABI wants them: a head of words, then the tails of texts.
enum ABIEncoder {
    /// The bytes of the arguments, without a selector.
    static func encode(_ values: [ABIValue]) -> [UInt8] {
        var headWords = 0
        for value in values {
            if case .words(let words) = value { headWords += words.count } else { headWords += 1 }
        }
        var head: [UInt8] = []
        var tail: [UInt8] = []
        for value in values {
            switch value {
            case .word(let word): head += word.bigEndianBytes
            case .words(let words): for word in words { head += word.bigEndianBytes }
            case .text(let text):
                head += U256(headWords * 32 + tail.count).bigEndianBytes
                let bytes = Array(text.utf8)
                tail += U256(bytes.count).bigEndianBytes + bytes
                tail += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
            }
        }
        return head + tail
    }

    /// The bytes of a call: selector and arguments.
    static func call(_ signature: String, _ values: [ABIValue]) -> [UInt8] {
        selector(signature) + encode(values)
    }

    /// The first four bytes of the hash of a signature.
    static func selector(_ signature: String) -> [UInt8] {
        Array(keccak256(Array(signature.utf8)).bytes.prefix(4))
    }

    /// The hash of an event's signature, as the first topic of its logs.
    static func topic(_ signature: String) -> U256 {
        keccak256(Array(signature.utf8)).word
    }
}

/// Reads words from the output of a contract or the data of a log.
struct ABIReader {
    /// The bytes.
    let bytes: [UInt8]

    /// The word at an index, or nil where the bytes end before.
    func word(_ index: Int) -> U256? {
        guard index >= 0, index < bytes.count / 32 else { return nil }
        return bytes.withUnsafeBytes { U256(loadingBigEndian: $0.baseAddress! + index * 32) }
    }

    /// The words of a list whose offset stands at an index of the head, or nil where the bytes are not such a list.
    func list(at index: Int) -> [U256]? {
        guard let offset = word(index)?.asUInt64, offset % 32 == 0, offset < UInt64(bytes.count),
            let count = word(Int(offset / 32))?.asUInt64, count <= UInt64(bytes.count / 32)
        else { return nil }
        let first = Int(offset / 32) + 1
        var words: [U256] = []
        words.reserveCapacity(Int(count))
        for position in 0..<Int(count) {
            guard let word = word(first + position) else { return nil }
            words.append(word)
        }
        return words
    }
}
