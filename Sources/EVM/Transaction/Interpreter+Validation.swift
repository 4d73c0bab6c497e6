// The checks that decide whether a transaction can be part of the block at all.
extension Interpreter {
    /// Checks a transaction against rules, block and sender, whose record is loaded then; the price of its gas.
    mutating func validate(
        _ transaction: Transaction, _ intrinsic: IntrinsicGas
    ) throws(TransactionRefusal) -> U256 {
        try transaction.checkShape(rules, chainID: block.chainID)
        if transaction.kind == .blob { try validateBlobs(transaction) }
        if transaction.gasLimit > block.gasLimit {
            throw .gasOverBlockLimit(have: transaction.gasLimit, maximum: block.gasLimit)
        }
        if transaction.gasLimit > MachineLimits.transactionGasMax {
            throw .gasOverTransactionLimit(have: transaction.gasLimit, maximum: MachineLimits.transactionGasMax)
        }
        let price = try validateFees(transaction)
        try transaction.checkGas(intrinsic, rules)
        try validateSender(transaction)
        return price
    }

    private mutating func validateBlobs(_ transaction: Transaction) throws(TransactionRefusal) {
        let count = transaction.blobHashes.count
        let blockMost = block.blobsMax ?? BlobSchedule.standard(rules.fork)?.most ?? 0
        if count > blockMost { throw .blobsOverBlockLimit(have: count, maximum: blockMost) }
        if count > rules.transactionBlobsMax {
            throw .tooManyBlobs(have: count, maximum: rules.transactionBlobsMax)
        }
        if transaction.maxFeePerBlobGas < block.blobBaseFee {
            throw .blobFeeBelowBaseFee(have: transaction.maxFeePerBlobGas, need: block.blobBaseFee)
        }
    }

    private mutating func validateFees(_ transaction: Transaction) throws(TransactionRefusal) -> U256 {
        switch transaction.kind {
        case .session: return .zero
        case .legacy, .accessList:
            if rules.fork >= .london && transaction.gasPrice < block.baseFee {
                throw .feeBelowBaseFee(have: transaction.gasPrice, need: block.baseFee)
            }
            return transaction.gasPrice
        case .dynamicFee, .blob, .setCode:
            let fee = transaction.maxFeePerGas
            let priority = transaction.maxPriorityFeePerGas
            if fee < block.baseFee { throw .feeBelowBaseFee(have: fee, need: block.baseFee) }
            if fee < priority { throw .priorityFeeOverMaxFee(have: priority, maximum: fee) }
            return min(fee &- block.baseFee, priority) &+ block.baseFee
        }
    }

    private mutating func validateSender(_ transaction: Transaction) throws(TransactionRefusal) {
        let sender = journal.loadedAccountIndex(transaction.sender)
        let have = journal.accounts[sender].nonce
        if let nonce = transaction.nonce {
            if nonce < have { throw .nonceTooLow(have: nonce, need: have) }
            if nonce > have { throw .nonceTooHigh(have: nonce, need: have) }
        }
        if have == .max { throw .nonceExhausted(have: have, maximum: .max - 1) }
        let body = code(of: sender)
        let mayHaveCode = rules.hasDelegations && body.pointee.isDelegation
        if body.pointee.size > 0 && !mayHaveCode {
            throw .senderHasCode(bytes: body.pointee.size, maximum: 0)
        }
        let need = highestCost(transaction)
        let balance = journal.accounts[sender].balance
        if balance < need { throw .insufficientFunds(have: balance, need: need) }
        journal.addFlags(.exists, sender)
    }

    /// Value, gas at the highest price and blob gas at the highest price; saturated at 2^256 - 1.
    private mutating func highestCost(_ transaction: Transaction) -> U256 {
        if transaction.kind == .session && transaction.blobHashes.isEmpty { return transaction.value }
        let price: U256 =
            switch transaction.kind {
            case .session: .zero
            case .legacy, .accessList: transaction.gasPrice
            case .dynamicFee, .blob, .setCode: transaction.maxFeePerGas
            }
        let gas = price.multipliedReportingOverflow(by: U256(transaction.gasLimit))
        let blobGas = U256(blobGasEach * UInt64(transaction.blobHashes.count))
        let blobs = transaction.maxFeePerBlobGas.multipliedReportingOverflow(by: blobGas)
        let first = gas.partialValue.addingReportingOverflow(blobs.partialValue)
        let all = first.partialValue.addingReportingOverflow(transaction.value)
        return gas.overflow || blobs.overflow || first.overflow || all.overflow ? .max : all.partialValue
    }
}
