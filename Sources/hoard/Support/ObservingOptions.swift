internal import ArgumentParser
internal import Economy
internal import Foundation
internal import Gateway
internal import History
internal import Ledger
internal import Logging
internal import Observatory
internal import Proofs

/// How a server is watched: the options of `serve`.
struct ObservingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address of JSON-RPC, WebSocket, /metrics and the page, HOST:PORT, such as 127.0.0.1:8545; port 0 picks one. Off when left out.",
            valueName: "host:port"))
    var http: ListenAddress?

    @Option(
        help: ArgumentHelp("A name by which browsers and clients may call that address, beside its own; repeat it for more.", valueName: "name"))
    var httpHost: [String] = []

    @Option(
        help: ArgumentHelp("An origin whose pages may ask, such as https://wallet.example; repeat it for more.", valueName: "origin"))
    var httpOrigin: [String] = []

    @Flag(
        help: "Prove receipts to clients that ask, with the key in DATA/proof.key, also without --http, which does it anyway. Keeps the whole log and an index.")
    var proofs = false

    @Option(help: "The form of what is reported on standard error: text or json, one object a line.")
    var logFormat: LogFormat = .text

    /// Whether somebody follows the log, which must then be kept whole.
    var keepsHistory: Bool { http != nil || proofs }

    /// Whoever looks on, as asked for: the observatory, listening, or a history for proofs alone. What comes back ends them.
    func open(_ gateway: Gateway, _ game: Game, folder: String, _ logger: Logger) throws -> (() -> Void)? {
        guard keepsHistory else { return nil }
        let key = try ProofKeyFile.open(dataFolder: folder, isMade: true)
        logger.info("receipts are proven", metadata: ["key": "\(key.publicKey)"])
        if let observatory = try self.observatory(gateway, game, folder, key, logger) {
            if let prover = observatory.prover { gateway.answerProofs(with: ProofDesk(prover)) }
            return observatory.stop
        }
        let history = try History(
            dataFolder: folder, genesis: Gateway.ledgerGenesis(of: game), game: game, durable: gateway.ledgerStatus.blocks)
        try gateway.ledger.observe(history.feed)
        history.start()
        gateway.answerProofs(with: ProofDesk(ReceiptProver(history: history, key: key), following: history))
        return {
            history.stop()
            if let failure = history.indexFailure { logger.error("history", metadata: ["failure": "\(failure)"]) }
        }
    }

    /// The observatory, listening, where one was asked for; it prints `observing on http://HOST:PORT`.
    private func observatory(_ gateway: Gateway, _ game: Game, _ folder: String, _ key: ProofKey, _ logger: Logger) throws -> Observatory? {
        guard let http else { return nil }
        var configuration = ObservatoryConfiguration(dataFolder: folder)
        configuration.host = http.host
        configuration.port = http.port
        configuration.hosts = httpHost
        configuration.origins = httpOrigin
        configuration.version = Hoard.configuration.version
        configuration.proofKey = key
        let observatory = try Observatory(configuration, gateway: gateway, game: game, logger: logger)
        let port = try observatory.start()
        print("observing on http://\(http.host.contains(":") ? "[\(http.host)]" : http.host):\(port)")
        return observatory
    }
}

/// How log lines are written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json

    /// What writes them to standard error.
    func handler(label: String) -> any LogHandler {
        switch self {
        case .text: StreamLogHandler.standardError(label: label)
        case .json: JSONLogHandler(label: label)
        }
    }
}

/// Writes each line as one JSON object.
struct JSONLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields: [String: String] = metadata.mapValues { "\($0)" }
        for (key, value) in event.metadata ?? [:] { fields[key] = "\(value)" }
        fields["time"] = Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        fields["level"] = event.level.rawValue
        fields["label"] = label
        fields["message"] = "\(event.message)"
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? JSONSerialization.data(withJSONObject: fields, options: options) else { return }
        line.append(0x0a)
        FileHandle.standardError.write(line)
    }
}
