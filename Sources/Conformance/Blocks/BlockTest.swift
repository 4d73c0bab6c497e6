public import EVM

/// A case of the official blockchain tests: a genesis and blocks, valid and invalid.
public struct BlockTest: Sendable {
    /// A block of a case.
    public struct Step: Sendable {
        /// The encoded block.
        public var bytes: [UInt8]
        /// The reasons for which it must be refused, `|` between them; nil where it must not.
        public var expectedRefusal: String?
        /// The block's hash, where the test states it.
        public var hash: Hash256?
    }

    /// The test's name and network.
    public let name: String
    /// Which rules hold when.
    public let schedule: ForkSchedule
    /// The chain's id.
    public let chainID: UInt64
    /// The state of the genesis block.
    public let genesis: MemoryState
    /// The header of the genesis block.
    public let genesisHeader: BlockHeader
    /// The blocks in the order in which they come.
    public private(set) var steps: [Step]
    /// The block that the chain ends with.
    public let lastHash: Hash256
    /// The accounts afterwards, for the report of a failure.
    private let post: JSONValue?

    /// The state afterwards, where the test holds it.
    func expectedState() -> MemoryState? { try? post?.state() }

    /// The same case with another expectation of one block: what a test of the runner plants.
    public func expecting(_ refusal: String?, of index: Int) -> BlockTest {
        var test = self
        test.steps[index].expectedRefusal = refusal
        return test
    }

    /// The cases of a file that `isChosen` takes by name and last fork; `other` gets the shapes of entries that are no
    /// blockchain tests, or tests of chains that begin before Paris.
    public static func load(
        _ path: String, isChosen: (String, Fork) -> Bool = { _, _ in true },
        other: (FixtureShape) -> Void = { _ in }
    ) throws -> [BlockTest] {
        var tests: [BlockTest] = []
        for (name, fixture) in try JSONValue.file(path).fields.sorted(by: { $0.name < $1.name }) {
            let shape = FixtureShape(fixture)
            if shape != .block {
                other(shape)
                continue
            }
            let network = try fixture.text("network")
            let schedule = try ForkSchedule(network: network, blobSchedule: fixture["config"]?["blobSchedule"])
            if schedule.fork(at: 0) < .paris {
                other(.blockOfNetwork(network))
                continue
            }
            let caseName = "\(name) \(network)"
            if isChosen(caseName, schedule.lastFork) { tests.append(try BlockTest(caseName, fixture, schedule)) }
        }
        return tests
    }

    private init(_ name: String, _ fixture: JSONValue, _ schedule: ForkSchedule) throws {
        self.name = name
        self.schedule = schedule
        let config = fixture["config"]
        chainID = config?["chainid"] == nil ? 1 : try config!.number("chainid")
        genesis = try fixture["pre"]?.state() ?? MemoryState([:])
        let genesisBytes = try fixture.bytes("genesisRLP")
        do throws(BlockRefusal) {
            genesisHeader = try Block.decode(genesisBytes, forkAt: schedule.fork(at:)).header
        } catch {
            throw FixtureError(description: "\(name): genesis: \(error)")
        }
        lastHash = try fixture.hash("lastblockhash")
        post = fixture["postState"]
        steps = try fixture.elements("blocks").map { block in
            Step(
                bytes: try block.bytes("rlp"),
                expectedRefusal: block["expectException"]?.text ?? block["expectExceptionALL"]?.text,
                hash: try block["blockHeader"]?.hash("hash"))
        }
    }
}
