public import EVM

/// A case of the official transaction tests: bytes, and for each fork what they decode to or why they do not.
public struct TransactionTest: Sendable {
    /// What one fork makes of the bytes.
    public struct Expectation: Sendable {
        /// The fork.
        public var fork: Fork
        /// The reasons for which they must be refused, `|` between them; nil where they are a transaction.
        public var refusal: String?
        /// keccak-256 of the bytes.
        public var hash: Hash256
        /// Who signed.
        public var sender: Address?
        /// Gas that it costs before it runs.
        public var intrinsicGas: UInt64
    }

    /// The test's name.
    public let name: String
    /// The transaction as it was sent.
    public let bytes: [UInt8]
    /// What each fork makes of it; forks that are not known are left out.
    public private(set) var expectations: [Expectation]

    /// The cases of a file.
    public static func load(_ path: String) throws -> [TransactionTest] {
        try JSONValue.file(path).fields.sorted { $0.name < $1.name }.map { name, fixture in
            try TransactionTest(name, fixture)
        }
    }

    /// The same case with another expectation for every fork: what a test of the runner plants.
    public func expecting(refusal: String?) -> TransactionTest {
        var test = self
        for index in test.expectations.indices { test.expectations[index].refusal = refusal }
        return test
    }

    private init(_ name: String, _ fixture: JSONValue) throws {
        self.name = name
        bytes = try fixture.bytes("txbytes")
        expectations = try (fixture["result"]?.fields ?? []).compactMap { forkName, result in
            guard let fork = Fork(suiteName: forkName) else { return nil }
            return Expectation(
                fork: fork, refusal: result["exception"]?.text, hash: try result.hash("hash"),
                sender: try result.address("sender"), intrinsicGas: try result.number("intrinsicGas"))
        }
    }

    /// What is wrong with what we make of the bytes; nothing when the test passes.
    public func failures() -> [String] { expectations.flatMap { failures($0) } }

    private func failures(_ expected: Expectation) -> [String] {
        let place = "\(name) \(expected.fork)"
        let names: [String]
        do throws(TransactionDecodingError) {
            let transaction = try Transaction.decode(bytes, fork: expected.fork, chainID: 1)
            if let refusal = transaction.refusal(fork: expected.fork, chainID: 1) {
                names = refusal.transactionTestNames
            } else {
                if let refusal = expected.refusal { return ["\(place): accepted, need \(refusal)"] }
                return failures(transaction, expected).map { "\(place): \($0)" }
            }
        } catch {
            names = error.transactionTestNames(bytes)
        }
        guard let refusal = expected.refusal else { return ["\(place): refused: \(names[0])"] }
        if !ExceptionNames.alternatives(refusal).isDisjoint(with: names) { return [] }
        return ["\(place): refused: have \(names.joined(separator: ", ")), need \(refusal)"]
    }

    private func failures(_ transaction: Transaction, _ expected: Expectation) -> [String] {
        var failures: [String] = []
        let hash = keccak256(bytes)
        if hash != expected.hash { failures.append("hash: have \(hash), need \(expected.hash)") }
        if transaction.sender != expected.sender {
            failures.append("sender: have \(transaction.sender), need \(expected.sender?.hex ?? "none")")
        }
        let gas = transaction.intrinsicGas(fork: expected.fork).gas
        if gas != expected.intrinsicGas { failures.append("gas: have \(gas), need \(expected.intrinsicGas)") }
        return failures
    }
}

extension TransactionRefusal {
    /// The names that the transaction tests have for it.
    fileprivate var transactionTestNames: [String] {
        switch self {
        case .nonceExhausted: ["TransactionException.NONCE_TOO_BIG", suiteName]
        case .priorityFeeOverMaxFee: [suiteName + "_2", suiteName]
        default: [suiteName]
        }
    }
}

extension TransactionDecodingError {
    /// The names that the transaction tests have for it, the most exact one first.
    fileprivate func transactionTestNames(_ bytes: [UInt8]) -> [String] {
        var names: [String]
        switch self {
        case .kindNotActive:
            // What is wrong with the bytes themselves may be named as well.
            names = ["TYPE_NOT_SUPPORTED"]
            if let error = Self.error(bytes) { return Self.full(names) + error.transactionTestNames(bytes) }
        case .unknownKind, .empty: names = ["TYPE_NOT_SUPPORTED"]
        case .recoveryValue: names = ["INVALID_SIGNATURE_VRS", "INVALID_CHAINID"]
        case .wrongChain: names = ["INVALID_CHAINID"]
        case .highS: names = ["INVALID_SIGNATURE_VRS"]
        case .signature: names = ["INVALID_SIGNATURE_VRS", "EC_RECOVERY_FAIL"]
        case .addressSize(let have, let need): names = [have < need ? "ADDRESS_TOO_SHORT" : "ADDRESS_TOO_LONG"]
        case .malformed(let error, let field): names = field.names(error)
        }
        return Self.full(names)
    }

    /// What is wrong with the bytes under the rules that know every kind.
    private static func error(_ bytes: [UInt8]) -> TransactionDecodingError? {
        do throws(TransactionDecodingError) {
            _ = try Transaction.decode(bytes, fork: .osaka)
            return nil
        } catch {
            return error
        }
    }

    private static func full(_ names: [String]) -> [String] { names.map { "TransactionException." + $0 } }
}

extension TransactionField {
    /// What the transaction tests call an error in this field.
    fileprivate func names(_ error: RLPError) -> [String] {
        switch error {
        case .truncated:
            return self == .envelope
                ? ["RLP_ERROR_SIZE", "RLP_ERROR_EOF"] : ["RLP_TOO_FEW_ELEMENTS", "RLP_ERROR_SIZE", "RLP_ERROR_EOF"]
        case .trailingBytes: return ["RLP_ERROR_SIZE", "RLP_TOO_MANY_ELEMENTS"]
        case .leadingZero: return ["RLP_LEADING_ZEROS_\(word)"]
        case .byteWithLength, .lengthNotMinimal:
            return ["RLP_LEADING_ZEROS_\(word)_SIZE", "RLP_ERROR_SIZE_LEADING_ZEROS"]
        case .expectedBytes: return ["RLP_INVALID_\(wordOfList)"]
        case .wrongSize(_, let have, let need): return [sizeName(isShort: have < need)]
        case .expectedList, .lengthTooLarge, .tooDeep:
            return ["RLP_ERROR_SIZE", "RLP_INVALID_HEADER", "TYPE_NOT_SUPPORTED"]
        }
    }

    /// The field in the suites' words.
    private var word: String {
        switch self {
        case .maxFeePerGas: "BASEFEE"
        case .maxPriorityFeePerGas: "PRIORITY_FEE"
        default: rawValue.uppercased()
        }
    }

    private var wordOfList: String {
        switch self {
        case .r: "SIGNATURE_R"
        case .s: "SIGNATURE_S"
        default: word
        }
    }

    private func sizeName(isShort: Bool) -> String {
        switch self {
        case .nonce: "NONCE_OVERFLOW"
        case .gasLimit: "GASLIMIT_OVERFLOW"
        case .gasPrice, .maxFeePerGas: "GASPRICE_OVERFLOW"
        case .maxPriorityFeePerGas: "PRIORITY_OVERFLOW"
        case .value: "VALUE_OVERFLOW"
        case .accessListAddress: "RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_\(isShort ? "SHORT" : "LONG")"
        case .accessListSlot: "RLP_INVALID_ACCESS_LIST_STORAGE_TOO_\(isShort ? "SHORT" : "LONG")"
        case .v, .r, .s: "INVALID_SIGNATURE_VRS"
        case .chainID: "INVALID_CHAINID"
        default: "RLP_ERROR_SIZE"
        }
    }
}
