public import EVM
public import Economy
internal import EventLoop
internal import Foundation
public import Ledger
internal import Synchronization
internal import Tokens

/// The server: connections, sessions and the way of every operation to the ledger and back.
///
/// The one file that names every stage:
///
///     Listener -> Connection -> FrameDecoder -> SessionMachine -> Game.map -> Ledger.submit
///     Ledger answers -> LoopMailbox -> tickets -> Game.replyBody -> FrameEncoder -> Connection
public final class Gateway: @unchecked Sendable {
    // Unchecked: `core`, `loop` and `listener` belong to the thread of `run()`; before it, to the
    // one that made the gateway. Other threads use `signal`, `ledger` and `published` only, which
    // are safe.
    /// The address that is listened on.
    public let host: String
    /// The port that is listened on, also when port 0 was asked for.
    public let boundPort: Int

    private let loop: EventLoop
    private let core: GatewayCore
    private let listener: Listener
    private let handlesSignals: Bool
    /// The world with its log.
    public let ledger: Ledger
    private let outside: OutsideSubmissions
    private let signal: GatewaySignal

    /// Opens the world, executes what its log holds, loads the keys and binds the address.
    public init(_ configuration: GatewayConfiguration) throws(GatewayError) {
        handlesSignals = configuration.handlesSignals
        let descriptors = DescriptorLimit.raiseToHardLimit()
        let tokens: TokenAuthority
        do throws(TokenError) {
            tokens = try TokenAuthority(dataFolder: configuration.dataFolder)
        } catch { throw .tokens(error) }
        ledger = try Self.openLedger(configuration)
        do throws(LoopError) {
            loop = try EventLoop(limits: configuration.loopLimits)
            signal = GatewaySignal(waker: loop.waker)
            core = GatewayCore(
                loop: loop, ledger: ledger, game: configuration.game, tokens: tokens,
                configuration: configuration, descriptors: descriptors, signal: signal)
            outside = core.outside
            host = configuration.host
            listener = try loop.listen(host: configuration.host, port: configuration.port) {
                [unowned core] connection in core.accept(connection)
            }
            boundPort = listener.boundPort
        } catch {
            ledger.drainAndStop()
            throw .listen(error)
        }
    }

    /// Serves until `stop()`, SIGINT or SIGTERM; then finishes what was received, makes it
    /// durable, answers, and returns. Call it once; it blocks.
    public func run(onListening: (String, Int) -> Void = { _, _ in }) throws(GatewayError) {
        core.start { [listener] in listener.close() }
        do throws(LoopError) {
            if handlesSignals { try loop.signals([2, 15]) { [unowned core] _ in core.stopRequested() } }
        } catch { throw .listen(error) }
        ledger.start { [mailbox = core.answers] answers in mailbox.put(answers) }
        onListening(host, boundPort)
        loop.run()
        ledger.drainAndStop()
        loop.close()
        core.ended()
    }

    /// The same as `run()`, on a thread of its own, for callers that must not block: tokens are
    /// verified in tasks, and on a machine of few cores a blocked task leaves them no thread.
    public func serve(
        onListening: @escaping @Sendable (String, Int) -> Void = { _, _ in }
    ) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            let thread = Thread { [self] in
                CurrentThread.setName("hoard-loop")
                do throws(GatewayError) {
                    try run(onListening: onListening)
                    done.resume()
                } catch {
                    done.resume(throwing: error)
                }
            }
            thread.start()
        }
    }

    /// Asks `run()` to finish; from any thread.
    public func stop() {
        signal.requestStop()
    }

    /// Submits an operation that comes in past the sessions, while the gateway runs; from any thread. The answer comes on the
    /// loop's thread. False: there is no room.
    public func submit(_ operation: LedgerOperation, answer: @escaping @Sendable (Answer) -> Void) -> Bool {
        outside.submit(operation, to: ledger, answer)
    }

    /// Has somebody prove receipts to clients that ask; before `run()`.
    public func answerProofs(with prover: any ReceiptProving) { core.prover = prover }

    /// What has been counted so far; from any thread, as of the loop's last turn.
    public var counters: GatewayCounters { signal.counters }

    /// Where the ledger stands; from any thread.
    public var ledgerStatus: LedgerStatus { ledger.status }

    /// The world's name: the digest of its genesis.
    public var worldID: Hash256 { ledger.worldID }

    /// The state root after the last durable block; from any thread, also after `run()`.
    public func stateRoot() -> Anchor { ledger.stateRoot() }

    /// The genesis of a game's world, as the ledger wants it.
    public static func ledgerGenesis(of game: Game) -> LedgerGenesis {
        LedgerGenesis(
            chainID: game.genesis.chainID, fork: game.genesis.fork,
            timestampMilliseconds: game.genesis.timestampSeconds * 1_000,
            accounts: game.genesis.accounts.map { account in
                LedgerGenesisAccount(
                    address: account.address, state: account.state, code: account.code,
                    storage: account.storage.map { ($0.slot, $0.value) })
            },
            rules: game.assetRules.map { rule in
                AssetRule(
                    contract: rule.contract, kind: rule.isItems ? .erc1155 : .erc20,
                    balancesSlot: rule.balancesSlot)
            })
    }

    private static func openLedger(
        _ configuration: GatewayConfiguration
    ) throws(GatewayError) -> Ledger {
        let genesis = ledgerGenesis(of: configuration.game)
        do throws(LedgerError) {
            let ledger = try Ledger(
                genesis: genesis, folder: configuration.dataFolder, configuration: configuration.ledger,
                executor: executor(configuration, genesis))
            ledger.clearBooks(of: configuration.game)
            return ledger
        } catch { throw .ledger(error) }
    }

    private static func executor(
        _ configuration: GatewayConfiguration, _ genesis: LedgerGenesis
    ) -> any BlockExecutor {
        let codes = CodeCache()
        func machine() -> Machine { Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: codes) }
        return switch configuration.executor {
        case .sequential: SequentialExecutor(machine: machine(), rules: genesis.rules)
        case .parallel:
            ParallelExecutor(
                machines: (0..<max(1, configuration.workers)).map { _ in machine() }, rules: genesis.rules,
                hotSlots: configuration.game.hotSlots.map { ($0.contract, $0.slot) })
        }
    }
}
