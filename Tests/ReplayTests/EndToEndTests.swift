import Dispatch
import Economy
import Foundation
import Gateway
import Ledger
import Replay
import Synchronization
import Testing
import Tokens

/// A server with temporary data in this process, for one replay.
final class ReplayServer: Sendable {
    let gateway: Gateway
    let folder: String
    let serverToken: String
    let operatorToken: String
    private let ended = DispatchSemaphore(value: 0)
    private let failure = Mutex<GatewayError?>(nil)

    init(game: Game, clockMode: ClockMode = .operations, blockOperationsMax: Int? = nil) async throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("hoard-replay-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = GatewayConfiguration(dataFolder: folder, game: game)
        configuration.port = 0
        configuration.handlesSignals = false
        configuration.ledger.clockMode = clockMode
        if let blockOperationsMax { configuration.ledger.blockOperationsMax = blockOperationsMax }
        gateway = try Gateway(configuration)
        let authority = try TokenAuthority(dataFolder: folder)
        serverToken = try await authority.mint(role: .server, subject: "test", ttlSeconds: 600)
        operatorToken = try await authority.mint(role: .operator, subject: "test", ttlSeconds: 600)
        let thread = Thread { [self] in
            do throws(GatewayError) { try gateway.run() } catch { failure.withLock { $0 = error } }
            ended.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Plays a plan on a thread of its own and stops the server; the summary is what its ledger says then.
    func play(
        _ plan: ReplayPlan, game: Game, speed: Double? = nil, withOperator: Bool = true, times: Int = 1
    ) async throws -> (tallies: [ReplayTally], ledger: LedgerSummary) {
        let connection = ReplayConnection(
            host: gateway.host, port: gateway.boundPort, token: serverToken,
            operatorToken: withOperator ? operatorToken : nil)
        let tallies = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<[ReplayTally], any Error>) in
            Thread {
                continuation.resume(
                    with: Result {
                        try (0..<times).map { _ in
                            try ReplayPlayer(plan: plan, game: game, connection: connection, speed: speed).run()
                        }
                    })
            }.start()
        }
        gateway.stop()
        ended.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        let status = gateway.ledgerStatus
        try? FileManager.default.removeItem(atPath: folder)
        return (
            tallies,
            LedgerSummary(
                blocks: status.blocks, stateRoot: "\(gateway.stateRoot().stateRoot)",
                operationsDigest: "\(status.operationsDigest)", head: "\(status.head)",
                conserved: status.conservationViolations == 0)
        )
    }
}

@Suite(.serialized) struct EndToEndTests {
    static let game = Result { try Game.load(folder: Recordings.repository.appendingPathComponent("GameData").path) }

    static func replay(
        _ match: Match, speed: Double? = nil, blockOperationsMax: Int? = nil
    ) async throws -> ReplayReport {
        let game = try game.get()
        let plan = try Planner.plan(match)
        let server = try await ReplayServer(game: game, blockOperationsMax: blockOperationsMax)
        let (tallies, ledger) = try await server.play(plan, game: game, speed: speed)
        return ReplayReport(match: match, plan: plan, tally: tallies[0], ledger: ledger)
    }

    @Test func `the sample is met by the ledger to the last coin`() async throws {
        let report = try await Self.replay(Sample.match())
        #expect(report.tally.exact == 95 && report.tally.snapshots.count == 95)
        #expect(report.tally.applied == 169 && report.tally.refused == 2)
        #expect(report.tally.refusals.map(\.events) == [[61, 232]])
        #expect(report.ledger.conserved == true)
        #expect(report.tally.busy == 0 && report.tally.repeated == 0)
        #expect(report.tally.latenciesNanoseconds.count == 266)
        #expect(report.warnings.isEmpty)
    }

    @Test func `the model expects what the ledger does`() async throws {
        let report = try await Self.replay(Sample.match())
        #expect(report.tally.snapshots.allSatisfy { $0.balance == $0.check.expected })
        let expected = Set(report.plan.actions.filter(\.expectedToApply).map(\.sequence))
        #expect(report.tally.appliedSequences == expected)
    }

    @Test func `root and digest depend on the file alone, however blocks are cut and however fast it is played`()
        async throws
    {
        let match = try Sample.match()
        let first = try await Self.replay(match).ledger
        let again = try await Self.replay(match).ledger
        let single = try await Self.replay(match, blockOperationsMax: 1).ledger
        let slow = try await Self.replay(match, speed: 2_000).ledger
        for other in [again, single, slow] {
            #expect(other.stateRoot == first.stateRoot)
            #expect(other.operationsDigest == first.operationsDigest)
        }
        #expect(single.blocks ?? 0 > first.blocks ?? 0)
        var changed = match
        changed.events[20].source = "another word"
        let position = try #require(changed.events.firstIndex { $0.kind == .reward })
        changed.events[position].amount! += 1
        #expect(try await Self.replay(changed).ledger.stateRoot != first.stateRoot)
    }

    @Test func `the same match twice on one server changes nothing and is told`() async throws {
        let game = try Self.game.get()
        let plan = try Planner.plan(Sample.match())
        // A server that runs on for long goes by the clock of the wall.
        let (tallies, ledger) = try await ReplayServer(game: game, clockMode: .wall).play(plan, game: game, times: 2)
        #expect(tallies[1].repeated == 171)
        #expect(tallies[1].applied == tallies[0].applied && tallies[1].refused == tallies[0].refused)
        #expect(ledger.operationsDigest == (try await Self.replay(Sample.match()).ledger.operationsDigest))
    }

    @Test func `without an operator's token credit is refused and the debts with it`() async throws {
        let game = try Self.game.get()
        let plan = try Planner.plan(Sample.match())
        let (tallies, ledger) = try await ReplayServer(game: game).play(plan, game: game, withOperator: false)
        #expect(tallies[0].refused > 2)
        #expect(tallies[0].exact < 95)
        #expect(ledger.conserved == true)
    }

    @Test func `a wrong token is an error that says so`() async throws {
        let game = try Self.game.get()
        let server = try await ReplayServer(game: game)
        let plan = try Planner.plan(Sample.match())
        let connection = ReplayConnection(host: server.gateway.host, port: server.gateway.boundPort, token: "nonsense")
        let error = await #expect(throws: ReplayError.self) {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ReplayTally, any Error>) in
                Thread {
                    continuation.resume(
                        with: Result { try ReplayPlayer(plan: plan, game: game, connection: connection).run() })
                }.start()
            }
        }
        #expect(error?.description.contains("refused the session") == true, "\(error?.description ?? "")")
        _ = try await server.play(plan, game: game)
    }

    @Test(.enabled(if: Recordings.present, Recordings.absent), arguments: LeagueRecording.all)
    func `a recording comes out as the model says`(_ recording: LeagueRecording) async throws {
        let match = try Recordings.league(recording.name, prices: recording.right)
        let report = try await Self.replay(match)
        #expect(report.tally.snapshots.allSatisfy { $0.balance == $0.check.expected })
        #expect(report.tally.exact * 1000 / report.tally.snapshots.count >= recording.exactPerMille)
        #expect(report.ledger.conserved == true)
        #expect(report.tally.seconds < 10)
    }
}
