import Synchronization

/// Decoded codes by hash and fork, shared by all machines.
public final class CodeCache: Sendable {
    /// Identifies decoded code: gas and known opcodes differ between forks.
    private struct Key: Hashable {
        var hash: Hash256
        var fork: Fork
    }

    private struct Contents {
        var codes: [Key: AnalyzedCode] = [:]
        var footprintBytes = 0
    }

    /// Memory that cached codes may take together; beyond it the cache starts anew.
    public let footprintBytesMax: Int
    private let contents = Mutex(Contents())

    /// An empty cache; by default it holds up to 256 MiB, some 900 contracts of the greatest length.
    public init(footprintBytesMax: Int = 256 << 20) {
        self.footprintBytesMax = footprintBytesMax
    }

    /// The code with this hash, decoded for the fork; `load` is asked for the bytes only when they are not here yet.
    func code(_ hash: Hash256, _ fork: Fork, load: () -> [UInt8]) -> AnalyzedCode {
        let key = Key(hash: hash, fork: fork)
        if let known = contents.withLock({ $0.codes[key] }) { return known }
        let made = load().withUnsafeBytes { AnalyzedCode($0, hash: hash) }
        return contents.withLock { contents in
            if let known = contents.codes[key] { return known }
            if contents.footprintBytes + made.footprintBytes > footprintBytesMax {
                contents.codes.removeAll(keepingCapacity: true)
                contents.footprintBytes = 0
            }
            contents.codes[key] = made
            contents.footprintBytes += made.footprintBytes
            return made
        }
    }
}
