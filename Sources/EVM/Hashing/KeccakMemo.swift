/// Remembers keccak256 of 64-byte inputs, the hashes behind every mapping of a contract: direct mapped, compared by
/// the whole key, never wrong. Belongs to one thread.
public final class KeccakMemo {
    /// Key and digest side by side: 96 bytes.
    struct Entry {
        var upper: U256
        var lower: U256
        var digest: U256
    }

    /// 16 Ki entries of 96 bytes are 1.5 MiB: they stay in a second-level cache and hold the working set of a block.
    static let entryCount = 16 * 1024

    let entries: UnsafeMutablePointer<Entry>

    /// An empty memo: every entry holds the hash of 64 zero bytes, so that no entry is ever invalid.
    public init() {
        let zeros = keccak256([UInt8](repeating: 0, count: 64))
        // An entry then lies in two cache lines, never in three.
        entries = UnsafeMutableRawPointer.allocate(
            byteCount: KeccakMemo.entryCount * MemoryLayout<Entry>.stride, alignment: 64
        ).bindMemory(to: Entry.self, capacity: KeccakMemo.entryCount)
        entries.initialize(
            repeating: Entry(upper: .zero, lower: .zero, digest: zeros.word), count: KeccakMemo.entryCount)
    }

    deinit {
        entries.deallocate()
    }

    /// keccak256 of the 64 bytes at `bytes`, which need not be aligned.
    @inline(__always)
    public func hash(_ bytes: UnsafeRawPointer) -> Hash256 {
        hash(U256(loadingBigEndian: bytes), U256(loadingBigEndian: bytes + 32), at: bytes)
    }

    /// Where the digest of two words stands, if it does; the mask keeps it inside the table.
    @inline(__always)
    func place(_ upper: U256, _ lower: U256) -> UnsafeMutablePointer<Entry> {
        // Of a mapping's place and a key mostly the low limbs differ: two wide products are enough to spread them.
        let low = foldedProduct(upper.l0 ^ 0x9E37_79B9_7F4A_7C15, lower.l0 ^ 0xD1B5_4A32_D192_ED03)
        let high = foldedProduct(
            upper.l1 ^ lower.l2 ^ 0x8CB9_2BA7_2F3D_8DD7, upper.l2 ^ upper.l3 ^ lower.l1 ^ lower.l3 ^ 0xA24B_AED4_963E_E407)
        return entries + (Int(truncatingIfNeeded: low ^ high) & (KeccakMemo.entryCount &- 1))
    }

    /// keccak256 of two words that stand at `bytes` one after the other.
    @inline(__always)
    func hash(_ upper: U256, _ lower: U256, at bytes: UnsafeRawPointer) -> Hash256 {
        let entry = place(upper, lower)
        if entry.pointee.upper == upper && entry.pointee.lower == lower {
            return Hash256(word: entry.pointee.digest)
        }
        return fill(entry, upper, lower, bytes)
    }

    /// keccak256 of two words one after the other: the place of an element of a mapping.
    public func hash(_ upper: U256, _ lower: U256) -> U256 {
        let entry = place(upper, lower)
        if entry.pointee.upper == upper && entry.pointee.lower == lower { return entry.pointee.digest }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { bytes in
            guard let base = bytes.baseAddress else { return .zero }
            Hash256(word: upper).store(at: base)
            Hash256(word: lower).store(at: base + 32)
            return fill(entry, upper, lower, base).word
        }
    }

    @inline(never)
    private func fill(
        _ entry: UnsafeMutablePointer<Entry>, _ upper: U256, _ lower: U256, _ bytes: UnsafeRawPointer
    ) -> Hash256 {
        let digest = keccak256(bytes, count: 64)
        entry.pointee = Entry(upper: upper, lower: lower, digest: digest.word)
        return digest
    }
}
