import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Synchronization
import Wire

/// `hoard webhooks`: tells a service of the studio's every event of the world, in order, at least once.
struct WebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Post every movement of every player to a service: signed, in order, at least once.",
        discussion: """
            Events are heard from a running server; what it does not remember any more (after a restart, or after a long absence) is read from its data folder, which has to be at \
            hand (serve with --keep-log). A delivery is {"world", "events", "next"}; it is repeated until the service answers 2xx, and then the cursor is written down, so \
            that nothing is left out and a crash repeats at most one delivery. Header Hoard-Signature: t=SECONDS,v1=HEX, where HEX is HMAC-SHA-256 of the secret over \
            SECONDS, a dot and the body.
            """)

    @Option(help: "The service, http://... or https://...")
    var url: String

    @Option(help: "A file whose bytes (a last newline left out) are the secret of the signature, at least 16.")
    var secretFile: String

    @Option(help: "The file that keeps the cursor: where to go on after a restart. Made where there is none; the first run begins with the first block.")
    var cursorFile: String

    @Option(help: "The server's data folder.")
    var data: String

    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token of role server.")
    var token: String

    @Option(help: "The game folder; by default the one that the data folder was made with.")
    var game: String?

    @Option(help: "Events in a delivery at most.")
    var batch = 100

    @Option(help: "Seconds that the service may take.")
    var seconds = 10.0

    @Flag(help: "End when all events until now are delivered, instead of waiting for more.")
    var once = false

    func validate() throws {
        if HTTPPost.url(url) == nil { throw ValidationError("--url takes http://... or https://..., not '\(url)'") }
        if !(1...10_000).contains(batch) { throw ValidationError("--batch takes 1 to 10000, not \(batch)") }
        if seconds <= 0 { throw ValidationError("--seconds is above zero") }
    }

    func run() async throws {
        try await reportingFailures {
            guard let bytes = FileManager.default.contents(atPath: secretFile) else { throw Failure(message: "there is no secret \(secretFile)") }
            let secret = bytes.last == 10 ? [UInt8](bytes.dropLast()) : [UInt8](bytes)
            guard secret.count >= 16 else { throw Failure(message: "the secret in \(secretFile) has \(secret.count) bytes; give it at least 16") }
            let folder = DataFolder(path: data)
            try folder.requireWorld()
            let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
            var post = WebhookPost(
                post: HTTPPost(url: HTTPPost.url(url) ?? URL(fileURLWithPath: "/"), seconds: seconds), secret: secret, cursorFile: cursorFile, batch: batch)
            try post.load()
            repeat {
                do {
                    try await follow(&post, game)
                } catch let error as ClientError where !once {
                    note("\(error); trying again")
                    try await Task.sleep(for: .seconds(2))
                }
            } while !once
        }
    }

    /// Catches up and then delivers what is heard, until the connection ends.
    private func follow(_ post: inout WebhookPost, _ game: Game) async throws {
        var configuration = ClientConfiguration(host: server.host, port: server.port, token: token, clientName: "hoard webhooks")
        // After a lost connection what was missed is looked for again, in the data folder too.
        configuration.reconnectAttemptsMax = 0
        let client = try await HoardClient.connect(configuration)
        defer { client.close() }
        post.world = client.welcome.worldID.map { String(format: "%02x", $0) }.joined()
        let subscription = try await client.subscribe(scope: .all, from: max(post.cursor, 1))
        if subscription.cursor > post.cursor { try await catchUp(&post, game, before: subscription.cursor) }
        if once { return }
        let heard = HeardEvents()
        let listening = Task {
            for await event in subscription.events {
                guard heard.append(event) else { break }
            }
            heard.end()
        }
        defer { listening.cancel() }
        while true {
            let (events, isOver) = heard.take()
            for event in events where event.cursor >= post.cursor {
                post.waiting.append(event)
                if post.waiting.count >= batch { try await post.deliver() }
            }
            try await post.deliver()
            if isOver { break }
            if events.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        note("the server ended the stream; looking again")
    }

    /// Delivers what the log holds from the cursor on, before another cursor.
    private func catchUp(_ post: inout WebhookPost, _ game: Game, before end: UInt64) async throws {
        let world = try LedgerInspection(folder: data, genesis: Gateway.ledgerGenesis(of: game))
        let first = try world.firstBlock()
        let wanted = post.cursor >> 28
        guard first <= max(wanted, 1) else {
            throw Failure(
                message: "events from block \(max(wanted, 1)) on are wanted, the log begins with block \(first): serve with --keep-log, or begin anew without \(cursorFile)")
        }
        var isAll = false
        while !isAll {
            let (events, isLast) = try Self.events(world, game, post.cursor..<end)
            isAll = isLast
            for event in events {
                post.waiting.append(event)
                if post.waiting.count >= batch { try await post.deliver() }
            }
            try await post.deliver()
        }
    }

    /// Enough events are in memory.
    private struct Enough: Error {}

    /// The events of the log with cursors in a range, and whether these are all; otherwise so many whole operations as fit the memory.
    private static func events(_ world: LedgerInspection, _ game: Game, _ range: Range<UInt64>) throws -> ([EventBody], Bool) {
        var events: [EventBody] = []
        do {
            try world.entries { entry in
                guard entry.block >= range.lowerBound >> 28, entry.block <= range.upperBound >> 28 else { return }
                let id = Wire.OperationID(high: entry.id.high, low: entry.id.low)
                for (place, event) in game.events(of: entry.receipt, block: entry.block, index: entry.index, operationID: id).enumerated() {
                    var event = event
                    event.cursor = EventBody.cursor(block: entry.block, index: entry.index, place: place)
                    if range.contains(event.cursor) { events.append(event) }
                }
                if events.count >= 65_536 { throw Enough() }
            }
        } catch is Enough {
            return (events, false)
        }
        return (events, true)
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data("hoard: \(text)\n".utf8)) }
}

/// Events between the connection and the deliveries; where the service is away for long, the rest is read from the data folder later.
private final class HeardEvents: Sendable {
    /// Events that are kept for a slow service: 8 MB.
    private static let countMax = 65_536
    private let state = Mutex<(events: [EventBody], isOver: Bool)>(([], false))

    /// Keeps an event; false where there are too many.
    func append(_ event: EventBody) -> Bool {
        state.withLock { state in
            if state.isOver || state.events.count >= Self.countMax {
                state.isOver = true
                return false
            }
            state.events.append(event)
            return true
        }
    }

    /// Nothing follows.
    func end() { state.withLock { $0.isOver = true } }

    /// What is there, and whether nothing follows.
    func take() -> ([EventBody], Bool) {
        state.withLock { state in
            defer { state.events = [] }
            return (state.events, state.isOver)
        }
    }
}

/// What waits for delivery, and where the service is.
private struct WebhookPost {
    let post: HTTPPost
    let secret: [UInt8]
    let cursorFile: String
    let batch: Int
    var world = ""
    /// The first event that was not delivered yet.
    var cursor: UInt64 = 0
    var waiting: [EventBody] = []

    /// Reads the cursor of the run before.
    mutating func load() throws {
        guard let data = FileManager.default.contents(atPath: cursorFile) else { return }
        guard let number = UInt64(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure(message: "\(cursorFile) holds no cursor; remove it to begin with the first block")
        }
        cursor = number
    }

    /// Posts what waits until the service takes it, then writes the cursor down.
    mutating func deliver() async throws {
        guard let last = waiting.last else { return }
        let next = last.cursor + 1
        let events = waiting.map { event in
            InspectValue.object([
                ("cursor", .text("\(event.cursor)")), ("block", .number(event.block)), ("index", .number(UInt64(event.index))),
                ("operation", .text(event.operationID.hex)), ("asset", .text("\(event.asset)")), ("amount", .text("\(event.amount)")),
                ("account", .text(event.account.hex)), ("counterparty", .text(event.counterparty.hex)),
            ])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = try encoder.encode(InspectValue.object([("world", .text(world)), ("events", .list(events)), ("next", .text("\(next)"))]))
        var wait = 0.2
        while true {
            let time = "\(UInt64(Date().timeIntervalSince1970))"
            let signature = MessageCode.sha256(secret, Array("\(time).".utf8) + [UInt8](body)).map { String(format: "%02x", $0) }.joined()
            let result = await post.send(body, headers: ["Hoard-Signature": "t=\(time),v1=\(signature)", "Hoard-Cursor": "\(next)"])
            if case .success(let answer) = result, (200...299).contains(answer.status) { break }
            try await Task.sleep(for: .seconds(wait))
            wait = min(60, wait * 2)
        }
        try Data("\(next)\n".utf8).write(to: URL(fileURLWithPath: cursorFile), options: .atomic)
        cursor = next
        waiting.removeAll(keepingCapacity: true)
    }
}

/// HMAC (RFC 2104) with SHA-256.
enum MessageCode {
    /// The 32 bytes for a key and a message.
    static func sha256(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? EVM.sha256(key).bytes : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = EVM.sha256(block.map { $0 ^ 0x36 } + message).bytes
        return EVM.sha256(block.map { $0 ^ 0x5c } + inner).bytes
    }
}
