import EVM
import Testing

/// What is encoded decodes to the same transaction.
struct TransactionEncodingTests {
    static let kinds: [TransactionKind] = [.legacy, .accessList, .dynamicFee, .blob, .setCode]

    private func transaction(_ kind: TransactionKind) -> Transaction {
        var transaction = Transaction(
            kind: kind, sender: .zero, nonce: 300, gasLimit: 90_000, to: Address(word: 0xabcdef), value: 1 << 70,
            data: [0, 1, 2], chainID: 5)
        if kind == .legacy || kind == .accessList {
            transaction.gasPrice = 77
        } else {
            (transaction.maxFeePerGas, transaction.maxPriorityFeePerGas) = (99, 3)
        }
        if kind != .legacy {
            transaction.accessList = [
                AccessListEntry(address: Address(word: 4), slots: [1, 2]), AccessListEntry(address: .zero, slots: []),
            ]
        }
        if kind == .blob { (transaction.blobHashes, transaction.maxFeePerBlobGas) = ([Hash256(word: 1)], 8) }
        if kind == .setCode {
            transaction.authorizations = [
                Authorization(chainID: 5, address: Address(word: 9), nonce: 2, yParity: 1, r: 11, s: 12)
            ]
        }
        return transaction
    }

    @Test(arguments: kinds)
    func `a signed transaction survives its encoding, and its sender follows from what was signed`(
        kind: TransactionKind
    ) throws {
        var transaction = transaction(kind)
        let signature = TransactionSignature(v: kind == .legacy ? 45 : 0, r: 1, s: 6)
        let signed = kind == .setCode ? [TransactionSignature(v: 1, r: 11, s: 12)] : []
        let bytes = transaction.encoded(signature: signature, authorizationSignatures: signed)
        let hash = transaction.signingHash(authorizationSignatures: signed)
        transaction.sender = try #require(recoverSender(hash: hash, r: 1, s: 6, yParity: false))
        #expect(try Transaction.decode(bytes) == transaction)
    }

    @Test func `a field that is malformed is named`() {
        var writer = RLPWriter()
        writer.appendList { list in
            list.append(UInt64(1))
            list.append([0, 7])
        }
        #expect(throws: TransactionDecodingError.malformed(.leadingZero(offset: 2), .gasPrice)) {
            try Transaction.decode(writer.bytes)
        }
    }

    @Test func `what no state can make valid is refused without one`() {
        var transaction = transaction(.dynamicFee)
        #expect(transaction.refusal(fork: .prague, chainID: 5) == nil)
        #expect(transaction.refusal(fork: .prague, chainID: 1) == .wrongChain(have: 5, need: 1))
        #expect(
            transaction.refusal(fork: .berlin, chainID: 5) == .kindNotActive(.dynamicFee, have: .berlin, need: .london))
        transaction.nonce = .max
        #expect(transaction.refusal(fork: .prague, chainID: 5) == .nonceExhausted(have: .max, maximum: .max - 1))
        transaction.nonce = 0
        transaction.maxFeePerGas = .max
        #expect(transaction.refusal(fork: .prague, chainID: 5) == .gasCostOverflow(price: .max, gas: 90_000))
        transaction.gasLimit = 20_000_000
        #expect(
            transaction.refusal(fork: .osaka, chainID: 5)
                == .gasOverTransactionLimit(have: 20_000_000, maximum: 16_777_216))
    }
}
