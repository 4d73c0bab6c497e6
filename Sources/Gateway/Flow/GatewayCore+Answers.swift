internal import EVM
internal import Economy
internal import EventLoop
internal import Ledger
internal import Wire

// From the ledger's answers to replies.
extension GatewayCore {
    /// One answer of the ledger; what it is about is durable, or never will be.
    func deliver(_ answer: consuming Answer) {
        if case .closing(let id, let block, let index, let receipt) = answer { return deliver(id, block, index, receipt) }
        // An answer that comes after its ticket was answered with the ledger's failure finds none; nor does one of an
        // operation that came in past the sessions.
        guard let ticket = tickets.remove(answer.ticket) else { return outside.deliver(answer) }
        switch consume answer {
        case .final(_, let block, let index, let receipt, let repeated):
            lastBlock = max(lastBlock, block)
            deliver(ticket, block, index, receipt, repeated: repeated)
        case .view(_, let receipt):
            guard case .query(let query) = ticket.purpose else { return }
            self.answer(ticket, game.answer(query, receipt))
        case .notFound:
            guard case .query(let query) = ticket.purpose else { return }
            self.answer(ticket, .notFound(query.kind))
        case .conflict(_, let block, let index):
            self.answer(ticket, Self.conflictReply(block, index))
        case .refused(_, let refusal):
            if case .ledgerFailed(let reason) = refusal { failed(reason) }
            self.answer(ticket, Self.reply(refusal))
        case .linkedFailed(_, let failedIndex, let reason):
            self.answer(ticket, linkedReply(ticket, failedIndex, reason))
        case .closing: break
        }
    }

    /// What ended a block: nobody waits for it, but those whom it concerns hear of it.
    private func deliver(_ id: LedgerOperationID, _ block: UInt64, _ index: UInt32, _ receipt: Receipt) {
        lastBlock = max(lastBlock, block)
        guard events.isRecording else { return }
        publish(
            game.events(of: receipt, block: block, index: index, operationID: OperationID(high: id.high, low: id.low)))
    }

    private func deliver(
        _ ticket: Ticket, _ block: UInt64, _ index: UInt32, _ encoded: EncodedReceipt, repeated: Bool
    ) {
        let code: UInt16
        switch ticket.purpose {
        case .action(let actionCode), .member(_, _, let actionCode): code = actionCode
        case .query(let query): code = UInt16(truncatingIfNeeded: query.subject)
        }
        let tellsOthers = !repeated && events.isRecording
        let receipt = tellsOthers ? encoded.decoded() : part(of: encoded, code)
        var reply = replyBody(code, receipt)
        reply.block = block
        reply.index = index
        reply.repeated = repeated
        if case .query = ticket.purpose { return answer(ticket, .receipt(reply)) }
        answer(ticket, reply)
        if tellsOthers {
            publish(game.events(of: receipt, block: block, index: index, operationID: ticket.operationID))
        }
    }

    /// What the reply to an action says of its receipt.
    private func part(of receipt: EncodedReceipt, _ code: UInt16) -> Receipt {
        guard let event = game.replyEvent(code) else { return receipt.decoded() }
        return receipt.decoded(withLog: event.topic, topicCount: event.topicCount)
    }

    /// The reply to an executed operation. Whoever asks for a receipt without naming the action gets the outcome, the
    /// gas and the refusal, but not the results, whose meaning depends on the action.
    private func replyBody(_ code: UInt16, _ receipt: Receipt) -> ReplyBody {
        if game.hasAction(code) { return game.replyBody(code, receipt) }
        if receipt.succeeded { return ReplyBody(status: .applied, gasUsed: receipt.gasUsed) }
        return game.replyBody(game.actions.keys.min() ?? code, receipt)
    }

    /// Sends the reply to an action, or puts it into its batch; for a query it is a refusal.
    func answer(_ ticket: Ticket, _ reply: ReplyBody) {
        if case .query(let query) = ticket.purpose {
            let error = ErrorBody(
                code: ErrorCode(rawValue: reply.refusalCode) ?? .none, have: reply.have,
                need: reply.need, message: reply.message)
            return answer(ticket, .refused(query.kind, error))
        }
        count(reply)
        let session = sessions[ticket.session]
        if session == nil { counters.answersLost += 1 }
        session?.inFlight -= 1
        if case .member(let key, let place, _) = ticket.purpose {
            fill(key, place, reply, session)
        } else {
            session?.send(
                .reply, requestID: ticket.requestID, operationID: ticket.operationID, reply)
        }
        if let session { finishIfDone(session) }
    }

    /// Sends the answer to a query.
    func answer(_ ticket: Ticket, _ found: QueryAnswer) {
        guard let session = sessions[ticket.session] else {
            counters.answersLost += 1
            return
        }
        session.inFlight -= 1
        session.send(
            .result, requestID: ticket.requestID, ResultBody(block: lastBlock, answer: found))
        finishIfDone(session)
    }

    private func fill(_ key: UInt64, _ place: Int, _ reply: ReplyBody, _ session: Session?) {
        var isComplete = false
        batches.update(key) { batch in
            batch.items[place].reply = reply
            batch.waiting -= 1
            isComplete = batch.waiting == 0
        }
        guard isComplete, let batch = batches.remove(key), let session else { return }
        send(batch, to: session)
    }

    /// Sends the answer to a batch.
    func send(_ batch: PendingBatch, to session: Session) {
        session.send(.batchReply, requestID: batch.requestID, BatchReplyBody(items: batch.items))
    }

    private func finishIfDone(_ session: Session) {
        if session.isLeaving, session.inFlight == 0 {
            session.connection.finish("the client is done")
        }
    }

    /// Counts the outcome of an operation.
    func count(_ reply: ReplyBody) {
        switch reply.status {
        case .applied: counters.applied += 1
        case .refusedByContract: counters.refusedByContract += 1
        case .refused: counters.refused += 1
        case .busy: counters.busy += 1
        case .conflict: counters.conflicts += 1
        }
        if reply.repeated { counters.repeated += 1 }
    }

    /// Answers whatever the failed ledger has left unanswered.
    func answerAllWithFailure() {
        let reason = failure ?? "unknown"
        for key in tickets.keys {
            guard let ticket = tickets.remove(key) else { continue }
            var reply = Self.failedReply(reason)
            reply.message += "; whether this operation was applied is open until the server restarts"
            answer(ticket, reply)
        }
    }
}

// Refusals of the ledger in the words of the wire.
extension GatewayCore {
    private static func conflictReply(_ block: UInt64, _ index: UInt32) -> ReplyBody {
        ReplyBody(
            status: .conflict, refusalCode: ErrorCode.operationConflict.rawValue, block: block,
            index: index,
            message: "the operation id stands for another operation, number \(index) of block \(block)")
    }

    private func linkedReply(_ ticket: Ticket, _ failedIndex: Int, _ reason: LinkedFailure) -> ReplyBody {
        guard case .member(_, let place, let code) = ticket.purpose, place == failedIndex else {
            return Self.linkedReply(failed: failedIndex)
        }
        switch reason {
        case .unsuccessful(let receipt):
            // The contract's own refusal, but the operation is not in the ledger: nothing of it is final.
            var reply = replyBody(code, receipt)
            reply.status = .refused
            return reply
        case .refused(let refusal): return Self.reply(refusal)
        case .idInUse:
            return ReplyBody(
                status: .conflict, refusalCode: ErrorCode.operationConflict.rawValue,
                message: "the operation id is in the ledger already, or twice in the batch")
        }
    }

    private static func reply(_ refusal: LedgerRefusal) -> ReplyBody {
        func refused(
            _ code: ErrorCode, _ have: UInt64, _ need: UInt64, _ message: String
        ) -> ReplyBody {
            ReplyBody(
                status: .refused, refusalCode: code.rawValue, have: have, need: need, message: message)
        }
        switch refusal {
        case .transaction(let reason):
            let (have, need) = numbers(reason)
            return refused(.transactionRefused, have, need, "the transaction was refused: \(reason)")
        case .conservationViolated(let violation):
            return refused(
                .conservationViolated, violation.have.l0, violation.need.l0,
                "the books of \(violation.contract.hex) would not balance at \(violation.slot)")
        case .clockBackwards(let have, let need):
            return refused(
                .transactionRefused, have, need, "its time \(have) is before that of the last block, \(need)")
        case .operationTooLarge(let bytes, let maximum):
            return refused(
                .transactionRefused, UInt64(bytes), UInt64(maximum),
                "the operation has \(bytes) bytes; at most \(maximum)")
        case .groupTooLong(let count, let maximum):
            return refused(
                .transactionRefused, UInt64(count), UInt64(maximum),
                "\(count) linked operations; at most \(maximum)")
        case .ledgerFailed(let reason): return failedReply(reason)
        case .busy(let retry, let reason):
            return ReplyBody(
                status: .busy, refusalCode: ErrorCode.busy.rawValue,
                retryAfterMilliseconds: UInt32(clamping: retry), message: "the disk takes no writes for now: \(reason)")
        case .stopping: return refused(.stopping, 0, 0, "the server is stopping")
        }
    }

    private static func numbers(_ refusal: TransactionRefusal) -> (have: UInt64, need: UInt64) {
        switch refusal {
        case .nonceTooLow(let have, let need), .nonceTooHigh(let have, let need),
            .nonceExhausted(let have, let need), .gasBelowIntrinsic(let have, let need),
            .gasBelowFloor(let have, let need), .gasOverBlockLimit(let have, let need),
            .gasOverTransactionLimit(let have, let need), .wrongChain(let have, let need):
            (have, need)
        default: (0, 0)
        }
    }
}
