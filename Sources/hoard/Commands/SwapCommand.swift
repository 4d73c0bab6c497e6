import ArgumentParser
import EVM
import Economy
import Foundation

/// `hoard swap`: what two wallets sign for a swap without escrow.
struct SwapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swap", abstract: "Print a swap as both sides' wallets sign it, without a server.",
        discussion: """
            hoard swap first=player:ana second=player:bo firstGives=gold:40 secondGives='iron sword:1' trade=#one expires=1767312000 prints typed data for eth_signTypedData_v4. \
            Both players have bound their keys (hoard act bindKey key=0x...); then anybody hands it in: hoard act signedSwap, the same fields, and firstSignature=R,S,V \
            secondSignature=R,S,V.
            """)

    @Argument(help: "The fields of the action signedSwap without the signatures, NAME=VALUE.")
    var fields: [String]

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Print the digest that is signed, 64 hexadecimal digits, and nothing else.")
    var digest = false

    func run() async throws {
        try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(game))
            let values = try FieldText(game: game).fields(try ActCommand.written(fields), of: "signedSwap")
            guard let swap = SignedSwap(fields: values), let contract = game.contracts["trade"] else {
                throw Failure(message: "a swap needs first, second, trade and expires, and up to four lines in firstGives and in secondGives")
            }
            let chainID = game.genesis.chainID
            print(digest ? swap.digest(chainID: chainID, contract: contract).hex : swap.typedData(chainID: chainID, contract: contract))
        }
    }
}
