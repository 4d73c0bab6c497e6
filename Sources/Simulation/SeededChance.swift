/// A sequence of choices that one number decides: the only source of chance in a simulation.
package struct SeededChance: RandomNumberGenerator {
    private var state: UInt64

    /// The sequence of a seed.
    package init(seed: UInt64) {
        state = seed &* 0x9e37_79b9_7f4a_7c15 ^ 0x5851_f42d_4c95_7f2d
        _ = next()
    }

    /// The next 64 bits (splitmix64).
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, the limit.
    mutating func below(_ limit: Int) -> Int {
        precondition(limit > 0, "nothing is below \(limit)")
        return Int(next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    /// True in so many of a thousand cases.
    mutating func happens(permille: Int) -> Bool { below(1_000) < permille }

    /// A number of the range, both ends included.
    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// An independent sequence for one part of the simulation.
    mutating func fork() -> SeededChance { SeededChance(seed: next()) }
}
