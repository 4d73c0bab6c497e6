import CShims
import EVM
import Testing

@Suite(.serialized) struct KeccakBatchTests {
    /// Digests of messages of all kinds of lengths, one by one and in batches, as the processor way does it.
    private func check(way: Int32, seed: UInt64) {
        let had = hoard_keccak_use(way)
        defer { _ = hoard_keccak_use(3) }
        var random = SplitMix(state: seed)
        let batch = KeccakBatch(messageBytesMax: 1024)
        for round in 0..<300 {
            let count = 1 + Int(random.next() % 8)
            let longest = round % 3 == 0 ? 1024 : round % 3 == 1 ? 140 : 560
            var messages: [[UInt8]] = []
            for _ in 0..<count {
                // Lengths around whole blocks more often than chance would have them.
                var length = Int(random.next() % UInt64(longest + 1))
                if random.next() % 4 == 0 { length = min(longest, length / 136 * 136 + Int(random.next() % 3)) }
                messages.append((0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            }
            for (index, message) in messages.enumerated() {
                message.withUnsafeBytes { batch.append($0, tag: UInt32(index)) }
            }
            #expect(batch.isFull == (count == 8))
            var digests: [Hash256] = []
            batch.hashAll { tag, digest in
                #expect(tag == UInt32(digests.count))
                digests.append(digest)
            }
            #expect(batch.count == 0)
            let used = hoard_keccak_use(0)
            #expect(used == 0)
            #expect(digests == messages.map { keccak256($0) }, "way \(had), lengths \(messages.map(\.count))")
            _ = hoard_keccak_use(way)
        }
    }

    @Test(arguments: [0, 1, 2, 3] as [Int32])
    func `every way of hashing gives the same digests`(way: Int32) {
        check(way: way, seed: 51 + UInt64(way))
    }

    @Test func `a way that the processor lacks is not taken`() {
        defer { _ = hoard_keccak_use(3) }
        #expect(hoard_keccak_use(0) == 0)
        #expect((0...1).contains(hoard_keccak_use(1)))
        #expect(hoard_keccak_use(3) <= 3)
    }
}
