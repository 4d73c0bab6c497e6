internal import CShims
internal import EVM

/// Where a ledger stood after one block, apart from its state and its ids.
struct CheckpointPosition: Equatable, Sendable {
    var block: UInt64
    var digest: Hash256
    var timestampMilliseconds: UInt64
    var operationCount: UInt64
    var gasUsed: UInt64
    /// The running digest of all results, as far as it has come.
    var resultsState: [UInt8]
    /// The digests that BLOCKHASH sees, the oldest first, and the number after the last.
    var blockHashes: [Hash256]
    var nextBlockHash: UInt64
    /// The length of the file of receipts.
    var receiptsEnd: Int
}

/// What the sequencer hands over when a checkpoint is due: the position, and the ids since the last one, frozen.
struct CheckpointSeed: Sendable {
    var position: CheckpointPosition
    var ids: IdTable
}

/// A complete snapshot of a world on disk: the position, and the runs that hold state and ids.
struct Checkpoint: Equatable {
    static let magic: UInt64 = 0x314b_4843_4452_4248  // "HBRDCHK1"
    var genesisDigest: Hash256
    var position: CheckpointPosition
    /// The key of the order of ids on disk.
    var idSeed: UInt64
    /// The number of the next run.
    var nextSequence: UInt64
    /// From the oldest to the newest.
    var state: [StateRunInfo]
    var ids: [IdRunInfo]

    /// The name of a checkpoint's file; names sort like blocks.
    static func name(_ block: UInt64) -> String {
        let digits = String(block)
        return "checkpoint-" + String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }

    /// The block of a checkpoint's file; nil for other names.
    static func block(ofName name: String) -> UInt64? {
        guard name.hasPrefix("checkpoint-"), name.utf8.count == 31 else { return nil }
        return UInt64(name.dropFirst(11))
    }

    /// The files that it needs.
    var names: [String] { state.map(\.name) + ids.map(\.name) }

    /// Encodes it with a checksum.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(fixed: Self.magic)
        buffer.append(fixed: UInt32(0))
        buffer.append(genesisDigest.word)
        buffer.append(fixed: position.block)
        buffer.append(position.digest.word)
        buffer.append(fixed: position.timestampMilliseconds)
        buffer.append(fixed: position.operationCount)
        buffer.append(fixed: position.gasUsed)
        buffer.append(counted: position.resultsState)
        buffer.append(variable: UInt64(position.blockHashes.count))
        for hash in position.blockHashes { buffer.append(hash.word) }
        buffer.append(fixed: position.nextBlockHash)
        buffer.append(fixed: UInt64(position.receiptsEnd))
        buffer.append(fixed: idSeed)
        buffer.append(fixed: nextSequence)
        buffer.append(variable: UInt64(state.count))
        for run in state {
            for number in [run.sequence, UInt64(run.byteCount), UInt64(run.accounts), UInt64(run.slots)] {
                buffer.append(fixed: number)
            }
        }
        buffer.append(variable: UInt64(ids.count))
        for run in ids {
            for number in [run.sequence, UInt64(run.count), UInt64(run.filterChecksum)] { buffer.append(fixed: number) }
        }
        buffer.overwrite(at: 8, fixed: hoard_crc32c(0, buffer.base + 12, buffer.count - 12))
    }

    /// Reads what `encode` wrote; nil where it is not whole.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> Checkpoint? {
        guard bytes.count > 12, UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == magic,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
                == hoard_crc32c(0, bytes.baseAddress! + 12, bytes.count - 12)
        else { return nil }
        var reader = ByteReader(bytes, from: 12)
        return try? read(&reader)
    }

    private static func read(_ reader: inout ByteReader) throws(CodingError) -> Checkpoint {
        func number(_ reader: inout ByteReader) throws(CodingError) -> Int {
            let value = try reader.fixed(UInt64.self)
            guard value < UInt64(Int.max) else { throw CodingError(offset: reader.offset, expected: "a length") }
            return Int(value)
        }
        let genesisDigest = try reader.digest()
        var position = CheckpointPosition(
            block: try reader.fixed(UInt64.self), digest: try reader.digest(),
            timestampMilliseconds: try reader.fixed(UInt64.self), operationCount: try reader.fixed(UInt64.self),
            gasUsed: try reader.fixed(UInt64.self), resultsState: try reader.counted(), blockHashes: [],
            nextBlockHash: 0, receiptsEnd: 0)
        for _ in 0..<(try reader.count(bytesEach: 32)) { position.blockHashes.append(try reader.digest()) }
        position.nextBlockHash = try reader.fixed(UInt64.self)
        position.receiptsEnd = try number(&reader)
        var checkpoint = Checkpoint(
            genesisDigest: genesisDigest, position: position, idSeed: try reader.fixed(UInt64.self),
            nextSequence: try reader.fixed(UInt64.self), state: [], ids: [])
        for _ in 0..<(try reader.count(bytesEach: 32)) {
            checkpoint.state.append(
                StateRunInfo(
                    sequence: try reader.fixed(UInt64.self), byteCount: try number(&reader),
                    accounts: try number(&reader), slots: try number(&reader)))
        }
        for _ in 0..<(try reader.count(bytesEach: 24)) {
            checkpoint.ids.append(
                IdRunInfo(
                    sequence: try reader.fixed(UInt64.self), count: try number(&reader),
                    filterChecksum: UInt32(truncatingIfNeeded: try reader.fixed(UInt64.self))))
        }
        guard reader.isAtEnd else { throw CodingError(offset: reader.offset, expected: "the end") }
        return checkpoint
    }
}
