// Written by scripts/generate-curve-constants: change that, not this.

/// Constants of the curve BN254 (alt_bn128) of EIP-196 and EIP-197.
extension BN254 {
    /// The parameter x of the curve.
    static let parameter: UInt64 = 4965661367192848881
    /// The order of the groups.
    static let order = U256(0x43E1_F593_F000_0001, 0x2833_E848_79B9_7091, 0xB850_45B6_8181_585D, 0x3064_4E72_E131_A029)

    /// The cube root of one for which (x * it, y) is the point times a cube root of one modulo the order.
    static let endomorphismX = BN254Field(0x7193_0C11_D782_E155, 0xA6BB_947C_FFBE_3323, 0xAA30_3344_D474_1444, 0x2C3B_3F0D_2659_4943)

    /// A short pair a, b with a + b times that root of one a multiple of the order; modulo 2^256.
    static let latticeA1 = U256(0x89D3_2568_94D2_13E3, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000)

    /// Its other half.
    static let latticeB1 = U256(0x7DEE_4414_82B0_EED8, 0x90B2_7DB7_1147_A603, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)

    /// Another such pair.
    static let latticeA2 = U256(0x0BE4_E154_1221_250B, 0x6F4D_8248_EEB8_59FD, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000)

    /// Its other half.
    static let latticeB2 = U256(0x89D3_2568_94D2_13E3, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000)

    /// b2 2^256 / order.
    static let latticeScale1 = U256(0xD91D_232E_C7E0_B3D7, 0x0000_0000_0000_0002, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000)

    /// -b1 2^256 / order.
    static let latticeScale2 = U256(0x7A7B_D9D4_391E_B18D, 0x4CCE_F014_A773_D2CF, 0x0000_0000_0000_0002, 0x0000_0000_0000_0000)

    /// 6 x + 2 in digits of -1, 0 and 1, most significant first.
    static let loopDigits: [Int8] = [
        1, 0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 0, -1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1,
        0, 0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 1, 0, 0, 0, -1, 0, 0, -1, 0, 1, 0, 1, 0, 0, 0,
    ]

    /// b of the twist: 3 / xi.
    static let twistB = QuadraticField<BN254>(
        c0: BN254Field(0x3BF9_38E3_77B8_02A8, 0x020B_1B27_3633_535D, 0x26B7_EDF0_4975_5260, 0x2514_C632_4384_A86D),
        c1: BN254Field(0x38E7_ECCC_D1DC_FF67, 0x65F0_B37D_93CE_0D3E, 0xD749_D0DD_22AC_00AA, 0x0141_B9CE_4A68_8D4D))

    /// xi^((p - 1) / 3).
    static let twistFrobeniusX = QuadraticField<BN254>(
        c0: BN254Field(0xB577_3B10_4563_AB30, 0x347F_91C8_A9AA_6454, 0x7A00_7127_242E_0991, 0x1956_BCD8_1182_14EC),
        c1: BN254Field(0x6E84_9F1E_A0AA_4757, 0xAA1C_7B6D_89F8_9141, 0xB6E7_13CD_FAE0_CA3A, 0x2669_4FBB_4E82_EBC3))

    /// xi^((p - 1) / 2).
    static let twistFrobeniusY = QuadraticField<BN254>(
        c0: BN254Field(0xE4BB_DD0C_2936_B629, 0xBB30_F162_E133_BACB, 0x31A9_D1B6_F964_5366, 0x2535_70BE_A500_F8DD),
        c1: BN254Field(0xA1D7_7CE4_5FFE_77C7, 0x07AF_FD11_7826_D1DB, 0x6D16_BD27_BB7E_DC6B, 0x2C87_2002_85DE_FECC))

    /// xi^((p - 1) / 6 * i) for i = 1...5: what the p-th power multiplies w^i with.
    static let frobeniusOnce: [QuadraticField<BN254>] = [
        QuadraticField<BN254>(
            c0: BN254Field(0xAF9B_A696_3314_4907, 0xCA6B_1D73_87AF_B78A, 0x11BD_ED5E_F08A_2087, 0x02F3_4D75_1A1F_3A7C),
            c1: BN254Field(0xA222_AE23_4C49_2D72, 0xD00F_02A4_565D_E15B, 0xDC2F_F3A2_53DF_C926, 0x10A7_5716_B389_9551)),
        QuadraticField<BN254>(
            c0: BN254Field(0xB577_3B10_4563_AB30, 0x347F_91C8_A9AA_6454, 0x7A00_7127_242E_0991, 0x1956_BCD8_1182_14EC),
            c1: BN254Field(0x6E84_9F1E_A0AA_4757, 0xAA1C_7B6D_89F8_9141, 0xB6E7_13CD_FAE0_CA3A, 0x2669_4FBB_4E82_EBC3)),
        QuadraticField<BN254>(
            c0: BN254Field(0xE4BB_DD0C_2936_B629, 0xBB30_F162_E133_BACB, 0x31A9_D1B6_F964_5366, 0x2535_70BE_A500_F8DD),
            c1: BN254Field(0xA1D7_7CE4_5FFE_77C7, 0x07AF_FD11_7826_D1DB, 0x6D16_BD27_BB7E_DC6B, 0x2C87_2002_85DE_FECC)),
        QuadraticField<BN254>(
            c0: BN254Field(0x7361_D77F_843A_BE92, 0xA5BB_2BD3_2734_11FB, 0x9C94_1F31_4B3E_2399, 0x15DF_9CDD_BB9F_D3EC),
            c1: BN254Field(0x5DDD_FD15_4BD8_C949, 0x62CB_29A5_A444_5B60, 0x37BC_870A_0C7D_D2B9, 0x2483_0A9D_3171_F0FD)),
        QuadraticField<BN254>(
            c0: BN254Field(0xC970_692F_4169_0FE7, 0xE240_3421_2769_4B0B, 0x32BE_E66B_83C4_59E8, 0x12AA_BCED_0AB0_8841),
            c1: BN254Field(0x0D48_5D23_40AE_BFA9, 0x0519_3418_AB2F_CC57, 0xD3B0_A40B_8A49_10F5, 0x2F21_EBB5_35D2_925A)),
    ]

    /// xi^((p^2 - 1) / 6 * i) for i = 1...5, which lie in the base field.
    static let frobeniusTwice: [BN254Field] = [
        BN254Field(0xCA8D_8005_00FA_1BF2, 0xF0C5_D614_68B3_9769, 0x0E20_1271_AD0D_4418, 0x0429_0F65_BAD8_56E6),
        BN254Field(0x3350_C88E_13E8_0B9C, 0x7DCE_557C_DB5E_56B9, 0x6001_B4B8_B615_564A, 0x2682_E617_0202_17E0),
        BN254Field(0x68C3_4889_12ED_EFAA, 0x8D08_7F68_72AA_BF4F, 0x51E1_A247_0908_1231, 0x2259_D6B1_4729_C0FA),
        BN254Field(0x7193_0C11_D782_E155, 0xA6BB_947C_FFBE_3323, 0xAA30_3344_D474_1444, 0x2C3B_3F0D_2659_4943),
        BN254Field(0x08CF_C388_C494_F1AB, 0x19B3_1514_8D13_73D4, 0x584E_90FD_CB6C_0213, 0x09E1_685B_DF2F_8849),
    ]
}
