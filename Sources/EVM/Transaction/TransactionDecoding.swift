/// A field of a signed transaction.
public enum TransactionField: String, Sendable, CaseIterable {
    case envelope, chainID, nonce, gasPrice, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data
    case accessList, accessListAddress, accessListSlot, maxFeePerBlobGas, blobHashes, authorizations, v, r, s
}

/// Why bytes are no signed transaction.
public enum TransactionDecodingError: Error, Sendable, Equatable {
    /// The bytes are not canonical RLP of the kind's fields; the field is the first that is wrong.
    case malformed(RLPError, TransactionField)
    /// No bytes at all.
    case empty
    /// The first byte names no kind of transaction.
    case unknownKind(UInt8)
    /// The kind does not exist in the rules of the fork yet.
    case kindNotActive(TransactionKind, have: Fork, need: Fork)
    /// The recovery value is none of those that the kind allows.
    case recoveryValue(have: U256)
    /// Signed for another chain.
    case wrongChain(have: UInt64, need: UInt64)
    /// s is over half of the group's order (EIP-2).
    case highS(have: U256, maximum: U256)
    /// No key makes this signature.
    case signature
    /// The address of a call has neither 20 bytes nor none.
    case addressSize(have: Int, need: Int)
}

extension TransactionKind {
    /// The first fork whose blocks may hold the kind.
    public var activeFrom: Fork {
        switch self {
        case .legacy, .session: .frontier
        case .accessList: .berlin
        case .dynamicFee: .london
        case .blob: .cancun
        case .setCode: .prague
        }
    }
}

extension Transaction {
    /// Decodes a signed transaction (EIP-2718) as it is sent to a node, and recovers its sender.
    ///
    /// Blob transactions come without their blobs. The result is not checked against any state. One that was signed for
    /// another chain than `chainID` is refused before anything is recovered.
    public static func decode(
        _ bytes: [UInt8], fork: Fork = .osaka, chainID: UInt64? = nil
    ) throws(TransactionDecodingError) -> Transaction {
        guard let first = bytes.first else { throw .empty }
        let kind = first >= 0xc0 ? TransactionKind.legacy : TransactionKind(rawValue: first)
        guard let kind, kind != .session, first != 0 else { throw .unknownKind(first) }
        if fork < kind.activeFrom { throw .kindNotActive(kind, have: fork, need: kind.activeFrom) }
        var decoder = SignedTransactionDecoder(kind, bytes, chainID)
        do {
            return try decoder.transaction(fork)
        } catch let error as RLPError {
            throw .malformed(error, decoder.field)
        } catch let error as TransactionDecodingError {
            throw error
        } catch {
            preconditionFailure("the decoder throws nothing else")
        }
    }
}

/// Reads the fields of one signed transaction in their order.
private struct SignedTransactionDecoder {
    let kind: TransactionKind
    let bytes: [UInt8]
    var fields: RLPReader
    /// The chain that it must be signed for, where there is one.
    let chainID: UInt64?
    /// The field that is being read.
    var field = TransactionField.envelope

    init(_ kind: TransactionKind, _ bytes: [UInt8], _ chainID: UInt64?) {
        self.kind = kind
        self.chainID = chainID
        self.bytes = kind == .legacy ? bytes : Array(bytes[1...])
        fields = RLPReader(self.bytes)
    }

    mutating func transaction(_ fork: Fork) throws -> Transaction {
        var outer = fields
        fields = try outer.readList()
        try outer.finish()
        let contentStart = fields.position
        var transaction = Transaction(kind: kind, sender: .zero, nonce: nil, gasLimit: 0, to: nil)
        if kind != .legacy { transaction.chainID = try read(.chainID) { try $0.readUInt64() } }
        transaction.nonce = try read(.nonce) { try $0.readUInt64() }
        if kind == .legacy || kind == .accessList {
            transaction.gasPrice = try read(.gasPrice) { try $0.readNumber() }
        } else {
            transaction.maxPriorityFeePerGas = try read(.maxPriorityFeePerGas) { try $0.readNumber() }
            transaction.maxFeePerGas = try read(.maxFeePerGas) { try $0.readNumber() }
        }
        transaction.gasLimit = try read(.gasLimit) { try $0.readUInt64() }
        transaction.to = try readTarget()
        transaction.value = try read(.value) { try $0.readNumber() }
        transaction.data = Array(try read(.data) { try $0.readBytes() })
        if kind != .legacy { transaction.accessList = try readAccessList() }
        if kind == .blob {
            transaction.maxFeePerBlobGas = try read(.maxFeePerBlobGas) { try $0.readNumber() }
            field = .blobHashes
            var hashes = try fields.readList()
            while !hashes.isAtEnd { transaction.blobHashes.append(try hashes.readHash()) }
        }
        if kind == .setCode { transaction.authorizations = try readAuthorizations() }
        try recoverSender(of: &transaction, unsigned: bytes[contentStart..<fields.position], fork)
        return transaction
    }

    private mutating func read<Value>(
        _ field: TransactionField, _ body: (inout RLPReader) throws -> Value
    ) throws -> Value {
        self.field = field
        return try body(&fields)
    }

    private mutating func readTarget() throws -> Address? {
        field = .to
        let target = try fields.readBytes()
        if target.isEmpty { return nil }
        if target.count != 20 { throw TransactionDecodingError.addressSize(have: target.count, need: 20) }
        return Address(bytes: target)
    }

    private mutating func readAccessList() throws -> [AccessListEntry] {
        field = .accessList
        var list: [AccessListEntry] = []
        var entries = try fields.readList()
        while !entries.isAtEnd {
            field = .accessListAddress
            var entry = try entries.readList()
            let address = try entry.readAddress()
            var slots: [U256] = []
            field = .accessListSlot
            var words = try entry.readList()
            while !words.isAtEnd { slots.append(try words.readHash().word) }
            try entry.finish()
            list.append(AccessListEntry(address: address, slots: slots))
        }
        return list
    }

    private mutating func readAuthorizations() throws -> [Authorization] {
        field = .authorizations
        var list: [Authorization] = []
        var entries = try fields.readList()
        while !entries.isAtEnd {
            var entry = try entries.readList()
            let chainID = try entry.readNumber()
            let address = try entry.readAddress()
            let nonce = try entry.readUInt64()
            let yParity = try entry.readNumber()
            let r = try entry.readNumber()
            let s = try entry.readNumber()
            try entry.finish()
            list.append(
                Authorization(chainID: chainID, address: address, nonce: nonce, yParity: yParity, r: r, s: s))
        }
        return list
    }

    private mutating func recoverSender(
        of transaction: inout Transaction, unsigned: ArraySlice<UInt8>, _ fork: Fork
    ) throws {
        let v = try read(.v) { try $0.readNumber() }
        let r = try read(.r) { try $0.readNumber() }
        let s = try read(.s) { try $0.readNumber() }
        field = .envelope
        try fields.finish()
        var message = RLPWriter()
        let isOdd: Bool
        if kind == .legacy {
            var content = RLPWriter()
            content.appendEncoded(unsigned)
            if v == 27 || v == 28 {
                isOdd = v == 28
            } else {
                // EIP-155: v is 35 or 36 and twice the chain's id, which is signed too.
                guard fork >= .spuriousDragon, v >= 35, let number = v.asUInt64 else {
                    throw TransactionDecodingError.recoveryValue(have: v)
                }
                let chainID = (number - 35) / 2
                isOdd = (number - 35) % 2 == 1
                transaction.chainID = chainID
                content.append(chainID)
                content.append(0 as UInt64)
                content.append(0 as UInt64)
            }
            message.appendListHeader(contentCount: content.bytes.count)
            message.appendEncoded(content.bytes)
        } else {
            if v > 1 { throw TransactionDecodingError.recoveryValue(have: v) }
            isOdd = v == 1
            message.appendListHeader(contentCount: unsigned.count)
            message.appendEncoded(unsigned)
        }
        if let have = transaction.chainID, let chainID, have != chainID {
            throw TransactionDecodingError.wrongChain(have: have, need: chainID)
        }
        if fork >= .homestead && s > Secp256k1.halfOrder {
            throw TransactionDecodingError.highS(have: s, maximum: Secp256k1.halfOrder)
        }
        let hash = keccak256(kind == .legacy ? message.bytes : [kind.rawValue] + message.bytes)
        guard let sender = EVM.recoverSender(hash: hash, r: r, s: s, yParity: isOdd) else {
            throw TransactionDecodingError.signature
        }
        transaction.sender = sender
    }
}

extension Authorization {
    /// An authorization with its signature, from which the account that signed is recovered (EIP-7702).
    public init(chainID: U256, address: Address, nonce: UInt64, yParity: U256, r: U256, s: U256) {
        var message = RLPWriter()
        message.appendList { list in
            list.append(chainID)
            list.append(address)
            list.append(nonce)
        }
        let isPossible = yParity <= 1 && s <= Secp256k1.halfOrder
        let hash = keccak256([0x05] + message.bytes)
        self.init(
            chainID: chainID, address: address, nonce: nonce,
            authority: isPossible ? recoverSender(hash: hash, r: r, s: s, yParity: yParity == 1) : nil)
    }
}
