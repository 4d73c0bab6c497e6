internal import EVM

/// One worker's means of executing units: a machine, a view and a checker of its own.
final class UnitRunner: @unchecked Sendable {
    // Sendable: it belongs to one worker.
    private let machine: any TransitionMachine
    private let checker: ConservationChecker
    private let view: UnitView

    init(machine: any TransitionMachine, rules: [AssetRule], shared: SharedWorld, record: UnitRecord) {
        self.machine = machine
        checker = ConservationChecker(rules: rules, memo: machine.memo)
        view = UnitView(shared: shared, record: record)
    }

    /// Begins a run of units.
    func beginRun() { view.beginRun() }

    /// Executes the operations of a unit; the record then holds all that was read, written and answered.
    func execute(
        _ operations: UnsafeBufferPointer<Operation>, into record: UnitRecord, _ environment: BlockEnvironment
    ) {
        record.removeAll()
        view.begin(into: record, isGroup: operations.count > 1)
        if operations.count > 1 {
            executeGroup(operations, record, environment)
        } else {
            record.results.append(executeOne(operations[0], record, environment))
        }
    }

    private func executeOne(
        _ operation: Operation, _ record: UnitRecord, _ environment: BlockEnvironment
    ) -> OperationResult {
        switch machine.transition(view, environment, operation.transaction) {
        case .failure(let refusal): return .refused(.transaction(refusal))
        case .success(let result):
            if let violation = check(result, record) {
                record.removeWrites()
                return .refused(.conservationViolated(violation))
            }
            view.enter(result.diff)
            return .accepted(result.receipt, result.diff)
        }
    }

    private func executeGroup(
        _ operations: UnsafeBufferPointer<Operation>, _ record: UnitRecord, _ environment: BlockEnvironment
    ) {
        for (offset, operation) in operations.enumerated() {
            guard let failure = executeMember(operation, record, environment) else { continue }
            record.removeWrites()
            record.results.removeAll(keepingCapacity: true)
            let failed = OperationResult.linkedFailed(failedIndex: offset, failure)
            record.results.append(contentsOf: repeatElement(failed, count: operations.count))
            return
        }
        view.closeGroup()
    }

    private func executeMember(
        _ operation: Operation, _ record: UnitRecord, _ environment: BlockEnvironment
    ) -> LinkedFailure? {
        switch machine.transition(view, environment, operation.transaction) {
        case .failure(let refusal): return .refused(.transaction(refusal))
        case .success(let result):
            guard result.receipt.succeeded else { return .unsuccessful(result.receipt) }
            if let violation = check(result, record) { return .refused(.conservationViolated(violation)) }
            view.enter(result.diff)
            record.results.append(.accepted(result.receipt, result.diff))
            return nil
        }
    }

    /// Checks conservation and notes on what that rests.
    private func check(_ result: TransitionResult, _ record: UnitRecord) -> ConservationViolation? {
        let violation = checker.violation(in: result, before: view)
        for change in checker.unexplained.elements {
            view.noteBalanceRead(change)
        }
        if violation == nil {
            for balance in checker.explained.elements { view.mark(balance) }
        }
        return violation
    }
}
