internal import EVM
internal import Economy
internal import EventLoop
internal import Ledger
internal import Wire

// From questions to view calls, and what the server answers by itself.
extension GatewayCore {
    /// A query: answered here, or part of this turn's submissions, in order with the session's actions.
    func receiveQuery(
        _ session: Session, _ identity: SessionIdentity, _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer
    ) {
        let query: QueryBody
        do throws(WireError) { query = try QueryBody(body: bytes) } catch {
            return object(session, header, ErrorBody(error))
        }
        counters.queries += 1
        if let refusal = refusal(of: query, identity) ?? refusalForLoad(session) {
            return answerNow(session, header, .refused(query.kind, refusal))
        }
        switch query.kind {
        case .serverStatus:
            answerNow(session, header, .serverStatus(statusText()))
        case .receiptProof: askForProof(session, identity, header, query)
        case .receipt:
            let id = LedgerOperationID(high: query.operationID.high, low: query.operationID.low)
            let ticket = ticket(session, header, query)
            turn.append(.lookup(ReceiptLookup(id: id, ticket: ticket)))
        case .balance, .inventory, .offer, .view:
            guard let request = game.viewRequest(query, session: identity) else {
                return answerNow(session, header, .notFound(query.kind))
            }
            let ticket = ticket(session, header, query)
            turn.append(
                .view(
                    ViewCall(
                        to: request.to, data: request.data, ticket: ticket,
                        sender: Address(identity.account))))
        }
    }

    /// A ticket for a question that somebody else answers.
    func ticket(_ session: Session, _ header: FrameHeader, _ query: QueryBody) -> UInt64 {
        session.inFlight += 1
        return tickets.insert(
            Ticket(
                session: session.key, requestID: header.requestID, operationID: .zero,
                purpose: .query(query)))
    }

    /// Answers a question at once.
    func answerNow(_ session: Session, _ header: FrameHeader, _ answer: QueryAnswer) {
        session.send(
            .result, requestID: header.requestID, ResultBody(block: lastBlock, answer: answer))
    }

    /// Why the session may not ask this; nil when it may.
    private func refusal(of query: QueryBody, _ identity: SessionIdentity) -> ErrorBody? {
        guard identity.role == .player else { return nil }
        switch query.kind {
        case .serverStatus:
            return ErrorBody(
                code: .roleNotAllowed, have: UInt64(Role.player.rawValue),
                need: UInt64(Role.server.rawValue),
                message: "the server's status is for the roles server and operator")
        case .balance, .inventory:
            if query.account == .zero || query.account == identity.account { return nil }
            return ErrorBody(
                code: .notOwnAccount,
                message: "\(query.account.hex) is not the session's own account, "
                    + "\(identity.account.hex); a player asks about itself only")
        case .view: return refusal(ofView: query, identity)
        case .offer, .receipt, .receiptProof: return nil
        }
    }

    /// Why a player may not ask for a view; nil when he may, or when there is none.
    private func refusal(ofView query: QueryBody, _ identity: SessionIdentity) -> ErrorBody? {
        guard let view = game.view(query.subject) else { return nil }
        switch view.audience {
        case .all: return nil
        case .own:
            if query.account == .zero || query.account == identity.account { return nil }
            return ErrorBody(
                code: .notOwnAccount,
                message: "\(query.account.hex) is not the session's own account, \(identity.account.hex); a player asks for \(view.name) of itself only")
        case .server:
            return ErrorBody(
                code: .roleNotAllowed, have: UInt64(Role.player.rawValue), need: UInt64(Role.server.rawValue),
                message: "the view \(view.name) is for the roles server and operator")
        }
    }

    private func refusalForLoad(_ session: Session) -> ErrorBody? {
        guard let busy = busy(session, count: 1) else { return nil }
        return ErrorBody(code: .busy, have: busy.have, need: busy.need, message: busy.message)
    }
}
