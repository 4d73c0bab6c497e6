internal import Economy
internal import EventLoop
internal import Wire

// Subscriptions, and what subscribers hear.
extension GatewayCore {
    /// Begins or ends a subscription; answered with the cursor from which events will come.
    func receiveSubscription(
        _ session: Session, _ identity: SessionIdentity, _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer
    ) {
        var body: SubscribeBody
        do throws(WireError) { body = try SubscribeBody(body: bytes) } catch {
            return object(session, header, ErrorBody(error))
        }
        if let refusal = refusal(of: body, session, identity) {
            return object(session, header, refusal)
        }
        let account: Account?
        switch body.scope {
        case .own: account = identity.account
        case .account: account = body.account
        case .all: account = nil
        }
        guard body.isActive else {
            events.unsubscribe(session, from: account)
            return session.send(.subscribe, requestID: header.requestID, body)
        }
        let next = EventFeed.cursor(block: lastBlock + 1, index: 0, place: 0)
        events.startRecording(from: next)
        events.subscribe(session, to: account)
        let isReturning = body.cursor != 0
        body.cursor = isReturning ? max(body.cursor, events.oldestCursor) : next
        session.send(.subscribe, requestID: header.requestID, body)
        guard isReturning else { return }
        for event in events.kept(from: body.cursor)
        where account == nil || event.account == account {
            tell(session, event)
        }
    }

    private func refusal(
        of body: SubscribeBody, _ session: Session, _ identity: SessionIdentity
    ) -> ErrorBody? {
        if identity.role == .player, body.scope != .own {
            return ErrorBody(
                code: .roleNotAllowed, have: UInt64(identity.role.rawValue),
                need: UInt64(Role.server.rawValue), message: "a player hears of itself only")
        }
        let count = session.subscriptions.count
        if body.isActive, count >= limits.subscriptionsPerSession {
            return ErrorBody(
                code: .busy, have: UInt64(count + 1), need: UInt64(limits.subscriptionsPerSession),
                message: "\(count + 1) accounts; a session hears of \(limits.subscriptionsPerSession)")
        }
        return nil
    }

    /// Keeps the events of one operation and tells those who listen.
    func publish(_ made: [EventBody]) {
        for (place, event) in made.enumerated() {
            var event = event
            event.cursor = EventFeed.cursor(block: event.block, index: event.index, place: place)
            events.keep(event)
            for session in events.listeners(of: event.account) { tell(session, event) }
        }
    }

    private func tell(_ session: Session, _ event: EventBody) {
        counters.events += 1
        session.send(.event, requestID: 0, operationID: event.operationID, event)
    }
}
