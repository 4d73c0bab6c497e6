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
/// The world's tables do not grow meanwhile: values that are there are changed in place, what is new gets a vacant place, and
/// where a table would have to grow for it, it stands beside the table until `finish`. So readers need no locks: they find
/// places that stay where they are, and values that may be of any moment, even half written. That is why nothing read counts
/// before it has been compared, in the unit's turn, with what is committed then.
final class SharedWorld: @unchecked Sendable {
    // Sendable: see above; what is not atomic belongs to the worker that commits.
    private(set) var world = WorldState()
    // What workers look up in the world: asking the world itself would count a reference to it each time, on a line that all
    // of them read.
    private var accounts: FlatTableFinder<AccountEntry>
    private var owners: FlatTableFinder<StorageOwnerEntry>
    private var slots: FlatTableFinder<SlotEntry>
    private var codeHashes: UnsafePointer<Hash256>
    private let newAccounts = LocationTable<NewAccount>()
    private let newSlots = LocationTable<NewSlot>()
    private let cursors = OwnLines.allocate(Cursors())
    /// The accounts of slots that got places in the world's table.
    private let placedSlots = RawList<Address>(capacity: 1_024)
    private let accountList = RawList<UnsafeMutablePointer<NewAccount>>(capacity: 256)
    private let slotList = RawList<UnsafeMutablePointer<NewSlot>>(capacity: 1_024)
    private let zeroed = RawList<ZeroedSlot>(capacity: 256)
    private let codes = Mutex<[Hash256: [UInt8]]>([:])
    /// Grows with every account or slot that comes into being.
    private let newCount = OwnLines.allocate(Atomic<Int>(0))
    /// How many accounts and slots stand beside the world's tables.
    private let besideCount = OwnLines.allocate(Atomic<Int>(0))
    /// Accounts of the world that stand among the new ones now: another code, or gone.
    private let movedCount = Atomic<Int>(0)
    /// Slots that were ever flagged as hot.
    private let hotCount = Atomic<Int>(0)
    /// Nil outside of tests.
    var plantedDefect: PlantedDefect?
    /// Whether all that is new stands beside the world's tables; tests have it so.
    var keepsNewBeside = false
    private let seed = HashSeed()

    /// Where the worker that commits makes the next records.
    private struct Cursors {
        var account = LocationTable<NewAccount>.Cursor()
        var slot = LocationTable<NewSlot>.Cursor()
    }

    init() {
        accounts = world.accounts.finder
        owners = world.owners.finder
        slots = world.slots.finder
        codeHashes = UnsafePointer(world.codeHashes.elements.baseAddress!)
    }

    deinit {
        OwnLines.release(cursors)
        OwnLines.release(newCount)
        OwnLines.release(besideCount)
    }

    /// A slot of the world's table that was set to zero.
    private struct ZeroedSlot: BitwiseCopyable {
        var place: UnsafeMutablePointer<SlotEntry>
        var address: Address
    }

    /// Begins a run of units over a world, in which about so many accounts and slots may come into being.
    func begin(_ world: WorldState, expectedNew: Int) {
        self.world = world
        accounts = world.accounts.finder
        owners = world.owners.finder
        slots = world.slots.finder
        // None is added before `finish`.
        codeHashes = UnsafePointer(world.codeHashes.elements.baseAddress!)
        newAccounts.begin(expected: expectedNew)
        newSlots.begin(expected: expectedNew)
        cursors.pointee = Cursors()
        accountList.removeAll()
        slotList.removeAll()
        zeroed.removeAll()
        placedSlots.removeAll()
        newCount.pointee.store(0, ordering: .relaxed)
        besideCount.pointee.store(0, ordering: .relaxed)
        movedCount.store(0, ordering: .relaxed)
        codes.withLock { if !$0.isEmpty { $0.removeAll() } }
    }

    // MARK: Reading

    /// How many accounts and slots have come into being so far: while it stays, what was absent is absent.
    @inline(__always)
    var version: Int { newCount.pointee.load(ordering: .acquiring) }

    /// Whether anything stands beside the world's tables.
    @inline(__always)
    private var hasBeside: Bool { besideCount.pointee.load(ordering: .acquiring) != 0 }

    /// The account as it stands now, and where; nil where it may stand elsewhere in a moment.
    @inline(__always)
    func account(_ address: Address) -> (fields: AccountFields, place: UnsafeMutablePointer<AccountEntry>?) {
        if movedCount.load(ordering: .acquiring) != 0, let moved = newAccount(address) {
            return (moved.fields, nil)
        }
        if let place = accounts.findBesideClaims(address) { return (fields(place), place) }
        if !hasBeside { return (AccountFields(nil), nil) }
        return (newAccount(address)?.fields ?? AccountFields(nil), nil)
    }

    /// The fields of an account that stands in the world's table.
    @inline(__always)
    private func fields(_ place: UnsafeMutablePointer<AccountEntry>) -> AccountFields {
        AccountFields(
            AccountState(
                nonce: place.nonce, balance: place.balance,
                codeHash: codeHashes[Int(place.pointee.code) - 1]))
    }

    /// Whether an account is still as it was read. Only the worker that commits may ask.
    @inline(__always)
    func isUnchanged(_ read: UnitRecord.AccountRead) -> Bool {
        if let place = read.place, movedCount.load(ordering: .relaxed) == 0 {
            return place.pointee.nonce == read.fields.nonce && place.pointee.balance == read.fields.balance
        }
        return account(read.address).fields == read.fields
    }

    /// The storage space of an account in the world's table; 0 for none.
    @inline(__always)
    func owner(_ address: Address) -> UInt32 { owners.find(address)?.pointee.number ?? 0 }

    /// Where the value of a slot stands; nil where it never had one.
    @inline(__always)
    func place(_ address: Address, owner: UInt32, _ slot: U256) -> UnsafeMutablePointer<SlotEntry>? {
        if owner != 0, let place = slots.findBesideClaims(SlotKey(owner: owner, slot: slot)) { return place }
        return hasBeside ? newSlot(address, slot) : nil
    }

    @inline(never)
    private func newAccount(_ address: Address) -> UnsafeMutablePointer<NewAccount>? {
        newAccounts.find(hash: seed.mix(address.word, 1)) { $0.pointee.address == address }
    }

    /// The hash of a slot in the world's table.
    @inline(__always)
    func hash(_ owner: UInt32, _ slot: U256) -> UInt64 { slots.hash(SlotKey(owner: owner, slot: slot)) }

    @inline(never)
    private func newSlot(_ address: Address, _ slot: U256) -> UnsafeMutablePointer<SlotEntry>? {
        let usesHashAsKey = plantedDefect == .usesHashAsKey
        let found = newSlots.find(hash: seed.mix(slot, seed.mix(address.word, 2))) {
            if usesHashAsKey { return ($0.pointee.entry.slot.l0 ^ slot.l0) & 7 == 0 }
            return $0.pointee.entry.slot == slot && $0.pointee.address == address
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
    }

    // MARK: Commit

    /// Whether so many new accounts and slots certainly find room.
    func hasRoom(accounts: Int, slots: Int) -> Bool {
        newAccounts.hasRoom(accounts, cursors.pointee.account) && newSlots.hasRoom(slots, cursors.pointee.slot)
    }

    /// Writes a slot.
    @inline(__always)
    func write(_ write: UnitRecord.SlotWrite) {
        guard let place = write.place ?? findOrInsert(write) else { return }
        place.store(write.value)
        if write.value.isZero {
            place.setBalance(false)
            zeroed.append(ZeroedSlot(place: place, address: write.address))
        }
    }

    /// Where a slot stands by now that its unit did not find; nil where it does not, then it is entered with its value.
    @inline(never)
    private func findOrInsert(_ write: UnitRecord.SlotWrite) -> UnsafeMutablePointer<SlotEntry>? {
        if hasBeside, let beside = newSlot(write.address, write.slot) { return beside }
        let key = SlotKey(owner: write.owner, slot: write.slot)
        if write.value.isZero { return write.owner == 0 ? nil : slots.find(key) }
        guard write.owner != 0, !keepsNewBeside, plantedDefect != .usesHashAsKey,
            let claimed = world.slots.claim(key, write.hash)
        else {
            insertBeside(write)
            return nil
        }
        if !claimed.isNew { return claimed.place }
        claimed.place.fill(SlotEntry(slot: write.slot, value: write.value, owner: write.owner))
        placedSlots.append(write.address)
        newCount.pointee.wrappingAdd(1, ordering: .releasing)
        return nil
    }

    private func insertBeside(_ write: UnitRecord.SlotWrite) {
        let hash = seed.mix(write.slot, seed.mix(write.address.word, 2))
        let made = newSlots.insert(hash: hash, cursor: &cursors.pointee.slot) {
            $0.initialize(
                to: NewSlot(
                    entry: SlotEntry(slot: write.slot, value: write.value, owner: .max), address: write.address))
        }
        slotList.append(made)
        besideCount.pointee.wrappingAdd(1, ordering: .releasing)
        newCount.pointee.wrappingAdd(1, ordering: .releasing)
    }

    /// Writes an account, or removes it.
    func write(_ write: UnitRecord.AccountWrite) {
        // Whatever has moved, or was not there when the run began, stands among the new ones.
        let known = movedCount.load(ordering: .relaxed) == 0 ? nil : newAccount(write.address)
        let place = known == nil ? write.place ?? accounts.find(write.address) : nil
        if let place, write.fields.exists, codeHashes[Int(place.pointee.code) - 1] == write.fields.codeHash {
            place.store(nonce: write.fields.nonce, balance: write.fields.balance)
            return
        }
        if let known = known ?? (hasBeside ? newAccount(write.address) : nil) {
            known.store(write.fields)
            return
        }
        if place == nil, enter(write) { return }
        let made = newAccounts.insert(hash: seed.mix(write.address.word, 1), cursor: &cursors.pointee.account) {
            $0.initialize(to: NewAccount(address: write.address, fields: write.fields))
        }
        accountList.append(made)
        besideCount.pointee.wrappingAdd(1, ordering: .releasing)
        newCount.pointee.wrappingAdd(1, ordering: .releasing)
        if place != nil { movedCount.wrappingAdd(1, ordering: .releasing) }
    }

    /// Gives an account that was not there a place in the world's table; whether that can be done.
    private func enter(_ write: UnitRecord.AccountWrite) -> Bool {
        guard write.fields.exists, write.fields.codeHash == .emptyCode, !keepsNewBeside,
            let claimed = world.accounts.claim(write.address, accounts.hash(write.address)), claimed.isNew
        else { return false }
        // The code of no bytes is the first that the world knows.
        claimed.place.fill(
            AccountEntry(address: write.address, code: 1, nonce: write.fields.nonce, balance: write.fields.balance))
        newCount.pointee.wrappingAdd(1, ordering: .releasing)
        return true
    }

    /// Keeps whether a slot is known as a balance; where it is zero nothing is kept.
    @inline(__always)
    func mark(_ mark: UnitRecord.BalanceMark, isOfGroup: Bool) {
        let place = mark.place
        if place.pointee.value.isZero || !isOfGroup && place.pointee.isBalance == mark.isBalance { return }
        // Of a group also where it stands already: it may have emptied the slot in between, and the write sets say so.
        if mark.isBalance { world.noteMark(mark.address, place.pointee.slot) }
        place.setBalance(mark.isBalance)
    }

    // MARK: Hot slots

    /// Whether any slot was ever flagged: else there is no need to look.
    @inline(__always)
    var hasHotSlots: Bool { hotCount.load(ordering: .relaxed) > 0 }

    /// Flags a slot that somebody expects to be hot, if it is there.
    func expectHeat(_ address: Address, _ slot: U256) {
        guard let place = place(address, owner: owner(address), slot), place.heat.isCold else { return }
        heat(place)
    }

    /// Flags a slot as one that many transactions change.
    func heat(_ place: UnsafeMutablePointer<SlotEntry>) {
        if place.heat.isCold { hotCount.wrappingAdd(1, ordering: .relaxed) }
        place.setHeat(place.heat.afterConflict)
    }

    // MARK: The end of a run

    /// Gives the world's tables the shape that the committed units left.
    func finish() {
        for account in accountList.elements {
            let fields = account.pointee.fields
            let code = fields.exists ? codes.withLock { $0[fields.codeHash] } : nil
            world.put(account.pointee.address, fields.state, code: code)
        }
        world.countSlots(of: placedSlots)
        // Removing moves other entries, so the keys are taken from the places before.
        var removed: [(Address, U256)] = []
        for slot in zeroed.elements where slot.place.pointee.owner != .max && slot.place.pointee.value.isZero {
            removed.append((slot.address, slot.place.pointee.slot))
        }
        for (address, slot) in removed { world.write(address, slot, .zero) }
        for slot in slotList.elements where !slot.pointee.entry.value.isZero {
            world.put(slot.pointee.address, slot.pointee.entry)
        }
    }
}

extension WorldState {
    /// Writes an account, or removes it where `state` is nil.
    func put(_ address: Address, _ state: AccountState?, code: [UInt8]?) {
        set(address, state, code: code)
        if state == nil { clearStorage(address) }
    }

    /// Writes a slot that is not zero, with all that is known of it.
    func put(_ address: Address, _ entry: SlotEntry) {
        let owner = storageSpace(of: address)
        let place = slots.findOrClaim(SlotKey(owner: owner, slot: entry.slot))
        if place.pointee.isVacant { owners.findOrClaim(address).pointee.slotCount += 1 }
        place.pointee = entry
        place.pointee.owner = owner
    }

    /// Counts slots that came into the table, one of each of these accounts.
    func countSlots(of placed: borrowing RawList<Address>) {
        var last: UnsafeMutablePointer<StorageOwnerEntry>?
        for address in placed.elements {
            if last?.pointee.address != address { last = owners.find(address) }
            last?.pointee.slotCount += 1
        }
    }
}
