internal import EVM
internal import Economy
internal import Foundation
internal import History
internal import Ledger

extension RPCMethod {
    /// What the page asks: the economy rather than the chain.
    static let hoard: [RPCMethod] = [
        RPCMethod("hoard_overview") { (service, _) throws(RPCError) in try service.overview() },
        RPCMethod("hoard_search", ["text"]) { (service, given) throws(RPCError) in
            guard case .string(let text) = try given.required(0) else { throw Read.wrong("text", "a string", given[0] ?? .null) }
            return try service.search(text.trimmingCharacters(in: .whitespaces))
        },
        RPCMethod("hoard_operation", ["id"]) { (service, given) throws(RPCError) in
            guard let found = try service.operation(try given.required(0)) else { return .null }
            return try service.operationJSON(found.block.entries[found.place].entry, found.block)
        },
        RPCMethod("hoard_account", ["account", "before", "limit"]) { (service, given) throws(RPCError) in
            try service.accountPage(given)
        },
        RPCMethod("hoard_item", ["asset", "before", "limit"]) { (service, given) throws(RPCError) in
            try service.itemPage(given)
        },
        RPCMethod("hoard_listings", ["asset", "before", "limit"]) { (service, given) throws(RPCError) in try service.listings(given) },
        RPCMethod("hoard_market", ["minutes"]) { (service, given) throws(RPCError) in try service.market(given) },
        RPCMethod("hoard_prices", ["asset", "minutes"]) { (service, given) throws(RPCError) in try service.prices(given) },
        RPCMethod("hoard_receiptProof", ["id"]) { (service, given) throws(RPCError) in
            guard let found = try service.operation(try given.required(0)) else { return .null }
            return try service.receiptProof(found.block, found.place)
        },
        RPCMethod("hoard_signedReceipt", ["id"]) { (service, given) throws(RPCError) in
            guard let found = try service.operation(try given.required(0)) else { return .null }
            return try service.signedReceipt(found.block.entries[found.place].entry.id)
        },
        RPCMethod("hoard_signedHead") { (service, _) throws(RPCError) in try service.signedHead() },
    ]
}

extension RPCService {
    private static var nowMinute: UInt64 { UInt64(Date().timeIntervalSince1970) / 60 }

    private func reading<Value>(_ body: () throws(HistoryError) -> Value) throws(RPCError) -> Value {
        try RPCError.reading(body)
    }

    func overview() throws(RPCError) -> JSON {
        let head = history.head
        let status = ledger.status
        let totals = try reading { () throws(HistoryError) in try history.totals() }
        let currencies = history.game.catalog.currencies
        let flows = try reading { () throws(HistoryError) in try history.flows(since: 0) }
        let hour = try reading { () throws(HistoryError) in try history.flows(since: Self.nowMinute - 60) }
        func units(_ rows: [FlowRow], _ asset: UInt64, _ flow: Flow) -> Double {
            rows.first { $0.asset == asset && $0.flow == flow }?.units ?? 0
        }
        let actions = totals.map { total -> JSON in
            [
                "action": .string(total.name), "outcome": .string(total.outcome), "count": .int(total.count),
                "gas": .int(total.gas),
            ]
        }
        let money = currencies.map { currency -> JSON in
            let issued = units(flows, currency.asset, .issued)
            let sunk = units(flows, currency.asset, .sunk)
            let moved = units(hour, currency.asset, .moved)
            return [
                "asset": .int(currency.asset), "name": .string(currency.name), "symbol": .string(currency.symbol),
                "issued": .double(issued), "sunk": .double(sunk), "supply": .double(issued - sunk),
                "treasury": .double(units(flows, currency.asset, .treasury)),
                "issuedHour": .double(units(hour, currency.asset, .issued)),
                "sunkHour": .double(units(hour, currency.asset, .sunk)), "movedHour": .double(moved),
                "velocityHour": .double(issued > sunk ? moved / (issued - sunk) : 0),
            ]
        }
        return [
            "world": .hash(history.worldID), "chainId": .int(genesis.chainID), "head": .int(head),
            "indexed": .int(history.indexedBlock), "first": .int(history.firstBlock), "isComplete": .bool(history.isComplete),
            "operations": .int(status.operations), "gas": .int(status.gas), "refused": .int(status.refused),
            "anchor": Self.anchorJSON(status.anchor), "parallel": Self.parallelJSON(status.parallel),
            "syncMilliseconds": Self.syncsJSON(status.syncs), "totals": .array(actions), "currencies": .array(money),
        ]
    }

    private static func anchorJSON(_ anchor: Anchor?) -> JSON {
        guard let anchor else { return .null }
        return ["block": .int(anchor.block), "stateRoot": .hash(anchor.stateRoot)]
    }

    private static func parallelJSON(_ statistics: ParallelStatistics?) -> JSON {
        guard let statistics else { return .null }
        return [
            "confirmed": .int(statistics.confirmedUnits), "repeated": .int(statistics.repeatedUnits),
            "inTurn": .int(statistics.inTurnUnits), "sequential": .int(statistics.sequentialUnits),
        ]
    }

    private static func syncsJSON(_ syncs: LatencyHistogram) -> JSON {
        func milliseconds(_ share: Double) -> JSON { .double(Double(syncs.quantileNanoseconds(share)) / 1e6) }
        return ["p50": milliseconds(0.5), "p95": milliseconds(0.95), "p99": milliseconds(0.99)]
    }

    /// The name of an asset, as the catalog has it.
    func assetName(_ asset: UInt64) -> String {
        let catalog = history.game.catalog
        if let currency = catalog.currencies.first(where: { $0.asset == asset }) { return currency.name }
        if let item = catalog.items.first(where: { $0.asset == asset }) { return item.name }
        if asset >> 32 > 0, let kind = catalog.uniqueKinds.first(where: { $0.kind == asset >> 32 }) {
            return "\(kind.name) #\(asset & 0xffff_ffff)"
        }
        if let range = catalog.ranges.first(where: { $0.assets.contains(asset) }) { return "\(range.name) \(asset)" }
        return "asset \(asset)"
    }

    /// What an address is called: a house by its kind and name, anything else not at all.
    func houseName(_ address: Address) -> String? {
        let catalog = history.game.catalog
        guard let kind = catalog.houses[address] else { return nil }
        switch kind {
        case .faucet: return "faucet " + (catalog.faucets.first { NamedAccount.faucet($0) == address } ?? "?")
        case .sink: return "sink " + (catalog.sinks.first { NamedAccount.sink($0) == address } ?? "?")
        case .escrow: return "escrow " + (catalog.escrows.first { NamedAccount.escrow($0) == address } ?? "?")
        case .treasury: return "treasury"
        case .none: return nil
        }
    }

    private func partyJSON(_ address: Address) -> JSON {
        ["address": .address(address), "house": Self.textJSON(houseName(address))]
    }

    private static func textJSON(_ text: String?) -> JSON { if let text { .string(text) } else { .null } }

    private func movementJSON(_ movement: AssetMovement) -> JSON {
        [
            "asset": .int(movement.asset), "name": .string(assetName(movement.asset)), "amount": .string(String(movement.amount)),
            "from": partyJSON(movement.from), "to": partyJSON(movement.to),
        ]
    }

    func operationJSON(_ entry: LedgerEntry, _ block: HistoryBlock?) throws(RPCError) -> JSON {
        let game = history.game
        let found: HistoryBlock?
        if let block { found = block } else { found = try reading { () throws(HistoryError) in try history.block(entry.block) } }
        let outcome: String
        var refusal: JSON = .null
        switch entry.receipt.outcome {
        case .success: outcome = "applied"
        case .reverted:
            outcome = "refused by contract"
            refusal = .string(game.reply(game.actions.keys.min() ?? 0, entry.receipt).message)
        case .halted(let halt): outcome = "halted: \(halt)"
        }
        return [
            "id": .string(entry.id.hex), "hash": .hash(history.hash(of: entry)), "block": .int(entry.block),
            "place": .int(entry.index), "timestampMilliseconds": .int(found?.header.timestampMilliseconds ?? 0),
            "action": .string(game.actionName(of: entry.transaction) ?? (entry.transaction.kind == .session ? "other" : "signed transaction")),
            "sender": partyJSON(entry.transaction.sender), "outcome": .string(outcome), "refusal": refusal,
            "gas": .int(entry.receipt.gasUsed),
            "movements": .array(entry.receipt.succeeded ? game.movements(of: entry.receipt).map(movementJSON) : []),
        ]
    }

    /// The operation of an id of 32 digits or a hash of 64, with or without 0x.
    func operation(_ json: JSON) throws(RPCError) -> (block: HistoryBlock, place: Int)? {
        guard case .string(let text) = json else { throw Read.wrong("id", "an operation id or a hash", json) }
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        if digits.count == 64 { return try transaction(try Read.hash(.string("0x" + digits), "id")) }
        guard let id = OperationID(hex: digits.lowercased()) else {
            throw Read.wrong("id", "an operation id of 32 hexadecimal digits, or a hash of 64", json)
        }
        return try reading { () throws(HistoryError) in try history.place(of: id) }
    }

    func search(_ text: String) throws(RPCError) -> JSON {
        var found: [JSON] = []
        func add(_ kind: String, _ key: String, _ title: String) {
            found.append(["kind": .string(kind), "key": .string(key), "title": .string(title)])
        }
        let digits = text.lowercased().hasPrefix("0x") ? String(text.lowercased().dropFirst(2)) : text.lowercased()
        if let number = UInt64(text) {
            if number <= history.head { add("block", text, "block \(number)") }
            let name = assetName(number)
            if number > 65_535, !name.hasPrefix("asset ") { add("item", text, name) }
        }
        if digits.count == 32 || digits.count == 64, digits.allSatisfy(\.isHexDigit),
            let place = try operation(.string(digits))
        {
            let entry = place.block.entries[place.place].entry
            add("operation", entry.id.hex, history.game.actionName(of: entry.transaction) ?? "operation")
        }
        if digits.count == 64, let hash = U256(hex: digits),
            let block = try reading({ () throws(HistoryError) in try history.block(digest: Hash256(word: hash)) })
        {
            add("block", String(block.number), "block \(block.number)")
        }
        if digits.count == 40, let address = Address(hex: digits) {
            add("account", address.hex, houseName(address) ?? "account")
        }
        let wanted = text.lowercased()
        if wanted.count >= 2 {
            for item in history.game.catalog.items where item.name.lowercased().contains(wanted) {
                if found.count < 30 { add("item", String(item.asset), item.name) }
            }
        }
        if (1...64).contains(text.utf8.count), digits.count != 40 {
            let player = NamedAccount.player(text)
            let known = try reading { () throws(HistoryError) in try history.operations(of: player, limit: 1) }
            if !known.isEmpty { add("account", player.hex, "player \(text)") }
        }
        return .array(found)
    }

    /// Where a page begins and how many rows it has, from the second and third parameter.
    func page(_ given: Parameters) throws(RPCError) -> (before: (block: UInt64, place: Int)?, limit: Int) {
        var before: (block: UInt64, place: Int)?
        if let json = given[1] {
            guard let block = json[0], let place = json[1] else { throw Read.wrong("before", "[block, place]", json) }
            before = (try Read.count(block, "before"), Int(clamping: try Read.count(place, "before")))
        }
        let limit = try given[2].map { (json) throws(RPCError) in try Read.count(json, "limit") } ?? 50
        return (before, Int(min(limit, UInt64(HistoryLimits.rowsMax))))
    }

    func accountPage(_ given: Parameters) throws(RPCError) -> JSON {
        guard case .string(let text) = try given.required(0) else { throw Read.wrong("account", "a name or an address", given[0] ?? .null) }
        let isAddress = text.hasPrefix("0x") && text.utf8.count == 42
        let account = isAddress ? try given.address(0) : NamedAccount.player(text)
        let (before, limit) = try page(given)
        let entries = try reading { () throws(HistoryError) in
            try history.operations(of: account, before: before, limit: limit)
        }
        var rows: [JSON] = []
        for entry in entries { rows.append(try operationJSON(entry.entry, nil)) }
        return [
            "address": .address(account), "house": Self.textJSON(houseName(account)),
            "holdings": .array(try holdings(account)), "operations": .array(rows),
        ]
    }

    /// What an account has: every currency, and the first items of its inventory.
    private func holdings(_ account: Address) throws(RPCError) -> [JSON] {
        let game = history.game
        func ask(_ request: ViewRequest) throws(RPCError) -> [UInt8]? {
            try withState(.latest) { (state, environment) throws(RPCError) in
                let call = Transaction.session(sender: account, to: request.to, data: request.data, gasLimit: 5_000_000)
                let view = CallView(state, overrides: [:], freeSender: account) { [history] in
                    history.blockHash($0, before: environment.number)
                }
                let receipt = try? attempt(call, view, environment)
                return receipt?.succeeded == true ? receipt?.output : nil
            }
        }
        var rows: [JSON] = []
        for currency in game.catalog.currencies {
            guard let request = game.balanceRequest(account: account, asset: currency.asset), let output = try ask(request),
                let balance = game.balance(from: output)
            else { continue }
            rows.append([
                "asset": .int(currency.asset), "name": .string(currency.name), "amount": .string("\(balance.amount)"),
            ])
        }
        if let output = try ask(game.inventoryRequest(account: account, from: 0, limit: 100)),
            let inventory = game.inventory(from: output)
        {
            for line in inventory.lines {
                rows.append([
                    "asset": .int(line.asset), "name": .string(assetName(line.asset)), "amount": .string("\(line.amount)"),
                ])
            }
        }
        return rows
    }

    func itemPage(_ given: Parameters) throws(RPCError) -> JSON {
        let asset = try Read.count(try given.required(0), "asset")
        let (before, limit) = try page(given)
        let entries = try reading { () throws(HistoryError) in
            try history.operations(moving: asset, before: before, limit: limit)
        }
        var steps: [JSON] = []
        for entry in entries {
            guard case .object(var members) = try operationJSON(entry.entry, nil) else { continue }
            members.removeAll { $0.name == "movements" }
            let own = history.game.movements(of: entry.entry.receipt).filter { $0.asset == asset }
            members.append(("movements", .array(own.map(movementJSON))))
            steps.append(.object(members))
        }
        return ["asset": .int(asset), "name": .string(assetName(asset)), "steps": .array(steps)]
    }

    private func since(_ json: JSON?, default standard: UInt64) throws(RPCError) -> UInt64 {
        let minutes = try json.map { (json) throws(RPCError) in try Read.count(json, "minutes") } ?? standard
        return Self.nowMinute - min(Self.nowMinute, minutes)
    }

    func market(_ given: Parameters) throws(RPCError) -> JSON {
        let since = try since(given[0], default: 1_440)
        let top = try reading { () throws(HistoryError) in try history.topItems(since: since, limit: 20) }
        return .array(
            top.map {
                [
                    "asset": .int($0.asset), "name": .string(assetName($0.asset)), "currency": .int($0.currency),
                    "units": .double($0.units), "paid": .double($0.paid), "low": .int($0.low), "high": .int($0.high),
                ]
            })
    }

    func prices(_ given: Parameters) throws(RPCError) -> JSON {
        let asset = try Read.count(try given.required(0), "asset")
        let since = try since(given[1], default: 1_440)
        let points = try reading { () throws(HistoryError) in try history.prices(of: asset, since: since) }
        return .array(
            points.map {
                [
                    "currency": .int($0.currency), "minute": .int($0.minute), "units": .int($0.units), "paid": .int($0.paid),
                    "low": .int($0.low), "high": .int($0.high),
                ]
            })
    }

    /// What proves that an operation had this receipt: the header, whose SHA-256 is the block's hash, all receipts of the
    /// block, and where the running SHA-256 stood before them, which the parent's header shows to be right.
    func receiptProof(_ block: HistoryBlock, _ place: Int) throws(RPCError) -> JSON {
        guard block.number <= history.indexedBlock else { throw .server("block \(block.number) is not indexed yet; try again") }
        guard let state = try reading({ () throws(HistoryError) in try history.resultsState(before: block.number) }),
            state.count == 112
        else { throw .server("the history does not begin at block 1, so the running digest is not known") }
        let parent = try reading { () throws(HistoryError) in try history.block(block.number - 1) }
        let parentHeader: JSON = if let parent { .data(parent.header.encoded) } else { .null }
        func word(_ offset: Int) -> UInt64 {
            (0..<4).reduce(UInt64(0)) { $0 | UInt64(state[offset + $1]) << UInt64(8 * $1) }
        }
        let stateJSON: JSON = [
            "hash": .array((0..<8).map { JSON.int(word($0 * 4)) }), "bytes": .int((word(32) | word(36) << 32) / 8),
            "rest": .data(state[40..<40 + Int(word(104))]),
        ]
        var results = 0
        for entry in block.entries[..<place] { results += resultBytes(entry.entry) }
        return [
            "id": .string(block.entries[place].entry.id.hex), "block": .int(block.number), "place": .int(place),
            "hash": .hash(block.digest), "header": .data(block.header.encoded),
            "parentHeader": parentHeader, "results": .data(block.results),
            "offset": .int(results), "length": .int(resultBytes(block.entries[place].entry)),
            "state": stateJSON,
            "anchor": Self.anchorJSON(history.lastAnchor),
        ]
    }

    private func resultBytes(_ entry: LedgerEntry) -> Int { 16 + BlockCoding.encoded(entry.receipt).count }
}
