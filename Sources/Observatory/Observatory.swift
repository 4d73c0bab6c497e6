internal import Foundation
public import Economy
public import Gateway
public import History
internal import Ledger
public import Logging
public import Proofs
internal import Synchronization

/// What an observatory is started with.
public struct ObservatoryConfiguration: Sendable {
    /// The address to listen on; anything but this machine itself must be asked for.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 picks one.
    public var port = 8_545
    /// Names by which the server may be called, beside those of this machine.
    public var hosts: [String] = []
    /// Origins of pages elsewhere that may ask.
    public var origins: [String] = []
    /// The data folder of the world.
    public var dataFolder: String
    /// Threads that answer.
    public var workers = 4
    /// Whether the index is made only while nobody else wants the processors.
    public var indexesInIdleTime = true
    /// The version that clients are told.
    public var version = "0.1.0"
    /// The key that receipts are proven with; nil: none are.
    public var proofKey: ProofKey?
    /// The maxima.
    public var limits = ObservatoryLimits()

    /// An observatory of the world in this folder.
    public init(dataFolder: String) { self.dataFolder = dataFolder }
}

/// Why an observatory cannot start.
public struct ObservatoryError: Error, Sendable, CustomStringConvertible {
    /// One sentence for people.
    public var description: String
}

/// JSON-RPC, metrics and the page over a gateway's world. Made after the gateway and before it runs.
public final class Observatory: Sendable {
    /// The history that it asks.
    public let history: History
    /// Who proves receipts of this history, where there is a key for it.
    public let prover: ReceiptProver?
    let site: Site
    /// The methods.
    var service: RPCService { site.service }
    private let server: HTTPServer
    private let notifier: Notifier
    private let workers: Workers
    private let watchWorkers = Workers(count: 1, waitingMax: 64)
    private let configuration: ObservatoryConfiguration
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)

    /// Opens the history of a gateway's world and has it follow the log; nothing is listened on yet.
    public init(_ configuration: ObservatoryConfiguration, gateway: Gateway, game: Game, logger: Logger) throws(ObservatoryError) {
        self.configuration = configuration
        self.logger = logger
        let ledger = gateway.ledger
        do throws(HistoryError) {
            history = try History(
                dataFolder: configuration.dataFolder, genesis: Gateway.ledgerGenesis(of: game), game: game,
                durable: ledger.status.blocks)
        } catch { throw ObservatoryError(description: error.description) }
        do throws(LedgerError) { try ledger.observe(history.feed) } catch {
            throw ObservatoryError(description: error.description)
        }
        prover = configuration.proofKey.map { [history] in ReceiptProver(history: history, key: $0) }
        let service = RPCService(
            history: history, prover: prover, ledger: ledger, dataFolder: configuration.dataFolder, version: configuration.version,
            limits: configuration.limits
        ) { [unowned gateway] operation, answer in gateway.submit(operation, answer: answer) }
        notifier = Notifier(service)
        workers = Workers(count: configuration.workers, waitingMax: configuration.limits.waitingMax)
        let metrics = MetricsText(
            service: service, counters: { [unowned gateway] in gateway.counters }, version: configuration.version)
        let reached = SiteBox()
        site = Site(
            service: service,
            guarding: RequestGuard(
                hosts: configuration.hosts + [configuration.host], origins: configuration.origins,
                limits: configuration.limits),
            workers: workers, watchWorkers: watchWorkers, notifier: notifier, metrics: { metrics.make(site: reached.site) },
            health: { [history] in Self.health(ledger, history) })
        reached.site = site
        server = HTTPServer(site: site)
    }

    /// Lets metrics see the site that they are part of.
    private final class SiteBox: @unchecked Sendable {
        // Sendable: set once, before anybody can ask.
        weak var site: Site?
    }

    private static func health(_ ledger: Ledger, _ history: History) -> (isReady: Bool, text: String) {
        let status = ledger.status
        if let failure = status.failure { return (false, "the ledger has failed: \(failure)") }
        if let stall = status.stall { return (false, "the disk takes no writes: \(stall)") }
        if let failure = history.indexFailure { return (false, "the history is not kept: \(failure)") }
        // Under a full load the index is behind on purpose; whoever asks for what it lacks gets nothing, and may ask later.
        let note = history.isComplete ? "" : "; the index is at block \(history.indexedBlock)"
        return (true, "ready at block \(status.blocks)\(note)")
    }

    /// Listens and follows; the port.
    public func start() throws(ObservatoryError) -> Int {
        history.start(inIdleTime: configuration.indexesInIdleTime)
        notifier.start()
        let port: Int
        do {
            port = try server.start(host: configuration.host, port: configuration.port)
        } catch {
            throw ObservatoryError(
                description: "\(configuration.host):\(configuration.port) cannot be listened on: \(error)")
        }
        let thread = Thread { [weak self] in
            lowerPriority()
            while let self, !self.isStopping.load(ordering: .acquiring) {
                if let anchor = self.service.ledger.status.anchor { self.history.note(anchor) }
                usleep(100_000)
            }
        }
        thread.name = "hoard-anchors"
        thread.start()
        logger.info("observatory opened", metadata: ["http": "\(configuration.host):\(port)", "indexed": "\(history.indexedBlock)"])
        return port
    }

    /// Closes all connections and brings the index up to the last block.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        notifier.stop()
        server.stop()
        workers.stop()
        watchWorkers.stop()
        history.stop()
        if let failure = history.indexFailure { logger.error("history", metadata: ["failure": "\(failure)"]) }
    }
}
