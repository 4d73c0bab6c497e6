public import ArgumentParser
internal import Economy
internal import EVM
internal import Glibc
internal import Ledger
internal import Wire

/// `bench stages`: what each stage of an operation costs the processor, from frame to reply, in process.
public struct StagesCommand: ParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "stages",
        abstract: "Processor time of an operation, stage by stage, from its frame to its reply.",
        discussion: """
            Frames of the workload are made first; then each stage does all operations of a block before the next \
            stage begins. Sockets, threads and their waking, the session's own bookkeeping and anchors are not in it: \
            what hoard-load sees of the server's processor time beyond the sum is theirs.
            """)

    @Option(help: "The workload: independent (transfers) or shop-mix are those that figures are quoted for.")
    var workload = Workload.shopMix

    @Option(help: "Operations.")
    var operations = 50_000

    @Option(help: "Operations of a micro-block: about what group commit makes of the load.")
    var block = 128

    @Option(help: "Decides all choices.")
    var seed: UInt64 = 1

    @Option(help: "The folder of the game.")
    var game = "GameData"

    @Option(help: "Where the log's files are for the time being.")
    var folder = "/var/tmp"

    @Flag(help: "Print one JSON object.")
    var json = false

    /// The defaults.
    public init() {}

    /// Refuses numbers that make no sense.
    public func validate() throws {
        guard 1...1_000_000 ~= operations, 1...4_096 ~= block else {
            throw ValidationError("--operations should be 1...1,000,000 and --block 1...4,096.")
        }
    }

    /// Measures and prints.
    public func run() throws {
        var builder = try WorkloadBuilder(gameFolder: game, seed: seed)
        let prepared = try builder.prepare(workload, transactions: operations)
        let stages = try StagesBenchmark(prepared, game: builder.game).run(blockSize: block, folder: folder)
        let total = stages.reduce(0) { $0 + $1.nanoseconds }
        if json {
            let members = stages.map { "\"\($0.name)\":\(rounded($0.nanoseconds, 1))" }.joined(separator: ",")
            print(
                "{\"workload\":\"\(workload.rawValue)\",\"operations\":\(operations),\"block\":\(block),"
                    + "\"nanoseconds\":{\(members)},\"total\":\(rounded(total, 1))}")
            return
        }
        for stage in stages {
            print(padded(stage.name, -14), padded(rounded(stage.nanoseconds, 0), 8), "ns ", stage.about)
        }
        print(padded("together", -14), padded(rounded(total, 0), 8), "ns an operation of \(workload.rawValue)")
    }
}

/// One stage's processor time an operation.
struct Stage {
    var name: String
    var nanoseconds: Double
    var about: String
}

/// Sends the frames of a workload through every stage.
struct StagesBenchmark {
    private let prepared: PreparedWorkload
    private let game: Game
    private let session = SessionIdentity(role: .server, account: .zero)

    init(_ prepared: PreparedWorkload, game: Game) {
        self.prepared = prepared
        self.game = game
    }

    /// Nanoseconds of each stage, an operation.
    func run(blockSize: Int, folder: String) throws -> [Stage] {
        let stream = frames()
        let count = Double(prepared.operations.count)
        var start = StageMeasurement.threadNanoseconds()
        let actions = try decode(stream)
        let decoded = StageMeasurement.threadNanoseconds() - start
        start = StageMeasurement.threadNanoseconds()
        let operations = try map(actions)
        let mapped = StageMeasurement.threadNanoseconds() - start
        let (times, results) = try StageMeasurement.run(
            genesis: prepared.ledger, setUp: prepared.setUp, operations: operations, blockSize: blockSize,
            folder: folder)
        start = StageMeasurement.threadNanoseconds()
        let bytes = reply(actions, results)
        let replied = StageMeasurement.threadNanoseconds() - start
        guard bytes > 0 else { throw BenchmarkFailure(description: "nothing was accepted") }
        func stage(_ name: String, _ nanoseconds: UInt64, _ about: String) -> Stage {
            Stage(name: name, nanoseconds: Double(nanoseconds) / count, about: about)
        }
        return [
            stage("decode", decoded, "frames cut and checked, bodies read"),
            stage("mapping", mapped, "action to transaction"),
            stage("dedupe", times.dedupe, "operation ids looked up and entered"),
            stage("execution", times.execution, "the EVM"),
            stage("conservation", times.conservation, "events against balances"),
            stage("state", times.state, "changes taken over"),
            stage("digest", times.digest, "operations, results and changes encoded and hashed"),
            stage("log", times.log, "records written"),
            stage("sync", times.sync, "processor time of the sync"),
            stage("reply", replied, "receipt to reply, encoded"),
        ]
    }

    /// The workload's actions as a client sends them.
    private func frames() -> [UInt8] {
        var stream: [UInt8] = []
        for (place, action) in prepared.actions.enumerated() {
            let id = prepared.operations[place].id
            let header = FrameHeader(
                kind: .action, session: 1, requestID: UInt64(place),
                operationID: OperationID(high: id.high, low: id.low))
            FrameEncoder.append(header, action, to: &stream)
        }
        return stream
    }

    private func decode(_ stream: [UInt8]) throws -> [(header: FrameHeader, action: ActionBody)] {
        var actions: [(header: FrameHeader, action: ActionBody)] = []
        actions.reserveCapacity(prepared.operations.count)
        var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
        var isBroken = false
        let pieces = stride(from: 0, to: stream.count, by: 65_536).map { $0..<min($0 + 65_536, stream.count) }
        for piece in pieces {
            stream[piece].withUnsafeBytes { bytes in
                let whole: Void? = try? decoder.feed(bytes) { header, body in
                    guard let action = try? ActionBody(body: body) else {
                        isBroken = true
                        return false
                    }
                    actions.append((header, action))
                    return true
                }
                if whole == nil { isBroken = true }
            }
        }
        if isBroken { throw BenchmarkFailure(description: "a frame of ours cannot be read") }
        return actions
    }

    private func map(_ actions: [(header: FrameHeader, action: ActionBody)]) throws -> [Operation] {
        var operations: [Operation] = []
        operations.reserveCapacity(actions.count)
        for (header, action) in actions {
            let id = header.operationID
            switch game.map(action, session: session) {
            case .success(let transaction):
                operations.append(
                    Operation(id: OperationID(high: id.high, low: id.low), transaction: transaction, ticket: 0))
            case .failure(let refusal): throw BenchmarkFailure(description: "the game refuses: \(refusal)")
            }
        }
        return operations
    }

    /// Encodes the replies as the gateway does, a buffer of a block's size at a time; returns their bytes.
    private func reply(
        _ actions: [(header: FrameHeader, action: ActionBody)], _ results: [OperationResult]
    ) -> Int {
        var buffer: [UInt8] = []
        var bytes = 0
        for (place, result) in results.enumerated() {
            guard case .accepted(let receipt, _) = result else { continue }
            let header = FrameHeader(
                kind: .reply, session: 1, requestID: UInt64(place), operationID: actions[place].header.operationID)
            FrameEncoder.append(header, game.replyBody(actions[place].action.code, receipt), to: &buffer)
            if buffer.count > 65_536 {
                bytes += buffer.count
                buffer.removeAll(keepingCapacity: true)
            }
        }
        return bytes + buffer.count
    }
}
