/// What a precompile did.
public enum PrecompileResult: Sendable, Equatable {
    /// It ran: the gas it took and its output.
    case success(gasUsed: UInt64, output: [UInt8])
    /// Too little gas or malformed input: all gas of the call is lost.
    case failure
}

/// A function that every fork from some one on offers at a fixed address, bound to the rules of one fork.
public struct Precompile: Sendable, Equatable {
    /// Which function it is.
    public let kind: PrecompileKind
    /// The rules that decide its price and its bounds.
    public let fork: Fork

    /// Pays first, then computes; nothing of the input is worked on before its gas is there.
    public func run(input: UnsafeRawBufferPointer, gasLimit: UInt64) -> PrecompileResult {
        guard let gas = PrecompileGas.cost(kind, input, fork), gas <= gasLimit else { return .failure }
        guard let output = kind.compute(input, fork) else { return .failure }
        return .success(gasUsed: gas, output: output)
    }
}

/// The precompiles; the raw value is the address.
public enum PrecompileKind: UInt16, Sendable, CaseIterable {
    case recoverSigner = 0x01
    case sha256 = 0x02
    case ripemd160 = 0x03
    case identity = 0x04
    case modularExponentiation = 0x05
    case bn254Add = 0x06
    case bn254Multiply = 0x07
    case bn254Pairing = 0x08
    case blake2Compression = 0x09
    case pointEvaluation = 0x0A
    case bls12G1Add = 0x0B
    case bls12G1MultiScalar = 0x0C
    case bls12G2Add = 0x0D
    case bls12G2MultiScalar = 0x0E
    case bls12Pairing = 0x0F
    case bls12MapToG1 = 0x10
    case bls12MapToG2 = 0x11
    case p256Verify = 0x100

    /// The first fork that has it.
    public var activeFrom: Fork {
        switch self {
        case .recoverSigner, .sha256, .ripemd160, .identity: .frontier
        case .modularExponentiation, .bn254Add, .bn254Multiply, .bn254Pairing: .byzantium
        case .blake2Compression: .istanbul
        case .pointEvaluation: .cancun
        case .bls12G1Add, .bls12G1MultiScalar, .bls12G2Add, .bls12G2MultiScalar, .bls12Pairing, .bls12MapToG1,
            .bls12MapToG2:
            .prague
        case .p256Verify: .osaka
        }
    }

    /// The output, or nil where the rules make the call fail; gas has been paid.
    func compute(_ input: UnsafeRawBufferPointer, _ fork: Fork) -> [UInt8]? {
        switch self {
        case .recoverSigner: recoverSignerOutput(input)
        case .sha256: EVM.sha256(input).bytes
        case .ripemd160: [UInt8](repeating: 0, count: 12) + EVM.ripemd160(input)
        case .identity: Array(input)
        case .modularExponentiation: modularPower(input, fork)
        case .blake2Compression: compressBlake2(input)
        case .bn254Add: BN254Precompiles.add(input)
        case .bn254Multiply: BN254Precompiles.multiply(input)
        case .bn254Pairing: BN254Precompiles.pairing(input)
        case .pointEvaluation: PointEvaluation.run(input)
        case .bls12G1Add: BLS12Precompiles.add1(input)
        case .bls12G1MultiScalar: BLS12Precompiles.multiScalar1(input)
        case .bls12G2Add: BLS12Precompiles.add2(input)
        case .bls12G2MultiScalar: BLS12Precompiles.multiScalar2(input)
        case .bls12Pairing: BLS12Precompiles.pairing(input)
        case .bls12MapToG1: BLS12Precompiles.map1(input)
        case .bls12MapToG2: BLS12Precompiles.map2(input)
        case .p256Verify: verifyP256(input)
        }
    }
}

/// The precompiles by address.
public enum Precompiles {
    /// The precompile at an address under the rules of a fork, if there is one.
    @inline(__always)
    public static func lookup(_ address: Address, _ fork: Fork) -> Precompile? {
        if (address.high | address.middle) != 0 || address.low > 0x100 { return nil }
        guard let kind = PrecompileKind(rawValue: UInt16(truncatingIfNeeded: address.low)), kind.activeFrom <= fork
        else { return nil }
        return Precompile(kind: kind, fork: fork)
    }

    /// The addresses of all precompiles of a fork, in order: they are warm in every transaction.
    public static func addresses(_ fork: Fork) -> [Address] {
        PrecompileKind.allCases.filter { $0.activeFrom <= fork }.map { Address(word: U256(UInt64($0.rawValue))) }
    }
}
