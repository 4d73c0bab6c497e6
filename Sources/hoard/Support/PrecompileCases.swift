import EVM

/// One call of a precompile that is worth timing.
struct PrecompileCase {
    /// The precompile and the shape of its input.
    let name: String
    let kind: PrecompileKind
    let fork: Fork
    let input: [UInt8]

    /// The gas and the output; the input must be one that succeeds.
    func run() -> (gas: UInt64, output: [UInt8]) {
        let precompile = Precompiles.lookup(Address(word: U256(UInt64(kind.rawValue))), fork)!
        let result = input.withUnsafeBytes { precompile.run(input: $0, gasLimit: .max) }
        guard case .success(let gas, let output) = result else { preconditionFailure("\(name) fails") }
        return (gas, output)
    }
}

/// Inputs for every precompile, usual and worst; curve points are computed with the precompiles themselves.
enum PrecompileCases {
    /// All cases, by address.
    static func all() -> [PrecompileCase] {
        hashes() + modularExponentiation() + bn254() + [pointEvaluation()] + bls12() + signatures()
    }

    /// Bytes without pattern, the same on every run.
    private static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    private static func hex(_ text: String) -> [UInt8] { bytesFromHex(text)! }

    private static func word(_ value: UInt64) -> [UInt8] { U256(value).bigEndianBytes }

    private static func output(_ kind: PrecompileKind, _ input: [UInt8]) -> [UInt8] {
        PrecompileCase(name: "\(kind)", kind: kind, fork: .osaka, input: input).run().output
    }

    private static func hashes() -> [PrecompileCase] {
        let counts = [0, 64, 1024, 65_536]
        let kinds: [(String, PrecompileKind)] = [
            ("sha256", .sha256), ("ripemd160", .ripemd160), ("identity", .identity),
        ]
        var cases = kinds.flatMap { name, kind in
            counts.map { count in
                PrecompileCase(
                    name: "\(name) \(count) bytes", kind: kind, fork: .osaka, input: noise(count, seed: UInt64(count)))
            }
        }
        for rounds: UInt32 in [1, 12, 100_000] {
            let head = (0..<4).map { UInt8(truncatingIfNeeded: rounds >> UInt32(24 - 8 * $0)) }
            cases.append(
                PrecompileCase(
                    name: "blake2f \(rounds) rounds", kind: .blake2Compression, fork: .osaka,
                    input: head + noise(208, seed: 7) + [1]))
        }
        return cases
    }

    private static func signatures() -> [PrecompileCase] {
        let hash = hex("38d18acb67d25c8bb9942764b62f18e17054f66a817bd4295423adf9ed98873e")
        let s = hex("789d1dd423d25f0772d2748d60f7e4b81bb14d086eba8e8e8efb6dcff8a4ae02")
        let p256 = hex(
            "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca6050232ba3a8be6b94d5ec80a6d9d1190a436effe50d85"
                + "a1eee859b8cc6af9bd5c2e184cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd762927b10512ba"
                + "e3eddcfe467828128bad2903269919f7086069c8c4df6c732838c7787964eaac00e5921fb1498a60f4606766b3d9685001558d"
                + "1a974e7341513e")
        return [
            PrecompileCase(name: "ecrecover", kind: .recoverSigner, fork: .osaka, input: hash + word(27) + hash + s),
            PrecompileCase(name: "p256verify", kind: .p256Verify, fork: .osaka, input: p256),
        ]
    }

    /// One input of modexp: operands of these lengths, dense unless given.
    private static func power(
        _ name: String, _ fork: Fork, base: Int, exponent: [UInt8], modulus: Int, isEven: Bool = false
    ) -> PrecompileCase {
        var modulusBytes = noise(modulus, seed: 3)
        modulusBytes[0] |= 0x80
        modulusBytes[modulus - 1] = isEven ? modulusBytes[modulus - 1] & 0xFE : modulusBytes[modulus - 1] | 1
        let head = word(UInt64(base)) + word(UInt64(exponent.count)) + word(UInt64(modulus))
        return PrecompileCase(
            name: "modexp \(name)", kind: .modularExponentiation, fork: fork,
            input: head + noise(base, seed: 1) + exponent + modulusBytes)
    }

    private static func modularExponentiation() -> [PrecompileCase] {
        func ones(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xFF, count: count) }
        func zeros(_ count: Int) -> [UInt8] { [1] + [UInt8](repeating: 0, count: count - 1) }
        return [
            power("1024 square, Berlin", .prague, base: 1024, exponent: [2], modulus: 1024),
            power("1024 pow 0x10001, Berlin", .prague, base: 1024, exponent: [1, 0, 1], modulus: 1024),
            power("256 pow 256, Berlin", .prague, base: 256, exponent: ones(256), modulus: 256),
            power("32 pow 32, Berlin", .prague, base: 32, exponent: ones(32), modulus: 32),
            power("32 pow 32 even, Berlin", .prague, base: 32, exponent: ones(32), modulus: 32, isEven: true),
            power("8 pow 1024, Berlin", .prague, base: 8, exponent: ones(1024), modulus: 8),
            power("8 pow 1024 even, Berlin", .prague, base: 8, exponent: ones(1024), modulus: 8, isEven: true),
            power("16 pow 648 even, Berlin", .prague, base: 16, exponent: ones(648), modulus: 16, isEven: true),
            power("24 pow 168, Berlin", .prague, base: 24, exponent: ones(168), modulus: 24),
            power("40 pow 216 even, Berlin", .prague, base: 40, exponent: ones(216), modulus: 40, isEven: true),
            power("100000 by 8, Berlin", .prague, base: 100_000, exponent: [3], modulus: 8),
            power("8 square, Osaka", .osaka, base: 8, exponent: [2], modulus: 8),
            power("32 square even, Osaka", .osaka, base: 32, exponent: [2], modulus: 32, isEven: true),
            power("32 pow 32, Osaka", .osaka, base: 32, exponent: ones(32), modulus: 32),
            power("64 pow 32 even, Osaka", .osaka, base: 64, exponent: ones(32), modulus: 64, isEven: true),
            power("256 pow 0x10001, Osaka", .osaka, base: 256, exponent: [1, 0, 1], modulus: 256),
            power("1024 cube even, Osaka", .osaka, base: 1024, exponent: [3], modulus: 1024, isEven: true),
            power("1024 pow 1024, Osaka", .osaka, base: 1024, exponent: ones(1024), modulus: 1024),
            power("1024 pow 2^1023, Osaka", .osaka, base: 1024, exponent: zeros(128), modulus: 1024),
        ]
    }

    private static func bn254() -> [PrecompileCase] {
        let generator1 = word(1) + word(2)
        let generator2 = hex(
            "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75e"
                + "dadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb"
                + "4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa")
        let point = output(.bn254Multiply, generator1 + noise(32, seed: 4))
        func pairs(_ count: Int) -> [UInt8] {
            (0..<count).flatMap { output(.bn254Multiply, generator1 + noise(32, seed: UInt64($0 + 9))) + generator2 }
        }
        var cases = [
            PrecompileCase(name: "bn254 add", kind: .bn254Add, fork: .osaka, input: point + generator1),
            PrecompileCase(name: "bn254 add infinity", kind: .bn254Add, fork: .osaka, input: []),
            PrecompileCase(
                name: "bn254 multiply", kind: .bn254Multiply, fork: .osaka,
                input: point + [UInt8](repeating: 0xFF, count: 32)),
            PrecompileCase(
                name: "bn254 multiply by 2", kind: .bn254Multiply, fork: .osaka, input: point + word(2)),
        ]
        for count in [1, 2, 10] {
            cases.append(
                PrecompileCase(
                    name: "bn254 pairing \(count) pairs", kind: .bn254Pairing, fork: .osaka, input: pairs(count)))
        }
        return cases
    }

    /// A commitment to a polynomial, a point, its value there and the proof, from the execution spec tests.
    private static func pointEvaluation() -> PrecompileCase {
        PrecompileCase(
            name: "point evaluation", kind: .pointEvaluation, fork: .osaka,
            input: hex(
                "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b"
                    + "378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a18f59a8d2"
                    + "a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7873033e0"
                    + "38326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a"))
    }

    private static func bls12() -> [PrecompileCase] {
        func number(_ seed: Int) -> [UInt8] {
            [UInt8](repeating: 0, count: 17) + noise(47, seed: UInt64(seed + 100))
        }
        func point1(_ seed: Int) -> [UInt8] { output(.bls12MapToG1, number(seed)) }
        func point2(_ seed: Int) -> [UInt8] { output(.bls12MapToG2, number(seed) + number(seed + 1000)) }
        func scalar(_ seed: Int) -> [UInt8] { noise(32, seed: UInt64(seed + 50)).map { $0 | 0x11 } }
        func make(_ name: String, _ kind: PrecompileKind, _ input: [UInt8]) -> PrecompileCase {
            PrecompileCase(name: "bls12 \(name)", kind: kind, fork: .osaka, input: input)
        }
        let many1 = (0..<128).map { point1($0) + scalar($0) }
        let many2 = (0..<128).map { point2($0) + scalar($0) }
        var cases = [
            make("G1 add", .bls12G1Add, point1(1) + point1(2)),
            make("G2 add", .bls12G2Add, point2(1) + point2(2)),
            make("map to G1", .bls12MapToG1, number(3)),
            make("map to G2", .bls12MapToG2, number(3) + number(4)),
        ]
        for count in [1, 2, 16, 128] {
            cases.append(
                make("G1 sum of \(count)", .bls12G1MultiScalar, many1.prefix(count).flatMap { $0 }))
            cases.append(
                make("G2 sum of \(count)", .bls12G2MultiScalar, many2.prefix(count).flatMap { $0 }))
        }
        for count in [1, 2, 8] {
            cases.append(
                make("pairing \(count) pairs", .bls12Pairing, (0..<count).flatMap { point1($0) + point2($0) }))
        }
        return cases
    }
}
