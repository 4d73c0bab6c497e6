/// A word of memory that is the value of a followed slot plus a constant.
struct MemoryTag: BitwiseCopyable {
    /// Where it is: bytes from the start of the memory region; of returned data, bytes from its start.
    var address: Int
    /// The number of the slot's read.
    var read: UInt8
}

/// A rule that tests let the loop for tagged words forget, to see that they would notice it.
enum AffineDefect: CaseIterable, Sendable {
    case lessThan, signedLessThan, equality, sameSlot, gasClass, shift, quotient, mask, remainder, signExtension, exactUse
    case plainMemory, partialOverwrite, returnedCopy, receiptPatches, revertKeepsTags
}

/// Which words of a running transaction are tagged: known to be the value of a followed slot plus a constant.
///
/// The words themselves always hold what they are for the value that was seen; so the constant is the word minus that
/// value, and a tag is just the number of the slot's read, 1 to 255. Tags of a stack lie beside it, a byte a word, and are
/// zero wherever no word is tagged, in use or not.
struct AffineState {
    /// Whether slots are followed at all; while it is false nothing else here is used.
    private(set) var isActive = false
    /// Tags of the running frame's stack that are not zero.
    var live = 0
    /// Tagged words of memory, of the frames from the first to the running one.
    var memoryTags = RawArray<MemoryTag>(capacity: 64)
    /// Tagged words of what the last call returned.
    var returnTags = RawArray<MemoryTag>(capacity: 16)
    /// The same for the frame that is about to end.
    var pendingTags = RawArray<MemoryTag>(capacity: 16)
    /// Set while a negative gas figure means: loaded from a followed slot, go on in the loop for tagged words.
    var hasMetFollowedSlot = false
    /// What is found out.
    // Whoever runs the transaction keeps it alive.
    private(set) var notes: UnsafeMutablePointer<NotedDeltas>?
    private(set) var reads: UnsafeMutablePointer<IntervalRead>?
    private var storage: AffineStorage?

    /// Nil outside of tests.
    var plantedDefect: AffineDefect?

    /// Tagged words of memory at most; where there would be more, slots are read exactly.
    static let memoryTagsMax = 64

    /// Starts to follow slots.
    mutating func begin(_ notes: UnsafeMutablePointer<NotedDeltas>) {
        if storage == nil {
            let made = AffineStorage()
            storage = made
            stackTagsIfAny = made.stackTags
            liveOfFrameIfAny = made.liveOfFrame
            memoryStartIfAny = made.memoryStart
            slotOfReadIfAny = made.slotOfRead
        }
        notes.pointee.isActive = true
        self.notes = notes
        reads = notes.pointee.reads
        isActive = true
    }

    /// Ends a transaction.
    mutating func end() {
        if !isActive { return }
        isActive = false
        notes?.pointee.isActive = false
        notes = nil
        reads = nil
        live = 0
        memoryTags.truncate(to: 0)
        returnTags.truncate(to: 0)
        pendingTags.truncate(to: 0)
    }

    /// Gives the memory back.
    func free() {
        memoryTags.free()
        returnTags.free()
        pendingTags.free()
    }

    // Memory of `storage`; nil before slots are first followed.
    private var stackTagsIfAny: UnsafeMutablePointer<UInt8>?
    private var liveOfFrameIfAny: UnsafeMutablePointer<Int32>?
    private var memoryStartIfAny: UnsafeMutablePointer<Int32>?
    private var slotOfReadIfAny: UnsafeMutablePointer<UInt32>?
    /// The tags of the whole stack region.
    @inline(__always) var stackTags: UnsafeMutablePointer<UInt8> { stackTagsIfAny.unsafelyUnwrapped }
    /// By frame: how many tags its stack holds while a deeper one runs.
    @inline(__always) var liveOfFrame: UnsafeMutablePointer<Int32> { liveOfFrameIfAny.unsafelyUnwrapped }
    /// By frame: how many tagged words of memory belong to the frames below it.
    @inline(__always) var memoryStart: UnsafeMutablePointer<Int32> { memoryStartIfAny.unsafelyUnwrapped }
    /// By read: the index of the slot's record.
    @inline(__always) var slotOfRead: UnsafeMutablePointer<UInt32> { slotOfReadIfAny.unsafelyUnwrapped }

    /// Whether the view wants the slot followed that it was just asked for; only while slots are followed.
    @inline(__always) var followsLast: Bool { notes.unsafelyUnwrapped.pointee.followsLast }

    /// The number for a slot that was just loaded and is to be followed.
    mutating func follow(_ value: U256, slot: Int) -> UInt8 {
        let notes = notes.unsafelyUnwrapped
        let count = notes.pointee.readCount
        (notes.pointee.reads + count).initialize(to: IntervalRead(base: value))
        slotOfRead[count] = UInt32(truncatingIfNeeded: slot)
        notes.pointee.readCount = count + 1
        notes.pointee.followsLast = false
        return UInt8(truncatingIfNeeded: count + 1)
    }

    /// The read with a number.
    @inline(__always)
    func read(_ number: UInt8) -> UnsafeMutablePointer<IntervalRead> { reads.unsafelyUnwrapped + (Int(number) - 1) }

    /// Makes a slot a plain read.
    func makeExact(_ number: UInt8) {
        if plantedDefect == .exactUse { return }
        read(number).pointee.narrow(down: .zero, up: .zero)
    }

    /// Keeps a word of the receipt to be changed with the slot.
    func note(_ patch: WordPatch) {
        if plantedDefect == .receiptPatches { return }
        notes?.pointee.patches.append(patch)
    }

    /// Forgets words of logs that were taken back.
    func forgetPatches(fromLog count: Int) {
        guard let notes else { return }
        while notes.pointee.patches.count > 0 {
            let last = notes.pointee.patches[notes.pointee.patches.count - 1]
            if last.place == .output || last.log < count { return }
            _ = notes.pointee.patches.removeLast()
        }
    }

    /// The fee recipient was paid, and nothing else asked for it.
    func noteFeeDelta() { notes?.pointee.isFeeDelta = true }
}

/// Memory of an `AffineState` that is made once, when a machine first follows slots.
final class AffineStorage {
    private let region = ReservedMemory(byteCount: (MachineLimits.callDepthMax + 1) * MachineLimits.stackWordsMax)
    let stackTags: UnsafeMutablePointer<UInt8>
    let liveOfFrame: UnsafeMutablePointer<Int32>
    let memoryStart: UnsafeMutablePointer<Int32>
    let slotOfRead: UnsafeMutablePointer<UInt32>

    init() {
        stackTags = region.base.assumingMemoryBound(to: UInt8.self)
        liveOfFrame = .allocate(capacity: MachineLimits.callDepthMax + 2)
        liveOfFrame.initialize(repeating: 0, count: MachineLimits.callDepthMax + 2)
        memoryStart = .allocate(capacity: MachineLimits.callDepthMax + 2)
        memoryStart.initialize(repeating: 0, count: MachineLimits.callDepthMax + 2)
        slotOfRead = .allocate(capacity: DeltaNotes.readsMax)
        slotOfRead.initialize(repeating: 0, count: DeltaNotes.readsMax)
    }

    deinit {
        region.free()
        liveOfFrame.deallocate()
        memoryStart.deallocate()
        slotOfRead.deallocate()
    }
}
