import EVM

/// A whole state in memory, in which genesis is made.
struct MemoryState: StateView {
    /// Accounts by address.
    private(set) var accounts: [Address: AccountState] = [:]
    /// Slots that are not zero, by account.
    private(set) var slots: [Address: [U256: U256]] = [:]
    /// Codes by hash.
    private(set) var codes: [Hash256: [UInt8]] = [:]

    func account(_ address: Address) -> AccountState? { accounts[address] }
    func storage(_ address: Address, _ slot: U256) -> U256 { slots[address]?[slot] ?? .zero }
    func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }
    func hasStorage(_ address: Address) -> Bool { !(slots[address] ?? [:]).isEmpty }
    func blockHash(_ number: UInt64) -> Hash256 { .zero }

    /// Takes over what a transition changed.
    mutating func apply(_ diff: StateDiff) {
        for change in diff.accounts {
            if change.storageCleared || change.account == nil { slots[change.address] = nil }
            accounts[change.address] = change.account
            if let code = change.codeWritten, let account = change.account { codes[account.codeHash] = code }
        }
        for change in diff.storage {
            slots[change.address, default: [:]][change.slot] = change.value.isZero ? nil : change.value
        }
    }
}
