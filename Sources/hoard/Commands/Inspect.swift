import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Wire

/// `hoard inspect`: looks into a data folder without changing it.
struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look into a data folder: blocks, receipts, accounts, storage, by key.",
        discussion:
            "Reads the log and executes it, so the answers are the ledger's own. The server must not be running.",
        subcommands: [
            InspectSummary.self, InspectBlock.self, InspectReceipt.self, InspectAccount.self, InspectStorage.self,
        ],
        defaultSubcommand: InspectSummary.self)
}

/// What every `inspect` command takes.
struct InspectOptions: ParsableArguments {
    @Option(help: "The data folder.")
    var data: String

    @Option(help: "The game folder; by default the one that the data folder was made with.")
    var game: String?

    @Option(help: "Look at the state after this block; by default after the last.")
    var at: UInt64?

    @Flag(help: "Print one JSON object.")
    var json = false

    /// The world as of the block asked for, and its game.
    func open() throws -> (LedgerInspection, Game) {
        let folder = DataFolder(path: data)
        try folder.requireWorld()
        let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
        let world = try LedgerInspection(folder: data, genesis: Gateway.ledgerGenesis(of: game), upTo: at ?? .max)
        return (world, game)
    }

    /// Prints fields, as lines or as a JSON object.
    func show(_ fields: [(String, InspectValue)]) throws {
        if json { return try printJSON(InspectValue.object(fields)) }
        let width = fields.map(\.0.count).max() ?? 0
        for (name, value) in fields {
            print(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value.text)
        }
    }
}

/// `hoard inspect summary`.
struct InspectSummary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Blocks, operations, head and digests.")

    @OptionGroup var options: InspectOptions

    func run() async throws {
        try await reportingFailures {
            let (world, _) = try options.open()
            try options.show([
                ("blocks", .number(world.headNumber)), ("operations", .number(world.operationCount)),
                ("head", .text(world.head.hex)), ("operationsDigest", .text(world.operationsDigest.hex)),
                ("anchoredBlock", .number(world.anchors.last?.block ?? 0)),
                ("anchoredStateRoot", .text(world.anchors.last?.stateRoot.hex ?? "")),
            ])
        }
    }
}

/// `hoard inspect block N`.
struct InspectBlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "One micro-block with its operations.")

    @Argument(help: "The block's number, from 1.")
    var number: UInt64

    @OptionGroup var options: InspectOptions

    func run() async throws {
        try await reportingFailures {
            let (world, game) = try options.open()
            guard let sealed = try world.block(number) else {
                throw Failure(message: "there is no block \(number); the last is \(world.headNumber)")
            }
            let header = sealed.block.header
            let operations = zip(sealed.block.operations, sealed.receipts).map { operation, receipt in
                InspectValue.object(InspectFields.operation(operation.id.hex, operation.transaction, receipt, game))
            }
            try options.show([
                ("number", .number(header.number)), ("timestampMilliseconds", .number(header.timestampMilliseconds)),
                ("gasUsed", .number(header.gasUsed)), ("digest", .text(header.digest.hex)),
                ("parent", .text(header.parent.hex)), ("transactionsDigest", .text(header.transactionsDigest.hex)),
                ("writesDigest", .text(header.writesDigest.hex)), ("resultsDigest", .text(header.resultsDigest.hex)),
                ("operations", .list(operations)),
            ])
        }
    }
}

/// `hoard inspect receipt ID`.
struct InspectReceipt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "receipt", abstract: "What became of an operation.")

    @Argument(help: "The operation's id, 32 hexadecimal digits.")
    var operation: String

    @OptionGroup var options: InspectOptions

    func run() async throws {
        try await reportingFailures {
            guard let id = Wire.OperationID(hex: operation) else {
                throw ValidationError("an operation id has 32 hexadecimal digits; '\(operation)' has not")
            }
            let (world, game) = try options.open()
            guard let entry = try world.entry(.init(high: id.high, low: id.low)) else {
                throw Failure(message: "no operation \(operation) is in the ledger")
            }
            try options.show(
                [("block", .number(entry.block)), ("index", .number(UInt64(entry.index)))]
                    + InspectFields.operation(entry.id.hex, entry.transaction, entry.receipt, game))
        }
    }
}

/// `hoard inspect account`.
struct InspectAccount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Nonce, code and balances of an account.")

    @Argument(help: "The account, 0x and 40 hexadecimal digits, or a player's name with --player.")
    var account: String

    @Flag(help: "The argument is a player's name.")
    var player = false

    @OptionGroup var options: InspectOptions

    func run() async throws {
        try await reportingFailures {
            let address = try InspectFields.address(account, isPlayer: player)
            let (world, game) = try options.open()
            let state = world.account(address)
            var fields: [(String, InspectValue)] = [
                ("address", .text(address.hex)), ("exists", .flag(state != nil)), ("nonce", .number(state?.nonce ?? 0)),
                ("balanceWei", .text(state?.balance.decimal ?? "0")), ("codeHash", .text(state?.codeHash.hex ?? "")),
            ]
            fields += try InspectFields.balances(of: address, world, game)
            try options.show(fields)
        }
    }
}

/// `hoard inspect storage`.
struct InspectStorage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "storage", abstract: "One storage slot of a contract.")

    @Argument(help: "The contract: its address, or its name in genesis.json.")
    var contract: String

    @Argument(help: "The slot: 0x and up to 64 hexadecimal digits, or a decimal number.")
    var slot: String

    @OptionGroup var options: InspectOptions

    func run() async throws {
        try await reportingFailures {
            guard let key = slot.hasPrefix("0x") ? U256(hex: slot) : U256(decimal: slot) else {
                throw ValidationError(
                    "a slot is 0x and up to 64 hexadecimal digits, or a decimal number; '\(slot)' is neither")
            }
            let (world, game) = try options.open()
            let address = try game.contracts[contract] ?? InspectFields.address(contract, isPlayer: false)
            let value = world.storage(address, key)
            try options.show([
                ("contract", .text(address.hex)), ("slot", .text(key.hex)), ("value", .text(value.hex)),
                ("decimal", .text(value.decimal)),
            ])
        }
    }
}
