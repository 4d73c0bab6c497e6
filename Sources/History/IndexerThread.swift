internal import Glibc

/// How much of the processors the indexer takes.
enum IndexerThread {
    /// The system's number for threads that run when no other wants to (SCHED_IDLE).
    private static let idlePolicy: Int32 = 5

    /// Lets the calling thread run only when a processor has nothing else to do.
    static func takeOnlyIdleTime() {
        var parameters = sched_param()
        parameters.sched_priority = 0
        if sched_setscheduler(0, idlePolicy, &parameters) != 0 {
            setpriority(.init(PRIO_PROCESS.rawValue), 0, 19)
        }
    }
}

/// What the machine's processors have done since it started, as the kernel counts it.
struct ProcessorTicks: Equatable {
    /// Hundredths of a second in which a processor had nothing to do, all processors together.
    var idle: UInt64
    /// Hundredths of a second of all processors.
    var all: UInt64

    /// The counts of now; nil where the system does not tell.
    static func now() -> ProcessorTicks? {
        let file = open("/proc/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { bytes in
            String(decoding: UnsafeRawBufferPointer(bytes).prefix(max(0, read(file, bytes.baseAddress!, bytes.count))), as: UTF8.self)
        }
        return ProcessorTicks(text)
    }

    /// Reads the first line of /proc/stat: user, nice, system, idle, waiting for the disk, and others.
    init?(_ text: String) {
        guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        let counts = line.split(separator: " ").dropFirst().compactMap { UInt64($0) }
        guard counts.count >= 5 else { return nil }
        // The guests' time, from the ninth on, is in the user's already.
        (idle, all) = (counts[3] + counts[4], counts.prefix(8).reduce(0, +))
    }
}

/// The pause of the indexer after a piece of work, in slices between which it looks whether it is still needed.
///
/// Where a fifth of the processors' time is idle, the index takes at most a quarter of one of them; where they are busy, a
/// fortieth, and it follows when they are not.
struct IndexerPause {
    /// Times of the work that it rests where processors are idle.
    private static let idleFactor: Int64 = 3
    /// Times of the work that it rests where they are busy.
    private static let busyFactor: Int64 = 40
    /// Microseconds between two looks.
    private static let sliceMax: Int64 = 100_000
    /// Microseconds at most: a second where processors are idle, ten where they are busy.
    private static let idleMax: Int64 = 1_000_000
    private static let busyMax: Int64 = 10_000_000
    /// Ticks of all processors that must have passed before their share says something.
    private static let ticksMin: UInt64 = 20

    private let idleEnd: Int64
    private let busyEnd: Int64
    private var slept: Int64 = 0
    private let start: ProcessorTicks?

    /// A pause after so long a work, begun at these counts.
    init(after worked: Duration, ticks: ProcessorTicks?) {
        let (seconds, attoseconds) = worked.components
        let microseconds = min(seconds, 100) * 1_000_000 + attoseconds / 1_000_000_000_000
        idleEnd = min(microseconds * Self.idleFactor, Self.idleMax)
        busyEnd = min(microseconds * Self.busyFactor, Self.busyMax)
        start = ticks
    }

    /// How many microseconds to sleep next; nil when it is over.
    mutating func next(ticks: ProcessorTicks?) -> UInt32? {
        let end = isIdle(ticks) ? idleEnd : busyEnd
        guard slept < end else { return nil }
        let slice = min(end - slept, Self.sliceMax)
        slept += slice
        return UInt32(slice)
    }

    private func isIdle(_ ticks: ProcessorTicks?) -> Bool {
        guard let start, let ticks, ticks.all >= start.all + Self.ticksMin, ticks.idle >= start.idle else { return false }
        return (ticks.idle - start.idle) * 5 >= ticks.all - start.all
    }
}
