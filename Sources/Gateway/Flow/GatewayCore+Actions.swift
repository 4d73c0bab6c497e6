internal import EVM
internal import Economy
internal import EventLoop
internal import Ledger
internal import Wire

// From frames to submissions.
extension GatewayCore {
    /// One action: refused here, or part of this turn's submissions.
    func receiveAction(
        _ session: Session, _ identity: SessionIdentity, _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer
    ) {
        let action: ActionView
        do throws(WireError) { action = try ActionView(body: bytes) } catch {
            return object(session, header, ErrorBody(error))
        }
        counters.operations += 1
        let id = header.operationID
        switch admit(action, id, session, identity, count: 1) {
        case .refused(let reply):
            count(reply)
            session.send(.reply, requestID: header.requestID, operationID: id, reply)
        case .transaction(let transaction):
            let ticket = tickets.insert(
                Ticket(
                    session: session.key, requestID: header.requestID, operationID: id,
                    purpose: .action(code: action.code)))
            session.inFlight += 1
            turn.append(operation(id, transaction, action, ticket, linked: false))
        }
    }

    /// A batch: each member by itself, or all as one when it is linked.
    func receiveBatch(
        _ session: Session, _ identity: SessionIdentity, _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer
    ) {
        let batch: BatchView
        do throws(WireError) { batch = try BatchView(body: bytes) } catch {
            return object(session, header, ErrorBody(error))
        }
        let items = Array(batch)
        counters.operations += UInt64(items.count)
        let isLinked = header.flags.contains(.linked)
        var mapped = items.map { item in
            admit(item.action, item.operationID, session, identity, count: items.count)
        }
        if isLinked, let failed = mapped.firstIndex(where: \.isRefused) {
            refuseOthers(&mapped, because: failed)
        }
        let placeholder = ReplyBody(status: .busy)
        var pending = PendingBatch(
            session: session.key, requestID: header.requestID,
            items: items.map { BatchReplyItem(operationID: $0.operationID, reply: placeholder) },
            waiting: 0)
        for (place, result) in mapped.enumerated() {
            switch result {
            case .transaction: pending.waiting += 1
            case .refused(let reply):
                count(reply)
                pending.items[place].reply = reply
            }
        }
        if pending.waiting == 0 { return send(pending, to: session) }
        submit(pending, items, mapped, session, isLinked: isLinked)
    }

    private func submit(
        _ pending: PendingBatch, _ items: [BatchView.Item], _ mapped: [Admission],
        _ session: Session, isLinked: Bool
    ) {
        let key = batches.insert(pending)
        session.inFlight += pending.waiting
        for (place, result) in mapped.enumerated() {
            guard case .transaction(let transaction) = result else { continue }
            let item = items[place]
            let ticket = tickets.insert(
                Ticket(
                    session: session.key, requestID: pending.requestID,
                    operationID: item.operationID,
                    purpose: .member(batch: key, place: place, code: item.action.code)))
            let isLast = place == items.count - 1
            turn.append(
                operation(
                    item.operationID, transaction, item.action, ticket, linked: isLinked && !isLast))
        }
    }

    private func operation(
        _ id: Wire.OperationID, _ transaction: consuming Transaction, _ action: ActionView, _ ticket: UInt64,
        linked: Bool
    ) -> Submission {
        .operation(
            Operation(
                id: LedgerOperationID(high: id.high, low: id.low), transaction: transaction,
                linkedWithNext: linked, clockMilliseconds: action.clockMilliseconds, ticket: ticket))
    }

    /// The transaction of an action, or the reply that refuses it before the ledger.
    private func admit(
        _ action: ActionView, _ id: Wire.OperationID, _ session: Session,
        _ identity: SessionIdentity, count: Int
    ) -> Admission {
        if let failure { return .refused(Self.failedReply(failure)) }
        if id == .zero {
            return .refused(
                ReplyBody(
                    status: .refused, refusalCode: ErrorCode.operationIDMissing.rawValue,
                    message: "the operation id is zero; make one of 128 bits for each operation"))
        }
        if let busy = busy(session, count: count) { return .refused(busy) }
        if identity.role == .player,
            let wait = rates.admit(action.code, of: Address(identity.account), atMilliseconds: loop.nowMilliseconds)
        {
            return .refused(rateReply(wait))
        }
        switch game.map(action, session: identity) {
        case .success(let transaction): return .transaction(transaction)
        case .failure(let refusal):
            var reply = game.replyBody(refusal)
            if refusal.code == notOwnAccountCode {
                reply.message =
                    "\(action.actor.hex) is not the session's own account, \(identity.account.hex); "
                    + "a player acts for itself only"
            }
            return .refused(reply)
        }
    }

    /// The reply to what a player asks for too often.
    private func rateReply(_ wait: RateLimiter.Wait) -> ReplyBody {
        ReplyBody(
            status: .busy, refusalCode: rateLimitedCode, retryAfterMilliseconds: UInt32(clamping: wait.retryAfterMilliseconds),
            have: wait.have, need: wait.need,
            message: "\(wait.need) of this action are allowed in its window; ask again in \(wait.retryAfterMilliseconds) ms")
    }

    /// The reply to what would exceed the session's credit or the server's tickets; nil when it fits.
    func busy(_ session: Session, count: Int) -> ReplyBody? {
        let own = session.inFlight + count
        if own > session.credit {
            return Self.busyReply(
                have: own, need: session.credit, limits,
                "\(own) in flight; this session's credit is \(session.credit)")
        }
        let all = tickets.count + count
        if all > tickets.countMax {
            return Self.busyReply(
                have: all, need: tickets.countMax, limits,
                "\(all) in flight over all sessions; the server holds \(tickets.countMax)")
        }
        return nil
    }

    /// The ledger's queue had no room for it.
    func answerQueueFull(_ submission: Submission) {
        let key: UInt64
        switch submission {
        case .operation(let operation): key = operation.ticket
        case .view(let call): key = call.ticket
        case .lookup(let lookup): key = lookup.ticket
        }
        guard let ticket = tickets.remove(key) else { return }
        let waiting = ledger.queuedCount
        let max = configuration.ledger.queueOperationsMax
        let reply = Self.busyReply(
            have: waiting, need: max, limits, "\(waiting) operations wait for the ledger, at most \(max)")
        answer(ticket, reply)
    }

    private static func busyReply(
        have: Int, need: Int, _ limits: GatewayLimits, _ message: String
    ) -> ReplyBody {
        ReplyBody(
            status: .busy, refusalCode: ErrorCode.busy.rawValue,
            retryAfterMilliseconds: limits.busyRetryMilliseconds, have: UInt64(have),
            need: UInt64(need), message: message)
    }

    /// The reply to what the failed ledger cannot take.
    static func failedReply(_ reason: String) -> ReplyBody {
        ReplyBody(
            status: .refused, refusalCode: ErrorCode.ledgerFailed.rawValue,
            message: "the ledger has failed and takes no operations: \(reason)")
    }

    /// Refuses the members of a linked batch that would have been fine, naming the one that is not.
    private func refuseOthers(_ mapped: inout [Admission], because failed: Int) {
        for place in mapped.indices where !mapped[place].isRefused {
            mapped[place] = .refused(Self.linkedReply(failed: failed))
        }
    }

    /// The reply to a member of a linked batch in which another failed.
    static func linkedReply(failed: Int) -> ReplyBody {
        ReplyBody(
            status: .refused, refusalCode: ErrorCode.linkedFailed.rawValue, have: UInt64(failed),
            message: "action \(failed) of the linked batch failed, so none was applied")
    }
}

/// What became of an action before the ledger.
private enum Admission {
    /// It goes to the ledger as this transaction.
    case transaction(Transaction)
    /// It is answered at once.
    case refused(ReplyBody)

    var isRefused: Bool {
        if case .refused = self { return true }
        return false
    }
}
