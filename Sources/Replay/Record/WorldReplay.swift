import EVM
import Foundation
public import Ledger

/// What came of the replay of an exact record.
public struct WorldReplayReport: Sendable {
    /// What the record says of itself.
    public let head: WorldRecordHead
    public internal(set) var blocks: UInt64 = 0
    public internal(set) var operations: UInt64 = 0
    /// Operations that took effect.
    public internal(set) var applied: UInt64 = 0
    /// Operations that a contract refused; they are in the ledger as they were in the world.
    public internal(set) var refused: UInt64 = 0
    /// Operations that the ledger did not take, though it had when they were recorded.
    public internal(set) var lost: UInt64 = 0
    public internal(set) var isConserved = true
    public internal(set) var stateRoot = ""
    public internal(set) var operationsDigest = ""
    public internal(set) var seconds: Double = 0

    /// Whether the replay came to what the record says.
    public var isExact: Bool { stateRoot == head.stateRoot && operationsDigest == head.operationsDigest && lost == 0 }

    /// One JSON object on one line.
    public var json: String {
        "{\"match\":\(CanonicalWriter.quoted(head.name)),\"format\":\"world\",\"events\":{\"call\":\(operations)},\"applied\":\(applied),\"refused\":\(refused),"
            + "\"lost\":\(lost),\"blocks\":\(blocks),\"stateRoot\":\"\(stateRoot)\",\"operationsDigest\":\"\(operationsDigest)\","
            + "\"recordedRoot\":\"\(head.stateRoot)\",\"exact\":\(isExact),\"conserved\":\(isConserved),\"seconds\":\(String(format: "%.3f", seconds))}"
    }

    /// For people.
    public var text: String {
        """
        \(head.name) (world): \(operations) operations in \(blocks) blocks
          applied \(applied), refused by contracts \(refused), not taken by the ledger \(lost)
          \(String(format: "%.3f", seconds)) s
          state root        \(stateRoot)
          operations digest \(operationsDigest)
          the record says   \(head.stateRoot): \(isExact ? "the same" : "NOT THE SAME")
          every asset sums to zero: \(isConserved ? "yes" : "NO")

        """
    }
}

/// Plays exact records of worlds.
public struct WorldReplay {
    /// Whether a file is an exact record, by its first line.
    public static func isRecord(path: String) -> Bool {
        guard path != "-", let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        guard let start = try? file.read(upToCount: 4_096), let end = start.firstIndex(of: 0x0A) else { return false }
        var parser = JSONParser(bytes: [UInt8](start), from: 0, to: start.distance(from: start.startIndex, to: end), line: 1)
        return (try? parser.document())?["kind"]?.text == WorldRecord.kind
    }

    private let file: String
    private let run: LedgerRun
    private var report: WorldReplayReport
    private var place: BlockPlace?
    private var operations: [LedgerOperation] = []

    /// Plays a record on a world that has nothing but its genesis.
    public static func play(
        path: String, genesis: LedgerGenesis, executor: any BlockExecutor, onProgress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> WorldReplayReport {
        let source = try MatchSource(path: path)
        var lines = JSONLines(source.bytes)
        guard let first = try next(&lines, source.file) else { throw ImportError(file: source.file, problem: "is empty") }
        let head = try head(first)
        guard head.genesis == genesis.digest.hex else {
            throw first.error(
                "the record is of the world \(head.genesis), this game makes \(genesis.digest.hex)",
                "name the folder of the game that it was recorded with: --game DIR")
        }
        var replay = WorldReplay(
            file: source.file, run: LedgerRun(genesis: genesis, executor: executor), report: WorldReplayReport(head: head))
        let start = ContinuousClock().now
        while let line = try next(&lines, source.file) {
            try replay.take(line)
            onProgress(replay.report.operations, head.operations)
        }
        try replay.endBlock()
        guard replay.report.blocks == head.blocks, replay.report.operations == head.operations else {
            throw ImportError(
                file: source.file,
                problem: "holds \(replay.report.operations) operations in \(replay.report.blocks) blocks, its head says \(head.operations) in \(head.blocks)",
                remedy: "the file is cut off, or was changed; record the world again")
        }
        replay.report.stateRoot = replay.run.stateRoot().hex
        replay.report.operationsDigest = replay.run.operationsDigest.hex
        let duration = (ContinuousClock().now - start).components
        replay.report.seconds = Double(duration.seconds) + Double(duration.attoseconds) / 1e18
        return replay.report
    }

    private static func next(_ lines: inout JSONLines, _ file: String) throws(ImportError) -> JSONReader? {
        do throws(JSONSyntaxError) {
            return try lines.next().map { JSONReader($0, file: file) }
        } catch {
            throw ImportError(
                file: file, line: error.line, problem: "column \(error.column): \(error.message)",
                remedy: "each line is one JSON object")
        }
    }

    private static func head(_ reader: JSONReader) throws(ImportError) -> WorldRecordHead {
        try checkKeys(reader, WorldRecord.headKeys)
        let blocks = try reader.integer("blocks", in: 0...Int64.max)
        let operations = try reader.integer("operations", in: 0...Int64.max)
        return WorldRecordHead(
            name: try reader.optionalText("match") ?? "record", genesis: try digest("genesis", reader).hex, blocks: UInt64(blocks),
            operations: UInt64(operations), stateRoot: try digest("stateRoot", reader).hex,
            operationsDigest: try digest("operationsDigest", reader).hex)
    }

    private mutating func take(_ reader: JSONReader) throws(ImportError) {
        switch try reader.optionalText("kind") {
        case "block":
            try Self.checkKeys(reader, WorldRecord.blockKeys)
            try endBlock()
            let number = UInt64(try reader.integer("number", in: 1...Int64.max))
            guard number == report.blocks + 1 else {
                throw reader.error("block \(number) stands behind block \(report.blocks)", "blocks count up by one, from 1")
            }
            let clock = UInt64(try reader.integer("clock", in: 0...Int64.max))
            guard clock >= place?.timestampMilliseconds ?? 0 else {
                throw reader.error("the clock goes back to \(clock)", "a block is not before the one in front of it")
            }
            place = BlockPlace(
                number: number, timestampMilliseconds: clock, prevrandao: try Self.digest("random", reader),
                digest: reader.optional("digest") == nil ? nil : try Self.digest("digest", reader))
            report.blocks = number
        case "call":
            try Self.checkKeys(reader, WorldRecord.callKeys)
            guard place != nil else { throw reader.error("a call stands before the first block", "each block begins with a line of kind block") }
            operations.append(try call(reader))
            report.operations += 1
        case let kind:
            throw reader.error("the kind is \(kind.map { "\"\($0)\"" } ?? "missing")", "a world's record has lines of kind block and call")
        }
    }

    private func call(_ reader: JSONReader) throws(ImportError) -> LedgerOperation {
        guard let id = LedgerOperationID(hex: try reader.optionalText("id") ?? "") else {
            throw reader.error("\"id\" is no operation's", "32 hexadecimal digits")
        }
        let isLinked = if let linked = reader.optional("linked") { linked.node.value == .boolean(true) } else { false }
        guard let bytes = bytesFromHex(try reader.optionalText("transaction") ?? ""),
            let operation = LedgerOperation(id: id, encodedTransaction: bytes, linkedWithNext: isLinked)
        else { throw reader.error("\"transaction\" is none", "the encoding of the log in hexadecimal digits, as `hoard record --exact` writes it") }
        guard let account = Address(hex: try reader.optionalText("account") ?? "") else {
            throw reader.error("\"account\" is none", "40 hexadecimal digits with 0x in front")
        }
        guard account == operation.transaction.sender else {
            throw reader.error(
                "the account is \(account.hex), but the transaction is of \(operation.transaction.sender.hex)", "both are of one account")
        }
        return operation
    }

    private mutating func endBlock() throws(ImportError) {
        guard let place else { return }
        guard !operations.isEmpty else {
            throw ImportError(file: file, problem: "block \(place.number) has no calls", remedy: "a block has one or more; the file is cut off, or was changed")
        }
        for outcome in run.execute(operations[...], at: place) {
            switch outcome {
            case .accepted(let receipt, _):
                if receipt.succeeded { report.applied += 1 } else { report.refused += 1 }
            case .refused(let refusal):
                if case .conservationViolated = refusal { report.isConserved = false }
                report.lost += 1
            case .linkedFailed: report.lost += 1
            }
        }
        operations.removeAll(keepingCapacity: true)
    }

    private static func checkKeys(_ reader: JSONReader, _ keys: [String]) throws(ImportError) {
        guard case .object = reader.node.value else { throw reader.error("is \(reader.node.description)", "each line is one JSON object") }
        for member in reader.node.members where !keys.contains(member.key) {
            throw reader.error("the key \"\(member.key)\" is unknown", "the keys are \(keys.joined(separator: ", "))")
        }
    }

    private static func digest(_ key: String, _ reader: JSONReader) throws(ImportError) -> Hash256 {
        guard let digest = Hash256(hex: try reader.optionalText(key) ?? "") else {
            throw reader.error("\"\(key)\" is no digest", "64 hexadecimal digits")
        }
        return digest
    }
}
