import EVM

/// A small world for bytecode: one contract at `contract`, a rich sender, and whatever a test adds.
final class TestWorld: StateView {
    static let contract = Address(word: 0xc0de)
    static let sender = Address(word: 0x5e4d)
    static let recipient = Address(word: 0xfee)

    var accounts: [Address: AccountState] = [:]
    var codes: [Hash256: [UInt8]] = [:]
    var slots: [Address: [U256: U256]] = [:]
    /// What the machine has asked for, in order.
    private(set) var questions: [String] = []
    private let machine = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
    var fork = Fork.prague

    init(_ code: String = "", storage: [U256: U256] = [:], fork: Fork = .prague) {
        self.fork = fork
        accounts[Self.sender] = AccountState(balance: U256(hex: "0xffffffffffffffffffff")!)
        add(Self.contract, code, storage: storage)
    }

    /// Adds a contract, with spaces allowed in its code.
    func add(_ address: Address, _ code: String, balance: U256 = 0, storage: [U256: U256] = [:]) {
        let bytes = bytesFromHex(code.filter { !$0.isWhitespace })!
        let hash = bytes.isEmpty ? Hash256.emptyCode : keccak256(bytes)
        codes[hash] = bytes
        accounts[address] = AccountState(nonce: 1, balance: balance, codeHash: hash)
        slots[address] = storage
    }

    func account(_ address: Address) -> AccountState? {
        questions.append("account \(address.hex.suffix(4))")
        return accounts[address]
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        questions.append("slot \(address.hex.suffix(4)) \(slot)")
        return slots[address]?[slot] ?? .zero
    }

    func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }
    func hasStorage(_ address: Address) -> Bool { !(slots[address]?.isEmpty ?? true) }
    func blockHash(_ number: UInt64) -> Hash256 { Hash256(word: U256(number)) }

    /// The environment of every test's block.
    var block: BlockEnvironment {
        BlockEnvironment(
            number: 1000, timestampSeconds: 1_700_000_000, gasLimit: 100_000_000, feeRecipient: Self.recipient,
            prevrandao: Hash256(word: 7), chainID: 1, fork: fork)
    }

    /// Runs a transaction of a session.
    func run(
        to: Address? = contract, value: U256 = 0, data: [UInt8] = [], gas: UInt64 = 1_000_000
    ) -> Result<TransitionResult, TransactionRefusal> {
        questions = []
        return machine.transition(
            self, block, .session(sender: Self.sender, to: to, value: value, data: data, gasLimit: gas))
    }

    /// Runs any transaction.
    func run(_ transaction: Transaction) -> Result<TransitionResult, TransactionRefusal> {
        machine.transition(self, block, transaction)
    }
}

extension Result where Success == TransitionResult, Failure == TransactionRefusal {
    /// The result of a transaction that must be valid.
    var accepted: TransitionResult {
        switch self {
        case .success(let result): result
        case .failure(let refusal): preconditionFailure("refused: \(refusal)")
        }
    }

    /// Why a transaction was refused; nil when it was not.
    var refusal: TransactionRefusal? {
        if case .failure(let refusal) = self { refusal } else { nil }
    }
}
