internal import EVM

/// Foresees which slots transactions will read, by what others of their kind have read: then their hashes are computed side
/// by side, and their memory is on its way when it is needed.
///
/// A kind is a contract and one of its functions. Nothing but time depends on what is foreseen.
final class AccessForecast {
    /// A kind of transactions; memory of zeros holds none.
    private struct Kind: BitwiseCopyable {
        var address: Address
        var selector: UInt32
        /// How much more often it was met, of late, than others that would have its place; 0 marks a vacant place.
        var standing: UInt32
        /// Transactions until the next sample.
        var countdown: UInt32
        var stepCount: UInt32
        var readCount: UInt32
        /// How many times hashes of its steps are taken of hashes of others, and one.
        var levelCount: UInt32
    }

    /// A transaction of a kind whose reads are foreseen.
    private struct Lane: BitwiseCopyable {
        var operation: Int
        var kind: Int
    }

    /// Samples of one kind.
    private struct Lesson {
        var kind: Int
        var samples: [AccessSample] = []
        /// How often another kind was to be learnt meanwhile.
        var delays = 0
    }

    private static let kindsMax = 64
    private static let standingMax: UInt32 = 1_024
    /// How often other kinds wait for one that is being learnt and of which no more come.
    private static let delaysMax = 4_096
    private let memo: KeccakMemo
    private let firstSampleAfter: UInt32
    private let nextSampleAfter: UInt32
    private let kinds: UnsafeMutablePointer<Kind>
    private let steps: UnsafeMutablePointer<HashStep>
    private let reads: UnsafeMutablePointer<ForeseenRead>
    /// The numbers of the reads' storage spaces in this run; 0 where there is none.
    private let owners: UnsafeMutablePointer<UInt32>
    /// Where the hash of each step of each lane is in `wanted`.
    private let places: UnsafeMutablePointer<Int>
    private let lanes = RawList<Lane>(capacity: LedgerLimits.chunkOperationsMax)
    private let wanted = RawList<WantedHash>(capacity: LedgerLimits.chunkOperationsMax * 8)
    private var lesson: Lesson?
    private var sampled: OperationID?

    /// A forecast for whoever hashes with this memo. A kind is learnt once so many of it have come, and learnt again after
    /// so many more: often enough to follow changes, and seldom enough that kinds made up by somebody cost nothing.
    init(memo: KeccakMemo, firstSampleAfter: Int = 1_024, nextSampleAfter: Int = 65_536) {
        self.memo = memo
        self.firstSampleAfter = UInt32(firstSampleAfter)
        self.nextSampleAfter = UInt32(nextSampleAfter)
        let parts = Self.kindsMax * AccessPattern.stepsMax
        kinds = .allocate(capacity: Self.kindsMax)
        kinds.initialize(
            repeating: Kind(address: .zero, selector: 0, standing: 0, countdown: 0, stepCount: 0, readCount: 0, levelCount: 0),
            count: Self.kindsMax)
        steps = .allocate(capacity: parts)
        reads = .allocate(capacity: parts)
        owners = .allocate(capacity: parts)
        places = .allocate(capacity: LedgerLimits.chunkOperationsMax * AccessPattern.stepsMax)
    }

    deinit {
        kinds.deallocate()
        steps.deallocate()
        reads.deallocate()
        owners.deallocate()
        places.deallocate()
    }

    /// Hashes, and asks for the memory of, what these operations will read. At most a chunk of them: more would drive each other
    /// out of the caches.
    func prepare(_ operations: ArraySlice<Operation>, world: WorldState) {
        operations.withUnsafeBufferPointer { operations in
            lanes.removeAll()
            wanted.removeAll()
            var levels = 0
            for place in 0..<min(operations.count, LedgerLimits.chunkOperationsMax) {
                guard let kind = meet(operations[place]) else { continue }
                levels = max(levels, enter(kind, place, world))
            }
            for level in 0..<levels { hash(level, operations) }
            ask(world)
        }
    }

    /// Takes a lane for an operation where something is foreseen; returns how many levels of hashes that takes.
    private func enter(_ kind: Int, _ operation: Int, _ world: WorldState) -> Int {
        let first = kind * AccessPattern.stepsMax
        guard kinds[kind].stepCount > 0 else { return 0 }
        if !lanes.elements.contains(where: { $0.kind == kind }) {
            for index in first..<first + Int(kinds[kind].readCount) {
                owners[index] = world.storageNumber(of: reads[index].address) ?? 0
            }
        }
        lanes.append(Lane(operation: operation, kind: kind))
        return Int(kinds[kind].levelCount)
    }

    private func hash(_ level: Int, _ operations: UnsafeBufferPointer<Operation>) {
        let start = wanted.count
        for (number, lane) in lanes.elements.enumerated() {
            let first = lane.kind * AccessPattern.stepsMax
            let digests = places + number * AccessPattern.stepsMax
            operations[lane.operation].transaction.data.withUnsafeBytes { data in
                func word(_ source: WordSource) -> U256 {
                    switch source.kind {
                    case .constant: source.constant
                    case .sender: operations[lane.operation].transaction.sender.word
                    case .data: AccessCall.word(Int(source.index), of: data)
                    case .digest: wanted.elements[digests[Int(source.index)]].digest
                    }
                }
                for index in 0..<Int(kinds[lane.kind].stepCount) where Int(steps[first + index].level) == level {
                    let step = steps + (first + index)
                    digests[index] = wanted.count
                    wanted.append(WantedHash(upper: word(step.pointee.upper), lower: word(step.pointee.lower)))
                }
            }
        }
        memo.hashAll(UnsafeMutableBufferPointer(rebasing: wanted.elements[start...]))
    }

    private func ask(_ world: WorldState) {
        for (number, lane) in lanes.elements.enumerated() {
            let first = lane.kind * AccessPattern.stepsMax
            let digests = places + number * AccessPattern.stepsMax
            for index in first..<first + Int(kinds[lane.kind].readCount) where owners[index] != 0 {
                let digest = wanted.elements[digests[Int(reads[index].step)]].digest
                world.prefetchSlot(SlotKey(owner: owners[index], slot: digest &+ U256(reads[index].offset)))
            }
        }
    }

    /// The kind of an operation, which may have to be learnt; nil for a creation, and where another kind has the place.
    private func meet(_ operation: Operation) -> Int? {
        guard let address = operation.transaction.to else { return nil }
        let selector = operation.transaction.data.withUnsafeBytes { AccessCall.selector($0) }
        let word = address.word
        let mixed = (word.l0 ^ word.l1 ^ UInt64(selector) &* 0x9E37_79B9_7F4A_7C15) &* 0xD1B5_4A32_D192_ED03
        let index = Int(truncatingIfNeeded: mixed &>> 58)
        let kind = kinds + index
        if kind.pointee.standing == 0 {
            kind.pointee = Kind(
                address: address, selector: selector, standing: 1, countdown: firstSampleAfter, stepCount: 0, readCount: 0,
                levelCount: 0)
            if lesson?.kind == index { lesson = nil }
        } else if kind.pointee.selector != selector || kind.pointee.address != address {
            kind.pointee.standing -= 1
            return nil
        } else if kind.pointee.standing < Self.standingMax {
            kind.pointee.standing += 1
        }
        if kind.pointee.countdown > 0 {
            kind.pointee.countdown -= 1
        } else {
            ask(for: operation.id, of: index)
        }
        return index
    }

    /// Makes an operation a sample of its kind, unless another kind is being learnt.
    private func ask(for id: OperationID, of kind: Int) {
        guard let kindInTurn = lesson?.kind, kindInTurn != kind else {
            if lesson == nil { lesson = Lesson(kind: kind) }
            sampled = id
            return
        }
        lesson?.delays += 1
        if (lesson?.delays ?? 0) > Self.delaysMax { lesson = nil }
    }
}

// What is learnt.
extension AccessForecast {
    /// Whether an operation is to run as a sample.
    @inline(__always)
    func wants(_ id: OperationID) -> Bool { sampled == id }

    /// Runs a transaction over a view that notes what is read, and learns from it.
    func sample<Outcome>(_ transaction: Transaction, _ world: WorldState, _ run: (SampledView) -> Outcome) -> Outcome {
        sampled = nil
        let view = SampledView(world)
        let outcome = run(view)
        guard var lesson else { return outcome }
        lesson.samples.append(AccessSample(transaction, reads: view.reads, memo: memo))
        self.lesson = lesson
        if lesson.samples.count == 3 {
            var pattern = AccessPattern(lesson.samples[0], lesson.samples[1], memo: memo)
            pattern.keepWhatIsTrue(of: lesson.samples[2], memo: memo)
            install(pattern, lesson.kind)
            self.lesson = nil
        }
        return outcome
    }

    private func install(_ pattern: AccessPattern, _ kind: Int) {
        let first = kind * AccessPattern.stepsMax
        for (index, step) in pattern.steps.enumerated() { (steps + (first + index)).initialize(to: step) }
        for (index, read) in pattern.reads.enumerated() { (reads + (first + index)).initialize(to: read) }
        kinds[kind].stepCount = UInt32(pattern.steps.count)
        kinds[kind].readCount = UInt32(pattern.reads.count)
        kinds[kind].levelCount = (pattern.steps.map { UInt32($0.level) }.max() ?? 0) + 1
        kinds[kind].countdown = nextSampleAfter
    }
}
