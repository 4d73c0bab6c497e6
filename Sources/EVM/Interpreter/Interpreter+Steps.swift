// The parts that instructions share: checks of blocks, jump targets, words of memory and input.
extension Interpreter {
    /// Whether the height of the stack is within the bounds of the block that `block` begins.
    @inline(__always)
    mutating func fits(
        _ block: UnsafePointer<Instruction>, _ sp: WordPointer, _ stackBase: WordPointer
    ) -> Bool {
        let bounds = block.pointee.immediate &>> 32
        let height = UInt64(bitPattern: Int64(sp.bytes(above: stackBase)))
        return height &- (bounds & 0xffff) <= bounds &>> 16
    }

    /// The index of the instruction at a code position; that of a bad jump where no JUMPDEST is.
    @inline(__always)
    mutating func target(_ position: U256, _ frame: UnsafeMutablePointer<CallFrame>) -> Int {
        let code = frame.pointee.code
        if !position.fitsUInt64 || position.l0 >= UInt64(code.pointee.jumpTableCount) { return 0 }
        return Int(code.pointee.jumpTable![Int(position.l0)])
    }

    /// Exchanges the top with the word `depth` below it.
    @inline(__always)
    mutating func exchange(_ sp: WordPointer, _ depth: Int) {
        let top = sp[-1]
        let other = sp - (depth &+ 1)
        sp[-1] = other[0]
        other[0] = top
    }

    /// Whether the memory in use holds the 32 bytes at an offset.
    @inline(__always)
    mutating func holdsWord(_ offset: U256, _ frame: UnsafeMutablePointer<CallFrame>) -> Bool {
        (offset.l1 | offset.l2 | offset.l3) == 0 && offset.l0 < frame.pointee.wordOffsets
    }

    /// 32 bytes of the input, zeros behind its end.
    @inline(__always)
    mutating func inputWord(_ offset: U256, _ frame: UnsafeMutablePointer<CallFrame>) -> U256 {
        if (offset.l1 | offset.l2 | offset.l3 | (offset.l0 &>> 62)) == 0
            && Int(truncatingIfNeeded: offset.l0) &+ 32 <= frame.pointee.inputSize
        {
            return U256(loadingBigEndian: frame.pointee.input + Int(truncatingIfNeeded: offset.l0))
        }
        return loadInputEnd(offset)
    }

    /// A word of the transaction or the block.
    @inline(never)
    mutating func environmentWord(_ operation: Operation) -> U256 {
        switch operation {
        case .origin: origin
        case .gasprice: gasPrice
        case .coinbase: block.feeRecipient.word
        case .timestamp: U256(block.timestampSeconds)
        case .number: U256(block.number)
        case .prevrandao: rules.fork >= .paris ? block.prevrandao.word : block.difficulty
        case .gaslimit: U256(block.gasLimit)
        case .chainid: U256(block.chainID)
        case .basefee: block.baseFee
        default: block.blobBaseFee
        }
    }
}
