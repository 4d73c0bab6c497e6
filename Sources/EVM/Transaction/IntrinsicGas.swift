/// What a transaction costs before it runs, whatever it does.
struct IntrinsicGas {
    /// Gas that the execution does not get.
    var gas: UInt64
    /// Gas paid at least (EIP-7623); 0 without the rule.
    var floor: UInt64

    /// The price of a transaction's shape: base, data, creation, access list, authorizations.
    init(_ transaction: Transaction, _ rules: ForkRules) {
        let data = transaction.data
        let zeros = Self.zeroCount(data)
        let others = UInt64(data.count) &- zeros
        gas = rules.transactionGas + 4 * zeros + rules.nonzeroByteGas * others
        if transaction.to == nil {
            gas += rules.creationTransactionGas
            gas += UInt64(rules.initcodeWordGas) * ((UInt64(data.count) + 31) / 32)
        }
        for entry in transaction.accessList { gas += 2_400 + 1_900 * UInt64(entry.slots.count) }
        gas += 25_000 * UInt64(transaction.authorizations.count)
        floor = rules.floorTokenGas == 0 ? 0 : rules.transactionGas + rules.floorTokenGas * (zeros + 4 * others)
    }

    /// How many of the bytes are zero, eight at a time; the counts of eight columns stay in a byte each for 255 rows.
    static func zeroCount(_ data: [UInt8]) -> UInt64 {
        data.withUnsafeBytes { bytes in
            let lows: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
            var zeros: UInt64 = 0
            var offset = 0
            while offset &+ 8 <= bytes.count {
                var columns: UInt64 = 0
                let end = min(bytes.count &- 8, offset &+ 254 &* 8)
                while offset <= end {
                    let eight = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    // The high bit of a byte of the sum is 0 only where its seven low bits are; no carry leaves a byte.
                    let others = ((eight & lows) &+ lows) | eight | lows
                    columns &+= ~others &>> 7
                    offset &+= 8
                }
                // Pairs first: eight counts of up to 255 do not fit a byte.
                let pairs = (columns & 0x00ff_00ff_00ff_00ff) &+ ((columns &>> 8) & 0x00ff_00ff_00ff_00ff)
                zeros &+= (pairs &* 0x0001_0001_0001_0001) &>> 48
            }
            while offset < bytes.count {
                if bytes[offset] == 0 { zeros &+= 1 }
                offset &+= 1
            }
            return zeros
        }
    }
}
