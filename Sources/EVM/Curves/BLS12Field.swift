// Written by scripts/generate-curve-constants: change that, not this.

import CShims

/// The base field of BLS12-381, in Montgomery form: 6 limbs, least significant first, always below the modulus.
struct BLS12Field: PrimeField {
    var l0: UInt64
    var l1: UInt64
    var l2: UInt64
    var l3: UInt64
    var l4: UInt64
    var l5: UInt64

    @inline(__always)
    init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64, _ l5: UInt64) {
        self.l0 = l0
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
        self.l4 = l4
        self.l5 = l5
    }

    static var modulus: BLS12Field {
        @inline(__always) get { BLS12Field(
            0xB9FE_FFFF_FFFF_AAAB, 0x1EAB_FFFE_B153_FFFF, 0x6730_D2A0_F6B0_F624,
            0x6477_4B84_F385_12BF, 0x4B1B_A7B6_434B_ACD7, 0x1A01_11EA_397F_E69A) }
    }
    static var plainOne: BLS12Field { @inline(__always) get { BLS12Field(1, 0, 0, 0, 0, 0) } }
    static let rootExponent: [UInt64] = [
        0xEE7F_BFFF_FFFF_EAAB,
        0x07AA_FFFF_AC54_FFFF,
        0xD9CC_34A8_3DAC_3D89,
        0xD91D_D2E1_3CE1_44AF,
        0x92C6_E9ED_90D2_EB35,
        0x0680_447A_8E5F_F9A6,
    ]
    static var zero: BLS12Field { @inline(__always) get { BLS12Field(0, 0, 0, 0, 0, 0) } }
    static var one: BLS12Field {
        @inline(__always) get {
            BLS12Field(
                0x7609_0000_0002_FFFD, 0xEBF4_000B_C40C_0002, 0x5F48_9857_53C7_58BA,
                0x77CE_5853_7052_5745, 0x5C07_1A97_A256_EC6D, 0x15F6_5EC3_FA80_E493)
        }
    }
    /// 2^384 modulo the modulus, in Montgomery form: what turns a number into Montgomery form.
    static var radix: BLS12Field {
        @inline(__always) get {
            BLS12Field(
                0xF4DF_1F34_1C34_1746, 0x0A76_E6A6_09D1_04F1, 0x8DE5_476C_4C95_B6D5,
                0x67EB_88A9_939D_83C0, 0x9A79_3E85_B519_952D, 0x1198_8FE5_92CA_E3AA)
        }
    }

    /// 2^768: turns the inverse of a number in Montgomery form into Montgomery form.
    static var radixSquared: BLS12Field {
        @inline(__always) get {
            BLS12Field(
                0xED48_AC6B_D94C_A1E0, 0x315F_831E_03A7_ADF8, 0x9A53_352A_615E_29DD,
                0x34C0_4E5E_921E_1761, 0x2512_D435_6572_4728, 0x0AA6_3460_9175_5D4D)
        }
    }

    var isZero: Bool { @inline(__always) get { (l0 | l1 | l2 | l3 | l4 | l5) == 0 } }

    @inline(__always)
    static func == (a: BLS12Field, b: BLS12Field) -> Bool {
        ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3) | (a.l4 ^ b.l4) | (a.l5 ^ b.l5)) == 0
    }

    /// The value minus the modulus where it is not below it.
    @inline(__always)
    private static func reduced(_ t0: UInt64, _ t1: UInt64, _ t2: UInt64, _ t3: UInt64, _ t4: UInt64, _ t5: UInt64) -> BLS12Field {
        let (d0, e0) = t0.subtractingReportingOverflow(0xB9FE_FFFF_FFFF_AAAB)
        let (v1, f1) = t1.subtractingReportingOverflow(0x1EAB_FFFE_B153_FFFF)
        let (d1, g1) = v1.subtractingReportingOverflow(e0 ? 1 : 0)
        let e1 = f1 != g1
        let (v2, f2) = t2.subtractingReportingOverflow(0x6730_D2A0_F6B0_F624)
        let (d2, g2) = v2.subtractingReportingOverflow(e1 ? 1 : 0)
        let e2 = f2 != g2
        let (v3, f3) = t3.subtractingReportingOverflow(0x6477_4B84_F385_12BF)
        let (d3, g3) = v3.subtractingReportingOverflow(e2 ? 1 : 0)
        let e3 = f3 != g3
        let (v4, f4) = t4.subtractingReportingOverflow(0x4B1B_A7B6_434B_ACD7)
        let (d4, g4) = v4.subtractingReportingOverflow(e3 ? 1 : 0)
        let e4 = f4 != g4
        let (v5, f5) = t5.subtractingReportingOverflow(0x1A01_11EA_397F_E69A)
        let (d5, g5) = v5.subtractingReportingOverflow(e4 ? 1 : 0)
        let e5 = f5 != g5
        let below = e5
        let keep: UInt64 = below ? .max : 0
        return BLS12Field(
            (t0 & keep) | (d0 & ~keep),
            (t1 & keep) | (d1 & ~keep),
            (t2 & keep) | (d2 & ~keep),
            (t3 & keep) | (d3 & ~keep),
            (t4 & keep) | (d4 & ~keep),
            (t5 & keep) | (d5 & ~keep))
    }

    @inline(__always)
    static func + (a: BLS12Field, b: BLS12Field) -> BLS12Field {
        let (s0, c0) = a.l0.addingReportingOverflow(b.l0)
        let (u1, x1) = a.l1.addingReportingOverflow(b.l1)
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = a.l2.addingReportingOverflow(b.l2)
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let (u3, x3) = a.l3.addingReportingOverflow(b.l3)
        let (s3, y3) = u3.addingReportingOverflow(c2 ? 1 : 0)
        let c3 = x3 != y3
        let (u4, x4) = a.l4.addingReportingOverflow(b.l4)
        let (s4, y4) = u4.addingReportingOverflow(c3 ? 1 : 0)
        let c4 = x4 != y4
        let s5 = a.l5 &+ b.l5 &+ (c4 ? 1 : 0)
        return reduced(s0, s1, s2, s3, s4, s5)
    }

    @inline(__always)
    func unreducedSum(_ b: BLS12Field) -> BLS12Field {
        let (s0, c0) = l0.addingReportingOverflow(b.l0)
        let (u1, x1) = l1.addingReportingOverflow(b.l1)
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = l2.addingReportingOverflow(b.l2)
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let (u3, x3) = l3.addingReportingOverflow(b.l3)
        let (s3, y3) = u3.addingReportingOverflow(c2 ? 1 : 0)
        let c3 = x3 != y3
        let (u4, x4) = l4.addingReportingOverflow(b.l4)
        let (s4, y4) = u4.addingReportingOverflow(c3 ? 1 : 0)
        let c4 = x4 != y4
        let s5 = l5 &+ b.l5 &+ (c4 ? 1 : 0)
        return BLS12Field(s0, s1, s2, s3, s4, s5)
    }

    @inline(__always)
    static func - (a: BLS12Field, b: BLS12Field) -> BLS12Field {
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
        let (v4, f4) = a.l4.subtractingReportingOverflow(b.l4)
        let (d4, g4) = v4.subtractingReportingOverflow(e3 ? 1 : 0)
        let e4 = f4 != g4
        let (v5, f5) = a.l5.subtractingReportingOverflow(b.l5)
        let (d5, g5) = v5.subtractingReportingOverflow(e4 ? 1 : 0)
        let e5 = f5 != g5
        let below = e5
        let add: UInt64 = below ? .max : 0
        let (s0, c0) = d0.addingReportingOverflow((0xB9FE_FFFF_FFFF_AAAB & add))
        let (u1, x1) = d1.addingReportingOverflow((0x1EAB_FFFE_B153_FFFF & add))
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = d2.addingReportingOverflow((0x6730_D2A0_F6B0_F624 & add))
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let (u3, x3) = d3.addingReportingOverflow((0x6477_4B84_F385_12BF & add))
        let (s3, y3) = u3.addingReportingOverflow(c2 ? 1 : 0)
        let c3 = x3 != y3
        let (u4, x4) = d4.addingReportingOverflow((0x4B1B_A7B6_434B_ACD7 & add))
        let (s4, y4) = u4.addingReportingOverflow(c3 ? 1 : 0)
        let c4 = x4 != y4
        let s5 = d5 &+ (0x1A01_11EA_397F_E69A & add) &+ (c4 ? 1 : 0)
        return BLS12Field(s0, s1, s2, s3, s4, s5)
    }

    /// Half of the element.
    @inline(__always)
    var halved: BLS12Field {
        let add: UInt64 = 0 &- (l0 & 1)
        let (s0, c0) = l0.addingReportingOverflow((0xB9FE_FFFF_FFFF_AAAB & add))
        let (u1, x1) = l1.addingReportingOverflow((0x1EAB_FFFE_B153_FFFF & add))
        let (s1, y1) = u1.addingReportingOverflow(c0 ? 1 : 0)
        let c1 = x1 != y1
        let (u2, x2) = l2.addingReportingOverflow((0x6730_D2A0_F6B0_F624 & add))
        let (s2, y2) = u2.addingReportingOverflow(c1 ? 1 : 0)
        let c2 = x2 != y2
        let (u3, x3) = l3.addingReportingOverflow((0x6477_4B84_F385_12BF & add))
        let (s3, y3) = u3.addingReportingOverflow(c2 ? 1 : 0)
        let c3 = x3 != y3
        let (u4, x4) = l4.addingReportingOverflow((0x4B1B_A7B6_434B_ACD7 & add))
        let (s4, y4) = u4.addingReportingOverflow(c3 ? 1 : 0)
        let c4 = x4 != y4
        let s5 = l5 &+ (0x1A01_11EA_397F_E69A & add) &+ (c4 ? 1 : 0)
        return BLS12Field(
            s0 &>> 1 | s1 &<< 63,
            s1 &>> 1 | s2 &<< 63,
            s2 &>> 1 | s3 &<< 63,
            s3 &>> 1 | s4 &<< 63,
            s4 &>> 1 | s5 &<< 63,
            s5 &>> 1)
    }

    static func * (a: BLS12Field, b: BLS12Field) -> BLS12Field {
        var result = zero
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { b in hoard_bls12_multiply(&result, a, b) }
        }
        return result
    }
}
