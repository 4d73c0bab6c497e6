public import EVM

/// Why a ledger cannot be opened, or why its log cannot be believed.
public enum LedgerError: Error, Sendable, Equatable {
    /// The system refuses a call on the data folder.
    case disk(LogError)
    /// The folder belongs to another world: its genesis digest and the one asked for.
    case wrongWorld(folder: String, have: Hash256, need: Hash256)
    /// The folder was written by another version of the format.
    case formatVersion(folder: String, have: Int, need: Int)
    /// The folder's `world` file cannot be read.
    case badWorldFile(folder: String, reason: String)
    /// Another process holds the folder's lock.
    case folderInUse(folder: String)
    /// A record that had been durable is not whole any more.
    case damagedLog(segment: UInt32, offset: Int, block: UInt64, reason: String)
    /// A block does not give what its header says when it is executed again.
    case badBlock(number: UInt64, field: String, have: String, need: String)
    /// The log ends before a block that was known to be durable.
    case blocksMissing(head: UInt64, anchored: UInt64)
    /// A state root differs from the one that was computed before.
    case badAnchor(block: UInt64, have: Hash256, need: Hash256)
    /// Settings that contradict each other.
    case configuration(reason: String)
}

extension LedgerError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .disk(let error): "\(error.call) \(error.file): \(error.reason)"
        case .wrongWorld(let folder, let have, let need):
            "\(folder) belongs to the world \(have.hex), this is \(need.hex)"
        case .formatVersion(let folder, let have, let need):
            "\(folder) has format version \(have), this program reads \(need)"
        case .badWorldFile(let folder, let reason): "\(folder)/world: \(reason)"
        case .folderInUse(let folder): "\(folder) is in use by another process"
        case .damagedLog(let segment, let offset, let block, let reason):
            "the log is damaged in segment \(segment) at byte \(offset), block \(block): \(reason)"
        case .badBlock(let number, let field, let have, let need):
            "block \(number): \(field) is \(have) when executed again, the header says \(need)"
        case .blocksMissing(let head, let anchored):
            "the log ends at block \(head), but block \(anchored) had been durable"
        case .badAnchor(let block, let have, let need):
            "block \(block): the state root is \(have.hex), its anchor says \(need.hex)"
        case .configuration(let reason): reason
        }
    }
}
