internal import Economy
internal import EVM
internal import Ledger
internal import Wire

/// Kinds of work whose instructions are counted.
enum GuardCase: String, CaseIterable {
    case numbers, keccak, interpreter, trie, frames, purchase, followed

    /// Rounds at most: so many purchases are prepared, however many are made.
    static let roundsMax = 400

    /// What one round is.
    var about: String {
        switch self {
        case .numbers: "256-bit sums, products, quotients, remainders and powers"
        case .keccak: "hashes of 32, 136 and 1,024 bytes"
        case .interpreter: "a hundred turns of a loop of arithmetic, memory, jumps and storage"
        case .trie: "sixteen slots changed, and the state root"
        case .frames: "a hundred frames of an action each, whole and in pieces"
        case .purchase: "one purchase: price, payment, items, event, conservation check, state"
        case .followed: "the same by the parallel executor, two workers in turns: executed ahead, hot slots followed, confirmed"
        }
    }

    /// Does the work; the result depends on all of it.
    func run(rounds: Int, gameFolder: String) throws -> UInt64 {
        switch self {
        case .numbers: Self.numbers(rounds)
        case .keccak: Self.keccak(rounds)
        case .interpreter: try Self.interpreter(rounds)
        case .trie: Self.trie(rounds)
        case .frames: try Self.frames(rounds)
        case .purchase: try Self.purchase(rounds, gameFolder, isFollowed: false)
        case .followed: try Self.purchase(rounds, gameFolder, isFollowed: true)
        }
    }

    private static func numbers(_ rounds: Int) -> UInt64 {
        var a = U256(0x1234_5678_9ABC_DEF0, 0x0FED_CBA9_8765_4321, 0xDEAD_BEEF_0BAD_F00D, 0x0123_4567_89AB_CDEF)
        var b = U256(0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0, 0)
        for round in 0..<rounds {
            a = a &+ b &* a
            let (quotient, remainder) = a.dividedWithRemainder(by: b)
            b = (quotient ^ remainder &* quotient) | U256(UInt64(round) + 1)
            a = a &- a.mulmod(b, U256(97) &+ remainder) &+ a.exp(U256(65_537))
            b = b >> (round & 63)
        }
        return a.l0 ^ b.l0
    }

    private static func keccak(_ rounds: Int) -> UInt64 {
        var bytes = [UInt8](repeating: 7, count: 1_024)
        var sum: UInt64 = 0
        for round in 0..<rounds {
            bytes[round & 31] &+= 1
            bytes.withUnsafeBytes { whole in
                for count in [32, 136, 1_024] {
                    sum ^= keccak256(UnsafeRawBufferPointer(rebasing: whole[..<count])).word.l0
                }
            }
        }
        return sum
    }

    /// PUSH1 100; loop: MSTORE and MLOAD of products, an SSTORE at the end of it.
    private static let loopCode: [UInt8] = [
        0x60, 0x64,  // counter
        0x5B,  // 2: the loop
        0x80, 0x80, 0x02, 0x60, 0x07, 0x01,  // counter * counter + 7
        0x60, 0x20, 0x52, 0x60, 0x20, 0x51,  // to memory and back
        0x60, 0x03, 0x90, 0x04, 0x50,  // / 3, away
        0x60, 0x01, 0x90, 0x03, 0x80,  // counter - 1
        0x60, 0x02, 0x57,  // again unless 0
        0x60, 0x20, 0x51, 0x60, 0x00, 0x55, 0x00,  // the last product into slot 0
    ]

    private static func interpreter(_ rounds: Int) throws -> UInt64 {
        let target = Address(word: 0xC0DE)
        let genesis = LedgerGenesis(
            accounts: [
                GenesisAccount(
                    address: target, state: AccountState(nonce: 1, codeHash: keccak256(loopCode)), code: loopCode)
            ])
        let world = WorldState()
        world.apply(genesis.diff)
        let machine = Machine(fork: genesis.fork, chainID: genesis.chainID, codeCache: CodeCache())
        let environment = genesis.environment(number: 1, timestampMilliseconds: 1_000, prevrandao: .zero)
        var gas: UInt64 = 0
        for _ in 0..<rounds {
            let receipt = machine.call(
                world, environment, from: Address(word: 0xCA11), to: target, data: [], gas: 1_000_000)
            guard receipt.succeeded else { throw BenchmarkFailure(description: "the loop ends: \(receipt.outcome)") }
            gas += receipt.gasUsed
        }
        return gas
    }

    private static func trie(_ rounds: Int) -> UInt64 {
        let trie = StateTrie()
        let contract = Address(word: 0xC0DE)
        trie.set(contract, AccountState(nonce: 1))
        trie.storageChanges(of: contract) { set in
            for slot in 0..<2_000 as Range<UInt64> { set(U256(slot), U256(slot + 1)) }
        }
        var sum = trie.root().word.l0
        for round in 0..<rounds {
            trie.storageChanges(of: contract) { set in
                for index in 0..<16 {
                    set(U256(UInt64((round * 16 + index) * 7_919 % 2_000)), U256(UInt64(round * 31 + index + 5)))
                }
            }
            sum ^= trie.root().word.l0
        }
        return sum
    }

    private static func frames(_ rounds: Int) throws -> UInt64 {
        var stream: [UInt8] = []
        for request in 0..<100 as Range<UInt64> {
            let header = FrameHeader(
                kind: .action, session: 7, requestID: request, operationID: OperationID(high: 1, low: request))
            let start = FrameEncoder.begin(header, in: &stream)
            stream.append(contentsOf: [UInt8](repeating: UInt8(request), count: 80))
            FrameEncoder.end(start, in: &stream)
        }
        var decoder = FrameDecoder(frameBytesMax: WireLimits.frameBytesMax)
        var sum: UInt64 = 0
        for round in 0..<rounds {
            // Every third round in pieces that cut frames.
            let step = round % 3 == 0 ? 1_000 : stream.count
            var failure: WireError?
            stream.withUnsafeBytes { whole in
                for first in stride(from: 0, to: whole.count, by: step) {
                    let piece = UnsafeRawBufferPointer(rebasing: whole[first..<min(first + step, whole.count)])
                    do throws(WireError) {
                        try decoder.feed(piece) { header, body in
                            sum &+= header.requestID &* 31 &+ UInt64(body[0])
                            return true
                        }
                    } catch { failure = error }
                }
            }
            if let failure { throw failure }
        }
        return sum
    }

    private static func purchase(_ rounds: Int, _ gameFolder: String, isFollowed: Bool) throws -> UInt64 {
        var builder = try WorkloadBuilder(gameFolder: gameFolder, seed: 1)
        let prepared = try builder.prepare(.hotShop, transactions: roundsMax, players: 50)
        let world = WorldState()
        world.apply(prepared.genesis)
        let cache = CodeCache()
        let machines = (0..<2).map { _ in
            Machine(fork: prepared.fork, chainID: prepared.chainID, codeCache: cache)
        }
        let executor = SequentialExecutor(machine: machines[0], rules: prepared.rules)
        var results: [OperationResult] = []
        executor.execute(prepared.setUp[...], in: prepared.environment, world: world, into: &results)
        results.removeAll()
        if isFollowed {
            let parallel = ParallelExecutor(
                machines: machines, rules: prepared.rules, hotSlots: builder.game.hotSlots.map { ($0.contract, $0.slot) },
                helpers: 0)
            var turn = 0
            parallel.executeInterleaved(
                prepared.operations[..<rounds], in: prepared.environment, world: world, into: &results
            ) {
                turn ^= 1
                return turn
            }
        } else {
            executor.execute(prepared.operations[..<rounds], in: prepared.environment, world: world, into: &results)
        }
        var gas: UInt64 = 0
        for result in results {
            guard case .accepted(let receipt, _) = result, receipt.succeeded else {
                throw BenchmarkFailure(description: "a purchase was refused: \(result)")
            }
            gas += receipt.gasUsed
        }
        return gas
    }
}
