import EVM

/// Inputs of precompiles that are valid or nearly so: what is wrong with them lies deep.
enum PrecompileInputs {
    /// An address of a precompile and an input for it.
    static func make(_ random: inout FuzzRandom) -> (address: UInt64, input: [UInt8]) {
        let kind = random.pick(PrecompileKind.allCases)
        var input = valid(kind, &random)
        switch random.below(6) {
        case 0 where !input.isEmpty: input[random.below(input.count)] ^= 1 << UInt8(random.below(8))
        case 1 where !input.isEmpty: input.removeLast(1 + random.below(min(input.count, 40)))
        case 2: input += random.bytes(1 + random.below(40))
        case 3 where input.count > 32:
            let start = random.below(input.count - 31)
            input.replaceSubrange(start..<start + 32, with: random.chance(50) ? word(.max) : word(0))
        default: break
        }
        return (UInt64(kind.rawValue), input)
    }

    private static func word(_ value: UInt64) -> [UInt8] {
        value == .max ? [UInt8](repeating: 0xFF, count: 32) : U256(value).bigEndianBytes
    }

    private static func valid(_ kind: PrecompileKind, _ random: inout FuzzRandom) -> [UInt8] {
        switch kind {
        case .recoverSigner:
            return signedHash + word(27 + UInt64(random.below(2))) + signedHash + signedTail
        case .sha256, .ripemd160, .identity: return random.bytes(random.below(300))
        case .modularExponentiation: return modularExponentiation(&random)
        case .bn254Add: return bn254Point(&random) + bn254Point(&random)
        case .bn254Multiply: return bn254Point(&random) + random.bytes(32)
        case .bn254Pairing: return (0..<random.below(3)).flatMap { _ in bn254Point(&random) + bn254Generator2 }
        case .blake2Compression: return [0, 0, 0, UInt8(random.below(40))] + random.bytes(208) + [UInt8(random.below(2))]
        case .pointEvaluation: return evaluation
        case .bls12G1Add: return bls12Generator1 + bls12Generator1
        case .bls12G2Add: return bls12Generator2 + bls12Generator2
        case .bls12G1MultiScalar:
            return (0..<1 + random.below(3)).flatMap { _ in bls12Generator1 + random.bytes(32) }
        case .bls12G2MultiScalar:
            return (0..<1 + random.below(2)).flatMap { _ in bls12Generator2 + random.bytes(32) }
        case .bls12Pairing: return bls12Generator1 + bls12Generator2
        case .bls12MapToG1: return [UInt8](repeating: 0, count: 17) + random.bytes(47)
        case .bls12MapToG2:
            return [UInt8](repeating: 0, count: 17) + random.bytes(47) + [UInt8](repeating: 0, count: 17)
                + random.bytes(47)
        case .p256Verify: return signatureP256
        }
    }

    /// Short operands, and now and then a length that no gas pays for.
    private static func modularExponentiation(_ random: inout FuzzRandom) -> [UInt8] {
        let lengths = (0..<3).map { _ in UInt64(random.below(random.chance(20) ? 200 : 40)) }
        var head = lengths.flatMap(word)
        if random.chance(10) { head.replaceSubrange(0..<32, with: random.bytes(32)) }
        if random.chance(10) { head.replaceSubrange(32..<64, with: word(1 << UInt64(random.below(64)))) }
        return head + random.bytes(Int(lengths.reduce(0, +)))
    }

    private static func bn254Point(_ random: inout FuzzRandom) -> [UInt8] {
        switch random.below(4) {
        case 0: return [UInt8](repeating: 0, count: 64)
        case 1: return bytesFromHex(doubled254)!
        default: return word(1) + word(2)
        }
    }

    private static let signedHash = bytesFromHex("38d18acb67d25c8bb9942764b62f18e17054f66a817bd4295423adf9ed98873e")!
    private static let signedTail = bytesFromHex("789d1dd423d25f0772d2748d60f7e4b81bb14d086eba8e8e8efb6dcff8a4ae02")!
    private static let doubled254 =
        "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
        + "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
    private static let bn254Generator2 = bytesFromHex(
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd"
            + "46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab7180"
            + "8dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa")!
    private static let bls12Generator1 = bytesFromHex(
        "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aef"
            + "fb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb"
            + "2c04b3edd03cc744a2888ae40caa232946c5e7e1")!
    private static let bls12Generator2 = bytesFromHex(
        "00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbef"
            + "d48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bb"
            + "dc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351a"
            + "adfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801000000000000000000000000000000000606c4a0"
            + "2ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be")!
    private static let evaluation = bytesFromHex(
        "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96"
            + "e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a18f59a8d2a1a625a17f3fea0f"
            + "e5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
            + "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a")!
    private static let signatureP256 = bytesFromHex(
        "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca6050232ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859"
            + "b8cc6af9bd5c2e184cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd762927b10512bae3eddcfe4678"
            + "28128bad2903269919f7086069c8c4df6c732838c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e")!
}
