/// Sums of multiples of many points (Pippenger's buckets).
enum MultiScalar {
    /// The sum of scalars[i] times points[i].
    static func sum<Field>(_ points: [AffinePoint<Field>], _ scalars: [U256]) -> JacobianPoint<Field> {
        if points.count < 4 {
            return zip(points, scalars).reduce(.infinity) { $0 + JacobianPoint($1.0).times($1.1) }
        }
        let width = points.count < 12 ? 4 : points.count < 40 ? 5 : points.count < 150 ? 6 : 8
        let windows = (255 + width) / width
        var result = JacobianPoint<Field>.infinity
        var buckets = [JacobianPoint<Field>](repeating: .infinity, count: 1 << width)
        for window in (0..<windows).reversed() {
            if !result.isInfinity { for _ in 0..<width { result = result.doubled } }
            for index in buckets.indices { buckets[index] = .infinity }
            for index in points.indices {
                let digit = Int((scalars[index] >> (window * width)).l0 & (1 << UInt64(width) - 1))
                if digit != 0 { buckets[digit] = buckets[digit] + points[index] }
            }
            var running = JacobianPoint<Field>.infinity
            for digit in stride(from: buckets.count - 1, to: 0, by: -1) {
                running = running + buckets[digit]
                result = result + running
            }
        }
        return result
    }
}
