internal import EVM
internal import Synchronization

/// While the disk takes no writes: nothing is executed, reads are answered from the durable state.
extension Sequencer {
    /// Answers what waits without executing anything: operations that are durable already get their receipt, new ones are
    /// refused as busy, views and look-ups see what is durable. What has been executed waits for the disk.
    func stepStalled() -> StepOutcome {
        if batch.count == 0, !takeFromQueue() { return .waits }
        var said: [Answer] = []
        let durable = shared.status.withLock { (block: $0.blocks, reason: $0.stall ?? "the disk takes no writes") }
        let refusal = LedgerRefusal.busy(
            retryAfterMilliseconds: LedgerLimits.stallRetryMilliseconds, reason: durable.reason)
        do throws(LogError) {
            while cursor.step < batch.order.count {
                switch batch.order[cursor.step] {
                case .operations(let count):
                    if cursor.operationsEnd == cursor.operation { cursor.operationsEnd += count }
                    for index in cursor.operation..<cursor.operationsEnd {
                        let operation = batch.operations[index]
                        said.append(
                            try durableAnswer(operation, durable.block) ?? .refused(ticket: operation.ticket, refusal))
                    }
                    cursor.operation = cursor.operationsEnd
                case .view:
                    let call = batch.views[cursor.view]
                    said.append(durableView(call, durable.block) ?? .refused(ticket: call.ticket, refusal))
                    cursor.view += 1
                case .lookup:
                    said.append(try durableLookup(batch.lookups[cursor.lookup], durable.block, refusal))
                    cursor.lookup += 1
                }
                cursor.step += 1
            }
        } catch {
            shared.fail("\(error.call) \(error.file): \(error.reason)")
        }
        batch.removeAll()
        if !said.isEmpty { answers(said) }
        return .worked
    }

    /// The receipt or the conflict of an operation whose id is durable; nil for any other. Members of a linked group are
    /// not looked at one by one.
    private func durableAnswer(_ operation: Operation, _ durable: UInt64) throws(LogError) -> Answer? {
        guard !operation.linkedWithNext, let stored = try core.stored(operation.id), stored.block <= durable else {
            return nil
        }
        if isSame(operation.transaction, stored.transaction) {
            return .final(
                ticket: operation.ticket, block: stored.block, index: stored.index, receipt: EncodedReceipt(stored.receipt),
                repeated: true)
        }
        return .conflict(ticket: operation.ticket, block: stored.block, index: stored.index)
    }

    private func durableLookup(
        _ lookup: ReceiptLookup, _ durable: UInt64, _ refusal: LedgerRefusal
    ) throws(LogError) -> Answer {
        guard let stored = try core.stored(lookup.id) else { return .notFound(ticket: lookup.ticket) }
        // Executed but not durable: it may be lost yet, so neither answer would be true for ever.
        guard stored.block <= durable else { return .refused(ticket: lookup.ticket, refusal) }
        return .final(
            ticket: lookup.ticket, block: stored.block, index: stored.index, receipt: EncodedReceipt(stored.receipt), repeated: true)
    }

    private func durableView(_ call: ViewCall, _ durable: UInt64) -> Answer? {
        guard let durableState else { return nil }
        let environment = core.nextEnvironment(
            timestampMilliseconds: currentTime(), clockMode: configuration.clockMode)
        let receipt = durableState.read { trie in
            core.executor.view(
                call, in: environment, world: DurableView(trie: trie, world: core.world, durable: durable))
        }
        return .view(ticket: call.ticket, receipt: receipt)
    }
}

/// The state after the last durable block: accounts and storage from the trie, which follows the log; code, which never
/// changes under its hash, from the world.
private struct DurableView: StateView {
    let trie: StateTrie
    let world: WorldState
    let durable: UInt64

    func account(_ address: Address) -> AccountState? { trie.account(address) }
    func storage(_ address: Address, _ slot: U256) -> U256 { trie.storage(address, slot) }
    func code(_ hash: Hash256) -> [UInt8] { world.code(hash) }
    func hasStorage(_ address: Address) -> Bool { trie.storageRoot(address) != .emptyTrie }
    func blockHash(_ number: UInt64) -> Hash256 { number <= durable ? world.blockHash(number) : .zero }
}
