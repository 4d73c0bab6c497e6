import ArgumentParser
import Conformance

/// `hoard statetest`: the official state tests.
struct StateTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statetest",
        abstract: "Run Ethereum state tests: state root, logs and refusals of every case.",
        discussion:
            "Takes files or folders of execution-spec or ethereum/tests state tests. Exit code 1 when a case fails.")

    @OptionGroup var options: SuiteOptions

    func run() async throws {
        let failed = try await reportingFailures { try options.run(.state) }
        if failed > 0 { throw ExitCode(1) }
    }
}
