internal import EVM
internal import Ledger
internal import Synchronization

/// What a call replaces of the state (the third parameter of eth_call).
struct StateOverride {
    var balance: U256?
    var nonce: UInt64?
    var code: [UInt8]?
    /// All slots, where the storage is replaced whole.
    var state: [U256: U256]?
    /// Some slots.
    var stateDiff: [U256: U256] = [:]

    /// Reads the overrides of one account.
    init(_ json: JSON, _ name: String) throws(RPCError) {
        guard case .object(let members) = json else { throw Read.wrong(name, "an object", json) }
        for (key, value) in members where value != .null {
            switch key {
            case "balance": balance = try Read.quantity(value, name + ".balance")
            case "nonce": nonce = try Read.number(value, name + ".nonce")
            case "code": code = try Read.data(value, name + ".code")
            case "state": state = try Self.slots(value, name + ".state")
            case "stateDiff": stateDiff = try Self.slots(value, name + ".stateDiff")
            default: throw .invalidParameters("\(name).\(key) is none of balance, nonce, code, state, stateDiff")
            }
        }
        if state != nil, !stateDiff.isEmpty { throw .invalidParameters("\(name) has both state and stateDiff") }
    }

    private static func slots(_ json: JSON, _ name: String) throws(RPCError) -> [U256: U256] {
        guard case .object(let members) = json else { throw Read.wrong(name, "an object", json) }
        var slots: [U256: U256] = [:]
        for (key, value) in members {
            slots[try Read.quantity(.string(key), name)] = try Read.quantity(value, "\(name).\(key)")
        }
        return slots
    }

    /// Reads the overrides of all accounts.
    static func all(_ json: JSON?, _ name: String) throws(RPCError) -> [Address: StateOverride] {
        guard let json else { return [:] }
        guard case .object(let members) = json else { throw Read.wrong(name, "an object", json) }
        guard members.count <= 256 else { throw .limit("\(members.count) accounts in \(name); at most 256") }
        var all: [Address: StateOverride] = [:]
        for (key, value) in members { all[try Read.address(.string(key), name)] = try StateOverride(value, "\(name).\(key)") }
        return all
    }
}

/// A state with overrides and with the digests of blocks, which notes what is read.
final class CallView: StateView {
    private let base: any StateView
    private let overrides: [Address: StateOverride]
    private let codes: [Hash256: [UInt8]]
    private let codeHashes: [Address: Hash256]
    private let hash: (UInt64) -> Hash256
    /// An account whose code does not keep it from sending (EIP-3607 is no rule for questions).
    private let freeSender: Address?
    private(set) var accountsRead: Set<Address> = []
    private(set) var slotsRead: [Address: Set<U256>] = [:]

    init(
        _ base: any StateView, overrides: [Address: StateOverride], freeSender: Address? = nil,
        blockHash: @escaping (UInt64) -> Hash256
    ) {
        self.base = base
        self.overrides = overrides
        self.freeSender = freeSender
        hash = blockHash
        var codes: [Hash256: [UInt8]] = [:]
        var codeHashes: [Address: Hash256] = [:]
        for (address, change) in overrides {
            guard let code = change.code else { continue }
            let digest = code.isEmpty ? Hash256.emptyCode : keccak256(code)
            codes[digest] = code
            codeHashes[address] = digest
        }
        self.codes = codes
        self.codeHashes = codeHashes
    }

    func account(_ address: Address) -> AccountState? {
        accountsRead.insert(address)
        var state = base.account(address)
        if let change = overrides[address] {
            var changed = state ?? AccountState()
            if let balance = change.balance { changed.balance = balance }
            if let nonce = change.nonce { changed.nonce = nonce }
            if let hash = codeHashes[address] { changed.codeHash = hash }
            state = changed
        }
        if address == freeSender, state?.codeHash != .emptyCode { state?.codeHash = .emptyCode }
        return state
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        slotsRead[address, default: []].insert(slot)
        if let change = overrides[address] {
            if let state = change.state { return state[slot] ?? .zero }
            if let value = change.stateDiff[slot] { return value }
        }
        return base.storage(address, slot)
    }

    func code(_ hash: Hash256) -> [UInt8] { codes[hash] ?? base.code(hash) }

    func hasStorage(_ address: Address) -> Bool {
        if let state = overrides[address]?.state { return state.values.contains { !$0.isZero } }
        return base.hasStorage(address)
    }

    func blockHash(_ number: UInt64) -> Hash256 { hash(number) }
}

/// Machines that answer questions, used again; none of them is the executor's.
final class MachinePool: Sendable {
    private final class Box: @unchecked Sendable {
        // Sendable: whoever took it out of the pool has it alone.
        let machine: Machine

        init(_ machine: Machine) { self.machine = machine }
    }

    private let idle = Mutex<[Box]>([])
    private let fork: Fork
    private let chainID: UInt64
    private let codes = CodeCache()

    init(_ genesis: LedgerGenesis) {
        fork = genesis.fork
        chainID = genesis.chainID
    }

    /// Lends a machine.
    func with<Value>(_ body: (Machine) -> Value) -> Value {
        let box = idle.withLock { $0.popLast() } ?? Box(Machine(fork: fork, chainID: chainID, codeCache: codes))
        defer { idle.withLock { $0.append(box) } }
        return body(box.machine)
    }
}
