import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Wire

/// `hoard payments`: receipts of real money.
struct PaymentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments", abstract: "Deliver receipts of real money that a hook confirms, and take back what a store refunds.",
        subcommands: [PaymentsRun.self, PaymentsRevoke.self])
}

/// A receipt as it lies in the spool folder.
struct StoreReceipt {
    /// The store, as the studio calls it.
    let store: String
    /// The store's name of the transaction.
    let transaction: String
    /// The account of the player.
    let player: Address
    /// What the client says that it has bought.
    let product: UInt64
    /// And how many.
    let quantity: UInt64

    /// Its id in the ledger: the first half of SHA-256 over store, colon, transaction.
    static func id(_ name: String) -> [UInt8] { Array(sha256(Array(name.utf8)).bytes.prefix(16)) }

    /// The field of actions that names it.
    var field: FieldValue { .id(Self.id("\(store):\(transaction)")) }

    /// Reads a receipt; throws what is wrong with it.
    init(_ data: Data, game: Game) throws {
        guard let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else { throw Failure(message: "it is no JSON object") }
        func text(_ name: String) throws -> String {
            guard let text = object[name] as? String, !text.isEmpty, text.utf8.count <= 256 else {
                throw Failure(message: "\(name) is missing, or no text of 1 to 256 bytes")
            }
            return text
        }
        func number(_ name: String, _ otherwise: UInt64?) throws -> UInt64 {
            guard let value = object[name] else {
                if let otherwise { return otherwise }
                throw Failure(message: "\(name) is missing")
            }
            guard let number = value as? NSNumber, let whole = UInt64("\(number)") else { throw Failure(message: "\(name) is no whole number") }
            return whole
        }
        store = try text("store")
        transaction = try text("transaction")
        let name = try text("player")
        guard !store.contains(":"), let account = game.catalog.account(named: "player:" + name) else {
            throw Failure(message: "the store's name has a colon, or '\(name)' is no player's name (1 to 64 bytes)")
        }
        player = account
        product = try number("product", nil)
        quantity = try number("quantity", 1)
    }
}

/// `hoard payments run`.
struct PaymentsRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Take receipts from a folder, ask a hook about each, deliver what is confirmed.",
        discussion: """
            The spool folder holds one JSON file a receipt, NAME.json: {"store": "apple", "transaction": "1000000123", "player": "ana", "product": 3, "quantity": 1} \
            and whatever the hook needs. The hook gets the file as it is: a command on its standard input (exit code 0 granted, 1 with a reason on standard output \
            refused, 75 and everything else try again), a service as a POST (2xx granted; 402, 409, 410 and 422 refused; everything else and no answer: try again). A granted answer may name product and quantity as JSON; \
            these count then. What is delivered is moved to done/, what is refused to refused/, each once the ledger has it; what is to be tried again stays.
            """)

    @Option(help: "The spool folder.")
    var spool: String

    @Option(help: "A command that knows whether a receipt is good.")
    var hook: String?

    @Option(help: "A service that knows it, http://... or https://...")
    var hookURL: String?

    @Option(help: "Seconds that the hook may take.")
    var hookSeconds = 20.0

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token of role server.")
    var token: String

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Look once at every receipt and end, instead of waiting for more.")
    var once = false

    @Option(help: "Seconds between two looks at the folder; a receipt that is to be tried again waits twice as long each time, up to 300 s.")
    var everySeconds = 2.0

    func validate() throws {
        if (hook == nil) == (hookURL == nil) { throw ValidationError("give one of --hook and --hook-url") }
        if let hookURL, HTTPPost.url(hookURL) == nil { throw ValidationError("--hook-url takes http://... or https://..., not '\(hookURL)'") }
        if hookSeconds <= 0 || everySeconds <= 0 { throw ValidationError("seconds are above zero") }
    }

    func run() async throws {
        let waiting = try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(game))
            for folder in ["", "/done", "/refused"] {
                try FileManager.default.createDirectory(atPath: spool + folder, withIntermediateDirectories: true)
            }
            let way: ReceiptHook.Way = hook.map { .command($0) } ?? .service(HTTPPost.url(hookURL ?? "") ?? URL(fileURLWithPath: "/"))
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            var desk = PaymentDesk(spool: spool, game: game, client: client, hook: ReceiptHook(way: way, seconds: hookSeconds))
            repeat {
                try await desk.look(firstWait: everySeconds)
                if !once { try await Task.sleep(for: .seconds(everySeconds)) }
            } while !once
            return desk.waitingCount
        }
        if waiting > 0 { throw ExitCode(1) }
    }
}

/// Works through the spool folder.
private struct PaymentDesk {
    let spool: String
    let game: Game
    let client: HoardClient
    let hook: ReceiptHook
    /// When to ask again about a receipt, and how long it waited last.
    private var again: [String: (at: Date, wait: Double)] = [:]
    /// Receipts that are to be tried again.
    var waitingCount: Int { again.count }

    init(spool: String, game: Game, client: HoardClient, hook: ReceiptHook) {
        self.spool = spool
        self.game = game
        self.client = client
        self.hook = hook
    }

    mutating func look(firstWait: Double) async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: spool).filter { $0.hasSuffix(".json") }.sorted()
        for file in files {
            if let next = again[file], next.at > Date() { continue }
            guard let data = FileManager.default.contents(atPath: spool + "/" + file) else { continue }
            let (outcome, folder) = try await handle(data)
            try printJSON(InspectValue.object([("receipt", .text(file)), ("outcome", .text(folder.map { $0 == "done" ? "granted" : "refused" } ?? "try again")), ("says", .text(outcome))]))
            if let folder {
                again[file] = nil
                try? FileManager.default.removeItem(atPath: "\(spool)/\(folder)/\(file)")
                try FileManager.default.moveItem(atPath: spool + "/" + file, toPath: "\(spool)/\(folder)/\(file)")
            } else {
                let wait = min(300, again[file].map { $0.wait * 2 } ?? firstWait)
                again[file] = (Date().addingTimeInterval(wait), wait)
            }
        }
    }

    /// What became of a receipt, and the folder that it goes to; nil where it stays.
    private func handle(_ data: Data) async throws -> (String, String?) {
        let receipt: StoreReceipt
        do { receipt = try StoreReceipt(data, game: game) } catch { return ("not a receipt: \((error as? Failure)?.message ?? "\(error)")", "refused") }
        switch await hook.ask(data) {
        case .tryAgain(let reason): return (reason, nil)
        case .refused(let reason):
            let note = Array(reason.utf8.prefix(32))
            let reply = try await act(
                "refuseReceipt",
                [
                    "receipt": receipt.field, "player": .account(receipt.player), "reason": .number(1),
                    "note": .words([U256(bigEndian: note + [UInt8](repeating: 0, count: 32 - note.count))]),
                ])
            return reply.status == .applied ? (reason, "refused") : outcome(reply)
        case .granted(let product, let quantity):
            let reply = try await act(
                "deliverReceipt",
                [
                    "receipt": receipt.field, "player": .account(receipt.player),
                    "product": .number(product ?? receipt.product), "quantity": .number(quantity ?? receipt.quantity),
                ])
            return reply.status == .applied ? ("product \(reply.result0), \(reply.result1) times, in block \(reply.block)", "done") : outcome(reply)
        }
    }

    /// A receipt that was used before is not good; any other refusal is ours to mend, since somebody has paid.
    private func outcome(_ reply: ReplyBody) -> (String, String?) {
        let used = game.refusals.first { $0.name == "receiptUsed" }?.code
        return (reply.message, reply.refusalCode == used ? "refused" : nil)
    }

    /// Sends an action under an id made of it, so that a repeat after a crash gets the original answer.
    private func act(_ action: String, _ fields: [String: FieldValue]) async throws -> ReplyBody {
        let (code, payload) = try game.encodePayload(action: action, fields: fields)
        let name = sha256(Array("hoard:payment:\(action):".utf8) + payload).word
        return try await client.perform(code, payload: payload, operationID: OperationID(high: name.l3, low: name.l2))
    }
}

/// `hoard payments revoke`.
struct PaymentsRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take back what a receipt brought whose money the store has given back; by default only show what that would do.",
        discussion: """
            Coins are taken as far below zero as the currency's debt limit says, items as many as are left; what cannot be taken is told. \
            Exit code 0 where everything can be taken, 1 where something is missing.
            """)

    @Argument(help: "The receipt, STORE:TRANSACTION.")
    var receipt: String

    @Flag(help: "Do it, instead of showing what it would do.")
    var apply = false

    @Option(help: "Why, as the studio counts its reasons.")
    var reason: UInt64 = 0

    @Option(help: "Why, in up to 32 bytes.")
    var note = ""

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token of role operator or server.")
    var token: String

    @Option(help: "The game folder; by default GameData here or above the program.")
    var game: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    /// What is taken of one asset.
    private struct Line {
        var asset: UInt64
        var due: UInt64
        var taken: UInt64
        var balance: Int64
    }

    func validate() throws {
        let parts = receipt.split(separator: ":", maxSplits: 1)
        if parts.count != 2 { throw ValidationError("a receipt is STORE:TRANSACTION, not '\(receipt)'") }
        if note.utf8.count > 32 { throw ValidationError("--note takes up to 32 bytes, not \(note.utf8.count)") }
    }

    func run() async throws {
        let missing = try await reportingFailures {
            let game = try GameFolder.load(try GameFolder.locate(game))
            let client = try await HoardClient.connect(host: server.host, port: server.port, token: token)
            defer { client.close() }
            let id = StoreReceipt.id(receipt)
            guard let view = game.views.first(where: { $0.name == "receipt" }), let words = try await client.view(try view.query(["receipt": .id(id)])),
                let known = view.read(words)?.map({ $0.words[0] }), known.count == 4
            else { throw Failure(message: "the game has no view of receipts") }
            let states = ["unknown", "delivered", "refused", "revoked"]
            guard known[0] == 1 else {
                throw Failure(message: "the receipt \(receipt) is \(states[Int(min(known[0].l0, 3))]); only a delivered one can be revoked")
            }
            let player = Address(word: known[1])
            guard let product = game.catalog.products.first(where: { U256($0.product) == known[2] }) else {
                throw Failure(message: "product \(known[2].l0) is not in this game folder; give the world's own with --game")
            }
            let lines = try await plan(product, known[3].l0, player, game, client)
            let missing = lines.reduce(0) { $0 + $1.due - $1.taken }
            if apply { try await revoke(id, player, game, client) }
            try show(lines, player, product, known[3].l0)
            return missing
        }
        if missing > 0 { throw ExitCode(1) }
    }

    /// What would be taken now, by the rules of payments.vy.
    private func plan(_ product: Product, _ quantity: UInt64, _ player: Address, _ game: Game, _ client: HoardClient) async throws -> [Line] {
        var lines: [Line] = []
        for line in product.lines {
            let balance = try await client.balance(of: Account(player), asset: line.asset)
            let debt = game.catalog.currencies.first { $0.asset == line.asset }.map { Int64(clamping: $0.debtLimit) } ?? 0
            let room = UInt64(max(0, balance.addingReportingOverflow(debt).partialValue))
            lines.append(Line(asset: line.asset, due: line.amount * quantity, taken: min(line.amount * quantity, room), balance: balance))
        }
        return lines
    }

    private func revoke(_ id: [UInt8], _ player: Address, _ game: Game, _ client: HoardClient) async throws {
        let words = Array(note.utf8)
        let (code, payload) = try game.encodePayload(
            action: "revokeReceipt",
            fields: [
                "receipt": .id(id), "player": .account(player), "reason": .number(reason),
                "note": .words([U256(bigEndian: words + [UInt8](repeating: 0, count: 32 - words.count))]),
            ])
        let reply = try await client.perform(code, payload: payload)
        guard reply.status == .applied else { throw Failure(message: "not revoked: \(reply.message)") }
    }

    private func show(_ lines: [Line], _ player: Address, _ product: Product, _ quantity: UInt64) throws {
        let rows = lines.map { line in
            InspectValue.object([
                ("asset", .number(line.asset)), ("due", .number(line.due)), ("taken", .number(line.taken)), ("missing", .number(line.due - line.taken)),
                ("balanceBefore", .text("\(line.balance)")), ("balanceAfter", .text("\(line.balance - Int64(clamping: line.taken))")),
            ])
        }
        let fields: [(String, InspectValue)] = [
            ("receipt", .text(receipt)), ("player", .text(player.hex)), ("product", .text(product.name)), ("quantity", .number(quantity)),
            ("applied", .flag(apply)), ("lines", .list(rows)),
        ]
        if json { return try printJSON(InspectValue.object(fields)) }
        for (name, value) in fields { print(name.padding(toLength: 12, withPad: " ", startingAt: 0) + value.text) }
    }
}
