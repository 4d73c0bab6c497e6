@testable import Ledger

/// A log's folder on a disk in memory that forgets what was not synced at a crash, and whose calls fail on demand.
final class MemoryStorage: @unchecked Sendable {
    // Sendable: everything that changes is guarded by `mutex`.
    enum Fault: Equatable {
        case none
        /// The n-th call that changes something fails, and all after it.
        case failing(call: Int)
        /// The n-th call fails, but its effect has happened.
        case lateFailing(call: Int)
    }

    private static let folder = "/log"
    let disk: MemoryDisk
    /// The segments in it, as a ledger uses them.
    let files: DiskStorage
    private let mutex = SystemMutex()
    private var fault = Fault.none
    private var calls = 0
    private var syncHook: (@Sendable () -> Void)?

    /// Segments with this content; where it is not durable, a crash makes them all zeros.
    init(content: [UInt32: [UInt8]] = [:], isDurable: Bool = true) {
        disk = MemoryDisk()
        files = DiskStorage(disk: disk, folder: Self.folder)
        do {
            try disk.makeFolder(Self.folder)
            for (segment, bytes) in content {
                let path = Self.folder + "/" + DiskStorage.name(segment)
                disk.put(path, isDurable ? bytes : [UInt8](repeating: 0, count: bytes.count))
                if isDurable { continue }
                var failure: LogError?
                let file = try disk.open(path, .update)
                bytes.withUnsafeBytes { bytes in
                    do throws(LogError) { try file.write(at: 0, bytes) } catch { failure = error }
                }
                if let failure { throw failure }
            }
        } catch {
            preconditionFailure("a disk without faults fails: \(error)")
        }
        disk.plan { [weak self] in self?.decide($0) ?? .succeeds }
    }

    /// Everything written, synced or not.
    var image: [UInt32: [UInt8]] { Self.segments(of: disk) }
    /// What was synced.
    var durableImage: [UInt32: [UInt8]] { Self.segments(of: disk.crashed(seed: 0, keepsNothing: true)) }

    /// What a disk may hold after a crash: of what was not synced, any.
    func crashImage(seed: UInt64) -> [UInt32: [UInt8]] { Self.segments(of: disk.crashed(seed: seed)) }

    private static func segments(of disk: MemoryDisk) -> [UInt32: [UInt8]] {
        var found: [UInt32: [UInt8]] = [:]
        for path in disk.paths where path.hasPrefix(folder + "/segment-") {
            found[UInt32(path.dropFirst(folder.count + 9))!] = disk.bytes(path)
        }
        return found
    }

    func setFault(_ fault: Fault) {
        mutex.withLock {
            self.fault = fault
            calls = 0
        }
    }

    /// Called before every sync of a segment in use, outside of the lock.
    func onSync(_ hook: (@Sendable () -> Void)?) { mutex.withLock { syncHook = hook } }

    private func decide(_ call: DiskCall) -> DiskVerdict {
        if call.kind == .sync, call.path.hasPrefix(Self.folder + "/segment-") { mutex.withLock { syncHook }?() }
        let isChange: Bool =
            switch call.kind {
            case .write, .sync, .preallocate, .rename, .syncFolder: true
            case .open: call.path.contains("unfinished")
            default: false
            }
        guard isChange else { return .succeeds }
        return mutex.withLock {
            calls += 1
            switch fault {
            case .failing(let number) where calls >= number: return .fails(code: 5)
            case .lateFailing(let number) where calls >= number:
                return calls == number ? .failsLate(code: 5) : .fails(code: 5)
            default: return .succeeds
            }
        }
    }
}
