internal import EVM
internal import Ledger

/// A bug that can be planted into a simulated server, to see that the simulator finds it.
package enum Canary: String, Sendable, CaseIterable {
    /// Answers leave before their block is synced.
    case replyBeforeSync
    /// The log loses a record.
    case droppedRecord
    /// A known operation id is executed again.
    case skippedDedupe
    /// A write of the EVM is lost.
    case lostWrite
    /// An answer goes to somebody who has not asked for it too.
    case doubledReply
    /// The first sync of a new segment is forgotten.
    case unsyncedSegment

    /// The bug, where it is one within the ledger.
    var plantedBug: PlantedBug? {
        switch self {
        case .replyBeforeSync: .replyBeforeSync
        case .skippedDedupe: .skippedDedupe
        default: nil
        }
    }
}

/// A disk whose log loses records, or forgets to sync, as the planted bug wants it.
final class CanaryDisk: Disk, @unchecked Sendable {
    // Sendable: a simulation has one thread.
    private let disk: MemoryDisk
    private let canary: Canary
    fileprivate var segmentWrites = 0
    fileprivate var syncedSegments: Set<String> = []

    init(_ disk: MemoryDisk, _ canary: Canary) {
        self.disk = disk
        self.canary = canary
    }

    func open(_ path: String, _ opening: DiskOpening, isDirect: Bool) throws(LogError) -> any DiskFile {
        let file = try disk.open(path, opening, isDirect: isDirect)
        return path.contains("/log/segment-") ? CanaryFile(file, path, self) : file
    }

    func list(_ folder: String) throws(LogError) -> [String] { try disk.list(folder) }
    func makeFolder(_ path: String) throws(LogError) { try disk.makeFolder(path) }
    func rename(_ path: String, to newPath: String) throws(LogError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncFolder(_ path: String) throws(LogError) { try disk.syncFolder(path) }
    func lock(_ path: String) throws(LogError) -> (any DiskLock)? { try disk.lock(path) }

    fileprivate func losesWrite() -> Bool {
        segmentWrites += 1
        return canary == .droppedRecord && segmentWrites % 40 == 0
    }

    fileprivate func forgetsSync(_ path: String) -> Bool {
        canary == .unsyncedSegment && !path.hasSuffix("segment-00000000") && syncedSegments.insert(path).inserted
    }
}

/// A segment of such a disk.
private final class CanaryFile: DiskFile, @unchecked Sendable {
    // Sendable: a simulation has one thread.
    private let file: any DiskFile
    private let path: String
    private let disk: CanaryDisk
    private var isWritten = false

    init(_ file: any DiskFile, _ path: String, _ disk: CanaryDisk) {
        self.file = file
        self.path = path
        self.disk = disk
    }

    func byteCount() throws(LogError) -> Int { try file.byteCount() }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        try file.read(at: offset, into: buffer)
    }
    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        isWritten = true
        if !disk.losesWrite() { try file.write(at: offset, bytes) }
    }
    func sync() throws(LogError) {
        if isWritten, disk.forgetsSync(path) { return }
        try file.sync()
    }
    func preallocate(_ byteCount: Int) throws(LogError) { try file.preallocate(byteCount) }
    func resize(_ byteCount: Int) throws(LogError) { try file.resize(byteCount) }
}

/// An EVM that loses one write of some transactions: never of a balance, which the ledger would notice by itself.
final class CanaryMachine: TransitionMachine {
    private let machine: Machine
    private let balanceContracts: [Address]

    init(_ machine: Machine, balanceContracts: [Address]) {
        self.machine = machine
        self.balanceContracts = balanceContracts
    }

    func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        var outcome = machine.transition(view, block, transaction)
        // The same transactions each time, so that executing them again does not show it.
        let sum = transaction.data.reduce(0) { ($0 &* 31) &+ Int($1) }
        if sum % 16 == 0, case .success(var result) = outcome,
            let index = result.diff.storage.firstIndex(where: { !balanceContracts.contains($0.address) })
        {
            result.diff.storage.remove(at: index)
            outcome = .success(result)
        }
        return outcome
    }

    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt {
        machine.call(view, block, from: sender, to: target, data: data, gas: gas)
    }
}
