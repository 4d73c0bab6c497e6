import EVM

/// Reads Views/*.json: one question a file.
struct ViewReader {
    /// The game folder.
    let folder: GameFolder
    /// Contracts by their name in genesis.json: what they were compiled from and where they are.
    let contracts: [String: (artifact: Artifact, address: Address)]

    /// The views, ready; what is wrong is noted.
    func read() -> [ViewPlan] {
        var plans: [ViewPlan] = []
        for file in folder.jsonFiles(in: "Views") {
            guard let root = folder.read("Views/" + file), let plan = plan(root, file) else { continue }
            if let taken = plans.first(where: { $0.definition.code == plan.definition.code }) {
                root.refuse("its code \(plan.definition.code) is taken by \(taken.definition.name)", "give each view its own")
                continue
            }
            plans.append(plan)
        }
        return plans
    }

    private func plan(_ root: DataNode, _ file: String) -> ViewPlan? {
        guard let object = root.object(["name", "code", "audience", "says", "contract", "function", "arguments", "results"]),
            let name = object.text("name"), let code = object.number("code", 1...EconomyLimits.viewCodeMax), let says = object.text("says"),
            let audience = choice(object.required("audience"), ViewDefinition.Audience.self), let contract = object.text("contract"),
            let function = object.text("function"), let argumentNodes = object.list("arguments"), let resultNodes = object.list("results")
        else { return nil }
        if name + ".json" != file { object["name"]?.refuse("\"\(name)\" is not the name of the file", "write \"\(file.dropLast(5))\"") }
        guard let (artifact, address) = contracts[contract] else {
            object["contract"]?.refuse("there is no contract \"\(contract)\" in genesis.json", "contracts are \(contracts.keys.sorted().joined(separator: ", "))")
            return nil
        }
        guard let entry = artifact.functions[function] else {
            object["function"]?.refuse(
                "\(artifact.name) has no function \(function)", "there is \(artifact.functions.keys.sorted().joined(separator: ", "))")
            return nil
        }
        let arguments = argumentNodes.compactMap(argument)
        let results = resultNodes.compactMap(result)
        guard arguments.count == argumentNodes.count, results.count == resultNodes.count else { return nil }
        guard entry.isView else {
            object["function"]?.refuse("\(function) changes the state", "name a function that only looks")
            return nil
        }
        guard arguments.count == entry.inputs.count, entry.inputs.allSatisfy({ $0.type.staticWords == 1 }) else {
            object["arguments"]?.refuse("there are \(arguments.count) arguments", "\(function) takes \(entry.inputs.count) of one word each")
            return nil
        }
        let definition = ViewDefinition(
            name: name, code: code, says: says, audience: audience, contract: contract, function: function, arguments: arguments, results: results)
        let words = entry.outputs.reduce(0) { $0 + ($1.type.staticWords ?? EconomyLimits.viewWordsMax + 1) }
        guard words == definition.wordCount, words <= EconomyLimits.viewWordsMax else {
            object["results"]?.refuse(
                "the results are \(definition.wordCount) words", "\(function) returns \(words); at most \(EconomyLimits.viewWordsMax), none of varying length")
            return nil
        }
        return ViewPlan(definition: definition, to: address, selector: ABIEncoder.selector(function))
    }

    private func argument(_ node: DataNode) -> ViewDefinition.Argument? {
        guard let object = node.object(["name", "from"]), let name = object.text("name"),
            let source = choice(object.required("from"), ViewDefinition.Source.self)
        else { return nil }
        return ViewDefinition.Argument(name: name, source: source)
    }

    private func result(_ node: DataNode) -> ViewDefinition.Result? {
        guard let object = node.object(["name", "count"]), let name = object.text("name") else { return nil }
        let count = object["count"]?.number(1...UInt64(EconomyLimits.viewWordsMax)) ?? 1
        return ViewDefinition.Result(name: name, count: Int(count))
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ node: DataNode?, _ type: Choice.Type) -> Choice? {
        guard let node, let text = node.text() else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        node.refuse("\"\(text)\" is none of the choices", "write one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }
}
