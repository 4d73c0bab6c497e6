internal import EventLoop

/// A connection between a client and the server, with what is on the way; bytes of one direction stay in order.
final class Link {
    /// How the network treats it.
    struct Manners {
        /// Nanoseconds that a piece is on its way.
        var delay: ClosedRange<Int>
        /// In how many of a thousand writes bytes come in pieces.
        var splitsPermille: Int
        /// Bytes that the way to the client holds before the server has to wait.
        var windowBytes: Int
        /// Bytes that the client takes at once, and how long it then waits: a slow reader.
        var readBytes: Int
        var readPause: ClosedRange<Int>
    }

    let number: Int
    let client: SimulatedClient
    let manners: Manners
    private unowned let simulation: Simulation
    private var chance: SeededChance
    private var lastToServer: UInt64 = 0
    private var lastToClient: UInt64 = 0
    /// The loop that it has reached.
    weak var loop: SimulatedLoop?
    /// The server's end, once it has been accepted and until it is gone.
    var channel: SimulatedChannel?
    /// Bytes under way to the client, and not read by it yet.
    private(set) var bytesToClient = 0
    private var unread: [UInt8] = []
    private var isReadPlanned = false
    /// Whether the network has lost it: nothing more arrives.
    private(set) var isCut = false
    private(set) var clientHasEnd = false

    init(_ simulation: Simulation, number: Int, client: SimulatedClient, manners: Manners, chance: SeededChance) {
        self.simulation = simulation
        self.number = number
        self.client = client
        self.manners = manners
        self.chance = chance
    }

    private func arrival(after last: inout UInt64) -> UInt64 {
        let time = max(last, simulation.now + UInt64(chance.within(manners.delay)))
        last = time
        return time
    }

    /// The client opens it.
    func open() { simulation.plan(.toServer(self, .opening), at: arrival(after: &lastToServer)) }

    /// The client sends bytes; they may arrive in pieces.
    func sendToServer(_ bytes: [UInt8]) {
        if isCut { return }
        for piece in pieces(bytes) {
            simulation.plan(.toServer(self, .bytes(piece)), at: arrival(after: &lastToServer))
        }
    }

    /// The client closes its side.
    func closeByClient() {
        if isCut { return }
        simulation.plan(.toServer(self, .end), at: arrival(after: &lastToServer))
    }

    /// Room on the way to the client.
    var roomToClient: Int { max(0, manners.windowBytes - bytesToClient) }

    /// The server sends bytes.
    func sendToClient(_ bytes: [UInt8]) {
        if isCut { return }
        bytesToClient += bytes.count
        for piece in pieces(bytes) {
            simulation.plan(.toClient(self, .bytes(piece)), at: arrival(after: &lastToClient))
        }
    }

    /// The server closes its side, or its machine has died.
    func closeByServer() {
        channel = nil
        if isCut { return }
        simulation.plan(.toClient(self, .end), at: arrival(after: &lastToClient))
    }

    /// Nobody listens.
    func refuse() { closeByServer() }

    private func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        guard bytes.count > 1, chance.happens(permille: manners.splitsPermille) else { return [bytes] }
        var pieces: [[UInt8]] = []
        var start = 0
        for _ in 0..<chance.within(1...3) where start + 1 < bytes.count {
            let end = start + chance.within(1...(bytes.count - start - 1))
            pieces.append([UInt8](bytes[start..<end]))
            start = end
        }
        pieces.append([UInt8](bytes[start...]))
        return pieces
    }

    /// The network loses it: what is under way is gone, and both ends learn of it at times of their own.
    func cut() {
        guard !isCut else { return }
        isCut = true
        simulation.plan(.toServer(self, .end), after: UInt64(chance.within(100_000...2_000_000_000)))
        simulation.plan(.toClient(self, .end), after: UInt64(chance.within(100_000...500_000_000)))
    }

    /// Something arrives at the client's end.
    func arriveAtClient(_ parcel: Parcel) {
        switch parcel {
        case .opening: break
        case .bytes(let bytes):
            if isCut { return }
            unread += bytes
            planRead(after: 0)
        case .end:
            clientHasEnd = true
            planRead(after: 0)
        }
    }

    private func planRead(after delay: UInt64) {
        if isReadPlanned { return }
        isReadPlanned = true
        simulation.plan(.clientReads(self), after: delay)
    }

    /// The client takes as much as it does at once.
    func clientReads() {
        isReadPlanned = false
        let count = min(unread.count, manners.readBytes)
        if count > 0 {
            let taken = [UInt8](unread[..<count])
            unread.removeFirst(count)
            bytesToClient -= count
            channel?.hasRoom()
            client.receive(taken, from: self)
        }
        if !unread.isEmpty {
            planRead(after: UInt64(chance.within(manners.readPause)))
        } else if clientHasEnd {
            client.lost(self)
        }
    }
}
