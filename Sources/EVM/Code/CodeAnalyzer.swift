/// Decodes code into instructions: gas and stack per basic block, constants folded, jump targets resolved.
///
/// Dead code is left out; what a frame sees (results, gas left where it can be read, success or failure) is the same
/// as when every opcode is checked on its own, because a frame that fails anywhere in a block leaves nothing behind.
struct CodeAnalyzer {
    private let bytes: UnsafePointer<UInt8>
    private let size: Int
    private let opcodes: OpcodeTable
    private var instructions: [Instruction] = []
    private var constants: [U256] = []
    private var jumpTable: [UInt32]
    /// Instructions with a constant jump target, and the code position that they jump to.
    private var jumps: [(instruction: Int, position: UInt64)] = []

    // The block being decoded.
    private var blockStart = -1
    private var blockGas: UInt32 = 0
    private var height = 0
    private var need = 0
    private var growth = 0
    /// Instructions of the block that must know what was charged beyond them.
    private var gasReaders: [Int] = []
    /// JUMPDESTs right before the block, each with nothing of its own behind it.
    private var blockRun: [(start: Int, gas: UInt32)] = []
    /// The first instruction of the block that may be merged with its successor.
    private var mergeFloor = 0

    /// An analyzer of one code.
    init(bytes: UnsafePointer<UInt8>, size: Int, opcodes: OpcodeTable) {
        self.bytes = bytes
        self.size = size
        self.opcodes = opcodes
        jumpTable = Array(repeating: 0, count: size)
        instructions.reserveCapacity(size + 4)
    }

    /// Decodes everything.
    mutating func analyze() {
        if opcodes.tracesEveryOpcode { return analyzeForTracing() }
        // Index 0 is where invalid jumps end, so that 0 in the jump table means "no JUMPDEST".
        emit(Instruction(operation: .badJump))
        openBlock()
        var position = 0
        var isLive = true
        while position < size {
            let opcode = bytes[position]
            let start = position
            position += 1
            if opcode >= 0x60 && opcode <= 0x7f { position += Int(opcode) - 0x5f }
            if opcode == 0x5b {
                if isLive {
                    let isBare = instructions.count == blockStart + 1 && instructions[blockStart].operation == .block
                    if isBare { blockRun.append((blockStart, blockGas)) } else { closeBlock() }
                }
                openBlock()
                jumpTable[start] = UInt32(blockStart)
                blockGas = 1
                isLive = true
            } else if isLive {
                isLive = decode(opcode, at: start)
            }
        }
        if isLive {
            emit(Instruction(operation: .stop))
            closeBlock()
        }
        for jump in jumps {
            let target = jump.position < UInt64(size) ? jumpTable[Int(jump.position)] : 0
            instructions[jump.instruction].immediate |= UInt64(target)
            if instructions[jump.instruction].operation == .jumpTo {
                enterTarget(jump.instruction, Int(target))
            } else if instructions[Int(target)].operation == .block {
                instructions[jump.instruction].half = 1
            }
        }
    }

    /// Decodes every opcode as a block of its own with its report before it.
    private mutating func analyzeForTracing() {
        emit(Instruction(operation: .badJump))
        var position = 0
        var isLive = true
        while position < size {
            let opcode = bytes[position]
            let start = position
            position += 1
            if opcode >= 0x60 && opcode <= 0x7f { position += Int(opcode) - 0x5f }
            if opcode == 0x5b {
                isLive = true
                jumpTable[start] = UInt32(instructions.count)
            }
            if !isLive { continue }
            emit(Instruction(operation: .trace, small: opcode, immediate: UInt64(start)))
            openBlock()
            if opcode == 0x5b {
                blockGas = 1
            } else {
                isLive = decode(opcode, at: start)
            }
            if isLive { closeBlock() }
        }
        if isLive {
            emit(Instruction(operation: .trace, small: 0x00, immediate: UInt64(size)))
            openBlock()
            emit(Instruction(operation: .stop))
            closeBlock()
        }
    }

    /// Moves the result to raw memory that the body then owns.
    func store(in body: inout CodeBody) {
        let storedInstructions = UnsafeMutablePointer<Instruction>.allocate(capacity: instructions.count)
        storedInstructions.initialize(from: instructions, count: instructions.count)
        let storedConstants = UnsafeMutablePointer<U256>.allocate(capacity: max(1, constants.count))
        storedConstants.initialize(from: constants, count: constants.count)
        var covered = size
        while covered > 0 && jumpTable[covered - 1] == 0 { covered -= 1 }
        let storedTable = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, covered))
        storedTable.initialize(from: jumpTable, count: covered)
        body.instructions = UnsafePointer(storedInstructions)
        body.constants = UnsafePointer(storedConstants)
        body.jumpTable = UnsafePointer(storedTable)
        body.jumpTableCount = covered
    }

    // MARK: Blocks

    private mutating func emit(_ instruction: Instruction) { instructions.append(instruction) }

    private mutating func openBlock() {
        blockStart = instructions.count
        emit(Instruction(operation: .block))
        resetBlock()
    }

    /// The block after a JUMPI has no instruction of its own: the JUMPI charges and checks it.
    private mutating func openBlockInJump() {
        blockStart = instructions.count - 1
        resetBlock()
    }

    /// Lets a jump charge and check the block that it leads to, and go on behind the block's own instruction.
    private mutating func enterTarget(_ jump: Int, _ target: Int) {
        let block = instructions[target]
        if block.operation == .badJump { return }
        let following = block.operation == .blockRun ? block.immediate & 0xffff_ffff : UInt64(target + 1)
        instructions[jump].operation = .jumpInto
        instructions[jump].word = block.word
        instructions[jump].immediate = block.immediate & ~0xffff_ffff | following
    }

    private mutating func resetBlock() {
        blockGas = 0
        height = 0
        need = 0
        growth = 0
        gasReaders.removeAll(keepingCapacity: true)
        mergeFloor = instructions.count
    }

    private mutating func closeBlock() {
        instructions[blockStart].word = blockGas
        instructions[blockStart].immediate |= StackBounds.packed(need: need, growth: growth) << 32
        var gas = blockGas
        for bare in blockRun.reversed() {
            gas += bare.gas
            instructions[bare.start] = Instruction(
                operation: .blockRun, word: gas,
                immediate: instructions[blockStart].immediate & ~0xffff_ffff | UInt64(blockStart + 1))
        }
        blockRun.removeAll(keepingCapacity: true)
        for reader in gasReaders {
            // Until now `word` held what the block had cost up to and with the reader.
            instructions[reader].word = blockGas - instructions[reader].word
        }
    }

    /// Decodes one opcode; false when nothing after it is reached.
    private mutating func decode(_ opcode: UInt8, at position: Int) -> Bool {
        guard let traits = opcodes.traits[Int(opcode)] else {
            emit(Instruction(operation: .undefined))
            closeBlock()
            return false
        }
        // A stack that breaks one limit of a block must not be able to break the other first.
        let after = height + Int(traits.outputs) - Int(traits.inputs)
        if max(need, Int(traits.inputs) - height) + max(growth, after) > MachineLimits.stackWordsMax {
            closeBlock()
            openBlock()
        }
        blockGas += traits.gas
        need = max(need, Int(traits.inputs) - height)
        height += Int(traits.outputs) - Int(traits.inputs)
        growth = max(growth, height)
        switch opcode {
        case 0x5f...0x7f: decodePush(Int(opcode) - 0x5f, at: position)
        case 0x80...0x8f: decodeDup(opcode - 0x7f)
        case 0x90...0x9f: decodeSwap(opcode - 0x8f)
        case 0xa0...0xa4: emit(Instruction(operation: .log, small: opcode - 0xa0))
        case 0x38: emit(Instruction(operation: .pushSmall, immediate: UInt64(size)))
        case 0x58: emit(Instruction(operation: .pushSmall, immediate: UInt64(position)))
        case 0x56:
            decodeJump()
            closeBlock()
            return false
        case 0x57:
            decodeConditionalJump()
        case 0x55, 0x5a, 0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa:
            gasReaders.append(instructions.count)
            emit(Instruction(operation: Self.operations[Int(opcode)], word: blockGas))
        case 0x00, 0xf3, 0xfd, 0xfe, 0xff:
            emit(Instruction(operation: Self.operations[Int(opcode)]))
            closeBlock()
            return false
        default:
            decodeSimple(opcode)
        }
        return true
    }

    // MARK: Constants and merging

    /// The instruction before the one to come, where the two may be merged.
    private var mergeable: Instruction? { instructions.count > mergeFloor ? instructions[instructions.count - 1] : nil }

    private mutating func replaceLast(_ instruction: Instruction) { instructions[instructions.count - 1] = instruction }

    private mutating func decodePush(_ count: Int, at position: Int) {
        var value = U256.zero
        // Beyond the end of the code there are zeros.
        for index in 0..<count {
            let byte = position + 1 + index < size ? bytes[position + 1 + index] : 0
            value = (value << 8) | U256(UInt64(byte))
        }
        if value.fitsUInt64 {
            if let last = mergeable, last.operation == .dup, last.immediate == 0 {
                return replaceLast(Instruction(operation: .dupPush, small: last.small, immediate: value.l0))
            }
            emit(Instruction(operation: .pushSmall, immediate: value.l0))
        } else {
            emit(Instruction(operation: .pushWide, immediate: UInt64(constants.count)))
            constants.append(value)
        }
    }

    private mutating func decodeDup(_ depth: UInt8) {
        guard let last = mergeable else { return emit(Instruction(operation: .dup, small: depth)) }
        switch last.operation {
        case .dup: replaceLast(Instruction(operation: .dupDup, small: last.small, half: UInt16(depth)))
        case .pushSmall:
            replaceLast(Instruction(operation: .pushDup, small: depth, immediate: last.immediate))
        default: emit(Instruction(operation: .dup, small: depth))
        }
    }

    private mutating func decodeSwap(_ depth: UInt8) {
        if let last = mergeable, last.operation == .swap {
            replaceLast(Instruction(operation: .swapSwap, small: last.small, half: UInt16(depth)))
        } else {
            emit(Instruction(operation: .swap, small: depth))
        }
    }

    /// Takes a constant of 64 bits off the end of the instructions, if one is there.
    private mutating func takeSmallConstant() -> UInt64? {
        guard let last = mergeable else { return nil }
        if last.operation == .pushSmall {
            instructions.removeLast()
            return last.immediate
        }
        if last.operation == .dupPush {
            replaceLast(Instruction(operation: .dup, small: last.small))
            return last.immediate
        }
        return nil
    }

    private mutating func decodeSimple(_ opcode: UInt8) {
        let operation = Self.operations[Int(opcode)]
        splitPushDup(before: operation)
        let merged = Self.withSmallConstant[Int(operation.rawValue)]
        if merged != .undefined, let constant = takeSmallConstant() {
            if merged == .mstoreAt, mergeLoad(storingAt: constant) { return }
            if merged == .shrSmall, let last = mergeable, last.operation == .dup {
                return replaceLast(Instruction(operation: .dupShrSmall, small: last.small, immediate: constant))
            }
            return emit(Instruction(operation: merged, immediate: constant))
        }
        if operation == .keccak256, mergeHash() { return }
        guard let last = mergeable else { return emit(Instruction(operation: operation)) }
        switch (last.operation, operation) {
        case (.pushWide, .and): replaceLast(Instruction(operation: .andWide, immediate: last.immediate))
        case (.swap, .pop): mergeSwapPop(last.small)
        case (.dup, .add): replaceLast(Instruction(operation: .dupAdd, small: last.small))
        case (.dup, .and): replaceLast(Instruction(operation: .dupAnd, small: last.small))
        case (.dup, .mload): replaceLast(Instruction(operation: .dupMload, small: last.small))
        case (.dup, .mstore): replaceLast(Instruction(operation: .dupMstore, small: last.small))
        case (.iszero, .iszero): replaceLast(Instruction(operation: .iszeroTwice))
        case (.pop, .pop): replaceLast(Instruction(operation: .popTwo))
        default: emit(Instruction(operation: operation))
        }
    }

    /// Takes a constant and a DUP apart again where the DUP has a better partner to come.
    private mutating func splitPushDup(before operation: Operation) {
        guard let last = mergeable, last.operation == .pushDup else { return }
        switch operation {
        case .add, .and, .mload, .mstore:
            replaceLast(Instruction(operation: .pushSmall, immediate: last.immediate))
            emit(Instruction(operation: .dup, small: last.small))
        default: break
        }
    }

    /// Merges an MLOAD with the MSTORE behind it; whole words that lie low, so that neither can be out of bounds alone.
    private mutating func mergeLoad(storingAt target: UInt64) -> Bool {
        guard let last = mergeable, last.operation == .mloadAt, (last.immediate | target) & ~0xf_ffe0 == 0 else { return false }
        replaceLast(Instruction(operation: .moveWord, immediate: last.immediate | target << 32))
        return true
    }

    /// Merges two MSTOREs, to 0 and 32, and the two constants behind them with KECCAK256 of 64 bytes at 0.
    private mutating func mergeHash() -> Bool {
        let first = instructions.count - 4
        guard first >= mergeFloor,
            case let (offset, size) = (instructions[first + 3], instructions[first + 2]),
            offset.operation == .pushSmall, offset.immediate == 0, size.operation == .pushSmall, size.immediate == 64,
            instructions[first + 1].operation == .mstoreAt
        else { return false }
        let isMoved = instructions[first].operation == .moveWord
        guard isMoved || instructions[first].operation == .mstoreAt else { return false }
        let stored = isMoved ? instructions[first].immediate >> 32 : instructions[first].immediate
        guard stored | instructions[first + 1].immediate == 32, stored & instructions[first + 1].immediate == 0 else { return false }
        let source = instructions[first].immediate & 0xffff_ffff
        instructions.removeLast(4)
        if isMoved { emit(Instruction(operation: .mloadAt, immediate: source)) }
        emit(Instruction(operation: .hashWords, small: stored == 32 ? 1 : 0))
        return true
    }

    private mutating func mergeSwapPop(_ depth: UInt8) {
        instructions.removeLast()
        if let last = mergeable, last.operation == .add {
            replaceLast(Instruction(operation: .addSwapPop, small: depth))
        } else {
            emit(Instruction(operation: .swapPop, small: depth))
        }
    }

    private mutating func decodeJump() {
        if let target = takeSmallConstant() {
            jumps.append((instructions.count, target))
            emit(Instruction(operation: .jumpTo))
        } else if let last = mergeable, last.operation == .pushWide {
            replaceLast(Instruction(operation: .jumpTo))
        } else {
            emit(Instruction(operation: .jump))
        }
    }

    private mutating func decodeConditionalJump() {
        var merged = Instruction(operation: .jumpi)
        if let target = takeSmallConstant() {
            merged.operation = .jumpIfTo
            mergeCondition(into: &merged)
            jumps.append((instructions.count, target))
        }
        closeBlock()
        emit(merged)
        openBlockInJump()
    }

    /// Merges the comparison that a conditional jump depends on; `small` 1 means: jump when it does not hold.
    private mutating func mergeCondition(into jump: inout Instruction) {
        guard let last = mergeable else { return }
        if last.operation == .iszeroTwice {
            // Not zero, and not zero twice: the jump is the same.
            instructions.removeLast()
        } else if last.operation == .iszero {
            instructions.removeLast()
            jump.operation = .jumpIfZeroTo
            if let comparison = mergeable, Self.withJump(comparison.operation) != .undefined {
                instructions.removeLast()
                jump.operation = Self.withJump(comparison.operation)
                jump.small = 1
            }
        } else if Self.withJump(last.operation) != .undefined {
            instructions.removeLast()
            jump.operation = Self.withJump(last.operation)
        }
    }

    /// The form of each operation with a constant of 64 bits on top of the stack; `undefined` where there is none.
    private static let withSmallConstant: [Operation] = {
        let forms: [(Operation, Operation)] = [
            (.add, .addSmall), (.sub, .subFromSmall), (.and, .andSmall), (.eq, .eqSmall), (.lt, .ltSmall),
            (.gt, .gtSmall), (.shl, .shlSmall), (.shr, .shrSmall), (.mload, .mloadAt), (.mstore, .mstoreAt),
            (.calldataload, .calldataloadAt), (.sload, .sloadAt), (.mul, .mulSmall),
        ]
        var table = Array(repeating: Operation.undefined, count: 256)
        for (plain, merged) in forms { table[Int(plain.rawValue)] = merged }
        return table
    }()

    /// The form of a comparison with a conditional jump behind it; `undefined` where there is none.
    private static func withJump(_ comparison: Operation) -> Operation {
        switch comparison {
        case .lt: .ltJumpTo
        case .gt: .gtJumpTo
        case .eq: .eqJumpTo
        case .slt: .sltJumpTo
        case .sgt: .sgtJumpTo
        default: .undefined
        }
    }

    /// The operation of each opcode that is decoded without a case of its own.
    private static let operations: [Operation] = {
        var table = Array(repeating: Operation.undefined, count: 256)
        let runs: [(Int, [Operation])] = [
            (0x00, [.stop, .add, .mul, .sub, .div, .sdiv, .mod, .smod, .addmod, .mulmod, .exp, .signextend]),
            (0x10, [.lt, .gt, .slt, .sgt, .eq, .iszero, .and, .or, .xor, .not, .byte, .shl, .shr, .sar, .clz]),
            (0x20, [.keccak256]),
            (0x30, [.address, .balance, .origin, .caller, .callvalue, .calldataload, .calldatasize, .calldatacopy]),
            (0x39, [.codecopy, .gasprice, .extcodesize, .extcodecopy, .returndatasize, .returndatacopy, .extcodehash]),
            (0x40, [.blockhash, .coinbase, .timestamp, .number, .prevrandao, .gaslimit, .chainid, .selfbalance]),
            (0x48, [.basefee, .blobhash, .blobbasefee]),
            (0x50, [.pop, .mload, .mstore, .mstore8, .sload, .sstore, .jump, .jumpi]),
            (0x59, [.msize, .gas]), (0x5c, [.tload, .tstore, .mcopy]),
            (0xf0, [.create, .call, .callcode, .ret, .delegatecall, .create2]),
            (0xfa, [.staticcall]), (0xfd, [.revert, .invalid, .selfdestruct]),
        ]
        for (first, operations) in runs {
            for (index, operation) in operations.enumerated() { table[first + index] = operation }
        }
        return table
    }()
}
