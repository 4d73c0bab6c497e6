/// A point and what it is multiplied by.
struct Multiple<Field: FieldElement>: BitwiseCopyable {
    /// Scalars stay below this, so that their signed digits fit as well.
    static var scalarMax: UInt128 { UInt128.max - 1 << 16 }

    var point: AffinePoint<Field>
    var scalar: UInt128
}

/// Sums of multiples of many points. Callers split long scalars with the endomorphisms of their curves.
enum MultiScalar {
    /// From this many multiples on buckets are faster than tables of each point.
    static let bucketsFrom = 200

    /// The sum of all multiples.
    static func sum<Field>(_ multiples: [Multiple<Field>]) -> JacobianPoint<Field> {
        let rest = multiples.filter { $0.scalar != 0 && !$0.point.isInfinity }
        return rest.count < bucketsFrom ? interleaved(rest) : bucketed(rest)
    }

    /// Signed digits that are zero or odd and below 2^(width - 1), least significant first: of `width` digits in a row
    /// all but one are zero.
    static func signedDigits(_ scalar: UInt128, width: Int) -> [Int8] {
        precondition(scalar <= Multiple<BN254Field>.scalarMax, "a scalar leaves room for a carry")
        var rest = scalar
        var digits: [Int8] = []
        digits.reserveCapacity(129)
        while rest != 0 {
            var digit = 0
            if rest & 1 == 1 {
                digit = Int(rest & (1 << UInt128(width) - 1))
                if digit >= 1 << (width - 1) { digit -= 1 << width }
                rest = digit < 0 ? rest + UInt128(-digit) : rest - UInt128(digit)
            }
            digits.append(Int8(digit))
            rest >>= 1
        }
        return digits
    }

    /// Doubles one sum for all points and adds odd multiples from a table of each (Straus).
    private static func interleaved<Field>(_ multiples: [Multiple<Field>]) -> JacobianPoint<Field> {
        if multiples.isEmpty { return .infinity }
        let width = 5
        let entryCount = 1 << (width - 2)
        var entries: [JacobianPoint<Field>] = []
        entries.reserveCapacity(multiples.count * entryCount)
        for multiple in multiples {
            var entry = JacobianPoint(multiple.point)
            let double = entry.doubled
            // Points of order two and three occur off the prime-order groups: plain multiplication serves them.
            if double.isInfinity { return oneByOne(multiples) }
            for _ in 0..<entryCount {
                if entry.isInfinity { return oneByOne(multiples) }
                entries.append(entry)
                entry = entry + double
            }
        }
        let table = JacobianPoint.affine(entries)
        let digits = multiples.map { signedDigits($0.scalar, width: width) }
        var result = JacobianPoint<Field>.infinity
        for position in (0..<digits.map(\.count).max()!).reversed() {
            if !result.isInfinity { result = result.doubled }
            for index in digits.indices where position < digits[index].count {
                let digit = Int(digits[index][position])
                if digit > 0 { result = result + table[index * entryCount + digit >> 1] }
                if digit < 0 { result = result + -table[index * entryCount + -digit >> 1] }
            }
        }
        return result
    }

    private static func oneByOne<Field>(_ multiples: [Multiple<Field>]) -> JacobianPoint<Field> {
        multiples.reduce(.infinity) { $0 + JacobianPoint($1.point).times(signedDigits($1.scalar, width: 4)) }
    }

    /// Collects the points by their digits (Pippenger), digits from -2^(width - 1) to 2^(width - 1).
    private static func bucketed<Field>(_ multiples: [Multiple<Field>]) -> JacobianPoint<Field> {
        let width = multiples.count < 600 ? 6 : multiples.count < 1_500 ? 7 : multiples.count < 4_000 ? 8 : 10
        let bits = 129 - multiples.map(\.scalar.leadingZeroBitCount).min()!
        let windowCount = (bits + width - 1) / width
        let half = 1 << (width - 1)
        var rests = multiples.map(\.scalar)
        var windows: [JacobianPoint<Field>] = []
        var buckets = [JacobianPoint<Field>](repeating: .infinity, count: half + 1)
        for _ in 0..<windowCount {
            for index in buckets.indices { buckets[index] = .infinity }
            for index in multiples.indices {
                var digit = Int(rests[index] & (1 << UInt128(width) - 1))
                rests[index] >>= UInt128(width)
                if digit > half {
                    digit -= 2 * half
                    rests[index] += 1
                }
                if digit > 0 { buckets[digit] = buckets[digit] + multiples[index].point }
                if digit < 0 { buckets[-digit] = buckets[-digit] + -multiples[index].point }
            }
            var running = JacobianPoint<Field>.infinity
            var window = JacobianPoint<Field>.infinity
            for digit in stride(from: half, to: 0, by: -1) {
                running = running + buckets[digit]
                window = window + running
            }
            windows.append(window)
        }
        return windows.reversed().reduce(.infinity) { sum, window in
            var shifted = sum
            if !shifted.isInfinity { for _ in 0..<width { shifted = shifted.doubled } }
            return shifted + window
        }
    }
}
