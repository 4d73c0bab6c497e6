internal import EVM
internal import History
internal import Ledger

extension RPCMethod {
    /// Questions to contracts.
    static let calls: [RPCMethod] = [
        RPCMethod("eth_call", ["transaction", "block", "stateOverrides"]) { (service, given) throws(RPCError) in
            let call = try CallRequest(try given.required(0), service)
            let overrides = try StateOverride.all(given[2], "stateOverrides")
            return try service.withState(BlockTag(given[1], "block")) { (state, environment) throws(RPCError) in
                let view = service.view(state, environment, overrides, call)
                return .data(try service.run(call, view, environment).output)
            }
        },
        RPCMethod("eth_estimateGas", ["transaction", "block", "stateOverrides"]) { (service, given) throws(RPCError) in
            let call = try CallRequest(try given.required(0), service)
            let overrides = try StateOverride.all(given[2], "stateOverrides")
            return try service.withState(BlockTag(given[1], "block")) { (state, environment) throws(RPCError) in
                let view = service.view(state, environment, overrides, call)
                return .quantity(try service.estimate(call, view, environment))
            }
        },
        RPCMethod("eth_createAccessList", ["transaction", "block"]) { (service, given) throws(RPCError) in
            let call = try CallRequest(try given.required(0), service)
            return try service.withState(BlockTag(given[1], "block")) { (state, environment) throws(RPCError) in
                try service.accessList(call, state, environment)
            }
        },
    ]
}

/// A transaction as clients describe it for questions.
struct CallRequest {
    var transaction: Transaction

    init(_ json: JSON, _ service: RPCService) throws(RPCError) {
        guard case .object = json else { throw Read.wrong("transaction", "an object", json) }
        func value(_ name: String) -> JSON? { json[name].flatMap { $0 == .null ? nil : $0 } }
        let from = try value("from").map { (json) throws(RPCError) in try Read.address(json, "from") } ?? .zero
        let to = try value("to").map { (json) throws(RPCError) in try Read.address(json, "to") }
        let gas = try value("gas").map { (json) throws(RPCError) in try Read.number(json, "gas") } ?? .max
        let amount = try value("value").map { (json) throws(RPCError) in try Read.quantity(json, "value") } ?? .zero
        let input = try value("input").map { (json) throws(RPCError) in try Read.data(json, "input") }
        let data = try value("data").map { (json) throws(RPCError) in try Read.data(json, "data") }
        if let input, let data, input != data { throw .invalidParameters("input and data are not the same") }
        if let chain = value("chainId"), try Read.number(chain, "chainId") != service.genesis.chainID {
            throw .invalidParameters("chainId is not that of this chain, \(service.genesis.chainID)")
        }
        let gasMax = min(service.limits.callGasMax, service.genesis.gasLimit)
        transaction = .session(
            sender: from, to: to, value: amount, data: input ?? data ?? [], gasLimit: min(gas, gasMax))
        if case .array(let entries)? = value("accessList") {
            var list: [AccessListEntry] = []
            for entry in entries {
                var slots: [U256] = []
                if case .array(let keys)? = entry["storageKeys"] {
                    for key in keys { slots.append(try Read.quantity(key, "storageKeys")) }
                }
                list.append(
                    AccessListEntry(address: try Read.address(entry["address"] ?? .null, "accessList.address"), slots: slots))
            }
            transaction.accessList = list
        }
    }
}

extension RPCService {
    func view(
        _ state: any StateView, _ environment: BlockEnvironment, _ overrides: [Address: StateOverride], _ call: CallRequest
    ) -> CallView {
        CallView(
            state, overrides: overrides,
            freeSender: call.transaction.to == call.transaction.sender ? nil : call.transaction.sender
        ) { [history] in history.blockHash($0, before: environment.number) }
    }

    /// Runs a call, which must succeed.
    func run(_ call: CallRequest, _ view: CallView, _ environment: BlockEnvironment) throws(RPCError) -> Receipt {
        let receipt = try attempt(call.transaction, view, environment)
        switch receipt.outcome {
        case .success: return receipt
        case .reverted: throw .reverted(receipt.output)
        case .halted(let halt): throw .server(Self.reason(halt))
        }
    }

    func attempt(
        _ transaction: Transaction, _ view: CallView, _ environment: BlockEnvironment
    ) throws(RPCError) -> Receipt {
        switch machines.with({ $0.transition(view, environment, transaction) }) {
        case .success(let result): return result.receipt
        case .failure(.senderHasCode):
            // EIP-3607 is no rule for questions: an account may ask its own code.
            guard let target = transaction.to, transaction.value.isZero else {
                throw .server("an account with code can call in a question, but neither pay nor create")
            }
            return machines.with {
                $0.call(
                    view, environment, from: transaction.sender, to: target, data: transaction.data,
                    gas: transaction.gasLimit)
            }
        case .failure(let refusal): throw Self.error(refusal)
        }
    }

    /// Why a call halted, in the words that clients know.
    static func reason(_ halt: Halt) -> String {
        switch halt {
        case .outOfGas: "out of gas"
        case .badJump: "invalid jump destination"
        case .undefinedInstruction: "invalid opcode"
        case .writeInStaticCall: "write protection"
        default: "the call halted: \(halt)"
        }
    }

    /// A refusal of the EVM in the words that clients know.
    static func error(_ refusal: TransactionRefusal) -> RPCError {
        switch refusal {
        case .nonceTooLow(let have, let need): .server("nonce too low: next nonce \(need), tx nonce \(have)")
        case .nonceTooHigh(let have, let need):
            .server("nonce too high: next nonce \(need), tx nonce \(have); there is no queue for later nonces")
        case .insufficientFunds(let have, let need):
            .server("insufficient funds for gas * price + value: have \(have.decimal), want \(need.decimal)")
        case .gasBelowIntrinsic(let have, let need): .server("intrinsic gas too low: have \(have), want \(need)")
        case .gasBelowFloor(let have, let need): .server("insufficient gas for floor data gas cost: have \(have), want \(need)")
        case .gasOverBlockLimit(let have, let maximum): .server("exceeds block gas limit: have \(have), at most \(maximum)")
        case .gasOverTransactionLimit(let have, let maximum):
            .server("transaction gas limit too high: have \(have), at most \(maximum)")
        default: .server("the transaction is refused: \(refusal)")
        }
    }

    /// The least gas with which a call succeeds, to one part in a hundred.
    func estimate(_ call: CallRequest, _ view: CallView, _ environment: BlockEnvironment) throws(RPCError) -> UInt64 {
        var transaction = call.transaction
        let first = try run(call, view, environment)
        func succeeds(_ gas: UInt64) -> Bool {
            transaction.gasLimit = gas
            return (try? attempt(transaction, view, environment))?.succeeded ?? false
        }
        var low = max(1, first.gasUsed) - 1
        var high = call.transaction.gasLimit
        if succeeds(first.gasUsed) { return first.gasUsed }
        let likely = min(high, (first.gasUsed + 2_300) * 64 / 63)
        if succeeds(likely) { high = likely } else { low = likely }
        while low + 1 < high, high - low > high / 100 {
            let middle = low + (high - low) / 2
            if succeeds(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// What a call would announce: every slot that it reads, and the accounts apart from those that are warm anyway.
    func accessList(
        _ call: CallRequest, _ state: any StateView, _ environment: BlockEnvironment
    ) throws(RPCError) -> JSON {
        let view = view(state, environment, [:], call)
        _ = try attempt(call.transaction, view, environment)
        var list: [AccessListEntry] = []
        for address in view.accountsRead.union(view.slotsRead.keys).sorted(by: { $0.word < $1.word }) {
            let slots = (view.slotsRead[address] ?? []).sorted()
            let isWarm =
                address == call.transaction.sender || address == call.transaction.to || address == .zero
                || address.word <= U256(0x100)
            if !slots.isEmpty || !isWarm { list.append(AccessListEntry(address: address, slots: slots)) }
        }
        var with = call.transaction
        with.accessList = list
        let receipt = try attempt(with, view, environment)
        var answer: [(name: String, value: JSON)] = [
            ("accessList", accessListJSON(list)), ("gasUsed", .quantity(receipt.gasUsed)),
        ]
        switch receipt.outcome {
        case .success: break
        case .reverted: answer.append(("error", "execution reverted"))
        case .halted(let halt): answer.append(("error", .string(Self.reason(halt))))
        }
        return .object(answer)
    }
}
