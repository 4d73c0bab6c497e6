import EVM
@testable import Ledger
import Testing

/// A small number as the value of a leaf.
private struct NumberValue: TrieValue {
    var number: U256

    func encode(into writer: inout TrieNodeWriter) { writer.append(number: number) }
}

@Suite struct PatriciaTrieTests {
    @Test(arguments: [4, 40, 200, 240, 248])
    func `tries whose keys part late, so that parents embed nodes, have the right root`(sharedBits: Int) throws {
        var state = UInt64(sharedBits)
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 20
        }
        let trie = PatriciaTrie<NumberValue>()
        var plain: [U256: U256] = [:]
        let base = U256(next(), next(), next(), next())
        var embedded = 0
        for _ in 0..<600 {
            let low = (U256(next(), next(), next(), next())) >> max(sharedBits - 8 * Int(next() % 3), 0)
            let key = (base & ~(U256.max >> (sharedBits - min(sharedBits, 16)))) ^ low
            if next() % 3 == 0 {
                let gone = next() % 2 == 0 ? key : plain.keys.first ?? key
                trie.remove(TrieKey(Hash256(word: gone)))
                plain[gone] = nil
            } else {
                let value = U256(1 + next() % 100)
                trie.set(TrieKey(Hash256(word: key)), NumberValue(number: value))
                plain[key] = value
            }
            let pairs = plain.map { (key: $0.key.bigEndianBytes, value: RLP.encode(bytes: $0.value.minimalBigEndianBytes)) }
            #expect(trie.rootHash() == MerkleRoot.of(pairs))
            #expect(trie.count == plain.count)
            guard let sample = plain.keys.first else { continue }
            let proof = trie.proof(TrieKey(Hash256(word: sample)))
            if let last = try proof.last.map({ try RLP.decode($0) }), case .list(let items) = last,
                items.contains(where: { if case .list = $0 { true } else { false } })
            {
                embedded += 1
            }
            let value = try MerkleProof.verify(root: trie.rootHash(), key: sample.bigEndianBytes, proof: proof)
            #expect(value == plain[sample].map { RLP.encode(bytes: $0.minimalBigEndianBytes) })
        }
        if sharedBits >= 200 { #expect(embedded > 50) }
    }
}
