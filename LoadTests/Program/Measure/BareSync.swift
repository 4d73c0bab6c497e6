import Foundation

/// What a write and a sync cost on a disk, with nothing else: the floor under every durable answer.
struct BareSync: Equatable {
    static let bytesPerWrite = 4096
    static let writesMax = 400
    static let nanosecondsMax: UInt64 = 2_000_000_000

    var p50Milliseconds: Double
    var p99Milliseconds: Double

    /// Measures in a folder: 400 writes of 4 KiB into a file that has its length already, each followed by fdatasync; at most two seconds.
    static func measure(folder: String) -> BareSync? {
        let path = folder + "/bare-sync"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer {
            close(descriptor)
            unlink(path)
        }
        let block = [UInt8](repeating: 1, count: bytesPerWrite)
        for number in 0..<writesMax { guard write(descriptor, block, number) else { return nil } }
        guard fsync(descriptor) == 0 else { return nil }
        var durations: [UInt64] = []
        let begin = MonotonicClock.nanoseconds()
        while durations.count < writesMax, MonotonicClock.nanoseconds() - begin < nanosecondsMax {
            let start = MonotonicClock.nanoseconds()
            guard write(descriptor, block, durations.count), fdatasync(descriptor) == 0 else { return nil }
            durations.append(MonotonicClock.nanoseconds() - start)
        }
        durations.sort()
        func milliseconds(_ share: Double) -> Double {
            Double(durations[min(durations.count - 1, Int(Double(durations.count) * share))]) / 1e6
        }
        return BareSync(p50Milliseconds: milliseconds(0.5), p99Milliseconds: milliseconds(0.99))
    }

    private static func write(_ descriptor: Int32, _ block: [UInt8], _ number: Int) -> Bool {
        pwrite(descriptor, block, block.count, off_t(number * bytesPerWrite)) == block.count
    }
}
