internal import EVM
internal import History
internal import Ledger
internal import Synchronization

extension RPCMethod {
    /// Signed transactions into the ledger's queue.
    static let sending: [RPCMethod] = [
        RPCMethod("eth_sendRawTransaction", ["signed"], body: .later { (service, given, reply) throws(RPCError) in
            let sent = try service.accept(try given.data(0))
            service.send(sent, waitMilliseconds: service.limits.syncMillisecondsDefault) { outcome in
                switch outcome {
                case .final, .waiting: reply(.success(.hash(sent.hash)))
                case .refused(let error): reply(.failure(error))
                }
            }
        }),
        RPCMethod("eth_sendRawTransactionSync", ["signed", "timeoutMilliseconds"], body: .later { (service, given, reply) throws(RPCError) in
            var wait = service.limits.syncMillisecondsDefault
            if let asked = given[1] {
                let number = try Read.count(asked, "timeoutMilliseconds")
                guard number > 0 else { throw .invalidParameters("timeoutMilliseconds must be positive") }
                wait = Int(min(number, UInt64(service.limits.syncMillisecondsMax)))
            }
            let sent = try service.accept(try given.data(0))
            let waited = wait
            service.send(sent, waitMilliseconds: waited) { outcome in
                switch outcome {
                case .final(let block, let index): service.replyReceipt(sent, block, index, reply)
                case .waiting:
                    reply(
                        .failure(
                            RPCError(
                                4, "the transaction was taken in but is not final after \(waited) ms", data: .hash(sent.hash))))
                case .refused(let error): reply(.failure(error))
                }
            }
        }),
    ]
}

/// A signed transaction on its way.
struct SentTransaction: Sendable {
    var hash: Hash256
    var id: OperationID
    var transaction: Transaction
}

/// What became of it.
enum SendOutcome: Sendable {
    case final(block: UInt64, index: UInt32)
    case waiting
    case refused(RPCError)
}

extension RPCService {
    /// Decodes and checks what can be checked before the ledger.
    func accept(_ raw: [UInt8]) throws(RPCError) -> SentTransaction {
        let transaction: Transaction
        do throws(TransactionDecodingError) {
            transaction = try Transaction.decode(raw, fork: genesis.fork, chainID: genesis.chainID)
        } catch {
            throw .invalidParameters(Self.reason(error))
        }
        if case .blob = transaction.kind { throw .rejected("transaction type not supported: there are no blobs here") }
        // Only sessions act for these accounts; nobody has their keys, and 2^96 tries shall not be worth it.
        let head = transaction.sender.bytes.prefix(12)
        if head.elementsEqual("hoard:server".utf8) || head.elementsEqual("hoard:operat".utf8) {
            throw .rejected("the sender's address is reserved for sessions")
        }
        let kept = try RPCError.reading { () throws(HistoryError) in try history.keep(signed: raw) }
        return SentTransaction(hash: kept.hash, id: kept.id, transaction: transaction)
    }

    private static func reason(_ error: TransactionDecodingError) -> String {
        switch error {
        case .malformed(_, let field): "the signed transaction is malformed at \(field.rawValue)"
        case .empty: "the signed transaction is empty"
        case .unknownKind(let kind): "transaction type \(kind) is not supported"
        case .kindNotActive(let kind, _, _): "transaction type \(kind) is not active on this chain"
        case .recoveryValue, .highS, .signature: "invalid sender: the signature is not valid"
        case .wrongChain(let have, let need): "invalid sender: signed for chain \(have), this is chain \(need)"
        case .addressSize(let have, let need): "the address has \(have) bytes; \(need) or none are needed"
        }
    }

    /// Puts it into the queue and waits for the answer so long at most; calls back once.
    func send(_ sent: SentTransaction, waitMilliseconds: Int, _ done: @escaping @Sendable (SendOutcome) -> Void) {
        let once = Once(done)
        let operation = Operation(id: sent.id, transaction: sent.transaction)
        filters.notePending(sent.hash)
        let isTaken = submit(operation) { answer in once.call(Self.outcome(answer)) }
        guard isTaken else {
            return once.call(.refused(.limit("the ledger's queue is full; try again in a moment")))
        }
        Timers.shared.after(milliseconds: waitMilliseconds) { once.call(.waiting) }
    }

    private static func outcome(_ answer: Answer) -> SendOutcome {
        switch answer {
        case .final(_, let block, let index, _, _): .final(block: block, index: index)
        case .conflict: .refused(.rejected("another operation has the first half of this transaction's hash for its id"))
        case .refused(_, let refusal): .refused(error(refusal))
        case .view, .notFound, .linkedFailed, .closing: .refused(.inside("an answer that does not fit"))
        }
    }

    private static func error(_ refusal: LedgerRefusal) -> RPCError {
        switch refusal {
        case .transaction(let reason):
            switch reason {
            // EIP-7966: a gap of nonces has a code of its own and names the nonce that is expected.
            case .nonceTooHigh(_, let need): RPCError(6, error(reason).message, data: .quantity(need))
            default: error(reason)
            }
        case .conservationViolated(let violation):
            .rejected("the books of \(violation.contract.hex) would not balance")
        case .clockBackwards, .groupTooLong: .rejected("\(refusal)")
        case .operationTooLarge(let bytes, let maximum):
            .rejected("oversized data: \(bytes) bytes; at most \(maximum)")
        case .ledgerFailed(let reason): .server("the ledger has failed: \(reason)")
        case .busy(_, let reason): .limit("the disk takes no writes for now: \(reason)")
        case .stopping: .server("the server is stopping")
        }
    }

    /// The receipt of what is final; its block may reach the history a moment later than its answer.
    func replyReceipt(_ sent: SentTransaction, _ block: UInt64, _ index: UInt32, tries: Int = 200, _ reply: @escaping RPCReply) {
        if let known = try? history.block(block), known.entries.indices.contains(Int(index)) {
            return reply(.success(receiptJSON(known, known.entries[Int(index)])))
        }
        guard tries > 0 else { return reply(.failure(RPCError(5, "final, but not indexed yet", data: .hash(sent.hash)))) }
        Timers.shared.after(milliseconds: 5) { [self] in replyReceipt(sent, block, index, tries: tries - 1, reply) }
    }
}

/// Calls back once, whoever comes first.
private final class Once: Sendable {
    private let body: Mutex<(@Sendable (SendOutcome) -> Void)?>

    init(_ body: @escaping @Sendable (SendOutcome) -> Void) { self.body = Mutex(body) }

    func call(_ outcome: SendOutcome) {
        let taken = body.withLock { $0.take() }
        taken?(outcome)
    }
}
