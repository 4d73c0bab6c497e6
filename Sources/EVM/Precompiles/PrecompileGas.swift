/// What each precompile costs.
enum PrecompileGas {
    /// The price for an input, or nil when it is beyond any gas limit.
    static func cost(_ kind: PrecompileKind, _ input: UnsafeRawBufferPointer, _ fork: Fork) -> UInt64? {
        let words = UInt64((input.count + 31) / 32)
        switch kind {
        case .recoverSigner: return 3_000
        case .sha256: return 60 + 12 * words
        case .ripemd160: return 600 + 120 * words
        case .identity: return 15 + 3 * words
        case .modularExponentiation: return modularExponentiationGas(input, fork)
        case .bn254Add: return fork >= .istanbul ? 150 : 500
        case .bn254Multiply: return fork >= .istanbul ? 6_000 : 40_000
        case .bn254Pairing:
            let pairs = UInt64(input.count / 192)
            return fork >= .istanbul ? 45_000 + 34_000 * pairs : 100_000 + 80_000 * pairs
        case .blake2Compression:
            return input.count == 213 ? UInt64(UInt32(bigEndian: input.loadUnaligned(as: UInt32.self))) : 0
        case .pointEvaluation: return 50_000
        case .bls12G1Add: return 375
        case .bls12G1MultiScalar:
            return multiScalarGas(pairs: input.count / 160, each: 12_000, discounts: bls12G1Discounts)
        case .bls12G2Add: return 600
        case .bls12G2MultiScalar:
            return multiScalarGas(pairs: input.count / 288, each: 22_500, discounts: bls12G2Discounts)
        case .bls12Pairing: return 37_700 + 32_600 * UInt64(input.count / 384)
        case .bls12MapToG1: return 5_500
        case .bls12MapToG2: return 23_800
        case .p256Verify: return 6_900
        }
    }

    /// EIP-2537: pairs of a point and a scalar, cheaper the more there are; discounts are in thousandths.
    private static func multiScalarGas(pairs: Int, each: UInt64, discounts: [UInt64]) -> UInt64 {
        if pairs == 0 { return 0 }
        return UInt64(pairs) * each * discounts[min(pairs, discounts.count) - 1] / 1_000
    }

    /// EIP-2537's discounts for 1 to 128 pairs in G1.
    private static let bls12G1Discounts: [UInt64] = [
        1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654,
        651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604,
        603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574,
        573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551,
        550, 549, 548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
        532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
    ]

    /// EIP-2537's discounts for 1 to 128 pairs in G2.
    private static let bls12G2Discounts: [UInt64] = [
        1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683,
        679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615,
        613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579,
        578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554,
        553, 552, 552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536,
        535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
    ]
}
