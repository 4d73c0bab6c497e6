@testable import Ledger

/// Segments in memory that forget what was not synced at a crash, and calls that fail on demand.
final class MemoryStorage: LogStorage, @unchecked Sendable {
    // Sendable: everything is guarded by `mutex`.
    enum Fault: Equatable {
        case none
        /// The n-th call of create, write or sync fails, and all after it.
        case failing(call: Int)
        /// The n-th call fails, but its effect has happened.
        case lateFailing(call: Int)
    }

    private let mutex = SystemMutex()
    private var content: [UInt32: [UInt8]] = [:]
    private var durable: [UInt32: [UInt8]] = [:]
    private var dirtyPages: [UInt32: Set<Int>] = [:]
    private var fault = Fault.none
    private var calls = 0
    private var syncHook: (@Sendable () -> Void)?

    /// Segments with this content; where it is not durable, a crash makes them all zeros.
    init(content: [UInt32: [UInt8]] = [:], isDurable: Bool = true) {
        self.content = content
        durable = isDurable ? content : content.mapValues { [UInt8](repeating: 0, count: $0.count) }
    }

    var callCount: Int { mutex.withLock { calls } }
    /// Everything written, synced or not.
    var image: [UInt32: [UInt8]] { mutex.withLock { content } }
    /// What was synced.
    var durableImage: [UInt32: [UInt8]] { mutex.withLock { durable } }

    func setFault(_ fault: Fault) {
        mutex.withLock {
            self.fault = fault
            calls = 0
        }
    }

    /// Called before every sync, outside of the lock.
    func onSync(_ hook: (@Sendable () -> Void)?) { mutex.withLock { syncHook = hook } }

    /// What a disk may hold after a crash: of the pages not synced, any.
    func crashImage(seed: UInt64) -> [UInt32: [UInt8]] {
        mutex.lock()
        defer { mutex.unlock() }
        var generator = SeededGenerator(state: seed)
        var image = durable
        for (segment, pages) in dirtyPages.sorted(by: { $0.key < $1.key }) {
            for page in pages.sorted() where Bool.random(using: &generator) {
                let range = page * 4_096..<(page + 1) * 4_096
                image[segment]!.replaceSubrange(range, with: content[segment]![range])
            }
        }
        return image
    }

    private func step(_ call: String, _ effect: () -> Void) throws(LogError) {
        mutex.lock()
        defer { mutex.unlock() }
        calls += 1
        let error = LogError(call: call, file: "memory", code: 5, reason: "injected")
        switch fault {
        case .failing(let number) where calls >= number: throw error
        case .lateFailing(let number) where calls >= number:
            if calls == number { effect() }
            throw error
        default: effect()
        }
    }

    func segments() throws(LogError) -> [UInt32] { mutex.withLock { content.keys.sorted() } }

    func byteCount(of segment: UInt32) throws(LogError) -> Int { mutex.withLock { content[segment]?.count ?? 0 } }

    func create(segment: UInt32, byteCount: Int) throws(LogError) {
        if mutex.withLock({ content[segment] != nil }) { return }
        try step("create") {
            content[segment] = [UInt8](repeating: 0, count: byteCount)
            durable[segment] = content[segment]
        }
    }

    func write(segment: UInt32, offset: Int, _ parts: [UnsafeRawBufferPointer]) throws(LogError) {
        try step("write") {
            var place = offset
            for part in parts {
                precondition(place % 4_096 == 0 && part.count % 4_096 == 0, "a write is not aligned")
                content[segment]!.withUnsafeMutableBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: bytes[place..<place + part.count]).copyMemory(from: part)
                }
                for page in place / 4_096..<(place + part.count) / 4_096 {
                    dirtyPages[segment, default: []].insert(page)
                }
                place += part.count
            }
        }
    }

    func remove(segment: UInt32) throws(LogError) {
        mutex.withLock {
            content[segment] = nil
            durable[segment] = nil
        }
    }

    func sync(segment: UInt32) throws(LogError) {
        mutex.withLock { syncHook }?()
        try step("sync") {
            durable[segment] = content[segment]
            dirtyPages[segment] = []
        }
    }

    func read(segment: UInt32, offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) {
        mutex.withLock {
            content[segment]!.withUnsafeBytes { bytes in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + buffer.count]))
            }
        }
    }
}
