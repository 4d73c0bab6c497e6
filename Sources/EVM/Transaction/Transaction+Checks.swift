extension Transaction {
    /// Gas that the transaction costs before it runs, and the gas that it pays at least (EIP-7623; 0 before Prague).
    public func intrinsicGas(fork: Fork) -> (gas: UInt64, floor: UInt64) {
        let intrinsic = IntrinsicGas(self, ForkRules(fork))
        return (intrinsic.gas, intrinsic.floor)
    }

    /// Why the transaction can be part of no block of a fork and chain, whatever the state; nil where it can.
    public func refusal(fork: Fork, chainID: UInt64) -> TransactionRefusal? {
        let rules = ForkRules(fork)
        do throws(TransactionRefusal) {
            try checkShape(rules, chainID: chainID)
            try checkGas(IntrinsicGas(self, rules), rules)
        } catch {
            return error
        }
        if let nonce, nonce == .max { return .nonceExhausted(have: nonce, maximum: .max - 1) }
        if maxFeePerGas < maxPriorityFeePerGas {
            return .priorityFeeOverMaxFee(have: maxPriorityFeePerGas, maximum: maxFeePerGas)
        }
        let price = max(gasPrice, maxFeePerGas)
        if price.multipliedReportingOverflow(by: U256(gasLimit)).overflow {
            return .gasCostOverflow(price: price, gas: gasLimit)
        }
        return nil
    }

    /// Checks kind, chain, blobs and authorizations against a fork.
    func checkShape(_ rules: ForkRules, chainID need: UInt64) throws(TransactionRefusal) {
        if rules.fork < kind.activeFrom { throw .kindNotActive(kind, have: rules.fork, need: kind.activeFrom) }
        if let chainID, chainID != need { throw .wrongChain(have: chainID, need: need) }
        switch kind {
        case .blob:
            if to == nil { throw .cannotCreate(.blob) }
            if blobHashes.isEmpty { throw .tooFewBlobs(have: 0, need: 1) }
            for hash in blobHashes {
                let version = UInt8(truncatingIfNeeded: hash.word.l3 >> 56)
                if version != 1 { throw .blobVersion(have: version, need: 1) }
            }
        case .setCode:
            if to == nil { throw .cannotCreate(.setCode) }
            if authorizations.isEmpty { throw .tooFewAuthorizations(have: 0, need: 1) }
        default: break
        }
        if to == nil && data.count > rules.initcodeBytesMax {
            throw .initcodeTooLong(have: data.count, maximum: rules.initcodeBytesMax)
        }
    }

    /// Checks the gas limit against what the shape of the transaction costs.
    func checkGas(_ intrinsic: IntrinsicGas, _ rules: ForkRules) throws(TransactionRefusal) {
        if gasLimit > rules.transactionGasMax {
            throw .gasOverTransactionLimit(have: gasLimit, maximum: rules.transactionGasMax)
        }
        if gasLimit < intrinsic.gas { throw .gasBelowIntrinsic(have: gasLimit, need: intrinsic.gas) }
        if gasLimit < intrinsic.floor { throw .gasBelowFloor(have: gasLimit, need: intrinsic.floor) }
    }
}
