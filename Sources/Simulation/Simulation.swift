internal import EVM
internal import Economy
internal import Gateway
internal import Ledger
internal import Wire

/// What a simulation is made of; everything else its seed decides.
package struct SimulationOptions: Sendable {
    /// Operations that the clients invent.
    package var operations = 10_000
    /// A planted bug, or none.
    package var canary: Canary?
    /// Hears what happens to the machine and its disk, a line each.
    package var listener: (@Sendable (String) -> Void)?

    /// The usual size without a bug.
    package init(
        operations: Int = 10_000, canary: Canary? = nil, listener: (@Sendable (String) -> Void)? = nil
    ) {
        self.operations = operations
        self.canary = canary
        self.listener = listener
    }
}

/// A whole server and its clients in one thread: the real gateway and the real ledger over a simulated clock, network,
/// disk and threads. One seed decides everything that happens.
package final class Simulation {
    static let folder = "/world"
    /// An hour after the game's genesis.
    static let startMilliseconds: UInt64 = 1_767_229_200_000
    let seed: UInt64
    let options: SimulationOptions
    let game: Game
    let cast: Cast
    let writer: ActionWriter
    let base: SimulationBase
    /// Nanoseconds since the start.
    private(set) var now: UInt64 = 0
    private(set) var eventCount = 0
    private var queue = EventQueue()
    var trace = Trace()
    var chance: SeededChance
    var history = History()
    var report = SimulationReport()
    /// What is wrong, in words; the first finding ends the simulation.
    private(set) var finding: String?

    var clients: [SimulatedClient] = []
    private var linkCount = 0
    private var links: [Link] = []
    lazy var clock = SimulatedClock(self, startMilliseconds: Self.startMilliseconds)
    var disk = MemoryDisk()
    var machine: SimulatedMachine?
    var faults: FaultPlan
    /// A bit that was changed and not been set right again.
    var flip: FlippedBit?
    /// The last writes to the log, oldest first.
    var lastLogWrites: [(path: String, offset: Int)] = []
    /// What calls to the disk have taken in the present step.
    var diskNanoseconds: UInt64 = 0
    /// All operations have been invented: faults end, so that everything can be answered.
    private(set) var isQuiet = false
    private var quietDeadline = UInt64.max
    /// Operations that nobody has invented yet.
    var inventionsLeft: Int

    /// A simulation of a game's server.
    package init(seed: UInt64, options: SimulationOptions, base: SimulationBase) {
        self.seed = seed
        self.options = options
        self.base = base
        game = base.game
        cast = base.cast
        writer = base.writer
        var chance = SeededChance(seed: seed)
        faults = FaultPlan(&chance)
        self.chance = chance
        inventionsLeft = options.operations
    }

    /// Plans an event after so many nanoseconds.
    func plan(_ event: SimulationEvent, after nanoseconds: UInt64) { queue.plan(event, at: now + nanoseconds) }

    /// Plans an event at a time.
    func plan(_ event: SimulationEvent, at time: UInt64) { queue.plan(event, at: max(now, time)) }

    /// How long the disk has kept somebody waiting since this was last asked.
    func takeDiskNanoseconds() -> UInt64 {
        defer { diskNanoseconds = 0 }
        return diskNanoseconds
    }

    /// Lets time pass while somebody is awaited.
    func pass(until time: UInt64) { now = max(now, time) }

    /// Tells what happens, where somebody listens.
    func tell(_ what: @autoclosure () -> String) {
        guard let listener = options.listener else { return }
        listener("event \(eventCount), \(Double(now / 1_000) / 1_000) ms: \(what())")
    }

    /// Something is not as it must be.
    func find(_ what: String) {
        if finding == nil { finding = what }
        tell("finding: \(what)")
    }

    /// Runs until everything is answered and checked, or something is found.
    package func run() -> SimulationReport {
        makeClients()
        plan(.boot, after: 0)
        plan(.weather, after: UInt64(chance.within(20...800)) * 1_000_000)
        while finding == nil, !isOver, let (time, event) = queue.next() {
            now = max(now, time)
            eventCount += 1
            handle(event)
            machine?.threads.wakeSignalled()
            machine?.settle()
            if now > quietDeadline { find("the clients do not get their answers: \(unanswered())") }
        }
        if finding == nil { audit() }
        machine?.die()
        machine = nil
        report.seed = seed
        report.events = eventCount
        report.operations = history.operations.count
        report.finals = history.finalCount
        report.repeats = history.repeatCount
        report.conflicts = history.conflictCount
        report.busy = history.busyCount
        report.queries = history.queries.count
        report.simulatedMilliseconds = now / 1_000_000
        report.traceDigest = trace.digest
        report.finding = finding
        // What refers to each other lets go.
        for client in clients { client.waiting = [] }
        links = []
        clients = []
        return report
    }

    private var isOver: Bool { isQuiet && eventCount % 32 == 0 && clients.allSatisfy(\.isDone) }

    private func unanswered() -> String {
        let busy = clients.filter { !$0.isDone }
        let failure = machine?.ledger.status.failure ?? "none"
        let first = busy.first.map {
            "\($0.state), \($0.requestCount) requests, \($0.waiting.count) to send, \($0.budget) to invent"
        }
        return
            "\(busy.count) clients wait, such as \(busy.first?.name ?? "?") (\(first ?? "")); the ledger's failure: \(failure)"
    }

    private func makeClients() {
        let players = cast.playerCount
        let serverShare = options.operations / 4
        let servers = chance.within(2...5)
        func add(_ role: Role, _ place: Place, _ name: String, _ budget: Int) {
            let client = SimulatedClient(
                self, number: clients.count, role: role, place: place, name: name, budget: budget, chance: chance.fork()
            )
            clients.append(client)
            plan(.client(client), after: UInt64(chance.within(1...50_000_000)))
        }
        for number in 0..<servers { add(.server, -1, "match-\(number)", serverShare / servers) }
        add(.operator, -1, "operator", min(60, options.operations / 50))
        let left = options.operations - (serverShare / servers) * servers - min(60, options.operations / 50)
        for number in 0..<players {
            add(.player, number, cast.names[number], left / players + (number < left % players ? 1 : 0))
        }
    }

    private func handle(_ event: SimulationEvent) {
        switch event {
        case .step(let work, let ticket):
            trace.note(1, UInt64(work.number), now)
            machine?.threads.step(work, ticket: ticket)
        case .turn(let loop):
            trace.note(2, now)
            loop.turn()
        case .toServer(let link, let parcel):
            note(3, link, parcel)
            receive(link, parcel)
        case .toClient(let link, let parcel):
            note(4, link, parcel)
            link.arriveAtClient(parcel)
        case .clientReads(let link): link.clientReads()
        case .client(let client): client.act()
        case .cut(let link): link.cut()
        case .crash: crash(keepsEverything: false)
        case .boot: boot()
        case .weather: changeWeather()
        case .stop: machine?.signal.requestStop()
        }
        if !isQuiet, inventionsLeft == 0 {
            isQuiet = true
            quietDeadline = now + 120_000_000_000
            calm()
        }
    }

    /// What a machine that is down, or a network that has lost the link, does not take is gone.
    private func receive(_ link: Link, _ parcel: Parcel) {
        switch parcel {
        case .opening where machine == nil: link.refuse()
        case .opening where link.isCut, .bytes where link.isCut: break
        default: machine?.receive(link, parcel)
        }
    }

    private func note(_ kind: UInt64, _ link: Link, _ parcel: Parcel) {
        if case .bytes(let bytes) = parcel {
            trace.note(kind << 32 | UInt64(link.number), bytes)
        } else {
            trace.note(kind, UInt64(link.number), now)
        }
    }

    /// A link with manners of its own.
    func makeLink(for client: SimulatedClient, _ chance: inout SeededChance) -> Link {
        let isSlowReader = chance.happens(permille: 30)
        let farMicroseconds = chance.within(20...3_000)
        let manners = Link.Manners(
            delay: farMicroseconds * 500...farMicroseconds * 2_000, splitsPermille: chance.within(0...400),
            windowBytes: isSlowReader ? 4 << 10 : 64 << 10,
            readBytes: isSlowReader ? chance.within(64...512) : 64 << 10,
            readPause: isSlowReader ? 5_000_000...40_000_000 : 1_000...100_000)
        linkCount += 1
        let link = Link(self, number: linkCount, client: client, manners: manners, chance: chance.fork())
        if !isQuiet, chance.happens(permille: faults.cutPermille) {
            plan(.cut(link), after: UInt64(chance.within(1...4_000)) * 1_000_000)
        }
        report.connections += 1
        return link
    }

    /// Notes that an operation is sent.
    func noteSent(_ number: Int) {
        history.operations[number].attempts += 1
        if history.operations[number].firstSent == .max { history.operations[number].firstSent = eventCount }
    }

    /// Notes the reply to an operation.
    func note(_ reply: ReplyBody, of number: Int) {
        if let wrong = history.note(reply, of: number, at: eventCount) { find(wrong) }
        if let limit = faults.crashAtFinal, history.finalCount >= limit {
            faults.crashAtFinal = nil
            plan(.crash, after: UInt64(chance.below(40)) * 1_000)
        }
    }
}

/// What a simulation has come to.
package struct SimulationReport: Sendable, Equatable {
    package var seed: UInt64 = 0
    package var operations = 0
    package var finals = 0
    package var repeats = 0
    package var conflicts = 0
    package var busy = 0
    package var queries = 0
    package var connections = 0
    package var crashes = 0
    package var kills = 0
    package var stops = 0
    package var boots = 0
    package var failedBoots = 0
    package var flips = 0
    package var detectedFlips = 0
    package var diskFaults = 0
    package var backups = 0
    package var repairs = 0
    package var blocks: UInt64 = 0
    package var events = 0
    package var simulatedMilliseconds: UInt64 = 0
    package var traceDigest: UInt64 = 0
    /// What is wrong; nil where nothing is.
    package var finding: String?
}
