extension Receipt {
    /// The filter over the receipt's logs.
    public var logsBloom: LogsBloom {
        var bloom = LogsBloom()
        for log in logs { bloom.insert(log) }
        return bloom
    }

    /// The receipt as the trie of receipts holds it since Byzantium (EIP-658, EIP-2718).
    public func encoded(kind: TransactionKind, cumulativeGas: UInt64, bloom: LogsBloom) -> [UInt8] {
        var writer = RLPWriter(capacity: 320 + logs.count * 128)
        if kind != .legacy { writer.appendEncoded([kind.rawValue]) }
        writer.appendList { list in
            list.append(UInt64(succeeded ? 1 : 0))
            list.append(cumulativeGas)
            list.append(bloom.bytes)
            list.appendList { entries in
                for log in logs {
                    entries.appendList { entry in
                        entry.append(log.address)
                        entry.appendList { topics in for topic in log.topics { topics.append(Hash256(word: topic)) } }
                        entry.append(log.data)
                    }
                }
            }
        }
        return writer.bytes
    }
}
