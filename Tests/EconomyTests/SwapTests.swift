import CSecp256k1
import EVM
import Economy
import Testing
import Wire

/// A key of secp256k1, as a player's wallet has one.
struct WalletKey {
    private let secret: [UInt8]
    /// The key's address.
    let address: Address

    init(_ number: UInt8) {
        let secret = [UInt8](repeating: number, count: 32)
        self.secret = secret
        let digest = sha256([number])
        let (r, s, v) = Self.sign(digest, secret)
        address = recoverSender(hash: digest, r: r, s: s, yParity: v == 28)!
    }

    /// r, s and v of the signature over a digest.
    func sign(_ digest: Hash256) -> (r: U256, s: U256, v: U256) { Self.sign(digest, secret) }

    private static func sign(_ digest: Hash256, _ secret: [UInt8]) -> (r: U256, s: U256, v: U256) {
        let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))!
        defer { secp256k1_context_destroy(context) }
        var signature = secp256k1_ecdsa_recoverable_signature()
        precondition(secp256k1_ecdsa_sign_recoverable(context, &signature, digest.bytes, secret, nil, nil) == 1, "signing failed")
        var compact = [UInt8](repeating: 0, count: 64)
        var parity: Int32 = 0
        secp256k1_ecdsa_recoverable_signature_serialize_compact(context, &compact, &parity, &signature)
        return (U256(bigEndian: compact[..<32]), U256(bigEndian: compact[32...]), U256(UInt64(27 + parity)))
    }
}

/// Swaps that the keys of both sides have signed: done as signed, once, in time, and not otherwise.
struct SwapTests {
    /// Refusals that are met here.
    static let refusalCodes: Set<UInt16> = [198]

    let world: TestWorld
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")
    let annaKey = WalletKey(3)
    let benKey = WalletKey(4)
    let potion: UInt64 = 65_536
    let id = [UInt8](1...16)

    init() throws {
        world = try TestWorld()
        for name in ["anna", "ben"] { try world.give(name, [AssetLine(asset: 1, amount: 1_000), AssetLine(asset: potion, amount: 100)]) }
        for (name, key) in [("anna", annaKey), ("ben", benKey)] {
            #expect(try world.perform("bindKey", by: name, ["key": .account(key.address)]).status == .applied)
        }
    }

    /// Forty coins of anna's for two potions of ben's.
    private func content() -> [String: FieldValue] {
        [
            "first": .account(anna), "second": .account(ben), "firstGives": .lines([AssetLine(asset: 1, amount: 40)]),
            "secondGives": .lines([AssetLine(asset: potion, amount: 2)]), "trade": .id(id), "expires": .number(world.timestampSeconds + 5),
        ]
    }

    private func signed(_ fields: [String: FieldValue], _ first: WalletKey? = nil, _ second: WalletKey? = nil) throws -> [String: FieldValue] {
        let swap = try #require(SignedSwap(fields: fields))
        let contract = try #require(world.game.contracts["trade"])
        let digest = swap.digest(chainID: world.game.genesis.chainID, contract: contract)
        func words(_ key: WalletKey) -> FieldValue {
            let (r, s, v) = key.sign(digest)
            return .words([r, s, v])
        }
        return fields.merging(["firstSignature": words(first ?? annaKey), "secondSignature": words(second ?? benKey)]) { $1 }
    }

    private func handIn(_ fields: [String: FieldValue], as role: Role = .player, by name: String = "carl", actor: Address = .zero) throws -> ReplyBody {
        try world.perform("signedSwap", as: role, by: name, actor: actor, fields)
    }

    private func expect(_ reply: ReplyBody, _ code: UInt16, _ have: UInt64? = nil, _ need: UInt64? = nil, _ place: SourceLocation = #_sourceLocation) {
        #expect(reply.status == .refusedByContract && reply.refusalCode == code, "\(reply)", sourceLocation: place)
        if let have { #expect(reply.have == have, sourceLocation: place) }
        if let need { #expect(reply.need == need, sourceLocation: place) }
    }

    private func has(_ name: String, _ coins: Int64, _ potions: Int64, _ place: SourceLocation = #_sourceLocation) throws {
        #expect(try world.balance(of: name, 1) == coins, sourceLocation: place)
        #expect(try world.balance(of: name, potion) == potions, sourceLocation: place)
    }

    @Test(arguments: [("anna", Role.player), ("ben", .player), ("carl", .player), ("arena", .server)])
    func `whoever hands it in, it is done as both have signed it, once`(_ by: String, _ role: Role) throws {
        let fields = try signed(content())
        try has("anna", 1_000, 100)
        let reply = try handIn(fields, as: role, by: by, actor: role == .server ? anna : .zero)
        #expect(reply.status == .applied && (reply.result0, reply.result1) == (1, 0), "2.5 % of 40: \(reply)")
        try has("anna", 960, 102)
        try has("ben", 1_039, 98)
        for name in ["anna", "ben", "carl"] { expect(try handIn(fields, by: name), 140, 2, 0) }
        // The same id in escrow or in another signed swap is used up too, whatever it says.
        var other = content()
        other["firstGives"] = .lines([AssetLine(asset: 1, amount: 1)])
        expect(try handIn(try signed(other)), 140, 2, 0)
        let proposal: [String: FieldValue] = [
            "trade": .id(id), "counterparty": .account(ben), "gives": RefusalTests.lines(1, 1), "wants": RefusalTests.lines(1, 1),
            "expires": .number(world.timestampSeconds),
        ]
        expect(try world.perform("proposeTrade", proposal), 140, 2, 0)
        try has("anna", 960, 102)
    }

    @Test func `it is done in its last second and not after`() throws {
        let fields = try signed(content())
        world.timestampSeconds += 6
        expect(try handIn(fields), 143, world.timestampSeconds, world.timestampSeconds - 1)
        world.timestampSeconds -= 1
        #expect(try handIn(fields).status == .applied)
    }

    @Test func `nothing that was not signed is done`() throws {
        let good = try signed(content())
        let changes: [(String, FieldValue)] = [
            ("first", .account(NamedAccount.player("carl"))), ("second", .account(NamedAccount.player("carl"))), ("firstGives", RefusalTests.lines(1, 39)),
            ("firstGives", RefusalTests.lines(2, 40)), ("secondGives", RefusalTests.lines(potion, 3)), ("secondGives", .lines([])),
            ("trade", .id([UInt8](2...17))), ("expires", .number(world.timestampSeconds + 6)),
        ]
        for (name, value) in changes { expect(try handIn(good.merging([name: value]) { $1 }), 198) }
        for name in ["firstSignature", "secondSignature"] {
            guard case .words(let words)? = good[name] else { return }
            let (r, s, v) = (words[0], words[1], words[2])
            let otherParity: U256 = v == 27 ? 28 : 27
            let changes: [[U256]] = [
                [r, s, otherParity], [r, s, .zero], [r, s, 29], [.zero, .zero, 27], [r ^ .one, s, v], [r, s ^ .one, v], [Secp256k1.order, s, v], [.max, .max, .max],
            ]
            for changed in changes {
                expect(try handIn(good.merging([name: .words(changed)]) { $1 }), 198)
            }
        }
        let (first, second) = (good["firstSignature"], good["secondSignature"])
        expect(try handIn(good.merging(["firstSignature": second!, "secondSignature": first!]) { $1 }), 198)
        expect(try handIn(good.merging(["secondSignature": first!]) { $1 }), 198, RefusalTests.first8(annaKey.address), RefusalTests.first8(benKey.address))
        expect(try handIn(try signed(content(), WalletKey(9), benKey)), 198)
        try has("anna", 1_000, 100)
        #expect(try handIn(good).status == .applied, "the refused ones have not used up the id")
    }

    @Test func `a key is bound by its player, and another one takes its place`() throws {
        let fields = try signed(content())
        #expect(try world.perform("bindKey", by: "anna", ["key": .account(WalletKey(8).address)]).status == .applied)
        expect(try handIn(fields), 198, RefusalTests.first8(annaKey.address), RefusalTests.first8(WalletKey(8).address))
        #expect(try handIn(try signed(content(), WalletKey(8))).status == .applied)
        // Without a bound key only the account's own would do, and players' accounts have none.
        #expect(try world.perform("bindKey", by: "ben", ["key": .account(.zero)]).status == .applied)
        var next = content()
        next["trade"] = .id([UInt8](2...17))
        expect(try handIn(try signed(next, WalletKey(8))), 198, RefusalTests.first8(benKey.address), RefusalTests.first8(ben))
        // An account that is a key's address signs for itself.
        let send: [String: FieldValue] = ["to": .account(WalletKey(8).address), "asset": .number(1), "amount": .number(50)]
        #expect(try world.perform("transferCoins", send).status == .applied)
        next["first"] = .account(WalletKey(8).address)
        #expect(try world.perform("bindKey", by: "ben", ["key": .account(benKey.address)]).status == .applied)
        #expect(try handIn(try signed(next, WalletKey(8))).status == .applied)
    }

    @Test func `a swap with oneself, too little, a frozen account and a bound thing are refused`() throws {
        var fields = content()
        fields["second"] = .account(anna)
        expect(try handIn(try signed(fields, annaKey, annaKey)), 145, 1, 2)
        fields = content()
        fields["firstGives"] = .lines([AssetLine(asset: 1, amount: 40), AssetLine(asset: potion, amount: 101)])
        expect(try handIn(try signed(fields)), 101, 100, 101)
        try has("anna", 1_000, 100)
        try world.give("anna", [AssetLine(asset: 8_454_181, amount: 5)])
        fields["firstGives"] = RefusalTests.lines(8_454_181, 1)
        expect(try handIn(try signed(fields)), 153)
        let good = try signed(content())
        let freeze: [String: FieldValue] = ["player": .account(ben), "reason": .number(1), "note": .words([1])]
        #expect(try world.perform("freezeAccount", as: .operator, by: "olga", freeze).status == .applied)
        expect(try handIn(good), 149, RefusalTests.first8(ben), 0)
        #expect(try world.perform("unfreezeAccount", as: .operator, by: "olga", freeze).status == .applied)
        #expect(try handIn(good).status == .applied)
        let escrow = try signed(content().merging(["first": .account(NamedAccount.escrow("trade"))]) { $1 })
        #expect(try handIn(escrow).refusalCode == 166)
    }

    @Test func `what was signed can be made void before it is handed in`() throws {
        let fields = try signed(content())
        #expect(try world.perform("voidSwap", by: "anna", ["trade": .id(id)]).status == .applied)
        expect(try handIn(fields), 140, 3, 0)
        expect(try world.perform("voidSwap", by: "ben", ["trade": .id(id)]), 140, 3, 0)
        var next = content()
        next["trade"] = .id([UInt8](2...17))
        #expect(try handIn(try signed(next)).status == .applied)
        expect(try world.perform("voidSwap", by: "ben", ["trade": .id([UInt8](2...17))]), 140, 2, 0)
    }

    @Test func `the digest is that of another implementation of EIP-712`() throws {
        let swap = try #require(
            SignedSwap(
                first: Address(word: 0x11), second: Address(word: 0x22), firstGives: [AssetLine(asset: 1, amount: 40)],
                secondGives: [AssetLine(asset: 65_536, amount: 2), AssetLine(asset: 2 << 32 | 7, amount: 1)], trade: 99, expires: 1_767_312_000))
        #expect(swap.digest(chainID: 31_337, contract: Address(word: 0x33)).hex == "0xd124f00e57b62de6047f554c61e131ae84cdf6c17255ef136a9051d9d8947a00")
        #expect(swap.typedData(chainID: 31_337, contract: Address(word: 0x33)).contains("\"verifyingContract\":\"0x0000000000000000000000000000000000000033\""))
        let many = [AssetLine](repeating: AssetLine(asset: 1, amount: 1), count: 5)
        #expect(SignedSwap(first: anna, second: ben, firstGives: many, secondGives: [], trade: 1, expires: 1) == nil)
    }
}
