public import EVM

/// The value of a storage slot; zero is never stored.
private struct StorageValue: TrieValue {
    var word: U256

    func encode(into writer: inout TrieNodeWriter) { writer.append(number: word) }
}

/// An account as its leaf holds it.
private struct AccountValue: TrieValue {
    var nonce: UInt64
    var balance: U256
    var storageRoot: Hash256
    var codeHash: Hash256

    /// The RLP list of the four fields; its content is at most 9 + 33 + 33 + 33 bytes.
    func encode(into writer: inout TrieNodeWriter) {
        let balanceBytes = balance.byteWidthUsed == 1 && balance.l0 < 0x80 ? 1 : 1 + balance.byteWidthUsed
        let nonceBytes = nonce < 0x80 ? 1 : 1 + (71 - nonce.leadingZeroBitCount) / 8
        writer.append(byte: 0xF8)
        writer.append(byte: UInt8(nonceBytes + balanceBytes + 66))
        writer.append(number: U256(nonce))
        writer.append(number: balance)
        writer.append(digest: storageRoot)
        writer.append(digest: codeHash)
    }
}

/// The state of Ethereum as a Merkle Patricia trie, kept in memory and brought up to date by changes alone.
/// Belongs to one thread at a time.
public final class StateTrie {
    private let accounts = PatriciaTrie<AccountValue>()
    private var storages: [Address: PatriciaTrie<StorageValue>] = [:]
    /// Accounts whose storage root in the leaf is out of date.
    private var staleStorages: Set<Address> = []

    /// The empty state.
    public init() {}

    /// Accounts in the state.
    public var accountCount: Int { accounts.count }

    /// Takes over the changes of one transition or block.
    public func apply(_ diff: StateDiff) {
        for change in diff.accounts {
            if change.storageCleared || change.account == nil { clearStorage(change.address) }
            set(change.address, change.account)
        }
        for change in diff.storage { set(change.address, slot: change.slot, change.value) }
    }

    /// Sets an account, or deletes it together with its storage.
    public func set(_ address: Address, _ account: AccountState?) {
        let key = TrieKey(keccak256(address))
        if let account { return set(address, key, account) }
        clearStorage(address)
        staleStorages.remove(address)
        accounts.remove(key)
    }

    private func set(_ address: Address, _ key: TrieKey, _ account: AccountState) {
        let storageRoot = accounts.value(key)?.storageRoot ?? .emptyTrie
        if storages[address] != nil { staleStorages.insert(address) }
        accounts.set(
            key,
            AccountValue(
                nonce: account.nonce, balance: account.balance, storageRoot: storageRoot, codeHash: account.codeHash))
    }

    /// Sets many accounts: faster than one by one.
    func accountChanges(_ body: ((_ address: Address, _ account: AccountState) -> Void) -> Void) {
        let batch = TrieChangeBatch<(address: Address, account: AccountState)>()
        func enter() {
            batch.takeAll(into: accounts) { key, change in set(change.address, key, change.account) }
        }
        body { address, account in
            batch.append((address, account)) { bytes in
                address.store(at: bytes)
                return 20
            }
            if batch.isFull { enter() }
        }
        enter()
    }

    /// Removes every slot of an account.
    public func clearStorage(_ address: Address) {
        if storages.removeValue(forKey: address) != nil { staleStorages.insert(address) }
    }

    /// Sets a slot; zero removes it.
    public func set(_ address: Address, slot: U256, _ value: U256) {
        withStorage(of: address) { Self.set(TrieKey(keccak256(slot)), value, in: $0) }
    }

    /// Sets many slots of one account: faster than one by one.
    public func storageChanges(of address: Address, _ body: ((_ slot: U256, _ value: U256) -> Void) -> Void) {
        withStorage(of: address) { trie in
            let batch = TrieChangeBatch<U256>()
            func enter() { batch.takeAll(into: trie) { Self.set($0, $1, in: trie) } }
            body { slot, value in
                batch.append(value) { bytes in
                    slot.storeBigEndian(at: bytes)
                    return 32
                }
                if batch.isFull { enter() }
            }
            enter()
        }
    }

    private static func set(_ key: TrieKey, _ value: U256, in trie: PatriciaTrie<StorageValue>) {
        if value.isZero { trie.remove(key) } else { trie.set(key, StorageValue(word: value)) }
    }

    private func withStorage(of address: Address, _ body: (PatriciaTrie<StorageValue>) -> Void) {
        let trie = storages[address] ?? PatriciaTrie<StorageValue>()
        body(trie)
        storages[address] = trie.count == 0 ? nil : trie
        staleStorages.insert(address)
    }

    /// The account, or nil where there is none.
    func account(_ address: Address) -> AccountState? {
        accounts.value(TrieKey(keccak256(address))).map {
            AccountState(nonce: $0.nonce, balance: $0.balance, codeHash: $0.codeHash)
        }
    }

    /// The value of a slot; zero where it was never written.
    func storage(_ address: Address, _ slot: U256) -> U256 {
        storages[address]?.value(TrieKey(keccak256(slot)))?.word ?? .zero
    }

    /// The root over everything; hashes only what changed since the last call.
    public func root() -> Hash256 {
        refreshStorageRoots()
        return accounts.rootHash()
    }

    /// The root of one account's storage.
    public func storageRoot(_ address: Address) -> Hash256 {
        storages[address]?.rootHash() ?? .emptyTrie
    }

    private func refreshStorageRoots() {
        for address in staleStorages {
            let key = TrieKey(keccak256(address))
            // Storage of an account that does not exist is in no leaf; it counts once the account does.
            guard var value = accounts.value(key) else { continue }
            value.storageRoot = storageRoot(address)
            accounts.set(key, value)
        }
        staleStorages.removeAll(keepingCapacity: true)
    }

    /// The nodes that prove an account, or its absence, under the root; see `MerkleProof.verify` with the key
    /// keccak256(address).
    public func accountProof(_ address: Address) -> [[UInt8]] {
        refreshStorageRoots()
        return accounts.proof(TrieKey(keccak256(address)))
    }

    /// The nodes that prove a slot, or its absence, under the account's storage root; the key is keccak256(slot).
    public func storageProof(_ address: Address, slot: U256) -> [[UInt8]] {
        storages[address]?.proof(TrieKey(keccak256(slot))) ?? []
    }
}
