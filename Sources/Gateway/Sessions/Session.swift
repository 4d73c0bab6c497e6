internal import Economy
internal import EventLoop
internal import Wire

/// One connection with its machine and its part of the flow; used by the loop's thread alone.
final class Session {
    /// The bytes.
    let connection: Channel
    /// Where the session stands.
    var machine: SessionMachine
    /// Cuts the bytes into frames.
    var decoder = FrameDecoder(frameBytesMax: WireLimits.helloFrameBytesMax)
    /// The number that frames of the server carry; zero before the welcome.
    var announcedNumber: UInt64 = 0
    /// The key of the session in the gateway's table; a key of a session that is gone finds none.
    var key: UInt64 = 0
    /// When the connection came, in the loop's milliseconds.
    let sinceMilliseconds: UInt64
    /// Operations and queries that wait for answers.
    var inFlight = 0
    /// How many may.
    var credit = 0
    /// Accounts that the session hears of, apart from `hearsAll`.
    var subscriptions: [Account] = []
    /// Whether it hears of all accounts.
    var hearsAll = false
    /// Whether it closes as soon as nothing is in flight.
    var isLeaving = false

    init(_ connection: Channel, number: UInt64, sinceMilliseconds: UInt64) {
        self.connection = connection
        machine = SessionMachine(number: number)
        self.sinceMilliseconds = sinceMilliseconds
    }

    /// Who speaks, when the session is open.
    var identity: SessionIdentity? {
        if case .open(let identity) = machine.state { return identity }
        return nil
    }

    /// Sends one frame of the server's.
    func send(
        _ kind: FrameKind, requestID: UInt64, operationID: OperationID = .zero, _ body: some WireBody
    ) {
        let header = FrameHeader(
            kind: kind, session: announcedNumber, requestID: requestID, operationID: operationID)
        connection.encode { FrameEncoder.append(header, body, to: &$0) }
    }

    /// Sends an objection to one frame.
    func object(_ header: FrameHeader, _ body: ErrorBody) {
        send(.error, requestID: header.requestID, operationID: header.operationID, body)
    }

    /// Says why, and closes once that has been sent.
    func end(_ body: ErrorBody, requestID: UInt64 = 0, as kind: FrameKind = .error) {
        _ = machine.close()
        send(kind, requestID: requestID, body)
        connection.finish(body.message)
    }
}
