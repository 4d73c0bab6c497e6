import EVM

@testable import Ledger

/// A small world of one token and some players, and the operations that it knows.
enum World {
    static let token = Address(word: U256(0x7070))
    static let stranger = Address(word: U256(0x9999))

    static func player(_ number: Int) -> Address { Address(word: U256(UInt64(0x1_0000 + number))) }

    static func genesis(
        players: Int = 8, coins: UInt64 = 1_000, otherSlots: OtherSlots = .none, chainID: UInt64 = 31_337
    ) -> LedgerGenesis {
        var storage: [(slot: U256, value: U256)] = []
        for number in 0..<players {
            storage.append((StandInMachine.slot(of: player(number)), U256(coins)))
        }
        return LedgerGenesis(
            chainID: chainID, timestampMilliseconds: 5_000,
            accounts: [GenesisAccount(address: token, state: AccountState(nonce: 1), storage: storage)],
            rules: [
                AssetRule(
                    contract: token, kind: .erc20, balancesSlot: StandInMachine.balancesSlot, otherSlots: otherSlots)
            ])
    }

    static func id(_ number: Int) -> OperationID { OperationID(high: 0xabcd, low: UInt64(number)) }

    static func data(_ call: StandInMachine.Call, to: Address, amount: UInt64) -> [UInt8] {
        [call.rawValue] + to.bytes + U256(amount).bigEndianBytes.suffix(8)
    }

    /// An operation whose ticket is its number.
    static func operation(
        _ number: Int, _ call: StandInMachine.Call = .transfer, from: Int = 0, to: Int = 1, amount: UInt64 = 1,
        nonce: UInt64? = nil, isLinked: Bool = false, clock: UInt64 = 0, ticket: Int? = nil
    ) -> Operation {
        var transaction = Transaction.session(
            sender: player(from), to: token, data: data(call, to: player(to), amount: amount), gasLimit: 100_000)
        transaction.nonce = nonce
        return Operation(
            id: id(number), transaction: transaction, linkedWithNext: isLinked, clockMilliseconds: clock,
            ticket: UInt64(ticket ?? number))
    }

    static func balanceCall(of number: Int, ticket: Int) -> ViewCall {
        ViewCall(
            to: token, data: [StandInMachine.Call.balance.rawValue] + player(number).bytes, ticket: UInt64(ticket))
    }

    static func executor(_ genesis: LedgerGenesis) -> SequentialExecutor {
        SequentialExecutor(machine: StandInMachine(), rules: genesis.rules)
    }

    /// Settings with small segments and no background anchors.
    static func configuration(
        segmentBytes: Int = 1 << 20, blockOperationsMax: Int = 64, clockMode: ClockMode = .wall
    ) -> LedgerConfiguration {
        var configuration = LedgerConfiguration()
        configuration.segmentBytes = segmentBytes
        configuration.blockBytesMax = 64 << 10
        configuration.blockOperationsMax = blockOperationsMax
        configuration.clockMode = clockMode
        configuration.anchorMilliseconds = 0
        configuration.spinMicroseconds = 0
        return configuration
    }
}

/// A seeded generator, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
