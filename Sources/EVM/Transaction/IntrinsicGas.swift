/// What a transaction costs before it runs, whatever it does.
struct IntrinsicGas {
    /// Gas that the execution does not get.
    var gas: UInt64
    /// Gas paid at least (EIP-7623); 0 without the rule.
    var floor: UInt64

    /// The price of a transaction's shape: base, data, creation, access list, authorizations.
    init(_ transaction: Transaction, _ rules: ForkRules) {
        let data = transaction.data
        var zeros: UInt64 = 0
        for byte in data where byte == 0 { zeros &+= 1 }
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
}
