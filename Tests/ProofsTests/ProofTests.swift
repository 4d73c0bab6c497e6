import Foundation
import Testing
import Wire

@testable import Proofs

/// A block of our own making, with its tree.
struct MadeBlock {
    let leaves: [[UInt8]]
    let tree: MerkleTree
    let head: SignedHead

    static let world = [UInt8](repeating: 0xaa, count: 32)
    static let key = ProofKey(secret: [UInt8](1...32))!

    init(number: UInt64 = 9, operations: Int = 5, parent: UInt8 = 1, key: ProofKey = Self.key, world: [UInt8] = Self.world, salt: UInt8 = 0) {
        leaves = (0..<operations).map { Self.leaf(UInt8(truncatingIfNeeded: $0), salt) }
        tree = MerkleTree(leaves: leaves)
        var header: [UInt8] = []
        for shift in 0..<8 { header.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))) }
        header += [0, 0xe8, 0x76, 0x48, 0x17, 0, 0, 0]  // 100,000,000,000 ms
        header += [UInt8](repeating: 0, count: 8)
        header.append(number: UInt32(operations))
        header.append(0)
        header += [UInt8](repeating: parent, count: 32) + [UInt8](repeating: 2, count: 96) + [UInt8](repeating: salt, count: 32)
        head = SignedHead(worldID: world, header: header, receiptsRoot: tree.root, key: key)
    }

    func proof(_ place: Int) -> ReceiptProof { ReceiptProof(head: head, tree: tree, index: place, leaf: leaves[place]) }
    func id(_ place: Int) -> OperationID { OperationID(bytes: Array(leaves[place][..<16]))! }

    /// A session's call of a contract that writes one event.
    static func leaf(_ place: UInt8, _ salt: UInt8) -> [UInt8] {
        let transaction: [UInt8] = [0, 2] + [UInt8](repeating: 0x11, count: 20) + [0x80, 0x7d] + [UInt8](repeating: 0x22, count: 20) + [4, 1, 2, 3, place]
        let event: [UInt8] = [UInt8](repeating: 0x22, count: 20) + [2, 2, 0x34, 0x12, 0, 3, 7, 8, 9]
        let receipt: [UInt8] = [0, 0xe8, 0x07, 0, 2, 0xca, 0xfe, 1] + event
        return ReceiptProof.leaf(operationID: [UInt8](repeating: 0, count: 14) + [salt, place + 1], transaction: transaction, receipt: receipt)
    }
}

/// A proof holds as it was made, and in no other way.
struct ProofTests {
    private let key = MadeBlock.key.publicKey

    @Test func `a proof gives back what was done, and verifies for each operation of a block`() throws {
        for count in [1, 2, 3, 4, 5, 8, 13] {
            let block = MadeBlock(operations: count)
            for place in 0..<count {
                let proof = try ReceiptProof(encoded: block.proof(place).encoded)
                #expect(proof == block.proof(place))
                let receipt = try proof.verify(keys: [key], worldID: MadeBlock.world, operationID: block.id(place))
                #expect(receipt.block == 9 && receipt.index == place && receipt.timestampMilliseconds == 100_000_000_000)
                #expect(receipt.outcome == .applied && receipt.gasUsed == 1_000 && receipt.output == [0xca, 0xfe])
                #expect(receipt.sender.bytes == [UInt8](repeating: 0x11, count: 20) && receipt.contract?.bytes == [UInt8](repeating: 0x22, count: 20))
                #expect(receipt.input == [1, 2, 3, UInt8(place)])
                let event = try #require(receipt.events.first)
                #expect(event.topics.map { Array($0.suffix(2)) } == [[0x12, 0x34], [0, 0]] && event.data == [7, 8, 9])
            }
        }
    }

    @Test func `every changed byte, every missing byte and every byte more is refused`() throws {
        let encoded = MadeBlock().proof(2).encoded
        _ = try ReceiptProof(encoded: encoded).verify(keys: [key])
        for place in encoded.indices {
            for change: UInt8 in [1, 0x80, 0xff] {
                var changed = encoded
                changed[place] ^= change
                #expect(throws: ProofError.self, "byte \(place) xor \(change)") { _ = try ReceiptProof(encoded: changed).verify(keys: [key]) }
            }
            #expect(throws: ProofError.self) { _ = try ReceiptProof(encoded: Array(encoded[..<place])).verify(keys: [key]) }
        }
        #expect(throws: ProofError.self) { _ = try ReceiptProof(encoded: encoded + [0]).verify(keys: [key]) }
    }

    @Test func `another key, world, operation or block is told`() throws {
        let other = ProofKey(secret: [UInt8](repeating: 9, count: 32))!
        let block = MadeBlock()
        let proof = block.proof(1)
        #expect(throws: ProofError.wrongKey(have: key.hex, trusted: [other.publicKey.hex])) { _ = try proof.verify(keys: [other.publicKey]) }
        #expect(throws: ProofError.self, "no key is no trust") { _ = try proof.verify(keys: []) }
        _ = try proof.verify(keys: [other.publicKey, key])
        // Another's signature under our key's name.
        var forged = MadeBlock(key: other).proof(1).encoded
        forged.replaceSubrange(8 + 261..<8 + 293, with: key.bytes)
        #expect(throws: ProofError.badSignature) { _ = try ReceiptProof(encoded: forged).verify(keys: [key]) }
        let world = [UInt8](repeating: 0xbb, count: 32)
        #expect(throws: ProofError.otherWorld(have: String(repeating: "aa", count: 32), need: String(repeating: "bb", count: 32))) {
            _ = try proof.verify(keys: [key], worldID: world)
        }
        #expect(throws: ProofError.otherOperation(have: block.id(1).hex, need: block.id(2).hex)) { _ = try proof.verify(keys: [key], operationID: block.id(2)) }
        // A receipt of another block under this block's head, and a receipt in the place of its neighbour.
        let elsewhere = MadeBlock(number: 10, salt: 3)
        let moved = ReceiptProof(head: block.head, tree: elsewhere.tree, index: 1, leaf: elsewhere.leaves[1])
        let error = #expect(throws: ProofError.self) { _ = try moved.verify(keys: [key]) }
        guard case .notIncluded? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(throws: ProofError.self) { _ = try ReceiptProof(head: block.head, tree: block.tree, index: 2, leaf: block.leaves[1]).verify(keys: [key]) }
        #expect("\(ProofError.badSignature)".contains("signature"))
    }

    @Test func `two histories under one key contradict each other`() throws {
        let head = MadeBlock().head
        #expect(head.contradiction(with: head) == nil)
        #expect(head.contradiction(with: MadeBlock(parent: 7).head)?.contains("two heads are signed for block 9") == true)
        let sameHeader = SignedHead(worldID: head.worldID, header: head.header, receiptsRoot: [UInt8](repeating: 5, count: 32), key: MadeBlock.key)
        #expect(sameHeader.contradiction(with: head)?.contains("two roots") == true)
        #expect(MadeBlock(number: 10).head.contradiction(with: head)?.contains("signed as the child of") == true)
        #expect(head.contradiction(with: MadeBlock(number: 10).head) != nil, "in either order")
        #expect(head.contradiction(with: MadeBlock(number: 11).head) == nil, "a gap says nothing")
        #expect(head.contradiction(with: MadeBlock(parent: 7, world: [UInt8](repeating: 1, count: 32)).head) == nil, "another world")
    }
}

/// The tree is that of Certificate Transparency, the signature that of RFC 8032.
struct ProofStandardsTests {
    /// The leaves and roots of the Certificate Transparency test data.
    static let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test func `roots are those of Certificate Transparency`() throws {
        let all = try Self.leaves.map { try #require(ProofHex.bytes(of: $0)) }
        for count in 1...8 { #expect(ProofHex.digits(of: MerkleTree(leaves: Array(all[..<count])).root) == Self.roots[count - 1]) }
    }

    @Test func `each path leads to the root, and to no other place or count`() {
        for count in 1...40 {
            let leaves = (0..<count).map { [UInt8($0)] }
            let tree = MerkleTree(leaves: leaves)
            for place in 0..<count {
                let path = tree.path(to: place)
                #expect(MerkleTree.root(of: leaves[place], at: place, of: count, path: path) == tree.root)
                for other in 0..<count where other != place {
                    #expect(MerkleTree.root(of: leaves[place], at: other, of: count, path: path) != tree.root)
                }
                #expect(MerkleTree.root(of: leaves[place], at: place, of: count, path: path + [[UInt8](repeating: 0, count: 32)]) == nil)
                #expect(MerkleTree.root(of: leaves[place], at: count, of: count, path: path) == nil)
            }
        }
    }

    @Test(arguments: [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ])
    func `signatures are those of RFC 8032`(_ secret: String, _ publicKey: String, _ message: String, _ signature: String) throws {
        let secretBytes = try #require(ProofHex.bytes(of: secret))
        let key = try #require(ProofKey(secret: secretBytes))
        let bytes = try #require(ProofHex.bytes(of: message))
        #expect(key.publicKey.hex == publicKey)
        #expect(ProofHex.digits(of: key.signature(over: bytes)) == signature)
        #expect(key.publicKey.isValid(key.signature(over: bytes), over: bytes))
        #expect(!key.publicKey.isValid(key.signature(over: bytes), over: bytes + [0]))
    }
}

/// The key is made once, kept to its owner, and the same after a restart.
struct ProofKeyFileTests {
    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-key-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func `the key file is made with mode 600 and read again`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let missing = #expect(throws: ProofError.self) { _ = try ProofKeyFile.open(dataFolder: folder, isMade: false) }
        #expect(missing?.description.contains("--proofs") == true)
        let made = try ProofKeyFile.open(dataFolder: folder, isMade: true)
        #expect(try ProofKeyFile.open(dataFolder: folder, isMade: true).publicKey == made.publicKey)
        let path = folder + "/proof.key"
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["proof.key"], "nothing is left aside")
        chmod(path, 0o644)
        let open = #expect(throws: ProofError.self) { _ = try ProofKeyFile.open(dataFolder: folder, isMade: true) }
        #expect(open?.description.contains("need 600") == true)
        chmod(path, 0o600)
        for text in ["", "00", String(repeating: "zz", count: 32), String(repeating: "00", count: 33)] {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            let error = #expect(throws: ProofError.self) { _ = try ProofKeyFile.open(dataFolder: folder, isMade: true) }
            #expect(error?.description.contains("need 64 hexadecimal digits") == true)
        }
    }

    @Test func `many that make it at once have one key`() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = try await withThrowingTaskGroup(of: ProofPublicKey.self) { group in
            for _ in 0..<16 { group.addTask { try ProofKeyFile.open(dataFolder: folder, isMade: true).publicKey } }
            return try await group.reduce(into: Set<ProofPublicKey>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }
}
