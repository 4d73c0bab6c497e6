/// The state of one machine between instructions: regions, current frame, environment and journal.
///
/// It lives behind a plain pointer, so that its fields are read and written without checks for overlapping access. Methods that
/// change nothing are `mutating` too: for the others the compiler makes a copy of the whole, more than 1 KiB, at each call.
struct Interpreter: ~Copyable {
    var journal = Journal()
    var rules: ForkRules
    let memo = KeccakMemo()
    let codeCache: CodeCache

    // Regions, used from the bottom up by deeper and deeper frames.
    let stackRegion = ReservedMemory(byteCount: (MachineLimits.callDepthMax + 1) * MachineLimits.stackWordsMax * 32)
    let memoryRegion = ReservedMemory(byteCount: MachineLimits.memoryBytesMax)
    let frames: UnsafeMutablePointer<CallFrame>
    /// Index of the running frame; -1 when nothing runs.
    var depth = -1
    /// How far into the memory region this transaction has reached.
    var memoryReach = 0

    /// Why the last frame halted.
    var halt = Halt.outOfGas
    /// Output of the frame that just ended.
    var output: UnsafeRawPointer
    var outputSize = 0
    /// What the last call returned to the running frame.
    var returnData = RawArray<UInt8>(capacity: 4096)
    /// Whether the call that was just begun pushed a frame.
    var hasEntered = false

    // Transaction and block, as the opcodes read them.
    var block: BlockEnvironment
    var origin: U256 = .zero
    var gasPrice: U256 = .zero
    var blobHashes: [Hash256] = []

    /// Codes used lately, by the low bits of their hashes.
    var recentCodes: [AnalyzedCode?] = Array(repeating: nil, count: 256)
    /// Codes that fell out of `recentCodes` while records of this transaction may point to them.
    var heldCodes: [AnalyzedCode] = []
    let emptyCode: AnalyzedCode
    /// Whom to tell of every instruction; nil in a machine that does not trace.
    var tracer: Tracer?

    /// A machine for one fork.
    init(fork: Fork, codeCache: CodeCache) {
        rules = ForkRules(fork)
        self.codeCache = codeCache
        frames = .allocate(capacity: MachineLimits.callDepthMax + 1)
        block = BlockEnvironment(number: 0, timestampSeconds: 0, gasLimit: 0, chainID: 0, fork: fork)
        output = UnsafeRawPointer(memoryRegion.base)
        emptyCode = AnalyzedCode(UnsafeRawBufferPointer(start: nil, count: 0), hash: .emptyCode)
    }

    /// Gives all memory back; the interpreter must not be used afterwards.
    func free() {
        journal.free()
        stackRegion.free()
        memoryRegion.free()
        frames.deallocate()
        returnData.free()
    }

    /// The running frame.
    var frame: UnsafeMutablePointer<CallFrame> {
        @inline(__always) get { frames + depth }
    }

    // MARK: Codes

    /// The code of a loaded account.
    @inline(__always)
    mutating func code(of index: Int) -> UnsafeMutablePointer<CodeBody> {
        if let body = journal.accounts[index].code { return body }
        return findCode(of: index)
    }

    @inline(never)
    private mutating func findCode(of index: Int) -> UnsafeMutablePointer<CodeBody> {
        let hash = journal.accounts[index].codeHash
        let body: UnsafeMutablePointer<CodeBody>
        if hash == .emptyCode {
            body = emptyCode.body
        } else {
            let place = Int(truncatingIfNeeded: hash.word.l0 & 255)
            if let recent = recentCodes[place], recent.body.pointee.hash == hash {
                body = recent.body
            } else {
                let code = codeCache.code(hash, rules.fork) { journal.codeBytes(index) }
                if let replaced = recentCodes[place] { heldCodes.append(replaced) }
                recentCodes[place] = code
                body = code.body
            }
        }
        journal.accounts[index].code = body
        return body
    }

    /// Makes a code ready to run.
    @inline(__always)
    mutating func prepare(_ body: UnsafeMutablePointer<CodeBody>) {
        body.pointee.owner._withUnsafeGuaranteedRef { $0.prepare(rules.opcodes) }
    }

    // MARK: Memory

    /// Extends the running frame's memory to a range; the gas left, negative when it does not suffice.
    @inline(__always)
    mutating func reach(_ offset: U256, _ size: U256, _ gas: Int64) -> Int64 {
        if size.isZero { return gas }
        if !offset.fitsUInt64 || !size.fitsUInt64 { return -1 }
        if offset.l0 | size.l0 > MachineLimits.memoryOffsetMax { return -1 }
        let end = Int(offset.l0 &+ size.l0)
        return end <= frame.pointee.memorySize ? gas : grow(to: end, gas)
    }

    /// Extends the running frame's memory to `end` bytes, which it does not have yet.
    @inline(never)
    mutating func grow(to end: Int, _ gas: Int64) -> Int64 {
        let frame = frame
        let words = Int64((end &+ 31) >> 5)
        let wordsBefore = Int64(frame.pointee.memorySize >> 5)
        let cost = 3 &* (words &- wordsBefore) &+ (words &* words) &>> 9 &- (wordsBefore &* wordsBefore) &>> 9
        if cost > gas { return -1 }
        let size = Int(words << 5)
        if size > frame.pointee.memoryZeroed {
            let start = frame.pointee.memoryBase - memoryRegion.base
            let ahead = size + 512
            if start + ahead > memoryRegion.byteCount { return -1 }
            let zeroed = frame.pointee.memoryZeroed
            (frame.pointee.memoryBase + zeroed).initializeMemory(as: UInt8.self, repeating: 0, count: ahead - zeroed)
            frame.pointee.memoryZeroed = ahead
            memoryReach = max(memoryReach, start + ahead)
        }
        frame.pointee.memorySize = size
        return gas &- cost
    }

    /// Extends memory to 32 bytes at an offset.
    @inline(never)
    mutating func growForWord(_ offset: U256, _ gas: Int64) -> Int64 { reach(offset, 32, gas) }

    /// The same for an offset that is part of the code.
    @inline(never)
    mutating func growForWord(at offset: UInt64, _ gas: Int64) -> Int64 {
        offset > MachineLimits.memoryOffsetMax ? -1 : grow(to: Int(offset) &+ 32, gas)
    }

    /// Copies from a source that is continued with zeros without end to memory that has been reached.
    mutating func copy(_ source: UnsafeRawPointer, _ sourceSize: Int, from offset: U256, to target: Int, count: Int) {
        if count == 0 { return }
        let destination = frame.pointee.memoryBase + target
        let start = offset.fitsUInt64 && offset.l0 < UInt64(sourceSize) ? Int(offset.l0) : sourceSize
        let present = min(count, sourceSize - start)
        destination.copyMemory(from: source + start, byteCount: present)
        (destination + present).initializeMemory(as: UInt8.self, repeating: 0, count: count - present)
    }
}
