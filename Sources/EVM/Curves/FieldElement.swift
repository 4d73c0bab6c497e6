/// An element of a field over which the coordinates of curve points range.
protocol FieldElement: BitwiseCopyable, Equatable, Sendable {
    static var zero: Self { get }
    static var one: Self { get }
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    var isZero: Bool { get }
    var squared: Self { get }
    /// The multiplicative inverse; zero for zero.
    var inverse: Self { get }
    /// Whether there is a square root; cheaper than finding it.
    var isSquare: Bool { get }
    /// A square root, nil for a non-square.
    var squareRoot: Self? { get }
    /// The sign of RFC 9380: the parity of the first non-zero coordinate.
    var isOdd: Bool { get }
}

extension FieldElement {
    var doubled: Self { @inline(__always) get { self + self } }
    var tripled: Self { @inline(__always) get { self + self + self } }
    static prefix func - (a: Self) -> Self { zero - a }

    /// The element to the power of an exponent in limbs, least significant first, four bits at a time.
    func power(_ exponent: [UInt64]) -> Self {
        var table = [Self.one, self]
        for _ in 2..<16 { table.append(table[table.count - 1] * self) }
        var result = Self.one
        var started = false
        for limb in exponent.reversed() {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                if started { result = result.squared.squared.squared.squared }
                let digit = Int(limb >> shift & 15)
                if digit == 0 { continue }
                result = started ? result * table[digit] : table[digit]
                started = true
            }
        }
        return result
    }
}

extension Array where Element: FieldElement {
    /// The polynomial with these coefficients, in ascending order, at a point.
    func evaluated(at x: Element) -> Element {
        reversed().reduce(Element.zero) { $0 * x + $1 }
    }
}
