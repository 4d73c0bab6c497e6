internal import EVM
internal import Ledger

/// Runs transactions as the parallel executor's workers do, with every slot followed as a number that others may change: a
/// state test has one transaction, so this is the whole of the parallel path that it can go.
final class FollowingMachine: TransitionMachine {
    private let machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
    private let notes = DeltaNotes()

    /// The same state, whose slots are all to be followed.
    private final class FollowedState: StateView {
        private let state: any StateView
        private let notes: DeltaNotes

        init(_ state: any StateView, _ notes: DeltaNotes) {
            self.state = state
            self.notes = notes
        }

        func account(_ address: Address) -> AccountState? { state.account(address) }
        func storage(_ address: Address, _ slot: U256) -> U256 {
            _ = notes.noted.pointee.followLast()
            return state.storage(address, slot)
        }
        func code(_ hash: Hash256) -> [UInt8] { state.code(hash) }
        func hasStorage(_ address: Address) -> Bool { state.hasStorage(address) }
        func blockHash(_ number: UInt64) -> Hash256 { state.blockHash(number) }
    }

    func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        let result = machine.transition(FollowedState(view, notes), block, transaction, notes: notes)
        for read in notes.elements {
            // What was seen is among what is allowed, whatever was demanded.
            precondition(read.holds(read.base), "an interval without its own value")
        }
        return result
    }

    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt { machine.call(view, block, from: sender, to: target, data: data, gas: gas) }
}
