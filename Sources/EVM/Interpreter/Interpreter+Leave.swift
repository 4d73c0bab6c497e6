/// The ways out of a call frame.
extension Interpreter {
    /// Ends the frame with its gas; `halt` says why when it halts.
    @inline(never)
    mutating func leave(_ exit: FrameExit, _ gas: Int64) -> FrameExit {
        frame.pointee.gas = max(0, gas)
        return exit
    }

    /// Ends the frame because its stack is too low or too high for a block.
    @inline(never)
    mutating func leaveForStack(
        _ block: UnsafePointer<Instruction>, _ sp: WordPointer
    ) -> FrameExit {
        let least = Int((block.pointee.immediate >> 32) & 0xffff)
        let height = sp.bytes(above: frame.pointee.stackBase)
        return leave(halting: height < least ? .stackUnderflow : .stackOverflow)
    }

    /// Ends the frame for breaking a rule.
    @inline(never)
    mutating func leave(halting reason: Halt) -> FrameExit {
        halt = reason
        frame.pointee.gas = 0
        return .halted
    }

    /// Ends the frame with an output: offset size.
    @inline(never)
    mutating func leave(
        _ exit: FrameExit, returning sp: WordPointer, _ gas: Int64
    ) -> FrameExit {
        let left = reach(sp[-1], sp[-2], gas)
        if left < 0 { return leave(.halted, left) }
        outputSize = Int(sp[-2].l0)
        output = UnsafeRawPointer(frame.pointee.memoryBase + (outputSize == 0 ? 0 : Int(sp[-1].l0)))
        return leave(exit, left)
    }
}
