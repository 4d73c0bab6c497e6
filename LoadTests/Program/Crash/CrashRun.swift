import Foundation
import Wire

/// Kills a server of our own under load and compares what it knows afterwards with what it had answered.
///
/// Round by round: start on the same data, ask for the receipt of everything answered in the round before, send again
/// what had no answer (and some of what had), send new operations, kill. After the last kill everything ever answered
/// is asked for, all balances are compared, the server is stopped, and `hoard verify` executes the log again.
final class CrashRun {
    /// Answered operations that are sent again after each restart.
    static let repeatsPerRound = 2_000
    /// How long `hoard verify` may take.
    static let verifyMillisecondsMax = 900_000

    private let scenario: Scenario
    private let kills: Int
    private let table: GameTable
    private let settings: ServerSettings
    private let driver: LoadDriver
    private let journal: CrashJournal
    private let accounts: [Account]
    private let writer: ActionWriter
    private let ids: OperationIDSource
    private let setUpIDs: OperationIDSource
    private var random: SeededRandom
    private var token = ""
    private var restartSeconds: [Double] = []
    private let say: (String) -> Void

    /// What was wrong, in words.
    private(set) var problems: [String] = []

    /// A run on a data folder of its own; `say` is told what happens.
    init(
        scenario: Scenario, kills: Int, table: GameTable, settings: ServerSettings, seed: UInt64,
        quiet: Bool, say: @escaping (String) -> Void
    ) throws {
        self.scenario = scenario
        self.kills = kills
        self.table = table
        self.settings = settings
        self.say = say
        random = SeededRandom(seed: seed)
        driver = try LoadDriver(quiet: quiet)
        driver.expectsLosses = true
        journal = CrashJournal(players: scenario.players, start: scenario.start)
        accounts = (0..<scenario.players).map { Account(playerName: "crash-\($0)") }
        writer = try ActionWriter(
            table: table, accounts: accounts, faucet: Account(label: "hoard:faucet:load"))
        let now = ScenarioRun.milliseconds()
        ids = OperationIDSource(milliseconds: now, chance: 1)
        setUpIDs = OperationIDSource(milliseconds: now, chance: 2)
    }

    /// Does it all and reports.
    func run() throws -> CrashReport {
        var roundStart = 0
        for round in 0..<kills {
            let server = try start(isRestart: round > 0)
            if round == 0 { try setUp() } else { try check(from: roundStart, repeats: true) }
            roundStart = journal.records.count
            try load(round: round, server: server)
        }
        let server = try start(isRestart: true)
        try check(from: roundStart, repeats: true)
        try check(from: 0, repeats: false)
        let wrong = try compareBalances()
        driver.disconnect()
        try server.stop()
        if let finding = journal.firstFinding { problems.insert(finding, at: 0) }
        return CrashReport(
            kills: kills, acknowledged: journal.acknowledged, lost: journal.lost,
            doubled: journal.doubled, restartSeconds: restartSeconds, balancesWrong: wrong,
            errors: journal.errors, isVerified: verify())
    }

    private func start(isRestart: Bool) throws -> ServerProcess {
        let server = try ServerProcess(settings)
        if isRestart { restartSeconds.append(server.startSeconds) }
        if token.isEmpty { token = try ServerProcess.token(settings, subject: "load") }
        try driver.connect(
            host: server.host, port: server.port, token: token, count: scenario.connections,
            inFlight: scenario.inFlight)
        return server
    }

    private func setUp() throws {
        let setUp = SetUpPhase(
            start: scenario.start, assets: table.offers.map(\.asset), writer: writer, ids: setUpIDs)
        try run(setUp)
        if let failure = setUp.failures.first { throw LoadFailure(description: failure) }
    }

    private func load(round: Int, server: ServerProcess) throws {
        let span = UInt64(scenario.seconds * 1e9)
        let before = journal.acknowledged
        let phase = CrashLoadPhase(
            journal: journal,
            chooser: OperationChooser(
                scenario: scenario, prices: table.prices, seed: random.next()),
            writer: writer, ids: ids,
            killAt: MonotonicClock.nanoseconds() + random.below(span) + 1,
            kill: { server.crash() })
        try driver.run(phase)
        guard server.hasEnded else {
            throw LoadFailure(
                description: "all connections were lost before the kill: "
                    + (driver.losses.first ?? "no reason"))
        }
        driver.disconnect()
        say("kill \(round + 1) of \(kills): \(journal.acknowledged - before) answered before it")
    }

    /// Asks for the receipts of what was answered from a running number on, and sends the rest again.
    private func check(from first: Int, repeats: Bool) throws {
        let all = first..<journal.records.count
        let answered = all.filter { journal.records[$0].answer != nil }
        let open = all.filter { journal.records[$0].answer == nil }
        try run(ReceiptPhase(journal: journal, writer: writer, ids: ids, sequences: answered))
        try run(ResendPhase(journal: journal, writer: writer, ids: ids, sequences: open))
        guard repeats, !answered.isEmpty else { return }
        // The newest, which a crash is likeliest to hurt, and some from anywhere in the round.
        var again = Array(answered.suffix(Self.repeatsPerRound / 2))
        for _ in 0..<min(answered.count, Self.repeatsPerRound / 2) {
            again.append(answered[Int(random.below(UInt64(answered.count)))])
        }
        let distinct = Array(Set(again)).sorted()
        try run(ResendPhase(journal: journal, writer: writer, ids: ids, sequences: distinct))
    }

    /// Runs a phase during which the server must stay alive.
    private func run(_ phase: any LoadPhase) throws {
        driver.expectsLosses = false
        defer { driver.expectsLosses = true }
        try driver.run(phase)
    }

    private func compareBalances() throws -> UInt64 {
        let check = BalanceCheckPhase(
            book: journal.book, accounts: accounts, assets: table.offers.map(\.asset),
            players: Array(0..<scenario.players))
        try run(check)
        if let difference = check.firstDifference {
            problems.append("\(check.wrong) of \(check.compared) balances differ: \(difference)")
        }
        return check.wrong
    }

    private func verify() -> Bool {
        do {
            var arguments = ["verify", "--data", settings.dataFolder, "--json"]
            if let game = settings.paths.game { arguments += ["--game", game] }
            let text = try ServerProcess.run(
                settings, arguments: arguments, name: "verify",
                atMostMilliseconds: Self.verifyMillisecondsMax)
            say("hoard verify: " + text.trimmingCharacters(in: .whitespacesAndNewlines))
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return object?["ok"] as? Bool == true
        } catch {
            problems.append("\(error)")
            return false
        }
    }
}
