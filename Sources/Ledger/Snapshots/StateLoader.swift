internal import EVM

/// Loads runs of state, from the oldest to the newest, into a world without any, in two stages on threads of their own:
///
///     read: checksums, decoding, accounts --> insert: slots
struct StateLoader {
    let disk: any Disk
    let folder: String
    let threads: any ThreadHost

    /// Loads everything; a world whose loading fails is of no use.
    func load(_ runs: [StateRunInfo], into world: WorldState) throws(LogError) {
        guard !runs.isEmpty else { return }
        let queue = SlotQueue()
        let reader = StateRunDecoder(runs, disk: disk, folder: folder, world: world, to: queue)
        let inserter = SlotInserter(world: world, from: queue)
        let works = [
            threads.start(reader, name: "hoard-load"), threads.start(inserter, name: "hoard-insert"),
        ]
        for work in works { work.join() }
        if let error = reader.error { throw error }
        // Nothing is wrong with the files where the work was broken off.
        guard inserter.isDone else {
            throw LogError(call: "load", file: folder, code: LogError.interrupted, reason: "was broken off")
        }
        inserter.finish()
    }
}

/// A slot on its way into the world; zero takes it out.
private struct LoadedSlot: BitwiseCopyable {
    var slot: U256
    var value: U256
    var owner: UInt32
    var mark: SlotMark
}

/// Slots that were decoded together.
private final class SlotBatch: @unchecked Sendable {
    // Sendable: one stage has it at a time.
    let slots = RawList<LoadedSlot>(capacity: 8_192)
}

/// The queue between the two stages, of few batches.
private final class SlotQueue: @unchecked Sendable {
    // Sendable: guarded by `mutex`.
    private static let batchesMax = 8
    private let mutex = SystemMutex()
    private var batches: [SlotBatch] = []
    private var spare: [SlotBatch] = []
    private var isClosed = false
    let filler = WaitPoint(spinMicroseconds: 20)
    let taker = WaitPoint(spinMicroseconds: 20)

    var hasRoom: Bool { mutex.withLock { batches.count < Self.batchesMax } }

    func put(_ batch: SlotBatch) {
        mutex.withLock { batches.append(batch) }
        taker.signal()
    }

    func close() {
        mutex.withLock { isClosed = true }
        taker.signal()
    }

    func take() -> (batch: SlotBatch?, isOver: Bool) {
        let taken: (batch: SlotBatch?, isOver: Bool) = mutex.withLock {
            batches.isEmpty ? (nil, isClosed) : (batches.removeFirst(), false)
        }
        if taken.batch != nil { filler.signal() }
        return taken
    }

    func recycle(_ batch: SlotBatch) {
        batch.slots.removeAll()
        mutex.withLock { spare.append(batch) }
    }

    func takeSpare() -> SlotBatch { mutex.withLock { spare.popLast() } ?? SlotBatch() }
}

/// The stage that reads: codes and accounts go into the world at once, slots to the other stage.
private final class StateRunDecoder: StepWork, @unchecked Sendable {
    // Sendable: used by one thread, and read by another when that has ended.
    private var runs: ArraySlice<StateRunInfo>
    private let disk: any Disk
    private let folder: String
    private let world: WorldState
    private let queue: SlotQueue
    private var chunks: StateChunkReader?
    /// The last account, which slots belong to, and its storage space, where it is known.
    private var address: Address?
    private var owner: UInt32 = 0
    private(set) var error: LogError?
    var waitPoint: WaitPoint { queue.filler }

    init(_ runs: [StateRunInfo], disk: any Disk, folder: String, world: WorldState, to queue: SlotQueue) {
        self.runs = runs[...]
        self.disk = disk
        self.folder = folder
        self.world = world
        self.queue = queue
    }

    func step() -> StepOutcome {
        guard queue.hasRoom else { return .waits }
        do throws(LogError) {
            if try decodeChunk() { return .worked }
        } catch {
            self.error = error
        }
        queue.close()
        return .finished
    }

    /// Decodes the next chunk; false at the end.
    private func decodeChunk() throws(LogError) -> Bool {
        while true {
            if let chunks {
                if var reader = try chunks.next() {
                    let batch = queue.takeSpare()
                    do throws(CodingError) {
                        while !reader.isAtEnd { try decode(&reader, batch) }
                    } catch {
                        throw chunks.damage("expected \(error.expected)")
                    }
                    queue.put(batch)
                    return true
                }
                self.chunks = nil
            }
            guard let next = runs.popFirst() else { return false }
            chunks = try StateChunkReader(disk: disk, folder: folder, info: next)
            address = nil
            owner = 0
        }
    }

    @inline(__always)
    private func decode(_ reader: inout ByteReader, _ batch: SlotBatch) throws(CodingError) {
        let kind = try reader.byte()
        if let mark = SlotMark(rawValue: kind) {
            if owner == 0 {
                guard let address else { throw CodingError(offset: reader.offset, expected: "an account before its slots") }
                owner = world.storageSpace(of: address)
            }
            batch.slots.append(
                LoadedSlot(slot: try reader.word(), value: try reader.minimalWord(), owner: owner, mark: mark))
            return
        }
        switch kind {
        case 1: _ = world.codeNumber(try reader.digest(), code: try reader.counted())
        case 2:
            let next = try reader.address()
            let (change, isCleared) = try reader.accountFate()
            world.load(next, change, isCleared: isCleared)
            address = next
            owner = 0
        default: throw CodingError(offset: reader.offset, expected: "an item")
        }
    }
}

/// The stage that enters slots, and counts those of each storage space.
private final class SlotInserter: StepWork, @unchecked Sendable {
    // Sendable: used by one thread, and read by another when that has ended.
    /// Slots that are looked for while the memory of this many behind them is on its way.
    private static let ahead = 16
    private let world: WorldState
    private let queue: SlotQueue
    private let hashes = RawList<UInt64>(capacity: 8_192)
    private var counts: [Int] = []
    /// Whether everything has been entered.
    private(set) var isDone = false
    var waitPoint: WaitPoint { queue.taker }

    init(world: WorldState, from queue: SlotQueue) {
        self.world = world
        self.queue = queue
    }

    func step() -> StepOutcome {
        let (taken, isOver) = queue.take()
        guard let batch = taken else {
            isDone = isOver
            return isOver ? .finished : .waits
        }
        insert(batch.slots.elements)
        queue.recycle(batch)
        return .worked
    }

    private func insert(_ slots: UnsafeMutableBufferPointer<LoadedSlot>) {
        hashes.removeAll()
        for slot in slots {
            hashes.append(world.slots.hash(SlotKey(owner: slot.owner, slot: slot.slot)))
            while counts.count <= Int(slot.owner) { counts.append(0) }
        }
        let hashes = hashes.elements
        for index in 0..<min(Self.ahead, hashes.count) { world.slots.prefetch(hashes[index]) }
        counts.withUnsafeMutableBufferPointer { counts in
            for index in slots.indices {
                if index + Self.ahead < hashes.count { world.slots.prefetch(hashes[index + Self.ahead]) }
                let slot = slots[index]
                counts[Int(slot.owner)] += world.load(
                    SlotKey(owner: slot.owner, slot: slot.slot), hashes[index], slot.value, slot.mark)
            }
        }
    }

    /// Notes in the world how many slots each storage space has, when both stages have ended.
    func finish() {
        world.owners.forEachPlace { owner in
            let number = Int(owner.pointee.number)
            owner.pointee.slotCount = number < counts.count ? counts[number] : 0
        }
    }
}
