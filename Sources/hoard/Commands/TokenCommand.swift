public import ArgumentParser
public import Tokens

extension SessionRole: ExpressibleByArgument {}

/// `hoard token`: a development token for one session.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Mint a token for a session, signed with the data folder's secret.",
        discussion: "The token is a JWT (HS256). Studios sign their own with ES256 or EdDSA: see docs/WIRE.md, Tokens.")

    @Option(help: "The server's data folder.")
    var data: String

    @Option(help: "What the session may do: player, server or operator.")
    var role: SessionRole

    @Option(help: "The player's name for role player; any name of 1 to 64 bytes for the others.")
    var subject: String

    @Option(help: "How long the token is good: a number with s, m, h or d.")
    var ttl: String = "24h"

    func run() async throws {
        guard let seconds = Self.seconds(ttl) else {
            throw ValidationError("--ttl takes a number with s, m, h or d, such as 24h; not '\(ttl)'")
        }
        try await reportingFailures {
            try DataFolder(path: data).create()
            print(try await TokenAuthority(dataFolder: data).mint(role: role, subject: subject, ttlSeconds: seconds))
        }
    }

    /// The seconds that a text such as 90s, 15m, 24h or 7d stands for.
    static func seconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let last = text.last else { return nil }
        let scale = units[last]
        guard let count = Int64(scale == nil ? text[...] : text.dropLast()), count > 0 else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: scale ?? 1)
        return overflow ? nil : product
    }
}
