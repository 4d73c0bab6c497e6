import EVM
import Testing

@testable import Ledger

@Suite struct WorldStateTests {
    private func address(_ number: Int) -> Address { Address(word: U256(UInt64(number))) }

    @Test func `the tables agree with dictionaries under random work`() {
        var generator = SeededGenerator(state: 7)
        let world = WorldState()
        var accounts: [Address: AccountState] = [:]
        var slots: [Address: [U256: U256]] = [:]
        for step in 0..<40_000 {
            let owner = address(Int.random(in: 1...300, using: &generator))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                accounts[owner] = nil
                slots[owner] = nil
                world.apply(StateDiff(accounts: [AccountChange(address: owner, account: nil)]))
            case 1...3:
                let state = AccountState(
                    nonce: UInt64(step), balance: U256(UInt64.random(in: 0..<9, using: &generator)))
                accounts[owner] = state
                world.apply(StateDiff(accounts: [AccountChange(address: owner, account: state)]))
            case 4 where step % 20 == 0:
                let state = AccountState(nonce: 1)
                accounts[owner] = state
                slots[owner] = nil
                world.apply(
                    StateDiff(accounts: [AccountChange(address: owner, account: state, storageCleared: true)]))
            default:
                let slot = U256(UInt64.random(in: 0..<200, using: &generator))
                let value = U256(UInt64.random(in: 0..<3, using: &generator))
                slots[owner, default: [:]][slot] = value.isZero ? nil : value
                world.apply(StateDiff(storage: [StorageChange(address: owner, slot: slot, value: value)]))
            }
        }
        #expect(world.accountCount == accounts.count)
        for number in 1...300 {
            let owner = address(number)
            #expect(world.account(owner) == accounts[owner])
            #expect(world.hasStorage(owner) == !(slots[owner] ?? [:]).isEmpty)
            for slot in 0..<200 {
                #expect(world.storage(owner, U256(UInt64(slot))) == slots[owner]?[U256(UInt64(slot))] ?? .zero)
            }
        }
        var seen = 0
        world.forEachSlot { owner, slot, value in
            seen += 1
            if slots[owner]?[slot] != value { seen -= 1_000_000 }
        }
        #expect(seen == slots.values.reduce(0) { $0 + $1.count })
    }

    @Test func `rolling back restores everything`() {
        var generator = SeededGenerator(state: 11)
        let world = WorldState()
        let code: [UInt8] = [1, 2, 3]
        for number in 1...20 {
            world.apply(
                StateDiff(
                    accounts: [
                        AccountChange(
                            address: address(number), account: AccountState(nonce: 1, codeHash: keccak256(code)),
                            codeWritten: code)
                    ],
                    storage: [StorageChange(address: address(number), slot: 1, value: U256(UInt64(number)))]))
        }
        let before = snapshot(world)
        for _ in 0..<200 {
            var undo = UndoLog()
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let owner = address(Int.random(in: 1...25, using: &generator))
                let clears = Int.random(in: 0..<4, using: &generator) == 0
                let deletes = Int.random(in: 0..<4, using: &generator) == 0
                let change = AccountChange(
                    address: owner, account: deletes ? nil : AccountState(nonce: 9), storageCleared: clears)
                let slot = StorageChange(
                    address: owner, slot: U256(UInt64.random(in: 0..<3, using: &generator)),
                    value: U256(UInt64.random(in: 0..<3, using: &generator)))
                let diff = StateDiff(accounts: [change], storage: deletes ? [] : [slot])
                world.note(diff, in: &undo)
                world.apply(diff)
            }
            world.rollBack(&undo)
            #expect(snapshot(world) == before)
        }
        #expect(world.code(keccak256(code)) == code)
    }

    private func snapshot(_ world: WorldState) -> [String] {
        var lines: [String] = []
        world.forEachAccount { address, state in lines.append("\(address) \(state)") }
        world.forEachSlot { address, slot, value in lines.append("\(address) \(slot) \(value)") }
        return lines.sorted()
    }

    @Test func `bytes per account and slot stay small`() {
        let world = WorldState()
        let empty = world.byteCount
        let count = 200_000
        for number in 0..<count {
            let owner = address(number % 50 + 1)
            world.apply(StateDiff(storage: [StorageChange(address: owner, slot: U256(UInt64(number)), value: 1)]))
        }
        let perSlot = Double(world.byteCount - empty) / Double(count)
        #expect(world.slotCount == count)
        #expect(perSlot < 200, "\(perSlot) bytes a slot")
        let before = world.byteCount
        for number in 0..<count {
            world.apply(
                StateDiff(accounts: [AccountChange(address: address(number), account: AccountState(nonce: 1))]))
        }
        let perAccount = Double(world.byteCount - before) / Double(count)
        #expect(perAccount < 180, "\(perAccount) bytes an account")
    }

    @Test func `block hashes reach back 256 blocks`() {
        let world = WorldState()
        for number in 0..<300 {
            world.remember(blockHash: Hash256(word: U256(UInt64(number + 1))), number: UInt64(number))
        }
        #expect(world.blockHash(299) == Hash256(word: 300))
        #expect(world.blockHash(44) == Hash256(word: 45))
        #expect(world.blockHash(43) == .zero)
        #expect(world.blockHash(300) == .zero)
    }
}
