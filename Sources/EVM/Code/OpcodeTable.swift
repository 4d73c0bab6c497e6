/// What an opcode takes, gives, costs without its operands, and since when it exists.
struct OpcodeTraits {
    /// Words taken from the stack.
    var inputs: UInt8
    /// Words left on the stack.
    var outputs: UInt8
    /// Gas that does not depend on operands or state.
    var gas: UInt32
    /// The first fork that knows it.
    var since: Fork
}

/// The opcodes of one fork: the Frontier table with the differences of every later fork applied.
struct OpcodeTable {
    /// Traits by opcode byte; nil where the fork does not know the opcode.
    private(set) var traits: [OpcodeTraits?]
    /// Whether code is decoded for tracing: no opcode is merged with another, and each is reported.
    var tracesEveryOpcode = false

    /// The table of one fork.
    init(_ fork: Fork) {
        traits = Array(repeating: nil, count: 256)
        for (opcode, inputs, outputs, gas, since) in Self.basic where since <= fork {
            traits[Int(opcode)] = OpcodeTraits(inputs: inputs, outputs: outputs, gas: gas, since: since)
        }
        if fork >= .shanghai { traits[0x5f] = OpcodeTraits(inputs: 0, outputs: 1, gas: 2, since: .shanghai) }
        for count in UInt8(0)..<32 {
            traits[Int(0x60 + count)] = OpcodeTraits(inputs: 0, outputs: 1, gas: 3, since: .frontier)
        }
        for depth in UInt8(1)...16 {
            traits[Int(0x7f + depth)] = OpcodeTraits(inputs: depth, outputs: depth + 1, gas: 3, since: .frontier)
            traits[Int(0x8f + depth)] = OpcodeTraits(inputs: depth + 1, outputs: depth + 1, gas: 3, since: .frontier)
        }
        for topics in UInt8(0)...4 {
            traits[Int(0xa0 + topics)] = OpcodeTraits(
                inputs: topics + 2, outputs: 0, gas: 375 + 375 * UInt32(topics), since: .frontier)
        }
        for (since, opcode, gas) in Self.repriced where since <= fork {
            traits[Int(opcode)]?.gas = gas
        }
    }

    /// Opcode, words in, words out, gas in its first fork, first fork.
    private static let basic: [(UInt8, UInt8, UInt8, UInt32, Fork)] = [
        (0x00, 0, 0, 0, .frontier), (0x01, 2, 1, 3, .frontier), (0x02, 2, 1, 5, .frontier),
        (0x03, 2, 1, 3, .frontier), (0x04, 2, 1, 5, .frontier), (0x05, 2, 1, 5, .frontier),
        (0x06, 2, 1, 5, .frontier), (0x07, 2, 1, 5, .frontier), (0x08, 3, 1, 8, .frontier),
        (0x09, 3, 1, 8, .frontier), (0x0a, 2, 1, 10, .frontier), (0x0b, 2, 1, 5, .frontier),
        (0x10, 2, 1, 3, .frontier), (0x11, 2, 1, 3, .frontier), (0x12, 2, 1, 3, .frontier),
        (0x13, 2, 1, 3, .frontier), (0x14, 2, 1, 3, .frontier), (0x15, 1, 1, 3, .frontier),
        (0x16, 2, 1, 3, .frontier), (0x17, 2, 1, 3, .frontier), (0x18, 2, 1, 3, .frontier),
        (0x19, 1, 1, 3, .frontier), (0x1a, 2, 1, 3, .frontier), (0x1b, 2, 1, 3, .constantinople),
        (0x1c, 2, 1, 3, .constantinople), (0x1d, 2, 1, 3, .constantinople), (0x1e, 1, 1, 5, .osaka),
        (0x20, 2, 1, 30, .frontier), (0x30, 0, 1, 2, .frontier), (0x31, 1, 1, 20, .frontier),
        (0x32, 0, 1, 2, .frontier), (0x33, 0, 1, 2, .frontier), (0x34, 0, 1, 2, .frontier),
        (0x35, 1, 1, 3, .frontier), (0x36, 0, 1, 2, .frontier), (0x37, 3, 0, 3, .frontier),
        (0x38, 0, 1, 2, .frontier), (0x39, 3, 0, 3, .frontier), (0x3a, 0, 1, 2, .frontier),
        (0x3b, 1, 1, 20, .frontier), (0x3c, 4, 0, 20, .frontier), (0x3d, 0, 1, 2, .byzantium),
        (0x3e, 3, 0, 3, .byzantium), (0x3f, 1, 1, 400, .constantinople), (0x40, 1, 1, 20, .frontier),
        (0x41, 0, 1, 2, .frontier), (0x42, 0, 1, 2, .frontier), (0x43, 0, 1, 2, .frontier),
        (0x44, 0, 1, 2, .frontier), (0x45, 0, 1, 2, .frontier), (0x46, 0, 1, 2, .istanbul),
        (0x47, 0, 1, 5, .istanbul), (0x48, 0, 1, 2, .london), (0x49, 1, 1, 3, .cancun),
        (0x4a, 0, 1, 2, .cancun), (0x50, 1, 0, 2, .frontier), (0x51, 1, 1, 3, .frontier),
        (0x52, 2, 0, 3, .frontier), (0x53, 2, 0, 3, .frontier), (0x54, 1, 1, 50, .frontier),
        (0x55, 2, 0, 0, .frontier), (0x56, 1, 0, 8, .frontier), (0x57, 2, 0, 10, .frontier),
        (0x58, 0, 1, 2, .frontier), (0x59, 0, 1, 2, .frontier), (0x5a, 0, 1, 2, .frontier),
        (0x5b, 0, 0, 1, .frontier), (0x5c, 1, 1, 100, .cancun), (0x5d, 2, 0, 100, .cancun),
        (0x5e, 3, 0, 3, .cancun), (0xf0, 3, 1, 32_000, .frontier), (0xf1, 7, 1, 40, .frontier),
        (0xf2, 7, 1, 40, .frontier), (0xf3, 2, 0, 0, .frontier), (0xf4, 6, 1, 40, .homestead),
        (0xf5, 4, 1, 32_000, .constantinople), (0xfa, 6, 1, 700, .byzantium), (0xfd, 2, 0, 0, .byzantium),
        (0xfe, 0, 0, 0, .frontier), (0xff, 1, 0, 0, .frontier),
    ]

    /// Fork, opcode and its gas from then on (EIP-150, EIP-1884, EIP-2929: the warm price).
    private static let repriced: [(Fork, UInt8, UInt32)] = [
        (.tangerineWhistle, 0x31, 400), (.tangerineWhistle, 0x3b, 700), (.tangerineWhistle, 0x3c, 700),
        (.tangerineWhistle, 0x54, 200), (.tangerineWhistle, 0xf1, 700), (.tangerineWhistle, 0xf2, 700),
        (.tangerineWhistle, 0xf4, 700), (.tangerineWhistle, 0xff, 5000),
        (.istanbul, 0x31, 700), (.istanbul, 0x3f, 700), (.istanbul, 0x54, 800),
        (.berlin, 0x31, 100), (.berlin, 0x3b, 100), (.berlin, 0x3c, 100), (.berlin, 0x3f, 100), (.berlin, 0x54, 100),
        (.berlin, 0xf1, 100), (.berlin, 0xf2, 100), (.berlin, 0xf4, 100), (.berlin, 0xfa, 100),
    ]
}
