import ArgumentParser

/// The program `hoard`: serve, replay, verify and inspect an in-game economy.
@main
struct Hoard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hoard", abstract: "An in-game economy backend: every purchase, trade and reward final at once.")
}
