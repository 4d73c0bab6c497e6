import ArgumentParser
import Conformance

/// `hoard tracediff`: where two traces part.
struct TraceDifferenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracediff",
        abstract: "Compare two EIP-3155 traces: print the first instruction where they part.",
        discussion: """
            Lines that are no instruction (summaries, blank lines) do not count. Compared are \
            \(TraceComparison.comparedFields.joined(separator: ", ")), each where both traces state it. \
            Exit codes: 0 the traces are the same; 1 they part; 70 one of them cannot be read.
            """)

    @Argument(help: "A trace.")
    var first: String

    @Argument(help: "The trace to compare it with.")
    var second: String

    @Option(help: "A field that may differ; may be given again.")
    var ignore: [String] = []

    func validate() throws {
        for field in ignore where !TraceComparison.comparedFields.contains(field) {
            let names = TraceComparison.comparedFields.joined(separator: ", ")
            throw ValidationError("'\(field)' is not compared; compared are \(names)")
        }
    }

    func run() async throws {
        let outcome = try await reportingFailures {
            try TraceComparison.compare(first, second, ignoring: Set(ignore))
        }
        switch outcome {
        case .same(let instructions): print("the same \(instructions) instructions")
        case .different(let difference):
            let fields = difference.fields.isEmpty ? "one has ended" : difference.fields.joined(separator: ", ")
            print("part behind \(difference.sameInstructions) same instructions: \(fields)")
            show(first, difference.first)
            show(second, difference.second)
            throw ExitCode(1)
        }
    }

    private func show(_ path: String, _ place: TraceDifference.Place) {
        if place.lineNumber == 0 { return print("\(path): ended") }
        print("\(path):\(place.lineNumber): \(place.line)")
    }
}
