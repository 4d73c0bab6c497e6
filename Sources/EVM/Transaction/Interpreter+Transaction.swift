// A transaction from its checks to its receipt.
extension Interpreter {
    /// Starts a transaction or call over a view.
    mutating func begin(_ view: any StateView, _ block: BlockEnvironment) {
        if block.fork != rules.fork {
            useRules(ForkRules(block.fork))
        }
        self.block = block
        journal.begin(view)
    }

    /// Forgets the transaction.
    mutating func end() {
        journal.end()
        if !heldCodes.isEmpty { heldCodes.removeAll() }
        if !blobHashes.isEmpty { blobHashes.removeAll() }
        if memoryReach > MachineLimits.memoryBytesKept { memoryRegion.release(from: 0) }
        memoryReach = 0
        returnData.reset(keeping: 1 << 16)
        depth = -1
        origin = .zero
        gasPrice = .zero
    }

    /// Checks, charges, runs and settles a transaction.
    mutating func transact(_ transaction: Transaction) throws(TransactionRefusal) -> TransitionResult {
        let intrinsic = IntrinsicGas(transaction, rules)
        let price = try validate(transaction, intrinsic)
        let sender = journal.accountIndex(transaction.sender)
        origin = transaction.sender.word
        gasPrice = price
        blobHashes = transaction.blobHashes

        let gasLimit = transaction.gasLimit
        let blobGas = U256(blobGasEach * UInt64(transaction.blobHashes.count))
        let prepaid = U256(gasLimit) &* price &+ blobGas &* block.blobBaseFee
        journal.setBalance(journal.accounts[sender].balance &- prepaid, sender)
        let nonce = journal.accounts[sender].nonce
        journal.setNonce(nonce &+ 1, sender)
        warm(transaction, sender)
        if !transaction.authorizations.isEmpty { apply(transaction.authorizations) }

        let gas = Int64(gasLimit &- intrinsic.gas)
        var created: Address?
        let ended: (exit: FrameExit, gas: Int64)
        if let target = transaction.to {
            ended = callTop(
                sender: sender, senderWord: origin, target, transaction.value, transaction.data, gas: gas)
        } else {
            let address = Self.createdAddress(transaction.sender, nonce: nonce)
            ended = createTop(sender: sender, address, transaction.value, transaction.data, gas: gas)
            if ended.exit == .returned { created = address }
        }

        var used = gasLimit &- UInt64(ended.gas)
        used -= min(used / rules.refundQuotient, UInt64(max(0, journal.refund)))
        used = max(used, intrinsic.floor)
        settle(transaction, sender, price: price, used: used)
        let receipt = Receipt(
            outcome: outcome(ended.exit), gasUsed: used, output: outputBytes(), logs: emittedLogs(),
            createdAddress: created)
        return TransitionResult(receipt: receipt, diff: diff())
    }

    /// A call without sender's checks and fees; its gas includes no intrinsic part.
    mutating func callFreely(from sender: Address, to target: Address, data: [UInt8], gas: UInt64) -> (
        receipt: Receipt, left: Int64
    ) {
        origin = sender.word
        let limit = Int64(clamping: gas)
        let index = journal.loadedAccountIndex(sender)
        let ended = callTop(sender: index, senderWord: origin, target, .zero, data, gas: limit)
        let receipt = Receipt(
            outcome: outcome(ended.exit), gasUsed: UInt64(limit - ended.gas), output: outputBytes(),
            logs: emittedLogs())
        return (receipt, ended.gas)
    }

    // MARK: Steps

    /// Warms what is warm from the start (EIP-2929, EIP-2930, EIP-3651).
    private mutating func warm(_ transaction: Transaction, _ sender: Int) {
        if !rules.hasAccessLists { return }
        _ = journal.warmAccount(sender)
        if rules.warmFeeRecipient { _ = journal.warmAccount(journal.accountIndex(block.feeRecipient)) }
        if let target = transaction.to { _ = journal.warmAccount(journal.accountIndex(target)) }
        for entry in transaction.accessList {
            let account = journal.accountIndex(entry.address)
            _ = journal.warmAccount(account)
            for slot in entry.slots { _ = journal.warmSlot(journal.slotIndex(slot, account)) }
        }
    }

    /// Applies the authorizations that are valid and skips the others (EIP-7702).
    private mutating func apply(_ authorizations: [Authorization]) {
        for authorization in authorizations {
            guard authorization.chainID.isZero || authorization.chainID == U256(block.chainID),
                authorization.nonce < .max, let authority = authorization.authority
            else { continue }
            let index = journal.loadedAccountIndex(authority)
            _ = journal.warmAccount(index)
            let body = code(of: index)
            guard body.pointee.size == 0 || body.pointee.isDelegation,
                journal.accounts[index].nonce == authorization.nonce
            else { continue }
            if journal.accounts[index].flags.contains(.exists) { journal.refund += 12_500 }
            journal.addFlags(.exists, index)
            let code = authorization.address == .zero ? [] : [0xef, 0x01, 0x00] + authorization.address.bytes
            journal.setCode(code, index)
            journal.setNonce(authorization.nonce + 1, index)
        }
    }

    /// The transaction's call.
    private mutating func callTop(
        sender: Int, senderWord: U256, _ target: Address, _ value: U256, _ data: [UInt8], gas: Int64
    ) -> (exit: FrameExit, gas: Int64) {
        let checkpoint = journal.checkpoint
        let index = journal.loadedAccountIndex(target)
        journal.addFlags(rules.hasEmptyAccountRule ? .touched : [.touched, .exists], index)
        if !value.isZero {
            journal.addFlags(.exists, index)
            journal.transfer(value, from: sender, to: index)
        }
        outputSize = 0
        let input = memoryRegion.base
        data.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { input.copyMemory(from: start, byteCount: bytes.count) }
        }
        memoryReach = data.count
        if let precompile = precompile(target.word) {
            let left = run(precompile, UnsafeRawBufferPointer(start: input, count: data.count), gas)
            if left < 0 {
                journal.revert(to: checkpoint)
                halt = .precompileFailed
                return (.halted, 0)
            }
            output = UnsafeRawPointer(returnData.base)
            outputSize = returnData.count
            return (.returned, left)
        }
        var body = code(of: index)
        if body.pointee.isDelegation && rules.hasDelegations {
            let delegate = journal.accountIndex(body.pointee.delegate)
            _ = journal.warmAccount(delegate)
            body = codeOfDelegate(delegate)
        }
        if body.pointee.size == 0 { return (.returned, gas) }
        prepare(body)
        push(
            body, gas: gas, input: UnsafeRawPointer(input), inputSize: data.count, account: index,
            address: target.word, caller: senderWord, value: value, isStatic: false, checkpoint: checkpoint)
        return run()
    }

    /// The transaction's creation.
    private mutating func createTop(
        sender: Int, _ address: Address, _ value: U256, _ initcode: [UInt8], gas: Int64
    ) -> (exit: FrameExit, gas: Int64) {
        outputSize = 0
        let index = journal.loadedAccountIndex(address)
        if rules.hasAccessLists { _ = journal.warmAccount(index) }
        if journal.isInUse(index) {
            halt = .addressInUse
            return (.halted, 0)
        }
        initcode.withUnsafeBytes {
            beginCreation(
                index, address: address, initcode: $0, gas: gas, creator: sender, creatorWord: origin, value: value)
        }
        return run()
    }

    /// Gives unused gas back and pays the fee recipient; the base fee is burnt.
    private mutating func settle(_ transaction: Transaction, _ sender: Int, price: U256, used: UInt64) {
        if !price.isZero {
            let back = U256(transaction.gasLimit &- used) &* price
            journal.setBalance(journal.accounts[sender].balance &+ back, sender)
        }
        // A session pays nothing, so the fee recipient is not even looked at.
        if transaction.kind == .session { return }
        let recipient = journal.accountIndex(block.feeRecipient)
        let isUnseen = !journal.accounts[recipient].flags.contains(.loaded)
        journal.load(recipient)
        let tip = rules.fork >= .london ? price &- block.baseFee : price
        let flags: AccountRecord.Flags = tip.isZero && rules.hasEmptyAccountRule ? .touched : [.touched, .exists]
        journal.addFlags(flags, recipient)
        let fee = U256(used) &* tip
        journal.setBalance(journal.accounts[recipient].balance &+ fee, recipient)
        if journal.affine.isActive, isUnseen, !fee.isZero, journal.accounts[recipient].flags.contains(.existedBefore) {
            journal.affine.noteFeeDelta()
        }
    }

    // MARK: Results

    private mutating func outcome(_ exit: FrameExit) -> Outcome {
        switch exit {
        case .returned: .success
        case .reverted: .reverted
        default: .halted(halt)
        }
    }

    private mutating func outputBytes() -> [UInt8] {
        outputSize == 0 ? [] : [UInt8](UnsafeRawBufferPointer(start: output, count: outputSize))
    }

    private mutating func emittedLogs() -> [EmittedLog] {
        if journal.logs.count == 0 { return [] }
        var logs: [EmittedLog] = []
        logs.reserveCapacity(journal.logs.count)
        for index in 0..<journal.logs.count {
            let record = journal.logs[index]
            let topics = LogTopics(record.topics, count: Int(record.topicCount))
            let data = UnsafeRawBufferPointer(start: journal.logBytes.base + record.dataStart, count: record.dataCount)
            logs.append(EmittedLog(address: record.address, topics: topics, data: [UInt8](data)))
        }
        return logs
    }

    /// What the transaction changed, in canonical order.
    mutating func diff() -> StateDiff { journal.diff(deletesEmpty: rules.hasEmptyAccountRule) }
}
