import ArgumentParser
import Conformance

/// `hoard blocktest`: the official blockchain tests.
struct BlockTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocktest",
        abstract:
            "Run Ethereum blockchain tests of Cancun, Prague and Osaka: every field of every block, every refusal by its name.",
        discussion:
            "Takes files or folders of execution-spec or ethereum/tests blockchain tests. Exit code 1 when a case fails."
    )

    @OptionGroup var options: SuiteOptions

    func run() async throws {
        let failed = try await reportingFailures { try options.run(.block) }
        if failed > 0 { throw ExitCode(1) }
    }
}
