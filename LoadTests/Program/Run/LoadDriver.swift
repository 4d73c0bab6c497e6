import EventLoop
import Foundation
import Wire

/// Holds the connections of a run and drives one phase after the other over them, on one loop.
final class LoadDriver: LoadConnectionOwner {
    /// How long it may take until the next connection is greeted.
    static let connectMillisecondsMax: UInt64 = 30_000
    /// Handshakes under way at a time: a listener's queue is short.
    static let connectingMax = 256
    /// How long a phase may go without an answer while something is under way.
    static let silenceMillisecondsMax: UInt64 = 60_000

    /// The loop that everything happens on.
    let loop: EventLoop
    /// All connections.
    private(set) var connections: [LoadConnection] = []
    /// Why a connection was lost, first come first; empty while all stand.
    private(set) var losses: [String] = []
    /// The signal that asked us to stop, if any.
    private(set) var interruption: Int32?
    /// Whether lost connections are expected: the server is being killed.
    var expectsLosses = false

    private var phase: (any LoadPhase)?
    private var openCount = 0
    private var address: (host: String, port: Int, token: String) = ("", 0, "")
    private var toBeCut: [LoadConnection] = []
    private var reopening: Set<Int> = []
    private var lastAnswerMilliseconds: UInt64 = 0
    private var firstToFill = 0
    private var progress: ProgressLine
    private var controlAnswer: QueryAnswer?

    /// A driver without connections; `quiet` shows no progress.
    init(quiet: Bool) throws {
        progress = ProgressLine(quiet: quiet)
        do {
            loop = try EventLoop()
            _ = try loop.signals([SIGINT, SIGTERM]) { [unowned self] in interruption = $0 }
        } catch {
            throw LoadFailure(description: error.message)
        }
        loop.timer(afterMilliseconds: 1, repeatMilliseconds: 1) { [unowned self] in tick() }
        loop.onWake { [unowned self] in fill() }
    }

    /// Opens connections and waits until all are greeted.
    func connect(host: String, port: Int, token: String, count: Int, inFlight: Int) throws {
        losses = []
        openCount = 0
        connections = (0..<count).map {
            LoadConnection(number: $0, inFlight: inFlight, owner: self)
        }
        address = (host, port, token)
        reopening = []
        toBeCut = []
        var opening = 0
        var lastOpen = (count: 0, nanoseconds: EventLoop.nanoseconds)
        while openCount < count {
            while opening < count, opening - openCount < Self.connectingMax {
                connections[opening].open(loop, host: host, port: port, token: token)
                opening += 1
            }
            loop.runOnce()
            if openCount > lastOpen.count { lastOpen = (openCount, EventLoop.nanoseconds) }
            if let loss = losses.first {
                throw ProcessFailure(description: "no session with \(host):\(port): \(loss)")
            }
            try checkInterruption()
            if EventLoop.nanoseconds > lastOpen.nanoseconds + Self.connectMillisecondsMax * 1_000_000 {
                throw ProcessFailure(
                    description: "\(count - openCount) of \(count) connections to \(host):\(port)"
                        + " were not greeted within \(Self.connectMillisecondsMax) ms")
            }
        }
    }

    /// Runs a phase to its end: nothing left to send and nothing under way, or every connection lost where that is expected.
    func run(_ phase: any LoadPhase) throws {
        self.phase = phase
        defer {
            self.phase = nil
            progress.clear()
        }
        lastAnswerMilliseconds = loop.nowMilliseconds
        fill()
        while !(phase.isComplete && inFlight == 0 && reopening.isEmpty) {
            loop.runOnce()
            progress.show(phase.progress)
            try checkInterruption()
            if !losses.isEmpty {
                if !expectsLosses {
                    throw LoadFailure(description: "a connection was lost: \(losses[0])")
                }
                if openCount == 0 { return }
            }
            try checkSilence()
        }
    }

    /// Asks one question on the first connection's control slot and waits for the answer.
    func ask(_ query: QueryBody) throws -> QueryAnswer {
        controlAnswer = nil
        lastAnswerMilliseconds = loop.nowMilliseconds
        connections[0].ask(query, slot: connections[0].controlSlot)
        while controlAnswer == nil {
            loop.runOnce()
            if let loss = losses.first {
                throw LoadFailure(description: "a connection was lost: \(loss)")
            }
            try checkInterruption()
            if loop.nowMilliseconds - lastAnswerMilliseconds > Self.silenceMillisecondsMax {
                throw LoadFailure(description: "no answer to a query of kind \(query.kind)")
            }
        }
        return controlAnswer ?? .notFound(query.kind)
    }

    /// Closes all connections.
    func disconnect() {
        for connection in connections { connection.close() }
        connections = []
        openCount = 0
        // Lets the closes happen.
        loop.runOnce()
    }

    /// Operations and queries under way.
    var inFlight: Int {
        var sum = 0
        for connection in connections where connection.isOpen { sum += connection.inFlight }
        return sum
    }

    /// Sends in every free slot, beginning with another connection each time.
    func fill() {
        guard let phase, !connections.isEmpty else { return }
        firstToFill = (firstToFill + 1) % connections.count
        for index in connections.indices {
            let place = firstToFill + index
            let connection = connections[place < connections.count ? place : place - connections.count]
            if connection.freeSlots.isEmpty || !connection.isOpen { continue }
            while let slot = connection.freeSlots.last {
                guard phase.sendNext(on: connection, slot: slot) else { return }
                connection.freeSlots.removeLast()
            }
        }
    }

    func opened(_ connection: LoadConnection) {
        openCount += 1
        if reopening.remove(connection.number) != nil { phase?.reopened(connection) }
    }

    func cutWanted(_ connection: LoadConnection) { toBeCut.append(connection) }

    /// Cuts what is to be cut and connects again; the phase hears when it stands.
    private func cut() {
        for connection in toBeCut where connection.isOpen {
            connection.cut()
            openCount -= 1
            reopening.insert(connection.number)
            connection.open(loop, host: address.host, port: address.port, token: address.token)
        }
        toBeCut.removeAll(keepingCapacity: true)
    }

    func replied(_ connection: LoadConnection, slot: Int, reply: ReplyBody) {
        lastAnswerMilliseconds = loop.nowMilliseconds
        guard let phase else { return }
        phase.replied(on: connection, slot: slot, reply: reply)
        // A busy server is asked again at the next tick, not at once.
        if reply.status == .busy || !phase.sendNext(on: connection, slot: slot) {
            connection.freeSlots.append(slot)
        }
    }

    func answered(_ connection: LoadConnection, slot: Int, answer: QueryAnswer) {
        lastAnswerMilliseconds = loop.nowMilliseconds
        if slot == connection.controlSlot {
            controlAnswer = answer
            phase?.answered(on: connection, slot: slot, answer: answer)
            return
        }
        guard let phase else { return }
        phase.answered(on: connection, slot: slot, answer: answer)
        if !phase.sendNext(on: connection, slot: slot) { connection.freeSlots.append(slot) }
    }

    func lost(_ connection: LoadConnection, reason: String) {
        openCount -= 1
        losses.append(reason)
    }

    private func tick() {
        guard let phase else { return }
        phase.tick()
        if !toBeCut.isEmpty { cut() }
        fill()
    }

    private func checkInterruption() throws {
        if let interruption {
            throw LoadFailure(description: "interrupted by signal \(interruption)")
        }
    }

    private func checkSilence() throws {
        let silence = loop.nowMilliseconds &- lastAnswerMilliseconds
        if silence > Self.silenceMillisecondsMax, inFlight > 0 || !reopening.isEmpty {
            throw LoadFailure(
                description: "no answer for \(silence) ms with \(inFlight) operations under way")
        }
    }
}
