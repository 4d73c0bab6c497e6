public import ArgumentParser

/// `bench restart`: how long a server takes to stand where it stood.
public struct RestartBenchCommand: ParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Measure a restart: a large state from its checkpoint, and a long tail of the log behind it.",
        discussion: """
            Makes a world with the game's own actions in a folder (it may take minutes; a folder that holds one already is \
            used as it is): accounts, storage slots, a checkpoint, and behind it a tail of transfers that was not \
            checkpointed. Then a process of its own opens it and answers one question, as often as --rounds says. \
            The files are in the system's cache, as after a crash of the server alone. \
            Exit code 1 where the median takes longer than --seconds-max.
            """)

    @Option(help: "Accounts in the state.")
    var accounts = 1_000_000

    @Option(help: "Storage slots in the state.")
    var slots = 5_000_000

    @Option(help: "Operations behind the checkpoint.")
    var tail = 1_000_000

    @Option(help: "The folder of the world; it is kept. A temporary one that is removed when left out.")
    var data: String?

    @Option(help: "The folder of the game.")
    var game = "GameData"

    @Option(help: "Restarts to measure.")
    var rounds = 3

    @Option(help: "Workers that execute the tail; 1 is one operation after the other.")
    var workers = 1

    @Option(help: "Seconds that the median may take.")
    var secondsMax = 15.0

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: .hidden)
    var open = false

    /// The defaults.
    public init() {}

    /// Refuses numbers that make no sense.
    public func validate() throws {
        guard accounts >= 1_000, slots >= accounts, tail >= 1, rounds >= 1, 1...64 ~= workers else {
            throw ValidationError(
                "--accounts must be at least 1000, --slots at least as many, --tail and --rounds at least 1, --workers 1 to 64.")
        }
    }

    /// Makes the world, or opens it once where another run asks for that.
    public func run() throws {
        if open {
            guard let data else { throw ValidationError("--open needs --data.") }
            let bench = RestartBenchmark(gameFolder: game, folder: data)
            print(try bench.open(workers: workers).line)
            return
        }
        let temporary = data == nil ? try RestartBenchmark.temporaryFolder() : nil
        defer { if let temporary { RestartBenchmark.remove(temporary) } }
        let folder = data ?? temporary ?? ""
        let bench = RestartBenchmark(gameFolder: game, folder: folder)
        try bench.make(accounts: accounts, slots: slots, tail: tail)
        var lines: [RestartBenchmark.Measurement] = []
        for _ in 0..<rounds {
            lines.append(try bench.openInAnotherProcess(arguments: commandPath, workers: workers))
        }
        lines.sort { $0.seconds < $1.seconds }
        let median = lines[lines.count / 2]
        print(json ? median.json(rounds: rounds, slowest: lines[lines.count - 1].seconds) : median.text)
        if median.seconds > secondsMax { throw ExitCode(1) }
    }

    /// The words of the command line up to this command's name.
    private var commandPath: [String] {
        let words = CommandLine.arguments.dropFirst()
        guard let place = words.firstIndex(of: "restart") else { return [] }
        return Array(words[...place])
    }
}
