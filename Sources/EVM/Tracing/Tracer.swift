/// Holds each instruction back until it is known what it cost, then reports it.
final class Tracer {
    /// Who gets the instructions.
    var report: ((TraceStep) -> Void)?
    /// Whether steps carry the frame's memory.
    var keepsMemory = false
    /// Whether of these only the steps that call or create do.
    var keepsMemoryOfCallsAlone = false
    /// Bytes of stacks, memory and returned data that steps may still carry; behind them nothing is reported.
    var bytesLeft = Int.max
    private var pending: TraceStep?

    /// Takes the bytes of a step from what is left; false where nothing is.
    func takes(_ count: Int) -> Bool {
        guard bytesLeft > 0 else {
            pending = nil
            return false
        }
        bytesLeft -= min(bytesLeft, count)
        return true
    }

    /// An instruction is about to be done; the one before it in the frame is over.
    func begin(_ step: TraceStep) {
        finish(gasLeft: step.gas, halt: nil)
        pending = step
    }

    /// The pending instruction is over, with so much gas left to its frame.
    func finish(gasLeft: UInt64, halt: Halt?) {
        guard var step = pending else { return }
        pending = nil
        step.gasCost = step.gas - min(step.gas, gasLeft)
        step.halt = halt
        report?(step)
    }
}

extension Interpreter {
    /// Takes other rules; codes that were decoded for others are forgotten.
    mutating func useRules(_ new: ForkRules) {
        rules = new
        if tracer != nil { rules.opcodes.tracesEveryOpcode = true }
        for place in recentCodes.indices { recentCodes[place] = nil }
    }

    /// Reports the instruction behind `trace`, with the gas before it.
    @inline(never)
    mutating func trace(_ trace: UnsafePointer<Instruction>, _ sp: WordPointer, _ gas: Int64) {
        guard let tracer else { return }
        let count = sp.bytes(above: frame.pointee.stackBase) / 32
        let opcode = trace.pointee.small
        let isCall = opcode >= 0xf0 && opcode != 0xf3 && opcode <= 0xfa
        let memoryCount =
            tracer.keepsMemory && (isCall || !tracer.keepsMemoryOfCallsAlone) ? frame.pointee.memorySize : 0
        guard tracer.takes(32 * count + returnData.count + memoryCount) else { return }
        tracer.begin(
            TraceStep(
                position: Int(trace.pointee.immediate), opcode: opcode, gas: UInt64(max(0, gas)),
                gasCost: 0, memoryBytes: frame.pointee.memorySize,
                stack: (0..<count).map { frame.pointee.stackBase[$0] }, depth: depth + 1,
                returnData: [UInt8](UnsafeBufferPointer(start: returnData.base, count: returnData.count)),
                refund: journal.refund,
                memory: memoryCount > 0
                    ? [UInt8](UnsafeRawBufferPointer(start: frame.pointee.memoryBase, count: memoryCount)) : []))
    }

    /// `run` with a report of what each frame's first and last instruction cost.
    mutating func runTraced(_ tracer: Tracer) -> (exit: FrameExit, gas: Int64) {
        let bottom = depth
        while true {
            let exit = interpret()
            if exit == .entered {
                tracer.finish(gasLeft: UInt64(max(0, frames[depth - 1].gas)), halt: nil)
                continue
            }
            tracer.finish(
                gasLeft: exit == .halted ? 0 : UInt64(max(0, frame.pointee.gas)), halt: exit == .halted ? halt : nil)
            let result = pop(exit)
            if depth < bottom { return result }
        }
    }
}
