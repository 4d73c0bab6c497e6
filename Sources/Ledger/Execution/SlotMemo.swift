internal import EVM
internal import Glibc

/// The places of mappings' elements, remembered, so that a busy account's slots cost no hashing.
///
/// Direct mapped with exact comparison: where two elements share a line, one is hashed again. The memory is taken from
/// the system line by line as it is used.
final class SlotMemo {
    private struct Line {
        var slot: U256
        var key: U256
        var place: U256
        var isFilled: Bool
    }

    private let lines: UnsafeMutablePointer<Line>
    private let scratch: UnsafeMutableRawPointer
    private let seed = HashSeed()

    init() {
        guard let memory = calloc(LedgerLimits.slotMemoLines, MemoryLayout<Line>.stride) else {
            preconditionFailure("the system gives no memory")
        }
        // Zero bytes are a line that is not filled.
        lines = memory.bindMemory(to: Line.self, capacity: LedgerLimits.slotMemoLines)
        scratch = .allocate(byteCount: 64, alignment: 8)
    }

    deinit {
        free(lines)
        scratch.deallocate()
    }

    /// keccak(slot . key), as Vyper lays out mappings.
    @inline(__always)
    func element(of slot: U256, _ key: U256) -> U256 {
        let mixed = seed.mix(key, slot.l0 ^ slot.l1 ^ slot.l2 ^ slot.l3)
        let line = lines + Int(truncatingIfNeeded: mixed) & (LedgerLimits.slotMemoLines &- 1)
        if line.pointee.isFilled, line.pointee.key == key, line.pointee.slot == slot { return line.pointee.place }
        return fill(line, slot, key)
    }

    @inline(never)
    private func fill(_ line: UnsafeMutablePointer<Line>, _ slot: U256, _ key: U256) -> U256 {
        Hash256(word: slot).store(at: scratch)
        Hash256(word: key).store(at: scratch + 32)
        let place = keccak256(UnsafeRawBufferPointer(start: scratch, count: 64)).word
        line.pointee = Line(slot: slot, key: key, place: place, isFilled: true)
        return place
    }
}
