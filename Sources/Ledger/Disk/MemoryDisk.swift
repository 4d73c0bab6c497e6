internal import Glibc

/// A call that changes a disk, or looks at it, as a fault plan sees it.
package struct DiskCall: Sendable, Equatable {
    /// What is done.
    package enum Kind: String, Sendable, CaseIterable {
        case open, list, makeFolder, rename, remove, syncFolder, lock, read, write, sync, preallocate, resize
    }

    package var kind: Kind
    package var path: String
    package var offset = 0
    package var byteCount = 0
    /// Calls before this one.
    package var index = 0
}

/// What becomes of a call.
package enum DiskVerdict: Sendable, Equatable {
    case succeeds
    /// It fails with this error number and has no effect.
    case fails(code: Int32)
    /// It fails with this error number, but its effect has happened.
    case failsLate(code: Int32)
}

/// A disk in memory that forgets at a crash what was not synced, and whose calls fail on demand.
///
/// A crash keeps of the unsynced sectors of 512 bytes any, of the unsynced names of a folder a prefix of the changes,
/// and of an unsynced length any length since the last sync. After a sync that failed nothing that it should have made
/// durable is ever taken for durable again until it is written once more, as on Linux.
package final class MemoryDisk: Disk, @unchecked Sendable {
    // Sendable: everything is guarded by `mutex`.
    package static let sectorBytes = 512

    fileprivate final class Node {
        var content: [UInt8]
        var durableCount: Int
        /// Unsynced sectors with what is durable of them.
        var former: [Int: [UInt8]] = [:]
        /// Sectors that a failed sync has dropped: a later sync does not make them durable.
        var dropped: [Int: [UInt8]] = [:]

        init(content: [UInt8] = [], durableCount: Int = 0) {
            self.content = content
            self.durableCount = durableCount
        }
    }

    private enum NameChange {
        case create(String, Node)
        case rename(from: String, to: String)
        case remove(String)
    }

    fileprivate let mutex = SystemMutex()
    private var names: [String: Node] = [:]
    private var durableNames: [String: Node] = [:]
    private var changes: [String: [NameChange]] = [:]
    private var folders: Set<String> = ["", "/"]
    fileprivate var locked: Set<String> = []
    private var calls = 0
    private var decide: (@Sendable (DiskCall) -> DiskVerdict)?
    private var capacity = Int.max

    /// An empty disk.
    package init() {}

    /// Calls so far, or since the plan was set.
    package var callCount: Int { mutex.withLock { calls } }
    /// Bytes of all files.
    package var usedByteCount: Int { mutex.withLock { usedBytes } }

    private var usedBytes: Int { names.values.reduce(0) { $0 + $1.content.count } }

    /// Asks `decide` about every call from now on; it is called outside of the disk's lock and may wait, for a slow disk.
    package func plan(_ decide: (@Sendable (DiskCall) -> DiskVerdict)?) {
        mutex.withLock {
            self.decide = decide
            calls = 0
        }
    }

    /// Fails the call of this number, counted from 1 and from now, and with `forGood` all after it.
    package func fail(call number: Int, code: Int32 = EIO, isLate: Bool = false, forGood: Bool = false) {
        plan { call in
            if call.index == number - 1 { return isLate ? .failsLate(code: code) : .fails(code: code) }
            return forGood && call.index >= number ? .fails(code: code) : .succeeds
        }
    }

    /// Lets files grow to so many bytes in all; beyond that writes fail for lack of space.
    package func limit(toBytes capacity: Int) { mutex.withLock { self.capacity = capacity } }

    /// The names of all files, sorted.
    package var paths: [String] { mutex.withLock { names.keys.sorted() } }

    /// What a file holds, synced or not; nil where there is none.
    package func bytes(_ path: String) -> [UInt8]? { mutex.withLock { names[path]?.content } }

    /// Makes a file of this content, durable at once.
    package func put(_ path: String, _ content: [UInt8]) {
        mutex.withLock {
            let node = Node(content: content, durableCount: content.count)
            names[path] = node
            durableNames[path] = node
        }
    }

    /// Changes one bit of a file for good.
    package func flip(_ path: String, bit: Int) {
        mutex.withLock {
            guard let node = names[path], bit / 8 < node.content.count else { return }
            node.content[bit / 8] ^= 1 << UInt8(bit % 8)
            node.former[bit / 8 / Self.sectorBytes] = nil
        }
    }

    /// A disk as it may be found after a crash now; the same seed gives the same disk. Of what was not synced it keeps any
    /// part, or everything, as after the death of the process alone, or nothing.
    package func crashed(seed: UInt64, keepsEverything: Bool = false, keepsNothing: Bool = false) -> MemoryDisk {
        mutex.lock()
        defer { mutex.unlock() }
        var random = CrashChance(state: seed)
        let after = MemoryDisk()
        after.folders = folders
        var survivors = keepsEverything ? names : durableNames
        if !keepsEverything, !keepsNothing {
            for folder in changes.keys.sorted() {
                let pending = changes[folder]!
                for change in pending.prefix(random.below(pending.count + 1)) { Self.apply(change, to: &survivors) }
            }
        }
        for path in survivors.keys.sorted() {
            let content =
                keepsNothing ? Self.synced(survivors[path]!) : Self.content(of: survivors[path]!, keepsEverything, &random)
            let node = Node(content: content, durableCount: content.count)
            after.names[path] = node
            after.durableNames[path] = node
        }
        return after
    }

    private static func content(of node: Node, _ keepsEverything: Bool, _ random: inout CrashChance) -> [UInt8] {
        if keepsEverything { return node.content }
        var bytes = node.content
        for sector in node.former.keys.sorted() where random.below(2) == 0 { restore(&bytes, sector, node.former[sector]!) }
        for sector in node.dropped.keys.sorted() where random.below(2) == 0 {
            restore(&bytes, sector, node.dropped[sector]!)
        }
        let low = min(node.durableCount, bytes.count)
        let count = low + random.below(max(bytes.count, node.durableCount) - low + 1)
        if count < bytes.count {
            bytes.removeSubrange(count...)
        } else {
            bytes += repeatElement(0, count: count - bytes.count)
        }
        return bytes
    }

    private static func synced(_ node: Node) -> [UInt8] {
        var bytes = node.content
        for (sector, former) in node.former { restore(&bytes, sector, former) }
        for (sector, former) in node.dropped { restore(&bytes, sector, former) }
        return Array(bytes.prefix(node.durableCount)) + repeatElement(0, count: max(0, node.durableCount - bytes.count))
    }

    private static func restore(_ bytes: inout [UInt8], _ sector: Int, _ former: [UInt8]) {
        let start = sector * sectorBytes
        for index in 0..<sectorBytes where start + index < bytes.count {
            bytes[start + index] = index < former.count ? former[index] : 0
        }
    }

    private static func apply(_ change: NameChange, to names: inout [String: Node]) {
        switch change {
        case .create(let path, let node): names[path] = node
        case .rename(let from, let to): names[to] = names.removeValue(forKey: from)
        case .remove(let path): names[path] = nil
        }
    }

    fileprivate static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }

    fileprivate static func failure(_ kind: DiskCall.Kind, _ path: String, _ code: Int32) -> LogError {
        // The simulated disk names its calls as the system does.
        let call = kind == .sync ? "fdatasync" : kind == .syncFolder ? "fsync" : kind.rawValue
        return LogError(call: call, file: path, code: code, reason: "injected: " + String(cString: strerror(code)))
    }

    /// Runs a call under the plan; `effect` runs under the lock.
    fileprivate func perform<Value>(
        _ kind: DiskCall.Kind, _ path: String, offset: Int = 0, byteCount: Int = 0,
        _ effect: () throws(LogError) -> Value, late: () -> Void = {}
    ) throws(LogError) -> Value {
        mutex.lock()
        let call = DiskCall(kind: kind, path: path, offset: offset, byteCount: byteCount, index: calls)
        calls += 1
        let decide = self.decide
        mutex.unlock()
        let verdict = decide?(call) ?? .succeeds
        mutex.lock()
        // What a late failure drops may need the lock itself.
        var dropped: Value?
        defer {
            mutex.unlock()
            withExtendedLifetime(dropped) {}
        }
        switch verdict {
        case .succeeds: return try effect()
        case .fails(let code):
            late()
            throw Self.failure(kind, path, code)
        case .failsLate(let code):
            dropped = try effect()
            throw Self.failure(kind, path, code)
        }
    }

    /// Whether files may grow by so many bytes.
    fileprivate func checkSpace(_ extra: Int, _ kind: DiskCall.Kind, _ path: String) throws(LogError) {
        guard extra > 0, capacity < .max, usedBytes + extra > capacity else { return }
        throw Self.failure(kind, path, ENOSPC)
    }

    package func open(_ path: String, _ opening: DiskOpening, isDirect: Bool) throws(LogError) -> any DiskFile {
        try perform(.open, path) { () throws(LogError) in
            if let node = names[path] {
                if opening == .replace { resize(node, 0) }
                return MemoryFile(self, node, path, isDirect)
            }
            guard opening == .create || opening == .replace, folders.contains(Self.folder(of: path)) else {
                throw Self.failure(.open, path, ENOENT)
            }
            let node = Node()
            names[path] = node
            changes[Self.folder(of: path), default: []].append(.create(path, node))
            return MemoryFile(self, node, path, isDirect)
        }
    }

    package func list(_ folder: String) throws(LogError) -> [String] {
        try perform(.list, folder) { () throws(LogError) in
            guard folders.contains(folder) else { throw Self.failure(.list, folder, ENOENT) }
            return names.keys.sorted().filter { Self.folder(of: $0) == folder }.map { String($0.dropFirst(folder.count + 1)) }
        }
    }

    package func makeFolder(_ path: String) throws(LogError) {
        try perform(.makeFolder, path) { () throws(LogError) in
            var folder = path
            while !folder.isEmpty {
                folders.insert(folder)
                folder = Self.folder(of: folder)
            }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        try perform(.rename, path) { () throws(LogError) in
            guard let node = names.removeValue(forKey: path) else { throw Self.failure(.rename, path, ENOENT) }
            names[newPath] = node
            changes[Self.folder(of: path), default: []].append(.rename(from: path, to: newPath))
        }
    }

    package func remove(_ path: String) throws(LogError) {
        try perform(.remove, path) { () throws(LogError) in
            guard names.removeValue(forKey: path) != nil else { throw Self.failure(.remove, path, ENOENT) }
            changes[Self.folder(of: path), default: []].append(.remove(path))
        }
    }

    package func syncFolder(_ path: String) throws(LogError) {
        try perform(.syncFolder, path) { () throws(LogError) in
            for change in changes.removeValue(forKey: path) ?? [] { Self.apply(change, to: &durableNames) }
        }
    }

    package func lock(_ path: String) throws(LogError) -> (any DiskLock)? {
        try perform(.lock, path) { () throws(LogError) in
            locked.insert(path).inserted ? MemoryLock(self, path) : nil
        }
    }

    /// Changes a file's length; new bytes are zeros.
    fileprivate func resize(_ node: Node, _ count: Int) {
        if count < node.content.count {
            for sector in count / Self.sectorBytes...(node.content.count - 1) / Self.sectorBytes { remember(node, sector) }
            node.content.removeSubrange(count...)
        } else {
            node.content += repeatElement(0, count: count - node.content.count)
        }
    }

    /// Keeps what is durable of a sector that is about to change.
    fileprivate func remember(_ node: Node, _ sector: Int) {
        if let dropped = node.dropped.removeValue(forKey: sector) {
            node.former[sector] = dropped
        } else if node.former[sector] == nil {
            let start = min(sector * Self.sectorBytes, node.content.count)
            node.former[sector] = [UInt8](node.content[start..<min(start + Self.sectorBytes, node.content.count)])
        }
    }
}

/// A file of a disk in memory.
private final class MemoryFile: DiskFile, @unchecked Sendable {
    // Sendable: the node is used under the disk's lock only.
    private let disk: MemoryDisk
    private let node: MemoryDisk.Node
    private let path: String
    private let isDirect: Bool

    init(_ disk: MemoryDisk, _ node: MemoryDisk.Node, _ path: String, _ isDirect: Bool) {
        self.disk = disk
        self.node = node
        self.path = path
        self.isDirect = isDirect
    }

    func byteCount() throws(LogError) -> Int { disk.mutex.withLock { node.content.count } }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        try disk.perform(.read, path, offset: offset, byteCount: buffer.count) { () throws(LogError) in
            let count = min(buffer.count, max(0, node.content.count - offset))
            if count > 0 { buffer.copyBytes(from: node.content[offset..<offset + count]) }
            return count
        }
    }

    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        if isDirect {
            let isAligned = offset % 4_096 == 0 && bytes.count % 4_096 == 0 && Int(bitPattern: bytes.baseAddress) % 4_096 == 0
            precondition(isAligned, "a direct write is not aligned")
        }
        guard bytes.count > 0 else { return }
        try disk.perform(.write, path, offset: offset, byteCount: bytes.count) { () throws(LogError) in
            try disk.checkSpace(offset + bytes.count - node.content.count, .write, path)
            if node.content.count < offset + bytes.count { disk.resize(node, offset + bytes.count) }
            for sector in offset / MemoryDisk.sectorBytes...(offset + bytes.count - 1) / MemoryDisk.sectorBytes {
                disk.remember(node, sector)
            }
            node.content.withUnsafeMutableBytes { content in
                UnsafeMutableRawBufferPointer(rebasing: content[offset..<offset + bytes.count]).copyMemory(from: bytes)
            }
        }
    }

    func sync() throws(LogError) {
        try disk.perform(
            .sync, path,
            { () throws(LogError) in
                node.former = [:]
                node.durableCount = node.content.count
            },
            late: {
                node.dropped.merge(node.former) { old, _ in old }
                node.former = [:]
            })
    }

    func preallocate(_ byteCount: Int) throws(LogError) {
        try disk.perform(.preallocate, path, byteCount: byteCount) { () throws(LogError) in
            try disk.checkSpace(byteCount - node.content.count, .preallocate, path)
            if node.content.count < byteCount { disk.resize(node, byteCount) }
        }
    }

    func resize(_ byteCount: Int) throws(LogError) {
        try disk.perform(.resize, path, byteCount: byteCount) { () throws(LogError) in
            try disk.checkSpace(byteCount - node.content.count, .resize, path)
            disk.resize(node, byteCount)
        }
    }
}

/// A lock on a disk in memory.
private final class MemoryLock: DiskLock, @unchecked Sendable {
    // Sendable: `isHeld` is guarded by the disk's lock.
    private let disk: MemoryDisk
    private let path: String
    private var isHeld = true

    init(_ disk: MemoryDisk, _ path: String) {
        self.disk = disk
        self.path = path
    }

    deinit { unlock() }

    func unlock() {
        disk.mutex.withLock {
            if isHeld { disk.locked.remove(path) }
            isHeld = false
        }
    }
}

/// A seeded sequence of choices.
private struct CrashChance {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
