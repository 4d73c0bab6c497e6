internal import Synchronization

/// The work that writes receipts to their file, so that the sequencer does not wait for it.
///
/// It writes whole pages past the system's cache. The last page of a part is written again with the next part: what stands
/// on it already is written with the same bytes, so that a torn write harms nothing that was durable.
final class ReceiptSpiller: StepWork, @unchecked Sendable {
    // Sendable: what changes is guarded by `mutex`, or is set before the work begins.
    /// Part of a chunk that will not change any more.
    struct Job: Sendable {
        var chunk: ReceiptChunk
        var from: Int
        var to: Int
    }

    /// Where new jobs are signalled.
    let waitPoint = WaitPoint(spinMicroseconds: 0)
    private let mutex = SystemMutex()
    /// Open for direct writes.
    private let file: any DiskFile
    /// A copy of the page that the sequencer may be appending to.
    private let page = UnsafeMutableRawBufferPointer.allocate(
        byteCount: LedgerLimits.pageBytes, alignment: LedgerLimits.pageBytes)
    private var waiting: [Job] = []
    private var isStopping = false
    private var clock: (any LedgerClock)?
    private var shared: LedgerShared?
    private var retry = DiskRetry()
    private let written: Atomic<Int>
    private let listener = Mutex<WaitPoint?>(nil)

    /// Goes on behind the end of a file.
    init(file: any DiskFile, end: Int) {
        self.file = file
        written = Atomic(end)
    }

    deinit { page.deallocate() }

    /// Everything before this place is in the file, though not durable.
    var end: Int { written.load(ordering: .acquiring) }

    /// Connects it with the ledger that it works for.
    func join(_ clock: any LedgerClock, _ shared: LedgerShared) {
        self.clock = clock
        self.shared = shared
    }

    /// Signals this wait point whenever something has been written.
    func tell(_ waitPoint: WaitPoint) { listener.withLock { $0 = waitPoint } }

    /// Hands a part over; parts come in the order of their places.
    func put(_ job: Job) {
        mutex.withLock { waiting.append(job) }
        waitPoint.signal()
    }

    /// Ends the work once everything has been written, or the disk refuses.
    func stop() {
        mutex.withLock { isStopping = true }
        waitPoint.signal()
    }

    /// Makes everything written durable.
    func sync() throws(LogError) { try file.sync() }

    /// Writes everything that waits, on the calling thread.
    func writeAll() throws(LogError) {
        while let job = mutex.withLock({ waiting.first }) { try write(job) }
    }

    private func write(_ job: Job) throws(LogError) {
        let chunk = job.chunk
        let begin = job.from - job.from % LedgerLimits.pageBytes
        let lastPage = job.to - job.to % LedgerLimits.pageBytes
        if begin < lastPage {
            try file.write(
                at: chunk.base + begin, UnsafeRawBufferPointer(start: chunk.memory + begin, count: lastPage - begin))
        }
        if lastPage < job.to {
            page.initializeMemory(as: UInt8.self, repeating: 0)
            page.copyMemory(from: UnsafeRawBufferPointer(start: chunk.memory + lastPage, count: job.to - lastPage))
            try file.write(at: chunk.base + lastPage, UnsafeRawBufferPointer(page))
        }
        mutex.withLock { _ = waiting.removeFirst() }
        written.store(chunk.base + job.to, ordering: .releasing)
        listener.withLock { $0?.signal() }
    }

    /// Writes one part.
    func step() -> StepOutcome {
        guard let job = mutex.withLock({ waiting.first }) else {
            return mutex.withLock { isStopping } ? .finished : .waits
        }
        guard let shared, let clock else { preconditionFailure("a spiller works for a ledger") }
        if shared.hasFailed { return .finished }
        do throws(LogError) {
            try write(job)
            retry.succeeded()
            shared.setStall(.receipts, nil)
            shared.sequencerWait.signal()
            return .worked
        } catch {
            // Nothing that was answered depends on this file: recovery writes it again from the log.
            if mutex.withLock({ isStopping }) { return .finished }
            shared.setStall(.receipts, "\(error.call) \(error.file): \(error.reason)")
            return .waitsUntil(monotonicNanoseconds: clock.monotonicNanoseconds() + retry.failed())
        }
    }
}

/// How long to wait before a call to the disk is tried again: 10 ms, twice as long each time, a second at most.
struct DiskRetry {
    private var pauseNanoseconds: UInt64 = 0
    /// Failures since the last success.
    private(set) var failures = 0

    /// The pause after one more failure.
    mutating func failed() -> UInt64 {
        failures += 1
        pauseNanoseconds = min(max(10_000_000, pauseNanoseconds * 2), 1_000_000_000)
        return pauseNanoseconds
    }

    /// Forgets the failures.
    mutating func succeeded() { self = DiskRetry() }
}
