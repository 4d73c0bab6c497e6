/// A slot that a transaction followed: for which values of it, at the start of the transaction, everything happens as it
/// did, and what becomes of it.
public struct IntervalRead: BitwiseCopyable, Sendable {
    /// The value that the transaction saw.
    public var base: U256
    /// How far below the base the value may lie, and how far above, modulo 2^256; both without meaning while `isFree`.
    public var down: U256 = .zero
    public var up: U256 = .zero
    /// Whether nothing was asked of the value: any will do.
    public var isFree = true
    /// Whether the slot's value afterwards is the one before, whatever that is, plus `change`.
    public var isDelta = false
    /// What the transaction adds, modulo 2^256; not zero where `isDelta`.
    public var change: U256 = .zero
    /// By how much the true value is greater than the base, modulo 2^256; for whoever brings results up to it.
    public var shift: U256 = .zero

    /// A slot of which nothing is known but its value.
    init(base: U256) { self.base = base }

    /// Whether the transaction would have gone the same way with this value.
    @inlinable
    public func holds(_ value: U256) -> Bool {
        if isFree { return true }
        return (value &- base &+ down) <= down &+ up
    }

    /// Whether only the value that was seen will do.
    public var isExact: Bool { !isFree && down.isZero && up.isZero }

    /// Keeps to the values at most so far from the base, as well as to what was demanded before.
    public mutating func narrow(down below: U256, up above: U256) {
        if isFree {
            (isFree, down, up) = (false, below, above)
        } else {
            down = min(down, below)
            up = min(up, above)
        }
    }

    /// Keeps to values that are signed numbers before and after the change, which they are without leaving their range.
    public mutating func keepInSignedRange() {
        let limit = U256(0, 0, 0, 1 << 63)
        let after = base &+ change
        if !isFree, down <= base, (base.l3 | after.l3) >> 63 == 0 {
            // None of the values allowed so far is less than zero, nor is what it becomes.
            up = min(up, limit &- 1 &- max(base, after))
            return
        }
        let isPositive = change < limit
        _ = ask(isPositive ? limit : limit &- change, isPositive ? limit &- 1 &- change : limit &- 1)
    }

    /// Keeps to the circle's arc from `low` to `high` if the base lies on it, else to the rest of the circle; whether it
    /// does.
    public mutating func ask(_ low: U256, _ high: U256) -> Bool {
        if base &- low <= high &- low {
            narrow(down: base &- low, up: high &- base)
            return true
        }
        narrow(down: base &- high &- 1, up: low &- 1 &- base)
        return false
    }
}

/// A word of a receipt that holds the value of a followed slot, plus a constant: it changes with the slot.
public struct WordPatch: BitwiseCopyable, Sendable, Equatable {
    /// Where the word is.
    public enum Place: UInt8, BitwiseCopyable, Sendable { case output, logData, logTopic }
    public var place: Place
    /// The log's number.
    public var log: Int
    /// Bytes before the word, or the topic's number.
    public var offset: Int
    /// The number of the slot's read.
    public var read: Int
}

/// What one transaction rests on and leaves, as far as it concerns slots that others change at the same time, in plain
/// memory: it is read and written without counting references.
public struct NotedDeltas {
    /// Slots that were followed, in the order in which the view named them.
    public let reads: UnsafeMutablePointer<IntervalRead>
    /// How many they are.
    public internal(set) var readCount = 0
    /// Whether the fee recipient was paid and not looked at otherwise: then its balance is a number that others may change.
    public internal(set) var isFeeDelta = false
    /// Whether slots can be followed in the present transaction.
    var isActive = false
    /// Whether the slot that the view was asked for last is to be followed.
    var followsLast = false
    /// Words of the receipt that change with the slots.
    var patches = RawArray<WordPatch>(capacity: 16)

    /// All reads.
    @inlinable
    public var elements: UnsafeMutableBufferPointer<IntervalRead> {
        UnsafeMutableBufferPointer(start: reads, count: readCount)
    }

    /// Whether any word of the receipt changes with a slot.
    public var hasPatches: Bool { patches.count > 0 }

    /// For a view that is being asked for a slot: has that followed as a number which others may change, instead of as a
    /// value that was read, and says whether that can be. Reads are numbered in the order of these calls.
    public mutating func followLast() -> Bool {
        if !isActive || readCount == DeltaNotes.readsMax { return false }
        followsLast = true
        return true
    }
}

/// The notes of one transaction after the other: a view says in its answers which slots are to be followed, the machine
/// notes on which of their values the transaction rests and what becomes of them.
public final class DeltaNotes {
    /// Slots that one transaction can follow; further ones are plain reads.
    public static let readsMax = 255

    /// What is noted; it lives as long as the notes.
    public let noted: UnsafeMutablePointer<NotedDeltas>

    /// Notes of nothing yet.
    public init() {
        noted = .allocate(capacity: 1)
        noted.initialize(to: NotedDeltas(reads: .allocate(capacity: Self.readsMax)))
    }

    deinit {
        noted.pointee.patches.free()
        noted.pointee.reads.deallocate()
        noted.deallocate()
    }

    /// Slots that were followed.
    public var readCount: Int { noted.pointee.readCount }
    /// All reads, to be walked through without copies.
    public var elements: UnsafeMutableBufferPointer<IntervalRead> { noted.pointee.elements }
    /// Words of the receipt that change with them.
    public var patches: UnsafeBufferPointer<WordPatch> {
        UnsafeBufferPointer(start: noted.pointee.patches.base, count: noted.pointee.patches.count)
    }

    /// Forgets everything.
    public func removeAll() { noted.pointee.removeAll() }

    /// Brings a receipt to the true values of the followed slots, as the reads' `shift` says.
    public func change(_ receipt: inout Receipt) {
        for patch in patches {
            let shift = noted.pointee.reads[patch.read].shift
            if shift.isZero { continue }
            switch patch.place {
            case .logTopic:
                let topics = receipt.logs[patch.log].topics
                receipt.logs[patch.log].topics = LogTopics(
                    topics.enumerated().map { $0.offset == patch.offset ? $0.element &+ shift : $0.element })
            case .logData: Self.add(shift, to: &receipt.logs[patch.log].data, at: patch.offset)
            case .output: Self.add(shift, to: &receipt.output, at: patch.offset)
            }
        }
    }

    private static func add(_ shift: U256, to bytes: inout [UInt8], at offset: Int) {
        bytes.withUnsafeMutableBytes { buffer in
            let word = buffer.baseAddress! + offset
            (U256(loadingBigEndian: word) &+ shift).storeBigEndian(at: word)
        }
    }
}

extension NotedDeltas {
    /// Forgets everything.
    public mutating func removeAll() {
        readCount = 0
        isFeeDelta = false
        followsLast = false
        patches.truncate(to: 0)
    }
}
