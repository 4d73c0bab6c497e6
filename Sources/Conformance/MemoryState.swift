public import EVM

/// A whole state in dictionaries: what a test begins with and what it must end with.
public struct MemoryState: StateView, Sendable, Equatable {
    /// One account with its code and storage.
    public struct Account: Sendable, Equatable {
        /// Nonce, balance and code hash.
        public var state: AccountState
        /// The code itself.
        public var code: [UInt8]
        /// The slots that are not zero.
        public var storage: [U256: U256]

        /// An account; the code hash of `state` is taken from the code.
        public init(nonce: UInt64, balance: U256, code: [UInt8], storage: [U256: U256]) {
            let hash = code.isEmpty ? Hash256.emptyCode : keccak256(code)
            state = AccountState(nonce: nonce, balance: balance, codeHash: hash)
            self.code = code
            self.storage = storage.filter { !$0.value.isZero }
        }
    }

    /// All accounts that exist.
    public private(set) var accounts: [Address: Account]
    private var codes: [Hash256: [UInt8]] = [:]

    /// A state of these accounts.
    public init(_ accounts: [Address: Account]) {
        self.accounts = accounts
        for account in accounts.values where !account.code.isEmpty { codes[account.state.codeHash] = account.code }
    }

    /// Equality of the accounts; codes that nobody uses any more do not count.
    public static func == (left: MemoryState, right: MemoryState) -> Bool { left.accounts == right.accounts }

    /// The account, or nil where there is none.
    public func account(_ address: Address) -> AccountState? { accounts[address]?.state }

    /// The value of a slot.
    public func storage(_ address: Address, _ slot: U256) -> U256 { accounts[address]?.storage[slot] ?? .zero }

    /// The code with this hash.
    public func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? [] }

    /// Whether the account has a slot that is not zero.
    public func hasStorage(_ address: Address) -> Bool { !(accounts[address]?.storage.isEmpty ?? true) }

    /// What the official tests take for block hashes: keccak-256 of the number in decimal digits.
    public func blockHash(_ number: UInt64) -> Hash256 { keccak256([UInt8](String(number).utf8)) }

    /// Takes over what a transition changed.
    public mutating func apply(_ diff: StateDiff) {
        for change in diff.accounts {
            guard let state = change.account else {
                accounts[change.address] = nil
                continue
            }
            var account = accounts[change.address] ?? Account(nonce: 0, balance: .zero, code: [], storage: [:])
            account.state = state
            if state.codeHash == .emptyCode { account.code = [] }
            if let code = change.codeWritten {
                account.code = code
                codes[state.codeHash] = code
            }
            if change.storageCleared { account.storage = [:] }
            accounts[change.address] = account
        }
        for change in diff.storage {
            accounts[change.address, default: Account(nonce: 0, balance: .zero, code: [], storage: [:])]
                .storage[change.slot] = change.value.isZero ? nil : change.value
        }
    }

    /// The diff from an empty state to this one.
    var wholeDiff: StateDiff {
        var diff = StateDiff()
        for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
            diff.accounts.append(
                AccountChange(
                    address: address, account: account.state, codeWritten: account.code.isEmpty ? nil : account.code))
            for (slot, value) in account.storage {
                diff.storage.append(StorageChange(address: address, slot: slot, value: value))
            }
        }
        return diff
    }

    /// The first differences to another state, in words, for a failed test.
    public func differences(to other: MemoryState, limit: Int = 8) -> [String] {
        var found: [String] = []
        for address in Set(accounts.keys).union(other.accounts.keys).sorted() {
            let mine = accounts[address]
            let its = other.accounts[address]
            if mine == its { continue }
            guard let mine, let its else {
                found.append("\(address.hex): have \(mine == nil ? "no account" : "account"), need the reverse")
                continue
            }
            if mine.state.nonce != its.state.nonce {
                found.append("\(address.hex) nonce: have \(mine.state.nonce), need \(its.state.nonce)")
            }
            if mine.state.balance != its.state.balance {
                found.append("\(address.hex) balance: have \(mine.state.balance), need \(its.state.balance)")
            }
            if mine.code != its.code {
                found.append("\(address.hex) code: have \(mine.code.count) bytes, need \(its.code.count)")
            }
            for slot in Set(mine.storage.keys).union(its.storage.keys).sorted() {
                let have = mine.storage[slot] ?? .zero
                let need = its.storage[slot] ?? .zero
                if have != need { found.append("\(address.hex)[\(slot)]: have \(have), need \(need)") }
            }
        }
        return Array(found.prefix(limit))
    }
}
