internal import EVM
internal import History
internal import Ledger

extension RPCMethod {
    /// Blocks, transactions, receipts, logs.
    static let blocks: [RPCMethod] = [
        RPCMethod("eth_getBlockByNumber", ["block", "withTransactions"]) { (service, given) throws(RPCError) in
            let tag = try BlockTag(try given.required(0), "block")
            return try service.blockAnswer(tag, full: try given.bool(1, default: false))
        },
        RPCMethod("eth_getBlockByHash", ["hash", "withTransactions"]) { (service, given) throws(RPCError) in
            try service.blockAnswer(.hash(try given.hash(0)), full: try given.bool(1, default: false))
        },
        RPCMethod("eth_getBlockTransactionCountByNumber", ["block"]) { (service, given) throws(RPCError) in
            guard let block = try service.block(BlockTag(given[0], "block")) else { return .null }
            return .quantity(UInt64(block.header.operationCount))
        },
        RPCMethod("eth_getBlockTransactionCountByHash", ["hash"]) { (service, given) throws(RPCError) in
            guard let block = try service.block(.hash(try given.hash(0))) else { return .null }
            return .quantity(UInt64(block.header.operationCount))
        },
        RPCMethod("eth_getUncleCountByBlockNumber", ["block"]) { (_, _) throws(RPCError) in .quantity(0) },
        RPCMethod("eth_getTransactionByHash", ["hash"]) { (service, given) throws(RPCError) in
            guard let found = try service.transaction(try given.hash(0)) else { return .null }
            return try service.transactionJSON(found.block, found.block.entries[found.place])
        },
        RPCMethod("eth_getTransactionByBlockNumberAndIndex", ["block", "index"]) { (service, given) throws(RPCError) in
            try service.transactionAnswer(BlockTag(given[0], "block"), try given.required(1))
        },
        RPCMethod("eth_getTransactionByBlockHashAndIndex", ["hash", "index"]) { (service, given) throws(RPCError) in
            try service.transactionAnswer(.hash(try given.hash(0)), try given.required(1))
        },
        RPCMethod("eth_getRawTransactionByHash", ["hash"]) { (service, given) throws(RPCError) in
            guard let found = try service.transaction(try given.hash(0)),
                let raw = service.history.signedBytes(of: found.block.entries[found.place].entry)
            else { return .null }
            return .data(raw)
        },
        RPCMethod("eth_getTransactionReceipt", ["hash"]) { (service, given) throws(RPCError) in
            guard let found = try service.transaction(try given.hash(0)) else { return .null }
            return service.receiptJSON(found.block, found.block.entries[found.place])
        },
        RPCMethod("eth_getBlockReceipts", ["block"]) { (service, given) throws(RPCError) in
            guard let block = try service.block(BlockTag(given[0], "block")) else { return .null }
            return .array(block.entries.map { service.receiptJSON(block, $0) })
        },
        RPCMethod("eth_getLogs", ["filter"]) { (service, given) throws(RPCError) in
            let query = try LogQuery(try given.required(0), "filter")
            return .array(try service.logs(query).map(service.logJSON))
        },
    ]
}

extension RPCService {
    /// The number that a tag means.
    func number(of tag: BlockTag) throws(RPCError) -> UInt64 {
        switch tag {
        case .number(let number): return number
        case .latest: return history.head
        case .anchored: return history.lastAnchor?.block ?? ledger.status.anchor?.block ?? 0
        case .earliest: return 0
        case .hash(let hash):
            if hash == history.worldID { return 0 }
            guard let block = try RPCError.reading({ () throws(HistoryError) in try history.block(digest: hash) }) else {
                throw .notFound("there is no block \("0x" + hexDigits(of: hash.bytes))")
            }
            return block.number
        }
    }

    /// The block that a tag means; nil for block 0 and for what is not there.
    func block(_ tag: BlockTag) throws(RPCError) -> HistoryBlock? {
        if case .hash(let hash) = tag {
            return try RPCError.reading { () throws(HistoryError) in try history.block(digest: hash) }
        }
        let number = try number(of: tag)
        return try RPCError.reading { () throws(HistoryError) in try history.block(number) }
    }

    func blockAnswer(_ tag: BlockTag, full: Bool) throws(RPCError) -> JSON {
        if tag == .hash(history.worldID) { return genesisJSON() }
        if case .hash = tag {} else if try number(of: tag) == 0 { return genesisJSON() }
        guard let block = try block(tag) else { return .null }
        return try blockJSON(block, full: full)
    }

    /// The hash by which a transaction is asked for begins with its operation id; the rest must be right too.
    func transaction(_ hash: Hash256) throws(RPCError) -> (block: HistoryBlock, place: Int)? {
        let id = History.operationID(ofHash: hash)
        guard let found = try RPCError.reading({ () throws(HistoryError) in try history.place(of: id) }) else { return nil }
        return history.hash(of: found.block.entries[found.place].entry) == hash ? found : nil
    }

    func transactionAnswer(_ tag: BlockTag, _ index: JSON) throws(RPCError) -> JSON {
        let place = try Read.number(index, "index")
        guard let block = try block(tag), place < UInt64(block.header.operationCount) else { return .null }
        return try transactionJSON(block, block.entries[Int(place)])
    }

    // MARK: JSON

    /// The fields of a header as nodes give them. The hash is the ledger's own digest, SHA-256; the roots of transactions and
    /// receipts are the digests that the ledger's header has in their place; the state has a root where there is an anchor.
    func headerJSON(_ block: HistoryBlock) -> [(name: String, value: JSON)] {
        headerJSON(
            block.header, hash: block.digest, bloom: block.bloom,
            size: UInt64(block.operations.count + block.results.count + 189))
    }

    private func headerJSON(
        _ header: MicroBlockHeader?, hash: Hash256, bloom: LogsBloom, size: UInt64
    ) -> [(name: String, value: JSON)] {
        let number = header?.number ?? 0
        let milliseconds = header?.timestampMilliseconds ?? genesis.timestampMilliseconds
        let gasUsed = header?.gasUsed ?? 0
        let root = number == 0 ? nil : history.anchor(at: number)?.stateRoot
        return [
            ("number", .quantity(number)), ("hash", .hash(hash)), ("parentHash", .hash(header?.parent ?? .zero)),
            ("sha3Uncles", .hash(BlockHeader.noUncles)), ("logsBloom", .data(bloom.bytes)),
            ("transactionsRoot", .hash(header?.transactionsDigest ?? .emptyTrie)),
            ("stateRoot", .hash(root ?? .zero)), ("receiptsRoot", .hash(header?.resultsDigest ?? .emptyTrie)),
            ("miner", .address(.zero)), ("difficulty", .quantity(0)), ("totalDifficulty", .quantity(0)),
            ("extraData", .string("0x")), ("size", .quantity(size)),
            ("gasLimit", .quantity(max(genesis.gasLimit, gasUsed))), ("gasUsed", .quantity(gasUsed)),
            ("timestamp", .quantity(milliseconds / 1_000)), ("baseFeePerGas", .quantity(0)),
            ("mixHash", .hash(header?.prevrandao ?? .zero)), ("nonce", "0x0000000000000000"),
            ("withdrawalsRoot", .hash(.emptyTrie)), ("blobGasUsed", .quantity(0)), ("excessBlobGas", .quantity(0)),
            ("parentBeaconBlockRoot", .hash(.zero)), ("requestsHash", .hash(Self.noRequests)),
            ("timestampMilliseconds", .quantity(milliseconds)),
        ]
    }

    /// SHA-256 of nothing: a block without requests (EIP-7685).
    private static let noRequests = sha256([])

    func blockJSON(_ block: HistoryBlock, full: Bool) throws(RPCError) -> JSON {
        var transactions: [JSON] = []
        let entries = block.entries
        if full {
            transactions = try transactionsJSON(block, entries)
        } else {
            for entry in entries { transactions.append(.hash(history.hash(of: entry.entry))) }
        }
        return .object(
            headerJSON(block) + [("uncles", []), ("withdrawals", []), ("transactions", .array(transactions))])
    }

    func genesisJSON() -> JSON {
        .object(
            headerJSON(nil, hash: history.worldID, bloom: LogsBloom(), size: 0)
                + [("uncles", []), ("withdrawals", []), ("transactions", [])])
    }

    func transactionJSON(_ block: HistoryBlock, _ entry: HistoryEntry) throws(RPCError) -> JSON {
        try transactionsJSON(block, [entry])[0]
    }

    /// Transactions of a block; what each sender had sent before is looked up for all of them together.
    func transactionsJSON(_ block: HistoryBlock, _ entries: [HistoryEntry]) throws(RPCError) -> [JSON] {
        let nonces = try RPCError.reading { () throws(HistoryError) in try history.nonces(of: entries.map(\.entry)) }
        return zip(entries, nonces).map { transactionJSON(block, $0, nonce: $1) }
    }

    private func transactionJSON(_ block: HistoryBlock, _ entry: HistoryEntry, nonce: UInt64) -> JSON {
        let transaction = entry.entry.transaction
        let signature = signature(of: entry.entry)
        let isSession = transaction.kind == .session
        var members: [(name: String, value: JSON)] = [
            ("blockHash", .hash(block.digest)), ("blockNumber", .quantity(block.number)),
            ("transactionIndex", .quantity(UInt64(entry.entry.index))), ("hash", .hash(history.hash(of: entry.entry))),
            ("from", .address(transaction.sender)), ("to", .address(transaction.to)),
            ("type", .quantity(UInt64(isSession ? 0 : transaction.kind.rawValue))), ("nonce", .quantity(nonce)),
            ("gas", .quantity(transaction.gasLimit)), ("gasPrice", .quantity(gasPrice(transaction))),
            ("value", .quantity(transaction.value)), ("input", .data(transaction.data)),
            ("v", .quantity(signature.v)), ("r", .quantity(signature.r)), ("s", .quantity(signature.s)),
            ("chainId", isSession || transaction.chainID == nil ? .null : .quantity(transaction.chainID ?? 0)),
            ("operationId", .string("0x" + entry.entry.id.hex)), ("isSession", .bool(isSession)),
        ]
        if transaction.kind.rawValue >= 1, !isSession {
            members.append(("accessList", accessListJSON(transaction.accessList)))
            members.append(("yParity", .quantity(signature.v)))
        }
        if transaction.kind.rawValue >= 2, !isSession {
            members.append(("maxFeePerGas", .quantity(transaction.maxFeePerGas)))
            members.append(("maxPriorityFeePerGas", .quantity(transaction.maxPriorityFeePerGas)))
        }
        return .object(members)
    }

    func accessListJSON(_ list: [AccessListEntry]) -> JSON {
        .array(list.map { ["address": .address($0.address), "storageKeys": .array($0.slots.map { .word($0) })] })
    }

    /// What a unit of gas has cost: there is no base fee.
    private func gasPrice(_ transaction: Transaction) -> U256 {
        switch transaction.kind {
        case .legacy, .accessList, .session: transaction.gasPrice
        case .dynamicFee, .blob, .setCode: min(transaction.maxFeePerGas, transaction.maxPriorityFeePerGas)
        }
    }

    /// The signature of a transaction whose signed bytes are known; zeros for a session's.
    private func signature(of entry: LedgerEntry) -> TransactionSignature {
        let none = TransactionSignature(v: .zero, r: .zero, s: .zero)
        guard let raw = history.signedBytes(of: entry), let first = raw.first,
            case .list(let items)? = try? RLP.decode(first >= 0xc0 ? raw : Array(raw[1...])), items.count >= 3
        else { return none }
        let numbers = items.suffix(3).map { item in
            if case .bytes(let bytes) = item { U256(bigEndian: bytes) } else { U256.zero }
        }
        return TransactionSignature(v: numbers[0], r: numbers[1], s: numbers[2])
    }

    func receiptJSON(_ block: HistoryBlock, _ entry: HistoryEntry) -> JSON {
        let transaction = entry.entry.transaction
        let receipt = entry.entry.receipt
        let hash = history.hash(of: entry.entry)
        let logs = receipt.logs.indices.map { place in
            logJSON(FoundLog(block: block, entry: entry, place: place), hash: hash)
        }
        var members: [(name: String, value: JSON)] = [
            ("transactionHash", .hash(hash)), ("transactionIndex", .quantity(UInt64(entry.entry.index))),
            ("blockHash", .hash(block.digest)), ("blockNumber", .quantity(block.number)),
            ("from", .address(transaction.sender)), ("to", .address(transaction.to)),
            ("cumulativeGasUsed", .quantity(entry.cumulativeGas)), ("gasUsed", .quantity(receipt.gasUsed)),
            ("contractAddress", .address(receipt.createdAddress)), ("logs", .array(logs)),
            ("logsBloom", .data(receipt.logsBloom.bytes)),
            ("type", .quantity(UInt64(transaction.kind == .session ? 0 : transaction.kind.rawValue))),
            ("status", .quantity(receipt.succeeded ? 1 : 0)), ("effectiveGasPrice", .quantity(gasPrice(transaction))),
            ("operationId", .string("0x" + entry.entry.id.hex)),
        ]
        if case .reverted = receipt.outcome { members.append(("revertReason", .data(receipt.output))) }
        if case .halted(let halt) = receipt.outcome { members.append(("haltReason", .string("\(halt)"))) }
        return .object(members)
    }

    func logJSON(_ found: FoundLog) -> JSON { logJSON(found, hash: history.hash(of: found.entry.entry)) }

    private func logJSON(_ found: FoundLog, hash: Hash256) -> JSON {
        let log = found.log
        return [
            "address": .address(log.address), "topics": .array(log.topics.map { .word($0) }), "data": .data(log.data),
            "blockNumber": .quantity(found.block.number), "blockHash": .hash(found.digest),
            "blockTimestamp": .quantity(found.block.timestampMilliseconds / 1_000),
            "transactionHash": .hash(hash), "transactionIndex": .quantity(UInt64(found.entry.entry.index)),
            "logIndex": .quantity(UInt64(found.index)), "removed": .bool(false),
        ]
    }

    /// The wanted logs of a range.
    func logs(_ query: LogQuery) throws(RPCError) -> [FoundLog] {
        if let hash = query.blockHash {
            guard let block = try block(.hash(hash)) else { throw .notFound("there is no block of this hash") }
            return block.logs(query.filter)
        }
        let head = history.head
        let first = try number(of: query.from)
        let last = try number(of: query.to)
        guard first <= last else { throw .invalidParameters("fromBlock \(first) is behind toBlock \(last)") }
        return try RPCError.reading { () throws(HistoryError) in
            try history.logs(query.filter, from: first, to: min(last, head))
        }
    }
}

/// A question for logs as clients write it.
struct LogQuery: Sendable {
    var from: BlockTag
    var to: BlockTag
    var blockHash: Hash256?
    var filter = LogFilter()

    init(_ json: JSON, _ name: String) throws(RPCError) {
        guard case .object = json else { throw Read.wrong(name, "an object", json) }
        from = try BlockTag(json["fromBlock"], name + ".fromBlock")
        to = try BlockTag(json["toBlock"], name + ".toBlock")
        if let hash = json["blockHash"], hash != .null {
            guard json["fromBlock"] == nil, json["toBlock"] == nil else {
                throw .invalidParameters("\(name) names blockHash and a range; only one is allowed")
            }
            blockHash = try Read.hash(hash, name + ".blockHash")
        }
        switch json["address"] {
        case nil, .null: break
        case .array(let addresses):
            for address in addresses { filter.addresses.insert(try Read.address(address, name + ".address")) }
        case .some(let address): filter.addresses.insert(try Read.address(address, name + ".address"))
        }
        switch json["topics"] {
        case nil, .null: break
        case .array(let topics):
            guard topics.count <= 4 else { throw .invalidParameters("\(name).topics has \(topics.count) places; at most 4") }
            for topic in topics { filter.topics.append(try Self.topic(topic, name + ".topics")) }
        case .some(let other): throw Read.wrong(name + ".topics", "an array", other)
        }
        guard filter.addresses.count <= 1_000, filter.topics.allSatisfy({ ($0?.count ?? 0) <= 1_000 }) else {
            throw .limit("more than 1000 addresses or topics in \(name)")
        }
    }

    private static func topic(_ json: JSON, _ name: String) throws(RPCError) -> Set<U256>? {
        switch json {
        case .null: return nil
        case .array(let choices):
            var words: Set<U256> = []
            for choice in choices {
                if choice == .null { return nil }
                words.insert(try Read.hash(choice, name).word)
            }
            return words.isEmpty ? nil : words
        default: return [try Read.hash(json, name).word]
        }
    }
}
