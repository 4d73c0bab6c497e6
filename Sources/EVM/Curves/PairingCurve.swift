/// A curve of embedding degree 12 over a base field, with its twist over the quadratic extension.
protocol PairingCurve: Sendable {
    associatedtype Base: PrimeField
    /// The product of two elements of the quadratic extension.
    static func multiply(_ a: QuadraticField<Self>, _ b: QuadraticField<Self>) -> QuadraticField<Self>
    /// The square of an element of the quadratic extension.
    static func square(_ a: QuadraticField<Self>) -> QuadraticField<Self>
    /// The product of two elements of the sextic field.
    static func multiply(_ a: SexticField<Self>, _ b: SexticField<Self>) -> SexticField<Self>
    /// The product of two elements of the field of degree 12.
    static func multiply(_ a: DodecicField<Self>, _ b: DodecicField<Self>) -> DodecicField<Self>
    /// Squares an element of the field of degree 12.
    static func square(_ a: inout DodecicField<Self>)
    /// Squares an element of the cyclotomic subgroup so many times.
    static func squareCyclotomic(_ a: inout DodecicField<Self>, times: Int)
    /// Multiplies f by the value of a line at a point.
    static func apply(_ line: MillerLine<Self>, at p: AffinePoint<Base>, to f: inout DodecicField<Self>)
    /// xi times an element: xi has neither square nor cube root, and w^6 = xi.
    static func timesXi(_ a: QuadraticField<Self>) -> QuadraticField<Self>
    /// b of the twist.
    static var twistB: QuadraticField<Self> { get }
    /// b of the twist times an element.
    static func timesTwistB(_ a: QuadraticField<Self>) -> QuadraticField<Self>
    static var twistFrobeniusX: QuadraticField<Self> { get }
    static var twistFrobeniusY: QuadraticField<Self> { get }
    static var frobeniusOnce: [QuadraticField<Self>] { get }
    static var frobeniusTwice: [Base] { get }
    /// The digits of Miller's loop, most significant first.
    static var loopDigits: [Int8] { get }
    /// The lines that the curve's pairing adds to Miller's loop.
    static func finishLoop(_ loop: inout MillerLoop<Self>)
    /// What turns the product of the lines into the value of Miller's loop.
    static func finished(_ f: DodecicField<Self>) -> DodecicField<Self>
    /// The hard part of the final exponentiation, or a power of it prime to the order.
    static func hardPart(_ f: DodecicField<Self>) -> DodecicField<Self>
}
