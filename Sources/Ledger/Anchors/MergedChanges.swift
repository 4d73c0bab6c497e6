internal import EVM

/// What became of one account in several blocks together.
struct MergedAccount: FlatEntry {
    /// Whether the account itself changed, and whether it is there afterwards.
    enum Fate: UInt8 {
        case unchanged
        case exists
        case gone
    }

    var address: Address
    /// The number in the keys of its slots; 0 marks a vacant place.
    var number: UInt32
    var fate = Fate.unchanged
    /// Whether the storage from before is gone.
    var isCleared = false
    /// The account in the end, where it exists.
    var state = AccountState()

    static var vacant: MergedAccount { MergedAccount(address: .zero, number: 0) }
    @inline(__always) var isVacant: Bool { number == 0 }
    @inline(__always) var key: Address { address }
    @inline(__always) func holds(_ key: Address) -> Bool { number != 0 && address == key }
    @inline(__always) static func hash(_ key: Address, _ seed: HashSeed) -> UInt64 { seed.mix(key.word, 3) }

    /// The account in the end: nil where it did not change, nil inside where it is gone.
    var change: AccountState?? {
        switch fate {
        case .unchanged: nil
        case .exists: .some(state)
        case .gone: .some(nil)
        }
    }
}

/// What became of one slot in several blocks together.
struct MergedSlot: FlatEntry {
    var slot: U256
    var value: U256
    /// The number of its account; 0 marks a vacant place.
    var owner: UInt32
    /// Whether it was written: only marked otherwise.
    var isWritten: Bool
    /// What became of its mark: it was zero for a while, or a transfer event has explained a change of it.
    var mark: SlotMark

    static var vacant: MergedSlot { MergedSlot(slot: .zero, value: .zero, owner: 0, isWritten: false, mark: .unchanged) }
    @inline(__always) var isVacant: Bool { owner == 0 }
    @inline(__always) var key: SlotKey { SlotKey(owner: owner, slot: slot) }
    @inline(__always) func holds(_ key: SlotKey) -> Bool {
        owner == key.owner && slot.l0 == key.slot.l0 && slot.l1 == key.slot.l1 && slot.l2 == key.slot.l2
            && slot.l3 == key.slot.l3
    }
    @inline(__always) static func hash(_ key: SlotKey, _ seed: HashSeed) -> UInt64 {
        seed.mix(key.slot, UInt64(key.owner))
    }
}

/// The changes of several blocks merged into one, each account and slot with its last value.
///
/// One thread at a time has it. An account whose storage is cleared gets a new number, so that its former slots are
/// never found again.
final class MergedChanges {
    /// A slot that was decoded and will be looked for when its memory has come.
    private struct Write: BitwiseCopyable {
        var owner: UInt32
        var slot: U256
        var value: U256
        var hash: UInt64
    }

    /// An account that was decoded and will be looked for when its memory has come.
    private struct AccountWrite: BitwiseCopyable {
        var address: Address
        var state: AccountState
        var hash: UInt64
    }

    private static let writesAtOnce = 16
    private let accounts = FlatTable<MergedAccount>(shardBits: 4)
    private let slots = FlatTable<MergedSlot>(shardBits: 4)
    private let writes = RawList<Write>(capacity: writesAtOnce)
    private let accountWrites = RawList<AccountWrite>(capacity: writesAtOnce)
    private var nextNumber: UInt32 = 1
    /// The account of the last slot: slots of one account come together.
    private var lastAddress = Address.zero
    private var lastNumber: UInt32 = 0
    /// The codes that were written, by their hashes.
    private(set) var codes: [Hash256: [UInt8]] = [:]

    /// No changes.
    init() {}

    /// Whether nothing changed.
    var isEmpty: Bool { accounts.count == 0 }

    /// Adds a write set that comes after all that are in it.
    func merge(_ diff: StateDiff) {
        for change in diff.accounts { note(change) }
        for change in diff.storage { note(change.address, change.slot, change.value) }
        flush()
    }

    /// Adds encoded write sets, one after the other, that come after all that are in it; also to another, where there is one.
    func merge(encoded bytes: UnsafeRawBufferPointer, also other: MergedChanges? = nil) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            do throws(CodingError) {
                try reader.diff(
                    account: {
                        note($0)
                        other?.note($0)
                    },
                    slot: {
                        note($0, $1, $2)
                        other?.note($0, $1, $2)
                    })
            } catch {
                preconditionFailure("a write set cannot be read back at byte \(error.offset): \(error.expected)")
            }
        }
        flush()
        other?.flush()
    }

    /// Adds slots that are known as balances since the write set that was merged last, encoded as addresses and slots.
    func mark(encoded bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard let address = try? reader.address(), let slot = try? reader.word() else {
                preconditionFailure("a mark cannot be read back")
            }
            let key = SlotKey(owner: number(of: address), slot: slot)
            let place = slots.findOrClaim(key)
            if place.pointee.isVacant {
                place.pointee = MergedSlot(slot: slot, value: .zero, owner: key.owner, isWritten: false, mark: .balance)
            } else {
                place.pointee.mark = .balance
            }
        }
    }

    @inline(__always)
    private func note(_ address: Address, _ slot: U256, _ value: U256) {
        let owner = number(of: address)
        let hash = slots.hash(SlotKey(owner: owner, slot: slot))
        slots.prefetch(hash)
        writes.append(Write(owner: owner, slot: slot, value: value, hash: hash))
        if writes.count == Self.writesAtOnce { flushSlots() }
    }

    /// Enters the accounts and the slots that wait.
    private func flush() {
        flushAccounts()
        flushSlots()
    }

    private func flushAccounts() {
        for write in accountWrites.elements {
            let place = accounts.findOrClaim(write.address, write.hash)
            if place.pointee.isVacant { place.pointee = MergedAccount(address: write.address, number: takeNumber()) }
            place.pointee.fate = .exists
            place.pointee.state = write.state
        }
        accountWrites.removeAll()
    }

    private func flushSlots() {
        for write in writes.elements {
            let place = slots.findOrClaim(SlotKey(owner: write.owner, slot: write.slot), write.hash)
            if place.pointee.isVacant {
                place.pointee = MergedSlot(
                    slot: write.slot, value: write.value, owner: write.owner, isWritten: true, mark: .unchanged)
            } else {
                place.pointee.value = write.value
                place.pointee.isWritten = true
            }
            if write.value.isZero { place.pointee.mark = .reset }
        }
        writes.removeAll()
    }

    private func note(_ change: AccountChange) {
        if let state = change.account, change.codeWritten == nil, !change.storageCleared {
            let hash = accounts.hash(change.address)
            accounts.prefetch(hash)
            accountWrites.append(AccountWrite(address: change.address, state: state, hash: hash))
            if accountWrites.count == Self.writesAtOnce { flushAccounts() }
            return
        }
        // What becomes of an account comes in order.
        flushAccounts()
        let place = account(change.address)
        if let state = change.account {
            place.pointee.fate = .exists
            place.pointee.state = state
            if let code = change.codeWritten { codes[state.codeHash] = code }
        } else {
            place.pointee.fate = .gone
        }
        if change.storageCleared || change.account == nil {
            place.pointee.isCleared = true
            place.pointee.number = takeNumber()
            lastNumber = 0
        }
    }

    @inline(__always)
    private func number(of address: Address) -> UInt32 {
        if lastNumber != 0, address == lastAddress { return lastNumber }
        lastNumber = account(address).pointee.number
        lastAddress = address
        return lastNumber
    }

    @inline(__always)
    private func account(_ address: Address) -> UnsafeMutablePointer<MergedAccount> {
        let place = accounts.findOrClaim(address)
        if place.pointee.isVacant { place.pointee = MergedAccount(address: address, number: takeNumber()) }
        return place
    }

    private func takeNumber() -> UInt32 {
        precondition(nextNumber < .max, "storage spaces are used up")
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// The accounts and the slots of each; valid until something is added.
    func groups() -> MergedGroups {
        var starts = [Int](repeating: 0, count: Int(nextNumber) + 1)
        slots.forEachPlace { if $0.pointee.isWritten { starts[Int($0.pointee.owner) + 1] += 1 } }
        for number in 1..<starts.count { starts[number] += starts[number - 1] }
        var next = starts
        let places = [UnsafePointer<MergedSlot>](unsafeUninitializedCapacity: starts[starts.count - 1]) { buffer, count in
            slots.forEachPlace { place in
                guard place.pointee.isWritten else { return }
                let owner = Int(place.pointee.owner)
                buffer.initializeElement(at: next[owner], to: UnsafePointer(place))
                next[owner] += 1
            }
            count = buffer.count
        }
        var all: [UnsafePointer<MergedAccount>] = []
        all.reserveCapacity(accounts.count)
        accounts.forEachPlace { all.append(UnsafePointer($0)) }
        return MergedGroups(accounts: all, places: places, starts: starts)
    }
}

/// The accounts of merged changes, and the slots of each that were written, in no particular order.
struct MergedGroups {
    /// All accounts; they can be put into another order.
    var accounts: [UnsafePointer<MergedAccount>]
    fileprivate let places: [UnsafePointer<MergedSlot>]
    /// Where the slots of each number begin.
    fileprivate let starts: [Int]

    fileprivate init(accounts: [UnsafePointer<MergedAccount>], places: [UnsafePointer<MergedSlot>], starts: [Int]) {
        self.accounts = accounts
        self.places = places
        self.starts = starts
    }

    /// The slots of an account.
    func slots(of account: UnsafePointer<MergedAccount>) -> ArraySlice<UnsafePointer<MergedSlot>> {
        let number = Int(account.pointee.number)
        return places[starts[number]..<starts[number + 1]]
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
