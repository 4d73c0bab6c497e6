import EVM
import Testing

@testable import Ledger

@Suite struct CodingTests {
    static let transactions: [Transaction] = [
        .session(sender: World.player(1), to: World.token, data: [1, 2, 3], gasLimit: 100_000),
        .session(sender: World.player(1), to: nil, value: 5, data: [UInt8](repeating: 7, count: 300), gasLimit: .max),
        Transaction(
            kind: .legacy, sender: World.player(2), nonce: 0, gasLimit: 21_000, gasPrice: 9, to: World.token,
            value: .max, chainID: 1),
        Transaction(
            kind: .setCode, sender: World.player(3), nonce: .max, gasLimit: 128, maxFeePerGas: 3,
            maxPriorityFeePerGas: 2, to: World.token, data: [],
            accessList: [
                AccessListEntry(address: World.token, slots: [1, .max]), AccessListEntry(address: .zero, slots: []),
            ],
            blobHashes: [keccak256([1])], maxFeePerBlobGas: 4,
            authorizations: [
                Authorization(chainID: 1, address: World.token, nonce: 3, authority: World.player(4)),
                Authorization(chainID: 0, address: .zero, nonce: 0, authority: nil),
            ], chainID: 31_337),
    ]

    static let receipts: [Receipt] =
        [
            Receipt(outcome: .success, gasUsed: 21_000),
            Receipt(outcome: .reverted, gasUsed: .max, output: [1, 2]),
            Receipt(
                outcome: .success, gasUsed: 0,
                logs: [
                    EmittedLog(address: World.token, topics: [], data: []),
                    EmittedLog(address: World.token, topics: [1, 2, 3, .max], data: [UInt8](repeating: 1, count: 200)),
                ], createdAddress: World.player(3)),
        ] + Halt.allCases.map { Receipt(outcome: .halted($0), gasUsed: 5) }

    @Test(arguments: transactions) func `a transaction comes back as it was`(_ transaction: Transaction) throws {
        var buffer = ByteBuffer()
        buffer.append(transaction)
        #expect(buffer.count <= transaction.encodedBytesMax)
        var reader = ByteReader(buffer.bytes)
        #expect(try reader.transaction() == transaction)
        #expect(reader.isAtEnd)
        for length in 0..<buffer.count {
            var short = ByteReader(UnsafeRawBufferPointer(rebasing: buffer.bytes[0..<length]))
            let failure = #expect(throws: CodingError.self) { try short.transaction() }
            #expect((failure?.offset ?? .max) <= length)
        }
    }

    @Test(arguments: receipts) func `a receipt comes back as it was`(_ receipt: Receipt) throws {
        var buffer = ByteBuffer()
        buffer.append(receipt)
        var reader = ByteReader(buffer.bytes)
        #expect(try reader.receipt() == receipt)
        #expect(reader.isAtEnd)
        for length in 0..<buffer.count {
            var short = ByteReader(UnsafeRawBufferPointer(rebasing: buffer.bytes[0..<length]))
            #expect(throws: CodingError.self) { try short.receipt() }
        }
    }

    @Test func `random bytes never crash a reader`() {
        var generator = SeededGenerator(state: 3)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            bytes.withUnsafeBytes { raw in
                var first = ByteReader(raw)
                _ = try? first.transaction()
                var second = ByteReader(raw)
                _ = try? second.receipt()
            }
        }
    }

    @Test func `a word takes its significant bytes and no other form is read`() throws {
        let words: [U256] = [
            0, 1, 255, 256, U256(.max), U256(0, 1, 0, 0), U256(0, 0, 5, 0), U256(7, 0, 0, 1 << 63), .max,
        ]
        for word in words {
            var buffer = ByteBuffer()
            buffer.append(minimal: word)
            let significant = word.bigEndianBytes.drop { $0 == 0 }.count
            #expect(buffer.count == significant + 1)
            var reader = ByteReader(buffer.bytes)
            #expect(try reader.minimalWord() == word)
            #expect(reader.isAtEnd)
        }
        for bad: [UInt8] in [[], [1], [1, 0], [2, 5, 0], [33] + [UInt8](repeating: 1, count: 33)] {
            bad.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                #expect(throws: CodingError.self) { try reader.minimalWord() }
            }
        }
    }

    @Test func `different write sets have different encodings`() {
        let a = World.player(1)
        let b = World.player(2)
        let account = AccountState(nonce: 1)
        let diffs = [
            StateDiff(), StateDiff(accounts: [AccountChange(address: a, account: nil)]),
            StateDiff(accounts: [AccountChange(address: a, account: account)]),
            StateDiff(accounts: [AccountChange(address: a, account: AccountState(nonce: 1, balance: 1))]),
            StateDiff(accounts: [AccountChange(address: a, account: AccountState(nonce: 1, codeHash: keccak256([1])))]),
            StateDiff(accounts: [AccountChange(address: a, account: account, codeWritten: [])]),
            StateDiff(accounts: [AccountChange(address: a, account: account, storageCleared: true)]),
            StateDiff(storage: [StorageChange(address: a, slot: 1, value: 0)]),
            StateDiff(storage: [StorageChange(address: a, slot: 1, value: 256)]),
            StateDiff(storage: [StorageChange(address: b, slot: 1, value: 1)]),
            StateDiff(storage: [
                StorageChange(address: a, slot: 1, value: 1), StorageChange(address: a, slot: 2, value: 1),
            ]),
            StateDiff(storage: [
                StorageChange(address: a, slot: 1, value: 1), StorageChange(address: b, slot: 2, value: 1),
            ]),
        ]
        let encodings = diffs.map { diff in
            var buffer = ByteBuffer()
            buffer.append(diff)
            return Array(buffer.bytes)
        }
        #expect(Set(encodings).count == diffs.count)
        for (diff, encoding) in zip(diffs, encodings) {
            encoding.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                var again = StateDiff()
                #expect(throws: Never.self) {
                    try reader.diff(
                        account: { again.accounts.append($0) },
                        slot: { again.storage.append(StorageChange(address: $0, slot: $1, value: $2)) })
                }
                #expect(again == diff && reader.isAtEnd)
            }
        }
    }

    @Test func `a session call is compact`() {
        var buffer = ByteBuffer()
        buffer.append(
            Transaction.session(
                sender: World.player(1), to: World.token, data: [UInt8](repeating: 1, count: 68), gasLimit: 100_000))
        #expect(buffer.count == 2 + 20 + 3 + 20 + 1 + 68)
    }

    @Test func `the genesis digest names everything`() {
        let genesis = World.genesis()
        var digests: Set<Hash256> = [genesis.digest]
        var changed = genesis
        changed.chainID = 1
        digests.insert(changed.digest)
        changed = genesis
        changed.timestampMilliseconds += 1
        digests.insert(changed.digest)
        changed = genesis
        changed.accounts[0].storage[0].value = 1_001
        digests.insert(changed.digest)
        changed = genesis
        changed.rules[0].otherSlots = .any
        digests.insert(changed.digest)
        changed = genesis
        changed.gasLimit += 1
        digests.insert(changed.digest)
        changed = genesis
        changed.accounts[0].code = [0]
        digests.insert(changed.digest)
        #expect(digests.count == 7)
        changed = genesis
        changed.accounts[0].storage.reverse()
        #expect(changed.digest == genesis.digest, "the order of slots does not matter")
    }

    @Test func `an operation id reads back`() throws {
        let id = OperationID(high: 0x0102_0304_0506_0708, low: 0xf0e0_d0c0_b0a0_9080)
        #expect(OperationID(bytes: id.bytes) == id)
        #expect(OperationID(hex: id.hex) == id)
        #expect(id.hex == "0102030405060708f0e0d0c0b0a09080")
        #expect(OperationID(hex: "12") == nil)
    }
}
