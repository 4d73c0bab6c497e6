public import EVM

/// The running digest over operations and what became of them: SHA-256 over id and receipt of all that were accepted, in order.
public final class OperationsDigest {
    private let stream = SHA256Stream()
    private var buffer = ByteBuffer()

    /// A digest over nothing.
    public init() {}

    /// Takes in operations with their outcomes, one for each.
    public func take(_ operations: ArraySlice<Operation>, _ outcomes: ArraySlice<OperationResult>) {
        precondition(operations.count == outcomes.count, "each operation has one outcome")
        buffer.truncate(to: 0)
        var place = operations.startIndex
        for outcome in outcomes {
            if case .accepted(let receipt, _) = outcome {
                buffer.append(operations[place].id)
                buffer.append(receipt)
            }
            place += 1
        }
        stream.update(buffer.bytes)
    }

    /// The digest so far.
    public var value: Hash256 { stream.finalizedCopy() }
}
