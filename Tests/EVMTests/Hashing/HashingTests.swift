import EVM
import Testing

/// One known digest.
struct DigestVector: Sendable, CustomTestStringConvertible {
    let text: String
    let digest: String
    var testDescription: String { text }
}

@Suite struct HashingTests {
    @Test(arguments: [
        DigestVector(text: "", digest: "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        DigestVector(text: "abc", digest: "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        DigestVector(
            text: "The quick brown fox jumps over the lazy dog",
            digest: "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"),
        DigestVector(
            text: "transfer(address,uint256)",
            digest: "0xa9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"),
    ])
    func `keccak256 gives the known digests`(vector: DigestVector) {
        #expect(keccak256(Array(vector.text.utf8)).hex == vector.digest)
    }

    @Test func `keccak256 over every length around the block size folds to one known digest`() {
        // The digest comes from a straightforward implementation of FIPS 202 in Python.
        var digests: [UInt8] = []
        for length in 0...300 {
            digests += keccak256((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }).bytes
        }
        #expect(keccak256(digests).hex == "0x0f3d8c6e9f5feb163b3a0f0f23c49fbda1459c3a3a9a562e1e5cd2c8b895d409")
    }

    @Test func `the keys of words and addresses are the hashes of their bytes`() {
        var random = SplitMix(state: 11)
        for _ in 0..<100 {
            let word = random.word()
            #expect(keccak256(word) == keccak256(word.bigEndianBytes))
            #expect(keccak256(Address(word: word)) == keccak256(Address(word: word).bytes))
        }
        #expect(Hash256.emptyCode == keccak256([UInt8]()))
        #expect(Hash256.emptyTrie == keccak256([0x80]))
    }

    @Test func `the memo answers like keccak256, for keys that share an entry too`() {
        let memo = KeccakMemo()
        var random = SplitMix(state: 12)
        var keys = [[UInt8](repeating: 0, count: 64)]
        for _ in 0..<40_000 { keys.append(random.word().bigEndianBytes + random.word().bigEndianBytes) }
        for _ in 0..<2 {
            for key in keys {
                let digest = key.withUnsafeBytes { memo.hash($0.baseAddress!) }
                #expect(digest == keccak256(key))
            }
        }
    }

    @Test func `the memo hashes many at once like one by one, and knows where a digest comes from`() {
        let memo = KeccakMemo()
        var random = SplitMix(state: 13)
        for count in [0, 1, 2, 7, 8, 9, 61] {
            // Some are known already, some come twice.
            var wanted = (0..<count).map { _ in WantedHash(upper: U256(random.next() % 40), lower: random.word()) }
            if count > 4 { wanted[4] = wanted[1] }
            for pair in wanted.prefix(3) { _ = memo.hash(pair.upper, pair.lower) }
            wanted.withUnsafeMutableBufferPointer { memo.hashAll($0) }
            for pair in wanted {
                #expect(pair.digest == keccak256(pair.upper.bigEndianBytes + pair.lower.bigEndianBytes).word)
                #expect(memo.hash(pair.upper, pair.lower) == pair.digest)
            }
            let origins = memo.origins(of: wanted.map(\.digest) + [random.word()])
            for (pair, origin) in zip(wanted, origins) {
                #expect(origin?.upper == pair.upper && origin?.lower == pair.lower && origin?.offset == 0)
            }
            #expect(origins[count] == nil)
        }
        let digest = memo.hash(U256(3), U256(4))
        #expect(memo.origins(of: [digest &+ U256(2)])[0]?.offset == 2)
        #expect(memo.origins(of: [digest &+ U256(1_000)])[0] == nil)
    }

    @Test func `sha256 gives the known digests, at once and in pieces`() {
        #expect(sha256([]).hex == "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            sha256(Array("abc".utf8)).hex == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let stream = SHA256Stream()
        var all: [UInt8] = []
        for count in 0..<200 {
            let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ count) }
            all += piece
            stream.update(piece)
            #expect(stream.finalizedCopy() == sha256(all))
        }
        stream.reset()
        #expect(stream.finalizedCopy() == sha256([]))
    }

    @Test func `ripemd160 gives the known digests`() {
        let digest = Array("abc".utf8).withUnsafeBytes { ripemd160($0) }
        #expect(hexDigits(of: digest) == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")
        #expect(hexDigits(of: ripemd160(UnsafeRawBufferPointer(start: nil, count: 0))) == "9c1185a5c5e9fc54612808977ee8f548b2258d31")
    }
}
