internal import EVM

/// Which of the optional fields an encoded transaction has.
private enum FieldFlags {
    static let nonce: UInt8 = 1
    static let to: UInt8 = 2
    static let value: UInt8 = 4
    static let chainID: UInt8 = 8
    static let fees: UInt8 = 16
    static let lists: UInt8 = 32
    static let all: UInt8 = 63
}

extension ByteBuffer {
    /// Appends the canonical encoding of a transaction: kind, flags, sender, gas limit, what the flags name, data.
    mutating func append(_ transaction: Transaction) {
        var flags: UInt8 = 0
        if transaction.nonce != nil { flags |= FieldFlags.nonce }
        if transaction.to != nil { flags |= FieldFlags.to }
        if !transaction.value.isZero { flags |= FieldFlags.value }
        if transaction.chainID != nil { flags |= FieldFlags.chainID }
        if transaction.hasFees { flags |= FieldFlags.fees }
        if transaction.hasLists { flags |= FieldFlags.lists }
        append(transaction.kind.rawValue)
        append(flags)
        append(transaction.sender)
        append(variable: transaction.gasLimit)
        if let nonce = transaction.nonce { append(variable: nonce) }
        if let to = transaction.to { append(to) }
        if flags & FieldFlags.value != 0 { append(transaction.value) }
        if let chainID = transaction.chainID { append(variable: chainID) }
        if flags & FieldFlags.fees != 0 {
            append(transaction.gasPrice)
            append(transaction.maxFeePerGas)
            append(transaction.maxPriorityFeePerGas)
            append(transaction.maxFeePerBlobGas)
        }
        if flags & FieldFlags.lists != 0 { appendLists(of: transaction) }
        append(counted: transaction.data)
    }

    private mutating func appendLists(of transaction: Transaction) {
        append(variable: UInt64(transaction.accessList.count))
        for entry in transaction.accessList {
            append(entry.address)
            append(variable: UInt64(entry.slots.count))
            for slot in entry.slots { append(slot) }
        }
        append(variable: UInt64(transaction.blobHashes.count))
        for hash in transaction.blobHashes { append(hash.word) }
        append(variable: UInt64(transaction.authorizations.count))
        for authorization in transaction.authorizations {
            append(authorization.chainID)
            append(authorization.address)
            append(variable: authorization.nonce)
            append(authorization.authority == nil ? UInt8(0) : 1)
            if let authority = authorization.authority { append(authority) }
        }
    }
}

extension Transaction {
    fileprivate var hasFees: Bool {
        if hasNoTypedFields { return !gasPrice.isZero }
        return !(gasPrice.isZero && maxFeePerGas.isZero && maxPriorityFeePerGas.isZero && maxFeePerBlobGas.isZero)
    }

    fileprivate var hasLists: Bool { !hasNoTypedFields && !(accessList.isEmpty && blobHashes.isEmpty && authorizations.isEmpty) }

    /// An upper bound of the encoding's length.
    var encodedBytesMax: Int {
        if hasNoTypedFields { return data.count + 320 }
        var bytes = data.count + 320 + blobHashes.count * 32 + authorizations.count * 83
        for entry in accessList { bytes += 30 + entry.slots.count * 32 }
        return bytes
    }
}

extension ByteReader {
    /// Reads what `append(_: Transaction)` wrote.
    mutating func transaction() throws(CodingError) -> Transaction {
        guard let kind = TransactionKind(rawValue: try byte()) else {
            throw CodingError(offset: offset - 1, expected: "a kind of transaction")
        }
        let flags = try byte()
        guard flags & ~FieldFlags.all == 0 else { throw CodingError(offset: offset - 1, expected: "known flags") }
        let sender = try address()
        let gasLimit = try variable()
        let nonce: UInt64? = flags & FieldFlags.nonce != 0 ? try variable() : nil
        let to: Address? = flags & FieldFlags.to != 0 ? try address() : nil
        var transaction = Transaction(kind: kind, sender: sender, nonce: nonce, gasLimit: gasLimit, to: to)
        if flags & FieldFlags.value != 0 { transaction.value = try word() }
        if flags & FieldFlags.chainID != 0 { transaction.chainID = try variable() }
        if flags & FieldFlags.fees != 0 {
            transaction.gasPrice = try word()
            transaction.maxFeePerGas = try word()
            transaction.maxPriorityFeePerGas = try word()
            transaction.maxFeePerBlobGas = try word()
        }
        if flags & FieldFlags.lists != 0 { try lists(of: &transaction) }
        transaction.data = try counted()
        return transaction
    }

    private mutating func lists(of transaction: inout Transaction) throws(CodingError) {
        for _ in 0..<(try count(bytesEach: 21)) {
            let address = try address()
            var slots: [U256] = []
            for _ in 0..<(try count(bytesEach: 32)) { slots.append(try word()) }
            transaction.accessList.append(AccessListEntry(address: address, slots: slots))
        }
        for _ in 0..<(try count(bytesEach: 32)) { transaction.blobHashes.append(try digest()) }
        for _ in 0..<(try count(bytesEach: 54)) {
            let chainID = try word()
            let address = try address()
            let nonce = try variable()
            let authority: Address? = try byte() == 0 ? nil : try self.address()
            transaction.authorizations.append(
                Authorization(chainID: chainID, address: address, nonce: nonce, authority: authority))
        }
    }
}
