public import EVM

extension StateTest {
    /// A benchmark case: one transaction with the state and the block that it needs.
    public static func benchmark(_ path: String) throws -> (
        pre: MemoryState, block: BlockEnvironment, transaction: Transaction
    ) {
        let file = try JSONValue.file(path)
        guard let environment = file["env"], let fields = file["transaction"], let pre = file["pre"] else {
            throw FixtureError(description: "\(path): no env, no transaction or no pre")
        }
        guard let fork = Fork(suiteName: try file.text("fork")) else {
            throw FixtureError(description: "\(path): no fork that is known")
        }
        let block = BlockEnvironment(
            number: try environment.number("currentNumber"),
            timestampSeconds: try environment.number("currentTimestamp"),
            gasLimit: try environment.word("currentGasLimit").clampedToUInt64,
            feeRecipient: try environment.address("currentCoinbase") ?? .zero,
            baseFee: try environment.word("currentBaseFee"), chainID: 1, fork: fork)
        let transaction = Transaction(
            kind: .legacy, sender: try fields.address("sender") ?? .zero, nonce: try fields.number("nonce"),
            gasLimit: try fields.number("gasLimit"), gasPrice: try fields.word("gasPrice"),
            to: try fields.address("to"), value: try fields.word("value"), data: try fields.bytes("data"))
        return (try pre.state(), block, transaction)
    }
}
