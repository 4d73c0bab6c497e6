// The loop for frames in which some word is tagged. It runs over the same instructions as the ordinary one, and does only
// those that it knows to handle tags; before any other it gives up all tags of the frame, and the ordinary loop goes on.
extension Interpreter {
    /// Runs the frames from the current one until it ends, each of them in the loop that its words ask for.
    mutating func runAffine() -> (exit: FrameExit, gas: Int64) {
        let bottom = depth
        journal.affine.memoryStart[depth] = Int32(journal.affine.memoryTags.count)
        while true {
            let exit = journal.affine.live > 0 || hasMemoryTags ? interpretAffine() : interpret()
            switch exit {
            case .switched: break
            case .entered:
                journal.affine.liveOfFrame[depth - 1] = Int32(journal.affine.live)
                journal.affine.live = 0
                journal.affine.memoryStart[depth] = Int32(journal.affine.memoryTags.count)
                journal.affine.returnTags.truncate(to: 0)
            case .returned, .reverted, .halted:
                let result = popAffine(exit)
                if depth < bottom { return result }
            }
        }
    }

    /// Pops the frame that ended; tags go with the words that it returned.
    private mutating func popAffine(_ exit: FrameExit) -> (exit: FrameExit, gas: Int64) {
        let ended = frame.pointee
        if journal.affine.live > 0 {
            // Where the stack pointer stood is not known any more.
            var tag = tags(ended.stackBase)
            while journal.affine.live > 0 {
                _ = take(tag)
                tag += 1
            }
        }
        journal.affine.memoryTags.truncate(to: Int(journal.affine.memoryStart[depth]))
        journal.affine.returnTags.truncate(to: 0)
        if exit == .returned {
            journal.affine.returnTags.append(
                from: journal.affine.pendingTags.base, count: journal.affine.pendingTags.count)
        }
        journal.affine.pendingTags.truncate(to: 0)
        let result = pop(exit)
        if result.exit != .returned { journal.affine.forgetPatches(fromLog: journal.logs.count) }
        if depth < 0 {
            for index in 0..<journal.affine.returnTags.count {
                let tag = journal.affine.returnTags[index]
                journal.affine.note(
                    WordPatch(place: .output, log: 0, offset: tag.address, read: Int(tag.read) - 1))
            }
            return result
        }
        journal.affine.live = Int(journal.affine.liveOfFrame[depth])
        let count = min(outputSize, ended.outputTargetSize)
        let target = ended.outputTarget - memoryRegion.base
        for index in 0..<journal.affine.returnTags.count {
            let tag = journal.affine.returnTags[index]
            if tag.address + 32 <= count, journal.affine.memoryTags.count < AffineState.memoryTagsMax {
                journal.affine.memoryTags.append(MemoryTag(address: target + tag.address, read: tag.read))
            } else if tag.address < count {
                journal.affine.makeExact(tag.read)
            }
        }
        return result
    }

    /// RETURNDATACOPY reads plain bytes.
    @inline(never)
    mutating func giveUpReturned() {
        if journal.affine.plantedDefect == .returnedCopy { return }
        for index in 0..<journal.affine.returnTags.count {
            journal.affine.makeExact(journal.affine.returnTags[index].read)
        }
        journal.affine.returnTags.truncate(to: 0)
    }

    /// RETURN of memory with tagged words.
    private mutating func returnTags(_ sp: WordPointer) {
        giveUp(sp, 2)
        if frame.pointee.isCreation { return giveUpMemory(sp[-1], sp[-2]) }
        guard hasMemoryTags, let range = range(sp[-1], sp[-2]) else { return }
        var found: [MemoryTag] = []
        tagsWithin(range) { found.append(MemoryTag(address: $0, read: $1)) }
        for tag in found { journal.affine.pendingTags.append(tag) }
    }

    /// Runs the current frame until it ends, enters a deeper one or has no tagged word left.
    mutating func interpretAffine() -> FrameExit {
        let frame = frame
        let memory = frame.pointee.memoryBase
        let instructions = frame.pointee.code.pointee.instructions!
        let stackBase = frame.pointee.stackBase
        let memoryStart = Int(journal.affine.memoryStart[depth])
        var next = frame.pointee.programCounter
        var sp = frame.pointee.stackPointer
        var gas = frame.pointee.gas
        halt = .outOfGas
        // A call may have left less gas than the rest of its block costs.
        if gas < 0 { return leave(.halted, gas) }

        while true {
            if journal.affine.live == 0 {
                if journal.affine.memoryTags.count <= memoryStart { return leave(switching: next, sp, gas) }
                runPlainly(&next, &sp, &gas, memoryStart: memoryStart)
            }
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
            case .jumpIfTo, .jumpIfZeroTo, .ltJumpTo, .gtJumpTo, .eqJumpTo, .sltJumpTo, .sgtJumpTo:
                let jumps = journal.affine.live == 0 ? decidePlainly(pc, sp) : decide(pc, sp)
                sp -= pc.pointee.operation == .jumpIfTo || pc.pointee.operation == .jumpIfZeroTo ? 1 : 2
                if jumps {
                    next = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
                    continue
                }
                gas &-= Int64(pc.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(pc, sp, stackBase) { return leaveForStack(pc, sp) }
            case .jump:
                giveUp(sp, 1)
                sp -= 1
                next = instructions + target(sp[0], frame)
            case .jumpi:
                giveUp(sp, 1)
                let condition = take(tags(sp) - 2)
                sp -= 2
                if !isZero(sp[0], condition) {
                    next = instructions + target(sp[1], frame)
                    continue
                }
                gas &-= Int64(pc.pointee.word)
                if gas < 0 { return leave(.halted, gas) }
                if !fits(pc, sp, stackBase) { return leaveForStack(pc, sp) }

            // MARK: Stack
            case .pushSmall, .pushWide, .dup, .dupDup, .dupPush, .pushDup, .swap, .swapSwap, .swapPop, .pop, .popTwo:
                sp = moveOnStack(pc, sp)

            // MARK: Arithmetic, comparison, bits
            case .add, .dupAdd, .addSwapPop, .addSmall, .mul, .mulSmall, .sub, .subFromSmall, .div, .sdiv, .mod, .smod,
                .addmod, .mulmod, .signextend, .and, .dupAnd, .andSmall, .andWide, .or, .xor, .not, .byte, .shl, .shlSmall,
                .shr, .shrSmall, .dupShrSmall, .sar, .clz:
                sp = calculate(pc, sp, isTested(next))
            case .lt, .ltSmall, .gt, .gtSmall, .slt, .sgt, .eq, .eqSmall, .iszero, .iszeroTwice:
                sp = compareOnStack(pc, sp)
            case .exp:
                giveUp(sp, 2)
                gas = exponentiate(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 1
            case .keccak256:
                giveUp(sp, 2)
                giveUpMemory(sp[-1], sp[-2])
                gas = keccak(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 1
            case .hashWords:
                giveUp(sp, 2)
                gas = hashWords(pc, sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                overwriteMemory(.zero, U256(64 as UInt64))
                sp -= 1

            // MARK: Memory
            case .moveWord:
                gas = moveWord(pc, gas)
                if gas < 0 { return leave(.halted, gas) }
                let tag = loadTag(U256(pc.pointee.immediate & 0xffff_ffff))
                storeTag(tag, at: U256(pc.pointee.immediate &>> 32))
            case .mload, .dupMload, .mloadAt:
                var offset = U256(pc.pointee.immediate)
                if pc.pointee.operation == .mload {
                    giveUp(sp, 1)
                    sp -= 1
                    offset = sp[0]
                } else if pc.pointee.operation == .dupMload {
                    let place = sp - Int(pc.pointee.small)
                    giveUp(place + 1, 1)
                    offset = place[0]
                }
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                sp[0] = U256(loadingBigEndian: memory + Int(truncatingIfNeeded: offset.l0))
                if meetsTag(offset, from: memoryStart) { put(loadTag(offset), tags(sp)) }
                sp += 1
            case .mstore, .dupMstore, .mstoreAt:
                var offset = U256(pc.pointee.immediate)
                if pc.pointee.operation == .mstore {
                    giveUp(sp, 1)
                    sp -= 1
                    offset = sp[0]
                } else if pc.pointee.operation == .dupMstore {
                    let place = sp - Int(pc.pointee.small)
                    giveUp(place + 1, 1)
                    offset = place[0]
                }
                sp -= 1
                if !holdsWord(offset, frame) {
                    gas = growForWord(offset, gas)
                    if gas < 0 { return leave(.halted, gas) }
                }
                let tag = take(tags(sp))
                if tag != 0 || meetsTag(offset, from: memoryStart) { storeTag(tag, at: offset) }
                sp[0].storeBigEndian(at: memory + Int(truncatingIfNeeded: offset.l0))
            case .mstore8:
                giveUp(sp, 2)
                sp -= 2
                gas = reach(sp[1], 1, gas)
                if gas < 0 { return leave(.halted, gas) }
                overwriteMemory(sp[1], 1)
                memory.storeBytes(of: UInt8(truncatingIfNeeded: sp[0].l0), toByteOffset: Int(sp[1].l0), as: UInt8.self)
            case .mcopy:
                giveUp(sp, 3)
                gas = copyMemory(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                copyTags(from: sp[-2], to: sp[-1], sp[-3])
                sp -= 3
            case .msize:
                sp[0] = U256(UInt64(truncatingIfNeeded: frame.pointee.memorySize))
                sp += 1

            // MARK: Storage
            case .sload, .sloadAt:
                let isConstant = pc.pointee.operation == .sloadAt
                if !isConstant {
                    giveUp(sp, 1)
                    sp -= 1
                }
                let left = sload(isConstant ? U256(pc.pointee.immediate) : sp[0], gas, into: sp)
                if left < 0 && !journal.affine.hasMetFollowedSlot { return leave(.halted, left) }
                journal.affine.hasMetFollowedSlot = false
                gas = left < 0 ? ~left : left
                sp += 1
            case .sstore:
                giveUp(sp, 1)
                let tag = tags(sp)[-2]
                if tag != 0, journal.slots[journal.slotIndex(sp[-1], frame.pointee.account)].follow != tag {
                    giveUp(tags(sp) - 2)
                }
                gas = sstore(sp, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                _ = take(tags(sp) - 2)
                sp -= 2
            case .tload:
                giveUp(sp, 1)
                sp[-1] = tload(sp[-1])
            case .tstore:
                giveUp(sp, 2)
                gas = tstore(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 2

            // MARK: Input, code, returned data
            case .calldataload:
                giveUp(sp, 1)
                sp[-1] = inputWord(sp[-1], frame)
            case .calldataloadAt:
                sp[0] = inputWord(U256(pc.pointee.immediate), frame)
                sp += 1
            case .calldatasize:
                sp[0] = U256(UInt64(truncatingIfNeeded: frame.pointee.inputSize))
                sp += 1
            case .calldatacopy, .codecopy:
                giveUp(sp, 3)
                gas = copyInput(sp, gas, code: pc.pointee.operation == .codecopy)
                if gas < 0 { return leave(.halted, gas) }
                overwriteMemory(sp[-1], sp[-3])
                sp -= 3
            case .returndatasize:
                sp[0] = U256(UInt64(truncatingIfNeeded: returnData.count))
                sp += 1
            case .returndatacopy:
                giveUp(sp, 3)
                gas = copyReturnData(sp, gas)
                if gas < 0 { return leave(.halted, gas) }
                overwriteMemory(sp[-1], sp[-3])
                sp -= 3

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
            case .gas:
                // What was used is part of what the answers so far demand.
                sp[0] = U256(UInt64(bitPattern: gas &+ Int64(pc.pointee.word)))
                sp += 1
            case .origin, .gasprice, .coinbase, .timestamp, .number, .prevrandao, .gaslimit, .chainid, .basefee,
                .blobbasefee:
                sp[0] = environmentWord(pc.pointee.operation)
                sp += 1

            // MARK: Logs, calls, ends
            case .log:
                let topics = Int(pc.pointee.small)
                noteLog(sp, topics: topics)
                gas = log(sp, gas, topics: topics)
                if gas < 0 { return leave(.halted, gas) }
                sp -= 2 + topics
            case .call, .callcode, .delegatecall, .staticcall:
                let hasValue = pc.pointee.operation == .call || pc.pointee.operation == .callcode
                let count = hasValue ? 7 : 6
                giveUp(sp, count)
                let request = CallRequest(
                    gas: sp[-1], target: sp[-2], value: hasValue ? sp[-3] : .zero, inputOffset: sp[3 - count],
                    inputSize: sp[2 - count], outputOffset: sp[1 - count], outputSize: sp[-count])
                giveUpMemory(request.inputOffset, request.inputSize)
                giveUpMemory(request.outputOffset, request.outputSize)
                frame.pointee.programCounter = next
                sp -= count - 1
                gas = call(Self.kind(pc.pointee.operation), request, sp, gas, beyond: Int64(pc.pointee.word))
                if gas < 0 { return leave(.halted, gas) }
                if hasEntered { return .entered }
                journal.affine.returnTags.truncate(to: 0)
            case .ret:
                returnTags(sp)
                return leave(.returned, returning: sp, gas)
            case .revert:
                giveUp(sp, 2)
                giveUpMemory(sp[-1], sp[-2])
                return leave(.reverted, returning: sp, gas)
            case .stop:
                outputSize = 0
                return leave(.returned, gas)
            default:
                giveUpFrame(sp)
                return leave(switching: pc, sp, gas)
            }
        }
    }

    private static func kind(_ operation: Operation) -> CallKind {
        switch operation {
        case .call: .call
        case .callcode: .callCode
        case .delegatecall: .delegateCall
        default: .staticCall
        }
    }

    /// Whether the instruction takes the top of the stack and asks only whether it is zero.
    @inline(__always)
    private mutating func isTested(_ next: UnsafePointer<Instruction>) -> Bool {
        switch next.pointee.operation {
        case .jumpIfTo, .jumpIfZeroTo, .iszero, .iszeroTwice: true
        default: false
        }
    }
}
