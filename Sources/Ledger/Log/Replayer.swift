internal import EVM

/// Executes the blocks of a log again and compares everything with their headers.
struct Replayer {
    let core: LedgerCore
    private let block = OpenBlock()

    /// A replayer that continues this ledger.
    init(core: LedgerCore) { self.core = core }

    /// Executes one block; throws where anything differs from its header. Hands over what it changed.
    func replay(
        _ record: LogRecordLayout.View,
        changes: (_ block: UInt64, _ executed: OpenBlock) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let header = record.header
        let microBlock: MicroBlock
        do throws(CodingError) {
            microBlock = try MicroBlock(record)
        } catch {
            throw bad(header, "byte \(error.offset) of the operations", "something else", error.expected)
        }
        guard !microBlock.operations.isEmpty else { throw bad(header, "operations", "0", "1 or more") }
        guard header.timestampMilliseconds >= core.headTimestampMilliseconds else {
            throw bad(
                header, "time", String(header.timestampMilliseconds), "at least \(core.headTimestampMilliseconds)")
        }
        block.reset()
        core.begin(block, timestampMilliseconds: header.timestampMilliseconds, clockMode: header.clockMode)
        for operation in microBlock.operations where try !isNew(operation.id) {
            throw bad(header, "operation id", operation.id.hex, "an id used once")
        }
        try execute(microBlock)
        core.seal(block)
        try compare(header)
        try changes(header.number, block)
    }

    private func isNew(_ id: OperationID) throws(LedgerError) -> Bool {
        do throws(LogError) {
            return try core.claim(id)
        } catch {
            throw .disk(error)
        }
    }

    private func execute(_ microBlock: MicroBlock) throws(LedgerError) {
        var rejected: Int?
        do throws(LogError) {
            try core.execute(microBlock.operations[...], in: block) { place, result, _ in
                if case .accepted = result { return }
                if rejected == nil { rejected = place }
            }
        } catch {
            throw .disk(error)
        }
        if let rejected {
            throw bad(microBlock.header, "operation \(rejected)", "not accepted", "accepted")
        }
    }

    private func compare(_ header: MicroBlockHeader) throws(LedgerError) {
        guard let again = block.header, again != header else { return }
        if again.prevrandao != header.prevrandao {
            throw bad(header, "prevrandao", again.prevrandao.hex, header.prevrandao.hex)
        }
        if again.transactionsDigest != header.transactionsDigest {
            throw bad(header, "transactions digest", again.transactionsDigest.hex, header.transactionsDigest.hex)
        }
        if again.resultsDigest != header.resultsDigest {
            throw bad(header, "results digest", again.resultsDigest.hex, header.resultsDigest.hex)
        }
        if again.writesDigest != header.writesDigest {
            throw bad(header, "writes digest", again.writesDigest.hex, header.writesDigest.hex)
        }
        if again.gasUsed != header.gasUsed {
            throw bad(header, "gas used", String(again.gasUsed), String(header.gasUsed))
        }
        throw bad(header, "header", again.digest.hex, header.digest.hex)
    }

    private func bad(_ header: MicroBlockHeader, _ field: String, _ have: String, _ need: String) -> LedgerError {
        .badBlock(number: header.number, field: field, have: have, need: need)
    }
}
