public import EVM
internal import Synchronization

/// What ends micro-blocks with transactions of its own, made from what their other operations have done: the clearing of
/// a market, for instance. The ledger does not know what they mean.
///
/// They stand in the log like any other operation, behind all others of their block, so that whoever reads the log needs
/// no closer. It is used by the sequencer's thread alone and keeps nothing from one block to the next: a block and what
/// ends it are one record of the log, both there or neither.
public protocol BlockCloser: AnyObject {
    /// Operations of one block that may call for something at its end; a block with so many is full.
    var callsMax: Int { get }
    /// Gas that is kept free at the end of a block for each of them.
    var gasForEach: UInt64 { get }

    /// Whether an operation may call for something at the end of its block. Asked before it is executed, so that the
    /// answer rests on the transaction alone; where this is false the closer never hears of it.
    func mayCall(_ transaction: Transaction) -> Bool

    /// Hears of an operation that may call and has become part of the block, in the order of the block.
    func note(_ receipt: Receipt)

    /// What ends the block, at most one for each call and of at most `LedgerLimits.closingBytesMax` for each. Forgets
    /// the block.
    func closing() -> [Transaction]
}

/// How many operations of the open block may call for something at its end, and what is kept free for that.
struct BlockCalls {
    /// Who ends blocks.
    let closer: any BlockCloser
    /// Calls of a block at most: what ends it must find room too.
    let countMax: Int
    /// Calls admitted to the open block, executed or pending.
    var count = 0

    init(_ closer: any BlockCloser, blockOperationsMax: Int, blockBytesMax: Int) {
        self.closer = closer
        countMax = max(1, min(closer.callsMax, blockOperationsMax / 2, blockBytesMax / 2 / LedgerLimits.closingBytesMax))
    }

    /// Gas that is kept free.
    var gas: UInt64 { UInt64(count) * closer.gasForEach }
}

/// The end of a block.
extension Sequencer {
    /// Tells who ends blocks of an operation that may call. Only of those: what was not counted must not grow the end.
    func note(_ transaction: Transaction, _ receipt: Receipt) {
        guard let closer = calls?.closer, closer.mayCall(transaction) else { return }
        closer.note(receipt)
    }

    /// Executes what ends the open block, behind everything else in it. A transaction that cannot run, or whose books do
    /// not balance, is left out; nothing else depends on it.
    func close(_ closer: any BlockCloser, calls: Int) throws(LogError) {
        let transactions = closer.closing()
        if transactions.isEmpty { return }
        var operations: [Operation] = []
        var bytes = 0
        let digest = block.operationsDigest
        for (place, transaction) in transactions.enumerated() {
            bytes += transaction.encodedBytesMax + 17
            // Whoever foresaw this id and used it would have had to know a digest over his own operation.
            let id = core.closingID(of: block, operations: digest, place: place)
            guard place < calls, bytes <= calls * LedgerLimits.closingBytesMax, try core.claim(id) else {
                countClosing(failed: true)
                continue
            }
            operations.append(Operation(id: id, transaction: transaction))
        }
        if operations.isEmpty { return }
        try core.execute(operations[...], in: block) { place, result, index in
            guard case .accepted(let receipt, _) = result else {
                if case .refused(let refusal) = result { count(refusal) }
                return countClosing(failed: true)
            }
            countClosing(failed: !receipt.succeeded)
            block.answers.append(
                .closing(id: operations[place].id, block: block.number, index: index, receipt: receipt))
        }
    }

    private func countClosing(failed: Bool) {
        shared.status.withLock { status in
            status.closings += 1
            if failed { status.closingsFailed += 1 }
        }
    }
}

extension LedgerCore {
    /// The id of an operation that ends a block: a digest over what nobody could foresee of the block and everything in
    /// it so far, whose ids are used once for ever.
    func closingID(of block: OpenBlock, operations: Hash256, place: Int) -> OperationID {
        var buffer = ByteBuffer()
        Array("hoard:closing".utf8).withUnsafeBytes { buffer.append(raw: $0) }
        buffer.append(block.environment.prevrandao.word)
        buffer.append(operations.word)
        buffer.append(fixed: UInt32(place))
        return OperationID(bytes: sha256(buffer.bytes).bytes.prefix(16))
    }
}
