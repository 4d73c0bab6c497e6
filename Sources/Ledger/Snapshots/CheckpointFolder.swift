internal import EVM

/// The folder of a world's checkpoints: their files, and the runs that these name.
struct CheckpointFolder {
    let disk: any Disk
    let path: String

    /// The blocks of the checkpoints that are there, the newest first.
    func blocks() throws(LogError) -> [UInt64] {
        do throws(LogError) {
            return try disk.list(path).compactMap(Checkpoint.block(ofName:)).sorted(by: >)
        } catch {
            if error.isNotFound { return [] }
            throw error
        }
    }

    /// Reads a checkpoint; throws where it is not whole or another world's.
    func read(_ block: UInt64, genesisDigest: Hash256) throws(LogError) -> Checkpoint {
        let name = Checkpoint.name(block)
        let bytes = try disk.content(path + "/" + name)
        let checkpoint = bytes.withUnsafeBytes { Checkpoint.decode($0) }
        guard let checkpoint, checkpoint.genesisDigest == genesisDigest, checkpoint.position.block == block else {
            throw LogError(call: "read", file: path + "/" + name, reason: "is not a whole checkpoint of this world")
        }
        return checkpoint
    }

    /// Makes a checkpoint known: all that it names is durable already.
    func publish(_ checkpoint: Checkpoint) throws(LogError) {
        try disk.syncFolder(path)
        var buffer = ByteBuffer()
        checkpoint.encode(into: &buffer)
        try disk.replaceWhole(folder: path, name: Checkpoint.name(checkpoint.position.block), buffer.bytes)
    }

    /// Removes every file that none of these checkpoints needs.
    func clean(keeping checkpoints: [Checkpoint]) throws(LogError) {
        var needed = Set(checkpoints.flatMap(\.names))
        for checkpoint in checkpoints { needed.insert(Checkpoint.name(checkpoint.position.block)) }
        let names = try disk.list(path).filter { !needed.contains($0) }
        // The checkpoints first: what they name must not go before them.
        for name in names.sorted() where name.hasPrefix("checkpoint-") { try disk.remove(path + "/" + name) }
        try disk.syncFolder(path)
        for name in names.sorted() where !name.hasPrefix("checkpoint-") { try disk.remove(path + "/" + name) }
    }

    /// Loads a checkpoint's state into a world without any.
    func loadState(
        _ checkpoint: Checkpoint, into world: WorldState, threads: any ThreadHost = LedgerWorld.real.threads
    ) throws(LogError) {
        try StateLoader(disk: disk, folder: path, threads: threads).load(checkpoint.state, into: world)
        for (index, hash) in checkpoint.position.blockHashes.enumerated() {
            let first = checkpoint.position.nextBlockHash - UInt64(checkpoint.position.blockHashes.count)
            world.remember(blockHash: hash, number: first + UInt64(index))
        }
    }

    /// Opens a checkpoint's runs of ids.
    func openIds(_ checkpoint: Checkpoint) throws(LogError) -> OperationIndex {
        var runs: [IdRun] = []
        for info in checkpoint.ids { runs.append(try IdRun(disk: disk, folder: path, info: info)) }
        return OperationIndex(hash: IdHash(seed: checkpoint.idSeed), runs: runs)
    }

    /// Reads a checkpoint's state again, for the trie; the files are open from now on, so that they may be removed.
    func openForTrie(_ checkpoint: Checkpoint) throws(LogError) -> StateLoad {
        var readers: [StateRunReader] = []
        for info in checkpoint.state { readers.append(try StateRunReader(disk: disk, folder: path, info: info)) }
        return StateLoad(readers: readers)
    }
}

/// Runs of state that are still to be read into a trie, from the oldest to the newest.
final class StateLoad: @unchecked Sendable {
    // Sendable: handed from recovery to the anchor service, which guards it.
    private let readers: [StateRunReader]

    init(readers: [StateRunReader]) { self.readers = readers }

    /// Reads everything into the trie; codes, which it does not hold, are handed to `code`.
    func run(into trie: StateTrie, code: (Hash256, [UInt8]) -> Void = { _, _ in }) throws(LogError) {
        for reader in readers {
            var address = Address.zero
            while let item = reader.current {
                switch item {
                case .code(let hash, let bytes): code(hash, bytes)
                case .account(let next, let change, let isCleared):
                    address = next
                    if isCleared { trie.clearStorage(address) }
                    if let change { trie.set(address, change) }
                case .slot(let slot, let value, _): trie.set(address, slot: slot, value)
                }
                try reader.advance()
            }
        }
    }
}
