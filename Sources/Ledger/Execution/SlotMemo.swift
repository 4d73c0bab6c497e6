internal import EVM

/// The places of mappings' elements, remembered, so that a busy account's slots cost no hashing.
final class SlotMemo {
    private let memo = KeccakMemo()
    private let scratch: UnsafeMutableRawPointer

    init() { scratch = .allocate(byteCount: 64, alignment: 8) }

    deinit { scratch.deallocate() }

    /// keccak(slot . key), as Vyper lays out mappings.
    func element(of slot: U256, _ key: U256) -> U256 {
        Hash256(word: slot).store(at: scratch)
        Hash256(word: key).store(at: scratch + 32)
        return memo.hash(scratch).word
    }
}
