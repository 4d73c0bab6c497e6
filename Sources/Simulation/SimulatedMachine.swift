internal import EventLoop
internal import Gateway
internal import Ledger

/// A simulated machine with a running server on it, from its boot to its stop or its death.
final class SimulatedMachine {
    let ledger: Ledger
    let core: GatewayCore
    let loop: SimulatedLoop
    let threads: SimulatedThreads
    let signal: GatewaySignal
    private unowned let simulation: Simulation
    private var isGone = false

    /// Serves with a ledger that has been opened.
    init(_ simulation: Simulation, ledger: Ledger, threads: SimulatedThreads, configuration: LedgerConfiguration) {
        self.simulation = simulation
        self.ledger = ledger
        self.threads = threads
        loop = SimulatedLoop(simulation, clock: simulation.clock, chance: simulation.chance.fork())
        signal = GatewaySignal(waker: loop.threadsWaker)
        var settings = GatewayConfiguration(dataFolder: Simulation.folder, game: simulation.game)
        settings.ledger = configuration
        settings.handlesSignals = false
        settings.limits.playerCredit = 16
        // Clients are seldom alone here for long.
        settings.limits.solitaryTurnsMin = 1
        settings.limits.farewellMillisecondsMax = 500
        settings.limits.drainMillisecondsMax = 3_000
        core = GatewayCore(
            loop: loop, ledger: ledger, game: simulation.game, tokens: SimulatedTokens(), configuration: settings,
            descriptors: 4_096, signal: signal)
        let desk = AnswerDesk(core.answers, doubles: simulation.options.canary == .doubledReply)
        ledger.clearBooks(of: simulation.game)
        ledger.start { answers in desk.put(answers) }
        core.start { [loop] in loop.onAccept = nil }
        loop.onAccept = { [unowned core] channel in core.accept(channel) }
    }

    /// Something arrives at the machine's end of a link.
    func receive(_ link: Link, _ parcel: Parcel) {
        if case .opening = parcel {
            if isGone { return link.refuse() }
            link.loop = loop
        }
        // Bytes for a machine that has died in between are gone.
        if link.loop === loop { loop.arrive(link, parcel) }
    }

    /// Ends what has ended after an event: a stopped loop, or a machine without power.
    func settle() {
        if isGone { return }
        if simulation.faults.hasLostPower { return simulation.crash(keepsEverything: false) }
        if loop.hasStopped {
            ledger.drainAndStop()
            isGone = true
            loop.die()
            threads.die()
            simulation.stopped()
        }
    }

    /// Ends at once: no answer leaves any more.
    func die() {
        if isGone { return }
        isGone = true
        loop.die()
        threads.die()
        ledger.abandon()
    }
}

/// Takes answers from the ledger to the gateway's mailbox, or, with a planted bug, one of them to somebody else too.
private final class AnswerDesk: @unchecked Sendable {
    // Sendable: a simulation has one thread.
    private let mailbox: LoopMailbox<[Answer]>
    private let doubles: Bool
    private var count = 0

    init(_ mailbox: LoopMailbox<[Answer]>, doubles: Bool) {
        self.mailbox = mailbox
        self.doubles = doubles
    }

    func put(_ answers: [Answer]) {
        guard doubles else { return mailbox.put(answers) }
        var answers = answers
        for index in answers.indices {
            guard case .final(let ticket, let block, let place, let receipt, let repeated) = answers[index] else {
                continue
            }
            count += 1
            // The answer to one is given under the ticket of the one before, if both are under way.
            if count % 50 == 0, index + 1 < answers.count {
                let other = answers[index + 1].ticket
                if other != ticket {
                    answers[index + 1] = .final(
                        ticket: other, block: block, index: place, receipt: receipt, repeated: repeated)
                }
            }
        }
        mailbox.put(answers)
    }
}
