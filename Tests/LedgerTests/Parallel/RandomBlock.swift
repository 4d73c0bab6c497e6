import EVM

@testable import Ledger

/// Blocks of random operations over random contracts, all from one seed: storage, value, calls, creations,
/// destructions, reverts, wrong nonces, missing funds, fees, linked groups.
struct RandomBlock {
    var random: SeededGenerator
    let contracts: [Address]
    let players: [Address]
    /// Accounts that delegate to contracts now and then (EIP-7702).
    let authorities: [Address]
    /// Few slots make many conflicts.
    let slotCount: Int

    init(seed: UInt64, contracts: Int = 6, players: Int = 12, slotCount: Int = 4) {
        random = SeededGenerator(state: seed)
        self.contracts = (0..<contracts).map { Address(word: U256(UInt64(0xc000 + $0))) }
        self.players = (0..<players).map { Address(word: U256(UInt64(0xa0000 + $0))) }
        authorities = (0..<3).map { Address(word: U256(UInt64(0xde1e0 + $0))) }
        self.slotCount = slotCount
    }

    private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    // MARK: Contracts

    private func push(_ value: UInt64) -> [UInt8] {
        let bytes = Array(U256(value).bigEndianBytes.drop { $0 == 0 })
        return bytes.isEmpty ? [0x5f] : [0x5f + UInt8(bytes.count)] + bytes
    }

    private func push(_ address: Address) -> [UInt8] { [0x73] + address.bytes }

    /// A program of some statements, each of which leaves the stack as it was.
    mutating func program() -> [UInt8] {
        var code: [UInt8] = []
        for _ in 0...below(7) { code += statement() }
        // Returns slot 0.
        return code + push(0) + [0x54, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]
    }

    private mutating func slot() -> [UInt8] { push(UInt64(below(slotCount))) }

    private mutating func statement() -> [UInt8] {
        switch below(16) {
        case 0...3:
            // slot += constant
            let slot = slot()
            return push(UInt64(below(5))) + slot + [0x54, 0x01] + slot + [0x55]
        case 4:
            // slot -= 1 unless it is below 3
            let slot = slot()
            let taking = push(1) + slot + [0x54, 0x03] + slot + [0x55]
            return conditional(push(3) + slot + [0x54, 0x10], orElse: taking)
        case 5, 6:
            // slot = other slot + caller's balance
            return slot() + [0x54, 0x33, 0x31, 0x01] + slot() + [0x55]
        case 7: return push(UInt64(below(3))) + slot() + [0x55]
        case 8:
            // Reverts where the lowest bit of a slot is set.
            let body: [UInt8] = push(1) + slot() + [0x54, 0x16, 0x15]
            return conditional(body, orElse: [0x5f, 0x5f, 0xfd])
        case 9, 10:
            // Calls another contract with some wei.
            return [0x5f, 0x5f, 0x5f, 0x5f] + push(UInt64(below(3))) + push(contracts[below(contracts.count)])
                + push(60_000) + [0xf1, 0x50]
        case 11:
            // Pays a player.
            return [0x5f, 0x5f, 0x5f, 0x5f] + push(UInt64(below(4))) + push(players[below(players.count)])
                + push(9_000) + [0xf1, 0x50]
        case 12:
            // Creates a contract that stores something and may destroy itself.
            let initcode: [UInt8] = [0x60, UInt8(below(3)), 0x5f, 0x55] + (below(2) == 0 ? [0x5f, 0xff] : [0x00])
            let word = U256(bigEndian: initcode)
            let size = UInt64(initcode.count)
            return push(word.l0) + [0x5f, 0x52] + push(size) + push(32 - size) + [0x5f, 0xf0, 0x50]
        case 13:
            // A log of a slot.
            return slot() + [0x54, 0x5f, 0x52] + push(7) + [0x60, 0x20, 0x5f, 0xa1]
        case 14 where below(3) == 0:
            return conditional(push(3) + slot() + [0x54, 0x16], orElse: push(players[below(players.count)]) + [0xff])
        default:
            // Keeps what a contract's code hashes to.
            return push(contracts[below(contracts.count)]) + [0x3f, 0x50]
        }
    }

    /// Runs `body`, and `other` where it leaves zero; as jumps need places, the program is made position independent
    /// with PC.
    private func conditional(_ body: [UInt8], orElse other: [UInt8]) -> [UInt8] {
        // body PC push(n) ADD JUMPI other JUMPDEST
        let distance = UInt64(other.count + 5)
        return body + [0x58] + [0x60, UInt8(distance)] + [0x01, 0x57] + other + [0x5b]
    }

    /// The world before the block.
    mutating func genesis() -> StateDiff {
        var diff = StateDiff()
        for address in contracts {
            let code = program()
            diff.accounts.append(
                AccountChange(
                    address: address, account: AccountState(nonce: 1, balance: 50, codeHash: keccak256(code)),
                    codeWritten: code))
            for slot in 0..<slotCount where below(2) == 0 {
                diff.storage.append(
                    StorageChange(address: address, slot: U256(UInt64(slot)), value: U256(UInt64(1 + below(4) + below(2) * 1_000))))
            }
        }
        // Some addresses have money before anything is created there.
        for creator in contracts + players where below(3) == 0 {
            for nonce in UInt8(0)..<3 {
                diff.accounts.append(
                    AccountChange(address: Self.created(by: creator, nonce: nonce), account: AccountState(balance: 5)))
            }
        }
        for (number, address) in authorities.enumerated() where number % 2 == 0 {
            diff.accounts.append(AccountChange(address: address, account: AccountState(nonce: 0, balance: 40)))
        }
        for (number, address) in players.enumerated() where number % 4 != 3 {
            diff.accounts.append(
                AccountChange(address: address, account: AccountState(balance: number % 4 == 2 ? 60_000 : 1 << 60)))
        }
        return diff
    }

    // MARK: Operations

    mutating func operations(_ count: Int) -> [Operation] {
        var operations: [Operation] = []
        for number in 0..<count {
            var operation = Operation(id: World.id(number), transaction: transaction(), ticket: UInt64(number))
            operation.linkedWithNext = below(12) == 0 && number + 1 < count
            operations.append(operation)
        }
        return operations
    }

    private mutating func transaction() -> Transaction {
        let sender = players[below(players.count)]
        var transaction = Transaction.session(
            sender: sender, to: contracts[below(contracts.count)], data: [],
            gasLimit: UInt64(120_000 + below(3) * 40_000))
        switch below(12) {
        case 0: transaction.nonce = UInt64(below(3))
        case 1: transaction.to = players[below(players.count)]
        case 2:
            transaction.to = nil
            transaction.data = program()
        case 3, 4:
            // Pays for its gas, when it can.
            transaction.kind = .legacy
            transaction.gasPrice = U256(UInt64(1 + below(2)))
            transaction.value = U256(UInt64(below(4)))
        case 5: transaction.value = U256(UInt64(below(70_000)))
        case 6:
            transaction.kind = .setCode
            transaction.maxFeePerGas = 2
            transaction.authorizations = (0...below(2)).map { _ in
                Authorization(
                    chainID: 0, address: below(4) == 0 ? .zero : contracts[below(contracts.count)],
                    nonce: UInt64(below(3)), authority: (authorities + players)[below(authorities.count + 2)])
            }
            transaction.to = authorities[below(authorities.count)]
        case 7: transaction.to = authorities[below(authorities.count)]
        default: break
        }
        return transaction
    }

    /// The address of a contract that an account creates with a nonce below 128.
    static func created(by creator: Address, nonce: UInt8) -> Address {
        Address(word: keccak256([0xd6, 0x94] + creator.bytes + [nonce == 0 ? 0x80 : nonce]).word)
    }
}

extension WorldState {
    /// Everything that the world holds, to be compared.
    struct Contents: Equatable {
        var accounts: [Address: AccountState] = [:]
        var slots: [Address: [U256: U256]] = [:]
        var balances: Set<String> = []
    }

    var contents: Contents {
        var contents = Contents()
        forEachAccount { contents.accounts[$0] = $1 }
        forEachSlot { address, slot, value in
            // Slots of a space that was given up are never read again.
            guard storage(address, slot) == value else { return }
            contents.slots[address, default: [:]][slot] = value
            if place(address, slot)?.pointee.isBalance == true { contents.balances.insert("\(address) \(slot)") }
        }
        return contents
    }
}
