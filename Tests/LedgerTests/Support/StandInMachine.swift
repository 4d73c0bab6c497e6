import EVM

@testable import Ledger

/// A machine with a handful of fixed "contracts", so that the ledger's tests do not depend on the EVM.
///
/// The first byte of the data says what happens: see `Call`.
final class StandInMachine: TransitionMachine {
    enum Call: UInt8 {
        /// Moves an amount of the called token and says so in an event; reverts where there is too little.
        case transfer
        case revert
        case halt
        /// Moves an amount and says nothing.
        case silentTransfer
        /// Says that it moved an amount and does not.
        case emptyTransfer
        /// Writes a slot that is no balance.
        case otherSlot
        /// Returns a balance.
        case balance
        /// Returns the block's time in seconds and its number.
        case clock
    }

    static let balancesSlot = U256(3)
    static let transferTopic = keccak256(Array("Transfer(address,address,uint256)".utf8)).word

    static func slot(of account: Address) -> U256 {
        keccak256(Hash256(word: balancesSlot).bytes + Hash256(word: account.word).bytes).word
    }

    func transition(
        _ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction
    ) -> Result<TransitionResult, TransactionRefusal> {
        var sender = view.account(transaction.sender) ?? AccountState()
        if let nonce = transaction.nonce, nonce != sender.nonce {
            return .failure(
                nonce < sender.nonce
                    ? .nonceTooLow(have: nonce, need: sender.nonce) : .nonceTooHigh(have: nonce, need: sender.nonce))
        }
        sender.nonce += 1
        var result = run(view, block, transaction)
        result.diff.accounts = [AccountChange(address: transaction.sender, account: sender)]
        return .success(result)
    }

    func call(
        _ view: any StateView, _ block: BlockEnvironment, from sender: Address, to target: Address, data: [UInt8],
        gas: UInt64
    ) -> Receipt {
        run(view, block, .session(sender: sender, to: target, data: data, gasLimit: gas)).receipt
    }

    private func run(_ view: any StateView, _ block: BlockEnvironment, _ transaction: Transaction) -> TransitionResult {
        guard let token = transaction.to, let code = transaction.data.first, let call = Call(rawValue: code) else {
            return TransitionResult(
                receipt: Receipt(outcome: .halted(.undefinedInstruction), gasUsed: 9), diff: StateDiff())
        }
        switch call {
        case .transfer, .silentTransfer, .emptyTransfer: return move(view, token, transaction, call)
        case .revert:
            return TransitionResult(
                receipt: Receipt(outcome: .reverted, gasUsed: 21_500, output: transaction.data), diff: StateDiff())
        case .halt:
            return TransitionResult(
                receipt: Receipt(outcome: .halted(.outOfGas), gasUsed: transaction.gasLimit), diff: StateDiff())
        case .otherSlot:
            let change = StorageChange(address: token, slot: U256(77), value: U256(bigEndian: transaction.data))
            return TransitionResult(
                receipt: Receipt(outcome: .success, gasUsed: 22_000), diff: StateDiff(storage: [change]))
        case .balance:
            let account = Address(bytes: transaction.data[1..<21])
            return TransitionResult(
                receipt: Receipt(
                    outcome: .success, gasUsed: 2_000,
                    output: view.storage(token, Self.slot(of: account)).bigEndianBytes),
                diff: StateDiff())
        case .clock:
            let output = U256(block.timestampSeconds).bigEndianBytes + U256(block.number).bigEndianBytes
            return TransitionResult(
                receipt: Receipt(outcome: .success, gasUsed: 2_000, output: output), diff: StateDiff())
        }
    }

    private func move(
        _ view: any StateView, _ token: Address, _ transaction: Transaction, _ call: Call
    ) -> TransitionResult {
        let to = Address(bytes: transaction.data[1..<21])
        let amount = U256(bigEndian: transaction.data[21..<29])
        let fromSlot = Self.slot(of: transaction.sender)
        let toSlot = Self.slot(of: to)
        let have = view.storage(token, fromSlot)
        if have < amount {
            return TransitionResult(
                receipt: Receipt(outcome: .reverted, gasUsed: 23_000, output: have.bigEndianBytes), diff: StateDiff())
        }
        var diff = StateDiff()
        if call != .emptyTransfer, fromSlot != toSlot, !amount.isZero {
            diff.storage = [
                StorageChange(address: token, slot: fromSlot, value: have &- amount),
                StorageChange(address: token, slot: toSlot, value: view.storage(token, toSlot) &+ amount),
            ].sorted { $0.slot < $1.slot }
        }
        var receipt = Receipt(outcome: .success, gasUsed: 30_000, output: U256(1).bigEndianBytes)
        if call != .silentTransfer {
            receipt.logs = [
                EmittedLog(
                    address: token, topics: [Self.transferTopic, transaction.sender.word, to.word],
                    data: amount.bigEndianBytes)
            ]
        }
        return TransitionResult(receipt: receipt, diff: diff)
    }
}
