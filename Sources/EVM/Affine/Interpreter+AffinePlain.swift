// What the loop for tagged words does while none is on the stack: some lie in the frame's memory, so that it must go on, but
// most instructions meet none of them and are done as in the ordinary loop.
extension Interpreter {
    /// Runs instructions that neither tag a word of the stack, on which none is tagged, nor meet one in memory, nor leave the
    /// frame; up to the first other one, of which nothing is done yet.
    mutating func runPlainly(
        _ next: inout UnsafePointer<Instruction>, _ sp: inout WordPointer, _ gas: inout Int64, memoryStart: Int
    ) {
        let frame = frame
        let memory = frame.pointee.memoryBase
        let instructions = frame.pointee.code.pointee.instructions!
        let stackBase = frame.pointee.stackBase
        while true {
            let pc = next
            switch pc.pointee.operation {
            case .block, .blockRun, .jumpInto:
                let left = gas &- Int64(pc.pointee.word)
                if left < 0 || !fits(pc, sp, stackBase) { return }
                gas = left
                let isBlock = pc.pointee.operation == .block
                next = isBlock ? pc + 1 : instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
            case .jumpTo:
                next = instructions + Int(truncatingIfNeeded: pc.pointee.immediate)
            case .jumpIfTo, .jumpIfZeroTo, .ltJumpTo, .gtJumpTo, .eqJumpTo, .sltJumpTo, .sgtJumpTo:
                let isOfOne = pc.pointee.operation == .jumpIfTo || pc.pointee.operation == .jumpIfZeroTo
                let below = sp - (isOfOne ? 1 : 2)
                if decidePlainly(pc, sp) {
                    next = instructions + Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
                } else {
                    let left = gas &- Int64(pc.pointee.word)
                    if left < 0 || !fits(pc, below, stackBase) { return }
                    gas = left
                    next = pc + 1
                }
                sp = below
            case .mload, .dupMload, .mloadAt:
                let isMload = pc.pointee.operation == .mload
                let offset = offsetOfWord(pc, sp)
                if !holdsWord(offset, frame) || meetsTag(offset, from: memoryStart) { return }
                if isMload { sp -= 1 }
                sp[0] = U256(loadingBigEndian: memory + Int(truncatingIfNeeded: offset.l0))
                sp += 1
                next = pc + 1
            case .mstore, .dupMstore, .mstoreAt:
                let offset = offsetOfWord(pc, sp)
                if !holdsWord(offset, frame) || meetsTag(offset, from: memoryStart) { return }
                sp -= pc.pointee.operation == .mstore ? 2 : 1
                sp[0].storeBigEndian(at: memory + Int(truncatingIfNeeded: offset.l0))
                next = pc + 1
            case .hashWords:
                let isOut = frame.pointee.memorySize < 64 || gas < 12
                if isOut || meetsTag(.zero, from: memoryStart) || meetsTag(U256(32 as UInt64), from: memoryStart) { return }
                gas = hashWords(pc, sp, gas)
                sp -= 1
                next = pc + 1
            case .moveWord:
                let (source, target) = (U256(pc.pointee.immediate & 0xffff_ffff), U256(pc.pointee.immediate &>> 32))
                if !holdsWord(max(source, target), frame) { return }
                if meetsTag(source, from: memoryStart) || meetsTag(target, from: memoryStart) { return }
                gas = moveWord(pc, gas)
                next = pc + 1
            default:
                if !stepPlainly(pc, &sp) { return }
                next = pc + 1
            }
        }
    }

    /// Where an instruction loads or stores a word.
    @inline(__always)
    private mutating func offsetOfWord(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer) -> U256 {
        switch pc.pointee.operation {
        case .mload, .mstore: sp[-1]
        case .dupMload, .dupMstore: (sp - Int(pc.pointee.small))[0]
        default: U256(pc.pointee.immediate)
        }
    }

    /// Does an instruction on words of the stack, none of which is tagged, as the ordinary loop does it; false where it is not
    /// one of the most frequent ones.
    @inline(__always)
    private mutating func stepPlainly(_ pc: UnsafePointer<Instruction>, _ sp: inout WordPointer) -> Bool {
        let small = Int(pc.pointee.small)
        switch pc.pointee.operation {
        case .pushSmall:
            sp[0] = U256(pc.pointee.immediate)
            sp += 1
        case .dup:
            sp[0] = (sp - small)[0]
            sp += 1
        case .dupDup:
            sp[0] = (sp - small)[0]
            sp += 1
            sp[0] = (sp - Int(pc.pointee.half))[0]
            sp += 1
        case .dupPush:
            sp[0] = (sp - small)[0]
            sp[1] = U256(pc.pointee.immediate)
            sp += 2
        case .pushDup:
            sp[0] = U256(pc.pointee.immediate)
            sp += 1
            sp[0] = (sp - small)[0]
            sp += 1
        case .swap: exchange(sp, small)
        case .swapSwap:
            exchange(sp, small)
            exchange(sp, Int(pc.pointee.half))
        case .swapPop:
            sp -= 1
            (sp - small)[0] = sp[0]
        case .pop: sp -= 1
        case .popTwo: sp -= 2
        case .add:
            sp -= 1
            sp[-1] = sp[0] &+ sp[-1]
        case .dupAdd: sp[-1] = (sp - small)[0] &+ sp[-1]
        case .addSmall: sp[-1] = sp[-1] &+ U256(pc.pointee.immediate)
        case .sub:
            sp -= 1
            sp[-1] = sp[0] &- sp[-1]
        case .and:
            sp -= 1
            sp[-1] = sp[0] & sp[-1]
        case .lt:
            sp -= 1
            sp[-1] = U256(sp[0] < sp[-1])
        case .gt:
            sp -= 1
            sp[-1] = U256(sp[-1] < sp[0])
        case .eq:
            sp -= 1
            sp[-1] = U256(sp[0] == sp[-1])
        case .xor:
            sp -= 1
            sp[-1] = sp[0] ^ sp[-1]
        case .iszero: sp[-1] = U256(sp[-1].isZero)
        default: return false
        }
        return true
    }

    /// Whether a conditional jump is taken on words none of which is tagged.
    @inline(__always)
    mutating func decidePlainly(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer) -> Bool {
        let holds: Bool
        switch pc.pointee.operation {
        case .jumpIfTo: return !sp[-1].isZero
        case .jumpIfZeroTo: return sp[-1].isZero
        case .ltJumpTo: holds = sp[-1] < sp[-2]
        case .gtJumpTo: holds = sp[-2] < sp[-1]
        case .eqJumpTo: holds = sp[-1] == sp[-2]
        case .sltJumpTo: holds = sp[-1].signedLess(than: sp[-2])
        default: holds = sp[-2].signedLess(than: sp[-1])
        }
        return holds != (pc.pointee.small != 0)
    }

    /// Whether the 32 bytes at an offset that the memory in use holds meet a tagged word of the running frame.
    @inline(__always)
    mutating func meetsTag(_ offset: U256, from start: Int) -> Bool {
        let address = frame.pointee.memoryBase - memoryRegion.base + Int(truncatingIfNeeded: offset.l0)
        var index = journal.affine.memoryTags.count
        while index > start {
            index &-= 1
            if (journal.affine.memoryTags[index].address &- address).magnitude < 32 { return true }
        }
        return false
    }
}
