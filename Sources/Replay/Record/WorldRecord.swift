import EVM
public import Economy
public import Ledger

/// What stands at the head of an exact record: which world it is of, and what a replay must come to.
public struct WorldRecordHead: Sendable, Equatable {
    /// What the record is called.
    public var name: String
    /// The digest of the genesis: a replay needs the same game.
    public var genesis: String
    public var blocks: UInt64
    public var operations: UInt64
    /// State root behind the last block.
    public var stateRoot: String
    /// Digest over all operations and what came of them.
    public var operationsDigest: String

    /// The first line of the file.
    var line: String {
        "{\"kind\":\"\(WorldRecord.kind)\",\"match\":\(CanonicalWriter.quoted(name)),\"genesis\":\"\(genesis)\",\"blocks\":\(blocks),"
            + "\"operations\":\(operations),\"stateRoot\":\"\(stateRoot)\",\"operationsDigest\":\"\(operationsDigest)\"}\n"
    }
}

/// An exact record of a world: every operation as it stands in the log, block by block, so that a replay comes to the same
/// state root. Accounts stand in it as they are, since the calls are made of them.
public enum WorldRecord {
    static let kind = "world"
    static let headKeys = ["kind", "match", "genesis", "blocks", "operations", "stateRoot", "operationsDigest"]
    static let blockKeys = ["kind", "number", "clock", "random", "digest"]
    static let callKeys = ["kind", "id", "account", "action", "transaction", "linked"]

    /// Writes the record of a data folder up to a block, piece by piece; `sink` says whether to go on.
    public static func write(
        folder: String, name: String, game: Game, genesis: LedgerGenesis, executor: any BlockExecutor,
        upTo last: UInt64 = .max, onProgress: (UInt64) -> Void = { _ in }, to sink: (String) -> Bool
    ) throws -> WorldRecordHead {
        let inspection = try LedgerInspection(folder: folder, genesis: genesis, executor: executor, upTo: last)
        try WorldRecorder.requireWholeLog(inspection)
        let run = LedgerRun(forking: inspection, genesis: genesis, executor: executor)
        let head = WorldRecordHead(
            name: name, genesis: genesis.digest.hex, blocks: inspection.headNumber, operations: inspection.operationCount,
            stateRoot: run.stateRoot().hex, operationsDigest: inspection.operationsDigest.hex)
        guard sink(head.line) else { return head }
        try inspection.forEachBlock(after: 0) { block throws(LedgerError) in
            guard block.header.number <= inspection.headNumber else { return false }
            var text = line(BlockPlace(block.header))
            for operation in block.operations { text += line(operation, game) }
            onProgress(block.header.number)
            return sink(text)
        }
        return head
    }

    private static func line(_ place: BlockPlace) -> String {
        let digest = place.digest.map { ",\"digest\":\"\($0.hex)\"" } ?? ""
        return "{\"kind\":\"block\",\"number\":\(place.number),\"clock\":\(place.timestampMilliseconds),\"random\":\"\(place.prevrandao.hex)\"\(digest)}\n"
    }

    private static func line(_ operation: LedgerOperation, _ game: Game) -> String {
        let action = game.actionName(of: operation.transaction).map { ",\"action\":\(CanonicalWriter.quoted($0))" } ?? ""
        return "{\"kind\":\"call\",\"id\":\"\(operation.id.hex)\",\"account\":\"\(operation.transaction.sender.hex)\"\(action),"
            + "\"transaction\":\"0x\(hexDigits(of: operation.encodedTransaction))\"\(operation.linkedWithNext ? ",\"linked\":true" : "")}\n"
    }
}
