internal import EVM
internal import History
internal import Ledger
internal import Synchronization

extension RPCMethod {
    /// Accounts, code, storage and their proofs.
    static let state: [RPCMethod] = [
        RPCMethod("eth_getBalance", ["address", "block"]) { (service, given) throws(RPCError) in
            let address = try given.address(0)
            return try service.withState(BlockTag(given[1], "block")) { (state, _) throws(RPCError) in
                .quantity(state.account(address)?.balance ?? .zero)
            }
        },
        RPCMethod("eth_getTransactionCount", ["address", "block"]) { (service, given) throws(RPCError) in
            let address = try given.address(0)
            return try service.withState(BlockTag(given[1], "block")) { (state, _) throws(RPCError) in
                .quantity(state.account(address)?.nonce ?? 0)
            }
        },
        RPCMethod("eth_getCode", ["address", "block"]) { (service, given) throws(RPCError) in
            let address = try given.address(0)
            return try service.withState(BlockTag(given[1], "block")) { (state, _) throws(RPCError) in
                .data(state.account(address).map { state.code($0.codeHash) } ?? [])
            }
        },
        RPCMethod("eth_getStorageAt", ["address", "slot", "block"]) { (service, given) throws(RPCError) in
            let address = try given.address(0)
            let slot = try Read.quantity(try given.required(1), "slot")
            return try service.withState(BlockTag(given[2], "block")) { (state, _) throws(RPCError) in
                .word(state.storage(address, slot))
            }
        },
        RPCMethod("eth_getProof", ["address", "slots", "block"]) { (service, given) throws(RPCError) in
            try service.proof(given)
        },
    ]
}

extension RPCService {
    /// Reads the state that a tag means. `latest` is what the anchors' trie holds, which follows the log; for `safe` and
    /// `finalized` that block becomes an anchor first; an older block is reached by executing the log again.
    func withState<Value>(
        _ tag: BlockTag, _ body: (any StateView, BlockEnvironment) throws(RPCError) -> Value
    ) throws(RPCError) -> Value {
        var wanted: UInt64?
        switch tag {
        case .latest, .anchored: break
        default: wanted = try number(of: tag)
        }
        let result: Result<Value, RPCError>? = ledger.readDurable(anchored: tag == .anchored) { state in
            if let wanted, wanted != state.block { return nil }
            if let anchor = state.anchor { history.note(anchor) }
            do throws(RPCError) { return .success(try body(state, environment(state.block))) } catch {
                return .failure(error)
            }
        }
        if let result { return try result.get() }
        guard let wanted else { throw .inside("no state was read") }
        return try withPastState(wanted, body)
    }

    private func withPastState<Value>(
        _ block: UInt64, _ body: (any StateView, BlockEnvironment) throws(RPCError) -> Value
    ) throws(RPCError) -> Value {
        let head = history.head
        guard block <= head else { throw .notFound("block \(block) does not exist; the last is \(head)") }
        let operations = ledger.status.operations
        guard operations <= limits.replayOperationsMax || ledger.status.checkpointBlock > 0 else {
            throw .limit("\(operations) operations would be executed again; at most \(limits.replayOperationsMax)")
        }
        let environment = environment(block)
        return try slowly { () throws(RPCError) in
            try pastStates.read(block) { (state) throws(RPCError) in try body(state, environment) }
        }
    }

    /// Does what may take seconds, such as executing the log again: so few at once that a worker is left for everybody else.
    func slowly<Value>(_ body: () throws(RPCError) -> Value) throws(RPCError) -> Value {
        let count = slowRequests.wrappingAdd(1, ordering: .relaxed).newValue
        defer { slowRequests.wrappingSubtract(1, ordering: .relaxed) }
        guard count <= limits.slowMax else {
            throw .limit("\(limits.slowMax) questions about old states are being answered; ask again in a moment")
        }
        return try body()
    }

    /// What the EVM sees of a block.
    func environment(_ number: UInt64) -> BlockEnvironment {
        let header = (try? history.block(number))?.header
        return genesis.environment(
            number: number, timestampMilliseconds: header?.timestampMilliseconds ?? max(genesis.timestampMilliseconds, ledger.status.timestampMilliseconds),
            prevrandao: header?.prevrandao ?? .zero)
    }

    func proof(_ given: Parameters) throws(RPCError) -> JSON {
        let address = try given.address(0)
        var slots: [U256] = []
        switch given[1] {
        case nil: break
        case .array(let keys):
            guard keys.count <= 1_024 else { throw .limit("\(keys.count) slots; at most 1024") }
            for key in keys { slots.append(try Read.quantity(key, "slots")) }
        case .some(let other): throw Read.wrong("slots", "an array", other)
        }
        let tag = try BlockTag(given[2], "block")
        var wanted: UInt64?
        switch tag {
        case .latest, .anchored: break
        default: wanted = try number(of: tag)
        }
        let answer: JSON? = ledger.readDurable(anchored: true) { state in
            guard wanted == nil || wanted == state.block, let anchor = state.anchor else { return nil }
            history.note(anchor)
            let account = state.trie.accountProof(address)
            let proven = state.account(address)
            return [
                "address": .address(address), "accountProof": .array(account.map { .data($0) }),
                "balance": .quantity(proven?.balance ?? .zero), "nonce": .quantity(proven?.nonce ?? 0),
                "codeHash": .hash(proven?.codeHash ?? .emptyCode),
                "storageHash": .hash(state.trie.storageRoot(address)),
                "storageProof": .array(
                    slots.map { slot in
                        [
                            "key": .quantity(slot), "value": .quantity(state.storage(address, slot)),
                            "proof": .array(state.trie.storageProof(address, slot: slot).map { .data($0) }),
                        ]
                    }),
                "blockNumber": .quantity(anchor.block), "stateRoot": .hash(anchor.stateRoot),
            ]
        }
        guard let answer else {
            throw .server("proofs are of the last durable block; ask for latest, and look at blockNumber of the answer")
        }
        return answer
    }
}
