import Glibc

/// Draws ranks 0..<count with the exact probabilities of a Zipf law, in constant time (alias method).
///
/// Rank r has weight 1 / (r + 1)^exponent; the exponent 0 is the uniform law. One 64-bit draw gives both
/// the column (its high product) and the position inside the column (its low product).
struct PopularitySampler {
    /// How many ranks there are.
    let count: Int
    /// The exponent of the law; 0 is uniform.
    let exponent: Double
    /// Position in a column, as a fraction of 2^64, below which the column's own rank is drawn.
    private let thresholds: [UInt64]
    private let aliases: [UInt32]

    /// The sampler over `count` ranks; `count` is at least 1 and below 2^32.
    init(count: Int, exponent: Double) {
        precondition(count >= 1 && count < Int(UInt32.max) && exponent >= 0)
        self.count = count
        self.exponent = exponent
        let weights = Self.weights(count: count, exponent: exponent)
        (thresholds, aliases) = Self.columns(of: weights)
    }

    /// The next rank.
    @inline(__always)
    func draw(_ random: inout SeededRandom) -> Int {
        let product = random.next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: count))
        let column = Int(truncatingIfNeeded: product.high)
        return product.low < thresholds[column] ? column : Int(aliases[column])
    }

    /// The probability of each rank, from the law itself; what the tests compare with.
    static func weights(count: Int, exponent: Double) -> [Double] {
        var weights = (0..<count).map { 1 / pow(Double($0 + 1), exponent) }
        // Smallest first, so that the sum loses nothing.
        let total = weights.reversed().reduce(0, +)
        for index in weights.indices { weights[index] /= total }
        return weights
    }

    /// Vose's construction: every column holds at most two ranks.
    private static func columns(of weights: [Double]) -> ([UInt64], [UInt32]) {
        let count = weights.count
        var scaled = weights.map { $0 * Double(count) }
        var thresholds = [UInt64](repeating: .max, count: count)
        var aliases = (0..<count).map { UInt32($0) }
        var small = [Int]()
        var large = [Int]()
        for index in 0..<count {
            if scaled[index] < 1 { small.append(index) } else { large.append(index) }
        }
        while let poor = small.popLast() {
            guard let rich = large.popLast() else { break }
            thresholds[poor] = fraction(scaled[poor])
            aliases[poor] = UInt32(rich)
            scaled[rich] -= 1 - scaled[poor]
            if scaled[rich] < 1 { small.append(rich) } else { large.append(rich) }
        }
        return (thresholds, aliases)
    }

    private static func fraction(_ value: Double) -> UInt64 {
        let scaled = value * 18_446_744_073_709_551_616.0
        return scaled >= 18_446_744_073_709_549_568.0 ? .max : UInt64(max(0, scaled))
    }
}
