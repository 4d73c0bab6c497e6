import Wire

/// Reads Actions/*.json: one action a file.
struct ActionReader {
    /// The game folder.
    let folder: GameFolder

    /// The actions with the files that they stand in; what is wrong is noted.
    func read() -> [(definition: ActionDefinition, file: DataNode)] {
        var actions: [(definition: ActionDefinition, file: DataNode)] = []
        for name in folder.jsonFiles(in: "Actions") where name != "errors.json" {
            guard let root = folder.read("Actions/" + name), let action = action(root, name) else { continue }
            let other = actions.first { $0.definition.code == action.code || $0.definition.name == action.name }
            if let taken = other?.definition {
                root.refuse(
                    "its name or code \(action.code) is taken by \(taken.name)", "give each action its own")
                continue
            }
            actions.append((action, root))
        }
        return actions
    }

    private func action(_ root: DataNode, _ file: String) -> ActionDefinition? {
        let known = ["name", "code", "authority", "lane", "says", "payload", "call", "gasLimit", "rate", "reply", "refusals"]
        guard let object = root.object(known) else { return nil }
        let name = object.text("name")
        if let name, name + ".json" != file {
            object["name"]?.refuse("\"\(name)\" is not the name of the file", "write \"\(file.dropLast(5))\"")
        }
        let code = object.number("code", 1...(EconomyLimits.actionCodeLimit - 1))
        let authority = self.authority(object.required("authority"))
        let payload = self.payload(object.required("payload"))
        let gasLimit = object.number("gasLimit", EconomyLimits.transactionGasMin...EconomyLimits.transactionGasMax)
        let lane = object["lane"]?.text()
        if let lane, let payload, !payload.contains(where: { $0.name == lane && $0.type == .account }) {
            object["lane"]?.refuse("\"\(lane)\" is no account of the payload", "write the name of an account field")
        }
        let says = object.text("says")
        let call = object.required("call")?.object(["contract", "function", "arguments"])
        let target = call.flatMap { self.target($0.required("contract"), payload ?? []) }
        let function = call?.text("function")
        let arguments = call.flatMap { self.arguments($0.list("arguments"), payload) }
        let reply = object.required("reply")?.object(["event", "result0", "result1"])
        let event = reply?.text("event")
        let results = ["result0", "result1"].map { reply?[$0]?.text() }
        let refusals = object.list("refusals")?.compactMap { $0.text() }
        guard let name, let code, let authority, let payload, let gasLimit, let says, let target, let function,
            let arguments, let event, let refusals
        else { return nil }
        return ActionDefinition(
            name: name, code: UInt16(code), authority: authority, lane: lane, says: says, payload: payload,
            target: target, function: function, arguments: arguments, gasLimit: gasLimit, event: event,
            results: results, rate: rate(object["rate"], authority), refusals: refusals)
    }

    private func rate(_ node: DataNode?, _ authority: [Role]) -> RateRule? {
        guard let node, let object = node.object(["count", "seconds"]), let count = object.number("count", 1...EconomyLimits.rateCountMax),
            let seconds = object.number("seconds", 1...EconomyLimits.rateSecondsMax)
        else { return nil }
        if !authority.isEmpty { node.refuse("only what players ask for has a rate", "leave it out: game servers and operators are trusted") }
        return RateRule(count: count, seconds: seconds)
    }

    private func authority(_ node: DataNode?) -> [Role]? {
        guard let node, let text = node.text() else { return nil }
        switch text {
        case "actor": return []
        case "server": return [.server]
        case "operator": return [.operator]
        case "server|operator": return [.server, .operator]
        default:
            node.refuse("\"\(text)\" is no authority", "write actor, server, operator or server|operator")
            return nil
        }
    }

    private func payload(_ node: DataNode?) -> [PayloadField]? {
        guard let node, let nodes = node.list() else { return nil }
        var fields: [PayloadField] = []
        var offset = 0
        var complete = true
        for element in nodes {
            guard let field = field(element, offset) else {
                complete = false
                continue
            }
            if fields.contains(where: { $0.name == field.name }) {
                element.refuse("the field \"\(field.name)\" stands there twice", "give each field a name of its own")
            }
            fields.append(field)
            offset += field.size
        }
        if offset > EconomyLimits.payloadBytesMax {
            node.refuse("the payload has \(offset) bytes", "keep it within \(EconomyLimits.payloadBytesMax)")
        }
        return complete ? fields : nil
    }

    private func field(_ node: DataNode, _ offset: Int) -> PayloadField? {
        guard let object = node.object(["name", "type", "count", "unit", "promise", "says"]),
            let name = object.text("name"), let typeText = object.text("type"), let unit = object.text("unit"),
            let says = object.text("says")
        else { return nil }
        guard let type = PayloadType(rawValue: typeText) else {
            let all = PayloadType.allCases.map(\.rawValue).joined(separator: ", ")
            object["type"]?.refuse("\"\(typeText)\" is no type", "types are \(all)")
            return nil
        }
        var promise: Promise?
        if let promiseNode = object["promise"], let text = promiseNode.text() {
            promise = Promise(rawValue: text)
            if promise == nil {
                let all = Promise.allCases.map(\.rawValue).joined(separator: ", ")
                promiseNode.refuse("\"\(text)\" is no promise", "promises are \(all)")
            } else if let promise, !promise.types.contains(type) {
                let types = promise.types.map(\.rawValue).joined(separator: ", ")
                promiseNode.refuse("\"\(text)\" cannot be promised of \(typeText)", "it is for \(types)")
            }
        }
        let count = object["count"]?.number(1...EconomyLimits.fieldCountMax)
        return PayloadField(
            name: name, type: type, count: Int(count ?? 1), isList: count != nil, offset: offset, unit: unit,
            promise: promise, says: says)
    }

    private func target(_ node: DataNode?, _ payload: [PayloadField]) -> CallTarget? {
        guard let node else { return nil }
        guard node.isObject else { return node.text().map { .contract($0) } }
        guard let object = node.object(["currencyOf"]), let field = object.text("currencyOf") else { return nil }
        guard payload.contains(where: { $0.name == field && $0.promise == .currency }) else {
            object["currencyOf"]?.refuse(
                "\"\(field)\" promises no currency", "name a field with the promise \"currency\"")
            return nil
        }
        return .currencyOf(field: field)
    }

    private func arguments(_ nodes: [DataNode]?, _ payload: [PayloadField]?) -> [CallArgument]? {
        guard let nodes else { return nil }
        let arguments = nodes.compactMap { node -> CallArgument? in
            guard let object = node.object(["field", "constant", "actor", "session"]), object.fields.count == 1 else {
                node.refuse("\(node.summary) is no argument", "write one of field, constant, actor, session")
                return nil
            }
            if object["actor"] != nil { return .actor }
            if object["session"] != nil { return .session }
            if let constant = object["constant"] { return constant.number().map { .constant($0) } }
            guard let name = object.text("field") else { return nil }
            if let payload, !payload.contains(where: { $0.name == name }) {
                let all = payload.map(\.name).joined(separator: ", ")
                object["field"]?.refuse("there is no field \"\(name)\" in the payload", "the fields are \(all)")
            }
            return .field(name)
        }
        return arguments.count == nodes.count ? arguments : nil
    }
}
