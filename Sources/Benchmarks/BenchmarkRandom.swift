internal import Glibc

/// A seeded generator (splitmix64), so that a run can be repeated.
struct BenchmarkRandom {
    var state: UInt64

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below the limit.
    mutating func below(_ limit: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(limit)).high)
    }
}

/// Draws ranks by a Zipf law: rank r has weight 1 / (r + 1)^exponent.
struct ZipfSampler {
    private let sums: [Double]

    /// A sampler over so many ranks; exponent 0 is uniform.
    init(count: Int, exponent: Double) {
        var sum = 0.0
        sums = (0..<count).map { rank in
            sum += 1 / pow(Double(rank + 1), exponent)
            return sum
        }
    }

    /// The next rank.
    func draw(_ random: inout BenchmarkRandom) -> Int {
        let place = Double(random.next() >> 11) * 0x1p-53 * sums[sums.count - 1]
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > place { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
