internal import CShims
internal import EVM

/// The anchors of a world, one after the other, each with a checksum. Derived from the log: a lost one costs nothing,
/// but one that is there proves that its block was durable.
final class AnchorFile {
    private static let magic: UInt32 = 0x3141_4248  // "HBA1"
    private static let recordBytes = 80
    private let path: String
    private let file: (any DiskFile)?
    private var count = 0

    /// One anchor with the digest of its block.
    struct Entry: Equatable {
        var block: UInt64
        var digest: Hash256
        var stateRoot: Hash256
    }

    /// Opens or makes the file, to read or also to write.
    init(disk: any Disk, path: String, isReadOnly: Bool) throws(LogError) {
        self.path = path
        file = isReadOnly ? try disk.openIfThere(path) : try disk.open(path, .create)
    }

    /// All whole anchors up to the first that is not; the next one appended takes that one's place.
    func load() throws(LogError) -> [Entry] {
        guard let file else { return [] }
        var entries: [Entry] = []
        let record = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.recordBytes, alignment: 8)
        defer { record.deallocate() }
        while try file.read(at: entries.count * Self.recordBytes, into: record) == Self.recordBytes {
            guard let entry = Self.parse(UnsafeRawBufferPointer(record)) else { break }
            entries.append(entry)
        }
        count = entries.count
        return entries
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Entry? {
        guard UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == magic,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                == hoard_crc32c(0, bytes.baseAddress! + 8, recordBytes - 8)
        else { return nil }
        return Entry(
            block: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            digest: Hash256(loading: bytes.baseAddress! + 16), stateRoot: Hash256(loading: bytes.baseAddress! + 48))
    }

    /// Appends an anchor.
    func append(_ entry: Entry) throws(LogError) {
        var record = ByteBuffer()
        record.append(fixed: Self.magic)
        record.append(fixed: UInt32(0))
        record.append(fixed: entry.block)
        record.append(entry.digest.word)
        record.append(entry.stateRoot.word)
        record.overwrite(at: 4, fixed: hoard_crc32c(0, record.base + 8, Self.recordBytes - 8))
        try file?.write(at: count * Self.recordBytes, record.bytes)
        count += 1
    }
}
