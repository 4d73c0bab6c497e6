import EVM
import Foundation
import Ledger
import Testing

@Suite struct TrieSuiteTests {
    /// The bytes that a key or value of the suites stands for: hexadecimal with 0x, otherwise text.
    private func bytes(_ text: String) -> [UInt8] {
        text.hasPrefix("0x") ? bytesFromHex(text)! : Array(text.utf8)
    }

    /// The keys that are there in the end, in their order of first appearance.
    private func finalPairs(_ input: Any) -> [(key: [UInt8], value: [UInt8])] {
        var values: [[UInt8]: [UInt8]] = [:]
        if let object = input as? [String: String] {
            for (key, value) in object { values[bytes(key)] = bytes(value) }
        } else {
            for change in input as! [[Any]] {
                values[bytes(change[0] as! String)] = (change[1] as? String).map(bytes)
            }
        }
        return values.map { (key: $0.key, value: $0.value) }
    }

    @Test(
        .enabled(if: TrieSuites.folder != nil, TrieSuites.absence),
        arguments: [
            "trietest.json", "trieanyorder.json", "trietest_secureTrie.json", "trieanyorder_secureTrie.json",
            "hex_encoded_securetrie_test.json",
        ])
    func `roots agree with the suite`(file: String) throws {
        let cases = try TrieSuites.object("TrieTests/" + file)
        #expect(!cases.isEmpty)
        for (name, value) in cases {
            let fields = value as! [String: Any]
            var pairs = finalPairs(fields["in"]!)
            if file.lowercased().contains("secure") { pairs = pairs.map { (keccak256($0.key).bytes, $0.value) } }
            #expect(MerkleRoot.of(pairs).hex == fields["root"] as? String, "\(name)")
        }
    }
}
