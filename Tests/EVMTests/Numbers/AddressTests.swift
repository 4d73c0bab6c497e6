import EVM
import Testing

@Suite struct AddressTests {
    @Test func `an address survives words, bytes and text`() throws {
        let text = "0xd8da6bf26964af9d7eed9e03e53415d37aa96045"
        let address = try #require(Address(hex: text))
        #expect(address.hex == text)
        #expect(Address(bytes: address.bytes) == address)
        #expect(Address(word: address.word) == address)
        #expect(address.bytes.withUnsafeBytes { Address(loading: $0.baseAddress!) } == address)
        #expect(Address(word: address.word | U256(0, 0, 1 << 32, 7)) == address)
        #expect(address.word.hex == text)
        #expect(Address(hex: "0x12") == nil)
    }

    @Test func `addresses are ordered as their bytes`() {
        var random = SplitMix(state: 8)
        for _ in 0..<1_000 {
            let a = Address(word: random.word())
            let b = Address(word: random.word())
            #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
            #expect((a == b) == (a.bytes == b.bytes))
        }
    }

    @Test func `equal values have equal hashes and different ones spread`() {
        var seen: Set<Int> = []
        for index in 0..<10_000 {
            let word = U256(UInt64(index))
            #expect(Address(word: word).hashValue == Address(word: word).hashValue)
            seen.insert(word._rawHashValue(seed: 7) & 0xFFFF)
        }
        // 10,000 random values in 65,536 places fill about 9,270 of them.
        #expect(seen.count > 9_000)
    }
}
