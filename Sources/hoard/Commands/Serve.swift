import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Logging
import Observatory

/// `hoard serve`: the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a game's economy over TCP.",
        discussion: """
            Prints `listening on HOST:PORT` when it is ready. SIGINT and SIGTERM stop it: what was received is finished, \
            made durable and answered first.
            """)

    @Option(help: "Address to listen on, HOST:PORT; port 0 picks a free one.")
    var listen = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "The data folder: block log, receipts, token keys. Made if it is not there.")
    var data: String = "data"

    @OptionGroup var execution: ExecutionOptions

    @Option(help: "Operations after which a checkpoint is made in the background; 0 makes none.")
    var checkpointOperations: Int = LedgerLimits.checkpointOperations

    @OptionGroup var observing: ObservingOptions

    @Flag(help: "Keep the whole log, so that `hoard verify` can execute it from the genesis on.")
    var keepLog = false

    @Option(
        help: "The least that is reported on standard error: trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .info

    func run() async throws {
        try await reportingFailures {
            let format = observing.logFormat
            LoggingSystem.bootstrap { format.handler(label: $0) }
            var logger = Logger(label: "hoard")
            logger.logLevel = logLevel
            let folder = DataFolder(path: data)
            try folder.create()
            let gameFolder = try GameFolder.locate(execution.game, data: folder)
            let game = try GameFolder.load(gameFolder)
            var configuration = GatewayConfiguration(dataFolder: data, game: game)
            configuration.host = listen.host
            configuration.port = listen.port
            configuration.executor = execution.executor
            configuration.workers = execution.workerCount
            configuration.ledger.checkpointOperations = max(0, checkpointOperations)
            // The index is made from the log and can be made again only while the log is there.
            configuration.ledger.keepsLog = keepLog || observing.keepsHistory
            let progress = RecoveryProgress()
            configuration.ledger.onRecovery = { progress.update($0) }
            let gateway = try Gateway(configuration)
            progress.finish()
            try folder.remember(gameFolder: gameFolder)
            let recovered = gateway.ledgerStatus
            logger.info(
                "world opened",
                metadata: [
                    "world": "\(gateway.worldID.hex)", "blocks": "\(recovered.blocks)",
                    "operations": "\(recovered.operations)", "checkpoint": "\(recovered.checkpointBlock)",
                    "game": "\(gameFolder)", "data": "\(data)",
                ])
            for note in recovered.recoveryNotes {
                logger.warning("recovery did without", metadata: ["damaged": "\(note)"])
            }
            let stopObserving = try observing.open(gateway, game, folder: data, logger)
            defer { stopObserving?() }
            try await gateway.serve { host, port in
                print("listening on \(host):\(port)")
                fflush(nil)
            }
            try report(gateway, logger)
        }
    }

    private func report(_ gateway: Gateway, _ logger: Logger) throws {
        let status = gateway.ledgerStatus
        if let failure = status.failure {
            throw Failure(message: "the ledger stopped: \(failure)")
        }
        logger.info(
            "stopped",
            metadata: [
                "blocks": "\(status.blocks)", "operations": "\(status.operations)", "head": "\(status.head.hex)",
                "conservationViolations": "\(status.conservationViolations)",
            ])
    }
}

/// The line that shows how far opening a world is.
private final class RecoveryProgress: @unchecked Sendable {
    // Sendable: the world is opened on one thread, which is the only one to use it.
    private let line = ProgressLine("operations executed again:")

    /// Shows so many operations.
    func update(_ operations: UInt64) { line.update(operations) }

    /// Removes the line.
    func finish() { line.finish() }
}
