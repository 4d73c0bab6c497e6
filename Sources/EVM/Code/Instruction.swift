/// What the interpreter does for one pre-decoded instruction: the opcodes, and sequences of them that are done at once.
enum Operation: UInt8 {
    // One opcode each.
    case stop, add, mul, sub, div, sdiv, mod, smod, addmod, mulmod, exp, signextend
    case lt, gt, slt, sgt, eq, iszero, and, or, xor, not, byte, shl, shr, sar, clz, keccak256
    case address, balance, origin, caller, callvalue, calldataload, calldatasize, calldatacopy
    case codecopy, gasprice, extcodesize, extcodecopy, returndatasize, returndatacopy, extcodehash
    case blockhash, coinbase, timestamp, number, prevrandao, gaslimit, chainid, selfbalance, basefee
    case blobhash, blobbasefee, pop, mload, mstore, mstore8, sload, sstore, jump, jumpi, msize, gas
    case tload, tstore, mcopy, dup, swap, log, create, create2, call, callcode, delegatecall, staticcall
    case ret, revert, invalid, selfdestruct
    /// Charges and checks the stack for the instructions up to the next one of these (also JUMPDEST).
    case block
    /// A JUMPDEST with more of them right behind it: charges and checks for all, then goes on behind the last.
    case blockRun
    /// An opcode that the fork does not know.
    case undefined
    /// Where a jump to no JUMPDEST ends.
    case badJump
    /// Reports the opcode behind it, in code that is traced: the opcode is in `small`, its position in `immediate`.
    case trace
    /// A constant of up to 64 bits, or one from the pool.
    case pushSmall, pushWide
    // A constant, then an opcode.
    case jumpTo, jumpIfTo, jumpIfZeroTo
    /// A constant, JUMP, and the JUMPDEST that it leads to: charges and checks for the block there.
    case jumpInto
    case addSmall, subFromSmall, andSmall, andWide, eqSmall, ltSmall, gtSmall, shlSmall, shrSmall
    case mloadAt, mstoreAt, calldataloadAt, sloadAt, mulSmall
    // A comparison, then ISZERO or not, a constant and JUMPI.
    case ltJumpTo, gtJumpTo, eqJumpTo, sltJumpTo, sgtJumpTo
    // Movements of the stack.
    case swapPop, popTwo, dupDup, swapSwap, dupPush, pushDup
    // A DUP, then an opcode; ADD, then SWAP and POP; ISZERO twice.
    case dupAdd, dupAnd, dupMload, dupMstore, dupShrSmall, addSwapPop, iszeroTwice
    /// MLOAD of a constant, then MSTORE to a constant: from bits 0-31 to bits 32-63.
    case moveWord
    /// MSTORE to 0 and 32 in any order, then KECCAK256 of both words: how compilers find an element of a mapping.
    case hashWords
}

/// One pre-decoded instruction, 16 bytes.
struct Instruction {
    /// What to do.
    var operation: Operation
    /// Depth of a DUP or SWAP, topics of a LOG, whether a comparison jumps when false, or whether the top goes to 32.
    var small: UInt8 = 0
    /// A second depth; of a conditional jump 1 where its target is a `block`.
    var half: UInt16 = 0
    /// Gas: of a block, of the fall-through block of a JUMPI, or what the block was charged beyond this instruction.
    var word: UInt32 = 0
    /// A constant; for a block the bounds of the stack (bits 32-63, see `StackBounds`); a jump target (bits 0-31).
    var immediate: UInt64 = 0
}

/// The heights of the stack, in bytes, with which a block may begin: from `least` to `least + range`.
enum StackBounds {
    /// Both bounds in 32 bits, from words needed and words added at most, which fit a stack together.
    static func packed(need: Int, growth: Int) -> UInt64 {
        let most = MachineLimits.stackWordsMax - growth
        precondition(need <= most, "a block that could break both limits is cut in two")
        return UInt64(need * 32) | UInt64((most - need) * 32) << 16
    }
}
