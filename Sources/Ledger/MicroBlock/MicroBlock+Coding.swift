internal import EVM

extension MicroBlock {
    /// Reads the operations of a record whose checksum holds.
    init(_ record: LogRecordLayout.View) throws(CodingError) {
        header = record.header
        operations = []
        operations.reserveCapacity(Int(min(record.header.operationCount, 65_536)))
        var reader = ByteReader(record.operations)
        for _ in 0..<record.header.operationCount {
            let id = try reader.operationID()
            let isLinked = try reader.byte() != 0
            operations.append(Operation(id: id, transaction: try reader.transaction(), linkedWithNext: isLinked))
        }
        guard reader.isAtEnd else { throw CodingError(offset: reader.offset, expected: "the end of the operations") }
    }
}
