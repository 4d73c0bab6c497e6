internal import EVM
internal import History
internal import Ledger
internal import Proofs

// Proofs that whoever keeps them verifies without the server: docs/PROOFS.md.
extension RPCService {
    private func signing() throws(RPCError) -> ReceiptProver {
        guard let prover else { throw .server("this server has no key to sign with") }
        return prover
    }

    /// The proof of an operation's receipt, as a client of the wire gets it, in digits.
    func signedReceipt(_ id: OperationID) throws(RPCError) -> JSON {
        let prover = try signing()
        switch try RPCError.reading({ () throws(HistoryError) in try prover.proof(of: id) }) {
        case .proof(let proof):
            return [
                "id": .string(id.hex), "block": .int(proof.head.number), "place": .int(proof.index),
                "key": .string(prover.publicKey.hex), "proof": .data(proof.encoded),
            ]
        case .unknown, .notYours: return .null
        case .later(let reason): throw .server(reason + "; try again")
        }
    }

    /// The newest head that is signed, and the key.
    func signedHead() throws(RPCError) -> JSON {
        let prover = try signing()
        guard let head = try RPCError.reading({ () throws(HistoryError) in try prover.newestHead() }) else { return .null }
        return ["block": .int(head.number), "key": .string(prover.publicKey.hex), "head": .data(head.encoded)]
    }
}
