/// One running call or creation: plain values in a fixed array, never allocated or counted.
struct CallFrame: BitwiseCopyable {
    /// The code that runs.
    var code: UnsafeMutablePointer<CodeBody>
    /// Creation code, which belongs to this frame alone; released when it ends.
    var ownedCode: Unmanaged<AnalyzedCode>?

    // Saved while a deeper frame runs.
    var programCounter: UnsafePointer<Instruction>
    var stackPointer: WordPointer
    var gas: Int64

    /// The frame's stack; 1,024 words may be used.
    var stackBase: WordPointer
    /// The frame's memory, at a place that does not move.
    var memoryBase: UnsafeMutableRawPointer
    /// Bytes of memory in use, a multiple of 32.
    var memorySize: Int {
        didSet { wordOffsets = memorySize == 0 ? 0 : UInt64(truncatingIfNeeded: memorySize &- 31) }
    }
    /// Offsets below this are those of words within the memory in use.
    private(set) var wordOffsets: UInt64 = 0
    /// Bytes of memory known to be zero beyond those in use, counted from the base.
    var memoryZeroed: Int
    /// The input, in the memory of the frame below.
    var input: UnsafeRawPointer
    var inputSize: Int

    /// The account that runs: its storage is read and written.
    var account: Int
    var addressWord: U256
    var callerWord: U256
    var value: U256
    var isStatic: Bool
    /// Whether the frame creates `account`.
    var isCreation: Bool
    /// Where the caller wants the output.
    var outputTarget: UnsafeMutableRawPointer
    var outputTargetSize: Int
    /// Where to return to when it fails.
    var checkpoint: Checkpoint
}

/// Why `interpret` came back.
enum FrameExit {
    /// A deeper frame was pushed and is to run.
    case entered
    /// The frame ended; its output is where the interpreter's `output` says.
    case returned, reverted, halted
    /// The other loop is to go on: a followed slot was loaded, or no tagged word is left.
    case switched
}

/// The kinds of calls.
enum CallKind {
    case call, callCode, delegateCall, staticCall
}
