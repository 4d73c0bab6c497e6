import Testing

@testable import EVM

@Suite struct IntrinsicGasTests {
    @Test func `zero bytes are counted whatever stands beside them`() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<200 {
            // Few values, so that zeros, ones and high bits meet often.
            let data = (0..<count).map { _ in [0, 0, 1, 0x7f, 0x80, 0x81, 0xff].randomElement(using: &generator) ?? 0 }
                .map { UInt8($0) }
            #expect(IntrinsicGas.zeroCount(data) == UInt64(data.count { $0 == 0 }), "\(data)")
        }
    }
}
