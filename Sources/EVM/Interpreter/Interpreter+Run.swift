extension Interpreter {
    /// Runs the frames from the current one until it ends, deeper ones included; how it ended and its gas left.
    mutating func run() -> (exit: FrameExit, gas: Int64) {
        if let tracer { return runTraced(tracer) }
        if journal.affine.isActive { return runAffine() }
        let bottom = depth
        while true {
            let exit = interpret()
            if exit == .entered { continue }
            let result = pop(exit)
            if depth < bottom { return result }
        }
    }

    /// Runs the current frame until it ends or enters a deeper one: one switch over pre-decoded instructions.
    ///
    /// Program counter, stack pointer and gas are locals; everything that is not short is a call. The stack pointer
    /// points behind the top, and blocks have been checked, so nothing here can leave the frame's stack.
    mutating func interpret() -> FrameExit {
        let frame = frame
        let memory = frame.pointee.memoryBase
        let instructions = frame.pointee.code.pointee.instructions!
        let stackBase = frame.pointee.stackBase
        var next = frame.pointee.programCounter
        var sp = frame.pointee.stackPointer
        var gas = frame.pointee.gas
        halt = .outOfGas
        if gas < 0 { return leave(.halted, gas) }

        while true {
            let pc = next
            next += 1
            switch pc.pointee.operation {
            // MARK: Blocks and jumps
            case .block:
                gas &-= Int64(pc.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(pc, sp, stackBase) { return leaveForStack(pc, sp) }
            case .blockRun, .jumpInto:
                gas &-= Int64(pc.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(pc, sp, stackBase) { return leaveForStack(pc, sp) }
                next = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
            case .jumpTo:
                next = instructions + Int(truncatingIfNeeded: pc.pointee.immediate)
            case .jumpIfTo:
                sp -= 1
                var block = pc
                if !sp[0].isZero {
                    block = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
                    next = block
                    if pc.pointee.half == 0 { continue }
                    next += 1
                }
                gas &-= Int64(block.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(block, sp, stackBase) { return leaveForStack(block, sp) }
            case .jumpIfZeroTo:
                sp -= 1
                var block = pc
                if sp[0].isZero {
                    block = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
                    next = block
                    if pc.pointee.half == 0 { continue }
                    next += 1
                }
                gas &-= Int64(block.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(block, sp, stackBase) { return leaveForStack(block, sp) }
            case .ltJumpTo, .gtJumpTo, .eqJumpTo, .sltJumpTo, .sgtJumpTo:
                sp -= 2
                let holds: Bool
                switch pc.pointee.operation {
                case .ltJumpTo: holds = sp[1] < sp[0]
                case .gtJumpTo: holds = sp[0] < sp[1]
                case .eqJumpTo: holds = sp[0] == sp[1]
                case .sltJumpTo: holds = sp[1].signedLess(than: sp[0])
                default: holds = sp[0].signedLess(than: sp[1])
                }
                var block = pc
                if holds != (pc.pointee.small != 0) {
                    block = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
                    next = block
                    if pc.pointee.half == 0 { continue }
                    next += 1
                }
                gas &-= Int64(block.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(block, sp, stackBase) { return leaveForStack(block, sp) }
            case .jump:
                sp -= 1
                next = instructions + target(sp[0], frame)
            case .jumpi:
                sp -= 2
                if !sp[0].isZero {
                    next = instructions + target(sp[1], frame)
                    continue
                }
                gas &-= Int64(pc.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(pc, sp, stackBase) { return leaveForStack(pc, sp) }
            case .badJump: return leave(halting: .badJump)
            case .undefined, .invalid: return leave(halting: .undefinedInstruction)
            case .trace: trace(pc, sp, gas)

            // MARK: Stack
            case .pushSmall:
                sp[0] = U256(pc.pointee.immediate)
                sp += 1
            case .pushWide:
                sp[0] = frame.pointee.code.pointee.constants![Int(truncatingIfNeeded: pc.pointee.immediate)]
                sp += 1
            case .dup:
                sp[0] = (sp - Int(pc.pointee.small))[0]
                sp += 1
            case .dupDup:
                sp[0] = (sp - Int(pc.pointee.small))[0]
                sp += 1
                sp[0] = (sp - Int(pc.pointee.half))[0]
                sp += 1
            case .dupPush:
                sp[0] = (sp - Int(pc.pointee.small))[0]
                sp[1] = U256(pc.pointee.immediate)
                sp += 2
            case .pushDup:
                sp[0] = U256(pc.pointee.immediate)
                sp += 1
                sp[0] = (sp - Int(pc.pointee.small))[0]
                sp += 1
            case .swap:
                exchange(sp, Int(pc.pointee.small))
            case .swapSwap:
                exchange(sp, Int(pc.pointee.small))
                exchange(sp, Int(pc.pointee.half))
            case .swapPop:
                sp -= 1
                (sp - Int(pc.pointee.small))[0] = sp[0]
            case .pop: sp -= 1
            case .popTwo: sp -= 2

            // MARK: Arithmetic
            case .add:
                sp -= 1
                sp[-1] = sp[0] &+ sp[-1]
            case .dupAdd:
                sp[-1] = (sp - Int(pc.pointee.small))[0] &+ sp[-1]
            case .addSwapPop:
                sp -= 2
                (sp - Int(pc.pointee.small))[0] = sp[1] &+ sp[0]
            case .addSmall:
                sp[-1] = sp[-1] &+ U256(pc.pointee.immediate)
            case .mul:
                sp -= 1
                sp[-1] = sp[0] &* sp[-1]
            case .mulSmall:
                sp[-1] = sp[-1] &* U256(pc.pointee.immediate)
            case .sub:
                sp -= 1
                sp[-1] = sp[0] &- sp[-1]
            case .subFromSmall:
                sp[-1] = U256(pc.pointee.immediate) &- sp[-1]
            case .div:
                sp -= 1
                sp[-1] = sp[0] / sp[-1]
            case .sdiv:
                sp -= 1
                sp[-1] = sp[0].signedDivided(by: sp[-1])
            case .mod:
                sp -= 1
                sp[-1] = sp[0] % sp[-1]
            case .smod:
                sp -= 1
                sp[-1] = sp[0].signedRemainder(by: sp[-1])
            case .addmod:
                sp -= 2
                sp[-1] = sp[1].addmod(sp[0], sp[-1])
            case .mulmod:
                sp -= 2
                sp[-1] = sp[1].mulmod(sp[0], sp[-1])
            case .exp:
                gas = exponentiate(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 1
            case .signextend:
                sp -= 1
                sp[-1] = sp[-1].signextend(from: sp[0])

            // MARK: Comparison and bits
            case .lt:
                sp -= 1
                sp[-1] = U256(sp[0] < sp[-1])
            case .ltSmall:
                sp[-1] = U256(U256(pc.pointee.immediate) < sp[-1])
            case .gt:
                sp -= 1
                sp[-1] = U256(sp[-1] < sp[0])
            case .gtSmall:
                sp[-1] = U256(sp[-1] < U256(pc.pointee.immediate))
            case .slt:
                sp -= 1
                sp[-1] = U256(sp[0].signedLess(than: sp[-1]))
            case .sgt:
                sp -= 1
                sp[-1] = U256(sp[-1].signedLess(than: sp[0]))
            case .eq:
                sp -= 1
                sp[-1] = U256(sp[0] == sp[-1])
            case .eqSmall:
                sp[-1] = U256(sp[-1] == U256(pc.pointee.immediate))
            case .iszeroTwice:
                sp[-1] = U256(!sp[-1].isZero)
            case .iszero:
                sp[-1] = U256(sp[-1].isZero)
            case .and:
                sp -= 1
                sp[-1] = sp[0] & sp[-1]
            case .dupAnd:
                sp[-1] = (sp - Int(pc.pointee.small))[0] & sp[-1]
            case .andSmall:
                sp[-1] = U256(sp[-1].l0 & pc.pointee.immediate)
            case .andWide:
                sp[-1] = sp[-1] & frame.pointee.code.pointee.constants![Int(truncatingIfNeeded: pc.pointee.immediate)]
            case .or:
                sp -= 1
                sp[-1] = sp[0] | sp[-1]
            case .xor:
                sp -= 1
                sp[-1] = sp[0] ^ sp[-1]
            case .not:
                sp[-1] = ~sp[-1]
            case .byte:
                sp -= 1
                sp[-1] = sp[-1].byte(at: sp[0])
            case .shl:
                sp -= 1
                sp[-1] = sp[-1].shiftedLeft(by: sp[0])
            case .shlSmall:
                sp[-1] = sp[-1].shiftedLeft(by: U256(pc.pointee.immediate))
            case .shr:
                sp -= 1
                sp[-1] = sp[-1].shiftedRight(by: sp[0])
            case .shrSmall:
                sp[-1] = sp[-1].shiftedRight(by: U256(pc.pointee.immediate))
            case .dupShrSmall:
                sp[0] = (sp - Int(pc.pointee.small))[0].shiftedRight(by: U256(pc.pointee.immediate))
                sp += 1
            case .sar:
                sp -= 1
                sp[-1] = sp[-1].sar(by: sp[0])
            case .clz:
                sp[-1] = U256(UInt64(truncatingIfNeeded: sp[-1].leadingZeroBitCount))
            case .keccak256:
                gas = keccak(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 1
            case .hashWords:
                gas = hashWords(pc, sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 1

            // MARK: Memory
            case .mload:
                let offset = sp[-1]
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[-1] = U256(loadingBigEndian: memory + Int(truncatingIfNeeded: offset.l0))
            case .dupMload:
                let offset = (sp - Int(pc.pointee.small))[0]
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0] = U256(loadingBigEndian: memory + Int(truncatingIfNeeded: offset.l0))
                sp += 1
            case .mloadAt:
                let offset = pc.pointee.immediate
                if offset >= frame.pointee.wordOffsets {
                    gas = growForWord(at: offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0] = U256(loadingBigEndian: memory + Int(truncatingIfNeeded: offset))
                sp += 1
            case .mstore:
                sp -= 2
                let offset = sp[1]
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0].storeBigEndian(at: memory + Int(truncatingIfNeeded: offset.l0))
            case .dupMstore:
                let offset = (sp - Int(pc.pointee.small))[0]
                sp -= 1
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0].storeBigEndian(at: memory + Int(truncatingIfNeeded: offset.l0))
            case .mstoreAt:
                sp -= 1
                let offset = pc.pointee.immediate
                if offset >= frame.pointee.wordOffsets {
                    gas = growForWord(at: offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0].storeBigEndian(at: memory + Int(truncatingIfNeeded: offset))
            case .moveWord:
                gas = moveWord(pc, gas)
                if gas < 0 { return leave(.halted, gas) }
            case .mstore8:
                sp -= 2
                gas = reach(sp[1], 1, gas)
                if gas < 0 { return leave(.halted, gas) }
                memory.storeBytes(of: UInt8(truncatingIfNeeded: sp[0].l0), toByteOffset: Int(sp[1].l0), as: UInt8.self)
            case .mcopy:
                gas = copyMemory(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 3
            case .msize:
                sp[0] = U256(UInt64(truncatingIfNeeded: frame.pointee.memorySize))
                sp += 1

            // MARK: Storage
            case .sload:
                gas = sload(sp[-1], gas, into: sp - 1)
                if gas < 0 { return leaveAfterLoad(next, sp, gas) }
            case .sloadAt:
                gas = sload(U256(pc.pointee.immediate), gas, into: sp)
                if gas < 0 { return leaveAfterLoad(next, sp + 1, gas) }
                sp += 1
            case .sstore:
                gas = sstore(sp, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                sp -= 2
            case .tload:
                sp[-1] = tload(sp[-1])
            case .tstore:
                gas = tstore(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 2

            // MARK: Input, code, returned data
            case .calldataload:
                sp[-1] = inputWord(sp[-1], frame)
            case .calldataloadAt:
                sp[0] = inputWord(U256(pc.pointee.immediate), frame)
                sp += 1
            case .calldatasize:
                sp[0] = U256(UInt64(truncatingIfNeeded: frame.pointee.inputSize))
                sp += 1
            case .calldatacopy:
                gas = copyInput(sp, gas, code: false)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 3
            case .codecopy:
                gas = copyInput(sp, gas, code: true)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 3
            case .returndatasize:
                sp[0] = U256(UInt64(truncatingIfNeeded: returnData.count))
                sp += 1
            case .returndatacopy:
                gas = copyReturnData(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 3
            case .extcodesize:
                gas = externalCodeSize(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
            case .extcodehash:
                gas = externalCodeHash(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
            case .extcodecopy:
                gas = copyExternalCode(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 4

            // MARK: Frame, transaction, block
            case .address:
                sp[0] = frame.pointee.addressWord
                sp += 1
            case .caller:
                sp[0] = frame.pointee.callerWord
                sp += 1
            case .callvalue:
                sp[0] = frame.pointee.value
                sp += 1
            case .balance:
                gas = balance(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
            case .selfbalance:
                sp[0] = selfBalance()
                sp += 1
            case .gas:
                sp[0] = U256(UInt64(bitPattern: gas &+ Int64(pc.pointee.word)))
                sp += 1
            case .blockhash:
                sp[-1] = blockHash(sp[-1])
            case .blobhash:
                sp[-1] = blobHash(sp[-1])
            case .origin, .gasprice, .coinbase, .timestamp, .number, .prevrandao, .gaslimit, .chainid, .basefee,
                .blobbasefee:
                sp[0] = environmentWord(pc.pointee.operation)
                sp += 1

            // MARK: Logs, calls, ends
            case .log:
                let topics = Int(pc.pointee.small)
                gas = log(sp, gas, topics: topics)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 2 + topics
            case .create, .create2:
                let salted = pc.pointee.operation == .create2
                frame.pointee.programCounter = next
                let result = sp - (salted ? 3 : 2)
                gas = create(sp, salted: salted, result, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                if hasEntered { return .entered }
                sp = result
            case .call, .callcode:
                let request = CallRequest(
                    gas: sp[-1], target: sp[-2], value: sp[-3], inputOffset: sp[-4], inputSize: sp[-5],
                    outputOffset: sp[-6], outputSize: sp[-7])
                frame.pointee.programCounter = next
                sp -= 6
                let kind = pc.pointee.operation == .call ? CallKind.call : .callCode
                gas = call(kind, request, sp, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                if hasEntered { return .entered }
            case .delegatecall, .staticcall:
                let request = CallRequest(
                    gas: sp[-1], target: sp[-2], inputOffset: sp[-3], inputSize: sp[-4], outputOffset: sp[-5],
                    outputSize: sp[-6])
                frame.pointee.programCounter = next
                sp -= 5
                let kind = pc.pointee.operation == .staticcall ? CallKind.staticCall : .delegateCall
                gas = call(kind, request, sp, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                if hasEntered { return .entered }
            case .ret:
                return leave(.returned, returning: sp, gas)
            case .revert:
                return leave(.reverted, returning: sp, gas)
            case .stop:
                outputSize = 0
                return leave(.returned, gas)
            case .selfdestruct:
                gas = selfDestruct(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                outputSize = 0
                return leave(.returned, gas)
            }
        }
    }
}
