import EVM
import Economy
import Foundation
import Ledger
import Proofs
import Testing
import Wire

@testable import History

/// Proofs of a real ledger's receipts, from memory, from the index, and after a restart.
struct ProverTests {
    private let key = ProofKey(secret: [UInt8](repeating: 3, count: 32))!

    private func proof(_ prover: ReceiptProver, _ id: LedgerID, for account: Address? = nil) throws -> ReceiptProof? {
        guard case .proof(let proof) = try prover.proof(of: id, for: account) else { return nil }
        return proof
    }

    @Test func `every receipt of a ledger is proven, the same from memory, from the index and after a restart`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        for round in 0..<4 {
            try world.submit(
                [try world.grant(UInt64(100 + round), to: "ann")] + (0..<5).map { _ in try world.transfer(7, from: "ann", to: "bob") }
                    + [try world.transfer(1_000_000, from: "bob", to: "cleo")])
        }
        let prover = ReceiptProver(history: world.history, key: key)
        var proofs: [LedgerID: [UInt8]] = [:]
        for number in 1...28 {
            let id = LedgerID(high: 0, low: UInt64(number))
            let (block, place) = try #require(try world.history.place(of: id))
            let entry = block.entries[place].entry
            let proof = try #require(try proof(prover, id))
            let proven = try proof.verify(keys: [key.publicKey], worldID: world.history.worldID.bytes)
            #expect(proven.operationID.bytes == id.bytes && proven.block == block.number && proven.index == place)
            #expect(proof.head.digest == block.digest.bytes && proof.head.parent == block.header.parent.bytes)
            #expect(proven.timestampMilliseconds == block.header.timestampMilliseconds)
            #expect((proven.outcome == .applied) == entry.receipt.succeeded && proven.gasUsed == entry.receipt.gasUsed)
            #expect(proven.sender.bytes == entry.transaction.sender.bytes && proven.input == entry.transaction.data && proven.output == entry.receipt.output)
            #expect(proven.events.map(\.topics) == entry.receipt.logs.map { $0.topics.map(\.bigEndianBytes) })
            #expect(proven.events.map(\.data) == entry.receipt.logs.map(\.data))
            proofs[id] = proof.encoded
        }
        while world.history.step() {}
        let indexed = ReceiptProver(history: world.history, key: key)
        for (id, bytes) in proofs { #expect(try proof(indexed, id)?.encoded == bytes, "from the index") }
        let head = try #require(try indexed.newestHead())
        #expect(head.number == world.history.head)
        world.stop()

        let again = try TestLedger(folder: world.folder)
        defer { again.stop() }
        while again.history.step() {}
        let restarted = ReceiptProver(history: again.history, key: key)
        for (id, bytes) in proofs { #expect(try proof(restarted, id)?.encoded == bytes, "after a restart") }
        #expect(try restarted.newestHead() == head)
    }

    @Test func `an account gets proofs of what concerns it, and unknown operations have none`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        defer { world.stop() }
        try world.submit([try world.grant(50, to: "ann"), try world.transfer(7, from: "ann", to: "bob")])
        let prover = ReceiptProver(history: world.history, key: key)
        for (name, expected) in [("ann", [true, true]), ("bob", [false, true]), ("cleo", [false, false])] {
            for (place, isGiven) in expected.enumerated() {
                let found = try proof(prover, LedgerID(high: 0, low: UInt64(place + 1)), for: NamedAccount.player(name))
                #expect((found != nil) == isGiven, "\(name), operation \(place + 1)")
            }
        }
        guard case .unknown = try prover.proof(of: LedgerID(high: 9, low: 9)) else {
            Issue.record("an operation that nobody sent")
            return
        }
    }

    @Test func `what the index holds wrongly is not signed`() throws {
        let world = try TestLedger()
        defer { world.remove() }
        defer { world.stop() }
        try world.submit([try world.grant(50, to: "ann"), try world.transfer(7, from: "ann", to: "bob")])
        while world.history.step() {}
        let block = try #require(try world.history.block(1))
        var results = block.results
        // A byte of a log's data, or of the receipt before it: still a receipt.
        results[results.count - 2] ^= 1
        let damaged = HistoryBlock(
            header: block.header, digest: block.digest, operations: block.operations, results: results, bloom: nil, durableMilliseconds: 0)
        let prover = ReceiptProver(history: world.history, key: key)
        try prover.check(block)
        #expect(throws: HistoryError.self) { try prover.check(damaged) }
        var header = block.header
        header.gasUsed += 1
        let other = HistoryBlock(
            header: header, digest: block.digest, operations: block.operations, results: block.results, bloom: nil, durableMilliseconds: 0)
        #expect(throws: HistoryError.self) { try prover.check(other) }
    }
}
