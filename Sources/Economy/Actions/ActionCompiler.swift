import EVM
import Wire

/// Turns actions into plans, and checks them against the contracts.
struct ActionCompiler {
    /// Contracts by their name in genesis.json: what they were compiled from and where they are.
    let contracts: [String: (artifact: Artifact, address: Address)]
    /// The catalog.
    let catalog: Catalog
    /// The names of the refusals.
    let refusals: Set<String>

    /// The plan of an action; nil after noting what is wrong.
    func plan(_ action: ActionDefinition, _ root: DataNode) -> ActionPlan? {
        let object = root.object(Self.fields)
        let call = object?["call"]?.object(["contract", "function", "arguments"])
        let reply = object?["reply"]?.object(["event", "result0", "result1"])
        guard let object, let call, let reply else { return nil }
        for (index, name) in action.refusals.enumerated() where !refusals.contains(name) {
            object["refusals"]?.list()?[index].refuse(
                "there is no refusal \"\(name)\" in errors.json", "name one that stands there")
        }
        guard let (artifact, address) = contract(action.target, call) else { return nil }
        guard let function = artifact.functions[action.function] else {
            call["function"]?.refuse(
                "\(artifact.name) has no function \(action.function)",
                nearest(action.function, artifact.functions.keys))
            return nil
        }
        guard let event = artifact.events[action.event] else {
            reply["event"]?.refuse(
                "\(artifact.name) has no event \(action.event)", nearest(action.event, artifact.events.keys))
            return nil
        }
        guard let calldata = calldata(action, function, call["arguments"]) else { return nil }
        return ActionPlan(
            code: action.code, authorityMask: action.authority.reduce(0) { $0 | 1 << $1.rawValue },
            authorityNeeded: action.authority.first ?? .player,
            laneOffset: action.lane.flatMap { action.field($0)?.offset } ?? -1, payloadLength: action.payloadLength,
            to: address, currencyOffset: currencyOffset(action), template: calldata.template,
            actorOffsets: calldata.actorOffsets, sessionOffsets: calldata.sessionOffsets, steps: calldata.steps,
            checks: action.payload.compactMap { field in
                field.promise.map {
                    FieldCheck(promise: $0, offset: field.offset, size: field.type.size, count: field.count)
                }
            },
            gasLimit: action.gasLimit,
            reply: ReplyPlan(
                topic: ABIEncoder.topic(action.event), topicCount: 1 + event.inputs.count(where: \.isIndexed),
                result0: place(action.results[0], event, reply["result0"]),
                result1: place(action.results[1], event, reply["result1"])))
    }

    /// The fields of an action's file.
    private static let fields = [
        "name", "code", "authority", "lane", "says", "payload", "call", "gasLimit", "rate", "reply", "refusals",
    ]

    private func contract(_ target: CallTarget, _ call: DataObject) -> (artifact: Artifact, address: Address)? {
        switch target {
        case .contract(let name):
            if let found = contracts[name] { return found }
            let all = contracts.keys.sorted().joined(separator: ", ")
            call["contract"]?.refuse("there is no contract \"\(name)\" in genesis.json", "contracts are \(all)")
            return nil
        case .currencyOf:
            guard let first = catalog.currencies.first, let found = contracts[first.contract] else {
                call["contract"]?.refuse("the catalog has no currency", "add one to Catalog/currencies.json")
                return nil
            }
            return (found.artifact, .zero)
        }
    }

    private func currencyOffset(_ action: ActionDefinition) -> Int {
        guard case .currencyOf(let field) = action.target else { return -1 }
        return action.field(field)?.offset ?? -1
    }

    private func nearest(_ wanted: String, _ all: some Collection<String>) -> String {
        let name = wanted.prefix { $0 != "(" }
        let similar = all.filter { $0.prefix { $0 != "(" } == name }
        return "there is " + (similar.isEmpty ? Array(all) : similar).sorted().joined(separator: ", ")
    }

    /// What calldata is made of.
    private struct Calldata {
        var template: [UInt8]
        var actorOffsets: [Int] = []
        var sessionOffsets: [Int] = []
        var steps: [CopyStep] = []
    }

    private func calldata(_ action: ActionDefinition, _ function: ABIEntry, _ node: DataNode?) -> Calldata? {
        let nodes = node?.list() ?? []
        guard nodes.count == function.inputs.count else {
            node?.refuse("there are \(nodes.count) arguments", "\(action.function) takes \(function.inputs.count)")
            return nil
        }
        var result = Calldata(template: ABIEncoder.selector(action.function))
        for (index, parameter) in function.inputs.enumerated() {
            guard let words = parameter.type.staticWords else {
                nodes[index].refuse("\(parameter.type.text) cannot be made from a payload", "take a type of fixed size")
                return nil
            }
            let start = result.template.count
            result.template += [UInt8](repeating: 0, count: words * 32)
            switch action.arguments[index] {
            case .constant(let number):
                result.template.replaceSubrange(start..<(start + 32), with: U256(number).bigEndianBytes)
            case .actor, .session:
                guard parameter.type == .address else {
                    nodes[index].refuse("an account is an address, not \(parameter.type.text)", "name a field")
                    return nil
                }
                if action.arguments[index] == .actor {
                    result.actorOffsets.append(start + 12)
                } else {
                    result.sessionOffsets.append(start + 12)
                }
            case .field(let name):
                guard let field = action.field(name) else { return nil }
                guard Self.fits(field, parameter.type) else {
                    nodes[index].refuse(
                        "the field \(name) is \(Self.text(field)), the function takes \(parameter.type.text)",
                        "give the field a type that fits")
                    return nil
                }
                result.steps += Self.steps(field, start)
            }
        }
        return result
    }

    private static func text(_ field: PayloadField) -> String {
        field.isList ? "\(field.type.rawValue) x \(field.count)" : field.type.rawValue
    }

    /// Whether every value of a field is a value of the argument's type.
    static func fits(_ field: PayloadField, _ type: ABIType) -> Bool {
        if field.isList {
            guard case .array(let element, let count) = type, count == field.count else { return false }
            return fits(field.type, element)
        }
        return fits(field.type, type)
    }

    private static func fits(_ field: PayloadType, _ type: ABIType) -> Bool {
        switch (field, type) {
        case (.account, .address): true
        case (.account, _): false
        case (.line, .uint(let bits)): bits == 256
        case (_, .uint(let bits)): bits >= field.size * 8
        default: false
        }
    }

    /// The copies that bring a field to its words of calldata.
    static func steps(_ field: PayloadField, _ start: Int) -> [CopyStep] {
        var steps: [CopyStep] = []
        for index in 0..<field.count {
            let source = field.offset + index * field.type.size
            let end = start + (index + 1) * 32
            if field.type == .line {
                steps.append(CopyStep(source: source, destination: end - 24, count: 8, reversed: true))
                steps.append(CopyStep(source: source + 8, destination: end - 8, count: 8, reversed: true))
            } else {
                let size = field.type.size
                steps.append(
                    CopyStep(
                        source: source, destination: end - size, count: size, reversed: field.type.isLittleEndian))
            }
        }
        return steps
    }

    private func place(_ name: String?, _ event: ABIEntry, _ node: DataNode?) -> LogPlace {
        guard let name else { return .none }
        var topic = 1
        var word = 0
        for input in event.inputs {
            if input.name == name { return input.isIndexed ? .topic(topic) : .word(word) }
            if input.isIndexed { topic += 1 } else { word += input.type.staticWords ?? 1 }
        }
        let all = event.inputs.map(\.name).joined(separator: ", ")
        node?.refuse("the event has no parameter \"\(name)\"", "its parameters are \(all)")
        return .none
    }
}
