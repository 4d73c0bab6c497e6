internal import EVM

/// From the queue into the block: ids that are known are answered, the others are executed in runs.
extension Sequencer {
    /// Takes operations of the batch in order, about a chunk of them, and returns where the next one begins.
    func take(_ range: Range<Int>) throws(LogError) -> Int {
        var start = range.lowerBound
        var next = range.lowerBound
        let enough = min(range.upperBound, range.lowerBound + core.executor.runOperationsMax)
        prefetch(range.lowerBound..<enough)
        while next < enough, outgoing == nil {
            let group = next..<groupEnd(next, range.upperBound)
            let demand = demand(of: group)
            if try !claimOrAnswer(group, &start) {
                start = group.upperBound
            } else if let refusal = try refusal(of: group, demand, &start) {
                for index in group { core.release(batch.operations[index].id) }
                try execute(start..<next)
                refuse(group, refusal)
                start = group.upperBound
            } else if try makeRoom(group, demand, start..<next) {
                start = next
            }
            next = group.upperBound
            if shared.hasFailed { return next }
        }
        try execute(start..<next)
        if outgoing == nil, isOutOfGas || shared.sealed.isIdle && !isToBeFilled(next) {
            handOver()
        }
        return next
    }

    /// Asks for the places of ids and senders before they are needed, few enough to be still there then.
    private func prefetch(_ range: Range<Int>) {
        batch.operations.withUnsafeBufferPointer { operations in
            for index in range {
                core.index.prefetch(operations[index].id)
                core.world.prefetchAccount(operations[index].transaction.sender)
            }
        }
        core.executor.prepare(batch.operations[range], world: core.world)
    }

    /// Whether the block takes in more before it goes to the log thread: while operations wait, a block that is neither old
    /// nor large does. Without a backlog every block leaves at once.
    private func isToBeFilled(_ next: Int) -> Bool {
        let limits = LedgerLimits.self
        if block.operationCount >= limits.fullEnoughOperations { return false }
        let waiting = batch.operations.count - next + shared.submissions.count
        if waiting == 0 { return false }
        let longest =
            waiting < limits.fullEnoughOperations ? limits.fillNanosecondsMax : limits.backlogFillNanosecondsMax
        return clock.monotonicNanoseconds() < blockBegan + longest
    }

    /// Whether the block has used its gas, but for what is kept free for its end.
    private var isOutOfGas: Bool { block.gasUsed &+ (calls?.gas ?? 0) >= configuration.blockGasMax }

    private func groupEnd(_ first: Int, _ limit: Int) -> Int {
        var last = first
        while batch.operations[last].linkedWithNext, last + 1 < limit { last += 1 }
        return last + 1
    }

    /// What a group takes of a block.
    private struct Demand {
        var bytes = 0
        /// Operations that may call for something at the block's end.
        var calls = 0
    }

    private func demand(of group: Range<Int>) -> Demand {
        var demand = Demand()
        let closer = calls?.closer
        // In place: a copy of an operation counts its references.
        batch.operations.withUnsafeBufferPointer { operations in
            for index in group {
                demand.bytes += operations[index].transaction.encodedBytesMax + 17
                if let closer, closer.mayCall(operations[index].transaction) { demand.calls += 1 }
            }
        }
        return demand
    }

    /// Whether the group is refused before it is executed.
    private func refusal(
        of group: Range<Int>, _ demand: Demand, _ start: inout Int
    ) throws(LogError) -> LedgerRefusal? {
        if let refusal = formalRefusal(group, demand) { return refusal }
        return try clockRefusal(group, &start)
    }

    /// Whether the group is refused for its form alone.
    private func formalRefusal(_ group: Range<Int>, _ demand: Demand) -> LedgerRefusal? {
        let limits = LedgerLimits.self
        if group.count > limits.linkedOperationsMax {
            return .groupTooLong(count: group.count, maximum: limits.linkedOperationsMax)
        }
        if let countMax = calls?.countMax, demand.calls > countMax {
            return .groupTooLong(count: demand.calls, maximum: countMax)
        }
        let bytes = demand.bytes
        let bytesMax =
            group.count == 1 ? limits.operationBytesMax : max(limits.operationBytesMax, configuration.blockBytesMax)
        if bytes > bytesMax { return .operationTooLarge(bytes: bytes, maximum: bytesMax) }
        return nil
    }

    /// Whether the group's time is before that of the chain. A block that nothing was accepted into has no time yet:
    /// that must not depend on where blocks are cut.
    private func clockRefusal(_ group: Range<Int>, _ start: inout Int) throws(LogError) -> LedgerRefusal? {
        guard configuration.clockMode == .operations else { return nil }
        let time = batch.operations[group.lowerBound].clockMilliseconds
        if time == 0 { return nil }
        if block.isBegun, time < block.timestampMilliseconds {
            try execute(start..<group.lowerBound)
            start = group.lowerBound
            if block.operationCount == 0 { block.unbegin() }
        }
        let earliest = block.isBegun ? block.timestampMilliseconds : core.headTimestampMilliseconds
        return time < earliest ? .clockBackwards(have: time, need: earliest) : nil
    }

    private func refuse(_ group: Range<Int>, _ refusal: LedgerRefusal) {
        for index in group {
            let ticket = batch.operations[index].ticket
            if group.count == 1 {
                refuse(ticket, refusal)
            } else {
                block.answers.append(.linkedFailed(ticket: ticket, failedIndex: 0, reason: .refused(refusal)))
            }
        }
    }

    /// Cuts the block where the group does not fit into it any more, and begins one. True: what was pending has been
    /// executed.
    private func makeRoom(
        _ group: Range<Int>, _ demand: Demand, _ pending: Range<Int>
    ) throws(LogError) -> Bool {
        let bytes = demand.bytes
        let time = batch.operations[group.lowerBound].clockMilliseconds
        if block.operationCount + pending.count == 0 { calls?.count = 0 }
        let called = demand.calls
        // Each call may take an operation at the end of the block.
        let reserved = (calls?.count ?? 0) + called
        let isFull =
            block.operationCount + pending.count + group.count + reserved > configuration.blockOperationsMax
            || block.operationBytes + pendingBytes + bytes + reserved * LedgerLimits.closingBytesMax
                > configuration.blockBytesMax
            || called > 0 && (reserved > calls?.countMax ?? 0 || isOutOfGas)
        let isOtherTime =
            configuration.clockMode == .operations && block.isBegun && time != 0
            && time != block.timestampMilliseconds
        var hasExecuted = false
        if isFull && block.operationCount + pending.count > 0 || isOtherTime {
            try execute(pending)
            hasExecuted = true
            if block.operationCount > 0 { handOver() } else { block.unbegin() }
            if shared.hasFailed { return true }
        }
        pendingBytes += bytes
        calls?.count += called
        if !block.isBegun {
            let start = configuration.clockMode == .operations && time != 0 ? time : currentTime()
            core.begin(block, timestampMilliseconds: start, clockMode: configuration.clockMode)
            blockBegan = clock.monotonicNanoseconds()
        }
        return hasExecuted
    }

    /// Enters the ids of the group as taken. False: one of them is known, what was pending has been executed, and the
    /// group has been answered. Ids come before everything else: a repeat gets its receipt whatever has changed since.
    private func claimOrAnswer(_ group: Range<Int>, _ start: inout Int) throws(LogError) -> Bool {
        if try claim(group) == nil { return true }
        try execute(start..<group.lowerBound)
        start = group.lowerBound
        guard let known = try claim(group) else { return true }
        try answerKnown(group, known)
        return false
    }

    /// Enters all ids of the group, or none: then the index of the first that is in use.
    private func claim(_ group: Range<Int>) throws(LogError) -> Int? {
        for index in group where try !core.claim(batch.operations[index].id) {
            for claimed in group.lowerBound..<index { core.release(batch.operations[claimed].id) }
            return index
        }
        return nil
    }

    /// Answers a group of which at least one id is in the ledger, or twice in the group.
    private func answerKnown(_ group: Range<Int>, _ known: Int) throws(LogError) {
        var repeats: [Answer] = []
        for index in group {
            let operation = batch.operations[index]
            guard let stored = try core.stored(operation.id) else { break }
            if isSame(operation.transaction, stored.transaction) {
                repeats.append(
                    .final(
                        ticket: operation.ticket, block: stored.block, index: stored.index, receipt: EncodedReceipt(stored.receipt),
                        repeated: true))
            } else if group.count == 1 {
                repeats.append(.conflict(ticket: operation.ticket, block: stored.block, index: stored.index))
            } else {
                break
            }
        }
        if repeats.count == group.count {
            block.answers.append(contentsOf: repeats)
            return
        }
        for index in group {
            block.answers.append(
                .linkedFailed(
                    ticket: batch.operations[index].ticket, failedIndex: known - group.lowerBound, reason: .idInUse))
        }
    }

    /// Whether a stored transaction is this one.
    func isSame(_ transaction: Transaction, _ stored: [UInt8]) -> Bool {
        scratch.truncate(to: 0)
        scratch.append(transaction)
        return scratch.bytes.elementsEqual(stored)
    }

    /// Executes operations whose ids are entered.
    private func execute(_ range: Range<Int>) throws(LogError) {
        defer { pendingBytes = 0 }
        guard !range.isEmpty else { return }
        try core.execute(batch.operations[range], in: block) { place, result, index in
            let ticket = batch.operations[place].ticket
            switch result {
            case .accepted(let receipt, _):
                if (calls?.count ?? 0) > 0 { note(batch.operations[place].transaction, receipt) }
                block.answers.append(
                    .final(ticket: ticket, block: block.number, index: index, receipt: block.lastReceipt, repeated: false))
            case .refused(let refusal):
                refuse(ticket, refusal)
            case .linkedFailed(let failedIndex, let reason):
                if case .refused(let refusal) = reason, !batch.operations[place].linkedWithNext { count(refusal) }
                block.answers.append(.linkedFailed(ticket: ticket, failedIndex: failedIndex, reason: reason))
            }
        }
    }
}
