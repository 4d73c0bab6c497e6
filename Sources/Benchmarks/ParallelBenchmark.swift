internal import EVM
internal import Glibc
internal import Ledger

/// Measures the executors on workloads of a game's actions.
public struct ParallelBenchmark {
    /// What to run.
    public struct Options: Sendable {
        public var workloads: [Workload] = Workload.allCases
        /// Operations of a run.
        public var transactions = 20_000
        /// Operations of a block.
        public var blockSize = 1_000
        /// Numbers of workers to measure.
        public var workers: [Int] = [1, 2]
        public var seed: UInt64 = 1
        /// How often each run is repeated; the fastest counts.
        public var rounds = 3
        /// Whether slots that many change are followed as numbers.
        public var deltas = true
        /// Numbers of virtual cores to simulate.
        public var virtualCores: [Int] = []

        public init() {}
    }

    /// One run's figures.
    public struct Line: Sendable {
        public var workload: Workload
        public var transactions: Int
        public var workers: Int
        /// Whether hot counters are taken as deltas.
        public var deltas: Bool
        public var operationsPerSecond: Double
        public var gasPerSecond: Double
        /// Against the sequential executor in the same run.
        public var speedup: Double
        /// What unlimited cores could reach if everything that is read and was written before is waited for.
        public var idealSpeedup: Double
        public var executionsPerTransaction: Double
        public var cpuSecondsPerTransaction: Double
        /// What a block costs besides executing its operations.
        public var fixedMicroseconds: FixedCost
        public var cores: Int
        /// Whether the workers are virtual: the schedule replaying measured times.
        public var isSimulated = false
    }

    /// What a small block costs more on a parallel executor than on the sequential one.
    public struct FixedCost: Sendable {
        public var empty: Double
        public var one: Double
    }

    private let gameFolder: String
    private let options: Options

    /// A benchmark with the contracts of a game folder.
    public init(gameFolder: String, options: Options) {
        self.gameFolder = gameFolder
        self.options = options
    }

    /// Runs everything; hands each line to `report` as it is there.
    public func run(report: (Line) -> Void) throws {
        for workload in options.workloads {
            var builder = try WorkloadBuilder(gameFolder: gameFolder, seed: options.seed)
            var prepared = try builder.prepare(workload, transactions: options.transactions)
            executeSetUp(&prepared)
            try measure(workload, prepared, report)
        }
    }

    // MARK: One workload

    private struct Timing {
        var seconds: Double
        var cpuSeconds: Double
        var gas: UInt64
        var digest: Int
        var executions: Double
    }

    private func measure(_ workload: Workload, _ prepared: PreparedWorkload, _ report: (Line) -> Void) throws {
        let probed = probe(prepared)
        let ideal = VirtualCores.idealSpeedup(probed.blocks)
        var sequential: Timing?
        var parallel: [Int: Timing] = [:]
        let alone = SequentialExecutor(machine: machine(prepared), rules: prepared.rules)
        let executors = Dictionary(
            uniqueKeysWithValues: options.workers.filter { $0 > 1 }.map {
                (
                    $0,
                    ParallelExecutor(
                        machines: machines($0, prepared), rules: prepared.rules, deltas: options.deltas)
                )
            })
        // In turns, so that a noisy moment meets all of them; the first round warms memos and tables up.
        for _ in 0...options.rounds {
            try keepBest(&sequential, time(prepared, alone) { count, part in for number in 0..<count { part(number) } })
            for (count, executor) in executors {
                let before = executor.statistics
                var timing = try time(prepared, executor) { executor.spread($0, $1) }
                timing.executions = executionsPerUnit(before, executor.statistics)
                keepBest(&parallel[count], timing)
            }
        }
        guard let sequential else { return }
        for count in options.workers {
            guard let timing = count == 1 ? sequential : parallel[count] else { continue }
            guard timing.digest == sequential.digest else {
                throw BenchmarkFailure(
                    description: "\(workload.rawValue) on \(count) workers ends otherwise than in sequence")
            }
            var line = line(workload, timing, workers: count, ideal)
            line.speedup = sequential.seconds / timing.seconds
            line.fixedMicroseconds = fixedCost(prepared, workers: count)
            report(line)
        }
        let sequence = probed.sequence.reduce(0, +)
        for count in options.virtualCores {
            let (nanoseconds, executions) = simulate(probed, on: count)
            var timing = sequential
            timing.seconds = Double(nanoseconds) * 1e-9
            timing.executions = executions
            timing.cpuSeconds = 0
            var line = line(workload, timing, workers: count, ideal)
            line.speedup = Double(sequence) / Double(nanoseconds)
            line.isSimulated = true
            report(line)
        }
    }

    private func line(_ workload: Workload, _ timing: Timing, workers: Int, _ ideal: Double) -> Line {
        Line(
            workload: workload, transactions: options.transactions, workers: workers, deltas: options.deltas,
            operationsPerSecond: Double(options.transactions) / timing.seconds,
            gasPerSecond: Double(timing.gas) / timing.seconds, speedup: 1, idealSpeedup: ideal,
            executionsPerTransaction: timing.executions,
            cpuSecondsPerTransaction: timing.cpuSeconds / Double(options.transactions),
            fixedMicroseconds: FixedCost(empty: 0, one: 0), cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    // MARK: What units cost and wait for

    private struct Probed {
        var blocks: [[UnitCost]] = []
        /// Nanoseconds of beginning and ending all blocks.
        var blockNanoseconds: UInt64 = 0
        /// Nanoseconds of each operation by the sequential executor.
        var sequence: [UInt64] = []
    }

    /// Executes the workload unit by unit: once to see who waits for whom, three times for the costs, of which the least count;
    /// and each time in sequence beside it, so that a noisy moment meets both.
    private func probe(_ prepared: PreparedWorkload) -> Probed {
        var best: Probed?
        for _ in 0..<(options.virtualCores.isEmpty ? 1 : 4) {
            let probe = UnitProbe(machine: machine(prepared), rules: prepared.rules, deltas: options.deltas)
            let world = world(prepared)
            var probed = Probed()
            for first in stride(from: 0, to: prepared.operations.count, by: options.blockSize) {
                let block = prepared.operations[first..<min(first + options.blockSize, prepared.operations.count)]
                probed.blocks.append(
                    probe.measure(
                        block, in: prepared.environment, world: world, known: best?.blocks[probed.blocks.count]))
                probed.blockNanoseconds += probe.blockNanoseconds
            }
            if !options.virtualCores.isEmpty {
                // On a machine of its own, which remembers no hashes yet either.
                let alone = UnitProbe(machine: machine(prepared), rules: prepared.rules, deltas: options.deltas)
                let times = alone.measureInSequence(
                    prepared.operations[...], in: prepared.environment, world: self.world(prepared))
                probed.sequence = best.map { zip($0.sequence, times).map(min) } ?? times
            }
            guard let former = best else {
                best = probed
                continue
            }
            // What is known of hot slots after the first time is the same each time.
            for block in probed.blocks.indices {
                for unit in probed.blocks[block].indices {
                    let cost = former.blocks[block][unit]
                    probed.blocks[block][unit].execution = min(probed.blocks[block][unit].execution, cost.execution)
                    probed.blocks[block][unit].commit = min(probed.blocks[block][unit].commit, cost.commit)
                }
            }
            probed.blockNanoseconds = min(probed.blockNanoseconds, former.blockNanoseconds)
            best = probed
        }
        return best ?? Probed()
    }

    private func simulate(_ probed: Probed, on count: Int) -> (nanoseconds: UInt64, executions: Double) {
        var cores = VirtualCores(count: count)
        var nanoseconds = probed.blockNanoseconds
        var executions = 0
        for block in probed.blocks {
            let outcome = cores.run(block)
            nanoseconds += outcome.nanoseconds
            executions += outcome.executions
        }
        return (nanoseconds, Double(executions) / Double(max(1, options.transactions)))
    }

    // MARK: Runs

    private func executionsPerUnit(_ before: ParallelStatistics, _ after: ParallelStatistics) -> Double {
        let repeated = after.repeatedUnits - before.repeatedUnits
        let units =
            after.confirmedUnits - before.confirmedUnits + repeated + after.inTurnUnits - before.inTurnUnits
            + after.sequentialUnits - before.sequentialUnits
        return units == 0 ? 1 : 1 + Double(repeated) / Double(units)
    }

    private func keepBest(_ best: inout Timing?, _ timing: Timing) {
        if best == nil || timing.seconds < best!.seconds { best = timing }
    }

    private func machine(_ prepared: PreparedWorkload) -> Machine {
        Machine(fork: prepared.fork, chainID: prepared.chainID, codeCache: CodeCache())
    }

    private func machines(_ count: Int, _ prepared: PreparedWorkload) -> [any TransitionMachine] {
        let cache = CodeCache()
        return (0..<count).map { _ in Machine(fork: prepared.fork, chainID: prepared.chainID, codeCache: cache) }
    }

    /// The world before the run: what the set-up made of the genesis, as executed once.
    private func world(_ prepared: PreparedWorkload) -> WorldState {
        let world = WorldState(expectedAccounts: 1 << 16, expectedSlots: 1 << 19)
        for diff in prepared.setUpDiffs { world.apply(diff) }
        return world
    }

    private func executeSetUp(_ prepared: inout PreparedWorkload) {
        let world = WorldState()
        world.apply(prepared.genesis)
        var results: [OperationResult] = []
        SequentialExecutor(machine: machine(prepared), rules: prepared.rules).execute(
            prepared.setUp[...], in: prepared.environment, world: world, into: &results)
        prepared.setUpDiffs = [prepared.genesis]
        for case .accepted(_, let diff) in results { prepared.setUpDiffs.append(diff) }
    }

    /// Runs all blocks over a fresh world; `spread` does numbered parts of what comes before a block.
    private func time(
        _ prepared: PreparedWorkload, _ executor: any BlockExecutor, _ spread: (Int, (Int) -> Void) -> Void
    ) throws -> Timing {
        let world = world(prepared)
        var results: [OperationResult] = []
        results.reserveCapacity(prepared.operations.count)
        let cpuStart = processorSeconds()
        let start = monotonicSeconds()
        for first in stride(from: 0, to: prepared.operations.count, by: options.blockSize) {
            var block = prepared.operations[first..<min(first + options.blockSize, prepared.operations.count)]
            if !prepared.signed.isEmpty { block = recover(prepared, block.indices, spread)[...] }
            executor.execute(block, in: prepared.environment, world: world, into: &results)
        }
        let seconds = monotonicSeconds() - start
        let cpuSeconds = processorSeconds() - cpuStart
        var gas: UInt64 = 0
        var digest = 5381
        for result in results {
            switch result {
            case .accepted(let receipt, let diff):
                gas += receipt.gasUsed
                digest = digest &* 33 &+ Int(receipt.gasUsed) &+ receipt.logs.count
                for change in diff.storage { digest = digest &* 33 &+ Int(truncatingIfNeeded: change.value.l0) }
            case .refused, .linkedFailed: digest = digest &* 33 &+ 1
            }
        }
        return Timing(seconds: seconds, cpuSeconds: cpuSeconds, gas: gas, digest: digest, executions: 1)
    }

    /// The operations of a block as they are known from signed bytes: decoded, with the senders recovered.
    private func recover(
        _ prepared: PreparedWorkload, _ range: Range<Int>, _ spread: (Int, (Int) -> Void) -> Void
    ) -> [Operation] {
        [Operation](unsafeUninitializedCapacity: range.count) { buffer, count in
            let operations = UnsafeMutablePointer<Operation>(buffer.baseAddress!)
            spread(range.count) { number in
                let index = range.lowerBound + number
                guard let decoded = try? Transaction.decode(prepared.signed[index], fork: prepared.fork) else {
                    preconditionFailure("the set-up has decoded it before")
                }
                var operation = prepared.operations[index]
                operation.transaction = decoded
                (operations + number).initialize(to: operation)
            }
            count = range.count
        }
    }

    /// What an empty block and one of a single operation cost above the sequential executor, in microseconds.
    private func fixedCost(_ prepared: PreparedWorkload, workers: Int) -> FixedCost {
        if workers == 1 { return FixedCost(empty: 0, one: 0) }
        let parallel = ParallelExecutor(
            machines: machines(workers, prepared), rules: prepared.rules, deltas: options.deltas)
        let sequential = SequentialExecutor(machine: machine(prepared), rules: prepared.rules)
        let worlds = (world(prepared), world(prepared))
        func median(_ executor: any BlockExecutor, _ world: WorldState, _ count: Int) -> Double {
            var results: [OperationResult] = []
            var times: [Double] = []
            for round in 0..<400 {
                let place = round % (prepared.operations.count - 1)
                let start = monotonicSeconds()
                executor.execute(
                    prepared.operations[place..<place + count], in: prepared.environment, world: world, into: &results)
                times.append(monotonicSeconds() - start)
                results.removeAll(keepingCapacity: true)
            }
            return times.sorted()[times.count / 2] * 1e6
        }
        return FixedCost(
            empty: median(parallel, worlds.0, 0) - median(sequential, worlds.1, 0),
            one: median(parallel, worlds.0, 1) - median(sequential, worlds.1, 1))
    }

    private func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
