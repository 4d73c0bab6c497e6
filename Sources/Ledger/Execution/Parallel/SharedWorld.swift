internal import CShims
internal import EVM
internal import Synchronization

/// An account as one value, as far as a block can change it.
struct AccountFields: BitwiseCopyable, Equatable {
    var exists: Bool
    var nonce: UInt64
    var balance: U256
    var codeHash: Hash256

    /// The fields of an account, or of none.
    init(_ state: AccountState?) {
        exists = state != nil
        nonce = state?.nonce ?? 0
        balance = state?.balance ?? .zero
        codeHash = state?.codeHash ?? .emptyCode
    }

    /// The account, or nil where there is none.
    var state: AccountState? {
        exists ? AccountState(nonce: nonce, balance: balance, codeHash: codeHash) : nil
    }
}

/// An account or a slot that came into being in the present run of units.
struct NewAccount {
    let address: Address
    var fields: AccountFields
}

/// A slot that had no place in the world's table when the present run of units began.
struct NewSlot {
    /// First, so that a pointer to the record is one to its entry.
    var entry: SlotEntry
    let address: Address
}

/// The world while several workers execute units over it and one at a time commits.
///
/// The world's tables keep their shape meanwhile: values that are there are changed in place, and what is new stands
/// beside them until `finish`. So readers need no locks: they find places that stay where they are, and values that may
/// be of any moment, even half written. That is why nothing read counts before it has been compared, in the unit's turn,
/// with what is committed then.
final class SharedWorld: @unchecked Sendable {
    // Sendable: see above; what is not atomic belongs to the worker that commits.
    private(set) var world = WorldState()
    private let newAccounts = LocationTable<NewAccount>()
    private let newSlots = LocationTable<NewSlot>()
    private var accountCursor = LocationTable<NewAccount>.Cursor()
    private var slotCursor = LocationTable<NewSlot>.Cursor()
    private let accountList = RawList<UnsafeMutablePointer<NewAccount>>(capacity: 256)
    private let slotList = RawList<UnsafeMutablePointer<NewSlot>>(capacity: 1_024)
    private let zeroed = RawList<ZeroedSlot>(capacity: 256)
    private let codes = Mutex<[Hash256: [UInt8]]>([:])
    private let hasCodes = Atomic<Bool>(false)
    /// Grows with every account or slot that comes into being.
    private let newCount = Atomic<Int>(0)
    private let seed = HashSeed()

    /// A slot of the world's table that was set to zero.
    private struct ZeroedSlot: BitwiseCopyable {
        var place: UnsafeMutablePointer<SlotEntry>
        var address: Address
    }

    /// A memory over no world yet.
    init() {
        precondition(
            MemoryLayout<AccountEntry>.offset(of: \.code) == AccountEntry.codeOffset
                && MemoryLayout<SlotEntry>.offset(of: \.value) == SlotEntry.valueOffset)
    }

    /// Begins a run of units over a world, in which about so many accounts and slots may come into being.
    func begin(_ world: WorldState, expectedNew: Int) {
        self.world = world
        newAccounts.begin(expected: expectedNew)
        newSlots.begin(expected: expectedNew)
        accountCursor = .init()
        slotCursor = .init()
        accountList.removeAll()
        slotList.removeAll()
        zeroed.removeAll()
        newCount.store(0, ordering: .relaxed)
        if hasCodes.load(ordering: .relaxed) {
            codes.withLock { $0.removeAll() }
            hasCodes.store(false, ordering: .relaxed)
        }
    }

    // MARK: Reading

    /// How many accounts and slots have come into being so far: while it stays, what was absent is absent.
    @inline(__always)
    var version: Int { newCount.load(ordering: .acquiring) }

    /// The account as it stands now.
    @inline(__always)
    func account(_ address: Address) -> AccountFields {
        if let place = world.accounts.find(address) {
            // Read once: a unit that is committed meanwhile may send readers elsewhere.
            let code = place.code
            if code != AccountEntry.elsewhere { return world.fields(place, code: code) }
        }
        if version == 0 { return AccountFields(nil) }
        return newAccount(address)?.pointee.fields ?? AccountFields(nil)
    }

    /// The storage space of an account in the world's table; 0 for none.
    @inline(__always)
    func owner(_ address: Address) -> UInt32 { world.owners.find(address)?.pointee.number ?? 0 }

    /// Where the value of a slot stands; nil where it never had one.
    @inline(__always)
    func place(_ address: Address, owner: UInt32, _ slot: U256) -> UnsafeMutablePointer<SlotEntry>? {
        if owner != 0, let place = world.slots.find(SlotKey(owner: owner, slot: slot)) { return place }
        if version == 0 { return nil }
        return newSlot(address, slot)
    }

    @inline(never)
    private func newAccount(_ address: Address) -> UnsafeMutablePointer<NewAccount>? {
        newAccounts.find(hash: seed.mix(address.word, 1)) { $0.pointee.address == address }
    }

    @inline(never)
    private func newSlot(_ address: Address, _ slot: U256) -> UnsafeMutablePointer<SlotEntry>? {
        let found = newSlots.find(hash: seed.mix(slot, seed.mix(address.word, 2))) {
            $0.pointee.entry.slot == slot && $0.pointee.address == address
        }
        return found.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: SlotEntry.self) }
    }

    /// A code that an account has, or that a unit of this run wrote.
    func code(_ hash: Hash256) -> [UInt8] {
        // The world's codes do not change in a run; what is not there was written in it, and the lock orders that.
        let known = world.code(hash)
        if !known.isEmpty || hash == .emptyCode { return known }
        return codes.withLock { $0[hash] ?? [] }
    }

    /// Keeps a code that a unit wrote; its hash names it, so it does no harm when the unit is repeated.
    func keep(_ code: [UInt8], hash: Hash256) {
        codes.withLock { $0[hash] = code }
        hasCodes.store(true, ordering: .releasing)
    }

    // MARK: Commit

    /// Whether so many new accounts and slots certainly find room.
    func hasRoom(accounts: Int, slots: Int) -> Bool {
        newAccounts.hasRoom(accounts, accountCursor) && newSlots.hasRoom(slots, slotCursor)
    }

    /// Writes a slot.
    @inline(__always)
    func write(_ write: UnitRecord.SlotWrite) {
        guard let place = write.place ?? newSlot(write.address, write.slot) else {
            if !write.value.isZero { insert(write) }
            return
        }
        place.pointee.value = write.value
        if write.value.isZero {
            place.pointee.isBalance = false
            zeroed.append(ZeroedSlot(place: place, address: write.address))
        }
    }

    private func insert(_ write: UnitRecord.SlotWrite) {
        let hash = seed.mix(write.slot, seed.mix(write.address.word, 2))
        let made = newSlots.insert(hash: hash, cursor: &slotCursor) {
            $0.initialize(
                to: NewSlot(
                    entry: SlotEntry(slot: write.slot, value: write.value, owner: .max), address: write.address))
        }
        slotList.append(made)
        newCount.wrappingAdd(1, ordering: .releasing)
    }

    /// Writes an account, or removes it.
    func write(_ write: UnitRecord.AccountWrite) {
        let place = world.accounts.find(write.address)
        if let place, place.pointee.code != AccountEntry.elsewhere, write.fields.exists,
            world.codeHash(ofEntry: place.pointee.code) == write.fields.codeHash
        {
            place.pointee.nonce = write.fields.nonce
            place.pointee.balance = write.fields.balance
            return
        }
        if let known = newAccount(write.address) {
            known.pointee.fields = write.fields
            return
        }
        let made = newAccounts.insert(hash: seed.mix(write.address.word, 1), cursor: &accountCursor) {
            $0.initialize(to: NewAccount(address: write.address, fields: write.fields))
        }
        accountList.append(made)
        newCount.wrappingAdd(1, ordering: .releasing)
        place?.sendElsewhere()
    }

    /// Keeps whether a slot is known as a balance; where it is zero nothing is kept.
    @inline(__always)
    func mark(_ mark: UnitRecord.BalanceMark) {
        let place = mark.place
        if place.pointee.value.isZero { return }
        if mark.isBalance {
            // Also where it stands already: a group may have emptied the slot in between, and the write sets say so.
            world.mark(place, mark.address, place.pointee.slot)
        } else {
            place.pointee.isBalance = false
        }
    }

    // MARK: The end of a run

    /// Gives the world's tables the shape that the committed units left.
    func finish() {
        for account in accountList.elements {
            let fields = account.pointee.fields
            let code = fields.exists ? codes.withLock { $0[fields.codeHash] } : nil
            world.put(account.pointee.address, fields.state, code: code)
        }
        // Removing moves other entries, so the keys are taken from the places before.
        var removed: [(Address, U256)] = []
        for slot in zeroed.elements where slot.place.pointee.owner != .max && slot.place.pointee.value.isZero {
            removed.append((slot.address, slot.place.pointee.slot))
        }
        for (address, slot) in removed { world.write(address, slot, .zero) }
        for slot in slotList.elements where !slot.pointee.entry.value.isZero {
            world.put(
                slot.pointee.address, slot.pointee.entry.slot, slot.pointee.entry.value,
                isBalance: slot.pointee.entry.isBalance)
        }
    }
}

extension AccountEntry {
    /// In the field `code`: what the account is stands among the new accounts.
    static let elsewhere = UInt32.max
    /// Where the field `code` lies; `SharedWorld` holds the compiler to it.
    static var codeOffset: Int { 20 }
}

extension SlotEntry {
    /// Where the field `value` lies; `SharedWorld` holds the compiler to it.
    static var valueOffset: Int { 32 }
}

extension UnsafeMutablePointer where Pointee == AccountEntry {
    private var codeAddress: UnsafeMutablePointer<UInt32> {
        (UnsafeMutableRawPointer(self) + AccountEntry.codeOffset).assumingMemoryBound(to: UInt32.self)
    }

    /// The number of the code, read once while others may change it.
    @inline(__always)
    var code: UInt32 { hoard_load_relaxed_32(codeAddress) }

    /// Sends readers to the new accounts.
    func sendElsewhere() { hoard_store_relaxed_32(codeAddress, AccountEntry.elsewhere) }
}

extension UnsafeMutablePointer where Pointee == SlotEntry {
    /// The value, every part of it read once while others may change it.
    @inline(__always)
    var value: U256 {
        let limbs = (UnsafeMutableRawPointer(self) + SlotEntry.valueOffset).assumingMemoryBound(to: UInt64.self)
        return U256(
            hoard_load_relaxed_64(limbs), hoard_load_relaxed_64(limbs + 1), hoard_load_relaxed_64(limbs + 2),
            hoard_load_relaxed_64(limbs + 3))
    }
}

extension WorldState {
    /// The account at a place whose code number is known.
    @inline(__always)
    func fields(_ place: UnsafeMutablePointer<AccountEntry>, code: UInt32) -> AccountFields {
        AccountFields(
            AccountState(
                nonce: place.pointee.nonce, balance: place.pointee.balance, codeHash: codeHash(ofEntry: code)))
    }

    /// Writes an account, or removes it where `state` is nil.
    func put(_ address: Address, _ state: AccountState?, code: [UInt8]?) {
        apply(StateDiff(accounts: [AccountChange(address: address, account: state, codeWritten: code)]))
    }

    /// Writes a slot, known as a balance or not.
    func put(_ address: Address, _ slot: U256, _ value: U256, isBalance: Bool) {
        write(address, slot, value)
        if isBalance, let place = place(address, slot) { place.pointee.isBalance = true }
    }
}
