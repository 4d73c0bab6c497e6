internal import EVM
internal import Foundation
internal import Ledger

/// States of old blocks, reached by executing the log again from the checkpoint before; one is kept.
final class PastStates: @unchecked Sendable {
    // Sendable: everything is used under `lock`.
    private let folder: String
    private let genesis: LedgerGenesis
    private let lock = NSLock()
    private var reached: (block: UInt64, world: WorldState)?

    init(folder: String, genesis: LedgerGenesis) {
        self.folder = folder
        self.genesis = genesis
    }

    /// Reads the state after a block; one reading at a time.
    func read<Value>(_ block: UInt64, _ body: (any StateView) throws(RPCError) -> Value) throws(RPCError) -> Value {
        lock.lock()
        defer { lock.unlock() }
        if let reached, reached.block == block { return try body(reached.world) }
        reached = nil
        let world = try world(after: block)
        reached = (block, world)
        return try body(world)
    }

    /// The world before a block, which may be changed; one at a time.
    func fresh(before block: UInt64) throws(RPCError) -> WorldState {
        lock.lock()
        defer { lock.unlock() }
        return try world(after: block - min(block, 1))
    }

    private func world(after block: UInt64) throws(RPCError) -> WorldState {
        if block == 0 {
            let world = WorldState()
            world.apply(genesis.diff)
            world.remember(blockHash: genesis.digest, number: 0)
            return world
        }
        do throws(LedgerError) {
            let inspection = try LedgerInspection(folder: folder, genesis: genesis, upTo: block)
            guard inspection.headNumber == block else {
                throw LedgerError.blocksMissing(head: inspection.headNumber, anchored: block)
            }
            return inspection.world
        } catch {
            throw .server("the state after block \(block) cannot be reached: \(error)")
        }
    }
}
