internal import EventLoop
internal import Gateway

/// The event loop of a simulated server: a turn delivers what has arrived, then timers, then sends what was written.
final class SimulatedLoop: GatewayLoop {
    private struct Timer {
        var due: UInt64
        var repeatMilliseconds: UInt64
        var body: () -> Void
    }

    private unowned let simulation: Simulation
    private let clock: SimulatedClock
    private var chance: SeededChance
    private let waker: SimulatedWaker
    private var isTurnPlanned = false
    private var isDead = false
    private var wakeClosures: [() -> Void] = []
    private var beforeSleepClosures: [() -> Void] = []
    private var timers: [Timer] = []
    private var arrivals: [(link: Link, parcel: Parcel)] = []
    private var unflushed: [SimulatedChannel] = []
    private var closing: [SimulatedChannel] = []
    /// Channels that exist.
    private(set) var channels: [SimulatedChannel] = []
    /// The gateway's way to take a connection; nil while nobody listens.
    var onAccept: ((Channel) -> Void)?
    /// Whether the gateway has ended the loop.
    private(set) var hasStopped = false

    init(_ simulation: Simulation, clock: SimulatedClock, chance: SeededChance) {
        self.simulation = simulation
        self.clock = clock
        self.chance = chance
        waker = SimulatedWaker()
        waker.loop = self
    }

    var nowMilliseconds: UInt64 { simulation.now / 1_000_000 }
    var wallMilliseconds: UInt64 { clock.wallMilliseconds() }
    var processorMicroseconds: UInt64 { 0 }
    var threadsWaker: any Waker { waker }

    func onWake(_ body: @escaping () -> Void) { wakeClosures.append(body) }
    func onBeforeSleep(_ body: @escaping () -> Void) { beforeSleepClosures.append(body) }
    func stop() { hasStopped = true }

    func call(afterMilliseconds: UInt64, repeatMilliseconds: UInt64, _ body: @escaping () -> Void) {
        timers.append(
            Timer(due: nowMilliseconds + afterMilliseconds, repeatMilliseconds: repeatMilliseconds, body: body))
        simulation.plan(.turn(self), after: afterMilliseconds * 1_000_000)
    }

    /// Plans a turn, unless one is planned.
    func wantTurn() {
        if isTurnPlanned || isDead { return }
        isTurnPlanned = true
        simulation.plan(.turn(self), after: UInt64(chance.within(1_000...60_000)))
    }

    /// Something has come in.
    func arrive(_ link: Link, _ parcel: Parcel) {
        if isDead { return }
        arrivals.append((link, parcel))
        wantTurn()
    }

    /// Forgets everything, as a crash does.
    func die() {
        isDead = true
        for channel in channels { channel.forget() }
        channels = []
        for case (let link, .opening) in arrivals { link.refuse() }
        arrivals = []
        timers = []
        wakeClosures = []
        beforeSleepClosures = []
        unflushed = []
        closing = []
        onAccept = nil
    }

    func willFlush(_ channel: SimulatedChannel) {
        unflushed.append(channel)
        wantTurn()
    }

    func willClose(_ channel: SimulatedChannel) {
        closing.append(channel)
        wantTurn()
    }

    /// One turn.
    func turn() {
        if isDead || hasStopped { return }
        isTurnPlanned = false
        let wakesFirst = chance.happens(permille: 500)
        if wakesFirst { deliverWake() }
        deliverArrivals()
        if !wakesFirst { deliverWake() }
        fireTimers()
        for body in beforeSleepClosures { body() }
        // Where the loop has waited for the disk itself.
        simulation.pass(until: simulation.now + simulation.takeDiskNanoseconds())
        for channel in channels { channel.checkStall(nowMilliseconds) }
        var index = 0
        while index < unflushed.count {
            unflushed[index].flush()
            index += 1
        }
        unflushed.removeAll(keepingCapacity: true)
        let gone = closing
        closing.removeAll()
        for channel in gone {
            channels.removeAll { $0 === channel }
            channel.didClose()
        }
    }

    private func deliverWake() {
        guard waker.take() else { return }
        for body in wakeClosures { body() }
    }

    private func deliverArrivals() {
        let arrived = arrivals
        arrivals.removeAll(keepingCapacity: true)
        for (link, parcel) in arrived {
            switch parcel {
            case .opening:
                guard let onAccept else {
                    link.refuse()
                    continue
                }
                let channel = SimulatedChannel(self, simulation, link)
                link.channel = channel
                channels.append(channel)
                onAccept(channel)
            case .bytes(let bytes): link.channel?.receive(bytes)
            case .end: link.channel?.receiveEnd()
            }
        }
    }

    private func fireTimers() {
        let now = nowMilliseconds
        while let index = timers.indices.filter({ timers[$0].due <= now }).min(by: { timers[$0].due < timers[$1].due })
        {
            let body = timers[index].body
            let interval = timers[index].repeatMilliseconds
            if interval > 0 {
                timers[index].due = now + interval
                simulation.plan(.turn(self), after: interval * 1_000_000)
            } else {
                timers.remove(at: index)
            }
            body()
        }
    }

    /// Another thread has news.
    fileprivate func woken() { wantTurn() }
}

/// Wakes a simulated loop.
final class SimulatedWaker: Waker, @unchecked Sendable {
    // Sendable: a simulation has one thread.
    fileprivate weak var loop: SimulatedLoop?
    private var isWoken = false

    func wake() {
        isWoken = true
        loop?.woken()
    }

    fileprivate func take() -> Bool {
        defer { isWoken = false }
        return isWoken
    }
}
