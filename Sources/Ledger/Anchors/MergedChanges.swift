internal import EVM

/// What became of one account in several blocks together.
struct MergedAccount {
    /// The account in the end, where it changed: nil inside for a deletion.
    var account: AccountState??
    /// Whether the storage from before is gone.
    var storageCleared = false
    /// The slots that were written afterwards.
    var slots: [U256: U256] = [:]
    /// What became of the marks of slots that were zero for a while, or that a transfer event has explained.
    var marks: [U256: SlotMark] = [:]
}

/// The changes of several blocks merged into one, each account and slot with its last value.
struct MergedChanges {
    private(set) var accounts: [Address: MergedAccount] = [:]
    /// The codes that were written, by their hashes.
    private(set) var codes: [Hash256: [UInt8]] = [:]

    /// Whether nothing changed.
    var isEmpty: Bool { accounts.isEmpty }

    /// Adds a write set that comes after all that are in it.
    mutating func merge(_ diff: StateDiff) {
        for change in diff.accounts {
            noteCode(change)
            accounts[change.address, default: MergedAccount()].replace(with: change)
        }
        var index = 0
        while index < diff.storage.count {
            let address = diff.storage[index].address
            accounts[address, default: MergedAccount()].write(diff.storage, &index)
        }
    }
}

extension MergedChanges {
    private mutating func noteCode(_ change: AccountChange) {
        if let code = change.codeWritten, let account = change.account { codes[account.codeHash] = code }
    }

    /// Adds slots that are known as balances since the write set that was merged last, encoded as addresses and slots.
    mutating func mark(encoded bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard let address = try? reader.address(), let slot = try? reader.word() else {
                preconditionFailure("a mark cannot be read back")
            }
            accounts[address, default: MergedAccount()].marks[slot] = .balance
        }
    }

    /// Adds encoded write sets, one after the other, that come after all that are in it.
    mutating func merge(encoded bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            do throws(CodingError) {
                try reader.diff(
                    account: {
                        noteCode($0)
                        accounts[$0.address, default: MergedAccount()].replace(with: $0)
                    },
                    slot: { accounts[$0, default: MergedAccount()].write($1, $2) })
            } catch {
                preconditionFailure("a write set cannot be read back at byte \(error.offset): \(error.expected)")
            }
        }
    }
}

extension MergedAccount {
    fileprivate mutating func replace(with change: AccountChange) {
        account = .some(change.account)
        if change.storageCleared || change.account == nil {
            storageCleared = true
            slots = [:]
            marks = [:]
        }
    }

    fileprivate mutating func write(_ slot: U256, _ value: U256) {
        slots[slot] = value
        if value.isZero { marks[slot] = .reset }
    }

    /// Takes over the run of changes of one account that begins at `index`.
    fileprivate mutating func write(_ changes: [StorageChange], _ index: inout Int) {
        let address = changes[index].address
        while index < changes.count, changes[index].address == address {
            write(changes[index].slot, changes[index].value)
            index += 1
        }
    }
}

/// What keeps the Merkle Patricia root of a state up to date.
protocol StateRootTracker: AnyObject {
    /// Takes over the changes.
    func apply(_ changes: MergedChanges)
    /// The state itself, as far as it was taken over.
    var trie: StateTrie { get }
    /// The root over everything taken over so far.
    func root() -> Hash256
}
