import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Wire

/// `hoard act`: one action, sent to a running server.
struct ActCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "act", abstract: "Send one action to a running server, with its fields by name.",
        discussion: """
            hoard act purchase offer=1 quantity=2 maxCost=100 --token ... ; assets are numbers or names, accounts player:NAME, treasury, faucet:NAME, lines ASSET:AMOUNT, \
            ids 32 digits or #NAME, words 0x..., text:..., seed:NAME, commit:NAME; several values are divided by commas. docs/WIRE.md lists the actions. \
            Exit code 0 where it was applied, 1 where it was refused.
            """)

    @Argument(help: "The action's name.")
    var action: String

    @Argument(help: "Its fields, NAME=VALUE; those that are left out are zero.")
    var fields: [String] = []

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token: hoard token ...")
    var token: String

    @Option(help: "Who acts, player:NAME; by default the token's own subject. For tokens of role server.")
    var actor: String?

    @Option(help: "The operation id, 32 hexadecimal digits or #NAME; a repeat with the same id gets the original answer. By default a new one.")
    var operation: String?

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let reply = try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(game))
            let texts = FieldText(game: game)
            let (code, payload) = try game.encodePayload(action: action, fields: try texts.fields(try Self.written(fields), of: action))
            var account = Account.zero
            if let actor {
                guard let address = texts.account(actor) else { throw Failure(message: "'\(actor)' is no account; write player:NAME") }
                account = Account(address)
            }
            var id: OperationID?
            if let operation {
                guard let bytes = FieldText.id(operation) else { throw Failure(message: "'\(operation)' is no operation id; write 32 hexadecimal digits or #NAME") }
                id = OperationID(bytes: bytes)
            }
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            return try await client.perform(code, actor: account, payload: payload, operationID: id)
        }
        try report(reply)
        if reply.status != .applied { throw ExitCode(1) }
    }

    /// The fields that arguments NAME=VALUE give.
    static func written(_ fields: [String]) throws -> [String: String] {
        var written: [String: String] = [:]
        for field in fields {
            guard let sign = field.firstIndex(of: "=") else { throw Failure(message: "'\(field)' is no field; write NAME=VALUE") }
            written[String(field[..<sign])] = String(field[field.index(after: sign)...])
        }
        return written
    }

    private func report(_ reply: ReplyBody) throws {
        let fields: [(String, InspectValue)] = [
            ("action", .text(action)), ("status", .text("\(reply.status)")), ("repeated", .flag(reply.repeated)), ("block", .number(reply.block)),
            ("gasUsed", .number(reply.gasUsed)), ("result0", .number(reply.result0)), ("result1", .number(reply.result1)),
            ("refusalCode", .number(UInt64(reply.refusalCode))), ("have", .number(reply.have)), ("need", .number(reply.need)),
            ("retryAfterMilliseconds", .number(UInt64(reply.retryAfterMilliseconds))), ("message", .text(reply.message)),
        ]
        if json { return try printJSON(InspectValue.object(fields)) }
        if reply.status == .applied {
            print("applied in block \(reply.block): \(reply.result0), \(reply.result1)\(reply.repeated ? " (a repeat)" : "")")
        } else {
            print("refused (\(reply.refusalCode)): \(reply.message)")
        }
    }
}

/// `hoard ask`: one question to a running server.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask a running server a view of the game: a trade, a listing, an auction, prices by day, an energy.",
        discussion: """
            hoard ask listing listing=#blade --token ...; hoard ask history asset="iron sword" currency=gold firstDay=20454. docs/WIRE.md lists the views. \
            Exit code 0 where there is an answer.
            """)

    @Argument(help: "The view's name.")
    var view: String

    @Argument(help: "Its arguments, NAME=VALUE; those that are left out are zero.")
    var arguments: [String] = []

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token: hoard token ...")
    var token: String

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(game))
            let (definition, query) = try FieldText(game: game).query(view, try ActCommand.written(arguments))
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            guard let words = try await client.view(query), let results = definition.read(words) else {
                throw Failure(message: "the server has no view \(view) like this one; give its own game folder with --game")
            }
            let fields = results.map { result -> (String, InspectValue) in
                let values = result.words.map { Self.text($0) }
                return (result.name, values.count == 1 ? values[0] : .list(values))
            }
            if json { return try printJSON(InspectValue.object(fields)) }
            for (name, value) in fields { print(name.padding(toLength: 14, withPad: " ", startingAt: 0) + value.text) }
        }
    }

    /// A word: a number where it is one of 64 bits, else an account or digits.
    private static func text(_ word: U256) -> InspectValue {
        if word.l1 | word.l2 | word.l3 == 0 { return .number(word.l0) }
        return .text(word.l3 == 0 && word.l2 >> 32 == 0 && word.l2 != 0 ? Address(word: word).hex : word.hex)
    }
}
