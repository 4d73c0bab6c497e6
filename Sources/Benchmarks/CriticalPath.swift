internal import EVM
internal import Ledger

/// A view that notes what was read, to find what depends on what.
final class RecordingView: StateView {
    private let world: WorldState
    private(set) var accounts: [Address] = []
    private(set) var slots: [StorageKey] = []

    /// A storage slot of an account.
    struct StorageKey: Hashable {
        var address: Address
        var slot: U256
    }

    init(_ world: WorldState) { self.world = world }

    /// Forgets what was read.
    func begin() {
        accounts.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
    }

    func account(_ address: Address) -> AccountState? {
        accounts.append(address)
        return world.account(address)
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        slots.append(StorageKey(address: address, slot: slot))
        return world.storage(address, slot)
    }

    func code(_ hash: Hash256) -> [UInt8] { world.code(hash) }
    func hasStorage(_ address: Address) -> Bool { world.hasStorage(address) }
    func blockHash(_ number: UInt64) -> Hash256 { world.blockHash(number) }
}

/// The longest chain of operations that each read what the one before wrote, in gas.
struct CriticalPath {
    private var ends: [RecordingView.StorageKey: UInt64] = [:]
    private var accountEnds: [Address: UInt64] = [:]
    private(set) var longest: UInt64 = 0
    private(set) var total: UInt64 = 0

    /// Begins another block: nothing depends on what was before.
    mutating func beginBlock() {
        ends.removeAll(keepingCapacity: true)
        accountEnds.removeAll(keepingCapacity: true)
    }

    /// Adds an operation that was executed over the view.
    mutating func add(_ result: TransitionResult, reads view: RecordingView) -> UInt64 {
        var start: UInt64 = 0
        for slot in view.slots { start = max(start, ends[slot] ?? 0) }
        for address in view.accounts { start = max(start, accountEnds[address] ?? 0) }
        let end = start + result.receipt.gasUsed
        for change in result.diff.storage {
            ends[RecordingView.StorageKey(address: change.address, slot: change.slot)] = end
        }
        for change in result.diff.accounts { accountEnds[change.address] = end }
        return end
    }
}
