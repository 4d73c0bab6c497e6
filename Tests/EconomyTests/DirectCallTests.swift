import EVM
import Economy
import Foundation
import Testing
import Wire

/// Calls of the contracts by transactions of one's own, past the actions and their checks.
extension TestWorld {
    static func calldata(_ signature: String, _ words: [U256]) -> [UInt8] {
        Array(keccak256(Array(signature.utf8)).bytes.prefix(4)) + words.flatMap { $0.bigEndianBytes }
    }

    func contract(_ name: String) throws -> Address {
        guard let address = game.contracts[name] else { throw TestFailure("no contract \(name)") }
        return address
    }

    func direct(_ name: String, _ signature: String, _ words: [U256], by sender: Address) throws -> Receipt {
        try run(.session(sender: sender, to: contract(name), data: Self.calldata(signature, words), gasLimit: 6_000_000))
    }
}

/// A contract of an attacker: when it is called for the first time it makes its calls, writes down how each ended, and accepts whatever it was sent.
struct HostileContract {
    static let callBytes = 49
    let address: Address
    let calls: Int

    init(_ calls: [(to: Address, data: [UInt8])], in world: TestWorld, by owner: Address) throws {
        self.calls = calls.count
        let end = 12 + calls.count * Self.callBytes
        var data = end + 17
        // Once: PUSH1 ff, SLOAD, PUSH2 end, JUMPI; 1 into slot ff.
        var code: [UInt8] = [0x60, 0xff, 0x54, 0x61] + Self.two(end) + [0x57, 0x60, 1, 0x60, 0xff, 0x55]
        for (place, call) in calls.enumerated() {
            // CODECOPY the call's data to 0; CALL; 1 more than its success into the slot of its place.
            code += [0x61] + Self.two(call.data.count) + [0x61] + Self.two(data) + [0x60, 0, 0x39]
            code += [0x60, 0, 0x60, 0, 0x61] + Self.two(call.data.count) + [0x60, 0, 0x60, 0, 0x73] + call.to.bytes + [0x5a, 0xf1]
            code += [0x60, 1, 0x01, 0x60, UInt8(place), 0x55]
            data += call.data.count
        }
        // What ERC-1155 wants to hear.
        code += [0x5b, 0x63, 0xf2, 0x3a, 0x6e, 0x61, 0x60, 0xe0, 0x1b, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3]
        precondition(code.count == end + 17, "the code has another length than its places say")
        code += calls.flatMap { $0.data }
        let creation: [UInt8] = [0x61] + Self.two(code.count) + [0x60, 14, 0x60, 0, 0x39, 0x61] + Self.two(code.count) + [0x60, 0, 0xf3]
        let receipt = try world.run(.session(sender: owner, to: nil, data: creation + code, gasLimit: 6_000_000))
        guard receipt.succeeded, let created = receipt.createdAddress else { throw TestFailure("the contract was not made: \(receipt.outcome)") }
        address = created
    }

    private static func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

    /// The places of the calls that succeeded; nil where it has not been called.
    func succeeded(in world: TestWorld) -> [Int]? {
        guard world.storage(address, U256(255)) == .one else { return nil }
        return (0..<calls).filter { world.storage(address, U256(UInt64($0))) == 2 }
    }
}

/// What a cheat can do who needs no client: contracts of his own, calldata of his own.
struct DirectCallTests {
    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let sword: UInt64 = 65_571
    let potion: UInt64 = 65_536

    init() throws {
        world = try TestWorld()
        for name in ["anna", "ben"] {
            try world.give(name, [1, 2, 65_536, 65_537, 65_540, 65_571].map { AssetLine(asset: $0, amount: 5_000) })
        }
    }

    private static func selector(_ error: String) -> [UInt8] { Array(keccak256(Array("\(error)(uint256,uint256)".utf8)).bytes.prefix(4)) }

    private func expect(_ receipt: Receipt, _ error: String, _ comment: Comment? = nil, _ place: SourceLocation = #_sourceLocation) {
        #expect(receipt.outcome == .reverted && Array(receipt.output.prefix(4)) == Self.selector(error), comment, sourceLocation: place)
    }

    private func line(_ asset: UInt64, _ amount: UInt64) -> U256 { U256(asset) << 128 | U256(amount) }

    @Test func `whoever is called while he receives finds everything done and nothing to take twice`() throws {
        let agent = Address(word: keccak256([1]).word & (U256.one << 160 &- .one))
        let listing: [U256] = [5, U256(potion), 3, 1, 2, U256(world.timestampSeconds + 9)]
        #expect(try world.direct("market", "list(uint256,uint256,uint256,uint256,uint256,uint256)", listing, by: ben).succeeded)
        let proposal: [U256] = [6, anna.word, line(potion, 1), .zero, .zero, .zero, .zero, .zero, .zero, .zero, U256(world.timestampSeconds + 9)]
        #expect(try world.direct("trade", "propose(uint256,address,uint256[4],uint256[4],uint256)", proposal, by: ben).succeeded)
        // The contract's own address is known before it is made: it is that of the first one of its owner.
        let place = try HostileContract([], in: try TestWorld(), by: agent).address
        func send(_ amount: UInt64) -> [UInt8] {
            TestWorld.calldata(
                "safeTransferFrom(address,address,uint256,uint256,bytes)", [anna.word, place.word, U256(sword), U256(amount), 160, .zero])
        }
        let items = try world.contract("items")
        let word = TestWorld.calldata
        var grant: [U256] = [place.word, NamedAccount.faucet("rewards").word]
        grant += [U256](repeating: line(1, 1), count: 9)
        let calls: [(to: Address, data: [UInt8])] = [
            (items, send(3_001)), (items, send(2_000)),
            (items, word("move(address,address,uint256,uint256)", [anna.word, place.word, U256(sword), 1])),
            (items, word("issue(address,address,uint256,uint256)", [NamedAccount.faucet("rewards").word, place.word, U256(sword), 1])),
            (items, word("transfer(address,uint256,uint256)", [ben.word, U256(sword), 700])),
            (try world.contract("market"), word("buy(uint256,uint256,uint256)", [5, 1, 99])),
            (try world.contract("market"), word("cancel(uint256)", [5])),
            (try world.contract("trade"), word("accept(uint256)", [6])),
            (try world.contract("gold"), word("transferFrom(address,address,uint256)", [anna.word, place.word, 5])),
            (try world.contract("gold"), word("move(address,address,uint256)", [anna.word, place.word, 5])),
            (
                try world.contract("book"),
                word("order(uint256,uint256,uint256,uint256,uint256,uint256)", [9, 2, U256(potion), 1, 1, 1])
            ),
            (try world.contract("rewards"), word("grant(address,address,uint256,uint256[8])", grant)),
        ]
        let hostile = try HostileContract(calls, in: world, by: agent)
        #expect(hostile.address == place)
        #expect(try world.direct("items", "setApprovalForAll(address,bool)", [place.word, .one], by: anna).succeeded)
        // To a contract that does not answer nothing is sent.
        let wrong = [anna.word, items.word, U256(sword), 3_000, 160, .zero]
        #expect(try !world.direct("items", "safeTransferFrom(address,address,uint256,uint256,bytes)", wrong, by: anna).succeeded)
        #expect(hostile.succeeded(in: world) == nil)
        let receipt = try world.run(.session(sender: anna, to: items, data: send(3_000), gasLimit: 6_000_000))
        #expect(receipt.succeeded)
        // What was approved, and what is its own by then; of 5,000 never more than 5,000.
        #expect(hostile.succeeded(in: world) == [1, 4])
        #expect(try world.balance(anna, sword) == 0 && world.balance(place, sword) == 4_300 && world.balance(ben, sword) == 5_700)
        #expect(try world.balance(anna, 1) == 5_000 && world.balance(place, 1) == 0)
    }

    @Test func `a contract makes no orders, however many transactions it is part of`() throws {
        let agent = NamedAccount.player("agent")
        let book = try world.contract("book")
        let orders = (1...3).map { number in
            (to: book, data: TestWorld.calldata("order(uint256,uint256,uint256,uint256,uint256,uint256)", [U256(UInt64(number)), 1, U256(potion), 1, 1, 1]))
        }
        let hostile = try HostileContract(orders, in: world, by: agent)
        #expect(try world.direct("gold", "transfer(address,uint256)", [hostile.address.word, 100], by: anna).succeeded)
        let receipt = try world.run(.session(sender: anna, to: hostile.address, data: [], gasLimit: 6_000_000))
        #expect(receipt.succeeded && hostile.succeeded(in: world) == [])
        let order = try world.direct("book", "order(uint256,uint256,uint256,uint256,uint256,uint256)", [1, 1, U256(potion), 1, 1, 1], by: anna)
        #expect(order.succeeded, "the same by an account's own transaction")
    }

    @Test func `no term of an auction or a listing reaches into another's bits`() throws {
        let closes = U256(world.timestampSeconds + 100)
        let honest: [U256] = [7, U256(potion), 1, 1, 10, 50, 100, closes, 60]
        let big = U256.one << 64
        let rows: [(place: Int, value: U256)] = [
            (1, big &+ U256(potion)), (1, .max), (2, .zero), (2, big), (3, .max), (3, U256(900 << 16 + 1)), (3, U256(1 << 32 + 1)), (3, 17),
            (4, big), (4, 51), (5, big), (6, 10_001), (6, .max), (7, .max), (7, closes &+ 31_536_000), (8, 86_401), (8, U256(1 << 32)),
        ]
        for row in rows {
            for quantity in [U256.one, .zero] {
                var words = honest
                words[2] = quantity
                words[row.place] = row.value
                let receipt = try world.direct("auctions", "open(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)", words, by: anna)
                expect(receipt, "BadAuction", "term \(row.place) is \(row.value.hex)")
            }
        }
        #expect(try world.direct("auctions", "open(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)", honest, by: anna).succeeded)
        let listed: [U256] = [7, U256(potion), 1, 1, 2, closes]
        for (place, value) in [(1, big &+ U256(potion)), (2, .zero), (3, 17), (3, big &+ .one)] as [(Int, U256)] {
            var words = listed
            words[place] = value
            expect(try world.direct("market", "list(uint256,uint256,uint256,uint256,uint256,uint256)", words, by: anna), "BadQuantity", "term \(place)")
        }
        for (place, value) in [(2, big), (4, big), (4, .max)] as [(Int, U256)] {
            var words = listed
            words[place] = value
            expect(try world.direct("market", "list(uint256,uint256,uint256,uint256,uint256,uint256)", words, by: anna), "AmountTooLarge", "term \(place)")
        }
        #expect(try world.balance(anna, potion) == 4_999)
    }

    @Test func `nothing that is added to a basket makes a royalty smaller`() throws {
        let carl = NamedAccount.player("carl")
        let royalty: [String: FieldValue] = ["asset": .number(sword), "receiver": .account(carl), "basisPoints": .number(1_000)]
        #expect(try world.perform("setRoyalty", as: .operator, by: "root", royalty).status == .applied)
        let paddings: [[U256]] = [
            [.zero, .zero, .zero], [line(potion, 1), line(65_537, 1), line(65_540, 1)], [line(potion, 0), line(sword, 0), line(65_537, 0)],
            [line(2, 1), line(potion, 1), .zero],
        ]
        for (place, padding) in paddings.enumerated() {
            let id = U256(UInt64(100 + place))
            var words: [U256] = [id, ben.word, line(sword, 1)]
            words += padding
            words += [line(1, 1_000), .zero, .zero, .zero, U256(world.timestampSeconds)]
            #expect(try world.direct("trade", "propose(uint256,address,uint256[4],uint256[4],uint256)", words, by: anna).succeeded)
            let before = try world.balance(carl, 1)
            #expect(try world.direct("trade", "accept(uint256)", [id], by: ben).succeeded)
            #expect(try world.balance(carl, 1) - before == 100, "\(place): a tenth of 1,000")
        }
    }
}
