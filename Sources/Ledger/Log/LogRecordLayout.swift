internal import CShims
internal import EVM

/// How a micro-block lies on disk: a fixed head, the encoded header, the encoded operations, zeros up to a full page.
///
/// Head, little endian: 0 magic | 4 CRC-32C over the record with this field zero | 8 length without padding |
/// 12 zero | 16 number | 24 the last block that was durable when this record was written | 32 the key of
/// this world's log | 40 the block's digest.
enum LogRecordLayout {
    static let magic: UInt32 = 0x3152_4248  // "HBR1"
    static let headBytes = 72
    static let operationsOffset = headBytes + MicroBlockHeader.encodedBytes

    /// Makes an empty record with room for the head and the header.
    static func begin(_ record: inout ByteBuffer) {
        record.truncate(to: 0)
        record.appendZeros(operationsOffset)
    }

    /// Writes the head and the header into a record whose operations are complete, and pads it.
    static func finish(
        _ record: inout ByteBuffer, header: MicroBlockHeader, digest: Hash256, logKey: UInt64,
        scratch: inout ByteBuffer
    ) {
        scratch.truncate(to: 0)
        header.encode(into: &scratch)
        precondition(scratch.count == MicroBlockHeader.encodedBytes, "the header has changed its length")
        record.overwrite(at: headBytes, raw: scratch.bytes)
        let length = record.count
        record.overwrite(at: 0, fixed: magic)
        record.overwrite(at: 4, fixed: UInt32(0))
        record.overwrite(at: 8, fixed: UInt32(length))
        record.overwrite(at: 16, fixed: header.number)
        record.overwrite(at: 32, fixed: logKey)
        digest.bytes.withUnsafeBytes { record.overwrite(at: 40, raw: $0) }
        record.appendZeros(paddedLength(length) - length)
    }

    /// Names the last durable block in a finished record and computes its checksum.
    static func stamp(_ record: inout ByteBuffer, durable: UInt64) {
        let length = Int(load(record.bytes, 8, UInt32.self))
        record.overwrite(at: 24, fixed: durable)
        record.overwrite(at: 4, fixed: UInt32(0))
        record.overwrite(at: 4, fixed: hoard_crc32c(0, record.base, length))
    }

    /// The length of a record with its padding.
    static func paddedLength(_ length: Int) -> Int {
        (length + LedgerLimits.pageBytes - 1) & ~(LedgerLimits.pageBytes - 1)
    }

    /// The padded length of the record that begins here, as it says itself.
    static func paddedLength(atStartOf bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= operationsOffset, load(bytes, 0, UInt32.self) == magic else { return nil }
        let length = Int(load(bytes, 8, UInt32.self))
        return length >= operationsOffset ? paddedLength(length) : nil
    }

    /// The key that the record which begins here carries.
    static func key(atStartOf bytes: UnsafeRawBufferPointer) -> UInt64 { load(bytes, 32, UInt64.self) }

    private static func load<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ type: Number.Type
    ) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// The encoded operations of a finished record.
    static func operations(of record: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: record[operationsOffset..<Int(load(record, 8, UInt32.self))])
    }

    /// A record that was read back and whose checksum holds.
    struct View {
        var length: Int
        var number: UInt64
        var durable: UInt64
        var digest: Hash256
        var header: MicroBlockHeader
        /// Head, header and operations, without padding.
        var bytes: UnsafeRawBufferPointer

        /// The encoded operations.
        var operations: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[LogRecordLayout.operationsOffset...])
        }
    }

    /// The record at the start of the bytes, or nil where none begins there or its checksum does not hold.
    static func parse(_ bytes: UnsafeRawBufferPointer, logKey: UInt64) -> View? {
        guard bytes.count >= operationsOffset, load(bytes, 0, UInt32.self) == magic,
            load(bytes, 32, UInt64.self) == logKey
        else { return nil }
        let length = Int(load(bytes, 8, UInt32.self))
        guard length >= operationsOffset, paddedLength(length) <= bytes.count else { return nil }
        let stored = load(bytes, 4, UInt32.self)
        var crc = hoard_crc32c(0, bytes.baseAddress!, 4)
        var zero: UInt32 = 0
        crc = hoard_crc32c(crc, &zero, 4)
        crc = hoard_crc32c(crc, bytes.baseAddress! + 8, length - 8)
        guard crc == stored else { return nil }
        let record = UnsafeRawBufferPointer(rebasing: bytes[0..<length])
        var reader = ByteReader(record, from: headBytes)
        guard let header = try? MicroBlockHeader(from: &reader) else { return nil }
        let digest = Hash256(loading: bytes.baseAddress! + 40)
        let number = load(bytes, 16, UInt64.self)
        guard header.number == number, header.digest == digest else { return nil }
        return View(
            length: length, number: number, durable: load(bytes, 24, UInt64.self), digest: digest, header: header,
            bytes: record)
    }
}
