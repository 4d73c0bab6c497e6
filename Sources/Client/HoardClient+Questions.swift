public import Proofs
public import Wire

// The questions that games ask most, with the answers unpacked.
extension HoardClient {
    /// The balance of an account (zero: the session's own) in an asset.
    public func balance(of account: Account = .zero, asset: UInt64) async throws -> Int64 {
        let result = try await query(QueryBody(kind: .balance, account: account, subject: asset))
        guard case .balance(_, let amount) = try Self.found(result) else {
            throw ClientError.unexpectedAnswer("to a balance query")
        }
        return amount
    }

    /// All items of an account (zero: the session's own), page by page, by asset.
    public func inventory(of account: Account = .zero) async throws -> [AssetAmount] {
        var items: [AssetAmount] = []
        var next: UInt64 = 0
        repeat {
            let result = try await query(QueryBody(kind: .inventory, account: account, subject: next))
            guard case .inventory(let page, let following) = try Self.found(result), following == 0 || following > next
            else { throw ClientError.unexpectedAnswer("to an inventory query") }
            items += page
            next = following
        } while next != 0
        return items
    }

    /// An offer of the shop; nil where there is none.
    public func offer(_ offer: UInt32) async throws -> OfferState? {
        let result = try await query(QueryBody(kind: .offer, subject: UInt64(offer)))
        switch try Self.found(result) {
        case .offer(let state): return state
        case .notFound: return nil
        default: throw ClientError.unexpectedAnswer("to an offer query")
        }
    }

    /// The reply to an operation of the action `code`, as it was given; nil where the ledger does not know the operation.
    public func receipt(of operationID: OperationID, code: UInt16) async throws -> ReplyBody? {
        let result = try await query(QueryBody(kind: .receipt, subject: UInt64(code), operationID: operationID))
        switch try Self.found(result) {
        case .receipt(let reply): return reply
        case .notFound: return nil
        default: throw ClientError.unexpectedAnswer("to a receipt query")
        }
    }

    /// The words of a view's answer, 32 bytes each; nil where there is no such view. `Game.views` has the names, and makes queries and reads answers.
    public func view(_ query: QueryBody) async throws -> [UInt8]? {
        switch try Self.found(try await self.query(query)) {
        case .view(query.subject, let words): return words
        case .notFound: return nil
        default: throw ClientError.unexpectedAnswer("to a view query")
        }
    }

    /// An operation's receipt with its proof, as the server gives it: nothing of it is to be believed before `ReceiptProof.verify`, which needs no
    /// server. Nil where the ledger does not know the operation. A player asks for what concerns its own account.
    public func receiptProof(of operationID: OperationID) async throws -> ReceiptProof? {
        let result = try await query(QueryBody(kind: .receiptProof, operationID: operationID))
        switch try Self.found(result) {
        case .receiptProof(let bytes): return try ReceiptProof(encoded: bytes)
        case .notFound: return nil
        default: throw ClientError.unexpectedAnswer("to a proof query")
        }
    }

    /// What the ledger did, proven: asks for the proof and verifies it against the keys that the caller trusts, this world and this operation.
    public func provenReceipt(of operationID: OperationID, keys: [ProofPublicKey]) async throws -> ProvenReceipt? {
        try await receiptProof(of: operationID)?.verify(keys: keys, worldID: welcome.worldID, operationID: operationID)
    }

    /// The newest head that the server signs: to be kept and compared with others' (`SignedHead.contradiction`).
    public func signedHead() async throws -> SignedHead {
        guard case .receiptProof(let bytes) = try Self.found(try await query(QueryBody(kind: .receiptProof))) else {
            throw ClientError.unexpectedAnswer("to a question for the newest head")
        }
        return try SignedHead(encoded: bytes)
    }

    /// The server's counters as JSON; for the roles server and operator.
    public func serverStatus() async throws -> String {
        guard case .serverStatus(let text) = try Self.found(try await query(QueryBody(kind: .serverStatus))) else {
            throw ClientError.unexpectedAnswer("to a status query")
        }
        return text
    }

    private static func found(_ result: ResultBody) throws -> QueryAnswer {
        if case .refused(_, let error) = result.answer { throw ClientError.objection(error) }
        return result.answer
    }
}
