import EVM
import Ledger
import Testing

/// A small generator of numbers, the same ones each run.
private struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }
}

/// The state as plain dictionaries, whose root is built from nothing each time.
private struct PlainState {
    var accounts: [Address: AccountState] = [:]
    var storage: [Address: [U256: U256]] = [:]

    func storageRoot(_ address: Address) -> Hash256 {
        MerkleRoot.of(
            (storage[address] ?? [:]).map { slot, value in
                (key: keccak256(slot).bytes, value: RLP.encode(bytes: value.minimalBigEndianBytes))
            })
    }

    func encoding(_ address: Address) -> [UInt8]? {
        guard let account = accounts[address] else { return nil }
        return RLP.encode(
            .list([
                .bytes(U256(account.nonce).minimalBigEndianBytes), .bytes(account.balance.minimalBigEndianBytes),
                .bytes(storageRoot(address).bytes), .bytes(account.codeHash.bytes),
            ]))
    }

    func root() -> Hash256 {
        MerkleRoot.of(accounts.keys.map { (key: keccak256($0).bytes, value: encoding($0)!) })
    }
}

@Suite struct StateTrieTests {
    private func address(_ number: UInt64) -> Address { Address(word: U256(number)) }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `after any changes the root equals one built from nothing`(seed: UInt64) {
        var random = Numbers(state: seed)
        let trie = StateTrie()
        var plain = PlainState()
        #expect(trie.root() == .emptyTrie)
        for round in 0..<60 {
            var diff = StateDiff()
            // Few addresses and slots, so that most changes meet others; many in some rounds.
            let range = round % 3 == 0 ? UInt64(400) : 12
            for _ in 0..<random.below(40) {
                let address = address(random.below(range))
                if random.below(4) == 0 {
                    diff.accounts.append(AccountChange(address: address, account: nil, storageCleared: true))
                    plain.accounts[address] = nil
                    plain.storage[address] = nil
                } else {
                    let account = AccountState(
                        nonce: random.next() >> random.below(64),
                        balance: U256(random.next(), random.next(), 0, random.next()) >> Int(random.below(257)),
                        codeHash: random.below(2) == 0 ? .emptyCode : Hash256(word: U256(random.next())))
                    let cleared = random.below(5) == 0
                    diff.accounts.append(
                        AccountChange(address: address, account: account, storageCleared: cleared))
                    plain.accounts[address] = account
                    if cleared { plain.storage[address] = nil }
                }
            }
            for _ in 0..<random.below(60) {
                guard let address = plain.accounts.keys.min(by: { $0.word.l0 ^ random.state < $1.word.l0 ^ random.state })
                else { break }
                let slot = U256(random.below(30))
                let value = random.below(3) == 0 ? .zero : U256(random.next()) >> Int(random.below(64))
                diff.storage.append(StorageChange(address: address, slot: slot, value: value))
                plain.storage[address, default: [:]][slot] = value.isZero ? nil : value
                _ = random.next()
            }
            trie.apply(diff)
            if random.below(3) > 0 { #expect(trie.root() == plain.root(), "round \(round)") }
        }
        #expect(trie.root() == plain.root())
        #expect(trie.accountCount == plain.accounts.count)
        for address in plain.accounts.keys { trie.set(address, nil) }
        #expect(trie.root() == .emptyTrie)
    }

    @Test func `the order of changes does not matter`() {
        var random = Numbers(state: 9)
        let numbers = (0..<2_000).map { UInt64($0) }
        let forward = StateTrie()
        let backward = StateTrie()
        for number in numbers { forward.set(address(number), AccountState(nonce: number)) }
        for number in numbers.reversed() {
            backward.set(address(number), AccountState(nonce: random.next()))
            if number % 7 == 0 { _ = backward.root() }
            backward.set(address(number), AccountState(nonce: number))
            backward.set(address(number + 100_000), AccountState(nonce: 1))
        }
        for number in numbers { backward.set(address(number + 100_000), nil) }
        #expect(forward.root() == backward.root())
    }

    @Test func `proofs show what is there and what is not`() throws {
        let trie = StateTrie()
        var plain = PlainState()
        for number in 0..<500 as Range<UInt64> {
            let account = AccountState(nonce: number + 1, balance: U256(number &* 1_000_003))
            trie.set(address(number), account)
            plain.accounts[address(number)] = account
        }
        for number in 0..<300 as Range<UInt64> {
            trie.set(address(7), slot: U256(number), U256(number + 1))
            plain.storage[address(7), default: [:]][U256(number)] = U256(number + 1)
        }
        let root = trie.root()
        for number in 0..<700 as Range<UInt64> {
            let proof = trie.accountProof(address(number))
            let value = try MerkleProof.verify(root: root, key: keccak256(address(number)).bytes, proof: proof)
            #expect(value == plain.encoding(address(number)))
        }
        for number in 0..<400 as Range<UInt64> {
            let proof = trie.storageProof(address(7), slot: U256(number))
            let value = try MerkleProof.verify(
                root: trie.storageRoot(address(7)), key: keccak256(U256(number)).bytes, proof: proof)
            #expect(value == (number < 300 ? RLP.encode(bytes: U256(number + 1).minimalBigEndianBytes) : nil))
        }
    }

    @Test func `a proof with any byte changed, a node missing or one too many is refused`() throws {
        let trie = StateTrie()
        for number in 0..<100 as Range<UInt64> { trie.set(address(number), AccountState(nonce: number)) }
        let root = trie.root()
        let key = keccak256(address(42)).bytes
        let proof = trie.accountProof(address(42))
        #expect(proof.count >= 2)
        for node in proof.indices {
            for byte in stride(from: 0, to: proof[node].count, by: 11) {
                var changed = proof
                changed[node][byte] ^= 1
                #expect(throws: MerkleProofError.self) { try MerkleProof.verify(root: root, key: key, proof: changed) }
            }
        }
        #expect(throws: MerkleProofError.missingNode(index: proof.count - 1)) {
            try MerkleProof.verify(root: root, key: key, proof: proof.dropLast())
        }
        #expect(throws: MerkleProofError.unusedNodes(have: proof.count + 1, need: proof.count)) {
            try MerkleProof.verify(root: root, key: key, proof: proof + [[0xC0]])
        }
        #expect(throws: MerkleProofError.self) { try MerkleProof.verify(root: root, key: key, proof: []) }
    }

    @Test func `list roots are those of real blocks' rules`() {
        #expect(MerkleRoot.ofList([]) == .emptyTrie)
        // One short item: the root is the digest of one leaf with the path 80, the RLP of index zero.
        let leaf = RLP.encode(.list([.bytes([0x20, 0x80]), .bytes([1, 2, 3])]))
        #expect(MerkleRoot.ofList([[1, 2, 3]]) == keccak256(leaf))
        var seen: Set<Hash256> = []
        for count in [0, 1, 2, 16, 17, 127, 128, 129, 300] {
            seen.insert(MerkleRoot.ofList((0..<count).map { RLP.encode(bytes: [UInt8](repeating: 7, count: 1 + $0)) }))
        }
        #expect(seen.count == 9)
    }
}
