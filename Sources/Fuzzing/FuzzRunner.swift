public import EVM

/// A rule that did not hold, and the seed that shows it again.
public struct FuzzFailure: Sendable, Equatable {
    /// The case's seed.
    public let seed: UInt64
    /// What was wrong.
    public let reason: String
}

/// What the transactions of all cases came to.
public struct FuzzCounts: Sendable, Equatable {
    /// Transactions that took effect.
    public var succeeded = 0
    /// Transactions that took everything back.
    public var reverted = 0
    /// Transactions that broke a rule of the machine.
    public var halted = 0
    /// Transactions that could not be part of a block.
    public var refused = 0
    /// Why those that broke a rule did.
    public var halts: [Halt: Int] = [:]
    /// Gas that all of them used.
    public var gasUsed: UInt64 = 0
}

/// Runs cases and checks what must hold after every transaction, whatever it did.
public final class FuzzRunner {
    private let machine = Machine(fork: .osaka, chainID: 1, codeCache: CodeCache())
    /// Decodes every opcode for itself: what the other machine merges must come to the same.
    private let plainMachine = TracingMachine()
    /// Gas of a transaction up to which it is run by the plain machine too, which is slow.
    private static let plainGasMax: UInt64 = 800_000
    private var caseCount = 0
    /// What came of the transactions so far.
    public private(set) var counts = FuzzCounts()

    /// A runner with a machine of its own.
    public init() {}

    /// Runs a case; nil where every rule held.
    public func run(_ test: FuzzCase) -> FuzzFailure? {
        caseCount += 1
        var world = test.world
        // A machine of its own has no code decoded yet; making one costs more than most cases.
        let isCold = caseCount % 4 == 0
        let cold = isCold ? Machine(fork: test.fork, chainID: 1, codeCache: CodeCache()) : nil
        for transaction in test.transactions {
            if let reason = run(transaction, test, &world, cold) { return FuzzFailure(seed: test.seed, reason: reason) }
        }
        return nil
    }

    private func run(
        _ transaction: Transaction, _ test: FuzzCase, _ world: inout FuzzWorld, _ cold: Machine?
    ) -> String? {
        let block = test.block
        let result = machine.transition(world, block, transaction)
        if !machine.isIdle { return "the machine holds something of the transaction after its end" }
        if machine.transition(world, block, transaction) != result { return "the same again gives another result" }
        if let cold, cold.transition(world, block, transaction) != result {
            return "a machine without decoded code gives another result"
        }
        guard case .success(let outcome) = result else {
            counts.refused += 1
            return nil
        }
        if caseCount % 2 == 0 && transaction.gasLimit <= Self.plainGasMax {
            let plain = plainMachine.transition(world, block, transaction) { _ in }
            if !Self.isSame(plain, outcome) { return "opcodes that are not merged give another result" }
        }
        return check(outcome, transaction, test, &world)
    }

    /// Whether two machines came to the same; of several rules that a block breaks, each may name another.
    private static func isSame(
        _ left: Result<TransitionResult, TransactionRefusal>, _ right: TransitionResult
    ) -> Bool {
        guard case .success(var left) = left else { return false }
        if case .halted = left.receipt.outcome, case .halted = right.receipt.outcome {
            left.receipt.outcome = right.receipt.outcome
        }
        return left == right
    }

    private func check(
        _ outcome: TransitionResult, _ transaction: Transaction, _ test: FuzzCase, _ world: inout FuzzWorld
    ) -> String? {
        let receipt = outcome.receipt
        switch receipt.outcome {
        case .success: counts.succeeded += 1
        case .reverted: counts.reverted += 1
        case .halted(let halt):
            counts.halted += 1
            counts.halts[halt, default: 0] += 1
        }
        counts.gasUsed += receipt.gasUsed
        if receipt.gasUsed > transaction.gasLimit {
            return "\(receipt.gasUsed) gas used of \(transaction.gasLimit)"
        }
        if receipt.gasUsed == 0 { return "no gas used" }
        if !receipt.succeeded && !receipt.logs.isEmpty { return "logs of a transaction without effect" }
        let before = world.balanceSum
        if let reason = world.apply(outcome.diff) { return reason }
        // The base fee and the blob fee are burnt; the rest of the price moves to the fee recipient.
        let burntPerGas = transaction.kind == .session ? U256.zero : test.block.baseFee
        let blobFee = U256(UInt64(transaction.blobHashes.count) << 17) &* test.block.blobBaseFee
        let expected = before &- U256(receipt.gasUsed) &* burntPerGas &- blobFee
        let after = world.balanceSum
        if after > expected || (after < expected && !test.mayDestroyAccounts) {
            return "balances add up to \(after) instead of \(expected)"
        }
        return nil
    }
}
