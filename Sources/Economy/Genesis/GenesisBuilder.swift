import EVM
import Wire

/// Makes the first state by running deploy code and set-up calls over an empty one.
final class GenesisBuilder {
    /// What genesis.json says.
    let definition: GenesisDefinition
    /// The catalog.
    let catalog: Catalog
    /// Compiled contracts by name.
    let artifacts: [String: Artifact]
    /// Where problems are noted.
    let problems: ProblemList
    /// The contracts that were deployed.
    private(set) var contracts: [String: (artifact: Artifact, address: Address)] = [:]
    /// Transactions so far.
    private(set) var transactions = 0

    private var state = MemoryState()
    private let machine: Machine
    private let block: BlockEnvironment

    init(definition: GenesisDefinition, catalog: Catalog, artifacts: [String: Artifact], problems: ProblemList) {
        self.definition = definition
        self.catalog = catalog
        self.artifacts = artifacts
        self.problems = problems
        machine = Machine(fork: definition.fork, chainID: definition.chainID, codeCache: CodeCache())
        block = BlockEnvironment(
            number: 0, timestampSeconds: definition.timestampSeconds, gasLimit: 1 << 40, chainID: definition.chainID,
            fork: definition.fork)
    }

    /// The state so far as a plan.
    func plan() -> GenesisPlan {
        let accounts = state.accounts.sorted { $0.key < $1.key }.map { address, account in
            GenesisAccount(
                address: address, state: account, code: state.code(account.codeHash),
                storage: (state.slots[address] ?? [:]).sorted { $0.key < $1.key }
                    .map { GenesisSlot(slot: $0.key, value: $0.value) })
        }
        return GenesisPlan(
            world: definition.world, chainID: definition.chainID, fork: definition.fork,
            timestampSeconds: definition.timestampSeconds, accounts: accounts, transactions: transactions)
    }

    /// Deploys the contracts in order.
    func deploy() {
        for contract in definition.contracts {
            guard let artifact = artifacts[contract.artifact] else {
                let all = artifacts.keys.sorted().joined(separator: ", ")
                contract.node.refuse("there is no compiled contract \"\(contract.artifact)\"", "there are \(all)")
                continue
            }
            guard contracts[contract.name] == nil else {
                contract.node.refuse(
                    "the contract \"\(contract.name)\" stands there twice", "give it a name of its own")
                continue
            }
            guard let values = values(contract.arguments, artifact.constructor, contract.node) else { continue }
            guard let arguments = Self.combinations(values).first, values.allSatisfy({ $0.count == 1 }) else {
                contract.node.refuse("an argument of a constructor has several values", "write one account")
                continue
            }
            let code = artifact.bytecode + ABIEncoder.encode(arguments)
            if let receipt = run(operatorTransaction(to: nil, data: code), contract.node, "deploying \(contract.name)"),
                let address = receipt.createdAddress
            {
                contracts[contract.name] = (artifact, address)
            }
        }
    }

    /// Runs the set-up calls.
    func setUp() {
        for call in definition.calls {
            for name in call.contracts {
                guard let contract = contracts[name] else {
                    call.node.refuse(
                        "there is no contract \"\(name)\"",
                        "there are \(contracts.keys.sorted().joined(separator: ", "))")
                    continue
                }
                guard let function = contract.artifact.functions[call.function] else {
                    call.node.refuse(
                        "\(contract.artifact.name) has no function \(call.function)",
                        "there is \(contract.artifact.functions.keys.sorted().joined(separator: ", "))")
                    continue
                }
                guard let values = values(call.arguments, function.inputs, call.node) else { continue }
                for arguments in Self.combinations(values) {
                    let data = ABIEncoder.call(call.function, arguments)
                    guard run(operatorTransaction(to: contract.address, data: data), call.node, call.function) != nil
                    else { break }
                }
            }
        }
    }

    /// Publishes the catalog through the actions that an operator and a game server would use.
    func publish(_ mapper: ActionMapper, _ actions: [String: ActionDefinition]) {
        for offer in catalog.offers {
            perform(
                "publishOffer", .operator,
                [
                    "offer": .number(offer.offer), "capPerPlayer": .number(offer.capPerPlayer),
                    "stock": .number(offer.stock), "opens": .number(offer.opens), "closes": .number(offer.closes),
                    "costs": .lines(offer.costs), "results": .lines(offer.results),
                ], mapper, actions)
        }
        publishRules(mapper, actions)
        for buyback in catalog.buybacks {
            perform(
                "setBuyback", .operator,
                [
                    "asset": .number(buyback.asset), "currency": .number(buyback.currency),
                    "price": .number(buyback.price),
                ], mapper, actions)
        }
        for credit in catalog.credits {
            perform(
                "setCredit", .operator,
                ["player": .account(credit.account), "asset": .number(credit.asset), "limit": .number(credit.limit)],
                mapper, actions)
        }
        for allocation in definition.allocations {
            for faucet in allocation.from {
                for receiver in allocation.to {
                    for start in stride(from: 0, to: allocation.assets.count, by: EconomyLimits.grantLinesMax) {
                        let lines = allocation.assets[
                            start..<min(start + EconomyLimits.grantLinesMax, allocation.assets.count)
                        ].map {
                            AssetLine(asset: $0, amount: allocation.amount)
                        }
                        perform(
                            "grant", .server,
                            ["player": .account(receiver), "faucet": .account(faucet), "lines": .lines(lines)],
                            mapper, actions)
                    }
                }
            }
        }
    }

    /// Performs an action as an operator or a game server; notes where it is refused.
    func perform(
        _ name: String, _ role: Role, _ fields: [String: FieldValue], _ mapper: ActionMapper,
        _ actions: [String: ActionDefinition]
    ) {
        let file = "Actions/\(name).json"
        guard let action = actions[name] else {
            problems.add(file: file, "the action is missing", "genesis publishes the catalog through it")
            return
        }
        do {
            let payload = try action.encodePayload(fields)
            let session = SessionIdentity(role: role, account: .zero)
            let mapped = payload.withUnsafeBytes {
                mapper.map(code: action.code, actor: .zero, payload: $0, session: session)
            }
            let result = execute(try mapped.get())
            if let failure = failure(result, mapper.refusals) {
                problems.add(file: file, "at genesis with \(fields): \(failure)", "correct the catalog or the contract")
            }
        } catch {
            problems.add(file: file, "at genesis with \(fields): \(error)", "correct the catalog or the action")
        }
    }

    private func failure(_ result: Result<Receipt, TransactionRefusal>, _ refusals: RefusalTable) -> String? {
        switch result {
        case .failure(let refusal): "\(refusal)"
        case .success(let receipt) where receipt.succeeded: nil
        case .success(let receipt): "\(receipt.outcome): \(refusals.refusal(revert: receipt.output).message)"
        }
    }

    private func operatorTransaction(to: Address?, data: [UInt8]) -> Transaction {
        .session(
            sender: NamedAccount.authority(.operator), to: to, data: data, gasLimit: EconomyLimits.transactionGasMax)
    }

    private func execute(_ transaction: Transaction) -> Result<Receipt, TransactionRefusal> {
        transactions += 1
        return machine.transition(state, block, transaction).map { result in
            state.apply(result.diff)
            return result.receipt
        }
    }

    private func run(_ transaction: Transaction, _ node: DataNode, _ what: String) -> Receipt? {
        switch execute(transaction) {
        case .success(let receipt) where receipt.succeeded: return receipt
        case .success(let receipt):
            node.refuse("\(what) ended with \(receipt.outcome)", "correct the arguments or the contract")
        case .failure(let refusal):
            node.refuse("\(what) is refused: \(refusal)", "correct the arguments or the contract")
        }
        return nil
    }

    /// The values that each argument stands for.
    private func values(_ arguments: [GenesisArgument], _ inputs: [ABIParameter], _ node: DataNode) -> [[ABIValue]]? {
        guard arguments.count == inputs.count else {
            node.refuse("there are \(arguments.count) arguments", "write \(inputs.count): \(inputs.map(\.name))")
            return nil
        }
        var values: [[ABIValue]] = []
        for (argument, input) in zip(arguments, inputs) {
            guard let value = value(argument, input, node) else { return nil }
            values.append(value)
        }
        return values
    }

    private func value(_ argument: GenesisArgument, _ input: ABIParameter, _ node: DataNode) -> [ABIValue]? {
        let wrong = "the argument \(input.name) is \(input.type.text), not \(argument)"
        switch (argument, input.type) {
        case (.text(let text), .string): return [.text(text)]
        case (.number(let number), .uint), (.number(let number), .bool): return [.number(number)]
        case (.contract(let name), .address): return address(name, node).map { [.address($0)] }
        case (.accounts(let accounts), .address): return accounts.map(ABIValue.address)
        case (.contracts(let names), .address):
            let addresses = names.compactMap { address($0, node) }
            return addresses.count == names.count ? addresses.map(ABIValue.address) : nil
        case (.currencies(let count), .array(.address, let length)) where count == length:
            let addresses = catalog.currencies.compactMap { contracts[$0.contract]?.address.word }
            guard addresses.count == catalog.currencies.count, addresses.count <= count else {
                node.refuse("the contract of a currency is not deployed before", "deploy the currencies first")
                return nil
            }
            return [.words(addresses + [U256](repeating: .zero, count: count - addresses.count))]
        default:
            node.refuse(wrong, "write an argument of that type")
            return nil
        }
    }

    private func address(_ contract: String, _ node: DataNode) -> Address? {
        if let found = contracts[contract] { return found.address }
        node.refuse("there is no contract \"\(contract)\" before this", "deploy it first")
        return nil
    }

    /// Every choice of one value for each argument.
    static func combinations(_ values: [[ABIValue]]) -> [[ABIValue]] {
        values.reduce([[]]) { lists, choices in lists.flatMap { list in choices.map { list + [$0] } } }
    }
}
