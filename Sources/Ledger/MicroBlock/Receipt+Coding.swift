internal import EVM

private let haltedBase: UInt8 = 16

extension ByteBuffer {
    /// What the encoding of a receipt begins with where the operation took effect.
    static let successCode: UInt8 = 0

    /// Appends the canonical encoding of a receipt: outcome, gas, created address, output, logs.
    mutating func append(_ receipt: Receipt) {
        switch receipt.outcome {
        case .success: append(Self.successCode)
        case .reverted: append(UInt8(1))
        case .halted(let halt): append(haltedBase + halt.rawValue)
        }
        append(variable: receipt.gasUsed)
        if let created = receipt.createdAddress {
            append(UInt8(1))
            append(created)
        } else {
            append(UInt8(0))
        }
        append(counted: receipt.output)
        append(variable: UInt64(receipt.logs.count))
        for log in receipt.logs {
            append(log.address)
            append(UInt8(truncatingIfNeeded: log.topics.count))
            for topic in log.topics { append(minimal: topic) }
            append(counted: log.data)
        }
    }

    /// Appends the canonical encoding of a write set; slots of one account stand together behind its address.
    mutating func append(_ diff: StateDiff) {
        append(variable: UInt64(diff.accounts.count))
        for change in diff.accounts {
            append(change.address)
            var flags: UInt8 = change.account == nil ? 0 : 1
            if change.codeWritten != nil { flags |= 2 }
            if change.storageCleared { flags |= 4 }
            let hasCode = change.account.map { $0.codeHash != .emptyCode } ?? false
            if hasCode { flags |= 8 }
            append(flags)
            if let account = change.account {
                append(variable: account.nonce)
                append(minimal: account.balance)
                if hasCode { append(account.codeHash.word) }
            }
            if let code = change.codeWritten { append(counted: code) }
        }
        append(variable: UInt64(diff.storage.count))
        var last: Address?
        for change in diff.storage {
            if change.address == last {
                append(UInt8(0))
            } else {
                append(UInt8(1))
                append(change.address)
                last = change.address
            }
            append(change.slot)
            append(minimal: change.value)
        }
    }
}

extension ByteReader {
    /// Reads what `append(_: StateDiff)` wrote, change by change.
    mutating func diff(
        account: (AccountChange) -> Void, slot: (_ address: Address, _ slot: U256, _ value: U256) -> Void
    ) throws(CodingError) {
        for _ in 0..<(try count(bytesEach: 21)) {
            let address = try address()
            let flags = try byte()
            var change = AccountChange(address: address, account: nil, storageCleared: flags & 4 != 0)
            if flags & 1 != 0 {
                let nonce = try variable()
                let balance = try minimalWord()
                change.account = AccountState(
                    nonce: nonce, balance: balance, codeHash: flags & 8 != 0 ? try digest() : .emptyCode)
            }
            if flags & 2 != 0 { change.codeWritten = try counted() }
            account(change)
        }
        var owner: Address?
        for _ in 0..<(try count(bytesEach: 34)) {
            if try byte() != 0 { owner = try address() }
            guard let owner else { throw CodingError(offset: offset, expected: "the address of the first slot") }
            slot(owner, try word(), try minimalWord())
        }
    }

    /// Passes over what `append(_: Receipt)` wrote; whether the operation succeeded.
    mutating func skipReceipt() throws(CodingError) -> Bool {
        let succeeded = try byte() == ByteBuffer.successCode
        _ = try variable()
        if try byte() != 0 { _ = try address() }
        _ = try countedView()
        for _ in 0..<(try count(bytesEach: 22)) {
            _ = try address()
            for _ in 0..<(try byte()) { _ = try minimalWord() }
            _ = try countedView()
        }
        return succeeded
    }

    private mutating func outcome() throws(CodingError) -> Outcome {
        let code = try byte()
        switch code {
        case ByteBuffer.successCode: return .success
        case 1: return .reverted
        default:
            guard code >= haltedBase, let halt = Halt(rawValue: code - haltedBase) else {
                throw CodingError(offset: offset - 1, expected: "an outcome")
            }
            return .halted(halt)
        }
    }

    /// Reads of what `append(_: Receipt)` wrote outcome and gas; of an operation that took effect the last log with this
    /// first topic and so many topics, of any other the output.
    mutating func receipt(withLog topic: U256, topicCount: Int) throws(CodingError) -> Receipt {
        var receipt = Receipt(outcome: try outcome(), gasUsed: try variable())
        if try byte() != 0 { _ = try address() }
        guard receipt.succeeded else {
            receipt.output = try counted()
            return receipt
        }
        _ = try countedView()
        var found: (address: Address, topics: LogTopics, data: UnsafeRawBufferPointer)?
        for _ in 0..<(try count(bytesEach: 22)) {
            let address = try address()
            let topics = try topics()
            let data = try countedView()
            if topics.count == topicCount, topics.first == topic { found = (address, topics, data) }
        }
        if let found {
            receipt.logs = [EmittedLog(address: found.address, topics: found.topics, data: [UInt8](found.data))]
        }
        return receipt
    }

    private mutating func topics() throws(CodingError) -> LogTopics {
        let count = Int(try byte())
        guard count <= 4 else { throw CodingError(offset: offset - 1, expected: "at most 4 topics") }
        var topics = LogTopics()
        for _ in 0..<count { topics.append(try minimalWord()) }
        return topics
    }

    /// Reads what `append(_: Receipt)` wrote.
    mutating func receipt() throws(CodingError) -> Receipt {
        var receipt = Receipt(outcome: try outcome(), gasUsed: try variable())
        if try byte() != 0 { receipt.createdAddress = try address() }
        receipt.output = try counted()
        let logCount = try count(bytesEach: 22)
        receipt.logs.reserveCapacity(logCount)
        for _ in 0..<logCount {
            receipt.logs.append(EmittedLog(address: try address(), topics: try topics(), data: try counted()))
        }
        return receipt
    }
}
