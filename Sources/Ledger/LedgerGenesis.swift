public import EVM

/// An account that exists from the start.
public struct GenesisAccount: Sendable, Equatable {
    /// Its address.
    public var address: Address
    /// Nonce, balance, code hash.
    public var state: AccountState
    /// The code behind the code hash.
    public var code: [UInt8]
    /// Its slots; zeros are ignored.
    public var storage: [(slot: U256, value: U256)]

    /// An account with its code and storage.
    public init(address: Address, state: AccountState, code: [UInt8] = [], storage: [(slot: U256, value: U256)] = []) {
        self.address = address
        self.state = state
        self.code = code
        self.storage = storage
    }

    /// Equality of everything, slots in order.
    public static func == (a: GenesisAccount, b: GenesisAccount) -> Bool {
        a.address == b.address && a.state == b.state && a.code == b.code
            && a.storage.elementsEqual(b.storage) { $0.slot == $1.slot && $0.value == $1.value }
    }
}

/// Everything that determines a world before its first block.
public struct LedgerGenesis: Sendable, Equatable {
    /// The chain's id.
    public var chainID: UInt64
    /// The rules, for ever.
    public var fork: Fork
    /// Milliseconds since 1970; no block is earlier.
    public var timestampMilliseconds: UInt64
    /// Gas that one transaction may ask for at most.
    public var gasLimit: UInt64
    /// The accounts, in any order, each address once.
    public var accounts: [GenesisAccount]
    /// How the assets are kept.
    public var rules: [AssetRule]

    /// A genesis.
    public init(
        chainID: UInt64 = 31_337, fork: Fork = .prague, timestampMilliseconds: UInt64 = 0,
        gasLimit: UInt64 = 30_000_000, accounts: [GenesisAccount] = [], rules: [AssetRule] = []
    ) {
        self.chainID = chainID
        self.fork = fork
        self.timestampMilliseconds = timestampMilliseconds
        self.gasLimit = gasLimit
        self.accounts = accounts
        self.rules = rules
    }

    /// SHA-256 of a canonical encoding of all of it: the world's name.
    public var digest: Hash256 {
        var buffer = ByteBuffer()
        Array("hoard:genesis:1".utf8).withUnsafeBytes { buffer.append(raw: $0) }
        buffer.append(fixed: chainID)
        buffer.append(variable: UInt64(fork.rawValue))
        buffer.append(fixed: timestampMilliseconds)
        buffer.append(fixed: gasLimit)
        buffer.append(variable: UInt64(accounts.count))
        for account in accounts.sorted(by: { $0.address.word < $1.address.word }) {
            buffer.append(account.address)
            buffer.append(variable: account.state.nonce)
            buffer.append(account.state.balance)
            buffer.append(account.state.codeHash.word)
            buffer.append(counted: account.code)
            let slots = account.storage.filter { !$0.value.isZero }.sorted { $0.slot < $1.slot }
            buffer.append(variable: UInt64(slots.count))
            for (slot, value) in slots {
                buffer.append(slot)
                buffer.append(value)
            }
        }
        encodeRules(into: &buffer)
        return sha256(buffer.bytes)
    }

    private func encodeRules(into buffer: inout ByteBuffer) {
        buffer.append(variable: UInt64(rules.count))
        for rule in rules {
            buffer.append(rule.contract)
            buffer.append(rule.kind.rawValue)
            buffer.append(rule.balancesSlot)
            switch rule.otherSlots {
            case .none: buffer.append(UInt8(0))
            case .any: buffer.append(UInt8(1))
            case .listed(let slots):
                buffer.append(UInt8(2))
                buffer.append(variable: UInt64(slots.count))
                for slot in slots { buffer.append(slot) }
            }
        }
    }

    /// The genesis as one write set, in canonical order.
    public var diff: StateDiff {
        let sorted = accounts.sorted { $0.address.word < $1.address.word }
        var diff = StateDiff()
        for account in sorted {
            diff.accounts.append(
                AccountChange(address: account.address, account: account.state, codeWritten: account.code))
            for (slot, value) in account.storage.sorted(by: { $0.slot < $1.slot }) where !value.isZero {
                diff.storage.append(StorageChange(address: account.address, slot: slot, value: value))
            }
        }
        return diff
    }

    /// The environment of one micro-block of this world.
    public func environment(number: UInt64, timestampMilliseconds: UInt64, prevrandao: Hash256) -> BlockEnvironment {
        BlockEnvironment(
            number: number, timestampSeconds: timestampMilliseconds / 1_000, gasLimit: gasLimit,
            prevrandao: prevrandao, chainID: chainID, fork: fork)
    }
}
