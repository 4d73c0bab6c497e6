import Synchronization

/// A pointer to words of a stack that moves them limb by limb.
///
/// Every limb is written and read as 64 bits. Left alone, the compiler copies words in halves of 128 bits; a processor
/// cannot forward two 64-bit stores to one such load, and each DUP behind an ADD would wait for the first-level cache.
/// Relaxed atomic accesses are plain moves that are never merged.
struct WordPointer: BitwiseCopyable {
    /// The first byte of the word at index 0.
    var address: UnsafeMutableRawPointer

    /// A pointer to words at an address, which is a multiple of 8.
    @inline(__always)
    init(_ address: UnsafeMutableRawPointer) { self.address = address }

    /// The word so many places up.
    subscript(_ index: Int) -> U256 {
        @inline(__always) get {
            let limbs = address.assumingMemoryBound(to: Atomic<UInt64>.self) + index &* 4
            return U256(
                limbs[0].load(ordering: .relaxed), limbs[1].load(ordering: .relaxed),
                limbs[2].load(ordering: .relaxed), limbs[3].load(ordering: .relaxed))
        }
        @inline(__always) nonmutating set {
            let limbs = address.assumingMemoryBound(to: Atomic<UInt64>.self) + index &* 4
            limbs[0].store(newValue.l0, ordering: .relaxed)
            limbs[1].store(newValue.l1, ordering: .relaxed)
            limbs[2].store(newValue.l2, ordering: .relaxed)
            limbs[3].store(newValue.l3, ordering: .relaxed)
        }
    }

    /// The pointer so many words up.
    @inline(__always)
    static func + (pointer: WordPointer, count: Int) -> WordPointer { WordPointer(pointer.address + count &* 32) }

    /// The pointer so many words down.
    @inline(__always)
    static func - (pointer: WordPointer, count: Int) -> WordPointer { WordPointer(pointer.address - count &* 32) }

    /// Moves up by so many words.
    @inline(__always)
    static func += (pointer: inout WordPointer, count: Int) { pointer = pointer + count }

    /// Moves down by so many words.
    @inline(__always)
    static func -= (pointer: inout WordPointer, count: Int) { pointer = pointer - count }

    /// Bytes from another pointer up to this one.
    @inline(__always)
    func bytes(above other: WordPointer) -> Int { address - other.address }
}
