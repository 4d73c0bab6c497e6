/// What the execution of a block asks of the beacon chain: a type and a run of bytes each (EIP-7685).
public struct BlockRequests: Sendable, Equatable {
    /// Requests in order of their types; none is empty.
    public private(set) var requests: [(type: UInt8, data: [UInt8])] = []

    /// No requests.
    public init() {}

    /// Adds the requests of one type, if there are any.
    public mutating func append(type: UInt8, _ data: [UInt8]) {
        if !data.isEmpty { requests.append((type, data)) }
    }

    /// Equality of types and bytes.
    public static func == (left: BlockRequests, right: BlockRequests) -> Bool {
        left.requests.elementsEqual(right.requests) { $0.type == $1.type && $0.data == $1.data }
    }

    /// SHA-256 over the SHA-256 of each type with its bytes.
    public var hash: Hash256 {
        var digests: [UInt8] = []
        for request in requests { digests += sha256([request.type] + request.data).bytes }
        return sha256(digests)
    }

    // MARK: Deposits

    /// The first topic of the deposit contract's logs: DepositEvent(bytes,bytes,bytes,bytes,bytes).
    static let depositTopic = keccak256(Array("DepositEvent(bytes,bytes,bytes,bytes,bytes)".utf8)).word

    /// Where the five fields of a deposit lie in its log: the place of the length, and the bytes behind it.
    private static let depositFields: [(offset: Int, count: Int)] = [
        (160, 48), (256, 32), (320, 8), (384, 96), (512, 8),
    ]
    private static let depositBytes = 576

    /// The deposits that logs tell of, one after the other (EIP-6110).
    public static func deposits(in logs: some Sequence<EmittedLog>) throws(BlockRefusal) -> [UInt8] {
        var deposits: [UInt8] = []
        for log in logs where log.address == SystemContracts.deposits && log.topics.first == depositTopic {
            if log.data.count != depositBytes {
                throw .depositLayout(offset: 0, have: U256(log.data.count), need: U256(depositBytes))
            }
            func word(_ offset: Int) -> U256 { U256(bigEndian: log.data[offset..<offset + 32]) }
            for (index, field) in depositFields.enumerated() {
                let have = (word(index * 32), word(field.offset))
                if have.0 != U256(field.offset) {
                    throw .depositLayout(offset: index * 32, have: have.0, need: U256(field.offset))
                }
                if have.1 != U256(field.count) {
                    throw .depositLayout(offset: field.offset, have: have.1, need: U256(field.count))
                }
            }
            for field in depositFields { deposits += log.data[(field.offset + 32)..<(field.offset + 32 + field.count)] }
        }
        return deposits
    }
}
