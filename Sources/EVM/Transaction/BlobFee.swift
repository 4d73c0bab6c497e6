/// Gas that one blob uses (EIP-4844).
let blobGasEach: UInt64 = 131_072

extension BlockEnvironment {
    /// The fee per blob gas that an excess of blob gas leads to (EIP-4844, EIP-7691); 1 before Cancun.
    public static func blobBaseFee(excessBlobGas: UInt64, fork: Fork) -> U256 {
        BlobSchedule.standard(fork)?.baseFee(excessBlobGas: excessBlobGas) ?? .one
    }

    /// e to the power of excess over fraction, by the series that EIP-4844 prescribes.
    public static func blobBaseFee(excessBlobGas: UInt64, updateFraction: UInt64) -> U256 {
        let numerator = U256(excessBlobGas)
        let denominator = U256(updateFraction)
        var sum = U256.zero
        var term = denominator
        var index: UInt64 = 1
        while !term.isZero {
            sum = sum &+ term
            term = (term &* numerator) / (denominator &* U256(index))
            index += 1
        }
        return sum / denominator
    }
}
