/// How many blobs the blocks of a fork carry and how their fee moves (EIP-4844, EIP-7691, EIP-7892).
public struct BlobSchedule: Sendable, Equatable {
    /// Blobs of a block at which the fee stays.
    public var target: UInt64
    /// Blobs of a block at most.
    public var most: Int
    /// Divisor in the exponent of the fee.
    public var baseFeeUpdateFraction: UInt64

    /// A schedule of these figures.
    public init(target: UInt64, most: Int, baseFeeUpdateFraction: UInt64) {
        self.target = target
        self.most = most
        self.baseFeeUpdateFraction = baseFeeUpdateFraction
    }

    /// The schedule that a fork began with; nil before Cancun.
    public static func standard(_ fork: Fork) -> BlobSchedule? {
        switch fork {
        case .prague, .osaka: BlobSchedule(target: 6, most: 9, baseFeeUpdateFraction: 5_007_716)
        case .cancun: BlobSchedule(target: 3, most: 6, baseFeeUpdateFraction: 3_338_477)
        default: nil
        }
    }

    /// The fee per blob gas that an excess of blob gas leads to.
    public func baseFee(excessBlobGas: UInt64) -> U256 {
        BlockEnvironment.blobBaseFee(excessBlobGas: excessBlobGas, updateFraction: baseFeeUpdateFraction)
    }

    /// The excess of blob gas that the block behind `parent` must state.
    ///
    /// From Osaka on the excess falls slower while blobs cost less than the gas to check them (EIP-7918).
    public func excessBlobGas(after parent: BlockHeader, fork: Fork) -> UInt64 {
        let before = parent.excessBlobGas ?? 0
        let used = parent.blobGasUsed ?? 0
        let (sum, overflows) = before.addingReportingOverflow(used)
        let targetGas = target * blobGasEach
        if overflows { return .max - targetGas }
        if sum < targetGas { return 0 }
        if fork >= .osaka {
            let price = baseFee(excessBlobGas: before)
            let reserve = U256(8_192) &* (parent.baseFee ?? .zero)
            if reserve > U256(blobGasEach) &* price {
                return before + used * (UInt64(most) - target) / UInt64(most)
            }
        }
        return sum - targetGas
    }
}
