internal import CShims
internal import EVM
internal import Synchronization

// Fields that one worker writes while others read them: every part is read and written once, as 64 bits or 8, so that a
// value may be of several moments but each part of it of one.

/// Reads a value that another worker may be writing; its size is a multiple of 8 bytes.
@inline(__always)
func loadRelaxed<Value: BitwiseCopyable>(_ address: UnsafeMutableRawPointer, as: Value.Type = Value.self) -> Value {
    let source = address.assumingMemoryBound(to: UInt64.self)
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { buffer in
        let target = UnsafeMutableRawPointer(buffer.baseAddress!).assumingMemoryBound(to: UInt64.self)
        for word in 0..<MemoryLayout<Value>.size / 8 { target[word] = hoard_load_relaxed_64(source + word) }
        return buffer[0]
    }
}

/// Writes a value that other workers may be reading; its size is a multiple of 8 bytes.
@inline(__always)
func storeRelaxed<Value: BitwiseCopyable>(_ value: Value, _ address: UnsafeMutableRawPointer) {
    let target = address.assumingMemoryBound(to: UInt64.self)
    withUnsafeBytes(of: value) { bytes in
        for word in 0..<MemoryLayout<Value>.size / 8 {
            hoard_store_relaxed_64(target + word, bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self))
        }
    }
}

/// How much transactions get into each other's way at a slot: 0 is cold; from 1 on it is followed as a number that others
/// may change; where that helps no more, time and again, it is read like any other.
struct Heat: Equatable {
    var level: UInt8

    /// Conflicts in spite of being followed after which that is given up.
    static let levelMax: UInt8 = 64

    /// Not flagged yet.
    var isCold: Bool { level == 0 }
    /// Whether the slot is followed.
    @inline(__always) var isHot: Bool { level != 0 && level < Self.levelMax }
    /// After another conflict.
    var afterConflict: Heat { Heat(level: min(level + 1, Self.levelMax)) }
    /// After a transaction that others' changes would have sent back.
    var afterSuccess: Heat { Heat(level: level > 1 && level < Self.levelMax ? level - 1 : level) }
}

extension UnsafeMutablePointer where Pointee == SlotEntry {
    /// The value, every part of it read once while others may change it.
    @inline(__always)
    var value: U256 {
        loadRelaxed(UnsafeMutableRawPointer(self) + SlotEntry.valueOffset)
    }

    /// Writes the value while others may read it.
    @inline(__always)
    func store(_ value: U256) { storeRelaxed(value, UnsafeMutableRawPointer(self) + SlotEntry.valueOffset) }

    private func byte(_ offset: Int) -> UnsafeMutablePointer<UInt8> {
        (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: UInt8.self)
    }

    /// Whether the slot is known as a balance.
    @inline(__always)
    var isBalance: Bool { hoard_load_relaxed_8(byte(SlotEntry.isBalanceOffset)) != 0 }

    /// Keeps whether it is one while others may ask.
    func setBalance(_ isBalance: Bool) { hoard_store_relaxed_8(byte(SlotEntry.isBalanceOffset), isBalance ? 1 : 0) }

    /// How much transactions get into each other's way here.
    @inline(__always)
    var heat: Heat { Heat(level: hoard_load_relaxed_8(byte(SlotEntry.heatOffset))) }

    /// Keeps it while others may ask.
    func setHeat(_ heat: Heat) { hoard_store_relaxed_8(byte(SlotEntry.heatOffset), heat.level) }
}

extension UnsafeMutablePointer where Pointee == AccountEntry {
    /// The nonce, which others may change.
    @inline(__always)
    var nonce: UInt64 { hoard_load_relaxed_64((UnsafeMutableRawPointer(self) + AccountEntry.nonceOffset).assumingMemoryBound(to: UInt64.self)) }

    /// The balance, which others may change.
    @inline(__always)
    var balance: U256 { loadRelaxed(UnsafeMutableRawPointer(self) + AccountEntry.balanceOffset) }

    /// Writes both while others may read them.
    @inline(__always)
    func store(nonce: UInt64, balance: U256) {
        storeRelaxed(nonce, UnsafeMutableRawPointer(self) + AccountEntry.nonceOffset)
        storeRelaxed(balance, UnsafeMutableRawPointer(self) + AccountEntry.balanceOffset)
    }
}

extension UnsafeMutablePointer where Pointee: SharedFlatEntry {
    /// Fills a vacant place while others look: who finds it present finds all of it. What says that it is present is
    /// written once, last.
    func fill(_ entry: Pointee) {
        var entry = entry
        withUnsafeMutablePointer(to: &entry) {
            let after = Pointee.presenceOffset + MemoryLayout<Atomic<UInt32>>.size
            let place = UnsafeMutableRawPointer(self)
            place.copyMemory(from: $0, byteCount: Pointee.presenceOffset)
            (place + after).copyMemory(from: UnsafeRawPointer($0) + after, byteCount: MemoryLayout<Pointee>.size - after)
            let presence = Pointee.presence($0).pointee.load(ordering: .relaxed)
            Pointee.presence(self).pointee.store(presence, ordering: .releasing)
        }
    }
}

extension UnsafeMutablePointer where Pointee == NewAccount {
    /// The fields, which others may change.
    var fields: AccountFields { loadRelaxed(UnsafeMutableRawPointer(self) + NewAccount.fieldsOffset) }

    /// Writes the fields while others may read them.
    func store(_ fields: AccountFields) { storeRelaxed(fields, UnsafeMutableRawPointer(self) + NewAccount.fieldsOffset) }
}

// Where fields lie that are read and written at the same time; a test holds the compiler to them.
extension SlotEntry {
    static var valueOffset: Int { 32 }
    static var isBalanceOffset: Int { 68 }
    static var heatOffset: Int { 69 }
}

extension AccountEntry {
    static var nonceOffset: Int { 24 }
    static var balanceOffset: Int { 32 }
}

extension NewAccount {
    static var fieldsOffset: Int { 24 }
}
