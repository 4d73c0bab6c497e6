internal import EVM

final class MerkleStateRoot: StateRootTracker {
    private var accounts: [Address: AccountState] = [:]
    private var slots: [Address: [U256: U256]] = [:]
    func apply(_ changes: MergedChanges) {
        for (address, change) in changes.accounts {
            if let account = change.account { accounts[address] = account }
            if change.storageCleared { slots[address] = nil }
            for (slot, value) in change.slots { slots[address, default: [:]][slot] = value.isZero ? nil : value }
        }
    }
    func root() -> Hash256 {
        var buffer = ByteBuffer()
        for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
            buffer.append(address)
            buffer.append(variable: account.nonce)
            buffer.append(account.balance)
            for (slot, value) in (slots[address] ?? [:]).sorted(by: { $0.key < $1.key }) {
                buffer.append(slot)
                buffer.append(value)
            }
        }
        return sha256(buffer.bytes)
    }
}
