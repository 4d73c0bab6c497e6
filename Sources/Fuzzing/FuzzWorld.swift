import EVM

/// A small state in dictionaries.
struct FuzzWorld: StateView, Sendable {
    var accounts: [Address: AccountState] = [:]
    var codes: [Hash256: [UInt8]] = [:]
    var slots: [Address: [U256: U256]] = [:]

    /// The account, if there is one.
    func account(_ address: Address) -> AccountState? { accounts[address] }
    /// A slot's value.
    func storage(_ address: Address, _ slot: U256) -> U256 { slots[address]?[slot] ?? .zero }
    /// The code behind a hash.
    func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }
    /// Whether an account has storage.
    func hasStorage(_ address: Address) -> Bool { !(slots[address]?.isEmpty ?? true) }
    /// A hash for every block.
    func blockHash(_ number: UInt64) -> Hash256 { Hash256(word: U256(number) &* 0x9E37_79B9) }

    mutating func add(_ address: Address, code: [UInt8], balance: U256, slots: [U256: U256]) {
        let hash = code.isEmpty ? Hash256.emptyCode : keccak256(code)
        codes[hash] = code
        accounts[address] = AccountState(nonce: code.isEmpty ? 0 : 1, balance: balance, codeHash: hash)
        if !slots.isEmpty { self.slots[address] = slots }
    }

    /// All balances together.
    var balanceSum: U256 { accounts.values.reduce(U256.zero) { $0 &+ $1.balance } }

    /// Takes over a diff; the reason why it is not in canonical form, if it is not.
    mutating func apply(_ diff: StateDiff) -> String? {
        for (left, right) in zip(diff.accounts, diff.accounts.dropFirst())
        where !(left.address.word < right.address.word) {
            return "accounts of the diff are not in order at \(right.address.hex)"
        }
        for change in diff.accounts {
            if change.account == accounts[change.address] && change.codeWritten == nil && !change.storageCleared {
                return "the diff changes nothing of \(change.address.hex)"
            }
            if let before = accounts[change.address], let after = change.account, after.nonce < before.nonce,
                !change.storageCleared
            {
                return "the nonce of \(change.address.hex) fell from \(before.nonce) to \(after.nonce)"
            }
            accounts[change.address] = change.account
            if change.storageCleared || change.account == nil { slots[change.address] = nil }
            if let code = change.codeWritten {
                if keccak256(code) != change.account?.codeHash {
                    return "the code of \(change.address.hex) has another hash than the account says"
                }
                codes[keccak256(code)] = code
            }
        }
        for (left, right) in zip(diff.storage, diff.storage.dropFirst())
        where !(left.address.word < right.address.word || (left.address == right.address && left.slot < right.slot)) {
            return "slots of the diff are not in order at \(right.address.hex)"
        }
        for change in diff.storage {
            if storage(change.address, change.slot) == change.value {
                return "the diff does not change slot \(change.slot) of \(change.address.hex)"
            }
            slots[change.address, default: [:]][change.slot] = change.value.isZero ? nil : change.value
            if slots[change.address]?.isEmpty ?? false { slots[change.address] = nil }
        }
        return nil
    }
}
