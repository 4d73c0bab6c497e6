import EVM
import Testing

@testable import Ledger

@Suite struct ClockTests {
    private func seconds(_ answer: Answer) -> UInt64? {
        (answer.receipt?.output.prefix(32)).map { U256(bigEndian: $0).l0 }
    }

    @Test func `operations decide the time and never share a block with another time`() throws {
        let test = try TestLedger(configuration: World.configuration(clockMode: .operations))
        let answers = test.run([
            World.operation(1, .clock, clock: 7_000), World.operation(2, .clock, clock: 7_000),
            World.operation(3, .clock), World.operation(4, .clock, clock: 9_500),
            World.operation(5, .clock, clock: 9_499), World.operation(6, .clock, clock: 9_500),
            World.operation(7, .clock, clock: 10_000),
        ])
        #expect(answers.map { seconds($0) } == [7, 7, 7, 9, nil, 9, 10])
        #expect(answers[4] == .refused(ticket: 5, .clockBackwards(have: 9_499, need: 9_500)))
        #expect(test.run([World.operation(8, .clock)]).map { seconds($0) } == [10])
        test.ledger.drainAndStop()
        #expect(test.ledger.status.timestampMilliseconds == 10_000)
    }

    @Test func `a repeat gets its receipt although its time is long past`() throws {
        let test = try TestLedger(configuration: World.configuration(clockMode: .operations))
        let first = World.operation(1, .clock, clock: 7_000)
        let answers = test.run([first, World.operation(2, .clock, clock: 8_000), first])
        #expect(answers[2].receipt == answers[0].receipt && !answers[2].isFresh)
        let later = test.run([
            World.operation(3, .clock, clock: 9_000), first, World.operation(4, .clock, clock: 9_000),
        ])
        #expect(later[1].receipt == answers[0].receipt && !later[1].isFresh)
        #expect(later.map { seconds($0) } == [9, 7, 9])
        test.ledger.drainAndStop()
        #expect(test.ledger.status.operations == 4)
    }

    @Test(arguments: [true, false]) func `an operation that was refused sets no time`(_ together: Bool) throws {
        let test = try TestLedger(configuration: World.configuration(clockMode: .operations))
        let operations = [
            World.operation(1, nonce: 9, clock: 9_000), World.operation(2, .clock, clock: 8_000),
            World.operation(3, nonce: 9, clock: 9_500), World.operation(4, .clock, clock: 7_999),
        ]
        let answers = together ? test.run(operations) : operations.flatMap { test.run([$0]) }
        #expect(answers.map { seconds($0) } == [nil, 8, nil, nil])
        #expect(answers[3] == .refused(ticket: 4, .clockBackwards(have: 7_999, need: 8_000)))
        test.ledger.drainAndStop()
    }

    @Test func `a time before the genesis is refused`() throws {
        let test = try TestLedger(configuration: World.configuration(clockMode: .operations))
        #expect(
            test.run([World.operation(1, clock: 4_999)])[0]
                == .refused(ticket: 1, .clockBackwards(have: 4_999, need: 5_000)))
        test.ledger.drainAndStop()
    }

    @Test(arguments: [1, 2, 7, 64]) func `in operations mode digest and root do not depend on cuts`(_ most: Int) throws
    {
        func run(_ most: Int, oneByOne: Bool) throws -> (Hash256, Hash256) {
            let test = try TestLedger(
                configuration: World.configuration(blockOperationsMax: most, clockMode: .operations))
            let operations = (0..<60).map {
                World.operation(
                    $0, $0 % 9 == 0 ? .revert : .transfer, from: $0 % 8, amount: 2, clock: 6_000 + UInt64($0 / 10))
            }
            if oneByOne {
                for operation in operations { test.run([operation]) }
            } else {
                test.run(operations)
            }
            test.ledger.drainAndStop()
            return (test.ledger.status.operationsDigest, test.ledger.stateRoot().stateRoot)
        }
        #expect(try run(most, oneByOne: false) == run(64, oneByOne: true))
    }

    @Test func `the wall clock never goes below the parent's time`() throws {
        var genesis = World.genesis()
        genesis.timestampMilliseconds = 99_999_999_999_000
        let test = try TestLedger(genesis: genesis)
        #expect(seconds(test.run([World.operation(1, .clock)])[0]) == 99_999_999_999)
        test.ledger.drainAndStop()
        #expect(test.ledger.status.timestampMilliseconds == genesis.timestampMilliseconds)
    }

    @Test func `the wall clock is now`() throws {
        let test = try TestLedger()
        let before = SystemClock.wallMilliseconds() / 1_000
        let time = seconds(test.run([World.operation(1, .clock, clock: 123)])[0]) ?? 0
        #expect(time >= before && time <= before + 20)
        test.ledger.drainAndStop()
    }
}
