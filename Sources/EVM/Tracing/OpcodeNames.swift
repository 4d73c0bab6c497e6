/// The opcodes' names in the words of the Yellow Paper and the EIPs.
public enum OpcodeNames {
    /// The name of an opcode; its number where it has none.
    public static func name(_ opcode: UInt8) -> String {
        switch opcode {
        case 0x5f...0x7f: return "PUSH\(opcode - 0x5f)"
        case 0x80...0x8f: return "DUP\(opcode - 0x7f)"
        case 0x90...0x9f: return "SWAP\(opcode - 0x8f)"
        case 0xa0...0xa4: return "LOG\(opcode - 0xa0)"
        default: break
        }
        for (first, names) in runs where opcode >= first && Int(opcode) < Int(first) + names.count {
            return names[Int(opcode - first)]
        }
        return "0x" + String(opcode, radix: 16)
    }

    /// Runs of opcodes from their first on.
    private static let runs: [(UInt8, [String])] = [
        (
            0x00,
            ["STOP", "ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "EXP", "SIGNEXTEND"]
        ),
        (
            0x10,
            [
                "LT", "GT", "SLT", "SGT", "EQ", "ISZERO", "AND", "OR", "XOR", "NOT", "BYTE", "SHL", "SHR", "SAR", "CLZ",
            ]
        ),
        (0x20, ["KECCAK256"]),
        (
            0x30,
            [
                "ADDRESS", "BALANCE", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATALOAD", "CALLDATASIZE", "CALLDATACOPY",
                "CODESIZE", "CODECOPY", "GASPRICE", "EXTCODESIZE", "EXTCODECOPY", "RETURNDATASIZE", "RETURNDATACOPY",
                "EXTCODEHASH", "BLOCKHASH", "COINBASE", "TIMESTAMP", "NUMBER", "PREVRANDAO", "GASLIMIT", "CHAINID",
                "SELFBALANCE", "BASEFEE", "BLOBHASH", "BLOBBASEFEE",
            ]
        ),
        (
            0x50,
            [
                "POP", "MLOAD", "MSTORE", "MSTORE8", "SLOAD", "SSTORE", "JUMP", "JUMPI", "PC", "MSIZE", "GAS",
                "JUMPDEST", "TLOAD", "TSTORE", "MCOPY",
            ]
        ),
        (0xf0, ["CREATE", "CALL", "CALLCODE", "RETURN", "DELEGATECALL", "CREATE2"]),
        (0xfa, ["STATICCALL"]), (0xfd, ["REVERT", "INVALID", "SELFDESTRUCT"]),
    ]
}
