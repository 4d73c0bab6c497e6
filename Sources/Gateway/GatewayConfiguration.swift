public import Economy
public import EventLoop
public import Ledger

/// How micro-blocks are executed.
public enum ExecutorChoice: String, Sendable, CaseIterable {
    /// One operation after the other.
    case sequential
    /// Many at once, with the same results.
    case parallel
}

/// What a gateway is started with.
public struct GatewayConfiguration: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 picks one.
    public var port = 7777
    /// The folder of the log, the keys and the receipts; made when it does not exist.
    public var dataFolder: String
    /// The game.
    public var game: Game
    /// How micro-blocks are executed.
    public var executor = ExecutorChoice.sequential
    /// Threads that execute, for the parallel executor.
    public var workers = 1
    /// The ledger's settings, with the mode of its clock.
    public var ledger = LedgerConfiguration()
    /// The maxima of the gateway.
    public var limits = GatewayLimits()
    /// The maxima of the loop.
    public var loopLimits = EventLoopLimits()
    /// Whether SIGINT and SIGTERM stop this gateway.
    public var handlesSignals = true

    /// A gateway for a loaded game with its data in a folder.
    public init(dataFolder: String, game: Game) {
        self.dataFolder = dataFolder
        self.game = game
    }

    /// A gateway for a game folder, which is loaded and checked.
    public init(dataFolder: String, gameFolder: String) throws(GameDataError) {
        self.init(dataFolder: dataFolder, game: try Game.load(folder: gameFolder))
    }
}
