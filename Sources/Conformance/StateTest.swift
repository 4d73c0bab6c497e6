public import EVM
import Foundation

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
    /// The state afterwards, where the test holds it.
    public let post: MemoryState?
    /// The reason why the transaction must be refused, in the words of the test.
    public let expectedRefusal: String?

    /// The same case with another expected outcome: what a test of the runner plants.
    public func expecting(stateRoot: Hash256? = nil, logsHash: Hash256? = nil) -> StateTest {
        var test = self
        test.stateRoot = stateRoot ?? test.stateRoot
        test.logsHash = logsHash ?? test.logsHash
        return test
    }

    /// All cases of a file; those of forks that are not known are left out.
    public static func load(_ path: String) throws -> [StateTest] {
        let file = try JSONFields.file(path)
        var tests: [StateTest] = []
        for name in file.fields.keys.sorted() {
            let fixture = file.object(name)
            let pre = try fixture.object("pre").state()
            for (forkName, entries) in fixture.object("post").fields {
                guard let fork = Self.forks[forkName], let entries = entries as? [[String: Any]] else { continue }
                for entry in entries {
                    tests.append(try Self(name, fixture, pre, forkName, fork, JSONFields(fields: entry)))
                }
            }
        }
        return tests
    }

    /// The forks by the names that the tests use.
    public static let forks: [String: Fork] = [
        "Frontier": .frontier, "Homestead": .homestead, "EIP150": .tangerineWhistle, "EIP158": .spuriousDragon,
        "Byzantium": .byzantium, "Constantinople": .constantinople, "ConstantinopleFix": .petersburg,
        "Istanbul": .istanbul, "Berlin": .berlin, "London": .london, "Merge": .paris, "Paris": .paris,
        "Shanghai": .shanghai, "Cancun": .cancun, "Prague": .prague, "Osaka": .osaka,
    ]

    private init(
        _ name: String, _ fixture: JSONFields, _ pre: MemoryState, _ forkName: String, _ fork: Fork, _ entry: JSONFields
    ) throws {
        let indexes = entry.object("indexes").fields
        func index(_ key: String) -> Int { (indexes[key] as? Int) ?? Int(indexes[key] as? String ?? "0") ?? 0 }
        let variant = (data: index("data"), gas: index("gas"), value: index("value"))
        self.name = "\(name) \(forkName) d\(variant.data)g\(variant.gas)v\(variant.value)"
        self.pre = pre
        let config = fixture.object("config")
        let chainID = config.fields["chainid"] == nil ? 1 : try config.number("chainid")
        block = try Self.block(fixture.object("env"), chainID, fork, config.object("blobSchedule").object(forkName))
        do {
            transaction = .success(try Self.transaction(fixture.object("transaction"), variant))
        } catch let error as FixtureError {
            transaction = .failure(error)
        }
        transactionBytes = (try? entry.bytes("txbytes")) ?? []
        stateRoot = Hash256(word: try entry.word("hash"))
        logsHash = Hash256(word: try entry.word("logs"))
        post = entry.fields["state"] == nil ? nil : try entry.object("state").state()
        expectedRefusal = entry.fields["expectException"] as? String
    }

    private static func block(
        _ environment: JSONFields, _ chainID: UInt64, _ fork: Fork, _ blobSchedule: JSONFields
    ) throws -> BlockEnvironment {
        let excess = try environment.number("currentExcessBlobGas")
        let fraction = try blobSchedule.number("baseFeeUpdateFraction")
        return BlockEnvironment(
            number: try environment.number("currentNumber"),
            timestampSeconds: try environment.number("currentTimestamp"),
            gasLimit: try environment.word("currentGasLimit").clampedToUInt64,
            feeRecipient: try environment.address("currentCoinbase") ?? .zero,
            baseFee: try environment.word("currentBaseFee"),
            prevrandao: Hash256(word: try environment.word("currentRandom")),
            difficulty: try environment.word("currentDifficulty"),
            blobBaseFee: fraction == 0
                ? BlockEnvironment.blobBaseFee(excessBlobGas: excess, fork: fork)
                : BlockEnvironment.blobBaseFee(excessBlobGas: excess, updateFraction: fraction),
            chainID: chainID, fork: fork)
    }

    private static func transaction(
        _ fields: JSONFields, _ variant: (data: Int, gas: Int, value: Int)
    ) throws -> Transaction {
        let accessLists = fields.fields["accessLists"] as? [Any]
        let hasBlobs = fields.fields["blobVersionedHashes"] != nil || fields.fields["maxFeePerBlobGas"] != nil
        let kind: TransactionKind =
            fields.fields["authorizationList"] != nil
            ? .setCode
            : hasBlobs
                ? .blob
                : fields.fields["maxFeePerGas"] != nil ? .dynamicFee : accessLists != nil ? .accessList : .legacy
        var accessList: [AccessListEntry] = []
        if let accessLists, variant.data < accessLists.count,
            let list = accessLists[variant.data] as? [[String: Any]]
        {
            accessList = try list.map(JSONFields.init).map { entry in
                AccessListEntry(
                    address: try entry.address("address") ?? .zero,
                    slots: try entry.texts("storageKeys").map { try JSONFields.word($0, "storageKeys") })
            }
        }
        return Transaction(
            kind: kind, sender: try fields.address("sender") ?? .zero, nonce: try fields.number("nonce"),
            gasLimit: try JSONFields.word(fields.texts("gasLimit")[variant.gas], "gasLimit").clampedToUInt64,
            gasPrice: try fields.word("gasPrice"), maxFeePerGas: try fields.word("maxFeePerGas"),
            maxPriorityFeePerGas: try fields.word("maxPriorityFeePerGas"), to: try fields.address("to"),
            value: try JSONFields.word(fields.texts("value")[variant.value], "value"),
            data: try JSONFields.bytes(fields.texts("data")[variant.data], "data"), accessList: accessList,
            blobHashes: try fields.texts("blobVersionedHashes").map {
                Hash256(word: try JSONFields.word($0, "blobVersionedHashes"))
            },
            maxFeePerBlobGas: try fields.word("maxFeePerBlobGas"),
            authorizations: try fields.objects("authorizationList").map { entry in
                Authorization(
                    chainID: try entry.word("chainId"), address: try entry.address("address") ?? .zero,
                    nonce: try entry.number("nonce"), yParity: try entry.word("v"), r: try entry.word("r"),
                    s: try entry.word("s"))
            })
    }
}
