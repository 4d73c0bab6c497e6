import EVM

/// Loads a game folder: files, then contracts, then plans, then the first state.
struct GameLoader {
    /// The game folder.
    let path: String

    /// The game, or everything that is wrong.
    func load() throws(GameDataError) -> Game {
        let problems = ProblemList()
        let folder = GameFolder(path: path, problems: problems)
        let catalog = CatalogReader(folder: folder).read()
        let refusals = RefusalTable(folder: folder)
        let actions = ActionReader(folder: folder).read()
        let artifacts = artifacts(folder)
        let definition = GenesisDefinition(folder: folder, catalog: catalog)
        let builder = GenesisBuilder(
            definition: definition, catalog: catalog, artifacts: artifacts, problems: problems)
        builder.deploy()
        let compiler = ActionCompiler(
            contracts: builder.contracts, catalog: catalog, refusals: Set(refusals.definitions.map(\.name)))
        let plans = actions.compactMap { compiler.plan($0.definition, $0.file) }
        let views = ViewReader(folder: folder, contracts: builder.contracts).read()
        let needed = required(["items", "shop"], builder, problems)
        checkLayouts(artifacts, problems)
        let clearing = BookClearing(builder.contracts["book"], problems)
        try problems.throwIfAny()

        let currencies = catalog.currencies.compactMap { builder.contracts[$0.contract]?.address }
        let mapper = ActionMapper(plans: plans, currencies: currencies, catalog: catalog, refusals: refusals)
        let definitions = actions.map(\.definition)
        builder.setUp()
        builder.publish(mapper, Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) }))
        try problems.throwIfAny()
        return Game(
            catalog: catalog, actions: definitions, genesis: builder.plan(),
            assetRules: rules(catalog, builder), contracts: builder.contracts.mapValues(\.address),
            mapper: mapper, views: views, queries: GameQueries(currencies: currencies, items: needed[0], shop: needed[1]),
            clearing: clearing)
    }

    private func artifacts(_ folder: GameFolder) -> [String: Artifact] {
        var artifacts: [String: Artifact] = [:]
        for file in folder.jsonFiles(in: "Contracts/build") {
            if let root = folder.read("Contracts/build/" + file), let artifact = Artifact(root) {
                artifacts[artifact.name] = artifact
            }
        }
        return artifacts
    }

    /// The contracts that queries go to.
    private func required(_ names: [String], _ builder: GenesisBuilder, _ problems: ProblemList) -> [Address] {
        names.map { name in
            if let contract = builder.contracts[name] { return contract.address }
            problems.add(
                file: "Genesis/genesis.json", "the contract \"\(name)\" is missing", "queries go to it: add it")
            return .zero
        }
    }

    private func rules(_ catalog: Catalog, _ builder: GenesisBuilder) -> [BalanceRule] {
        let wanted = catalog.currencies.map { ($0.contract, $0.asset) } + [("items", 0)]
        return wanted.compactMap { name, currency in
            guard let contract = builder.contracts[name], let slot = contract.artifact.slots["balances"] else {
                return nil
            }
            return BalanceRule(
                contract: contract.address, isItems: currency == 0, balancesSlot: U256(slot), currency: currency)
        }
    }

    /// Every contract that keeps balances must say where.
    private func checkLayouts(_ artifacts: [String: Artifact], _ problems: ProblemList) {
        for name in ["coins", "items"] {
            guard let artifact = artifacts[name], artifact.slots["balances"] == nil else { continue }
            problems.add(
                file: "Contracts/build/\(name).json", "the storage has no \"balances\"", "run scripts/compile-contracts"
            )
        }
    }
}
