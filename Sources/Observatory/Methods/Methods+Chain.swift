internal import EVM
internal import History
internal import Ledger

extension RPCMethod {
    /// Who the server is, and what things cost.
    static let chain: [RPCMethod] = [
        RPCMethod("web3_clientVersion") { (service, _) throws(RPCError) in .string("Hoard/\(service.version)/swift") },
        RPCMethod("web3_sha3", ["data"]) { (_, given) throws(RPCError) in .hash(keccak256(try given.data(0))) },
        RPCMethod("net_version") { (service, _) throws(RPCError) in .string(String(service.genesis.chainID)) },
        RPCMethod("net_listening") { (_, _) throws(RPCError) in .bool(true) },
        RPCMethod("net_peerCount") { (_, _) throws(RPCError) in .quantity(0) },
        RPCMethod("eth_chainId") { (service, _) throws(RPCError) in .quantity(service.genesis.chainID) },
        RPCMethod("eth_syncing") { (_, _) throws(RPCError) in .bool(false) },
        RPCMethod("eth_accounts") { (_, _) throws(RPCError) in [] },
        RPCMethod("eth_blockNumber") { (service, _) throws(RPCError) in .quantity(service.history.head) },
        RPCMethod("eth_gasPrice") { (_, _) throws(RPCError) in .quantity(0) },
        RPCMethod("eth_maxPriorityFeePerGas") { (_, _) throws(RPCError) in .quantity(0) },
        RPCMethod("eth_blobBaseFee") { (_, _) throws(RPCError) in .quantity(1) },
        RPCMethod("eth_feeHistory", ["blockCount", "newestBlock", "rewardPercentiles"]) { (service, given) throws(RPCError) in
            try service.feeHistory(given)
        },
    ]
}

extension RPCService {
    func feeHistory(_ given: Parameters) throws(RPCError) -> JSON {
        let count = try Read.count(try given.required(0), "blockCount")
        guard count >= 1 else { throw .invalidParameters("blockCount must be 1 or more") }
        let newest = try number(of: BlockTag(given[1], "newestBlock"))
        let head = history.head
        guard newest <= head else { throw .server("request beyond head block: \(newest) is behind \(head)") }
        var percentiles: [Double] = []
        if let wanted = given[2] {
            guard case .array(let values) = wanted else { throw Read.wrong("rewardPercentiles", "an array", wanted) }
            for value in values {
                guard case .number(let text) = value, let share = Double(text), 0...100 ~= share,
                    percentiles.last.map({ $0 <= share }) ?? true
                else { throw Read.wrong("rewardPercentiles", "rising numbers from 0 to 100", value) }
                percentiles.append(share)
            }
        }
        let blocks = min(count, limits.feeHistoryBlocksMax, newest + 1)
        let first = newest + 1 - blocks
        var ratios: [JSON] = []
        for number in first...newest {
            let used = try RPCError.reading { () throws(HistoryError) in try history.block(number)?.header.gasUsed } ?? 0
            ratios.append(.double(Double(used) / Double(max(genesis.gasLimit, used))))
        }
        let zeros = JSON.array(Array(repeating: .quantity(0), count: Int(blocks) + 1))
        var answer: [(name: String, value: JSON)] = [
            ("oldestBlock", .quantity(first)), ("baseFeePerGas", zeros), ("gasUsedRatio", .array(ratios)),
            ("baseFeePerBlobGas", zeros), ("blobGasUsedRatio", .array(Array(repeating: .number("0"), count: Int(blocks)))),
        ]
        if !percentiles.isEmpty {
            let row = JSON.array(percentiles.map { _ in .quantity(0) })
            answer.append(("reward", .array(Array(repeating: row, count: Int(blocks)))))
        }
        return .object(answer)
    }
}
