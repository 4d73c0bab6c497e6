import EVM
import Economy
import Foundation
import Gateway
import History
import Ledger
import Proofs
import Testing
import Wire

@testable import Observatory

/// Every method answers, on a world with a grant, a transfer, a refused transfer and a signed transaction.
struct MethodTests {
    /// Signed with the key 0x42…42 for chain 31337: nonce 0 and 1, gas price 0, to 0x…aa, no data.
    static let sender = "0x6f4c950442e1af093bcff730381e63ae9171b87a"

    /// What a played world has: the names that parameters and expectations use.
    private struct Played {
        var names: [String: String]

        func filled(_ text: String) -> String {
            names.reduce(text) { $0.replacingOccurrences(of: "<\($1.key)>", with: $1.value) }
        }
    }

    private static func play(_ world: ObservedWorld) throws -> Played {
        let grant = try world.grant(1_000, to: "ann")
        let transfer = try world.transfer(7, from: "ann", to: "bob")
        try world.transfer(1_000_000, from: "bob", to: "cleo")
        for _ in 0..<1_500 where world.observatory.history.indexedBlock < world.gateway.ledgerStatus.blocks { usleep(20_000) }
        let history = world.observatory.history
        let found = try #require(try history.place(of: transfer.id))
        let entry = found.block.entries[found.place].entry
        let gold = try #require(world.game.contracts["gold"])
        return Played(names: [
            "ann": NamedAccount.player("ann").hex, "bob": NamedAccount.player("bob").hex, "gold": gold.hex,
            "id": transfer.id.hex, "grant": grant.id.hex, "block": "0x" + String(found.block.number, radix: 16),
            "hash": "0x" + hexDigits(of: found.block.digest.bytes),
            "transaction": "0x" + hexDigits(of: history.hash(of: entry).bytes),
            "input": "0x" + hexDigits(of: entry.transaction.data), "place": "0x" + String(found.place, radix: 16),
            "zero": "0x" + String(repeating: "0", count: 40),
        ])
    }

    /// Method, parameters, and words that its result holds.
    static let table: [(method: String, parameters: String, words: [String])] = [
        ("web3_clientVersion", "[]", ["Hoard/"]),
        ("web3_sha3", "[\"0x\"]", ["0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"]),
        ("net_version", "[]", ["31337"]), ("net_listening", "[]", ["true"]), ("net_peerCount", "[]", ["0x0"]),
        ("eth_chainId", "[]", ["0x7a69"]), ("eth_syncing", "[]", ["false"]), ("eth_accounts", "[]", ["[]"]),
        ("eth_blockNumber", "[]", ["0x"]), ("eth_gasPrice", "[]", ["0x0"]), ("eth_maxPriorityFeePerGas", "[]", ["0x0"]),
        ("eth_blobBaseFee", "[]", ["0x1"]),
        ("eth_feeHistory", "[\"0x2\",\"latest\",[10,90]]", ["oldestBlock", "\"reward\"", "gasUsedRatio"]),
        ("eth_getBlockByNumber", "[\"<block>\",false]", ["<hash>", "<transaction>", "logsBloom"]),
        ("eth_getBlockByNumber", "[\"<block>\",true]", ["<hash>", "\"input\":\"<input>\"", "\"operationId\":\"0x<id>\""]),
        ("eth_getBlockByNumber", "[\"earliest\",false]", ["\"number\":\"0x0\""]),
        ("eth_getBlockByNumber", "[\"0xffffff\",false]", ["null"]),
        ("eth_getBlockByHash", "[\"<hash>\",false]", ["\"number\":\"<block>\""]),
        ("eth_getBlockTransactionCountByNumber", "[\"<block>\"]", ["0x1"]),
        ("eth_getBlockTransactionCountByHash", "[\"<hash>\"]", ["0x1"]), ("eth_getUncleCountByBlockNumber", "[\"latest\"]", ["0x0"]),
        ("eth_getTransactionByHash", "[\"<transaction>\"]", ["<hash>", "\"from\":\"<ann>\"", "\"nonce\":\"0x0\""]),
        ("eth_getTransactionByBlockNumberAndIndex", "[\"<block>\",\"<place>\"]", ["<transaction>"]),
        ("eth_getTransactionByBlockHashAndIndex", "[\"<hash>\",\"<place>\"]", ["<transaction>"]),
        ("eth_getRawTransactionByHash", "[\"<transaction>\"]", ["null"]),
        ("eth_getTransactionReceipt", "[\"<transaction>\"]", ["\"status\":\"0x1\"", "<hash>", "\"address\":\"<gold>\""]),
        ("eth_getBlockReceipts", "[\"<block>\"]", ["<transaction>"]),
        ("eth_getLogs", "[{\"fromBlock\":\"0x1\",\"address\":\"<gold>\"}]", ["<transaction>", "\"removed\":false"]),
        ("eth_getLogs", "[{\"blockHash\":\"<hash>\"}]", ["<transaction>"]),
        ("eth_getBalance", "[\"<ann>\",\"latest\"]", ["0x0"]), ("eth_getTransactionCount", "[\"<ann>\",\"latest\"]", ["0x1"]),
        ("eth_getTransactionCount", "[\"<ann>\",\"earliest\"]", ["0x0"]), ("eth_getTransactionCount", "[\"<ann>\",\"0x1\"]", ["0x0"]),
        ("eth_getCode", "[\"<gold>\",\"latest\"]", ["0x"]), ("eth_getCode", "[\"<gold>\",\"finalized\"]", ["0x"]),
        ("eth_getStorageAt", "[\"<gold>\",\"0x0\",\"latest\"]", ["0x"]),
        ("eth_getProof", "[\"<gold>\",[\"0x0\"],\"latest\"]", ["accountProof", "storageProof", "stateRoot"]),
        ("eth_call", "[{\"from\":\"<ann>\",\"to\":\"<gold>\",\"data\":\"0x70a08231000000000000000000000000<bobDigits>\"},\"latest\"]", ["0000000007"]),
        (
            "eth_call",
            "[{\"to\":\"<zero>\"},\"latest\",{\"<zero>\":{\"code\":\"0x60005460005260206000f3\",\"stateDiff\":{\"0x0\":\"0x2a\"}}}]",
            ["000000000000002a"]
        ),
        ("eth_estimateGas", "[{\"from\":\"<ann>\",\"to\":\"<gold>\",\"data\":\"<input>\"}]", ["0x"]),
        ("eth_createAccessList", "[{\"from\":\"<ann>\",\"to\":\"<gold>\",\"data\":\"<input>\"}]", ["\"address\":\"<gold>\"", "storageKeys", "gasUsed"]),
        ("eth_newFilter", "[{\"address\":\"<gold>\"}]", ["0x"]), ("eth_newBlockFilter", "[]", ["0x"]),
        ("eth_newPendingTransactionFilter", "[]", ["0x"]), ("eth_uninstallFilter", "[\"0x1\"]", ["false"]),
        ("debug_traceTransaction", "[\"<transaction>\",{\"tracer\":\"callTracer\"}]", ["\"type\":\"CALL\"", "\"from\":\"<ann>\"", "\"to\":\"<gold>\""]),
        ("debug_traceTransaction", "[\"<transaction>\"]", ["structLogs", "SSTORE", "\"failed\":false"]),
        ("hoard_overview", "[]", ["\"action\":\"transferCoins\"", "\"outcome\":\"refusedByContract\"", "currencies"]),
        ("hoard_search", "[\"ann\"]", ["\"kind\":\"account\"", "<ann>"]), ("hoard_search", "[\"<id>\"]", ["\"kind\":\"operation\""]),
        ("hoard_search", "[\"1\"]", ["\"kind\":\"block\""]), ("hoard_search", "[\"<transaction>\"]", ["<id>"]),
        ("hoard_operation", "[\"<id>\"]", ["\"action\":\"transferCoins\"", "\"amount\":\"7\"", "<bob>"]),
        ("hoard_account", "[\"ann\"]", ["<ann>", "\"amount\":\"993\"", "<grant>"]),
        ("hoard_item", "[65536]", ["\"steps\":[]"]), ("hoard_market", "[60]", ["[]"]), ("hoard_prices", "[65536,60]", ["[]"]),
        ("hoard_receiptProof", "[\"<id>\"]", ["\"results\":\"0x", "\"place\":0", "\"header\":\"0x"]),
        ("hoard_signedReceipt", "[\"<id>\"]", ["\"proof\":\"0x48524450524f4f46", "\"place\":0", "\"id\":\"<id>\""]),
        ("hoard_signedReceipt", "[\"000000000000000000000000000000ff\"]", ["null"]),
        ("hoard_signedHead", "[]", ["\"head\":\"0x4852444845414431", "\"key\":\"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c\""]),
    ]

    /// Methods with a test of their own beside the table.
    static let elsewhere: Set<String> = [
        "eth_subscribe", "eth_unsubscribe", "eth_getFilterChanges", "eth_getFilterLogs", "eth_sendRawTransaction",
        "eth_sendRawTransactionSync", "hoard_listings",
    ]

    @Test func `each method answers as it should`() async throws {
        try await ObservedWorld.serve { world in
            var played = try Self.play(world)
            played.names["bobDigits"] = String((played.names["bob"] ?? "").dropFirst(2))
            for row in Self.table {
                let parameters = try JSONReader.value(Array(played.filled(row.parameters).utf8))
                let text = String(decoding: try world.result(row.method, parameters).encoded, as: UTF8.self)
                for word in row.words {
                    #expect(text.contains(played.filled(word)), "\(row.method) \(row.parameters): no \(word) in \(text.prefix(1_500))")
                }
            }
        }
    }

    @Test func `each method is in a test, and in the document`() throws {
        let names = Set(RPCMethod.all.map(\.name))
        #expect(names == Set(Self.table.map(\.method)).union(Self.elsewhere))
        let document = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("docs/OBSERVATORY.md"), encoding: .utf8)
        for name in names { #expect(document.contains("`\(name)`"), "docs/OBSERVATORY.md does not name \(name)") }
    }

    @Test func `errors have their codes`() async throws {
        try await ObservedWorld.serve { world in
            let table: [(String, Int)] = [
                ("{", -32_700), ("", -32_700), ("[]", -32_600), ("1", -32_600), ("{\"id\":1}", -32_600),
                ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}", -32_600),
                ("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"eth_chainId\"}", -32_600),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", -32_600),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_nothing\"}", -32_601),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":{}}", -32_602),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[1]}", -32_602),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\"}", -32_602),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\",\"params\":[\"0x1\"]}", -32_602),
                ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_subscribe\",\"params\":[\"newHeads\"]}", -32_000),
                ("[" + Array(repeating: "1", count: 101).joined(separator: ",") + "]", -32_005),
            ]
            for (text, code) in table {
                #expect(try world.answer(text)?["error"]?["code"] == .int(code), "\(text.prefix(80))")
            }
            #expect(try world.answer("{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}") == nil, "a notification has no answer")
            let batch = try #require(
                try world.answer("[1,{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_chainId\"},{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}]"))
            #expect(batch[0]?["error"]?["code"] == .int(-32_600) && batch[1]?["id"] == .int(7) && batch[2] == nil)
            #expect(try world.errorCode("eth_getLogs", [["fromBlock": "0x2", "toBlock": "0x1"]]) == -32_602)
            #expect(try world.errorCode("eth_getFilterChanges", ["0x1"]) == -32_000)
            #expect(try world.errorCode("eth_sendRawTransaction", ["0x01"]) == -32_602)
            // The greatest numbers there are, one place after the other.
            let most: JSON = "0xffffffffffffffff"
            #expect(try world.errorCode("eth_feeHistory", ["0x1", most]) == -32_000)
            #expect(try world.errorCode("eth_feeHistory", [most, "latest"]) == nil)
            #expect(try world.errorCode("eth_getLogs", [["fromBlock": "0x0", "toBlock": most]]) == nil)
            #expect(try world.errorCode("eth_getLogs", [["fromBlock": most, "toBlock": most]]) == nil)
            #expect(try world.errorCode("hoard_prices", [.number("18446744073709551615"), .number("18446744073709551615")]) == nil)
            #expect(try world.errorCode("hoard_item", [most, [most, most], most]) == nil)
            #expect(try world.errorCode("eth_getBalance", [.string("0x" + String(repeating: "0", count: 40)), "0xfffffff"]) == -32_001)
            let revert: JSON = [["to": "0x00000000000000000000000000000000000000aa"], "latest",
                ["0x00000000000000000000000000000000000000aa": ["code": "0x60006000fd"]]]
            #expect(try world.errorCode("eth_call", revert) == 3)
        }
    }

    @Test func `filters give news once`() async throws {
        try await ObservedWorld.serve { world in
            let logs = try world.result("eth_newFilter", [["fromBlock": "latest"]])
            let blocks = try world.result("eth_newBlockFilter")
            let transactions = try world.result("eth_newPendingTransactionFilter")
            try world.grant(5, to: "ann")
            usleep(50_000)
            for filter in [logs, blocks, transactions] {
                let news = try world.result("eth_getFilterChanges", [filter])
                #expect(news[0] != nil)
                #expect(try world.result("eth_getFilterChanges", [filter])[0] == nil)
            }
            #expect(try world.result("eth_getFilterLogs", [logs])[0] != nil)
            #expect(try world.result("eth_uninstallFilter", [logs]) == .bool(true))
            #expect(try world.errorCode("eth_getFilterChanges", [logs]) == -32_000)
        }
    }

    @Test func `a receipt's proof holds, and a changed one does not`() async throws {
        try await ObservedWorld.serve { world in
            let played = try Self.play(world)
            let proof = try world.result("hoard_receiptProof", [.string(try #require(played.names["id"]))])
            #expect(try Self.holds(proof, change: nil))
            for part in ["header", "results", "parentHeader"] { #expect(try !Self.holds(proof, change: part), "a changed \(part)") }
        }
    }

    @Test func `a signed receipt verifies with the key alone`() async throws {
        try await ObservedWorld.serve { world in
            let played = try Self.play(world)
            let answer = try world.result("hoard_signedReceipt", [.string(try #require(played.names["id"]))])
            let digits = try #require(answer["key"]?.text)
            let key = try #require(ProofPublicKey(hex: digits))
            let proof = try ReceiptProof(encoded: try Self.bytes(answer["proof"]))
            let proven = try proof.verify(keys: [key], worldID: world.gateway.worldID.bytes)
            #expect(proven.outcome == .applied && proven.operationID.hex == played.names["id"])
            let head = try SignedHead(encoded: try Self.bytes(try world.result("hoard_signedHead")["head"]))
            try head.verify(keys: [key])
            #expect(head.contradiction(with: proof.head) == nil)
        }
    }

    private static func bytes(_ json: JSON?) throws -> [UInt8] {
        let text = try #require(json?.text)
        return try #require(bytesFromHex(text))
    }

    /// The checks that the page makes, once more.
    private static func holds(_ proof: JSON, change: String?) throws -> Bool {
        func bytes(_ name: String) throws -> [UInt8] {
            var bytes = try Self.bytes(proof[name])
            if name == change { bytes[bytes.count / 2] ^= 1 }
            return bytes
        }
        let header = try bytes("header")
        let parent = try bytes("parentHeader")
        let hash = try Self.bytes(proof["hash"])
        guard sha256(header).bytes == hash, sha256(parent).bytes == Array(header[29..<61]) else { return false }
        let state = try #require(proof["state"])
        func number(_ json: JSON?) throws -> UInt64 {
            guard case .number(let text)? = json else { throw Failed(what: "no number") }
            return try #require(UInt64(text))
        }
        // The library's own layout: eight words, the count of bits in two, the unfinished block, its length, 32.
        var context: [UInt8] = []
        func append(_ word: UInt64) { context += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        for place in 0..<8 { append(try number(state["hash"]?[place])) }
        let bits = try number(state["bytes"]) * 8
        append(bits & 0xffff_ffff)
        append(bits >> 32)
        let rest = try Self.bytes(state["rest"])
        context += rest + [UInt8](repeating: 0, count: 64 - rest.count)
        append(UInt64(rest.count))
        append(32)
        let stream = try #require(SHA256Stream(state: context))
        guard stream.finalizedCopy().bytes == Array(parent[157..<189]) else { return false }
        try bytes("results").withUnsafeBytes { stream.update($0) }
        return stream.finalizedCopy().bytes == Array(header[157..<189])
    }
}
