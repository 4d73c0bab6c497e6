import Synchronization

/// Code as frames and account records refer to it: plain pointers into memory that an `AnalyzedCode` owns.
struct CodeBody: BitwiseCopyable {
    /// The code, followed by 32 zero bytes.
    var bytes: UnsafePointer<UInt8>
    /// Bytes of code.
    var size: Int
    /// Pre-decoded instructions; nil until the code is first run.
    var instructions: UnsafePointer<Instruction>?
    /// Constants of more than 64 bits.
    var constants: UnsafePointer<U256>?
    /// Instruction index by code position; 0 where no JUMPDEST is.
    var jumpTable: UnsafePointer<UInt32>?
    /// Positions that the jump table covers.
    var jumpTableCount: Int
    /// keccak-256 of the code; zero for creation code, which nobody asks for.
    var hash: Hash256
    /// Whether the code is a delegation to `delegate` (EIP-7702).
    var isDelegation: Bool
    /// The account whose code is run instead.
    var delegate: Address
    /// The object that owns all this.
    var owner: Unmanaged<AnalyzedCode>
}

/// One code of one fork, decoded when it is first run; immutable afterwards.
final class AnalyzedCode: @unchecked Sendable {
    // Sendable: `body` and what it points to change only inside `prepare`, under the lock and before `isPrepared` is set.
    let body: UnsafeMutablePointer<CodeBody>
    private let isPrepared = Atomic<Bool>(false)
    private let preparation = Mutex<Void>(())

    /// Copies the code; decoding waits until it is run.
    init(_ code: UnsafeRawBufferPointer, hash: Hash256) {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: code.count + 32)
        if let base = code.baseAddress { UnsafeMutableRawPointer(copy).copyMemory(from: base, byteCount: code.count) }
        (copy + code.count).initialize(repeating: 0, count: 32)
        let isDelegation = code.count == 23 && copy[0] == 0xef && copy[1] == 0x01 && copy[2] == 0x00
        body = .allocate(capacity: 1)
        let owner = Unmanaged.passUnretained(self)
        body.initialize(
            to: CodeBody(
                bytes: UnsafePointer(copy), size: code.count, instructions: nil, constants: nil, jumpTable: nil,
                jumpTableCount: 0, hash: hash, isDelegation: isDelegation,
                delegate: isDelegation ? Address(bytes: code[3...]) : .zero,
                owner: owner))
    }

    deinit {
        body.pointee.bytes.deallocate()
        body.pointee.instructions?.deallocate()
        body.pointee.constants?.deallocate()
        body.pointee.jumpTable?.deallocate()
        body.deallocate()
    }

    /// Decodes the code unless that has been done; any thread may call it.
    @inline(__always)
    func prepare(_ opcodes: OpcodeTable) {
        if !isPrepared.load(ordering: .acquiring) { prepareSlowly(opcodes) }
    }

    @inline(never)
    private func prepareSlowly(_ opcodes: OpcodeTable) {
        preparation.withLock { _ in
            if isPrepared.load(ordering: .acquiring) { return }
            var analyzer = CodeAnalyzer(bytes: body.pointee.bytes, size: body.pointee.size, opcodes: opcodes)
            analyzer.analyze()
            analyzer.store(in: &body.pointee)
            isPrepared.store(true, ordering: .releasing)
        }
    }

    /// Bytes that the code and its decoded form take, for the cache's limit.
    var footprintBytes: Int { body.pointee.size * 12 + 256 }
}
