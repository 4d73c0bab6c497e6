public import EVM

/// Runs one operation after the other on the calling thread.
public final class SequentialExecutor: BlockExecutor {
    private let machine: any TransitionMachine
    private let checker: ConservationChecker
    private let forecast: AccessForecast?
    private var undo = UndoLog()
    /// Whether results hold what operations wrote.
    public var keepsDiffs = true

    /// An executor with a machine of its own that checks these rules.
    public convenience init(machine: any TransitionMachine, rules: [AssetRule]) {
        self.init(machine: machine, rules: rules, forecast: machine.memo.map { AccessForecast(memo: $0) })
    }

    /// The same with another forecast, or none.
    init(machine: any TransitionMachine, rules: [AssetRule], forecast: AccessForecast?) {
        self.machine = machine
        self.forecast = forecast
        checker = ConservationChecker(rules: rules, memo: machine.memo)
    }

    /// Hashes ahead, and asks for memory ahead, what operations of these kinds have read before.
    public func prepare(_ operations: ArraySlice<Operation>, world: WorldState) {
        forecast?.prepare(operations, world: world)
    }

    /// Runs operations in order and appends one result each.
    public func execute(
        _ operations: ArraySlice<Operation>, in environment: BlockEnvironment, world: WorldState,
        into results: inout [OperationResult]
    ) {
        // Who hands over one at a time has prepared them itself.
        let isPrepared = operations.count == 1
        let first = operations.startIndex
        // In place: a copy of an operation counts its references.
        operations.withUnsafeBufferPointer { all in
            var index = 0
            var prepared = isPrepared ? all.count : 0
            while index < all.count {
                if index >= prepared {
                    prepared = min(index + LedgerLimits.chunkOperationsMax, all.count)
                    prepare(operations[first + index..<first + prepared], world: world)
                }
                if all[index].linkedWithNext, index + 1 < all.count {
                    index = executeGroup(all, from: index, environment, world, &results)
                } else {
                    results.append(executeOne(all[index], environment, world))
                    index += 1
                }
            }
        }
    }

    private func executeOne(
        _ operation: Operation, _ environment: BlockEnvironment, _ world: WorldState
    ) -> OperationResult {
        let transition =
            if let forecast, forecast.wants(operation.id) {
                forecast.sample(operation.transaction, world) { machine.transition($0, environment, operation.transaction) }
            } else {
                machine.transition(world, environment, operation.transaction)
            }
        switch transition {
        case .failure(let refusal):
            return .refused(.transaction(refusal))
        case .success(let result):
            if let violation = checker.violation(in: result, before: world) {
                return .refused(.conservationViolated(violation))
            }
            world.mark(checker.explained)
            world.apply(result.diff)
            return .accepted(result.receipt, keepsDiffs ? result.diff : StateDiff())
        }
    }

    /// Runs the group that begins at `first`; returns the index behind it.
    private func executeGroup(
        _ operations: UnsafeBufferPointer<Operation>, from first: Int, _ environment: BlockEnvironment,
        _ world: WorldState, _ results: inout [OperationResult]
    ) -> Int {
        var end = first
        while operations[end].linkedWithNext, end + 1 < operations.count { end += 1 }
        end += 1
        let start = results.count
        undo.markBytes = world.markBytes
        for index in first..<end {
            if let failure = executeMember(operations[index], environment, world, &results) {
                world.rollBack(&undo)
                results.removeSubrange(start...)
                let failed = OperationResult.linkedFailed(failedIndex: index - first, failure)
                results.append(contentsOf: repeatElement(failed, count: end - first))
                return end
            }
        }
        undo.steps.removeAll(keepingCapacity: true)
        return end
    }

    private func executeMember(
        _ operation: Operation, _ environment: BlockEnvironment, _ world: WorldState,
        _ results: inout [OperationResult]
    ) -> LinkedFailure? {
        switch machine.transition(world, environment, operation.transaction) {
        case .failure(let refusal):
            return .refused(.transaction(refusal))
        case .success(let result):
            guard result.receipt.succeeded else { return .unsuccessful(result.receipt) }
            if let violation = checker.violation(in: result, before: world) {
                return .refused(.conservationViolated(violation))
            }
            world.note(result.diff, in: &undo)
            world.mark(checker.explained)
            world.apply(result.diff)
            results.append(.accepted(result.receipt, keepsDiffs ? result.diff : StateDiff()))
            return nil
        }
    }

    /// Runs a call and forgets what it changed.
    public func view(_ call: ViewCall, in environment: BlockEnvironment, world: any StateView) -> Receipt {
        machine.call(
            world, environment, from: call.sender, to: call.to, data: call.data, gas: LedgerLimits.viewGasMax)
    }
}
