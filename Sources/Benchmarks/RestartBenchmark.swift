internal import Economy
internal import EVM
internal import Glibc
internal import Ledger
internal import Synchronization

/// Makes a large world with the game's actions and measures how long opening it takes.
struct RestartBenchmark {
    private let gameFolder: String
    private let folder: String

    /// A benchmark of the world in a folder.
    init(gameFolder: String, folder: String) {
        self.gameFolder = gameFolder
        self.folder = folder
    }

    /// What one restart took.
    struct Measurement {
        /// From the start of opening to the first answer.
        var seconds = 0.0
        /// Until the state was loaded and the first block behind the checkpoint executed.
        var loadSeconds = 0.0
        var accounts = 0.0
        var slots = 0.0
        var tail = 0.0
        var bytesPerAccount = 0.0
        var bytesPerSlot = 0.0
        var bytesPerId = 0.0
        var residentMiB = 0.0
        var processorSeconds = 0.0
        var workers = 1.0
    }

    // MARK: Making

    /// Makes the world unless it is there.
    func make(accounts: Int, slots: Int, tail: Int) throws {
        if access(folder + "/made", F_OK) == 0 { return }
        let maker = try RestartWorkload(gameFolder: gameFolder)
        var configuration = LedgerConfiguration()
        configuration.anchorMilliseconds = 0
        var driver = try Driver(folder, maker.genesis, configuration)
        // One grant makes an account (the server's lane to that player) and as many slots as it has lines.
        let players = (slots + RestartWorkload.lines - 1) / RestartWorkload.lines
        try driver.run(players, "accounts and slots") { try maker.grant($0) }
        let senders = max(1, accounts - players)
        try driver.run(senders, "more accounts") { try maker.transfer(from: $0 % players, to: ($0 + 1) % players) }
        driver.stop()
        // A checkpoint just behind the state, so that the tail is exactly as long as was asked for.
        configuration.checkpointOperations = 1
        driver = try Driver(folder, maker.genesis, configuration)
        try driver.run(2, "checkpoint") { try maker.transfer(from: $0 % players, to: ($0 + 1) % players) }
        driver.awaitCheckpoint()
        driver.stop()
        configuration.checkpointOperations = 0
        driver = try Driver(folder, maker.genesis, configuration)
        let after = Int(driver.ledger.status.operations)
        try driver.run(tail, "tail") { try maker.transfer(from: (after &+ $0 &* 7_919) % senders, to: ($0 &* 104_729) % players) }
        driver.stop()
        close(Glibc.open(folder + "/made", O_CREAT | O_WRONLY, 0o644))
    }

    /// Submits operations to a ledger and waits for their answers.
    private struct Driver {
        let ledger: Ledger
        private let counter = AnswerCounter()

        init(_ folder: String, _ genesis: LedgerGenesis, _ configuration: LedgerConfiguration) throws {
            ledger = try Ledger(genesis: genesis, folder: folder, configuration: configuration)
            ledger.start { [counter] in counter.take($0) }
        }

        func run(_ count: Int, _ label: String, _ make: (Int) throws -> Transaction) throws {
            let first = Int(ledger.status.operations)
            let answered = counter.count
            var next = 0
            while next < count {
                var part: [Submission] = []
                while part.count < 256, next < count {
                    let id = OperationID(high: 0xbe, low: UInt64(first + next + 1))
                    part.append(.operation(Operation(id: id, transaction: try make(next))))
                    next += 1
                }
                while !part.isEmpty {
                    let taken = ledger.submit(part)
                    part.removeFirst(taken)
                    if !part.isEmpty { usleep(500) }
                }
                Self.show(label, next, of: count)
            }
            while counter.count - answered < count {
                if let failure = ledger.status.failure { throw BenchmarkFailure(description: failure) }
                usleep(500)
            }
            Self.show(nil, 0, of: 0)
            guard counter.failed == 0 else {
                throw BenchmarkFailure(description: "\(counter.failed) of the operations that make the world failed: \(counter.firstFailure)")
            }
        }

        func awaitCheckpoint() {
            while ledger.status.checkpointBlock + 2 < ledger.status.blocks || ledger.status.checkpoints == 0 { usleep(10_000) }
        }

        func stop() { ledger.drainAndStop() }

        private static func show(_ label: String?, _ done: Int, of count: Int) {
            guard isatty(STDERR_FILENO) == 1, done % 16_384 < 256 else { return }
            let text = Array((label.map { "\r\u{1b}[K\($0): \(done) of \(count)" } ?? "\r\u{1b}[K").utf8)
            _ = write(STDERR_FILENO, text, text.count)
        }
    }

    // MARK: Opening

    /// Opens the world once in this process.
    func open(workers: Int) throws -> Measurement {
        let maker = try RestartWorkload(gameFolder: gameFolder)
        let genesis = maker.genesis
        var configuration = LedgerConfiguration()
        configuration.checkpointOperations = 0
        configuration.anchorMilliseconds = 0
        let first = FirstMoment()
        configuration.onRecovery = { first.note($0) }
        let cache = CodeCache()
        let machines = (0..<workers).map { _ in
            Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: cache) as any TransitionMachine
        }
        let executor: any BlockExecutor =
            workers == 1
            ? SequentialExecutor(machine: machines[0], rules: genesis.rules)
            : ParallelExecutor(machines: machines, rules: genesis.rules)
        let start = seconds(CLOCK_MONOTONIC)
        let ledger = try Ledger(genesis: genesis, folder: folder, configuration: configuration, executor: executor)
        let use = ledger.memoryUse
        let counter = AnswerCounter()
        ledger.start { counter.take($0) }
        _ = ledger.submit([.lookup(ReceiptLookup(id: OperationID(high: 0xbe, low: 1), ticket: 1))])
        while counter.count == 0 { usleep(100) }
        let end = seconds(CLOCK_MONOTONIC)
        var result = Measurement()
        result.seconds = end - start
        result.loadSeconds = first.seconds - start
        result.accounts = Double(use.accounts)
        result.slots = Double(use.slots)
        result.tail = Double(ledger.status.operations - first.operations)
        result.bytesPerAccount = Double(use.accountBytes) / Double(max(1, use.accounts))
        result.bytesPerSlot = Double(use.slotBytes) / Double(max(1, use.slots))
        result.bytesPerId = Double(use.idBytes) / Double(max(1, use.ids))
        result.residentMiB = residentMiB()
        result.processorSeconds = seconds(CLOCK_PROCESS_CPUTIME_ID)
        result.workers = Double(workers)
        // Nothing has changed, and the next round is to find the world as this one has.
        ledger.drainAndStop()
        return result
    }

    /// Opens the world in a process that has done nothing else.
    func openInAnotherProcess(arguments: [String], workers: Int) throws -> Measurement {
        var path = [CChar](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        guard length > 0 else { throw BenchmarkFailure(description: "the program does not find itself") }
        let program = String(decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words =
            [program] + arguments + ["--open", "--data", folder, "--game", gameFolder, "--workers", String(workers)]
        let command = words.map { "'" + $0 + "'" }.joined(separator: " ")
        guard let pipe = popen(command, "r") else { throw BenchmarkFailure(description: "\(command) cannot be started") }
        var line = [CChar](repeating: 0, count: 4_096)
        let hasLine = fgets(&line, Int32(line.count), pipe) != nil
        guard pclose(pipe) == 0, hasLine else { throw BenchmarkFailure(description: "\(command) has failed") }
        let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try Measurement(line: text)
    }

    private func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func residentMiB() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(separator: " ")
        return words.count > 1 ? (Double(String(words[1])) ?? 0) * 4_096 / 1_048_576 : 0
    }

    // MARK: Folders

    /// A new folder.
    static func temporaryFolder() throws -> String {
        var template = Array("/tmp/hoard-restart-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkFailure(description: "no temporary folder can be made") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a folder with everything in it.
    static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(directory)
        }
        Glibc.remove(path)
    }
}

/// Counts answers, and those that are not what they should be.
private final class AnswerCounter: Sendable {
    private let state = Mutex<(total: Int, wrong: Int, first: String)>((0, 0, ""))

    var count: Int { state.withLock { $0.total } }
    var failed: Int { state.withLock { $0.wrong } }
    var firstFailure: String { state.withLock { $0.first } }

    func take(_ answers: [Answer]) {
        state.withLock { state in
            state.total += answers.count
            for answer in answers {
                if case .final(_, _, _, let receipt, _) = answer, receipt.succeeded { continue }
                if state.wrong == 0 { state.first = "\(answer)" }
                state.wrong += 1
            }
        }
    }
}

/// When something was heard for the first time.
private final class FirstMoment: @unchecked Sendable {
    // Sendable: written by one thread, and read when that has ended.
    private(set) var seconds = 0.0
    private(set) var operations: UInt64 = 0

    func note(_ operations: UInt64) {
        guard seconds == 0 else { return }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        seconds = Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        self.operations = operations
    }
}
