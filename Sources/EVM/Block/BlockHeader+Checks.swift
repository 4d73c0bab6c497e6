extension BlockHeader {
    /// Gas that a block must allow at least.
    static let gasLimitMin: UInt64 = 5_000
    /// Bytes of extra data at most.
    static let extraDataBytesMax = 32

    /// Checks everything that a header of Paris or later says against its parent, but for what execution shows.
    public func check(after parent: BlockHeader, fork: Fork, schedule: BlobSchedule?) throws(BlockRefusal) {
        if number != parent.number &+ 1 { throw .number(have: number, need: parent.number &+ 1) }
        if timestampSeconds <= parent.timestampSeconds {
            throw .timestamp(have: timestampSeconds, minimum: parent.timestampSeconds &+ 1)
        }
        if extraData.count > Self.extraDataBytesMax {
            throw .extraDataTooLong(have: extraData.count, maximum: Self.extraDataBytesMax)
        }
        if !difficulty.isZero { throw .difficulty(have: difficulty, need: .zero) }
        if nonce != 0 { throw .nonce(have: nonce, need: 0) }
        if unclesHash != Self.noUncles { throw .unclesHash(have: unclesHash, need: Self.noUncles) }
        try checkGas(after: parent)
        if let excessBlobGas, let schedule {
            let need = schedule.excessBlobGas(after: parent, fork: fork)
            if excessBlobGas != need { throw .excessBlobGas(have: excessBlobGas, need: need) }
        }
    }

    private func checkGas(after parent: BlockHeader) throws(BlockRefusal) {
        let most = UInt64(Int64.max)
        if gasLimit > most { throw .gasLimitOverflow(have: gasLimit, maximum: most) }
        // The limit may move by less than a 1,024th.
        let step = max(1, parent.gasLimit / 1_024) - 1
        let minimum = max(Self.gasLimitMin, parent.gasLimit - min(parent.gasLimit, step))
        let maximum = parent.gasLimit &+ step
        if gasLimit < minimum || gasLimit > maximum {
            throw .gasLimit(have: gasLimit, minimum: minimum, maximum: maximum)
        }
        if gasUsed > gasLimit { throw .gasUsedOverLimit(have: gasUsed, maximum: gasLimit) }
        let need = parent.nextBaseFee
        if let baseFee, baseFee != need { throw .baseFee(have: baseFee, need: need) }
    }

    /// The base fee of the block behind this one (EIP-1559).
    public var nextBaseFee: U256 {
        guard let baseFee else { return U256(1_000_000_000) }
        let target = gasLimit / 2
        if gasUsed == target || target == 0 { return baseFee }
        if gasUsed > target {
            let change = baseFee &* U256(gasUsed - target) / U256(target) / U256(8)
            return baseFee &+ max(change, .one)
        }
        return baseFee &- baseFee &* U256(target - gasUsed) / U256(target) / U256(8)
    }
}
