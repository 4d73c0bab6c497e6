/// Remembers keccak256 of 64-byte inputs, the hashes behind every mapping of a contract: direct mapped, compared by
/// the whole key, never wrong. Belongs to one thread.
public final class KeccakMemo {
    /// Key and digest side by side: 96 bytes.
    private struct Entry {
        var upper: U256
        var lower: U256
        var digest: U256
    }

    /// 16 Ki entries of 96 bytes are 1.5 MiB: they stay in a second-level cache and hold the working set of a block.
    private static let entryCount = 16 * 1024

    private let entries: UnsafeMutablePointer<Entry>

    /// An empty memo: every entry holds the hash of 64 zero bytes, so that no entry is ever invalid.
    public init() {
        let zeros = keccak256([UInt8](repeating: 0, count: 64))
        entries = .allocate(capacity: KeccakMemo.entryCount)
        entries.initialize(
            repeating: Entry(upper: .zero, lower: .zero, digest: zeros.word), count: KeccakMemo.entryCount)
    }

    deinit {
        entries.deallocate()
    }

    /// keccak256 of the 64 bytes at `bytes`, which need not be aligned.
    @inline(__always)
    public func hash(_ bytes: UnsafeRawPointer) -> Hash256 {
        let upper = U256(loadingBigEndian: bytes)
        let lower = U256(loadingBigEndian: bytes + 32)
        // The mask keeps the index inside the table.
        let index = Int(truncatingIfNeeded: lower.mixed(seed: upper.mixed(seed: 0))) & (KeccakMemo.entryCount &- 1)
        let entry = entries + index
        if entry.pointee.upper == upper && entry.pointee.lower == lower {
            return Hash256(word: entry.pointee.digest)
        }
        return fill(entry, upper, lower, bytes)
    }

    /// keccak256 of two words one after the other: the place of an element of a mapping.
    public func hash(_ upper: U256, _ lower: U256) -> U256 {
        let index = Int(truncatingIfNeeded: lower.mixed(seed: upper.mixed(seed: 0))) & (KeccakMemo.entryCount &- 1)
        let entry = entries + index
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
