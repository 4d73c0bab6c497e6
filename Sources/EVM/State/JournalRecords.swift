/// What a transaction knows of one account.
struct AccountRecord: BitwiseCopyable {
    var address: Address
    var flags: Flags = []
    var nonce: UInt64 = 0
    var balance: U256 = .zero
    var codeHash: Hash256 = .emptyCode
    /// The code behind `codeHash`; nil until it is needed. The machine keeps it alive during the transaction.
    var code: UnsafeMutablePointer<CodeBody>?
    /// Index of the code that this transaction gave the account among those that the journal holds; -1 for none.
    var codeWritten: Int32 = -1

    // Before the transaction; valid when `loaded`.
    var originalNonce: UInt64 = 0
    var originalBalance: U256 = .zero
    var originalCodeHash: Hash256 = .emptyCode

    /// Facts about the account; all of them are restored by a revert but `loaded` and `existedBefore`.
    struct Flags: OptionSet, BitwiseCopyable {
        var rawValue: UInt16
        /// The view was asked.
        static let loaded = Flags(rawValue: 1)
        static let exists = Flags(rawValue: 2)
        static let existedBefore = Flags(rawValue: 4)
        /// Accessed in this transaction (EIP-2929).
        static let warm = Flags(rawValue: 8)
        /// A creation of this transaction made it: its storage began empty.
        static let created = Flags(rawValue: 16)
        /// To be deleted at the end of the transaction.
        static let destroyed = Flags(rawValue: 32)
        /// To be deleted at the end if it is empty then (EIP-161).
        static let touched = Flags(rawValue: 64)
    }

    /// Nonce and balance zero and no code.
    var isEmpty: Bool { nonce == 0 && balance.isZero && codeHash == .emptyCode }
    /// Whether the account counts as absent for calls with value (EIP-161).
    var isDead: Bool { !flags.contains(.exists) || isEmpty }
}

/// What a transaction knows of one storage slot.
struct SlotRecord: BitwiseCopyable {
    var key: U256
    var original: U256 = .zero
    var current: U256 = .zero
    /// Index of the account's record.
    var account: UInt32
    var isLoaded = false
    var isWarm = false
    /// The number of its read where the slot is followed instead of read; 0 otherwise.
    var follow: UInt8 = 0
    /// Whether `current` moves with the original value, of a slot that is followed.
    var isAffine = false
}

/// A transient storage slot (EIP-1153).
struct TransientRecord: BitwiseCopyable {
    var key: U256
    var value: U256
    var account: UInt32
}

/// A log whose data lies in the journal's bytes.
struct LogRecord: BitwiseCopyable {
    var address: Address
    var topicCount: UInt8
    var topics: (U256, U256, U256, U256)
    var dataStart: Int
    var dataCount: Int
}

/// How to take one change back.
struct JournalEntry: BitwiseCopyable {
    /// What changed.
    enum Kind: UInt8, BitwiseCopyable { case slotValue, slotWarm, slotTag, accountFlags, balance, nonce, code, transient }
    var kind: Kind
    /// Flags before, for `accountFlags`.
    var flags: AccountRecord.Flags = []
    /// Index of the record.
    var index: UInt32
    /// `codeWritten` before, for `code`.
    var codeWritten: Int32 = -1
    /// The value before.
    var word: U256 = .zero
}

/// A point to return to.
struct Checkpoint: BitwiseCopyable {
    var entries = 0
    var logs = 0
    var logBytes = 0
    var refund: Int64 = 0
}
