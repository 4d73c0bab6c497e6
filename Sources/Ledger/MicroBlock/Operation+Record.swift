internal import EVM

/// Operations outside of the log.
extension Operation {
    /// The transaction as the log holds it.
    public var encodedTransaction: [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(transaction)
        return Array(buffer.bytes)
    }

    /// An operation whose transaction is encoded as the log holds it; nil where the bytes are something else.
    public init?(id: OperationID, encodedTransaction bytes: [UInt8], linkedWithNext: Bool) {
        let decoded: Transaction? = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let transaction = try? reader.transaction(), reader.isAtEnd else { return nil }
            return transaction
        }
        guard let decoded else { return nil }
        self.init(id: id, transaction: decoded, linkedWithNext: linkedWithNext)
    }
}
