/// A point of y^2 = x^3 + b in affine coordinates, or infinity.
struct AffinePoint<Field: FieldElement>: BitwiseCopyable, Equatable, Sendable {
    var x: Field
    var y: Field
    var isInfinity: Bool

    static var infinity: Self { Self(x: .zero, y: .zero, isInfinity: true) }

    init(x: Field, y: Field, isInfinity: Bool = false) {
        self.x = x
        self.y = y
        self.isInfinity = isInfinity
    }

    /// Whether the coordinates solve the equation; infinity does.
    func isOnCurve(b: Field) -> Bool { isInfinity || y.squared == x.squared * x + b }

    static prefix func - (a: Self) -> Self { Self(x: a.x, y: .zero - a.y, isInfinity: a.isInfinity) }
}

/// A point of y^2 = x^3 + b in Jacobian coordinates: (X / Z^2, Y / Z^3); infinity has Z = 0.
struct JacobianPoint<Field: FieldElement>: BitwiseCopyable, Sendable {
    var x: Field
    var y: Field
    var z: Field

    static var infinity: Self { Self(x: .one, y: .one, z: .zero) }

    init(x: Field, y: Field, z: Field) {
        self.x = x
        self.y = y
        self.z = z
    }

    init(_ point: AffinePoint<Field>) {
        self = point.isInfinity ? .infinity : Self(x: point.x, y: point.y, z: .one)
    }

    var isInfinity: Bool { z.isZero }

    var affine: AffinePoint<Field> {
        if isInfinity { return .infinity }
        let inverse = z.inverse
        let square = inverse.squared
        return AffinePoint(x: x * square, y: y * square * inverse)
    }

    /// Whether two representations name the same point.
    func equals(_ other: Self) -> Bool {
        if isInfinity || other.isInfinity { return isInfinity && other.isInfinity }
        let z1 = z.squared
        let z2 = other.z.squared
        return x * z2 == other.x * z1 && y * z2 * other.z == other.y * z1 * z
    }

    static prefix func - (a: Self) -> Self { Self(x: a.x, y: .zero - a.y, z: a.z) }

    var doubled: Self {
        let a = x.squared
        let b = y.squared
        let c = b.squared
        let d = ((x + b).squared - a - c).doubled
        let e = a.tripled
        let x3 = e.squared - d.doubled
        return Self(x: x3, y: e * (d - x3) - c.doubled.doubled.doubled, z: (y * z).doubled)
    }

    static func + (a: Self, b: Self) -> Self {
        if a.isInfinity { return b }
        if b.isInfinity { return a }
        let z1 = a.z.squared
        let z2 = b.z.squared
        let u1 = a.x * z2
        let u2 = b.x * z1
        let s1 = a.y * b.z * z2
        let s2 = b.y * a.z * z1
        let h = u2 - u1
        let r = s2 - s1
        if h.isZero { return r.isZero ? a.doubled : .infinity }
        let h2 = h.squared
        let h3 = h * h2
        let v = u1 * h2
        let x3 = r.squared - h3 - v.doubled
        return Self(x: x3, y: r * (v - x3) - s1 * h3, z: a.z * b.z * h)
    }

    /// The sum with an affine point.
    static func + (a: Self, b: AffinePoint<Field>) -> Self {
        if b.isInfinity { return a }
        if a.isInfinity { return Self(b) }
        let z1 = a.z.squared
        let h = b.x * z1 - a.x
        let r = b.y * a.z * z1 - a.y
        if h.isZero { return r.isZero ? a.doubled : .infinity }
        let h2 = h.squared
        let h3 = h * h2
        let v = a.x * h2
        let x3 = r.squared - h3 - v.doubled
        return Self(x: x3, y: r * (v - x3) - a.y * h3, z: a.z * h)
    }

    /// The multiple by a 64-bit number, bit by bit: best for the sparse parameter of BLS12-381.
    func times(_ scalar: UInt64) -> Self {
        var result = Self.infinity
        for bit in stride(from: 63 - scalar.leadingZeroBitCount, through: 0, by: -1) {
            result = result.doubled
            if scalar >> UInt64(bit) & 1 == 1 { result = result + self }
        }
        return result
    }

    /// The multiple by a number in signed digits that are odd or zero and below eight, least significant first.
    func times(_ digits: [Int8]) -> Self {
        let double = doubled
        let third = double + self
        let fifth = third + double
        let odd = [self, third, fifth, fifth + double]
        var result = Self.infinity
        for digit in digits.reversed() {
            if !result.isInfinity { result = result.doubled }
            if digit > 0 { result = result + odd[Int(digit >> 1)] }
            if digit < 0 { result = result + -odd[Int(-digit >> 1)] }
        }
        return result
    }

    /// Many points in affine coordinates for one inversion; none of them is infinity.
    static func affine(_ points: [Self]) -> [AffinePoint<Field>] {
        var products: [Field] = []
        products.reserveCapacity(points.count)
        var product = Field.one
        for point in points {
            products.append(product)
            product = product * point.z
        }
        var inverse = product.inverse
        var result = [AffinePoint<Field>](repeating: .infinity, count: points.count)
        for index in points.indices.reversed() {
            let own = inverse * products[index]
            let square = own.squared
            result[index] = AffinePoint(x: points[index].x * square, y: points[index].y * square * own)
            inverse = inverse * points[index].z
        }
        return result
    }
}
