// Written by scripts/generate-curve-constants: change that, not this.

import CShims

/// The base field of BN254, in Montgomery form: 4 limbs, least significant first, always below the modulus.
struct BN254Field: PrimeField {
    var l0: UInt64
    var l1: UInt64
    var l2: UInt64
    var l3: UInt64

    @inline(__always)
    init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) {
        self.l0 = l0
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
    }

    static var modulus: BN254Field {
        @inline(__always) get { BN254Field(0x3C20_8C16_D87C_FD47, 0x9781_6A91_6871_CA8D, 0xB850_45B6_8181_585D, 0x3064_4E72_E131_A029) }
    }
    static var plainOne: BN254Field { @inline(__always) get { BN254Field(1, 0, 0, 0) } }
    static let rootExponent: [UInt64] = [
        0x4F08_2305_B61F_3F52,
        0x65E0_5AA4_5A1C_72A3,
        0x6E14_116D_A060_5617,
        0x0C19_139C_B84C_680A,
    ]
    static var zero: BN254Field { @inline(__always) get { BN254Field(0, 0, 0, 0) } }
    static var one: BN254Field {
        @inline(__always) get {
            BN254Field(0xD35D_438D_C58F_0D9D, 0x0A78_EB28_F5C7_0B3D, 0x666E_A36F_7879_462C, 0x0E0A_77C1_9A07_DF2F)
        }
    }
    /// 2^256 modulo the modulus, in Montgomery form: what turns a number into Montgomery form.
    static var radix: BN254Field {
        @inline(__always) get {
            BN254Field(0xF32C_FC5B_538A_FA89, 0xB5E7_1911_D445_01FB, 0x47AB_1EFF_0A41_7FF6, 0x06D8_9F71_CAB8_351F)
        }
    }

    /// 2^512: turns the inverse of a number in Montgomery form into Montgomery form.
    static var radixSquared: BN254Field {
        @inline(__always) get {
            BN254Field(0xB1CD_6DAF_DA15_30DF, 0x62F2_10E6_A728_3DB6, 0xEF7F_0B0C_0ADA_0AFB, 0x20FD_6E90_2D59_2544)
        }
    }

    var isZero: Bool { @inline(__always) get { (l0 | l1 | l2 | l3) == 0 } }

    @inline(__always)
    static func == (a: BN254Field, b: BN254Field) -> Bool {
        ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3)) == 0
    }

    /// The value minus the modulus where it is not below it.
    @inline(__always)
    private static func reduced(_ t0: UInt64, _ t1: UInt64, _ t2: UInt64, _ t3: UInt64) -> BN254Field {
        let (d0, e0) = t0.subtractingReportingOverflow(0x3C20_8C16_D87C_FD47)
        let (v1, f1) = t1.subtractingReportingOverflow(0x9781_6A91_6871_CA8D)
        let (d1, g1) = v1.subtractingReportingOverflow(e0 ? 1 : 0)
        let e1 = f1 != g1
        let (v2, f2) = t2.subtractingReportingOverflow(0xB850_45B6_8181_585D)
        let (d2, g2) = v2.subtractingReportingOverflow(e1 ? 1 : 0)
        let e2 = f2 != g2
        let (v3, f3) = t3.subtractingReportingOverflow(0x3064_4E72_E131_A029)
        let (d3, g3) = v3.subtractingReportingOverflow(e2 ? 1 : 0)
        let e3 = f3 != g3
        let below = e3
        let keep: UInt64 = below ? .max : 0
        return BN254Field(
            (t0 & keep) | (d0 & ~keep),
            (t1 & keep) | (d1 & ~keep),
            (t2 & keep) | (d2 & ~keep),
            (t3 & keep) | (d3 & ~keep))
    }

    @inline(__always)
    static func + (a: BN254Field, b: BN254Field) -> BN254Field {
        let (s0, c0) = a.l0.addingReportingOverflow(b.l0)
        let (u1, x1) = a.l1.addingReportingOverflow(b.l1)
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = a.l2.addingReportingOverflow(b.l2)
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let s3 = a.l3 &+ b.l3 &+ (c2 ? 1 : 0)
        return reduced(s0, s1, s2, s3)
    }

    @inline(__always)
    func unreducedSum(_ b: BN254Field) -> BN254Field {
        let (s0, c0) = l0.addingReportingOverflow(b.l0)
        let (u1, x1) = l1.addingReportingOverflow(b.l1)
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = l2.addingReportingOverflow(b.l2)
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let s3 = l3 &+ b.l3 &+ (c2 ? 1 : 0)
        return BN254Field(s0, s1, s2, s3)
    }

    @inline(__always)
    static func - (a: BN254Field, b: BN254Field) -> BN254Field {
        let (d0, e0) = a.l0.subtractingReportingOverflow(b.l0)
        let (v1, f1) = a.l1.subtractingReportingOverflow(b.l1)
        let (d1, g1) = v1.subtractingReportingOverflow(e0 ? 1 : 0)
        let e1 = f1 != g1
        let (v2, f2) = a.l2.subtractingReportingOverflow(b.l2)
        let (d2, g2) = v2.subtractingReportingOverflow(e1 ? 1 : 0)
        let e2 = f2 != g2
        let (v3, f3) = a.l3.subtractingReportingOverflow(b.l3)
        let (d3, g3) = v3.subtractingReportingOverflow(e2 ? 1 : 0)
        let e3 = f3 != g3
        let below = e3
        let add: UInt64 = below ? .max : 0
        let (s0, c0) = d0.addingReportingOverflow((0x3C20_8C16_D87C_FD47 & add))
        let (u1, x1) = d1.addingReportingOverflow((0x9781_6A91_6871_CA8D & add))
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = d2.addingReportingOverflow((0xB850_45B6_8181_585D & add))
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let s3 = d3 &+ (0x3064_4E72_E131_A029 & add) &+ (c2 ? 1 : 0)
        return BN254Field(s0, s1, s2, s3)
    }

    /// Half of the element.
    @inline(__always)
    var halved: BN254Field {
        let add: UInt64 = 0 &- (l0 & 1)
        let (s0, c0) = l0.addingReportingOverflow((0x3C20_8C16_D87C_FD47 & add))
        let (u1, x1) = l1.addingReportingOverflow((0x9781_6A91_6871_CA8D & add))
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = l2.addingReportingOverflow((0xB850_45B6_8181_585D & add))
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let s3 = l3 &+ (0x3064_4E72_E131_A029 & add) &+ (c2 ? 1 : 0)
        return BN254Field(
            s0 &>> 1 | s1 &<< 63,
            s1 &>> 1 | s2 &<< 63,
            s2 &>> 1 | s3 &<< 63,
            s3 &>> 1)
    }

    static func * (a: BN254Field, b: BN254Field) -> BN254Field {
        var result = zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bn254_multiply(&result, a, b) }
        }
        return result
    }
}
