import ArgumentParser

/// `hoard bench`: measurements of the program's parts.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a part of the program.", subcommands: [PrecompileBench.self])
}
