/// Runs transactions like `Machine` and tells of every instruction.
///
/// It runs its own decoded form of the code, in which every opcode stands alone behind an instruction that reports it;
/// `Machine` never meets that instruction, so that tracing costs it nothing.
public final class TracingMachine {
    private let core: UnsafeMutablePointer<Interpreter>
    private let tracer = Tracer()

    /// A machine with memory of its own.
    public init() {
        core = .allocate(capacity: 1)
        core.initialize(to: Interpreter(fork: .osaka, codeCache: CodeCache()))
        core.pointee.tracer = tracer
        core.pointee.useRules(ForkRules(.osaka))
    }

    deinit {
        core.pointee.free()
        core.deinitialize(count: 1)
        core.deallocate()
    }

    /// Whether steps carry the frame's memory.
    public var keepsMemory: Bool {
        get { tracer.keepsMemory }
        set { tracer.keepsMemory = newValue }
    }

    /// Whether of these only the steps that call or create carry it.
    public var keepsMemoryOfCallsAlone: Bool {
        get { tracer.keepsMemoryOfCallsAlone }
        set { tracer.keepsMemoryOfCallsAlone = newValue }
    }

    /// Bytes of stacks, memory and returned data that steps may still carry; where none are left, the transaction runs on
    /// and nothing more is reported. A step of a large frame costs as much as thousands of instructions.
    public var reportBytesLeft: Int {
        get { tracer.bytesLeft }
        set { tracer.bytesLeft = newValue }
    }

    /// What a transaction does, or why it cannot be part of the block; `report` gets every instruction in order.
    public func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction,
        report: @escaping (TraceStep) -> Void
    ) -> Result<TransitionResult, TransactionRefusal> {
        tracer.report = report
        core.pointee.begin(view, block)
        defer {
            core.pointee.end()
            tracer.report = nil
        }
        do {
            return .success(try core.pointee.transact(transaction))
        } catch {
            return .failure(error)
        }
    }
}
