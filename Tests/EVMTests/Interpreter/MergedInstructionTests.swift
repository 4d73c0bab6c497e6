import EVM
import Testing

/// Sequences that the decoder merges end as their opcodes do one by one, whatever gas there is.
struct MergedInstructionTests {
    private static func hash(_ first: UInt64, _ second: UInt64) -> U256 {
        keccak256(U256(first).bigEndianBytes + U256(second).bigEndianBytes).word
    }

    /// Each leaves one word on the stack.
    static let cases: [OpcodeCase] = [
        make("the place of a mapping's element, key last", "6007 6009 6020 52 5f 52 6040 5f 20", hash(7, 9)),
        make("the place of a mapping's element, key first", "6007 6009 5f 52 6020 52 6040 5f 20", hash(9, 7)),
        make("a key from memory", "6009 6080 52 6007 6080 51 6020 52 5f 52 6040 5f 20", hash(7, 9)),
        make("a key from the word that is overwritten", "6009 6020 52 6007 6020 51 6020 52 5f 52 6040 5f 20", hash(7, 9)),
        make("a place from memory behind a stored key", "6009 6020 52 6020 51 5f 52 6040 5f 20", hash(9, 9)),
        make("both words stay in memory", "6007 6009 6020 52 5f 52 6040 5f 20 50 5f 51 6020 51 03", 2),
        make("a hash of a hash", "6005 6007 6009 6020 52 5f 52 6040 5f 20 6020 52 5f 52 6040 5f 20 50 6020 51", hash(7, 9)),
        make("KECCAK256 of one of two words", "6007 6009 6020 52 5f 52 6020 5f 20", keccak256(U256(7).bigEndianBytes).word),
        make("the same word stored twice, then KECCAK256", "6007 6009 5f 52 5f 52 6040 5f 20", hash(7, 0)),
        make("a word moved up", "6009 6080 52 6080 51 60a0 52 60a0 51", 9),
        make("a word moved down, memory that grows with its source", "62001000 51 5f 52 59", 0x1020),
        make("a word moved to where it is", "6009 6040 52 6040 51 6040 52 6040 51", 9),
        make("a word moved by half of one", "6009 6040 52 6050 51 6040 52 6040 51", U256(9) << 128),
        make("a conditional jump to a block", "6001 600657 fe 5b 6009", 9),
        make("a conditional jump to a run of blocks", "6001 600657 fe 5b5b5b 6009", 9),
        make("a conditional jump over ISZERO", "5f 15 600657 fe 5b 6009", 9),
        make("a conditional jump by comparison", "6002 6001 10 600957 fe 5b 6009", 9),
        make("a conditional jump that is not taken", "5f 600657 00 5b 6009", 0),
    ]

    private static func make(_ name: String, _ code: String, _ expected: U256) -> OpcodeCase {
        OpcodeCase(name, code, Hash256(word: expected).hex)
    }

    @Test(arguments: cases)
    func `merged instructions leave what their opcodes leave`(_ test: OpcodeCase) {
        let world = TestWorld(test.code + "5f 52 6020 5f f3")
        let output = world.run().accepted.receipt.output
        #expect(U256(bigEndian: output) == test.expected)
    }

    @Test(arguments: cases)
    func `merged instructions run out of gas where their opcodes do`(_ test: OpcodeCase) {
        let world = TestWorld(test.code + "5f 52 6020 5f f3")
        let tracing = TracingMachine()
        let used = world.run().accepted.receipt.gasUsed
        var halts = 0
        for gas in 21_000...(used + 1) {
            let ordinary = world.run(gas: gas).accepted
            let alone = tracing.transition(
                world, world.block, .session(sender: TestWorld.sender, to: TestWorld.contract, data: [], gasLimit: gas)
            ) { _ in }.accepted
            #expect(ordinary.receipt == alone.receipt && ordinary.diff == alone.diff, "gas \(gas)")
            if !ordinary.receipt.succeeded { halts += 1 }
        }
        #expect(halts > 0)
    }

    @Test func `a stack that overflows behind a conditional jump halts`() {
        // Leaves a word more each turn, until the block at the target has no room.
        let result = TestWorld("5b 6001 6001 5f57 00").run(gas: 10_000_000).accepted
        #expect(result.receipt.outcome == .halted(.stackOverflow))
    }
}
