public import EVM

/// The whole state in memory: accounts and storage in flat tables, code by its hash.
///
/// One thread at a time may use it: the sequencer's, or recovery's before that thread starts.
public final class WorldState: StateView {
    let accounts: FlatTable<AccountEntry>
    let owners: FlatTable<StorageOwnerEntry>
    let slots: FlatTable<SlotEntry>
    /// By the number in an account's entry, less one; workers of the parallel executor read it in place.
    let codeHashes = RawList<Hash256>()
    private var codes: [[UInt8]] = [[]]
    private var codeIndexes: [Hash256: UInt32] = [.emptyCode: 0]
    private var blockHashes = [Hash256](repeating: .zero, count: LedgerLimits.blockHashCount)
    private var nextBlockNumber: UInt64 = 0
    var nextOwnerNumber: UInt32 = 1
    /// Slots that were marked as balances since the last block, as addresses and slots; some may have lost it again.
    private var marks = ByteBuffer()

    /// An empty world with room for so many accounts and slots before its tables grow.
    public convenience init(expectedAccounts: Int = 0, expectedSlots: Int = 0) {
        self.init(
            expectedAccounts: expectedAccounts, expectedSlots: expectedSlots, tableShardBits: LedgerLimits.tableShardBits)
    }

    /// The same with tables of so many shards that a test sees them full.
    init(expectedAccounts: Int = 0, expectedSlots: Int = 0, tableShardBits: Int) {
        accounts = FlatTable(shardBits: tableShardBits, expected: expectedAccounts)
        owners = FlatTable(shardBits: 4)
        slots = FlatTable(shardBits: tableShardBits, expected: expectedSlots)
        codeHashes.append(.emptyCode)
    }

    /// Accounts that exist.
    public var accountCount: Int { accounts.count }
    /// Storage slots that are not zero.
    public var slotCount: Int { slots.count }
    /// Bytes of the tables.
    public var byteCount: Int { accounts.byteCount + owners.byteCount + slots.byteCount }

    /// The account, or nil where there is none.
    public func account(_ address: Address) -> AccountState? {
        guard let place = accounts.find(address) else { return nil }
        return AccountState(
            nonce: place.pointee.nonce, balance: place.pointee.balance,
            codeHash: codeHash(ofEntry: place.pointee.code))
    }

    /// Asks for the memory of an account before it is needed.
    @inline(__always)
    func prefetchAccount(_ address: Address) { accounts.prefetch(accounts.hash(address)) }

    /// The number in the keys of an account's slots, or nil where it has none; valid until its storage is cleared.
    func storageNumber(of address: Address) -> UInt32? { owners.find(address)?.pointee.number }

    /// Asks for the memory of a slot before it is needed.
    @inline(__always)
    func prefetchSlot(_ key: SlotKey) { slots.prefetch(slots.hash(key)) }

    /// The hash of the code that an account's entry names by this number.
    @inline(__always)
    func codeHash(ofEntry code: UInt32) -> Hash256 { codeHashes.elements[Int(code) - 1] }

    /// The value of a storage slot; zero where it was never written.
    public func storage(_ address: Address, _ slot: U256) -> U256 {
        place(address, slot)?.pointee.value ?? .zero
    }

    /// The place of a slot that is not zero, or nil; valid until the next change.
    @inline(__always)
    func place(_ address: Address, _ slot: U256) -> UnsafeMutablePointer<SlotEntry>? {
        guard let owner = owners.find(address) else { return nil }
        return slots.find(SlotKey(owner: owner.pointee.number, slot: slot))
    }

    /// The code with this hash; empty where it is not known.
    public func code(_ hash: Hash256) -> [UInt8] {
        guard let index = codeIndexes[hash] else { return [] }
        return codes[Int(index)]
    }

    /// Whether any slot of the account is not zero.
    public func hasStorage(_ address: Address) -> Bool {
        guard let owner = owners.find(address) else { return false }
        return owner.pointee.slotCount > 0
    }

    /// The digest of one of the last 256 micro-blocks; zero outside of them.
    public func blockHash(_ number: UInt64) -> Hash256 {
        let count = UInt64(LedgerLimits.blockHashCount)
        guard number < nextBlockNumber, number + count >= nextBlockNumber else { return .zero }
        return blockHashes[Int(number % count)]
    }

    /// Remembers the digest of the block that follows the last one remembered.
    public func remember(blockHash: Hash256, number: UInt64) {
        blockHashes[Int(number % UInt64(LedgerLimits.blockHashCount))] = blockHash
        nextBlockNumber = number + 1
    }

    /// The digests that BLOCKHASH sees, the oldest first, and the number after the last.
    var rememberedHashes: (hashes: [Hash256], next: UInt64) {
        let count = min(nextBlockNumber, UInt64(LedgerLimits.blockHashCount))
        return ((nextBlockNumber - count..<nextBlockNumber).map { blockHash($0) }, nextBlockNumber)
    }

    /// Notes that a slot is a balance from now on.
    func mark(_ place: UnsafeMutablePointer<SlotEntry>, _ address: Address, _ slot: U256) {
        place.pointee.isBalance = true
        noteMark(address, slot)
    }

    /// Notes the same of a slot whose own flag is set elsewhere.
    func noteMark(_ address: Address, _ slot: U256) {
        marks.append(address)
        marks.append(slot)
    }

    /// Bytes of the marks since `takeMarks`; marks of what is taken back are cut off to there.
    var markBytes: Int {
        get { marks.count }
        set { marks.truncate(to: newValue) }
    }

    /// Appends the slots that were marked since the last call and still are: one that has been zero since is no balance
    /// any more, and the write set, which holds the zero, says so.
    func takeMarks(into buffer: inout ByteBuffer) {
        guard marks.count > 0 else { return }
        var reader = ByteReader(marks.bytes)
        while !reader.isAtEnd {
            guard let address = try? reader.address(), let slot = try? reader.word() else {
                preconditionFailure("a mark cannot be read back")
            }
            guard let place = place(address, slot), place.pointee.isBalance else { continue }
            buffer.append(address)
            buffer.append(slot)
        }
        marks.truncate(to: 0)
    }

    /// Forgets the marks since `takeMarks`, where nobody makes checkpoints.
    func dropMarks() { marks.truncate(to: 0) }

    /// The number of a code hash in the registry, entered where it is new.
    func codeNumber(_ hash: Hash256, code: [UInt8]?) -> UInt32 {
        if hash == .emptyCode { return 0 }
        if let index = codeIndexes[hash] { return index }
        guard let code else { preconditionFailure("an account has code that nobody wrote: \(hash)") }
        let index = UInt32(codes.count)
        codeHashes.append(hash)
        codes.append(code)
        codeIndexes[hash] = index
        return index
    }

    /// Visits every account.
    func forEachAccount(_ body: (Address, AccountState) -> Void) {
        accounts.forEach { entry in
            body(
                entry.address,
                AccountState(nonce: entry.nonce, balance: entry.balance, codeHash: codeHash(ofEntry: entry.code)))
        }
    }

    /// Visits every slot that is not zero.
    func forEachSlot(_ body: (Address, U256, U256) -> Void) {
        var addresses = [UInt32: Address](minimumCapacity: owners.count)
        owners.forEach { addresses[$0.number] = $0.address }
        slots.forEach { entry in
            if let address = addresses[entry.owner] { body(address, entry.slot, entry.value) }
        }
    }
}
