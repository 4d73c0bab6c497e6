import EVM

/// A parameter of a function or event.
struct ABIParameter: Sendable, Equatable {
    /// Its name; empty for most outputs.
    let name: String
    /// Its type.
    let type: ABIType
    /// Whether an event carries it as a topic.
    let isIndexed: Bool
}

/// A function or event of a contract.
struct ABIEntry: Sendable, Equatable {
    /// Its name.
    let name: String
    /// Its parameters in order.
    let inputs: [ABIParameter]
    /// What it returns, for a function.
    let outputs: [ABIParameter]
    /// Whether it changes nothing.
    let isView: Bool

    /// The name and the types, as it is hashed.
    var signature: String { "\(name)(\(inputs.map(\.type.text).joined(separator: ",")))" }
}

/// A compiled contract, as scripts/compile-contracts writes it.
struct Artifact: Sendable {
    /// Its name.
    let name: String
    /// Code that deploys it.
    let bytecode: [UInt8]
    /// The parameters of its constructor.
    let constructor: [ABIParameter]
    /// Functions by signature.
    let functions: [String: ABIEntry]
    /// Events by signature.
    let events: [String: ABIEntry]
    /// Storage slots by variable.
    let slots: [String: UInt64]

    /// Reads an output file; nil after noting what is wrong.
    init?(_ root: DataNode) {
        let known = ["contract", "compiler", "evmVersion", "sources", "storage", "abi", "bytecode", "runtime"]
        guard let object = root.object(known), let name = object.text("contract"),
            let code = object.required("bytecode"), let codeText = code.text(), let entries = object.list("abi")
        else { return nil }
        guard let bytecode = Self.bytes(hex: codeText) else {
            code.refuse("the code is not hexadecimal", "run scripts/compile-contracts")
            return nil
        }
        self.name = name
        self.bytecode = bytecode
        var constructor: [ABIParameter] = []
        var functions: [String: ABIEntry] = [:]
        var events: [String: ABIEntry] = [:]
        for node in entries {
            guard let entry = node.object(["name", "type", "inputs", "outputs", "stateMutability", "anonymous"]),
                let kind = entry.text("type"), let inputs = Self.parameters(entry.list("inputs"))
            else { continue }
            let mutability = entry["stateMutability"]?.text()
            let named = ABIEntry(
                name: entry["name"]?.text() ?? "", inputs: inputs, outputs: entry["outputs"].flatMap { Self.parameters($0.list()) } ?? [],
                isView: mutability == "view" || mutability == "pure")
            switch kind {
            case "constructor": constructor = inputs
            case "function": functions[named.signature] = named
            case "event": events[named.signature] = named
            default: node.refuse("\"\(kind)\" is not known", "entries are constructor, function and event")
            }
        }
        self.constructor = constructor
        self.functions = functions
        self.events = events
        slots = Self.slots(object["storage"])
    }

    private static func parameters(_ nodes: [DataNode]?) -> [ABIParameter]? {
        nodes?.compactMap { node in
            guard let object = node.object(["name", "type", "indexed", "components"]), let name = object.text("name"),
                let typeText = object.text("type")
            else { return nil }
            guard let type = ABIType(Substring(typeText)) else {
                node.refuse(
                    "the type \(typeText) is not known", "use integers, addresses, booleans, texts and lists of them")
                return nil
            }
            return ABIParameter(name: name, type: type, isIndexed: object["indexed"]?.characters == "true")
        }
    }

    private static func slots(_ node: DataNode?) -> [String: UInt64] {
        var slots: [String: UInt64] = [:]
        for (name, variable) in node?.entries ?? [] {
            slots[name] = variable.object(["type", "n_slots", "slot"])?.number("slot")
        }
        return slots
    }

    private static func bytes(hex text: String) -> [UInt8]? {
        guard text.hasPrefix("0x"), text.utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8.dropFirst(2) {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x61...0x66: digit = character - 0x57
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
