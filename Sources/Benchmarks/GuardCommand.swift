public import ArgumentParser

/// `guard`: does a fixed amount of one kind of work and nothing else, so that its instructions can be counted.
public struct GuardCommand: ParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Do a number of rounds of one kind of work, to have the instructions counted.",
        discussion: """
            scripts/bench-guard runs each case under callgrind with two numbers of rounds: the difference is the work \
            alone, without starting, reading the game and warming up. Equal rounds execute equal instructions.

            Cases:
            \(GuardCase.allCases.map { "  \($0.rawValue): \($0.about)" }.joined(separator: "\n"))
            """)

    @Argument(help: "Which kind of work; the names of all where it is left out.")
    var name: GuardCase?

    @Option(help: "How often it is done.")
    var rounds = 1

    @Option(help: "The folder of the game.")
    var game = "GameData"

    /// The defaults.
    public init() {}

    /// Does the work and prints a number that depends on all of it.
    public func run() throws {
        guard let name else { return GuardCase.allCases.forEach { print($0.rawValue) } }
        guard 0...GuardCase.roundsMax ~= rounds else {
            throw ValidationError("--rounds \(rounds) should be 0...\(GuardCase.roundsMax).")
        }
        print(try name.run(rounds: rounds, gameFolder: game))
    }
}

extension GuardCase: ExpressibleByArgument {}
