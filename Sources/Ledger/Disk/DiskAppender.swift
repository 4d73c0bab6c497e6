internal import CShims

/// Writes a file from its beginning to its end in large pieces, with a checksum over all of it.
final class DiskAppender {
    private static let pieceBytes = 1 << 20
    let file: any DiskFile
    /// Bytes appended so far.
    private(set) var byteCount = 0
    /// CRC-32C of everything appended so far.
    private(set) var checksum: UInt32 = 0
    private var buffer = ByteBuffer(capacity: pieceBytes + 4_096)
    private var written = 0
    private var unsynced = 0

    /// Begins at the start of an empty file.
    init(_ file: any DiskFile) { self.file = file }

    /// Appends bytes.
    func append(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        buffer.append(raw: bytes)
        byteCount += bytes.count
        if buffer.count >= Self.pieceBytes { try flush() }
    }

    /// Forgets the checksum of what came before, so that the next part of the file has its own.
    func restartChecksum() throws(LogError) {
        try flush()
        checksum = 0
    }

    /// Hands everything appended to the system, and now and then to the disk, so that no large amount gathers that would
    /// hold up the log's syncs.
    func flush() throws(LogError) {
        guard buffer.count > 0 else { return }
        checksum = hoard_crc32c(checksum, buffer.base, buffer.count)
        try file.write(at: written, buffer.bytes)
        written += buffer.count
        unsynced += buffer.count
        buffer.truncate(to: 0)
        if unsynced >= LedgerLimits.backgroundSyncBytes {
            try file.sync()
            unsynced = 0
        }
    }

    /// Writes the rest and makes the file durable.
    func finish() throws(LogError) {
        try flush()
        try file.sync()
    }
}
