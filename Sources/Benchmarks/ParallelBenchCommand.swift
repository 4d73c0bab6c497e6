public import ArgumentParser

/// `bench parallel`: the executors on the game's own contracts, measured in turns.
public struct ParallelBenchCommand: ParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "parallel",
        abstract: "Measure parallel against sequential execution, in process.",
        discussion: """
            Every line is one workload on one number of workers: operations a second, speed-up against the sequential \
            executor of the same run, and the ideal speed-up of unlimited cores, were everything waited for that is \
            read and was written before. Runs take turns, and the fastest of each counts. A run whose results are \
            not those of the sequence fails.

            Workloads:
            \(Workload.allCases.map { "  \($0.rawValue): \($0.about)" }.joined(separator: "\n"))
            """)

    @Option(help: "One workload; all of them when left out.")
    var workload: Workload?

    @Option(help: "Operations of a run.")
    var transactions = 20_000

    @Option(help: "Operations of a micro-block.")
    var block = 1_000

    @Option(help: "Numbers of workers, separated by commas.")
    var workers = "1,2"

    @Option(help: "Whether slots that many change are followed as numbers: on or off.")
    var deltas = Switch.on

    @Option(help: "Numbers of virtual cores to simulate, separated by commas: the schedule replays the times measured here.")
    var simulate = ""

    @Option(help: "A file for a picture (SVG) of the speed-up over workers, ideal beside achieved.")
    var picture: String?

    @Option(help: "Decides all choices.")
    var seed: UInt64 = 1

    @Option(help: "How often each run is repeated.")
    var rounds = 3

    @Option(help: "The folder of the game.")
    var game = "GameData"

    @Flag(help: "Print one JSON object a line.")
    var json = false

    /// The defaults.
    public init() {}

    /// Refuses numbers that make no sense.
    public func validate() throws {
        guard transactions >= 2, block >= 1, rounds >= 1 else {
            throw ValidationError("--transactions must be at least 2, --block and --rounds at least 1.")
        }
        for (name, text) in [("workers", workers), ("simulate", simulate)] {
            let counts = Self.counts(text)
            guard counts != nil, name == "simulate" || counts != [] else {
                throw ValidationError("--\(name) \(text): numbers from 1 to 64 separated by commas, as in 1,2,4.")
            }
        }
    }

    /// Numbers separated by commas; nil where they are none or out of range.
    private static func counts(_ text: String) -> [Int]? {
        let parts = text.split(separator: ",").map { Int($0) ?? 0 }
        return parts.allSatisfy { 1...64 ~= $0 } ? parts : nil
    }

    /// Prints each line as it is measured; throws where a run ends otherwise than in sequence.
    public func run() throws {
        var options = ParallelBenchmark.Options()
        if let workload { options.workloads = [workload] }
        options.transactions = transactions
        options.blockSize = block
        options.workers = Self.counts(workers) ?? []
        options.virtualCores = Self.counts(simulate) ?? []
        options.deltas = deltas == .on
        options.seed = seed
        options.rounds = rounds
        if !json { print(ParallelBenchmark.Line.heading) }
        var lines: [ParallelBenchmark.Line] = []
        try ParallelBenchmark(gameFolder: game, options: options).run {
            print(json ? $0.json : $0.text)
            lines.append($0)
        }
        if let picture { try SpeedupPicture(lines: lines).write(to: picture) }
    }
}

extension Workload: ExpressibleByArgument {}

/// On or off.
enum Switch: String, ExpressibleByArgument, CaseIterable {
    case on, off
}
