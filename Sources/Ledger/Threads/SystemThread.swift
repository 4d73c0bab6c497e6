internal import Glibc

/// A thread of the system with a name and a stack of its own size.
final class SystemThread: @unchecked Sendable {
    // Sendable: the handle is written before the object is shared and used by `join` alone, once.
    private var handle: pthread_t = 0
    private var isJoined = false

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread; names longer than 15 bytes are cut.
    init(name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, stackBytes)
        let code = pthread_create(
            &handle, attributes,
            { pointer in
                let start = Unmanaged<Start>.fromOpaque(pointer!).takeRetainedValue()
                CurrentThread.setName(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        pthread_attr_destroy(attributes)
        precondition(code == 0, "the system gives no thread: \(code)")
    }

    /// Waits for the thread's end; further calls return at once.
    func join() {
        guard !isJoined else { return }
        isJoined = true
        pthread_join(handle, nil)
    }

    /// Lets other threads have the processor.
    static func yield() { sched_yield() }

    /// Asks for another nice level for the calling thread; where that is not permitted nothing happens.
    static func setNiceLevel(_ level: Int32) {
        setpriority(.init(PRIO_PROCESS.rawValue), 0, level)
    }
}

/// The thread that calls.
package enum CurrentThread {
    /// Names it for those who look at the process; a system without this file shows no name, and others the first 15 bytes.
    package static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
        close(file)
    }
}

/// A mutual exclusion whose waiting costs no spinning.
final class SystemMutex: @unchecked Sendable {
    // Sendable: that is its purpose; the memory never moves.
    fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Runs the body while holding the lock.
    func withLock<Value>(_ body: () -> Value) -> Value {
        lock()
        defer { unlock() }
        return body()
    }
}

/// A wait for something that another thread does together with a mutex.
final class SystemCondition: @unchecked Sendable {
    // Sendable: that is its purpose; the memory never moves.
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Waits for a signal; the mutex is held before and afterwards.
    func wait(_ mutex: SystemMutex) { pthread_cond_wait(condition, mutex.mutex) }

    /// Waits for a signal, or until so many nanoseconds have passed.
    func wait(_ mutex: SystemMutex, nanoseconds: UInt64) {
        let deadline = SystemClock.monotonicNanoseconds() + nanoseconds
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex.mutex, &time)
    }

    func broadcast() { pthread_cond_broadcast(condition) }
}

/// The system's clocks.
enum SystemClock {
    /// Nanoseconds since some point in the past; never goes backwards.
    static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds since 1970.
    static func wallMilliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Processors that the process may use.
    static func processorCount() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
