import EVM
import Testing

/// Runs the precompile at an address with hexadecimal input.
func runPrecompile(
    _ kind: PrecompileKind, _ hex: String, fork: Fork = .prague, gasLimit: UInt64 = 100_000_000
) throws -> PrecompileResult {
    let precompile = try #require(Precompiles.lookup(Address(word: U256(UInt64(kind.rawValue))), fork))
    let input = try #require(bytesFromHex(hex))
    return input.withUnsafeBytes { precompile.run(input: $0, gasLimit: gasLimit) }
}

extension PrecompileResult {
    /// Success with hexadecimal output.
    static func success(_ gasUsed: UInt64, _ hex: String) -> PrecompileResult {
        .success(gasUsed: gasUsed, output: bytesFromHex(hex)!)
    }
}

@Suite struct PrecompileTests {
    @Test(arguments: [
        (Fork.frontier, 4), (.spuriousDragon, 4), (.byzantium, 8), (.petersburg, 8), (.istanbul, 9), (.shanghai, 9),
        (.cancun, 10), (.prague, 17), (.osaka, 18),
    ])
    func `each fork has its precompiles and no others`(fork: Fork, count: Int) {
        #expect(Precompiles.addresses(fork).count == count)
        for number in 0...0x200 {
            let address = Address(word: U256(UInt64(number)))
            let listed = Precompiles.addresses(fork).contains(address)
            #expect((Precompiles.lookup(address, fork) != nil) == listed)
        }
        #expect(Precompiles.lookup(Address(word: U256(1, 1, 0, 0)), fork) == nil)
        #expect(Precompiles.lookup(Address(word: U256(1, 0, 1 << 31, 0)), fork) == nil)
    }

    @Test func `ecrecover finds the signer, and nothing for a wrong v or r`() throws {
        let hash = "38d18acb67d25c8bb9942764b62f18e17054f66a817bd4295423adf9ed98873e"
        let rs = hash + "789d1dd423d25f0772d2748d60f7e4b81bb14d086eba8e8e8efb6dcff8a4ae02"
        let v = String(repeating: "00", count: 31)
        let signer = "000000000000000000000000ceaccac640adf55b2028469bd36ba501f28b699d"
        #expect(try runPrecompile(.recoverSigner, hash + v + "1b" + rs) == .success(3_000, signer))
        #expect(try runPrecompile(.recoverSigner, hash + v + "1b" + rs + "ffff") == .success(3_000, signer))
        #expect(try runPrecompile(.recoverSigner, hash + v + "1d" + rs) == .success(3_000, ""))
        #expect(try runPrecompile(.recoverSigner, hash + "01" + v.dropLast(2) + "1b" + rs) == .success(3_000, ""))
        let zeros = String(repeating: "00", count: 64)
        #expect(try runPrecompile(.recoverSigner, hash + v + "1b" + zeros) == .success(3_000, ""))
        #expect(try runPrecompile(.recoverSigner, "") == .success(3_000, ""))
        #expect(try runPrecompile(.recoverSigner, "", gasLimit: 2_999) == .failure)
    }

    @Test func `the hashes and identity charge by the word`() throws {
        #expect(
            try runPrecompile(.sha256, "")
                == .success(60, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(
            try runPrecompile(.ripemd160, "616263")
                == .success(720, "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc"))
        let long = String(repeating: "ab", count: 33)
        #expect(try runPrecompile(.identity, long) == .success(21, long))
        #expect(try runPrecompile(.identity, long, gasLimit: 20) == .failure)
    }

    @Test(arguments: [(Fork.byzantium, UInt64(13_056)), (.berlin, 1_360), (.osaka, 4_080)])
    func `modexp computes the example of EIP-198 at the price of each fork`(fork: Fork, gas: UInt64) throws {
        let input =
            word(1) + word(32) + word(32) + "03" + "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"
            + "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
        #expect(
            try runPrecompile(.modularExponentiation, input, fork: fork) == .success(gas, word(1)))
        #expect(try runPrecompile(.modularExponentiation, input, fork: fork, gasLimit: gas - 1) == .failure)
    }

    @Test func `modexp never computes what was not paid for`() throws {
        let huge = String(repeating: "f", count: 64)
        for fork in [Fork.byzantium, .berlin, .osaka] {
            for lengths in [word(0) + word(1) + huge, huge + word(0) + word(1), word(1) + huge + word(1)] {
                let result = try runPrecompile(.modularExponentiation, lengths, fork: fork, gasLimit: .max)
                #expect(result == .failure)
            }
        }
        // Empty base and modulus: the exponent is not looked at, whatever its length says.
        #expect(
            try runPrecompile(.modularExponentiation, word(0) + huge + word(0), fork: .berlin) == .success(200, ""))
        #expect(try runPrecompile(.modularExponentiation, word(0) + huge + word(0), fork: .osaka) == .failure)
        #expect(try runPrecompile(.modularExponentiation, word(1024) + word(0) + word(0), fork: .osaka) == .success(32_768, ""))
        #expect(try runPrecompile(.modularExponentiation, word(1025) + word(0) + word(0), fork: .osaka) == .failure)
    }

    @Test(arguments: [("00", "00"), ("01", "00"), ("02", "01")])
    func `modexp of zero to the power zero is one modulo the modulus`(modulus: String, result: String) throws {
        let input = word(0) + word(0) + word(1) + modulus
        #expect(try runPrecompile(.modularExponentiation, input, fork: .berlin) == .success(200, result))
    }

    @Test func `blake2f computes the vectors of EIP-152 and refuses malformed input`() throws {
        let state =
            "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
            + "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
        let message = "616263" + String(repeating: "00", count: 125)
        let tail = message + "0300000000000000" + "0000000000000000"
        #expect(
            try runPrecompile(.blake2Compression, "0000000c" + state + tail + "01")
                == .success(
                    12,
                    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                        + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"))
        #expect(
            try runPrecompile(.blake2Compression, "00000000" + state + tail + "01")
                == .success(
                    0,
                    "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
                        + "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"))
        #expect(try runPrecompile(.blake2Compression, "0000000c" + state + tail + "02") == .failure)
        #expect(try runPrecompile(.blake2Compression, "0000000c" + state + tail) == .failure)
        #expect(try runPrecompile(.blake2Compression, "0000000c" + state + tail + "01", gasLimit: 11) == .failure)
        #expect(try runPrecompile(.blake2Compression, "") == .failure)
    }

    /// A number as 64 hexadecimal digits.
    private func word(_ value: UInt64) -> String {
        String(U256(value).paddedHex.dropFirst(2))
    }
}
