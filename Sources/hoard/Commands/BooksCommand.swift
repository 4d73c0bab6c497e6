import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger

/// `hoard books`: the double-entry books of a world, by code.
struct BooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "books", abstract: "Double-entry books: what was got and given, by code and account, checked against the balances of the contracts.",
        discussion: """
            A code is what a movement was for: purchase, fee, reward, loot, refund, correction, ... Debit is what an account got, credit what it gave; `players` are all players \
            together, every faucet, sink and escrow and the treasury have an account each. `opening` and `closing` are the balances that the contracts had before --from and after \
            --to; where opening and net do not make closing, or debits and credits of a code differ, it is a finding: exit code 1. The server must not be running.
            """)

    @Option(help: "The data folder.")
    var data: String

    @Option(help: "The game folder; by default the one that the data folder was made with.")
    var game: String?

    @Option(help: "The first block; by default the first that the log holds.")
    var from: UInt64?

    @Option(help: "The last block; by default the last.")
    var to: UInt64?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if let from, from == 0 { throw ValidationError("--from takes a block from 1 on; block 0 is the genesis, in which nothing moved") }
        if let from, let to, from > to { throw ValidationError("--from \(from) is behind --to \(to)") }
    }

    func run() async throws {
        let findings = try await reportingFailures {
            let folder = DataFolder(path: data)
            try folder.requireWorld()
            let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
            let genesis = Gateway.ledgerGenesis(of: game)
            let world = try LedgerInspection(folder: data, genesis: genesis, upTo: to ?? .max)
            let oldest = try world.firstBlock()
            let first = from ?? oldest
            guard first >= oldest else {
                throw Failure(message: "block \(first) is not in the log, which begins with block \(oldest); `hoard serve --keep-log` keeps all of it")
            }
            guard to ?? world.headNumber <= world.headNumber, first <= world.headNumber + 1 else {
                throw Failure(message: "there is no block \(max(first, to ?? 0)); the last is \(world.headNumber)")
            }
            var books = Books(game: game)
            try world.entries { entry in
                if entry.block >= first { books.take(entry.transaction, entry.receipt) }
            }
            // Of a log whose beginning is gone there may be no checkpoint before it: then there is nothing to check against.
            let before = try? LedgerInspection(folder: data, genesis: genesis, upTo: first - 1)
            return try show(books, game, first, before.flatMap { $0.headNumber + 1 == first ? $0 : nil }, world)
        }
        if !findings.isEmpty { throw ExitCode(1) }
    }

    private func show(
        _ books: Books, _ game: Game, _ first: UInt64, _ before: LedgerInspection?, _ after: LedgerInspection
    ) throws -> [String] {
        var findings: [String] = []
        let codes = books.codes.map { code in
            let wrong = books.unbalanced(code)
            findings += wrong.map { "code \(code): debits and credits of \(Self.name($0, game)) differ" }
            return InspectValue.object([
                ("code", .text(code)), ("actions", .text((books.actions[code] ?? []).sorted().joined(separator: " "))), ("balanced", .flag(wrong.isEmpty)),
                ("entries", .list(books.entries(of: code).map { .object(Self.fields($0.entry.side, $0.entry.asset, $0.sums, game)) })),
            ])
        }
        let opening = before.map { BalanceReader(world: $0, game: game) }
        let closing = BalanceReader(world: after, game: game)
        let accounts = books.accounts.map { side, asset, sums in
            var fields = Self.fields(side, asset, sums, game)
            if let opening, let house = closing.houses[side], let start = opening.balance(house, asset), let end = closing.balance(house, asset) {
                fields += [("opening", .text("\(start)")), ("closing", .text("\(end)"))]
                if Int128(start) + sums.net != Int128(end) {
                    findings.append("\(side): \(start) and \(sums.net) of \(Self.name(asset, game)) do not make the \(end) that the contract has")
                }
            }
            return InspectValue.object(fields)
        }
        let fields: [(String, InspectValue)] = [
            ("from", .number(first)), ("to", .number(after.headNumber)), ("operations", .number(books.operationCount)),
            ("movements", .number(books.movementCount)), ("checked", .flag(before != nil)), ("codes", .list(codes)), ("accounts", .list(accounts)),
            ("findings", .list(findings.map { .text($0) })),
        ]
        if json { try printJSON(InspectValue.object(fields)) } else { print(books, fields, game, findings) }
        return findings
    }

    private func print(_ books: Books, _ fields: [(String, InspectValue)], _ game: Game, _ findings: [String]) {
        for (name, value) in fields.prefix(5) { Swift.print(name.padding(toLength: 12, withPad: " ", startingAt: 0) + value.text) }
        func line(_ code: String, _ account: String, _ asset: String, _ debit: String, _ credit: String) {
            func right(_ text: String) -> String { String(repeating: " ", count: max(1, 18 - text.count)) + text }
            func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
            Swift.print(left(code, 14) + left(account, 22) + left(asset, 20) + right(debit) + right(credit))
        }
        line("code", "account", "asset", "debit", "credit")
        for code in books.codes {
            for (entry, sums) in books.entries(of: code) { line(code, entry.side, Self.name(entry.asset, game), "\(sums.debit)", "\(sums.credit)") }
        }
        for (side, asset, sums) in books.accounts { line("all", side, Self.name(asset, game), "\(sums.debit)", "\(sums.credit)") }
        Swift.print(findings.isEmpty ? "debits are credits under every code, and the contracts' balances agree" : findings.joined(separator: "\n"))
    }

    private static func fields(_ side: String, _ asset: UInt64, _ sums: Books.Sums, _ game: Game) -> [(String, InspectValue)] {
        func number(_ sum: UInt128) -> InspectValue { sum <= UInt128(UInt64.max) ? .number(UInt64(sum)) : .text("\(sum)") }
        return [
            ("account", .text(side)), ("asset", .number(asset)), ("name", .text(name(asset, game))), ("debit", number(sums.debit)),
            ("credit", number(sums.credit)),
        ]
    }

    private static func name(_ asset: UInt64, _ game: Game) -> String {
        if let currency = game.catalog.currencies.first(where: { $0.asset == asset }) { return currency.name }
        if let item = game.catalog.items.first(where: { $0.asset == asset }) { return item.name }
        return "asset \(asset)"
    }
}

/// Reads balances from a world.
struct BalanceReader {
    /// The houses by the names that the books have for them.
    let houses: [String: Address]
    private let world: LedgerInspection
    private let game: Game
    private let machine: Machine

    /// A reader of a world of this game.
    init(world: LedgerInspection, game: Game) {
        self.world = world
        self.game = game
        machine = Machine(fork: game.genesis.fork, chainID: game.genesis.chainID, codeCache: CodeCache())
        houses = Dictionary(
            game.catalog.houses.keys.compactMap { address in game.catalog.houseName(address).map { ($0, address) } }, uniquingKeysWith: { first, _ in first })
    }

    /// What an account has of a currency or of a stackable item; nil for a unique thing.
    func balance(_ account: Address, _ asset: UInt64) -> Int64? {
        guard asset >> 32 == 0, let request = game.balanceRequest(account: account, asset: asset) else { return nil }
        let block = BlockEnvironment(
            number: world.headNumber, timestampSeconds: game.genesis.timestampSeconds, gasLimit: 30_000_000, chainID: game.genesis.chainID,
            fork: game.genesis.fork)
        return game.balance(from: machine.call(world.world, block, from: account, to: request.to, data: request.data, gas: 10_000_000).output)?.amount
    }
}
