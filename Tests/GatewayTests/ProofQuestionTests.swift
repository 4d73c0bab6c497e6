import Foundation
import Gateway
import Synchronization
import Testing
import Tokens
import Wire

/// Questions for proofs go to whoever proves, and come back in the wire's words.
struct ProofQuestionTests {
    /// Proves nothing, but answers as it is told.
    private final class Oracle: ReceiptProving {
        let says: ProofAnswer?
        let asked = Mutex<[Account?]>([])

        init(_ says: ProofAnswer?) { self.says = says }

        func prove(_ id: LedgerOperationID?, for account: Account?, _ answer: @escaping @Sendable (ProofAnswer) -> Void) -> Bool {
            asked.withLock { $0.append(account) }
            guard let says else { return false }
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) { answer(says) }
            return true
        }
    }

    @Test(arguments: [
        (ProofAnswer.unknown, ErrorCode.none), (.notYours, .notOwnAccount), (.later("soon"), .busy), (.impossible("gone"), .proofUnavailable),
        (.proof([UInt8](repeating: 1, count: WireLimits.frameBytesMax)), .proofUnavailable),
    ])
    func `what comes of a question has its code`(_ said: ProofAnswer, _ code: ErrorCode) async throws {
        let oracle = Oracle(said)
        try await TestWorld.serve(prepare: { $0.answerProofs(with: oracle) }) { world in
            let ann = try world.client(.player, "ann")
            let answer = try ann.ask(.query, QueryBody(kind: .receiptProof, operationID: world.id())).decode(ResultBody.self).answer
            switch answer {
            case .notFound(.receiptProof): #expect(code == .none)
            case .refused(.receiptProof, let error): #expect(error.code == code.rawValue)
            default: Issue.record("\(answer)")
            }
        }
    }
}
