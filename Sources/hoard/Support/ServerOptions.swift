public import ArgumentParser
internal import EVM
internal import Foundation
public import Gateway
internal import Ledger
public import Logging

extension ExecutorChoice: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}

/// A host and a port as one option: HOST:PORT.
struct ListenAddress: ExpressibleByArgument {
    let host: String
    let port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.host = host
        self.port = port
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var defaultValueDescription: String { "\(host):\(port)" }
}

/// How a server executes: the options that `serve` and `replay` share.
struct ExecutionOptions: ParsableArguments {
    @Option(
        name: .customLong("executor"),
        help:
            "How micro-blocks are executed: sequential or parallel; when left out, parallel where --workers asks for more than one."
    )
    var chosenExecutor: ExecutorChoice?

    @Option(help: "Threads that execute, for the parallel executor; as many as there are processors when left out.")
    var workers: Int?

    @Option(
        help:
            "The game folder with actions, contracts, catalog and genesis; by default the data folder's own, or GameData, here or above the program."
    )
    var game: String?

    func validate() throws {
        if let workers, workers < 1 || workers > 256 {
            throw ValidationError("--workers takes 1 to 256, not \(workers)")
        }
    }

    /// How micro-blocks are executed.
    var executor: ExecutorChoice { chosenExecutor ?? ((workers ?? 1) > 1 ? .parallel : .sequential) }

    /// The same where something was chosen, else all processors: for work of which there is much at once.
    var orAllProcessors: ExecutionOptions {
        var options = self
        if chosenExecutor == nil, workers == nil { options.chosenExecutor = .parallel }
        return options
    }

    /// An executor as these options say, for those who read a log again.
    func makeExecutor(_ genesis: LedgerGenesis) -> any BlockExecutor {
        let codes = CodeCache()
        let machines = (0..<workerCount).map { _ in
            Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: codes) as any TransitionMachine
        }
        return executor == .parallel
            ? ParallelExecutor(machines: machines, rules: genesis.rules)
            : SequentialExecutor(machine: machines[0], rules: genesis.rules)
    }

    /// Threads that execute.
    var workerCount: Int {
        switch executor {
        case .sequential: 1
        case .parallel: workers ?? ProcessInfo.processInfo.activeProcessorCount
        }
    }
}
