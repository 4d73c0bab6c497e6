internal import EVM
internal import Economy
public import Ledger
public import Wire

/// What comes of a question for a proof.
public enum ProofAnswer: Sendable {
    /// A proof, or a signed head, encoded.
    case proof([UInt8])
    /// There is no such operation.
    case unknown
    /// It does not concern who asks.
    case notYours
    /// Not now: to be asked again a little later.
    case later(String)
    /// Never: it cannot be proven here.
    case impossible(String)
}

/// Who proves receipts, beside the loop.
public protocol ReceiptProving: AnyObject, Sendable {
    /// Begins to prove the receipt of an operation (nil: to sign the newest head) for an account that it has to concern (nil: for anybody).
    /// `answer` is called once, on any thread. False: too many wait already.
    func prove(_ id: LedgerOperationID?, for account: Account?, _ answer: @escaping @Sendable (ProofAnswer) -> Void) -> Bool
}

// Questions for proofs: another thread answers them, through a mailbox.
extension GatewayCore {
    /// Hands a question to whoever proves receipts.
    func askForProof(_ session: Session, _ identity: SessionIdentity, _ header: FrameHeader, _ query: QueryBody) {
        guard let prover else {
            return answerNow(
                session, header,
                .refused(
                    .receiptProof,
                    ErrorBody(code: .proofUnavailable, message: "this server proves no receipts; it does with --proofs or --http")))
        }
        let id = query.operationID == .zero ? nil : LedgerOperationID(high: query.operationID.high, low: query.operationID.low)
        let ticket = ticket(session, header, query)
        let account = identity.role == .player ? identity.account : nil
        let isTaken = prover.prove(id, for: account) { [proofs] answer in proofs.put((ticket, answer)) }
        if !isTaken { deliver(ticket, .later("too many proofs are asked for at once")) }
    }

    /// An answer of whoever proves receipts.
    func deliver(_ key: UInt64, _ found: ProofAnswer) {
        guard let ticket = tickets.remove(key), case .query(let query) = ticket.purpose else { return }
        func refused(_ code: ErrorCode, _ message: String) -> QueryAnswer {
            .refused(.receiptProof, ErrorBody(code: code, message: message))
        }
        switch found {
        case .proof(let bytes) where bytes.count + Self.proofFrameBytes > WireLimits.frameBytesMax:
            answer(
                ticket,
                .refused(
                    .receiptProof,
                    ErrorBody(
                        code: .proofUnavailable, have: UInt64(bytes.count), need: UInt64(WireLimits.frameBytesMax - Self.proofFrameBytes),
                        message: "the proof has \(bytes.count) bytes, more than fit a frame; JSON-RPC's hoard_signedReceipt has it")))
        case .proof(let bytes): answer(ticket, .receiptProof(bytes))
        case .unknown: answer(ticket, .notFound(.receiptProof))
        case .notYours:
            answer(ticket, refused(.notOwnAccount, "operation \(query.operationID.hex) does not concern the session's own account"))
        case .later(let reason): answer(ticket, refused(.busy, reason))
        case .impossible(let reason): answer(ticket, refused(.proofUnavailable, reason))
        }
    }

    /// Bytes of a result's frame beside the proof.
    private static let proofFrameBytes = WireLimits.headerBytes + 20
}
