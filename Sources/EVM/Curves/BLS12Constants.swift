// Written by scripts/generate-curve-constants: change that, not this.

/// Constants of the curve BLS12-381 of EIP-2537 and EIP-4844.
extension BLS12 {
    /// The absolute value of the curve's parameter, which is negative.
    static let parameter: UInt64 = 0xD201000000010000
    /// The order of the groups.
    static let order = U256(0xFFFF_FFFF_0000_0001, 0x53BD_A402_FFFE_5BFE, 0x3339_D808_09A1_D805, 0x73ED_A753_299D_7D48)

    /// The absolute value of the parameter in binary, most significant first.
    static let loopDigits: [Int8] = [
        1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    /// b of the twist: 4 xi.
    static let twistB = QuadraticField<BLS12>(
        c0: BLS12Field(
            0xAA27_0000_000C_FFF3, 0x53CC_0032_FC34_000A, 0x478F_E97A_6B0A_807F,
            0xB1D3_7EBE_E6BA_24D7, 0x8EC9_733B_BF78_AB2F, 0x09D6_4551_3D83_DE7E),
        c1: BLS12Field(
            0xAA27_0000_000C_FFF3, 0x53CC_0032_FC34_000A, 0x478F_E97A_6B0A_807F,
            0xB1D3_7EBE_E6BA_24D7, 0x8EC9_733B_BF78_AB2F, 0x09D6_4551_3D83_DE7E))

    /// xi^(-(p - 1) / 3).
    static let twistFrobeniusX = QuadraticField<BLS12>(
        c0: BLS12Field(
            0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000,
            0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000),
        c1: BLS12Field(
            0x890D_C9E4_8675_45C3, 0x2AF3_2253_3285_A5D5, 0x5088_0866_309B_7E2C,
            0xA20D_1B8C_7E88_1024, 0x14E4_F04F_E2DB_9068, 0x14E5_6D3F_1564_853A))

    /// xi^(-(p - 1) / 2).
    static let twistFrobeniusY = QuadraticField<BLS12>(
        c0: BLS12Field(
            0x3E2F_585D_A55C_9AD1, 0x4294_213D_86C1_8183, 0x3828_44C8_8B62_3732,
            0x92AD_2AFD_1910_3E18, 0x1D79_4E4F_AC7C_F0B9, 0x0BD5_92FC_7D82_5EC8),
        c1: BLS12Field(
            0x7BCF_A7A2_5AA3_0FDA, 0xDC17_DEC1_2A92_7E7C, 0x2F08_8DD8_6B4E_BEF1,
            0xD1CA_2087_DA74_D4A7, 0x2DA2_5966_96CE_BC1D, 0x0E2B_7EED_BBFD_87D2))

    /// The cube root of one for which (x * it, y) is -parameter^2 times a point of G1.
    static let endomorphismX = BLS12Field(
        0x30F1_361B_798A_64E8, 0xF3B8_DDAB_7ECE_5A2A, 0x16A8_CA3A_C615_77F7,
        0xC26A_2FF8_74FD_029B, 0x3636_B766_6070_1C6E, 0x051B_A4AB_241B_6160)

    /// x of the generator of G1.
    static let generator1X = BLS12Field(
        0x5CB3_8790_FD53_0C16, 0x7817_FC67_9976_FFF5, 0x154F_95C7_143B_A1C1,
        0xF0AE_6ACD_F3D0_E747, 0xEDCE_6ECC_21DB_F440, 0x1201_7741_9E0B_FB75)

    /// y of the generator of G1.
    static let generator1Y = BLS12Field(
        0xBAAC_93D5_0CE7_2271, 0x8C22_631A_7918_FD8E, 0xDD59_5F13_5707_25CE,
        0x51AC_5829_5040_5194, 0x0E1C_8C3F_AD00_59C0, 0x0BBC_3EFC_5008_A26A)

    /// x of the generator of G2.
    static let generator2X = QuadraticField<BLS12>(
        c0: BLS12Field(
            0xF5F2_8FA2_0294_0A10, 0xB3F5_FB26_87B4_961A, 0xA1A8_93B5_3E2A_E580,
            0x9894_999D_1A3C_AEE9, 0x6F67_B763_1863_366B, 0x0581_9192_4350_BCD7),
        c1: BLS12Field(
            0xA5A9_C075_9E23_F606, 0xAAA0_C59D_BCCD_60C3, 0x3BB1_7E18_E286_7806,
            0x1B1A_B6CC_8541_B367, 0xC2B6_ED0E_F215_8547, 0x1192_2A09_7360_EDF3))

    /// y of the generator of G2.
    static let generator2Y = QuadraticField<BLS12>(
        c0: BLS12Field(
            0x4C73_0AF8_6049_4C4A, 0x597C_FA1F_5E36_9C5A, 0xE7E6_856C_AA0A_635A,
            0xBBEF_B5E9_6E0D_495F, 0x07D3_A975_F0EF_25A2, 0x0083_FD8E_7E80_DAE5),
        c1: BLS12Field(
            0xADC0_FC92_DF64_B05D, 0x18AA_270A_2B14_61DC, 0x86AD_AC6A_3BE4_EBA0,
            0x7949_5C4E_C93D_A33A, 0xE717_5850_A43C_CAED, 0x0B2B_C2A1_63DE_1BF2))

    /// x of tau times the generator of G2, from Ethereum's KZG ceremony.
    static let setupTau2X = QuadraticField<BLS12>(
        c0: BLS12Field(
            0x6120_A209_9B03_79F9, 0xA2DF_815C_B821_0E4E, 0xCB57_BE55_77BD_3D4F,
            0x62DA_0EA8_9A0C_93F8, 0x02E0_EE16_968E_150D, 0x171F_09AE_A833_ACD5),
        c1: BLS12Field(
            0x11A3_6707_49DF_D455, 0x0499_1D7B_3ABF_FADC, 0x8544_6A8E_1443_7F41,
            0x2717_4E7B_4E76_E3F2, 0x7BFA_6DD3_97F6_0A20, 0x02FC_C329_AC07_080F))

    /// y of tau times the generator of G2.
    static let setupTau2Y = QuadraticField<BLS12>(
        c0: BLS12Field(
            0xAA13_0838_793B_2317, 0xE236_DD22_0F89_1637, 0x6502_7829_2576_0980,
            0xD05C_25F6_0557_EC89, 0x6095_767A_4406_4474, 0x1856_9391_7080_D405),
        c1: BLS12Field(
            0x549F_9E17_5B03_DC0A, 0x32C0_C95A_7710_6CFE, 0x64A7_4EAE_5705_D080,
            0x53DE_EAF5_6659_ED9E, 0x09A1_D368_508A_FB93, 0x12CF_3A45_25B5_E9BD))

    /// xi^((p - 1) / 6 * i) for i = 1...5: what the p-th power multiplies w^i with.
    static let frobeniusOnce: [QuadraticField<BLS12>] = [
        QuadraticField<BLS12>(
            c0: BLS12Field(
                0x0708_9552_B319_D465, 0xC669_5F92_B50A_8313, 0x97E8_3CCC_D117_228F,
                0xA35B_AECA_B2DC_29EE, 0x1CE3_93EA_5DAA_CE4D, 0x08F2_220F_B0FB_66EB),
            c1: BLS12Field(
                0xB2F6_6AAD_4CE5_D646, 0x5842_A06B_FC49_7CEC, 0xCF48_95D4_2599_D394,
                0xC11B_9CBA_40A8_E8D0, 0x2E38_13CB_E5A0_DE89, 0x110E_EFDA_8884_7FAF)),
        QuadraticField<BLS12>(
            c0: BLS12Field(
                0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000,
                0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000),
            c1: BLS12Field(
                0xCD03_C9E4_8671_F071, 0x5DAB_2246_1FCD_A5D2, 0x5870_42AF_D385_1B95,
                0x8EB6_0EBE_01BA_CB9E, 0x03F9_7D6E_83D0_50D2, 0x18F0_2065_5463_8741)),
        QuadraticField<BLS12>(
            c0: BLS12Field(
                0x7BCF_A7A2_5AA3_0FDA, 0xDC17_DEC1_2A92_7E7C, 0x2F08_8DD8_6B4E_BEF1,
                0xD1CA_2087_DA74_D4A7, 0x2DA2_5966_96CE_BC1D, 0x0E2B_7EED_BBFD_87D2),
            c1: BLS12Field(
                0x7BCF_A7A2_5AA3_0FDA, 0xDC17_DEC1_2A92_7E7C, 0x2F08_8DD8_6B4E_BEF1,
                0xD1CA_2087_DA74_D4A7, 0x2DA2_5966_96CE_BC1D, 0x0E2B_7EED_BBFD_87D2)),
        QuadraticField<BLS12>(
            c0: BLS12Field(
                0x890D_C9E4_8675_45C3, 0x2AF3_2253_3285_A5D5, 0x5088_0866_309B_7E2C,
                0xA20D_1B8C_7E88_1024, 0x14E4_F04F_E2DB_9068, 0x14E5_6D3F_1564_853A),
            c1: BLS12Field(
                0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000,
                0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000)),
        QuadraticField<BLS12>(
            c0: BLS12Field(
                0x82D8_3CF5_0DBC_E43F, 0xA281_3E53_DF9D_018F, 0xC6F0_CAA5_3C65_E181,
                0x7525_CF52_8D50_FE95, 0x4A85_ED50_F479_8A6B, 0x171D_A0FD_6CF8_EEBD),
            c1: BLS12Field(
                0x3726_C30A_F242_C66C, 0x7C2A_C1AA_D1B6_FE70, 0xA040_07FB_BA4B_14A2,
                0xEF51_7C32_6634_1429, 0x0095_BA65_4ED2_226B, 0x02E3_70EC_CC86_F7DD)),
    ]

    /// xi^((p^2 - 1) / 6 * i) for i = 1...5, which lie in the base field.
    static let frobeniusTwice: [BLS12Field] = [
        BLS12Field(
            0xECFB_361B_798D_BA3A, 0xC100_DDB8_9186_5A2C, 0x0EC0_8FF1_232B_DA8E,
            0xD5C1_3CC6_F1CA_4721, 0x4722_2A47_BF7B_5C04, 0x0110_F184_E51C_5F59),
        BLS12Field(
            0x30F1_361B_798A_64E8, 0xF3B8_DDAB_7ECE_5A2A, 0x16A8_CA3A_C615_77F7,
            0xC26A_2FF8_74FD_029B, 0x3636_B766_6070_1C6E, 0x051B_A4AB_241B_6160),
        BLS12Field(
            0x43F5_FFFF_FFFC_AAAE, 0x32B7_FFF2_ED47_FFFD, 0x07E8_3A49_A2E9_9D69,
            0xECA8_F331_8332_BB7A, 0xEF14_8D1E_A0F4_C069, 0x040A_B326_3EFF_0206),
        BLS12Field(
            0xCD03_C9E4_8671_F071, 0x5DAB_2246_1FCD_A5D2, 0x5870_42AF_D385_1B95,
            0x8EB6_0EBE_01BA_CB9E, 0x03F9_7D6E_83D0_50D2, 0x18F0_2065_5463_8741),
        BLS12Field(
            0x890D_C9E4_8675_45C3, 0x2AF3_2253_3285_A5D5, 0x5088_0866_309B_7E2C,
            0xA20D_1B8C_7E88_1024, 0x14E4_F04F_E2DB_9068, 0x14E5_6D3F_1564_853A),
    ]
}
