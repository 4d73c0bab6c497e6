/// The state as one transaction sees and changes it, over a view that is never written; every change can be taken back.
struct Journal {
    var accounts = RawArray<AccountRecord>(capacity: 64)
    var slots = RawArray<SlotRecord>(capacity: 256)
    var transients = RawArray<TransientRecord>(capacity: 64)
    var logs = RawArray<LogRecord>(capacity: 64)
    var logBytes = RawArray<UInt8>(capacity: 4096)
    /// Gas that the transaction has earned back so far.
    var refund: Int64 = 0
    /// Codes that the transaction deployed or delegated, with their hashes.
    var codesWritten: [(hash: Hash256, code: [UInt8])] = []

    /// Which words move with slots that others change.
    var affine = AffineState()
    var entries = RawArray<JournalEntry>(capacity: 256)
    private var accountTable = IndexTable()
    private var slotTable = IndexTable()
    private var transientTable = IndexTable()
    /// The view; of an object kept until there is another one, so that transactions over the same state need no new holder.
    private var holder = Unmanaged.passRetained(ViewHolder(NoState()))
    private var hasView = false
    /// Keeps the placement of keys unknown to whoever chooses them.
    private let seed = UInt64.random(in: .min ... .max)

    /// Starts a transaction over a view.
    mutating func begin(_ view: any StateView) {
        hasView = true
        if let identity = view.identity, identity == holder._withUnsafeGuaranteedRef({ $0.identity }) { return }
        hold(view)
    }

    private mutating func hold(_ view: any StateView) {
        holder.release()
        holder = .passRetained(ViewHolder(view))
    }

    /// Forgets the transaction; memory beyond the usual is given back.
    mutating func end() {
        hasView = false
        if holder._withUnsafeGuaranteedRef({ $0.identity }) == nil { hold(NoState()) }
        accounts.reset(keeping: 4096)
        slots.reset(keeping: 16_384)
        transients.reset(keeping: 4096)
        logs.reset(keeping: 4096)
        logBytes.reset(keeping: 1 << 18)
        entries.reset(keeping: 16_384)
        accountTable.reset()
        slotTable.reset()
        transientTable.reset()
        if !codesWritten.isEmpty { codesWritten.removeAll() }
        refund = 0
        affine.end()
    }

    /// Whether no record of any kind is left.
    var isEmpty: Bool {
        accounts.count == 0 && slots.count == 0 && transients.count == 0 && logs.count == 0 && logBytes.count == 0
            && entries.count == 0 && refund == 0 && codesWritten.isEmpty && !hasView
    }

    /// Gives all memory back; the journal must not be used afterwards.
    func free() {
        holder.release()
        accounts.free()
        slots.free()
        transients.free()
        logs.free()
        logBytes.free()
        entries.free()
        affine.free()
        accountTable.free()
        slotTable.free()
        transientTable.free()
    }

    // MARK: Checkpoints

    /// The point where the state stands now.
    var checkpoint: Checkpoint {
        Checkpoint(entries: entries.count, logs: logs.count, logBytes: logBytes.count, refund: refund)
    }

    /// Takes back everything since the checkpoint.
    mutating func revert(to checkpoint: Checkpoint) {
        while entries.count > checkpoint.entries { takeBack(entries.removeLast()) }
        logs.truncate(to: checkpoint.logs)
        logBytes.truncate(to: checkpoint.logBytes)
        refund = checkpoint.refund
    }

    private mutating func takeBack(_ entry: JournalEntry) {
        let index = Int(entry.index)
        switch entry.kind {
        case .slotValue: slots[index].current = entry.word
        case .slotWarm: slots[index].isWarm = false
        case .slotTag where affine.plantedDefect != .revertKeepsTags: slots[index].isAffine = !entry.word.isZero
        case .slotTag: break
        case .accountFlags:
            // What the view said stays known.
            var known = accounts[index].flags.intersection([.loaded, .existedBefore])
            // The touch of account 3 survives a failure, as it once did on the main network.
            if accounts[index].address.word == 3 { known.formUnion(accounts[index].flags.intersection(.touched)) }
            accounts[index].flags = entry.flags.union(known)
            if !entry.flags.contains(.loaded) && known.contains(.existedBefore) {
                accounts[index].flags.insert(.exists)
            }
        case .balance: accounts[index].balance = entry.word
        case .nonce: accounts[index].nonce = entry.word.l0
        case .code:
            accounts[index].codeHash = Hash256(word: entry.word)
            accounts[index].codeWritten = entry.codeWritten
            accounts[index].code = nil
        case .transient: transients[index].value = entry.word
        }
    }

    // MARK: Accounts

    /// The index of the account's record, made if need be; the view is not asked.
    mutating func accountIndex(_ address: Address) -> Int {
        let hash = address.word.mixed(seed: seed)
        var bucket = Int(truncatingIfNeeded: hash) & accountTable.mask
        while true {
            let found = accountTable.buckets[bucket]
            if found == 0 { break }
            let index = Int(found) &- 1
            if accounts[index].address == address { return index }
            bucket = (bucket &+ 1) & accountTable.mask
        }
        let index = accounts.count
        accounts.append(AccountRecord(address: address))
        let records = accounts.base
        let seed = seed
        accountTable.insert(index, hash: hash) { records[$0].address.word.mixed(seed: seed) }
        return index
    }

    /// The index of the account's record with its fields read from the view.
    mutating func loadedAccountIndex(_ address: Address) -> Int {
        let index = accountIndex(address)
        load(index)
        return index
    }

    /// Reads the fields of an account unless that has been done.
    @inline(__always)
    mutating func load(_ index: Int) {
        if !accounts[index].flags.contains(.loaded) { loadFromView(index) }
    }

    @inline(never)
    private mutating func loadFromView(_ index: Int) {
        let account = accounts.base + index
        account.pointee.flags.insert(.loaded)
        guard let state = holder._withUnsafeGuaranteedRef({ $0.view.account(account.pointee.address) }) else { return }
        account.pointee.flags.formUnion([.exists, .existedBefore])
        account.pointee.nonce = state.nonce
        account.pointee.balance = state.balance
        account.pointee.codeHash = state.codeHash
        account.pointee.originalNonce = state.nonce
        account.pointee.originalBalance = state.balance
        account.pointee.originalCodeHash = state.codeHash
    }

    /// Marks an account as accessed; whether it was cold.
    @inline(__always)
    mutating func warmAccount(_ index: Int) -> Bool {
        if accounts[index].flags.contains(.warm) { return false }
        addFlags(.warm, index)
        return true
    }

    /// Sets flags of an account.
    mutating func addFlags(_ flags: AccountRecord.Flags, _ index: Int) {
        let before = accounts[index].flags
        if before.isSuperset(of: flags) { return }
        entries.append(JournalEntry(kind: .accountFlags, flags: before, index: UInt32(truncatingIfNeeded: index)))
        accounts[index].flags = before.union(flags)
    }

    /// Sets the balance of a loaded account.
    mutating func setBalance(_ balance: U256, _ index: Int) {
        let before = accounts[index].balance
        if before == balance { return }
        entries.append(JournalEntry(kind: .balance, index: UInt32(truncatingIfNeeded: index), word: before))
        accounts[index].balance = balance
    }

    /// Sets the nonce of a loaded account.
    mutating func setNonce(_ nonce: UInt64, _ index: Int) {
        let before = U256(accounts[index].nonce)
        entries.append(JournalEntry(kind: .nonce, index: UInt32(truncatingIfNeeded: index), word: before))
        accounts[index].nonce = nonce
    }

    /// Gives a loaded account another code.
    mutating func setCode(_ code: [UInt8], _ index: Int) {
        let before = accounts[index]
        entries.append(
            JournalEntry(
                kind: .code, index: UInt32(truncatingIfNeeded: index), codeWritten: before.codeWritten,
                word: before.codeHash.word))
        accounts[index].code = nil
        if code.isEmpty {
            accounts[index].codeHash = .emptyCode
            accounts[index].codeWritten = -1
        } else {
            let hash = keccak256(code)
            accounts[index].codeHash = hash
            accounts[index].codeWritten = Int32(codesWritten.count)
            codesWritten.append((hash, code))
        }
    }

    /// Moves wei between loaded accounts, the first of which has enough; both may be one.
    mutating func transfer(_ value: U256, from: Int, to: Int) {
        if value.isZero { return }
        setBalance(accounts[from].balance &- value, from)
        setBalance(accounts[to].balance &+ value, to)
    }

    /// The bytes of a code of this transaction or of the view.
    mutating func codeBytes(_ index: Int) -> [UInt8] {
        let account = accounts[index]
        if account.codeWritten >= 0 { return codesWritten[Int(account.codeWritten)].code }
        return holder._withUnsafeGuaranteedRef { $0.view.code(account.codeHash) }
    }

    /// Whether a creation at this loaded account would meet something (EIP-684, EIP-7610).
    mutating func isInUse(_ index: Int) -> Bool {
        let account = accounts[index]
        if account.nonce != 0 || account.codeHash != .emptyCode { return true }
        return account.flags.contains(.existedBefore) && !account.flags.contains(.created)
            && holder._withUnsafeGuaranteedRef { $0.view.hasStorage(account.address) }
    }

    /// The hash of a recent block.
    mutating func blockHash(_ number: UInt64) -> Hash256 { holder._withUnsafeGuaranteedRef { $0.view.blockHash(number) } }
}

/// A view as a constant: what is asked of it is neither copied nor counted.
private final class ViewHolder {
    let view: any StateView
    let identity: ObjectIdentifier?

    init(_ view: any StateView) {
        self.view = view
        identity = view.identity
    }
}

/// What a journal sees between transactions: nothing.
private struct NoState: StateView {
    func account(_ address: Address) -> AccountState? { nil }
    func storage(_ address: Address, _ slot: U256) -> U256 { .zero }
    func code(_ hash: Hash256) -> [UInt8] { [] }
    func hasStorage(_ address: Address) -> Bool { false }
    func blockHash(_ number: UInt64) -> Hash256 { .zero }
}

// MARK: - Storage

extension Journal {
    @inline(__always)
    private mutating func slotHash(_ key: U256, _ account: Int) -> UInt64 {
        key.mixed(seed: seed &+ UInt64(truncatingIfNeeded: account) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The index of a slot's record, made if need be; the view is not asked.
    @inline(__always)
    mutating func slotIndex(_ key: U256, _ account: Int) -> Int {
        let hash = slotHash(key, account)
        var bucket = Int(truncatingIfNeeded: hash) & slotTable.mask
        while true {
            let found = slotTable.buckets[bucket]
            if found == 0 { break }
            let index = Int(found) &- 1
            if slots[index].key == key && slots[index].account == UInt32(truncatingIfNeeded: account) { return index }
            bucket = (bucket &+ 1) & slotTable.mask
        }
        return makeSlot(key, account, hash)
    }

    @inline(never)
    private mutating func makeSlot(_ key: U256, _ account: Int, _ hash: UInt64) -> Int {
        let index = slots.count
        slots.append(SlotRecord(key: key, account: UInt32(truncatingIfNeeded: account)))
        let records = slots.base
        let seed = seed
        slotTable.insert(index, hash: hash) {
            let account = UInt64(records[$0].account)
            return records[$0].key.mixed(seed: seed &+ account &* 0x9E37_79B9_7F4A_7C15)
        }
        return index
    }

    /// Reads a slot's value unless that has been done.
    @inline(__always)
    mutating func loadSlot(_ index: Int) {
        if !slots[index].isLoaded { loadSlotFromView(index) }
    }

    @inline(never)
    private mutating func loadSlotFromView(_ index: Int) {
        let slot = slots.base + index
        slot.pointee.isLoaded = true
        let account = accounts.base + Int(slot.pointee.account)
        if account.pointee.flags.contains(.created) { return }
        let value = holder._withUnsafeGuaranteedRef { $0.view.storage(account.pointee.address, slot.pointee.key) }
        slot.pointee.original = value
        slot.pointee.current = value
        if affine.isActive, affine.followsLast { follow(slot, index) }
    }

    /// Marks a slot as accessed; whether it was cold.
    @inline(__always)
    mutating func warmSlot(_ index: Int) -> Bool {
        if slots[index].isWarm { return false }
        entries.append(JournalEntry(kind: .slotWarm, index: UInt32(truncatingIfNeeded: index)))
        slots[index].isWarm = true
        return true
    }

    /// Writes a loaded slot.
    @inline(__always)
    mutating func setSlot(_ value: U256, _ index: Int) {
        entries.append(
            JournalEntry(kind: .slotValue, index: UInt32(truncatingIfNeeded: index), word: slots[index].current))
        slots[index].current = value
    }

    /// A new contract's storage is empty, whatever the transaction read there before.
    mutating func forgetStorage(_ account: Int) {
        for index in 0..<slots.count where Int(slots[index].account) == account {
            slots[index].isLoaded = true
            if slots[index].follow != 0 { unfollow(index) }
            slots[index].original = .zero
            if !slots[index].current.isZero { setSlot(.zero, index) }
        }
    }

    /// The value of a transient slot.
    mutating func transient(_ key: U256, _ account: Int) -> U256 {
        let index = transientIndex(key, account, make: false)
        return index < 0 ? .zero : transients[index].value
    }

    /// Writes a transient slot.
    mutating func setTransient(_ value: U256, _ key: U256, _ account: Int) {
        let index = transientIndex(key, account, make: true)
        entries.append(
            JournalEntry(kind: .transient, index: UInt32(truncatingIfNeeded: index), word: transients[index].value))
        transients[index].value = value
    }

    private mutating func transientIndex(_ key: U256, _ account: Int, make: Bool) -> Int {
        let hash = slotHash(key, account)
        var bucket = Int(truncatingIfNeeded: hash) & transientTable.mask
        while true {
            let found = transientTable.buckets[bucket]
            if found == 0 { break }
            let index = Int(found) &- 1
            if transients[index].key == key && Int(transients[index].account) == account { return index }
            bucket = (bucket &+ 1) & transientTable.mask
        }
        if !make { return -1 }
        let index = transients.count
        transients.append(TransientRecord(key: key, value: .zero, account: UInt32(truncatingIfNeeded: account)))
        let records = transients.base
        let seed = seed
        transientTable.insert(index, hash: hash) {
            let account = UInt64(records[$0].account)
            return records[$0].key.mixed(seed: seed &+ account &* 0x9E37_79B9_7F4A_7C15)
        }
        return index
    }
}
