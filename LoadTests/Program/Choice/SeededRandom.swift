/// A small generator of pseudo-random numbers (SplitMix64): one seed decides a whole run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The generator of a seed: equal seeds give equal sequences on every machine.
    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    }

    /// The next 64 bits.
    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// A number in 0..<bound; the bias is below bound / 2^64.
    @inline(__always)
    mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// A number in a closed range.
    @inline(__always)
    mutating func within(_ low: UInt64, _ high: UInt64) -> UInt64 {
        low &+ below(high &- low &+ 1)
    }
}
