import EVM
import Testing

@testable import Ledger

@Suite struct ConservationTests {
    private let token = World.token
    private let other = Address(word: U256(0x8080))

    private func world(_ balances: [(Address, UInt64)]) -> WorldState {
        let world = WorldState()
        world.apply(
            StateDiff(
                storage: balances.map {
                    StorageChange(address: token, slot: StandInMachine.slot(of: $0.0), value: U256($0.1))
                }))
        return world
    }

    private func transfer(_ from: Address, _ to: Address, _ amount: U256) -> EmittedLog {
        EmittedLog(
            address: token, topics: [StandInMachine.transferTopic, from.word, to.word], data: amount.bigEndianBytes)
    }

    private func change(_ account: Address, _ value: U256) -> StorageChange {
        StorageChange(address: token, slot: StandInMachine.slot(of: account), value: value)
    }

    private func result(_ logs: [EmittedLog], _ changes: [StorageChange]) -> TransitionResult {
        TransitionResult(
            receipt: Receipt(outcome: .success, gasUsed: 1, logs: logs), diff: StateDiff(storage: changes))
    }

    private func checker(_ otherSlots: OtherSlots = .none, kind: AssetKind = .erc20) -> ConservationChecker {
        ConservationChecker(rules: [
            AssetRule(contract: token, kind: kind, balancesSlot: StandInMachine.balancesSlot, otherSlots: otherSlots)
        ])
    }

    private let a = World.player(1)
    private let b = World.player(2)
    private let c = World.player(3)

    @Test func `balances that follow the events pass`() {
        let world = world([(a, 10), (b, 5)])
        let checker = checker()
        #expect(checker.violation(in: result([transfer(a, b, 3)], [change(a, 7), change(b, 8)]), before: world) == nil)
        #expect(checker.violation(in: result([transfer(a, a, 3)], []), before: world) == nil)
        #expect(checker.violation(in: result([transfer(a, b, 3), transfer(b, a, 3)], []), before: world) == nil)
        #expect(
            checker.violation(
                in: result([transfer(a, b, 3), transfer(b, c, 2)], [change(a, 7), change(b, 6), change(c, 2)]),
                before: world) == nil)
        #expect(checker.violation(in: result([], []), before: world) == nil)
    }

    @Test func `a balance may go below zero`() {
        let world = world([])
        let below = U256.zero &- U256(4)
        #expect(
            checker().violation(in: result([transfer(a, b, 4)], [change(a, below), change(b, 4)]), before: world) == nil
        )
    }

    @Test func `what the events do not say is a violation`() {
        let world = world([(a, 10), (b, 5)])
        let checker = checker()
        let minted = checker.violation(in: result([], [change(b, 8)]), before: world)
        #expect(minted?.have == U256(3) && minted?.need == U256.zero)
        let half = checker.violation(in: result([transfer(a, b, 3)], [change(b, 8)]), before: world)
        #expect(half?.have == U256.zero && half?.need == U256.zero &- U256(3))
        let more = checker.violation(in: result([transfer(a, b, 3)], [change(a, 7), change(b, 9)]), before: world)
        #expect(more?.have == U256(4) && more?.need == U256(3))
        let lost = checker.violation(in: result([transfer(a, b, 3)], []), before: world)
        #expect(lost?.have == U256.zero)
        let third = checker.violation(
            in: result([transfer(a, b, 3)], [change(a, 7), change(b, 8), change(c, 1)]), before: world)
        #expect(third?.slot == StandInMachine.slot(of: c))
    }

    @Test func `other slots follow the policy`() {
        let world = world([(a, 10)])
        let plain = StorageChange(address: token, slot: U256(77), value: U256(1))
        #expect(checker(.none).violation(in: result([], [plain]), before: world)?.slot == U256(77))
        #expect(checker(.listed([U256(77)])).violation(in: result([], [plain]), before: world) == nil)
        #expect(checker(.listed([U256(78)])).violation(in: result([], [plain]), before: world) != nil)
        #expect(checker(.any).violation(in: result([], [plain]), before: world) == nil)
        let elsewhere = StorageChange(address: other, slot: U256(77), value: U256(1))
        #expect(checker(.none).violation(in: result([], [elsewhere]), before: world) == nil)
    }

    @Test func `a slot that has been a balance once needs an event for ever, whatever the policy`() {
        let world = world([(a, 10), (b, 5)])
        let checker = checker(.any)
        let first = result([transfer(a, b, 3)], [change(a, 7), change(b, 8)])
        #expect(checker.violation(in: result([], [change(b, 6)]), before: world) == nil, "not known yet")
        #expect(checker.violation(in: first, before: world) == nil)
        world.mark(checker.explained)
        world.apply(first.diff)
        #expect(checker.violation(in: result([], [change(b, 9)]), before: world)?.have == U256(1))
        #expect(checker.violation(in: result([], [change(c, 9)]), before: world) == nil)
    }

    @Test func `an overflowing balance is a violation`() {
        let world = WorldState()
        let most = U256(.max, .max, .max, .max >> 1)
        world.apply(StateDiff(storage: [change(a, most)]))
        let low = most &+ U256(1)
        let violation = checker().violation(
            in: result([transfer(b, a, 1)], [change(a, low), change(b, U256.zero &- U256(1))]), before: world)
        #expect(violation?.slot == StandInMachine.slot(of: a))
    }

    @Test func `wiping a token's storage or account is a violation`() {
        let world = world([(a, 10)])
        for account in [nil, AccountState(nonce: 1)] {
            let change = AccountChange(address: token, account: account, storageCleared: true)
            let wiped = TransitionResult(
                receipt: Receipt(outcome: .success, gasUsed: 1), diff: StateDiff(accounts: [change]))
            #expect(checker(.any).violation(in: wiped, before: world)?.contract == token)
        }
    }

    private static let single = keccak256(
        Array("TransferSingle(address,address,address,uint256,uint256)".utf8)
    ).word
    private static let batch = keccak256(
        Array("TransferBatch(address,address,address,uint256[],uint256[])".utf8)
    ).word

    private func itemSlot(_ item: U256, _ account: Address) -> U256 {
        let inner = keccak256(Hash256(word: StandInMachine.balancesSlot).bytes + item.bigEndianBytes)
        return keccak256(inner.bytes + account.word.bigEndianBytes).word
    }

    @Test func `items move by single and by batch events`() {
        let world = WorldState()
        let checker = checker(.none, kind: .erc1155)
        let topics = [b.word, a.word, b.word]
        let less = { (value: UInt64) in U256.zero &- U256(value) }
        let single = EmittedLog(
            address: token, topics: LogTopics([Self.single] + topics), data: U256(9).bigEndianBytes + U256(2).bigEndianBytes)
        let moved = [
            StorageChange(address: token, slot: itemSlot(9, a), value: less(2)),
            StorageChange(address: token, slot: itemSlot(9, b), value: 2),
        ]
        #expect(checker.violation(in: result([single], moved), before: world) == nil)
        #expect(checker.violation(in: result([single], Array(moved.prefix(1))), before: world) != nil)
        let words: [U256] = [64, 160, 2, 9, 10, 2, 5, 6]
        let batch = EmittedLog(
            address: token, topics: LogTopics([Self.batch] + topics), data: words.flatMap(\.bigEndianBytes))
        let both = [
            StorageChange(address: token, slot: itemSlot(9, a), value: less(5)),
            StorageChange(address: token, slot: itemSlot(9, b), value: 5),
            StorageChange(address: token, slot: itemSlot(10, a), value: less(6)),
            StorageChange(address: token, slot: itemSlot(10, b), value: 6),
        ]
        #expect(checker.violation(in: result([batch], both), before: world) == nil)
        #expect(checker.violation(in: result([batch], Array(both.dropLast())), before: world) != nil)
    }

    @Test(
        arguments: [
            [], [64], [64, 160, 2, 9, 10, 2, 5], [64, 160, 3, 9, 10, 2, 5, 6], [64, 160, 2, 9, 10, 3, 5, 6],
            [65, 160, 2, 9, 10, 2, 5, 6], [1 << 60, 160, 2, 9, 10, 2, 5, 6], [64, 256, 2, 9, 10, 2, 5, 6],
        ] as [[UInt64]])
    func `a malformed batch event is a violation`(_ words: [UInt64]) {
        let log = EmittedLog(
            address: token, topics: [Self.batch, b.word, a.word, b.word],
            data: words.flatMap { U256($0).bigEndianBytes })
        #expect(checker(.none, kind: .erc1155).violation(in: result([log], []), before: WorldState()) != nil)
    }

    @Test func `a violation is answered, counted, and leaves no trace`() throws {
        let test = try TestLedger()
        let answers = test.run([
            World.operation(1, .silentTransfer, amount: 5), World.operation(2, .emptyTransfer, amount: 5),
            World.operation(3, .otherSlot), World.operation(4, amount: 5),
        ])
        for answer in answers.prefix(3) {
            guard case .refused(_, .conservationViolated(let violation)) = answer else {
                Issue.record("not refused: \(answer)")
                continue
            }
            #expect(violation.contract == token)
        }
        #expect(answers[3].isFresh)
        #expect(test.balance(0) == 995)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.conservationViolations == 3)
        #expect(test.ledger.status.lastViolation?.contract == token)
        #expect(test.ledger.status.operations == 1)
    }
}
