/// One instruction of a run, as it stood before it was done (EIP-3155).
public struct TraceStep: Sendable, Equatable {
    /// Position in the code.
    public var position: Int
    /// The opcode.
    public var opcode: UInt8
    /// Gas before the instruction.
    public var gas: UInt64
    /// Gas that the instruction took, what it handed to a deeper frame included.
    public var gasCost: UInt64
    /// Bytes of memory in use.
    public var memoryBytes: Int
    /// The stack, bottom first.
    public var stack: [U256]
    /// Frames that run, 1 for the transaction's own.
    public var depth: Int
    /// What the last call returned.
    public var returnData: [UInt8]
    /// Gas earned back so far.
    public var refund: Int64
    /// Why the frame halted at this instruction.
    public var halt: Halt?
    /// The frame's memory; empty where the machine does not keep it.
    public var memory: [UInt8] = []

    /// One line of JSON as EIP-3155 lays it down.
    public var line: String {
        var text =
            "{\"pc\":\(position),\"op\":\(opcode),\"gas\":\"\(Self.hex(gas))\",\"gasCost\":\"\(Self.hex(gasCost))\""
        text += ",\"memSize\":\(memoryBytes),\"stack\":["
        for (index, word) in stack.enumerated() { text += index == 0 ? "\"\(word.hex)\"" : ",\"\(word.hex)\"" }
        text += "],\"depth\":\(depth),\"returnData\":\"0x\(hexDigits(of: returnData))\""
        text += ",\"refund\":\"\(Self.hex(UInt64(max(0, refund))))\",\"opName\":\"\(OpcodeNames.name(opcode))\""
        if let halt { text += ",\"error\":\"\(halt)\"" }
        return text + "}"
    }

    private static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
