internal import EVM

/// What the check needs to know of a slot before a transition.
struct FormerBalance {
    var value: U256
    /// Whether an event of an earlier operation explained a change of it.
    var isBalance: Bool
    /// Where the slot's mark is kept; nil where it has none, being zero.
    var place: UnsafeMutableRawPointer?
}

/// A change of a token contract's slot that no event explained.
struct UnexplainedChange: BitwiseCopyable {
    /// Where the slot's mark is kept.
    var place: UnsafeMutableRawPointer
    /// Whether it was known as a balance: then the change is a violation.
    var isBalance: Bool
}

/// A slot of a token contract whose change an event explained: it is a balance.
struct ExplainedBalance: BitwiseCopyable {
    /// Where the slot's mark is kept.
    var place: UnsafeMutableRawPointer
    /// The token contract.
    var address: Address
    /// Whether it was known as a balance before.
    var isBalance: Bool
}

/// What tells the former values of slots.
protocol BalanceBook {
    /// The slot before the transition.
    func balance(_ address: Address, _ slot: U256) -> FormerBalance
}

extension WorldState: BalanceBook {
    @inline(__always)
    func balance(_ address: Address, _ slot: U256) -> FormerBalance {
        guard let place = place(address, slot) else { return FormerBalance(value: .zero, isBalance: false, place: nil) }
        return FormerBalance(
            value: place.pointee.value, isBalance: place.pointee.isBalance, place: UnsafeMutableRawPointer(place))
    }

    /// Marks slots as balances. The places must be those of `balance`, with no change of the world in between.
    @inline(__always)
    func mark(_ explained: borrowing RawList<ExplainedBalance>) {
        for balance in explained.elements where !balance.isBalance {
            let place = balance.place.assumingMemoryBound(to: SlotEntry.self)
            mark(place, balance.address, place.pointee.slot)
        }
    }
}

/// Checks every transition against the asset rules before it is applied.
///
/// The sum over all accounts cannot change: every event takes from one account what it gives to another, and the
/// balances must change by exactly what the events say.
final class ConservationChecker {
    private let rules: [AssetRule]
    private let addresses: [Address]
    private let listed: [Set<U256>]
    private let transfer = keccak256(Array("Transfer(address,address,uint256)".utf8)).word
    private let transferSingle = keccak256(
        Array("TransferSingle(address,address,address,uint256,uint256)".utf8)
    ).word
    private let transferBatch = keccak256(
        Array("TransferBatch(address,address,address,uint256[],uint256[])".utf8)
    ).word
    private let memo: KeccakMemo
    private let nets = NetChanges()
    private let ruleOfContract: [Address: Int]
    /// Slots that the last transition's events explained.
    let explained = RawList<ExplainedBalance>()
    /// Changed slots that no event of the last transition explained, and what was known of them.
    let unexplained = RawList<UnexplainedChange>()

    /// A checker of these rules. What the contracts have just hashed it finds in their machine's memo.
    init(rules: [AssetRule], memo: KeccakMemo? = nil) {
        self.rules = rules
        self.memo = memo ?? KeccakMemo()
        addresses = rules.map(\.contract)
        listed = rules.map { rule in
            if case .listed(let slots) = rule.otherSlots { Set(slots) } else { [] }
        }
        ruleOfContract = Dictionary(
            rules.enumerated().map { ($0.element.contract, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether there is any rule to check.
    var isChecking: Bool { !rules.isEmpty }

    /// The first violation in a transition over `book`, which it must not have been applied to; nil where all is in
    /// order. What `explained` and `unexplained` say then is for the caller to take over.
    func violation<Book: BalanceBook>(in result: TransitionResult, before book: Book) -> ConservationViolation? {
        explained.removeAll()
        unexplained.removeAll()
        if rules.isEmpty { return nil }
        nets.removeAll()
        for log in result.receipt.logs {
            guard let rule = rule(of: log.address), let signature = log.topics.first else { continue }
            if let malformed = collect(log, signature, rule) { return malformed }
        }
        for change in result.diff.storage {
            guard let rule = rule(of: change.address) else { continue }
            if let violation = check(change, rule, book) { return violation }
        }
        if let net = nets.firstUnmatched() {
            return ConservationViolation(
                contract: rules[net.rule].contract, slot: net.slot, have: .zero, need: net.change)
        }
        return accountsViolation(result.diff)
    }

    /// Whether the contract's events and balances are checked.
    func checks(_ contract: Address) -> Bool { rule(of: contract) != nil }

    private func rule(of contract: Address) -> Int? {
        if rules.count > 8 { return ruleOfContract[contract] }
        return addresses.firstIndex(of: contract)
    }

    @inline(__always)
    private func check<Book: BalanceBook>(
        _ change: StorageChange, _ rule: Int, _ book: Book
    ) -> ConservationViolation? {
        let former = book.balance(change.address, change.slot)
        let difference = change.value &- former.value
        if let net = nets.find(rule, change.slot) {
            net.pointee.isMatched = true
            if net.pointee.change == difference, !overflows(former.value, difference, change.value) {
                if let place = former.place {
                    explained.append(
                        ExplainedBalance(place: place, address: change.address, isBalance: former.isBalance))
                }
                return nil
            }
            return ConservationViolation(
                contract: change.address, slot: change.slot, have: difference, need: net.pointee.change)
        }
        switch rules[rule].otherSlots {
        case .any:
            if let place = former.place {
                unexplained.append(UnexplainedChange(place: place, isBalance: former.isBalance))
            }
            if !former.isBalance { return nil }
        case .listed: if listed[rule].contains(change.slot) { return nil }
        case .none: break
        }
        return ConservationViolation(contract: change.address, slot: change.slot, have: difference, need: .zero)
    }

    /// A token contract's account must not disappear, and its storage must not be wiped.
    private func accountsViolation(_ diff: StateDiff) -> ConservationViolation? {
        for change in diff.accounts where change.account == nil || change.storageCleared {
            guard rule(of: change.address) != nil else { continue }
            return ConservationViolation(contract: change.address, slot: .zero, have: .zero, need: .zero)
        }
        return nil
    }

    /// Whether `former + difference` leaves the range of two's complement numbers.
    private func overflows(_ former: U256, _ difference: U256, _ sum: U256) -> Bool {
        let sign = UInt64(1) << 63
        return (former.l3 ^ difference.l3) & sign == 0 && (former.l3 ^ sum.l3) & sign != 0
    }

    @inline(__always)
    private func add(_ rule: Int, _ id: U256, _ account: U256, _ change: U256) {
        let slot: U256
        switch rules[rule].kind {
        // keccak(slot . key), as Vyper lays out mappings.
        case .erc20: slot = memo.hash(rules[rule].balancesSlot, account)
        case .erc1155: slot = memo.hash(memo.hash(rules[rule].balancesSlot, id), account)
        case .erc1155OwnerFirst: slot = memo.hash(memo.hash(rules[rule].balancesSlot, account), id)
        }
        nets.add(rule, slot, change)
    }

    private func move(_ rule: Int, _ id: U256, from: U256, to: U256, _ amount: U256) {
        if amount.isZero || from == to { return }
        add(rule, id, from, .zero &- amount)
        add(rule, id, to, amount)
    }

    private func collect(_ log: EmittedLog, _ signature: U256, _ rule: Int) -> ConservationViolation? {
        let malformed = ConservationViolation(contract: log.address, slot: .zero, have: signature, need: .zero)
        if rules[rule].kind == .erc20 {
            guard signature == transfer else { return nil }
            guard log.topics.count == 3, log.data.count == 32 else { return malformed }
            move(rule, .zero, from: log.topics[1], to: log.topics[2], word(log.data, 0))
            return nil
        }
        if signature == transferSingle {
            guard log.topics.count == 4, log.data.count == 64 else { return malformed }
            move(rule, word(log.data, 0), from: log.topics[2], to: log.topics[3], word(log.data, 1))
            return nil
        }
        guard signature == transferBatch else { return nil }
        guard log.topics.count == 4, collectBatch(log, rule) else { return malformed }
        return nil
    }

    private func collectBatch(_ log: EmittedLog, _ rule: Int) -> Bool {
        let words = log.data.count / 32
        guard log.data.count % 32 == 0, words >= 2, let ids = arrayStart(log.data, 0, words),
            let amounts = arrayStart(log.data, 1, words), ids.count == amounts.count
        else { return false }
        for index in 0..<ids.count {
            move(
                rule, word(log.data, ids.first + index), from: log.topics[2], to: log.topics[3],
                word(log.data, amounts.first + index))
        }
        return true
    }

    /// Where the words of an ABI array begin, and how many there are; nil where they are not within the data.
    private func arrayStart(_ data: [UInt8], _ head: Int, _ words: Int) -> (first: Int, count: Int)? {
        let offset = word(data, head)
        guard offset < U256(UInt64(data.count)), offset.l0 % 32 == 0 else { return nil }
        let place = Int(offset.l0 / 32)
        guard place < words else { return nil }
        let count = word(data, place)
        guard count <= U256(UInt64(words - place - 1)) else { return nil }
        return (place + 1, Int(count.l0))
    }

    @inline(__always)
    private func word(_ data: [UInt8], _ index: Int) -> U256 {
        data.withUnsafeBytes { Hash256(loading: $0.baseAddress! + index * 32).word }
    }
}
