import EVM
public import Wire

/// Who speaks: the role and the account of a session's token.
public struct SessionIdentity: Sendable, Equatable {
    /// What the session may do.
    public var role: Role
    /// The account of its subject.
    public var account: Account
    /// The same as the address of transactions.
    let address: Address

    /// A session.
    public init(role: Role, account: Account) {
        self.role = role
        self.account = account
        address = Address(account)
    }

    /// A session of a subject, whose account is that of a player of this name.
    public init(role: Role, subject: String) {
        self.init(role: role, account: Account(playerName: subject))
    }
}

/// Maps actions to transactions by their plans; a pure table.
struct ActionMapper: Sendable {
    /// The plans.
    let plans: [ActionPlan]
    /// Places in `plans` by action code; -1 where there is none.
    private let byCode: [Int16]
    /// The contracts of currency 1, 2, ...
    let currencies: [Address]
    /// What exists in the game.
    let catalog: Catalog
    /// Every refusal.
    let refusals: RefusalTable

    /// A mapper of these plans.
    init(plans: [ActionPlan], currencies: [Address], catalog: Catalog, refusals: RefusalTable) {
        self.plans = plans
        var byCode = [Int16](repeating: -1, count: Int(EconomyLimits.actionCodeLimit))
        for (index, plan) in plans.enumerated() { byCode[Int(plan.code)] = Int16(index) }
        self.byCode = byCode
        self.currencies = currencies
        self.catalog = catalog
        self.refusals = refusals
    }

    /// The place of the plan for a code, or nil.
    @inline(__always)
    func place(of code: UInt16) -> Int? {
        guard Int(code) < byCode.count, byCode[Int(code)] >= 0 else { return nil }
        return Int(byCode[Int(code)])
    }

    /// The transaction that an action becomes, or why it is refused before anything is executed.
    func map(
        code: UInt16, actor: Address, payload: UnsafeRawBufferPointer, session: SessionIdentity
    ) -> Result<Transaction, ActionRefusal> {
        guard let place = place(of: code) else { return refuse(.unknownAction, UInt64(code), 0) }
        return plans.withUnsafeBufferPointer { map($0[place], actor, payload, session) }
    }

    private func map(
        _ plan: borrowing ActionPlan, _ actor: Address, _ payload: UnsafeRawBufferPointer, _ session: SessionIdentity
    ) -> Result<Transaction, ActionRefusal> {
        guard payload.count == plan.payloadLength else {
            return refuse(.badPayload, UInt64(payload.count), UInt64(plan.payloadLength))
        }
        let acting = actor == .zero ? session.address : actor
        if plan.authorityMask != 0 {
            guard plan.authorityMask & (1 << session.role.rawValue) != 0 else {
                return refuse(.roleNotAllowed, UInt64(session.role.rawValue), UInt64(plan.authorityNeeded.rawValue))
            }
        } else if acting != session.address, session.role != .server {
            return refuse(.notOwnAccount, Self.firstBytes(acting), Self.firstBytes(session.address))
        } else if acting != session.address, let refusal = escrow(acting) {
            return .failure(refusal)
        }
        for index in plan.checks.indices {
            if let refusal = check(plan.checks[index], payload) { return .failure(refusal) }
        }
        var to = plan.to
        if plan.currencyOffset >= 0 {
            // The check of the field has made sure that the currency exists.
            to = currencies[Int(Self.number(payload, plan.currencyOffset, 8)) - 1]
        }
        let sender = plan.authorityMask == 0 ? acting : authority(plan, payload, session.role, actor)
        return .success(
            .session(sender: sender, to: to, data: Self.calldata(plan, payload, acting, session.address), gasLimit: plan.gasLimit))
    }

    private func authority(
        _ plan: borrowing ActionPlan, _ payload: UnsafeRawBufferPointer, _ role: Role, _ actor: Address
    ) -> Address {
        let lane = plan.laneOffset >= 0 ? Address(loading: payload.baseAddress! + plan.laneOffset) : actor
        let prefix: U256 = role == .server ? Self.serverPrefix : Self.operatorPrefix
        return Address(word: U256(Self.firstBytes(lane), prefix.l1, prefix.l2, 0))
    }

    private static let serverPrefix = NamedAccount.authority(.server).word
    private static let operatorPrefix = NamedAccount.authority(.operator).word

    /// The first 8 bytes of an account as a big-endian number.
    @inline(__always)
    static func firstBytes(_ account: Address) -> UInt64 {
        let word = account.word
        return word.l2 << 32 | word.l1 >> 32
    }

    private static func calldata(
        _ plan: borrowing ActionPlan, _ payload: UnsafeRawBufferPointer, _ acting: Address, _ speaking: Address
    ) -> [UInt8] {
        let count = plan.template.count
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let out = UnsafeMutableRawPointer(buffer.baseAddress!)
            plan.template.withUnsafeBytes { out.copyMemory(from: $0.baseAddress!, byteCount: count) }
            // Offsets lie within the payload and the template: the compiler of plans made both from the same fields.
            if let source = payload.baseAddress {
                for step in plan.steps { copy(step, source, out) }
            }
            for offset in plan.actorOffsets { acting.store(at: out + offset) }
            for offset in plan.sessionOffsets { speaking.store(at: out + offset) }
            initialized = count
        }
    }

    @inline(__always)
    private static func copy(_ step: CopyStep, _ source: UnsafeRawPointer, _ out: UnsafeMutableRawPointer) {
        if step.reversed, step.count == 8 {
            let value = source.loadUnaligned(fromByteOffset: step.source, as: UInt64.self)
            out.storeBytes(of: value.byteSwapped, toByteOffset: step.destination, as: UInt64.self)
        } else if step.reversed {
            for index in 0..<step.count {
                let byte = source.load(fromByteOffset: step.source + step.count - 1 - index, as: UInt8.self)
                out.storeBytes(of: byte, toByteOffset: step.destination + index, as: UInt8.self)
            }
        } else {
            (out + step.destination).copyMemory(from: source + step.source, byteCount: step.count)
        }
    }

    /// The little-endian number at an offset, of up to 8 bytes.
    @inline(__always)
    static func number(_ payload: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> UInt64 {
        if count == 8 { return UInt64(littleEndian: payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(payload[offset + index]) }
        return value
    }

    func refuse<Value>(_ known: KnownRefusal, _ have: UInt64, _ need: UInt64) -> Result<Value, ActionRefusal> {
        .failure(refusals.refusal(known, have: have, need: need))
    }
}
