import EVM
import Testing

@testable import Ledger

/// What is foreseen of the storage that transactions read.
@Suite struct ForecastTests {
    /// Takes the second word of the call from s[caller] and gives it to s[first word]; counts in t[s-place of that][caller] + 1.
    private static let code: [UInt8] = [
        0x5f, 0x5f, 0x52, 0x33, 0x60, 0x20, 0x52, 0x60, 0x40, 0x5f, 0x20, 0x80, 0x54, 0x60, 0x24, 0x35, 0x90, 0x03, 0x90, 0x55,
        0x60, 0x04, 0x35, 0x60, 0x20, 0x52, 0x60, 0x40, 0x5f, 0x20, 0x80, 0x54, 0x60, 0x24, 0x35, 0x01, 0x90, 0x55,
        0x60, 0x40, 0x5f, 0x20, 0x5f, 0x52, 0x33, 0x60, 0x20, 0x52, 0x60, 0x40, 0x5f, 0x20, 0x60, 0x01, 0x01,
        0x80, 0x54, 0x60, 0x01, 0x01, 0x90, 0x55, 0x00,
    ]
    private static let contract = Address(word: U256(0xc0de))

    private static func world() -> WorldState {
        let world = WorldState()
        world.apply(
            StateDiff(accounts: [
                AccountChange(
                    address: contract, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code)
            ]))
        return world
    }

    private static func machine() -> Machine { Machine(fork: .prague, chainID: 31_337, codeCache: CodeCache()) }

    private static func operation(_ number: Int, selector: UInt8, from: UInt64, to: UInt64, amount: UInt64) -> Operation {
        Operation(
            id: World.id(number),
            transaction: .session(
                sender: Address(word: U256(0x1000 + from)), to: contract,
                data: [selector, 0, 0, 0] + U256(0x1000 + to).bigEndianBytes + U256(amount).bigEndianBytes,
                gasLimit: 200_000))
    }

    /// The slots that `code` reads, as the compiler of a mapping lays them out.
    private static func slots(from: UInt64, to: UInt64) -> [U256] {
        func place(_ upper: U256, _ key: UInt64) -> U256 {
            keccak256(upper.bigEndianBytes + U256(0x1000 + key).bigEndianBytes).word
        }
        return [place(.zero, from), place(.zero, to), place(place(.zero, to), from)]
    }

    private static let environment = LedgerGenesis(timestampMilliseconds: 1_000, accounts: []).environment(
        number: 1, timestampMilliseconds: 2_000, prevrandao: .zero)

    @Test func `hashes are known before their transactions run, and nothing else changes`() {
        let machines = [Self.machine(), Self.machine()]
        let forecast = machines[0].memo.map { AccessForecast(memo: $0, firstSampleAfter: 3, nextSampleAfter: 40) }
        let foreseeing = SequentialExecutor(machine: machines[0], rules: [], forecast: forecast)
        let plain = SequentialExecutor(machine: machines[1], rules: [], forecast: nil)
        let worlds = [Self.world(), Self.world()]
        var random = SeededGenerator(state: 7)
        var number = 0
        for _ in 0..<40 {
            // Two functions of one contract; a few of the operations belong together or fail.
            var operations = (0..<20).map { _ -> Operation in
                number += 1
                return Self.operation(
                    number, selector: UInt8.random(in: 1...2, using: &random), from: .random(in: 0..<50, using: &random),
                    to: .random(in: 0..<50, using: &random), amount: .random(in: 0..<4, using: &random))
            }
            operations[5].linkedWithNext = true
            operations[9].transaction.gasLimit = 30_000
            var results: [[OperationResult]] = [[], []]
            foreseeing.execute(operations[...], in: Self.environment, world: worlds[0], into: &results[0])
            plain.execute(operations[...], in: Self.environment, world: worlds[1], into: &results[1])
            #expect(results[0] == results[1])
        }
        for (number, selector) in [UInt8(1), 2].enumerated() {
            let key = UInt64(900 + 2 * number)
            let wanted = Self.slots(from: key, to: key + 1)
            #expect(machines[0].memo?.origins(of: wanted).allSatisfy { $0 == nil } == true)
            let operation = Self.operation(100_000, selector: selector, from: key, to: key + 1, amount: 1)
            foreseeing.prepare([operation], world: worlds[0])
            #expect(machines[0].memo?.origins(of: wanted).allSatisfy { $0 != nil } == true)
        }
    }

    @Test func `what is always the same is no reason to hash`() throws {
        let memo = KeccakMemo()
        // A slot under the sender, one under a word that happens to be the same in two samples, and one that is fixed.
        func sample(_ sender: UInt64, _ word: UInt64) -> AccessSample {
            let transaction = Transaction.session(
                sender: Address(word: U256(sender)), to: Self.contract,
                data: [1, 2, 3, 4] + U256(word).bigEndianBytes, gasLimit: 1)
            let reads = [memo.hash(U256(5), U256(sender)), memo.hash(U256(6), U256(word)), memo.hash(U256(7), U256(8))]
            return AccessSample(transaction, reads: reads.map { (Self.contract, $0) }, memo: memo)
        }
        var pattern = AccessPattern(sample(100, 7), sample(101, 7), memo: memo)
        #expect(pattern.reads.count == 2)
        pattern.keepWhatIsTrue(of: sample(102, 9), memo: memo)
        #expect(pattern.reads.count == 2 && pattern.steps.count == 2)
        // Where the sender is not what decides, two samples cannot tell, and the third one can.
        var wrong = AccessPattern(sample(100, 100), sample(101, 101), memo: memo)
        #expect(wrong.reads.count == 2)
        wrong.keepWhatIsTrue(of: sample(102, 9), memo: memo)
        #expect(wrong.reads.count == 1 && wrong.steps.count == 1)
    }

    @Test func `a hash of a hash may come before a plain one`() throws {
        let memo = KeccakMemo()
        let forecast = AccessForecast(memo: memo, firstSampleAfter: 1, nextSampleAfter: 1_000)
        let world = Self.world()
        func slots(_ from: UInt64, _ to: UInt64) -> [U256] {
            let (owner, key) = (U256(0x1000 + from), U256(0x1000 + to))
            return [memo.hash(memo.hash(1, owner), key), memo.hash(2, key)]
        }
        for number in 0..<8 {
            let (from, to) = (UInt64(2 * number), UInt64(2 * number + 1))
            let operation = Self.operation(number, selector: 1, from: from, to: to, amount: 1)
            forecast.prepare([operation], world: world)
            guard forecast.wants(operation.id) else { continue }
            forecast.sample(operation.transaction, world) { view in
                for slot in slots(from, to) { _ = view.storage(Self.contract, slot) }
            }
        }
        let operation = Self.operation(100, selector: 1, from: 700, to: 701, amount: 1)
        forecast.prepare([operation], world: world)
        let origins = memo.origins(of: [
            keccak256(keccak256(U256(1).bigEndianBytes + U256(0x1000 + 700).bigEndianBytes).bytes + U256(0x1000 + 701).bigEndianBytes).word,
            keccak256(U256(2).bigEndianBytes + U256(0x1000 + 701).bigEndianBytes).word,
        ])
        #expect(origins.allSatisfy { $0 != nil }, "both are hashed ahead")
    }

    @Test func `many kinds share what little room there is`() throws {
        let memo = try #require(Self.machine().memo)
        let forecast = AccessForecast(memo: memo, firstSampleAfter: 1, nextSampleAfter: 1)
        let world = Self.world()
        for round in 0..<300 {
            let operations = (0..<64).map { place -> Operation in
                var operation = Self.operation(place, selector: 1, from: 1, to: 2, amount: 1)
                operation.transaction.to = Address(word: U256(UInt64(round * 64 + place)))
                return operation
            }
            forecast.prepare(operations[...], world: world)
            for operation in operations where forecast.wants(operation.id) {
                _ = forecast.sample(operation.transaction, world) { $0.storage(Self.contract, memo.hash(1, U256(UInt64(round)))) }
            }
        }
        #expect(!forecast.wants(World.id(100_000)))
    }
}
