import EVM

/// An argument of a constructor or set-up call.
enum GenesisArgument: Sendable, Equatable {
    case text(String)
    case number(UInt64)
    case contract(String)
    case accounts([Address])
    case contracts([String])
    /// The addresses of the currencies' contracts, padded with zeros.
    case currencies(Int)
}

/// A contract to deploy.
struct GenesisContract {
    /// Its name among the contracts.
    let name: String
    /// The compiled contract.
    let artifact: String
    /// Arguments of its constructor.
    let arguments: [GenesisArgument]
    /// Where it stands.
    let node: DataNode
}

/// A call that sets the contracts up; an argument with several values makes several calls.
struct GenesisCall {
    /// The contracts to call.
    let contracts: [String]
    /// The function's signature.
    let function: String
    /// Its arguments.
    let arguments: [GenesisArgument]
    /// Where it stands.
    let node: DataNode
}

/// First units that faucets hand out.
struct GenesisAllocation {
    /// Who gives.
    let from: [Address]
    /// Who gets.
    let to: [Address]
    /// What.
    let assets: [UInt64]
    /// How much.
    let amount: UInt64
}

/// What Genesis/genesis.json says.
struct GenesisDefinition {
    var world = ""
    var chainID: UInt64 = 0
    var fork = Fork.prague
    var timestampSeconds: UInt64 = 0
    var contracts: [GenesisContract] = []
    var calls: [GenesisCall] = []
    var allocations: [GenesisAllocation] = []

    /// Reads the file; what is wrong is noted.
    init(folder: GameFolder, catalog: Catalog) {
        let fields = ["world", "chainID", "fork", "timestampSeconds", "contracts", "calls", "allocations"]
        guard let root = folder.read("Genesis/genesis.json")?.object(fields) else { return }
        world = root.text("world") ?? ""
        chainID = root.number("chainID", 1...UInt64(Int64.max)) ?? 1
        timestampSeconds = root.number("timestampSeconds", 0...EconomyLimits.secondsMax) ?? 0
        if let name = root.text("fork") {
            let forks = Fork.allCases.filter { $0 >= .prague }
            if let fork = forks.first(where: { "\($0)" == name }) {
                self.fork = fork
            } else {
                let all = forks.map { "\($0)" }.joined(separator: ", ")
                root["fork"]?.refuse("\"\(name)\" is no fork for the contracts", "write one of \(all)")
            }
        }
        let reader = GenesisReader(catalog: catalog)
        contracts = (root.list("contracts") ?? []).compactMap(reader.contract)
        calls = (root.list("calls") ?? []).compactMap(reader.call)
        allocations = (root.list("allocations") ?? []).compactMap(reader.allocation)
        for currency in catalog.currencies where !contracts.contains(where: { $0.name == currency.contract }) {
            root["contracts"]?.refuse(
                "the contract \"\(currency.contract)\" of the currency \(currency.name) is missing", "add it")
        }
    }
}

/// Reads the parts of genesis.json.
struct GenesisReader {
    /// The catalog.
    let catalog: Catalog

    func contract(_ node: DataNode) -> GenesisContract? {
        guard let object = node.object(["name", "artifact", "arguments"]), let name = object.text("name"),
            let artifact = object.text("artifact"), let arguments = arguments(object)
        else { return nil }
        return GenesisContract(name: name, artifact: artifact, arguments: arguments, node: node)
    }

    func call(_ node: DataNode) -> GenesisCall? {
        guard let object = node.object(["contracts", "function", "arguments"]),
            let contracts = object.list("contracts")?.compactMap({ $0.text() }), let function = object.text("function"),
            let arguments = arguments(object)
        else { return nil }
        return GenesisCall(contracts: contracts, function: function, arguments: arguments, node: node)
    }

    func allocation(_ node: DataNode) -> GenesisAllocation? {
        guard let object = node.object(["from", "to", "assets", "amount"]), let from = object.required("from"),
            let to = object.required("to"), let givers = accounts(from), let takers = accounts(to),
            let assets = assets(object.required("assets")), let amount = object.number("amount", 1...UInt64.max)
        else { return nil }
        for giver in givers where catalog.houses[giver] != .faucet {
            from.refuse("\(from.summary) is not a faucet", "only faucets hand out: faucet:NAME or faucet:*")
        }
        return GenesisAllocation(from: givers, to: takers, assets: assets, amount: amount)
    }

    private func assets(_ node: DataNode?) -> [UInt64]? {
        guard let node else { return nil }
        let currencies = catalog.currencies.map(\.asset)
        switch node.characters {
        case "all": return currencies + catalog.items.map(\.asset)
        case "currencies": return currencies
        case "items": return catalog.items.map(\.asset)
        default: break
        }
        guard let list = node.list() else { return nil }
        return list.compactMap { element in
            guard let asset = element.number() else { return nil }
            if catalog.isAsset(asset) { return asset }
            element.refuse("asset \(asset) is not in the catalog", "write the number of a currency or an item")
            return nil
        }
    }

    private func accounts(_ node: DataNode) -> [Address]? {
        guard let name = node.text() else { return nil }
        if let accounts = catalog.accounts(matching: name) { return accounts }
        node.refuse(
            "\"\(name)\" is no account", "write treasury, player:NAME, or faucet, sink, escrow with :NAME or :*")
        return nil
    }

    private func arguments(_ object: DataObject) -> [GenesisArgument]? {
        guard let nodes = object.list("arguments") else { return nil }
        let arguments = nodes.compactMap(argument)
        return arguments.count == nodes.count ? arguments : nil
    }

    private func argument(_ node: DataNode) -> GenesisArgument? {
        let kinds = ["text", "number", "contract", "account", "currencies", "eachContract", "eachAccount"]
        guard let object = node.object(kinds), object.fields.count == 1, let (kind, value) = object.fields.first else {
            node.refuse("\(node.summary) is no argument", "write one of \(kinds.joined(separator: ", "))")
            return nil
        }
        switch kind {
        case "text": return value.text().map { .text($0) }
        case "number": return value.number().map { .number($0) }
        case "contract": return value.text().map { .contract($0) }
        case "account": return accounts(value).map { .accounts($0) }
        case "currencies": return value.number(1...EconomyLimits.currenciesMax).map { .currencies(Int($0)) }
        case "eachContract": return (value.list()?.compactMap { $0.text() }).map { .contracts($0) }
        case "eachAccount":
            guard let elements = value.list() else { return nil }
            return .accounts(elements.compactMap { accounts($0) }.flatMap { $0 })
        default: return nil
        }
    }
}
