public import EVM

/// A receipt in its canonical encoding, in memory that all answers of a micro-block share. It costs whoever hands it on no
/// allocation, and whoever needs a part of it decodes that part alone.
public struct EncodedReceipt: Sendable, Equatable {
    private let memory: SharedBytes
    private let offset: Int
    private let count: Int

    /// The receipt that stands at these bytes of a memory which nobody changes while anybody refers to it.
    init(_ memory: SharedBytes, offset: Int, count: Int) {
        self.memory = memory
        self.offset = offset
        self.count = count
    }

    /// A receipt, encoded into memory of its own.
    public init(_ receipt: Receipt) {
        memory = SharedBytes(capacity: 1)
        memory.buffer.append(receipt)
        offset = 0
        count = memory.buffer.count
    }

    /// Lets a body look at the bytes; meanwhile the memory is referred to, so that nobody fills it again.
    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withExtendedLifetime(memory) { body(UnsafeRawBufferPointer(start: memory.buffer.base + offset, count: count)) }
    }

    /// Whether the operation took effect.
    public var succeeded: Bool { withBytes { $0[0] == ByteBuffer.successCode } }

    /// The whole receipt.
    public func decoded() -> Receipt { decoded { (reader) throws(CodingError) in try reader.receipt() } }

    /// Outcome and gas; of an operation that took effect also the last log with this first topic and so many topics, where
    /// there is one, and of any other the output. What else the receipt has is left out.
    public func decoded(withLog topic: U256, topicCount: Int) -> Receipt {
        decoded { (reader) throws(CodingError) in try reader.receipt(withLog: topic, topicCount: topicCount) }
    }

    private func decoded(_ read: (inout ByteReader) throws(CodingError) -> Receipt) -> Receipt {
        withBytes { bytes in
            var reader = ByteReader(bytes)
            do throws(CodingError) {
                return try read(&reader)
            } catch {
                preconditionFailure("a receipt that was encoded here cannot be read: \(error)")
            }
        }
    }

    /// Whether both are of the same receipt.
    public static func == (one: EncodedReceipt, other: EncodedReceipt) -> Bool {
        one.withBytes { bytes in other.withBytes { bytes.elementsEqual($0) } }
    }
}

/// Bytes that one thread appends to and others read once it has handed them over.
final class SharedBytes: @unchecked Sendable {
    // Sendable: it is filled before anybody else has it, and filled again only when nobody else has it any more.
    var buffer: ByteBuffer

    init(capacity: Int) { buffer = ByteBuffer(capacity: capacity) }
}

/// Memory for the results of one block after the other, used again when the last answer that refers to it is gone.
struct SharedBytesPool {
    private var lent: [SharedBytes] = []

    /// Keeps memory for later; answers may still refer to it.
    mutating func keep(_ memory: SharedBytes) {
        if memory.buffer.capacity > LedgerLimits.resultBytesKept { return }
        if lent.count == LedgerLimits.resultBuffersKept { lent.removeFirst() }
        lent.append(memory)
    }

    /// Empty memory that nobody refers to.
    mutating func take() -> SharedBytes {
        for index in lent.indices where isKnownUniquelyReferenced(&lent[index]) {
            let memory = lent.remove(at: index)
            memory.buffer.truncate(to: 0)
            return memory
        }
        return SharedBytes(capacity: 64 << 10)
    }
}
