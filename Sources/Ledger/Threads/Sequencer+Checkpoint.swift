internal import EVM

/// When a checkpoint begins and ends for the sequencer: two moments, a few microseconds each.
extension Sequencer {
    /// Takes over what a checkpoint has put on disk, or begins one where it is due. True: a block was sealed for it.
    ///
    /// Called between two pieces, when no id is undecided.
    func attend(to checkpointer: Checkpointer) -> Bool {
        if isCheckpointing, let runs = checkpointer.takeReady() {
            checkpointer.discard(core.index.adopt(runs))
            isCheckpointing = false
        }
        let count = core.operationCount + UInt64(block.operationCount)
        guard !isCheckpointing, count - checkpointedOperations >= UInt64(configuration.checkpointOperations) else {
            return false
        }
        if block.operationCount > 0 {
            handOver()
            return true
        }
        do throws(LogError) {
            // What the checkpoint says of receipts must be on its way to their file.
            try core.store.handOver()
        } catch {
            shared.fail("\(error.call) \(error.file): \(error.reason)")
            return true
        }
        isCheckpointing = true
        checkpointedOperations = core.operationCount
        block.checkpoint = CheckpointSeed(position: core.position, ids: core.index.rotate())
        return false
    }
}
