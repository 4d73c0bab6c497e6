internal import EVM

/// One worker's means of executing units: a machine, a view and a checker of its own.
final class UnitRunner: @unchecked Sendable {
    // Sendable: it belongs to one worker.
    private let machine: any TransitionMachine
    private let checker: ConservationChecker
    private let view: UnitView
    private let shared: SharedWorld
    private let spacing = OwnLines.Spacing()

    init(machine: any TransitionMachine, rules: [AssetRule], shared: SharedWorld, record: RecordPointer) {
        self.machine = machine
        self.shared = shared
        checker = ConservationChecker(rules: rules, memo: machine.memo)
        view = UnitView(shared: shared, record: record)
    }

    /// Begins a run of units.
    func beginRun() { view.beginRun() }

    /// Executes the operations of a unit; the record then holds all that was read, written and answered.
    func execute(
        _ operations: UnsafeBufferPointer<Operation>, into record: RecordPointer, _ environment: BlockEnvironment,
        follows: Bool
    ) {
        record.pointee.removeAll()
        // Fees and hot slots need the machine's help; where there are neither it is not asked for it.
        let asksMachine = follows && (shared.hasHotSlots || operations[0].transaction.kind != .session)
        view.begin(into: record, isGroup: operations.count > 1, follows: asksMachine)
        if operations.count > 1 {
            executeGroup(operations, record, environment)
        } else {
            executeOne(operations[0], record, environment, follows: follows)
        }
    }

    private func executeOne(
        _ operation: Operation, _ record: RecordPointer, _ environment: BlockEnvironment, follows: Bool
    ) {
        let transition =
            view.follows
            ? machine.transition(view, environment, operation.transaction, notes: record.pointee.notes)
            : machine.transition(view, environment, operation.transaction)
        switch transition {
        case .failure(let refusal): record.pointee.results.append(.refused(.transaction(refusal)))
        case .success(let result):
            if let violation = check(result, record) {
                record.pointee.removeWrites()
                record.pointee.results.append(.refused(.conservationViolated(violation)))
                return
            }
            view.enter(result.diff)
            record.pointee.receipt = result.receipt
            record.pointee.diff = result.diff
            if follows { followAccounts(operation.transaction, record, environment) }
        }
    }

    /// Notes of which accounts only a number matters that others may change: the fee recipient's balance, and the nonce of a
    /// session's sender that is neither named nor used.
    private func followAccounts(_ transaction: Transaction, _ record: RecordPointer, _ environment: BlockEnvironment) {
        if view.follows, record.pointee.noted.pointee.isFeeDelta {
            record.pointee.feeRead = view.indexOfLastRead(environment.feeRecipient)
        }
        guard transaction.kind == .session, transaction.nonce == nil, transaction.to != nil else { return }
        let index = view.indexOfLastRead(transaction.sender)
        // Who has no code creates nothing, so that its nonce names no contract.
        if index >= 0, record.pointee.accountReads.elements[index].fields.codeHash == .emptyCode {
            record.pointee.senderRead = index
        }
    }

    private func executeGroup(
        _ operations: UnsafeBufferPointer<Operation>, _ record: RecordPointer, _ environment: BlockEnvironment
    ) {
        for (offset, operation) in operations.enumerated() {
            guard let failure = executeMember(operation, record, environment) else { continue }
            record.pointee.removeWrites()
            record.pointee.results.removeAll(keepingCapacity: true)
            let failed = OperationResult.linkedFailed(failedIndex: offset, failure)
            record.pointee.results.append(contentsOf: repeatElement(failed, count: operations.count))
            return
        }
        view.closeGroup()
    }

    private func executeMember(
        _ operation: Operation, _ record: RecordPointer, _ environment: BlockEnvironment
    ) -> LinkedFailure? {
        switch machine.transition(view, environment, operation.transaction) {
        case .failure(let refusal): return .refused(.transaction(refusal))
        case .success(let result):
            guard result.receipt.succeeded else { return .unsuccessful(result.receipt) }
            if let violation = check(result, record) { return .refused(.conservationViolated(violation)) }
            view.enter(result.diff)
            record.pointee.results.append(.accepted(result.receipt, result.diff))
            return nil
        }
    }

    /// Checks conservation and notes on what that rests.
    private func check(_ result: TransitionResult, _ record: RecordPointer) -> ConservationViolation? {
        let violation = checker.violation(in: result, before: view)
        for change in checker.unexplained.elements {
            view.noteBalanceRead(change)
        }
        if view.follows, checker.isChecking {
            view.noteCheck(foundViolation: violation != nil)
            // The check has read the events: what they hold of a followed slot must not change any more.
            for patch in record.pointee.notes.patches
            where patch.place != .output && checker.checks(result.receipt.logs[patch.log].address) {
                record.pointee.noted.pointee.reads[patch.read].narrow(down: .zero, up: .zero)
            }
        }
        if violation == nil {
            for balance in checker.explained.elements { view.mark(balance) }
        }
        return violation
    }
}
