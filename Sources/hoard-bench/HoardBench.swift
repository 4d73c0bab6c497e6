import ArgumentParser
import Benchmarks

/// The benchmarks of the executors alone, as a small program to be copied to other machines.
@main
struct HoardBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoard-bench",
        abstract: "Benchmarks of Hoard's executors, without server, disk and network.",
        subcommands: [
            ParallelBenchCommand.self, RestartBenchCommand.self, StagesCommand.self, GuardCommand.self,
        ], defaultSubcommand: ParallelBenchCommand.self)
}
