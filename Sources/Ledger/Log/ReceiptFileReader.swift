internal import CShims
internal import EVM

/// What a look into the receipts' file remembers of a record on its last page that did not hold together.
///
/// The writer writes that page again with what comes behind it, and a reader may meanwhile get a mixture of both: such a record
/// is not there yet. Where nothing of it changes for longer than a write can take, it is damaged.
public struct ReceiptDoubt: Equatable, Sendable {
    /// Where the record begins.
    let place: Int
    /// The file's length at that look.
    let fileByteCount: Int
    /// CRC-32C of the record, of its head where that names no length.
    let checksum: UInt32
    /// When it was first seen like this, by the monotonic clock.
    let since: UInt64
}

/// The file of receipts, read from front to back, perhaps while somebody writes it.
final class ReceiptFileReader {
    private static let windowBytes = 1 << 20
    private let folder: WorldFolder
    private let file: any DiskFile
    private let clock: any LedgerClock
    private var window = UnsafeMutableRawBufferPointer.allocate(byteCount: windowBytes, alignment: 64)
    private var start = 0
    private var count = 0
    /// Where the file's last page began before the window was read. The writer writes that page again with what comes
    /// behind it, and makes the file longer only then: from here on a reader may get a mixture.
    private var unsettled = 0
    private let formerDoubt: ReceiptDoubt?
    /// What this look leaves for the next one.
    private(set) var doubt: ReceiptDoubt?

    /// Opens the file of a world, after a look that has left this doubt.
    init(_ folder: WorldFolder, _ clock: any LedgerClock, _ doubt: ReceiptDoubt?) throws(LogError) {
        self.folder = folder
        self.clock = clock
        file = try folder.disk.open(folder.receiptsPath, .read)
        formerDoubt = doubt
    }

    deinit { window.deallocate() }

    /// So many bytes at a place; nil where the file does not have them.
    private func bytes(_ place: Int, _ length: Int) throws(LogError) -> UnsafeRawBufferPointer? {
        if place < start || place + length > start + count {
            if length > window.count {
                window.deallocate()
                window = .allocate(byteCount: length * 2, alignment: 64)
            }
            start = place
            let page = LedgerLimits.pageBytes
            unsettled = max(0, try file.byteCount() - 1) / page * page
            count = try file.read(at: place, into: window)
            if count < length { return nil }
        }
        return UnsafeRawBufferPointer(rebasing: window[place - start..<place - start + length])
    }

    /// The whole record at a place, which `what` names; nil where the file does not have it yet.
    private func record(_ place: Int, _ what: @autoclosure () -> String) throws(LogError) -> UnsafeRawBufferPointer? {
        guard let head = try bytes(place, ReceiptRecord.headBytes), let length = ReceiptRecord.length(head) else { return nil }
        // Behind the last record its page is zeros.
        let isBlank = head.allSatisfy { $0 == 0 }
        guard length > ReceiptRecord.headBytes, length <= LedgerLimits.receiptBytesMax else {
            if isBlank, place + head.count > unsettled { return nil }
            try suspect(place, head.count, what())
            return nil
        }
        // Where the file ends before its record does, the rest is on its way, however long a full disk keeps it waiting.
        guard let record = try bytes(place, length) else { return nil }
        if ReceiptRecord.wholeLength(record) != nil { return record }
        try suspect(place, length, what())
        return nil
    }

    /// Decides about bytes that hold no record: an error where they are damaged, and a doubt where they may be on their way.
    private func suspect(_ place: Int, _ byteCount: Int, _ what: String) throws(LogError) {
        if place + byteCount <= unsettled { throw damage(place, what) }
        // A server holds the lock as long as it may write; whoever gets it keeps the next one out for this moment.
        if let lock = try folder.disk.lock(folder.lockPath) {
            lock.unlock()
            throw damage(place, what)
        }
        let checksum = hoard_crc32c(0, window.baseAddress! + (place - start), byteCount)
        let length = try file.byteCount()
        let now = clock.monotonicNanoseconds()
        if let formerDoubt, formerDoubt.place == place, formerDoubt.fileByteCount == length, formerDoubt.checksum == checksum {
            if now - formerDoubt.since >= LedgerLimits.receiptDoubtNanoseconds { throw damage(place, what) }
            doubt = formerDoubt
        } else {
            doubt = ReceiptDoubt(place: place, fileByteCount: length, checksum: checksum, since: now)
        }
    }

    private func damage(_ place: Int, _ what: String) -> LogError {
        LogError(call: "read", file: folder.receiptsPath, reason: "byte \(place) does not hold \(what)")
    }

    /// Where the receipts of a block begin.
    func find(_ block: UInt64) throws(LogError) -> Int? {
        var place = ReceiptRecord.fileHeadBytes
        if block <= 1 { return place }
        while let record = try record(place, "a whole record") {
            if record.loadUnaligned(fromByteOffset: 8, as: UInt64.self) >= block { return place }
            place += ReceiptRecord.paddedBytes(record.count)
        }
        return nil
    }

    /// Appends ids and receipts of a block; false where some are not there yet.
    func results(
        of block: UInt64, count: Int, _ place: inout Int, _ results: inout ByteBuffer
    ) throws(LogError) -> Bool {
        var next = place
        for index in 0..<count {
            let what = "receipt \(index) of block \(block)"
            guard let record = try record(next, what) else { return false }
            guard record.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == block,
                record.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == UInt32(index)
            else { throw damage(next, what) }
            results.append(
                OperationID(
                    high: record.loadUnaligned(fromByteOffset: 24, as: UInt64.self),
                    low: record.loadUnaligned(fromByteOffset: 32, as: UInt64.self)))
            let body = ReceiptRecord.headBytes + Int(record.loadUnaligned(as: UInt32.self))
            results.append(raw: UnsafeRawBufferPointer(rebasing: record[body...]))
            next += ReceiptRecord.paddedBytes(record.count)
        }
        place = next
        return true
    }
}
