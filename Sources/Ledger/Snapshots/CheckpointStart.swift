internal import EVM

/// A ledger that stands where its newest good checkpoint was made.
struct CheckpointStart {
    let core: LedgerCore
    let checkpoint: Checkpoint
    /// This checkpoint and the one before it, where that is still whole.
    let kept: [Checkpoint]
    /// The state once more, for the trie.
    let load: StateLoad

    /// Loads the newest checkpoint that is good; nil where there is none. Newer ones that are not are removed, since their
    /// numbers will be used again.
    static func find(
        _ folder: WorldFolder, genesis: LedgerGenesis, executor: any BlockExecutor, configuration: LedgerConfiguration,
        threads: any ThreadHost, notes: inout [String]
    ) throws(LogError) -> CheckpointStart? {
        let checkpoints = folder.checkpoints
        let digest = genesis.digest
        let blocks = try checkpoints.blocks()
        for (place, block) in blocks.enumerated() {
            do throws(LogError) {
                let start = try load(
                    folder, checkpoints.read(block, genesisDigest: digest), genesis, executor, configuration, threads,
                    older: blocks.dropFirst(place + 1).first, isReadOnly: false)
                if place > 0 { try forget(blocks.prefix(place), checkpoints) }
                return start
            } catch {
                if error.isPassing { throw error }
                notes.append("checkpoint \(block): \(error.file): \(error.reason)")
            }
        }
        if !blocks.isEmpty {
            guard try DiskStorage(disk: folder.disk, folder: folder.logPath).segments().first == 0 else {
                throw LogError(
                    call: "read", file: checkpoints.path,
                    reason: "no checkpoint is good and the log before them is gone (\(notes.joined(separator: "; "))); "
                        + "`hoard repair --from BACKUP` or `hoard restore` can help")
            }
            try forget(blocks[...], checkpoints)
        }
        return nil
    }

    private static func forget(_ blocks: ArraySlice<UInt64>, _ checkpoints: CheckpointFolder) throws(LogError) {
        for block in blocks { try checkpoints.disk.remove(checkpoints.path + "/" + Checkpoint.name(block)) }
        try checkpoints.disk.syncFolder(checkpoints.path)
    }

    /// Loads the newest good checkpoint up to a block, to look at and not to go on; nil where there is none.
    static func reading(
        _ folder: WorldFolder, genesis: LedgerGenesis, executor: any BlockExecutor, upTo last: UInt64, oldest: Bool = false
    ) throws(LogError) -> CheckpointStart? {
        let checkpoints = folder.checkpoints
        var blocks = try checkpoints.blocks().filter { $0 <= last }
        if oldest { blocks.reverse() }
        for block in blocks {
            guard let checkpoint = try? checkpoints.read(block, genesisDigest: genesis.digest) else { continue }
            if let start = try? load(
                folder, checkpoint, genesis, executor, LedgerConfiguration(), LedgerWorld.real.threads, older: nil,
                isReadOnly: true)
            {
                return start
            }
        }
        return nil
    }

    private static func load(
        _ folder: WorldFolder, _ checkpoint: Checkpoint, _ genesis: LedgerGenesis, _ executor: any BlockExecutor,
        _ configuration: LedgerConfiguration, _ threads: any ThreadHost, older: UInt64?, isReadOnly: Bool
    ) throws(LogError) -> CheckpointStart {
        let checkpoints = folder.checkpoints
        let index = try checkpoints.openIds(checkpoint)
        let load = try checkpoints.openForTrie(checkpoint)
        let world = WorldState(
            expectedAccounts: max(configuration.expectedAccounts, checkpoint.state.reduce(0) { $0 + $1.accounts }),
            expectedSlots: max(configuration.expectedSlots, checkpoint.state.reduce(0) { $0 + $1.slots }))
        try checkpoints.loadState(checkpoint, into: world, threads: threads)
        // Last, because opening it to write cuts off what lies behind the checkpoint.
        let store = try ReceiptStore(
            disk: folder.disk, path: folder.receiptsPath, chunksInMemory: configuration.receiptChunksInMemory,
            end: checkpoint.position.receiptsEnd, isReadOnly: isReadOnly)
        guard
            let core = LedgerCore(
                genesis: genesis, executor: executor, checkpoint: checkpoint, world: world, store: store, index: index)
        else {
            throw LogError(call: "read", file: checkpoints.path, reason: "the running digest of a checkpoint is none")
        }
        var kept = [checkpoint]
        if let older, let before = try? checkpoints.read(older, genesisDigest: genesis.digest) { kept.append(before) }
        return CheckpointStart(core: core, checkpoint: checkpoint, kept: kept, load: load)
    }
}
