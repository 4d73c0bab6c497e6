internal import Economy
internal import Wire

/// Where a session stands, as a pure machine: a frame goes in, what to do comes out.
///
///     awaitingHello --hello--> verifying --token good--> open --goodbye, end, error--> closing
///           |                      |                                                     ^
///           +----anything else-----+----------------token refused------------------------+
struct SessionMachine: Equatable {
    /// The states.
    enum State: Equatable {
        case awaitingHello
        case verifying
        case open(SessionIdentity)
        case closing
    }

    /// What a session does with a frame.
    enum Step: Equatable {
        /// Check the token that the body carries.
        case verify
        /// The frame is one that an open session may send.
        case serve(SessionIdentity, FrameKind)
        /// Say what is wrong and go on.
        case object(ErrorBody)
        /// Say what is wrong and close.
        case end(ErrorBody)
        /// Answer what is in flight, then close.
        case leave
        /// The session is closing; nothing is heard any more.
        case ignore
    }

    /// Where the session stands.
    private(set) var state = State.awaitingHello
    /// The number that frames of an open session carry.
    let number: UInt64

    init(number: UInt64) {
        self.number = number
    }

    /// A frame has come in, and its checksum was right.
    mutating func receive(_ header: FrameHeader) -> Step {
        switch state {
        case .awaitingHello:
            guard header.kind == .hello else {
                return end(.handshakeFirst, header, "the first frame must be a hello (kind 1)")
            }
            state = .verifying
            return .verify
        case .verifying:
            return end(.handshakeFirst, header, "nothing may be sent between hello and welcome")
        case .open(let identity):
            return receiveOpen(header, identity)
        case .closing:
            return .ignore
        }
    }

    private mutating func receiveOpen(_ header: FrameHeader, _ identity: SessionIdentity) -> Step {
        guard let kind = header.kind else {
            return .object(ErrorBody(.unknownKind(have: Int(header.rawKind))))
        }
        if header.session != number {
            return .object(
                ErrorBody(
                    code: .wrongSession, have: header.session, need: number,
                    message: "the frame names session \(header.session), this is \(number)"))
        }
        switch kind {
        case .action, .batch, .query, .subscribe, .ping: return .serve(identity, kind)
        case .goodbye:
            state = .closing
            return .leave
        case .hello: return end(.handshakeFirst, header, "the session is open already")
        case .welcome, .reply, .batchReply, .result, .event, .pong, .error:
            return .object(
                ErrorBody(
                    code: .unknownKind, have: UInt64(header.rawKind), need: 0,
                    message: "kind \(header.rawKind) is for servers to send"))
        }
    }

    private mutating func end(_ code: ErrorCode, _ header: FrameHeader, _ message: String) -> Step {
        state = .closing
        return .end(
            ErrorBody(
                code: code, have: UInt64(header.rawKind), need: UInt64(FrameKind.hello.rawValue),
                message: message))
    }

    /// The token was good; false when nobody waits for that any more.
    mutating func verified(_ identity: SessionIdentity) -> Bool {
        guard state == .verifying else { return false }
        state = .open(identity)
        return true
    }

    /// The session ends: nothing is heard any more. False when it had ended before.
    mutating func close() -> Bool {
        if state == .closing { return false }
        state = .closing
        return true
    }
}
