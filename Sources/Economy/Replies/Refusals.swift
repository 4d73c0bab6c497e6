import EVM

/// Why an action was refused before anything was executed, with the two numbers that disagree.
public struct ActionRefusal: Error, Sendable, Equatable {
    /// The number of the refusal in errors.json.
    public var code: UInt16
    /// What there is.
    public var have: UInt64
    /// What there would have to be.
    public var need: UInt64
    /// The refusal in words.
    public var message: String
}

/// The refusals that the code makes by itself; errors.json gives their numbers and sentences.
enum KnownRefusal: String, CaseIterable {
    case roleNotAllowed, notOwnAccount, unknownAction, badPayload, revertedWithoutReason, halted
    case zeroField, zeroAccount, notACurrency, notAnItem, unknownAsset, brokenLines, notAFaucet, notASink, escrowAccount, rateLimited
}

/// A refusal of errors.json.
public struct RefusalDefinition: Sendable, Equatable {
    /// Its number on the wire.
    public let code: UInt16
    /// Its name.
    public let name: String
    /// The signature of the contract's error; nil where no contract makes it.
    public let error: String?
    /// What the first number is.
    public let have: String
    /// What the second number is.
    public let need: String
    /// The sentence, with {have} and {need}.
    public let sentence: String

    /// The sentence with its numbers.
    func message(_ have: UInt64, _ need: UInt64) -> String {
        var text = ""
        var rest = Substring(sentence)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            switch rest[rest.index(after: open)..<close] {
            case "have": text += String(have)
            case "need": text += String(need)
            default: text += rest[open...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}

/// All refusals, ready to be found by the four bytes of a contract's error.
struct RefusalTable: Sendable {
    /// The refusals by number.
    let definitions: [RefusalDefinition]
    /// Places in `definitions` by selector.
    private let bySelector: [UInt32: Int]
    /// Places in `definitions` of those that the code makes.
    private let known: [KnownRefusal: Int]

    /// Reads Actions/errors.json; what is wrong is noted.
    init(folder: GameFolder) {
        var definitions: [RefusalDefinition] = []
        var bySelector: [UInt32: Int] = [:]
        let root = folder.read("Actions/errors.json")
        for node in root?.object(["refusals"])?.list("refusals") ?? [] {
            guard let object = node.object(["code", "name", "error", "selector", "have", "need", "sentence"]),
                let code = object.number("code", 1...EconomyLimits.refusalCodeMax), let name = object.text("name"),
                let have = object.text("have"), let need = object.text("need"), let sentence = object.text("sentence")
            else { continue }
            if let other = definitions.first(where: { $0.code == UInt16(code) || $0.name == name }) {
                node.refuse("\(name) and \(other.name) share a code or a name", "give each refusal its own")
            }
            let error = object["error"]?.text()
            if let error {
                let selector = ABIEncoder.selector(error).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let digits = String(selector, radix: 16)
                let right = "0x" + String(repeating: "0", count: 8 - digits.count) + digits
                if let text = object.text("selector"), text != right {
                    object["selector"]?.refuse("\(text) is not the selector of \(error)", "write \"\(right)\"")
                }
                if !error.hasSuffix("(uint256,uint256)") {
                    object["error"]?.refuse("\(error) does not carry two numbers", "errors end in (uint256,uint256)")
                }
                bySelector[selector] = definitions.count
            }
            definitions.append(
                RefusalDefinition(
                    code: UInt16(code), name: name, error: error, have: have, need: need, sentence: sentence))
        }
        var known: [KnownRefusal: Int] = [:]
        for refusal in KnownRefusal.allCases {
            if let place = definitions.firstIndex(where: { $0.name == refusal.rawValue }) {
                known[refusal] = place
            } else if let root {
                root.refuse("the refusal \"\(refusal.rawValue)\" is missing", "add it: the server itself makes it")
            }
        }
        self.definitions = definitions
        self.bySelector = bySelector
        self.known = known
    }

    /// The refusal with these numbers, as the code makes it.
    func refusal(_ known: KnownRefusal, have: UInt64, need: UInt64) -> ActionRefusal {
        guard let place = self.known[known] else { preconditionFailure("errors.json was checked at start") }
        return refusal(definitions[place], have, need)
    }

    /// The refusal that the output of a revert stands for.
    func refusal(revert output: [UInt8]) -> ActionRefusal {
        guard output.count == 68,
            let place = bySelector[output[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }]
        else { return refusal(.revertedWithoutReason, have: 0, need: 0) }
        let (have, need) = output.withUnsafeBytes { bytes in
            (
                U256(loadingBigEndian: bytes.baseAddress! + 4).clampedToUInt64,
                U256(loadingBigEndian: bytes.baseAddress! + 36).clampedToUInt64
            )
        }
        return refusal(definitions[place], have, need)
    }

    private func refusal(_ definition: RefusalDefinition, _ have: UInt64, _ need: UInt64) -> ActionRefusal {
        ActionRefusal(code: definition.code, have: have, need: need, message: definition.message(have, need))
    }
}
