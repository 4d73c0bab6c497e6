import EVM
import Testing

/// What a header must say after its parent.
struct BlockHeaderTests {
    /// The RLP of a header with the fields of a fork.
    static func encoded(
        number: UInt64 = 1, gasLimit: UInt64 = 30_000_000, gasUsed: UInt64 = 15_000_000, timestamp: UInt64 = 12,
        extraData: [UInt8] = [], difficulty: U256 = 0, nonce: UInt64 = 0, baseFee: U256 = 1_000,
        uncles: Hash256 = BlockHeader.noUncles, blobGasUsed: UInt64 = 0, excessBlobGas: UInt64 = 0, fields: Int = 21
    ) -> [UInt8] {
        var writer = RLPWriter()
        writer.appendList { list in
            list.append(Hash256(word: 7))
            list.append(uncles)
            list.append(Address(word: 0xfee))
            for _ in 0..<3 { list.append(Hash256(word: 9)) }
            list.append([UInt8](repeating: 0, count: 256))
            list.append(difficulty)
            list.append(number)
            list.append(gasLimit)
            list.append(gasUsed)
            list.append(timestamp)
            list.append(extraData)
            list.append(Hash256(word: 3))
            list.append(Array(U256(nonce).bigEndianBytes.suffix(8)))
            if fields > 15 { list.append(baseFee) }
            if fields > 16 { list.append(Hash256.emptyTrie) }
            if fields > 17 { list.append(blobGasUsed) }
            if fields > 18 { list.append(excessBlobGas) }
            if fields > 19 { list.append(Hash256(word: 4)) }
            if fields > 20 { list.append(Hash256(word: 5)) }
        }
        return writer.bytes
    }

    static func header(_ bytes: [UInt8]) -> BlockHeader {
        guard let header = try? BlockHeader(encoded: bytes) else { preconditionFailure("the test's header is wrong") }
        return header
    }

    static let refusals: [(String, [UInt8], BlockRefusal)] = [
        ("number", encoded(number: 3, timestamp: 24), .number(have: 3, need: 2)),
        ("time", encoded(number: 2, timestamp: 12), .timestamp(have: 12, minimum: 13)),
        (
            "extra data", encoded(number: 2, timestamp: 24, extraData: Array(repeating: 1, count: 33)),
            .extraDataTooLong(have: 33, maximum: 32)
        ),
        ("difficulty", encoded(number: 2, timestamp: 24, difficulty: 1), .difficulty(have: 1, need: 0)),
        ("nonce", encoded(number: 2, timestamp: 24, nonce: 1), .nonce(have: 1, need: 0)),
        (
            "uncles", encoded(number: 2, timestamp: 24, uncles: .zero),
            .unclesHash(have: .zero, need: BlockHeader.noUncles)
        ),
        (
            "gas limit over 63 bits", encoded(number: 2, gasLimit: 1 << 63, timestamp: 24),
            .gasLimitOverflow(have: 1 << 63, maximum: (1 << 63) - 1)
        ),
        (
            "gas limit raised by a 1,024th", encoded(number: 2, gasLimit: 30_029_296, timestamp: 24),
            .gasLimit(have: 30_029_296, minimum: 29_970_705, maximum: 30_029_295)
        ),
        (
            "gas limit lowered by a 1,024th", encoded(number: 2, gasLimit: 29_970_704, timestamp: 24),
            .gasLimit(have: 29_970_704, minimum: 29_970_705, maximum: 30_029_295)
        ),
        (
            "gas over the limit", encoded(number: 2, gasUsed: 30_000_001, timestamp: 24),
            .gasUsedOverLimit(have: 30_000_001, maximum: 30_000_000)
        ),
        ("base fee", encoded(number: 2, timestamp: 24, baseFee: 999), .baseFee(have: 999, need: 1_000)),
        (
            "excess blob gas", encoded(number: 2, timestamp: 24, excessBlobGas: 1),
            .excessBlobGas(have: 1, need: 0)
        ),
    ]

    @Test(arguments: refusals)
    func `a header that does not follow its parent is refused`(_ name: String, _ bytes: [UInt8], _ need: BlockRefusal) {
        let parent = Self.header(Self.encoded())
        #expect(throws: need, "\(name)") {
            try Self.header(bytes).check(after: parent, fork: .prague, schedule: BlobSchedule.standard(.prague))
        }
    }

    @Test(arguments: [UInt64(29_970_705), 30_000_000, 30_029_295])
    func `a header that follows its parent passes`(gasLimit: UInt64) throws {
        let header = Self.header(Self.encoded(number: 2, gasLimit: gasLimit, timestamp: 13))
        try header.check(
            after: Self.header(Self.encoded()), fork: .prague, schedule: BlobSchedule.standard(.prague))
    }

    @Test(arguments: [
        (gasUsed: UInt64(15_000_000), need: U256(1_000)), (30_000_000, 1_125), (0, 875), (15_000_001, 1_001),
        (14_999_999, 1_000),
    ])
    func `the base fee follows the gas of the block before`(gasUsed: UInt64, need: U256) {
        #expect(Self.header(Self.encoded(gasUsed: gasUsed)).nextBaseFee == need)
    }

    @Test(arguments: [
        // Below the target; above it; with the reserve price of Osaka, which 1,000 wei of base fee do not reach.
        (fork: Fork.cancun, used: UInt64(2), excess: UInt64(0), baseFee: U256(1_000), need: UInt64(0)),
        (.cancun, 5, 1, 1_000, 3), (.prague, 9, 3, 1_000, 6), (.osaka, 9, 3, 15, 6), (.osaka, 9, 3, 17, 6),
        (.osaka, 6, 30, 1_000_000, 32),
    ])
    func `the excess of blob gas follows the block before`(
        fork: Fork, used: UInt64, excess: UInt64, baseFee: U256, need: UInt64
    ) throws {
        let blob: UInt64 = 131_072
        let parent = Self.header(
            Self.encoded(baseFee: baseFee, blobGasUsed: used * blob, excessBlobGas: excess * blob))
        let schedule = try #require(BlobSchedule.standard(fork))
        #expect(schedule.excessBlobGas(after: parent, fork: fork) == need * blob)
    }

    @Test func `a header has the fields of its fork and no others`() throws {
        for (fork, count) in [(Fork.london, 16), (.shanghai, 17), (.cancun, 20), (.prague, 21), (.osaka, 21)] {
            #expect(BlockHeader.fieldCount(fork) == count)
        }
        let header = Self.encoded(fields: 20)
        var writer = RLPWriter()
        writer.appendList { list in
            list.appendEncoded(header)
            for _ in 0..<3 { list.appendList { _ in } }
        }
        #expect(throws: BlockRefusal.headerFields(have: 20, need: 21)) {
            try Block.decode(writer.bytes) { _ in .prague }
        }
        let block = try Block.decode(writer.bytes) { _ in .cancun }
        #expect(block.header.hash == keccak256(header))
        #expect(block.withdrawals == [])
    }
}
