internal import CShims
internal import EVM

/// One piece of a state, or of what changed in it, in the order: codes by hash, then accounts by address, each followed by
/// its slots in order.
enum StateItem: Equatable {
    case code(Hash256, [UInt8])
    /// What became of an account: nil for no change, nil inside for a deletion. `isCleared`: its slots from before are gone.
    case account(Address, change: AccountState??, isCleared: Bool)
    /// A slot of the last account; zero for one that is gone.
    case slot(U256, value: U256, mark: SlotMark)
}

/// What became of a slot's mark, which says that a transfer event has explained a change of it.
enum SlotMark: UInt8 {
    /// It is what it was.
    case unchanged = 3
    /// The slot is known as a balance.
    case balance = 4
    /// It was zero in between, which takes the mark.
    case reset = 5
}

/// What a manifest says of a run of state.
struct StateRunInfo: Equatable {
    var sequence: UInt64
    var byteCount: Int
    var accounts: Int
    var slots: Int

    var name: String { "state-\(sequence)" }
}

/// How items lie in a file: chunks of at most a few hundred kilobytes, each with its length, a checksum that also covers
/// the run's number and the chunk's, and whole items.
enum StateRunLayout {
    static let chunkBytes = 256 << 10
    static let headBytes = 8

    static func checksum(_ payload: UnsafeRawBufferPointer, sequence: UInt64, chunk: Int) -> UInt32 {
        var salt = (sequence.littleEndian, UInt64(chunk).littleEndian)
        return hoard_crc32c(hoard_crc32c(0, &salt, 16), payload.baseAddress, payload.count)
    }
}

/// Writes a run of state.
final class StateRunWriter {
    private let appender: DiskAppender
    private var payload = ByteBuffer(capacity: StateRunLayout.chunkBytes * 2)
    private var info: StateRunInfo
    private var chunk = 0

    /// Begins a run.
    init(disk: any Disk, folder: String, sequence: UInt64) throws(LogError) {
        info = StateRunInfo(sequence: sequence, byteCount: 0, accounts: 0, slots: 0)
        appender = DiskAppender(try disk.open(folder + "/" + info.name, .replace))
    }

    /// Appends the next item.
    func append(_ item: StateItem) throws(LogError) {
        switch item {
        case .code(let hash, let code):
            payload.append(UInt8(1))
            payload.append(hash.word)
            payload.append(counted: code)
        case .account(let address, let change, let isCleared):
            info.accounts += 1
            payload.append(UInt8(2))
            payload.append(address)
            var flags: UInt8 = isCleared ? 4 : 0
            if let change {
                flags |= change == nil ? 2 : 1
                if let account = change, account.codeHash != .emptyCode { flags |= 8 }
            }
            payload.append(flags)
            if let change, let account = change {
                payload.append(variable: account.nonce)
                payload.append(minimal: account.balance)
                if account.codeHash != .emptyCode { payload.append(account.codeHash.word) }
            }
        case .slot(let slot, let value, let mark):
            info.slots += 1
            payload.append(mark.rawValue)
            payload.append(slot)
            payload.append(minimal: value)
        }
        if payload.count >= StateRunLayout.chunkBytes { try flush() }
    }

    private func flush() throws(LogError) {
        guard payload.count > 0 else { return }
        var head = ByteBuffer()
        head.append(fixed: UInt32(payload.count))
        head.append(fixed: StateRunLayout.checksum(payload.bytes, sequence: info.sequence, chunk: chunk))
        try appender.append(head.bytes)
        try appender.append(payload.bytes)
        payload.truncate(to: 0)
        chunk += 1
    }

    /// Writes what is left and makes the run durable; its name becomes so with the folder's next sync.
    func finish() throws(LogError) -> StateRunInfo {
        try flush()
        try appender.finish()
        info.byteCount = appender.byteCount
        return info
    }
}

/// Reads the chunks of a run of state from its beginning; each is checked before anything of it is handed out.
final class StateChunkReader {
    private let file: any DiskFile
    private let path: String
    private let info: StateRunInfo
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: StateRunLayout.chunkBytes * 2, alignment: 64)
    private var place = 0
    private var chunk = 0

    /// Opens a run.
    init(disk: any Disk, folder: String, info: StateRunInfo) throws(LogError) {
        path = folder + "/" + info.name
        self.info = info
        file = try disk.open(path, .read)
        guard try file.byteCount() == info.byteCount else {
            throw LogError(
                call: "read", file: path, reason: "has \(try file.byteCount()) bytes, the manifest says \(info.byteCount)")
        }
    }

    deinit { memory.deallocate() }

    /// The items of the next chunk, valid until the next call; nil at the end.
    func next() throws(LogError) -> ByteReader? {
        guard place < info.byteCount else { return nil }
        let head = UnsafeMutableRawBufferPointer(rebasing: memory[0..<StateRunLayout.headBytes])
        try file.readAll(at: place, into: head, of: path)
        let count = Int(UInt32(littleEndian: head.load(as: UInt32.self)))
        let checksum = UInt32(littleEndian: head.load(fromByteOffset: 4, as: UInt32.self))
        guard count > 0, count <= memory.count, place + StateRunLayout.headBytes + count <= info.byteCount else {
            throw damage("its length is \(count)")
        }
        let payload = UnsafeMutableRawBufferPointer(rebasing: memory[0..<count])
        try file.readAll(at: place + StateRunLayout.headBytes, into: payload, of: path)
        place += StateRunLayout.headBytes + count
        let bytes = UnsafeRawBufferPointer(payload)
        guard StateRunLayout.checksum(bytes, sequence: info.sequence, chunk: chunk) == checksum else {
            throw damage("its checksum does not hold")
        }
        chunk += 1
        return ByteReader(bytes)
    }

    /// What is said of a chunk that was read last.
    func damage(_ reason: String) -> LogError {
        LogError(call: "read", file: path, reason: "the chunk before byte \(place) is damaged: \(reason)")
    }
}

/// Reads a run of state item by item.
final class StateRunReader {
    private let chunks: StateChunkReader
    private var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    /// The item at which the reader stands; nil at the end.
    private(set) var current: StateItem?

    /// Opens a run and stands at its first item.
    init(disk: any Disk, folder: String, info: StateRunInfo) throws(LogError) {
        chunks = try StateChunkReader(disk: disk, folder: folder, info: info)
        try advance()
    }

    /// Goes to the next item.
    func advance() throws(LogError) {
        if reader.isAtEnd {
            guard let next = try chunks.next() else {
                current = nil
                return
            }
            reader = next
        }
        do throws(CodingError) {
            current = try reader.stateItem()
        } catch {
            throw chunks.damage("expected \(error.expected)")
        }
    }
}

extension ByteReader {
    /// Reads one item of a run of state.
    mutating func stateItem() throws(CodingError) -> StateItem {
        let kind = try byte()
        switch kind {
        case 1: return .code(try digest(), try counted())
        case 2:
            let address = try address()
            let (change, isCleared) = try accountFate()
            return .account(address, change: change, isCleared: isCleared)
        default:
            guard let mark = SlotMark(rawValue: kind) else { throw CodingError(offset: offset, expected: "an item") }
            return .slot(try word(), value: try minimalWord(), mark: mark)
        }
    }

    /// Reads what became of an account, behind its address.
    mutating func accountFate() throws(CodingError) -> (change: AccountState??, isCleared: Bool) {
        let flags = try byte()
        var change: AccountState??
        if flags & 2 != 0 { change = .some(nil) }
        if flags & 1 != 0 {
            let nonce = try variable()
            let balance = try minimalWord()
            change = .some(
                AccountState(nonce: nonce, balance: balance, codeHash: flags & 8 != 0 ? try digest() : .emptyCode))
        }
        return (change, flags & 4 != 0)
    }
}
