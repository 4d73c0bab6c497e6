import EVM
import Testing

/// Bytecode that leaves one word on the stack, and the word.
struct OpcodeCase: CustomTestStringConvertible, Sendable {
    var name: String
    var code: String
    var expected: U256
    var testDescription: String { name }

    init(_ name: String, _ code: String, _ expected: String) {
        self.name = name
        self.code = code
        self.expected = U256(hex: expected)!
    }
}

/// Each opcode on its own, in the merged forms that the decoder makes, and across them.
struct OpcodeTests {
    static let minusOne = "ff" + String(repeating: "ff", count: 31)
    static let cases: [OpcodeCase] = [
        OpcodeCase("ADD of constants", "6003 6004 01", "0x7"),
        OpcodeCase("ADD wraps", "7f\(minusOne) 6002 01", "0x1"),
        OpcodeCase("ADD of two wide words", "7f\(minusOne) 7f\(minusOne) 01", "0x" + String(minusOne.dropLast()) + "e"),
        OpcodeCase("SUB takes the second from the top", "6003 600a 03", "0x7"),
        OpcodeCase("SUB of stack words", "600a 6003 90 03", "0x7"),
        OpcodeCase("MUL", "6003 6004 02", "0xc"),
        OpcodeCase("DIV", "6003 600a 04", "0x3"),
        OpcodeCase("DIV by zero", "6000 600a 04", "0x0"),
        OpcodeCase(
            "SDIV rounds to zero", "6002 7f\(minusOne.dropLast())9 05", "0x" + String(minusOne.dropLast()) + "d"),
        OpcodeCase("MOD", "6003 600a 06", "0x1"),
        OpcodeCase("ADDMOD is not cut at 256 bits", "6007 6001 7f\(minusOne) 08", "0x2"),
        OpcodeCase("MULMOD", "6007 6005 6004 09", "0x6"),
        OpcodeCase("EXP", "600a 6002 0a", "0x400"),
        OpcodeCase("SIGNEXTEND", "60ff 6000 0b", "0x" + minusOne),
        OpcodeCase("LT with a constant on top", "6005 6003 10", "0x1"),
        OpcodeCase("LT equal", "6003 6003 10", "0x0"),
        OpcodeCase("GT with a constant on top", "6003 6005 11", "0x1"),
        OpcodeCase("SLT", "6001 7f\(minusOne) 12", "0x1"),
        OpcodeCase("SGT", "7f\(minusOne) 6001 13", "0x1"),
        OpcodeCase("EQ with a constant", "6005 6005 14", "0x1"),
        OpcodeCase("EQ of a wide and a small word", "7f01\(String(repeating: "00", count: 30))05 6005 14", "0x0"),
        OpcodeCase("ISZERO", "6000 15", "0x1"),
        OpcodeCase("AND with a small constant", "7f\(minusOne) 61ff00 16", "0xff00"),
        OpcodeCase("AND with a wide constant", "61ffff 7f\(minusOne) 16", "0xffff"),
        OpcodeCase("OR", "600f 60f0 17", "0xff"),
        OpcodeCase("XOR", "60ff 60f0 18", "0xf"),
        OpcodeCase("NOT", "6000 19", "0x" + minusOne),
        OpcodeCase("BYTE", "61abcd 601e 1a", "0xab"),
        OpcodeCase("SHL", "6001 6008 1b", "0x100"),
        OpcodeCase("SHL by 256", "6001 610100 1b", "0x0"),
        OpcodeCase("SHR", "61ff00 6008 1c", "0xff"),
        OpcodeCase("SAR", "7f\(minusOne) 6008 1d", "0x" + minusOne),
        OpcodeCase("KECCAK256 of nothing", "6000 6000 20", Hash256.emptyCode.hex),
        OpcodeCase("ADDRESS", "30", "0xc0de"),
        OpcodeCase("CALLER", "33", "0x5e4d"),
        OpcodeCase("ORIGIN", "32", "0x5e4d"),
        OpcodeCase("NUMBER", "43", "0x3e8"),
        OpcodeCase("PREVRANDAO", "44", "0x7"),
        OpcodeCase("CHAINID", "46", "0x1"),
        OpcodeCase("COINBASE", "41", "0xfee"),
        OpcodeCase("BLOCKHASH of a recent block", "6103e7 40", "0x3e7"),
        OpcodeCase("BLOCKHASH too old", "6102e7 40", "0x0"),
        OpcodeCase("CODESIZE counts the bytes", "38", "0x7"),
        OpcodeCase("PC", "5b5b58", "0x2"),
        OpcodeCase("MSIZE", "6001604052 59", "0x60"),
        OpcodeCase("MSTORE and MLOAD unaligned", "61abcd 6001 52 6002 51", "0xabcd00"),
        OpcodeCase("MSTORE8", "61abcd 601f 53 6000 51", "0xcd"),
        OpcodeCase("MCOPY overlapping", "61abcd 6000 52 6020 6000 6001 5e 6001 51", "0xabcd"),
        OpcodeCase("TSTORE and TLOAD", "602a 6001 5d 6001 5c", "0x2a"),
        OpcodeCase("SSTORE and SLOAD", "602a 6001 55 6001 54", "0x2a"),
        OpcodeCase("PUSH0", "5f", "0x0"),
        OpcodeCase("DUP2", "6001 6002 81", "0x1"),
        OpcodeCase("DUP2 DUP2", "6001 6002 81 81 03", "0x1"),
        OpcodeCase("DUP and a constant", "6005 80 6003 01 01", "0xd"),
        OpcodeCase("SWAP1", "6001 6002 90", "0x1"),
        OpcodeCase("SWAP SWAP POP", "6001 6002 6003 90 91 50", "0x3"),
        OpcodeCase("SWAP POP", "6001 6002 90 50", "0x2"),
        OpcodeCase("POP POP", "6001 6002 6003 50 50", "0x1"),
        OpcodeCase("five POPs", "6001 6002 6003 6004 6005 6006 50 50 50 50 50", "0x1"),
        OpcodeCase("DUP, a constant, ADD", "6005 6007 81 6003 01 01 01", "0x14"),
        OpcodeCase("a constant factor, ADD", "6005 6007 6003 02 01", "0x1a"),
        OpcodeCase("ADD, MLOAD", "61abcd 6020 52 6010 6010 01 51", "0xabcd"),
        OpcodeCase("a constant summand, MLOAD", "61abcd 6020 52 6010 6010 90 6010 01 51 90 50", "0xabcd"),
        OpcodeCase("a constant summand, MSTORE", "61abcd 6010 6010 01 52 6020 51", "0xabcd"),
        OpcodeCase("a summand before a constant one, MSTORE", "61abcd 6010 5f 01 6010 01 52 6020 51", "0xabcd"),
        OpcodeCase("a jump over an invalid opcode", "6004 56 fe 5b 602a", "0x2a"),
        OpcodeCase("a computed jump", "6003 6003 01 56 5b 602a", "0x2a"),
        OpcodeCase("a conditional jump that is taken", "6001 6006 57 fe 5b 602a", "0x2a"),
        OpcodeCase("a conditional jump that is not", "6000 6006 57 602b 5b 602a 01", "0x55"),
        OpcodeCase("ISZERO PUSH JUMPI", "6000 15 6007 57 fe 5b 602a", "0x2a"),
        OpcodeCase("DUP PUSH JUMPI", "6007 80 6007 57 fe 5b", "0x7"),
        OpcodeCase("DUP of zero ISZERO PUSH JUMPI", "5f 80 15 6007 57 fe 5b", "0x0"),
        OpcodeCase("DUP DUP PUSH JUMPI", "6007 5f 81 81 600a 57 01 01 5b", "0xe"),
        OpcodeCase("a constant, DUP2, PUSH, JUMPI", "6007 6008 81 6009 57 fe 5b 01", "0xf"),
        OpcodeCase("DUP DUP SLT PUSH JUMPI", "7f\(minusOne) 6001 81 81 12 602b 57 602a 5b 90 50", "0x2a"),
        OpcodeCase("LT PUSH JUMPI", "6003 6005 90 10 600a 57 fe 5b 602a", "0x2a"),
        OpcodeCase("GT ISZERO PUSH JUMPI", "6003 6005 90 11 15 600b 57 fe 5b 602a", "0x2a"),
        OpcodeCase("GAS sees what is charged up to itself", "5a 5a 90 03", "0x2"),
        OpcodeCase("GAS ahead of a long block", "5a 6001 6001 01 50 5a 90 03", "0xd"),
    ]

    @Test(arguments: cases)
    func `an opcode leaves its word`(_ test: OpcodeCase) {
        let world = TestWorld(test.code + " 5f 52 6020 5f f3")
        let receipt = world.run().accepted.receipt
        #expect(receipt.outcome == .success)
        #expect(receipt.output == test.expected.bigEndianBytes)
    }

    @Test(arguments: [(3, 5), (5, 3), (4, 4), (0, 65_535), (65_535, 65_536), (65_536, 7)] as [(Int, Int)])
    func `a jump behind a comparison is taken where it holds, however the words came to be compared`(
        first: Int, second: Int
    ) {
        func push(_ number: Int) -> String { "62" + String(U256(UInt64(number)).paddedHex.suffix(6)) }
        let wide = "7f01" + String(repeating: "00", count: 31)
        let compare: [(UInt8, (U256, U256) -> Bool)] = [
            (0x10, { $0 < $1 }), (0x11, { $1 < $0 }), (0x14, { $0 == $1 }), (0x12, { $0 < $1 }),
        ]
        let (a, b) = (U256(UInt64(first)), U256(UInt64(second)))
        // Each leaves two words of which the comparison takes the top as its first.
        let operands: [(String, U256, U256)] = [
            (push(first) + push(second) + "81", a, b),
            (push(first) + push(second) + "90 81", b, a),
            (push(first) + push(second) + "90", a, b),
            (push(first) + "80" + push(second), b, a),
            (push(first) + "5f 81" + push(second), b, a),
            (push(first) + push(second) + "80 82", a, b),
            (push(first) + push(second) + "81 81", b, a),
            (push(first) + push(second) + "81 80", a, a),
            (wide + "80" + push(second), b, U256(1) << 248),
            (wide + push(second) + "81", U256(1) << 248, b),
        ]
        for (code, top, below) in operands {
            for (opcode, holds) in compare where opcode != 0x12 || top < U256(1) << 255 {
                for zeros in 0..<3 {
                    let tested = code + String(opcode, radix: 16) + String(repeating: "15", count: zeros)
                    // Where the jump is taken 1 is returned, else 2.
                    let length = tested.filter { !$0.isWhitespace }.count / 2
                    let target = String(U256(UInt64(length + 12)).paddedHex.suffix(4))
                    let world = TestWorld(tested + "61" + target + "57 6002 5f 52 6020 5f f3 5b 6001 5f 52 6020 5f f3")
                    let expected: UInt64 = holds(top, below) != (zeros == 1) ? 1 : 2
                    let receipt = world.run().accepted.receipt
                    #expect(receipt.output == U256(expected).bigEndianBytes, "\(tested)")
                }
            }
        }
    }

    static let halts: [(String, String, Halt)] = [
        ("stack underflow", "01", .stackUnderflow), ("POP on nothing", "5f 50 50", .stackUnderflow),
        ("jump into a constant", "6001 56 5b", .badJump), ("jump behind the end", "61ffff 56", .badJump),
        ("jump to a wide word", "7f\(minusOne) 56", .badJump), ("INVALID", "fe", .undefinedInstruction),
        ("unknown opcode", "0c", .undefinedInstruction), ("endless loop", "5b 6005 56", .outOfGas),
        ("memory far away", "6001 7f\(minusOne) 52", .outOfGas), ("CLZ before Osaka", "6001 1e", .undefinedInstruction),
        ("return data out of bounds", "6001 5f 5f 3e", .returnDataOutOfBounds),
    ]

    @Test(arguments: halts)
    func `breaking a rule costs all gas and leaves nothing`(_ name: String, _ code: String, _ halt: Halt) {
        let world = TestWorld("6001 6001 55 " + code)
        let result = world.run(gas: 200_000).accepted
        #expect(result.receipt.outcome == .halted(halt))
        #expect(result.receipt.gasUsed == 200_000)
        #expect(result.diff.storage.isEmpty)
    }

    @Test func `1024 words fit on the stack and one more does not`() {
        let full = TestWorld(String(repeating: "5f", count: 1024) + "00")
        #expect(full.run().accepted.receipt.outcome == .success)
        let over = TestWorld(String(repeating: "5f", count: 1025) + "00")
        #expect(over.run().accepted.receipt.outcome == .halted(.stackOverflow))
    }

    @Test(arguments: [(0, Halt.stackUnderflow), (599, .stackUnderflow), (600, .stackOverflow), (1_000, .stackOverflow)])
    func `of two limits the one that is broken first is named`(words: Int, halt: Halt) {
        // Takes 600 words, then leaves 1,300, in code without a jump.
        let taken = String(repeating: "50", count: 600)
        let left = String(repeating: "5f", count: 1_300)
        let world = TestWorld()
        let code = String(repeating: "5f", count: words) + "61" + String(U256(UInt64(words + 4)).paddedHex.suffix(4))
        world.add(TestWorld.contract, code + "56 5b" + taken + left + "00")
        #expect(world.run().accepted.receipt.outcome == .halted(halt))
    }

    @Test func `CLZ counts leading zeros from Osaka on`() {
        let world = TestWorld("6001 1e 5f 52 6020 5f f3", fork: .osaka)
        #expect(world.run().accepted.receipt.output == U256(255 as UInt64).bigEndianBytes)
    }

    @Test func `a call chain of 1024 frames runs on a thread with a small stack`() {
        // Calls itself with all gas, counts the frames in slot 0.
        let world = TestWorld(fork: .frontier)
        world.add(TestWorld.contract, "6000 54 6001 01 6000 55 6000 6000 6000 6000 6000 30 6103e8 5a 03 f1 00")
        let result = world.run(gas: 90_000_000).accepted
        #expect(result.receipt.outcome == .success)
        #expect(result.diff.storage.first?.value == 1025)
    }
}
