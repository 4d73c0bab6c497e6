public import EVM

/// One case of an official state test: a state, a block, a transaction, a fork, and what must come of it.
public struct StateTest: Sendable {
    /// The test's name, its fork and the indexes of its variant.
    public let name: String
    /// The state before.
    public let pre: MemoryState
    /// The block that the transaction runs in.
    public let block: BlockEnvironment
    /// The transaction; the text of the error where its fields do not make one.
    public let transaction: Result<Transaction, FixtureError>
    /// The transaction as its sender would send it.
    public let transactionBytes: [UInt8]
    /// The state root afterwards.
    public private(set) var stateRoot: Hash256
    /// keccak-256 of the RLP of the logs.
    public private(set) var logsHash: Hash256
    /// The reasons for which the transaction may be refused, in the words of the test, `|` between them; nil where it must not.
    public private(set) var expectedRefusal: String?
    /// The account states afterwards, where the test holds them: for the report of a failure.
    private let post: JSONValue?

    /// The same case with another expected outcome: what a test of the runner plants.
    public func expecting(
        stateRoot: Hash256? = nil, logsHash: Hash256? = nil, refusal: String? = nil
    ) -> StateTest {
        var test = self
        test.stateRoot = stateRoot ?? test.stateRoot
        test.logsHash = logsHash ?? test.logsHash
        test.expectedRefusal = refusal ?? test.expectedRefusal
        return test
    }

    /// The state afterwards, where the test holds it.
    public func expectedState() -> MemoryState? { try? post?.state() }

    /// The cases of a file that `isChosen` takes by name and fork; those of forks that are not known are left out.
    /// `other` gets the shapes of entries that are no state tests.
    public static func load(
        _ path: String, isChosen: (String, Fork) -> Bool = { _, _ in true },
        other: (FixtureShape) -> Void = { _ in }
    ) throws -> [StateTest] {
        var tests: [StateTest] = []
        for (name, fixture) in try JSONValue.file(path).fields.sorted(by: { $0.name < $1.name }) {
            let shape = FixtureShape(fixture)
            if shape != .state {
                other(shape)
                continue
            }
            var pre: MemoryState?
            for (forkName, entries) in fixture["post"]?.fields ?? [] {
                guard let fork = Fork(suiteName: forkName) else { continue }
                for entry in entries.elements {
                    let variant = Variant(entry["indexes"])
                    let caseName = "\(name) \(forkName) d\(variant.data)g\(variant.gas)v\(variant.value)"
                    if !isChosen(caseName, fork) { continue }
                    let state = try pre ?? fixture["pre"]?.state() ?? MemoryState([:])
                    pre = state
                    tests.append(
                        try Self(caseName, fixture, state, (forkName, fork), variant, entry))
                }
            }
        }
        return tests
    }

    /// Which of the transaction's alternatives a case takes.
    private struct Variant {
        var data: Int
        var gas: Int
        var value: Int

        init(_ indexes: JSONValue?) {
            func index(_ key: String) -> Int { indexes?[key]?.text.flatMap(Int.init) ?? 0 }
            data = index("data")
            gas = index("gas")
            value = index("value")
        }
    }

    private init(
        _ name: String, _ fixture: JSONValue, _ pre: MemoryState, _ fork: (name: String, rules: Fork),
        _ variant: Variant, _ entry: JSONValue
    ) throws {
        self.name = name
        self.pre = pre
        let config = fixture["config"]
        let chainID = config?["chainid"] == nil ? 1 : try config!.number("chainid")
        guard let environment = fixture["env"], let fields = fixture["transaction"] else {
            throw FixtureError(description: "\(name): no env or no transaction")
        }
        block = try Self.block(environment, chainID, fork.rules, config?["blobSchedule"]?[fork.name])
        do {
            transaction = .success(try Self.transaction(fields, variant))
        } catch let error as FixtureError {
            transaction = .failure(error)
        }
        transactionBytes = (try? entry.bytes("txbytes")) ?? []
        stateRoot = try entry.hash("hash")
        logsHash = try entry.hash("logs")
        post = entry["state"]
        expectedRefusal = entry["expectException"]?.text
    }

    private static func block(
        _ environment: JSONValue, _ chainID: UInt64, _ fork: Fork, _ blobSchedule: JSONValue?
    ) throws -> BlockEnvironment {
        let excess = try environment.number("currentExcessBlobGas")
        let schedule = try BlobSchedule(blobSchedule) ?? BlobSchedule.standard(fork)
        return BlockEnvironment(
            number: try environment.number("currentNumber"),
            timestampSeconds: try environment.number("currentTimestamp"),
            gasLimit: try environment.word("currentGasLimit").clampedToUInt64,
            feeRecipient: try environment.address("currentCoinbase") ?? .zero,
            baseFee: try environment.word("currentBaseFee"),
            prevrandao: try environment.hash("currentRandom"),
            difficulty: try environment.word("currentDifficulty"),
            blobBaseFee: schedule?.baseFee(excessBlobGas: excess) ?? .one, blobsMax: schedule?.most,
            chainID: chainID, fork: fork)
    }

    private static func transaction(_ fields: JSONValue, _ variant: Variant) throws -> Transaction {
        let accessLists = fields["accessLists"]?.elements
        let hasBlobs = fields["blobVersionedHashes"] != nil || fields["maxFeePerBlobGas"] != nil
        let kind: TransactionKind =
            fields["authorizationList"] != nil
            ? .setCode
            : hasBlobs
                ? .blob : fields["maxFeePerGas"] != nil ? .dynamicFee : accessLists != nil ? .accessList : .legacy
        var accessList: [AccessListEntry] = []
        if let accessLists, variant.data < accessLists.count {
            accessList = try accessLists[variant.data].elements.map { entry in
                AccessListEntry(
                    address: try entry.address("address") ?? .zero,
                    slots: try entry.elements("storageKeys").map { try $0.asWord("storageKeys") })
            }
        }
        func chosen(_ name: String, _ index: Int) throws -> JSONValue {
            let values = fields.elements(name)
            guard index < values.count else { throw FixtureError(description: "\(name): no value number \(index)") }
            return values[index]
        }
        return Transaction(
            kind: kind, sender: try fields.address("sender") ?? .zero, nonce: try fields.number("nonce"),
            gasLimit: try chosen("gasLimit", variant.gas).asWord("gasLimit").clampedToUInt64,
            gasPrice: try fields.word("gasPrice"), maxFeePerGas: try fields.word("maxFeePerGas"),
            maxPriorityFeePerGas: try fields.word("maxPriorityFeePerGas"), to: try fields.address("to"),
            value: try chosen("value", variant.value).asWord("value"),
            data: try chosen("data", variant.data).asBytes("data"), accessList: accessList,
            blobHashes: try fields.elements("blobVersionedHashes").map {
                Hash256(word: try $0.asWord("blobVersionedHashes"))
            },
            maxFeePerBlobGas: try fields.word("maxFeePerBlobGas"),
            authorizations: try fields.elements("authorizationList").map { entry in
                Authorization(
                    chainID: try entry.word("chainId"), address: try entry.address("address") ?? .zero,
                    nonce: try entry.number("nonce"), yParity: try entry.word("v"), r: try entry.word("r"),
                    s: try entry.word("s"))
            })
    }
}
