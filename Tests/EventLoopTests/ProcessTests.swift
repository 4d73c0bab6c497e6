import EventLoop
import Foundation
import Testing

/// What changes the whole process is tested in a process of its own.
struct ProcessTests {
    @Test func `a signal reaches its closure instead of ending the process`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let loop = try EventLoop()
            var seen: [Int32] = []
            try loop.signals([SIGINT, SIGTERM]) { number in
                seen.append(number)
                if seen.count == 2 { loop.stop() } else { kill(getpid(), SIGINT) }
            }
            loop.timer(afterMilliseconds: 1) { kill(getpid(), SIGTERM) }
            loop.run()
            loop.close()
            exit(seen == [SIGTERM, SIGINT] ? 7 : 1)
        }
    }

    @Test func `without descriptors the listener sheds new connections and lives on`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let loop = try EventLoop()
            var kept: [Connection] = []
            let listener = try loop.listen(host: "127.0.0.1", port: 0) { kept.append($0) }
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var fillers: [Int32] = []
            // Fills the table of descriptors but for so many, whatever other threads have opened or closed meanwhile.
            func leave(_ count: Int) {
                while true {
                    let descriptor = open("/dev/null", O_RDONLY)
                    if descriptor < 0 { break }
                    fillers.append(descriptor)
                }
                for _ in 0..<count { close(fillers.removeLast()) }
            }
            var ended = 0
            var failed = 0
            func attempt() {
                loop.connect(host: "127.0.0.1", port: listener.boundPort) { result in
                    guard let connection = try? result.get() else {
                        failed += 1
                        return
                    }
                    connection.onClose = { _ in ended += 1 }
                }
            }
            // Runs the loop until something has happened, for 20 seconds at most: how fast depends on the machine.
            func run(until hasHappened: @escaping () -> Bool) {
                var looks = 0
                let watch = loop.timer(afterMilliseconds: 10, repeatMilliseconds: 10) {
                    looks += 1
                    if hasHappened() || looks == 2_000 { loop.stop() }
                }
                loop.run()
                watch.cancel()
            }
            // Client and server of the first, then a client that is shed.
            leave(2)
            attempt()
            run { kept.count == 1 }
            leave(1)
            attempt()
            run { ended == 1 }
            // A listener that cannot accept must not turn in circles meanwhile.
            let cpuBefore = clock()
            loop.timer(afterMilliseconds: 1_000) { loop.stop() }
            loop.run()
            let cpuSeconds = Double(clock() - cpuBefore) / Double(CLOCKS_PER_SEC)
            let isShed = kept.count == 1 && ended == 1 && cpuSeconds < 0.5
            // With descriptors free again, new connections are served again.
            for descriptor in fillers.prefix(10) { close(descriptor) }
            attempt()
            run { kept.count == 2 }
            if !(isShed && kept.count == 2 && failed == 0) {
                print("kept \(kept.count), ended \(ended), failed \(failed), \(cpuSeconds) s")
            }
            exit(isShed && kept.count == 2 && failed == 0 ? 7 : 1)
        }
    }

    @Test func `the limit of descriptors is raised to the hard one`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 500)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            exit(DescriptorLimit.raiseToHardLimit() == 500 ? 7 : 1)
        }
    }
}
