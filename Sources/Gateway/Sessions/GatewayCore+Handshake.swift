internal import EVM
internal import Economy
internal import EventLoop
internal import Ledger
internal import Tokens
internal import Wire

/// What became of the token of a session.
struct TokenVerdict: Sendable {
    /// The session that waits for it.
    let session: UInt64
    /// The hello's own number.
    let requestID: UInt64
    /// What the token says, or why it is refused.
    let result: Result<SessionClaims, TokenRefusal>
}

extension GatewayCore {
    /// Gives the token of a hello to a task of its own; the verdict comes back through the mailbox.
    func receiveHello(_ session: Session, _ header: FrameHeader, _ body: UnsafeRawBufferPointer) {
        let hello: HelloBody
        do throws(WireError) { hello = try HelloBody(body: body) } catch {
            return end(session, ErrorBody(error), requestID: header.requestID)
        }
        let key = session.key
        let requestID = header.requestID
        let token = hello.token
        tokens.check(token) { [verdicts] result in
            verdicts.put(TokenVerdict(session: key, requestID: requestID, result: result))
        }
    }

    /// Opens the session or says why its token is refused.
    func receiveVerdict(_ verdict: TokenVerdict) {
        guard let session = sessions[verdict.session] else { return }
        switch verdict.result {
        case .success(let claims): open(session, claims, requestID: verdict.requestID)
        case .failure(let refusal):
            counters.tokensRefused += 1
            end(
                session,
                ErrorBody(
                    code: .tokenRefused, have: refusal.have, need: refusal.need,
                    message: refusal.description),
                requestID: verdict.requestID)
        }
    }

    private func open(_ session: Session, _ claims: SessionClaims, requestID: UInt64) {
        let role: Role
        switch claims.role {
        case .player: role = .player
        case .server: role = .server
        case .operator: role = .operator
        }
        let identity = SessionIdentity(role: role, subject: claims.subject)
        guard session.machine.verified(identity) else { return }
        let credit: UInt32
        switch role {
        case .player: credit = limits.playerCredit
        case .server: credit = limits.serverCredit
        case .operator: credit = limits.operatorCredit
        }
        counters.sessionsOpened += 1
        session.credit = Int(credit)
        session.announcedNumber = session.machine.number
        let frameBytesMax = role == .player ? limits.playerFrameBytesMax : WireLimits.frameBytesMax
        session.decoder.frameBytesMax = frameBytesMax
        let welcome = WelcomeBody(
            session: session.machine.number, role: role, credit: credit,
            frameBytesMax: UInt32(frameBytesMax),
            batchItemsMax: min(credit, UInt32(WireLimits.batchItemsMax)),
            account: role == .player ? identity.account : .zero,
            serverMilliseconds: loop.wallMilliseconds, worldID: ledger.worldID.bytes)
        session.send(.welcome, requestID: requestID, welcome)
    }
}
