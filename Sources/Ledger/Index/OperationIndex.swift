internal import CShims

/// Ids in memory with the places of their records.
final class IdTable: @unchecked Sendable {
    // Sendable: the sequencer changes it until it has been rotated out; from then on nobody does.
    let table = FlatTable<OperationEntry>(shardBits: LedgerLimits.tableShardBits)

    /// Ids in it.
    var count: Int { table.count }

    /// Visits every id, in no particular order.
    func forEach(_ body: (OperationEntry) -> Void) { table.forEach(body) }
}

/// Every operation id of the world, for ever: the latest in a table in memory, all others in runs on disk.
///
///     young (claims, decided ids) --rotate--> old (frozen, being written) --adopt--> a run on disk
///
/// An id is looked for in the young table, in the old one, and in the filters of the runs; only where 16 bits of a filter
/// agree a page is read, and only whole ids that are equal count.
final class OperationIndex {
    private var young = IdTable()
    private var old: IdTable?
    private(set) var runs: [IdRun] = []
    /// The order of ids on disk.
    let hash: IdHash

    /// An index of these runs.
    init(hash: IdHash, runs: [IdRun] = []) {
        self.hash = hash
        self.runs = runs
    }

    /// Ids in memory.
    var countInMemory: Int { young.count + (old?.count ?? 0) }
    /// Ids in all.
    var count: Int { countInMemory + runs.reduce(0) { $0 + $1.info.count } }
    /// Bytes of tables and filters.
    var memoryByteCount: Int {
        young.table.byteCount + (old?.table.byteCount ?? 0) + runs.reduce(0) { $0 + $1.memoryByteCount }
    }
    /// Pages of runs that were read to decide an id.
    var pagesRead: Int { runs.reduce(0) { $0 + $1.pagesRead } }

    /// Asks for the memory that tells of an id before it is needed.
    @inline(__always)
    func prefetch(_ id: OperationID) {
        hoard_prefetch(young.table.probableAddress(id))
        if let old { hoard_prefetch(old.table.probableAddress(id)) }
        if runs.isEmpty { return }
        let hash = hash(id)
        for run in runs { run.prefetch(hash) }
    }

    /// Enters an id as taken and undecided; false where it is in use.
    func claim(_ id: OperationID) throws(LogError) -> Bool {
        let place = young.table.findOrClaim(id)
        guard place.pointee.isVacant else { return false }
        place.pointee = OperationEntry(id: id, location: OperationEntry.undecided)
        guard old != nil || !runs.isEmpty else { return true }
        do throws(LogError) {
            guard try olderLocation(id) == nil else {
                young.table.remove(id)
                return false
            }
            return true
        } catch {
            young.table.remove(id)
            throw error
        }
    }

    private func olderLocation(_ id: OperationID) throws(LogError) -> UInt64? {
        if let place = old?.table.find(id) { return place.pointee.location }
        if runs.isEmpty { return nil }
        let hash = hash(id)
        for run in runs.reversed() {
            if let location = try run.find(id, hash) { return location }
        }
        return nil
    }

    /// Notes where the record of an id is that was entered as taken.
    func decide(_ id: OperationID, location: UInt64) {
        young.table.findOrClaim(id).pointee = OperationEntry(id: id, location: location)
    }

    /// Takes back an id that was entered as taken.
    func release(_ id: OperationID) { young.table.remove(id) }

    /// Where the record of an id is; nil where the id is not known, or not decided.
    func location(_ id: OperationID) throws(LogError) -> UInt64? {
        guard let place = young.table.find(id) else { return try olderLocation(id) }
        return place.pointee.location == OperationEntry.undecided ? nil : place.pointee.location
    }

    /// Freezes the ids so far, all of them decided, and returns them to be written.
    func rotate() -> IdTable {
        precondition(old == nil, "the ids of the last rotation are not on disk yet")
        let frozen = young
        young = IdTable()
        old = frozen
        return frozen
    }

    /// Takes over runs that hold everything that was frozen; returns what memory does not need any more, to be freed
    /// elsewhere.
    func adopt(_ runs: [IdRun]) -> IdTable? {
        self.runs = runs
        defer { old = nil }
        return old
    }
}
