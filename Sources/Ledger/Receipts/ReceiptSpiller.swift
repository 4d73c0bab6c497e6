/// A thread that writes full chunks of receipts to their file, so that the sequencer does not wait for it.
final class ReceiptSpiller: @unchecked Sendable {
    // Sendable: everything that changes is guarded by `mutex`.
    struct Job: @unchecked Sendable {
        // Sendable: the memory is not written any more, and freed only after the job is done.
        var chunk: Int
        var memory: UnsafeMutableRawPointer
        var byteCount: Int
        var fileOffset: Int
    }

    private let mutex = SystemMutex()
    private let condition = SystemCondition()
    private let file: any DiskFile
    private var waiting: [Job] = []
    private var done: [Job] = []
    private var error: LogError?
    private var isStopping = false
    private var thread: SystemThread?

    /// Begins to write to an open file.
    init(file: any DiskFile) {
        self.file = file
        thread = SystemThread(name: "hoard-receipts") { [unowned self] in run() }
    }

    deinit { stop() }

    /// Ends the thread; what is not written is not needed any more.
    func stop() {
        mutex.lock()
        isStopping = true
        condition.broadcast()
        mutex.unlock()
        thread?.join()
        thread = nil
    }

    /// Hands a chunk over.
    func put(_ job: Job) {
        mutex.lock()
        waiting.append(job)
        condition.broadcast()
        mutex.unlock()
    }

    /// The chunks written since the last call; waits for one where `waits` and none is.
    func takeDone(waits: Bool) throws(LogError) -> [Job] {
        mutex.lock()
        defer { mutex.unlock() }
        while waits, done.isEmpty, error == nil { condition.wait(mutex) }
        if let error { throw error }
        defer { done = [] }
        return done
    }

    private func run() {
        while true {
            mutex.lock()
            while waiting.isEmpty, !isStopping { condition.wait(mutex) }
            if isStopping {
                mutex.unlock()
                return
            }
            let job = waiting.removeFirst()
            mutex.unlock()
            let failure = write(job)
            mutex.lock()
            if let failure { error = failure } else { done.append(job) }
            condition.broadcast()
            mutex.unlock()
        }
    }

    private func write(_ job: Job) -> LogError? {
        do throws(LogError) {
            try file.write(
                at: job.fileOffset, UnsafeRawBufferPointer(start: job.memory, count: job.byteCount))
            return nil
        } catch { return error }
    }
}
