import EVM

/// Reads Catalog/*.json.
struct CatalogReader {
    /// The game folder.
    let folder: GameFolder

    /// The catalog, as far as it could be read; what is wrong is noted.
    func read() -> Catalog {
        var catalog = Catalog()
        readCurrencies(into: &catalog)
        readItems(into: &catalog)
        readAccounts(into: &catalog)
        readOffers(into: &catalog)
        readBooks(into: &catalog)
        catalog.loot = LootReader(folder: folder, catalog: catalog).read()
        return catalog
    }

    private func readCurrencies(into catalog: inout Catalog) {
        guard let root = folder.read("Catalog/currencies.json")?.object(["currencies"]),
            let nodes = root.list("currencies")
        else { return }
        for (index, node) in nodes.enumerated() {
            guard let object = node.object(["asset", "name", "symbol", "contract", "debtLimit"]),
                let asset = object.number("asset", 1...EconomyLimits.currenciesMax), let name = object.text("name"),
                let symbol = object.text("symbol"), let contract = object.text("contract")
            else { continue }
            if asset != UInt64(index + 1) {
                object["asset"]?.refuse(
                    "asset \(asset) is out of order", "currencies are numbered without a gap: \(index + 1)")
            }
            catalog.currencies.append(
                Currency(
                    asset: asset, name: name, symbol: symbol, contract: contract,
                    debtLimit: object["debtLimit"]?.number(0...UInt64(Int64.max)) ?? 0))
        }
    }

    private func readItems(into catalog: inout Catalog) {
        guard let root = folder.read("Catalog/items.json")?.object(["items", "uniqueKinds", "ranges"]) else { return }
        let stackable = Catalog.firstItem...(Catalog.stackableLimit - 1)
        var found: [(range: ClosedRange<UInt64>, node: DataNode)] = []
        for node in root.list("items") ?? [] {
            guard let object = node.object(["asset", "name", "bound"]), let asset = object.number("asset", stackable),
                let name = object.text("name")
            else { continue }
            checkBound(object, asset...asset, Catalog.boundBit)
            found.append((asset...asset, node))
            catalog.items.append(Item(asset: asset, name: name))
        }
        for node in root["ranges"]?.list() ?? [] {
            guard let object = node.object(["name", "first", "last", "bound"]), let name = object.text("name"),
                let first = object.number("first", stackable), let last = object.number("last", stackable)
            else { continue }
            guard first <= last else {
                object["last"]?.refuse("\(last) is before the first, \(first)", "write \(first) or more")
                continue
            }
            checkBound(object, first...last, Catalog.boundBit)
            found.append((first...last, node))
            catalog.ranges.append(ItemRange(name: name, assets: first...last))
        }
        for node in root["uniqueKinds"]?.list() ?? [] {
            guard let object = node.object(["kind", "name", "bound"]), let kind = object.number("kind", 1...0xffff_ffff),
                let name = object.text("name")
            else { continue }
            checkBound(object, kind...kind, Catalog.boundUniqueBit >> 32)
            if catalog.uniqueKinds.contains(where: { $0.kind == kind }) {
                object["kind"]?.refuse("kind \(kind) stands there twice", "give each kind a number of its own")
            }
            catalog.uniqueKinds.append(UniqueKind(kind: kind, name: name))
        }
        catalog.items.sort { $0.asset < $1.asset }
        catalog.stackable = merged(found)
    }

    /// Numbers with a bit are bound, and the file must say so, so that nobody makes a thing bound or free by a slip of the pen.
    private func checkBound(_ object: DataObject, _ numbers: ClosedRange<UInt64>, _ bit: UInt64) {
        let isBound = object["bound"]?.flag() ?? false
        let have = numbers.lowerBound & bit != 0
        if have != (numbers.upperBound & bit != 0) {
            object["last"]?.refuse("the range crosses \(bit), from which on items are bound", "make two ranges of it")
        } else if isBound, !have {
            object["bound"]?.refuse("\(numbers.lowerBound) is below \(bit), where nothing is bound", "give what is bound a number from \(bit) on")
        } else if !isBound, have {
            object.place.refuse("numbers from \(bit) on are bound", "write \"bound\": true, or a number below")
        }
    }

    private func merged(_ found: [(range: ClosedRange<UInt64>, node: DataNode)]) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        for (range, node) in found.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = result.last, range.lowerBound <= last.upperBound + 1 else {
                result.append(range)
                continue
            }
            if range.lowerBound <= last.upperBound {
                node.refuse("asset \(range.lowerBound) stands there twice", "give each item a number of its own")
            }
            result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        return result
    }

    private func readAccounts(into catalog: inout Catalog) {
        guard let root = folder.read("Catalog/accounts.json")?.object(["faucets", "sinks", "escrows", "royalties", "credits"]) else { return }
        catalog.faucets = names(root, "faucets")
        catalog.sinks = names(root, "sinks")
        catalog.escrows = names(root, "escrows")
        catalog.escrowAddresses = catalog.escrows.map(NamedAccount.escrow)
        for name in catalog.faucets { catalog.houses[NamedAccount.faucet(name)] = .faucet }
        for name in catalog.sinks { catalog.houses[NamedAccount.sink(name)] = .sink }
        for account in catalog.escrowAddresses { catalog.houses[account] = .escrow }
        catalog.houses[NamedAccount.treasury] = .treasury
        readRoyalties(root, into: &catalog)
        for node in root["credits"]?.list() ?? [] {
            guard let object = node.object(["account", "asset", "limit"]), let name = object.text("account"),
                let asset = currency(object, "asset", catalog), let limit = object.number("limit")
            else { continue }
            guard let account = catalog.account(named: name) else {
                object["account"]?.refuse(
                    "\"\(name)\" is no account", "write player:NAME, treasury, faucet:NAME, sink:NAME or escrow:NAME")
                continue
            }
            catalog.credits.append(StartCredit(account: account, asset: asset, limit: limit))
        }
    }

    private func names(_ root: DataObject, _ field: String) -> [String] {
        var names: [String] = []
        for node in root.list(field) ?? [] {
            guard let object = node.object(["name", "says"]), let name = object.text("name") else { continue }
            _ = object["says"]?.text()
            if names.contains(name) {
                object["name"]?.refuse("\"\(name)\" stands there twice", "write it once")
            }
            names.append(name)
        }
        return names
    }

    private func readOffers(into catalog: inout Catalog) {
        guard let root = folder.read("Catalog/offers.json")?.object(["offers", "buybacks", "products"]) else { return }
        readProducts(root, into: &catalog)
        let known = ["offer", "name", "costs", "results", "stock", "capPerPlayer", "opens", "closes", "window", "segmentPrices"]
        for node in root.list("offers") ?? [] {
            guard let object = node.object(known), let offer = object.number("offer", 1...0xffff_ffff),
                let name = object.text("name"), let costs = lines(object.required("costs"), catalog),
                let results = lines(object.required("results"), catalog), let stock = stock(object.required("stock"))
            else { continue }
            if catalog.offers.contains(where: { $0.offer == offer }) {
                object["offer"]?.refuse("offer \(offer) stands there twice", "give each offer a number of its own")
            }
            if results.isEmpty {
                object["results"]?.refuse("the offer gives nothing", "write at least one [asset, amount]")
            }
            let opens = object["opens"]?.number(0...EconomyLimits.secondsMax) ?? 0
            let closes = object["closes"]?.number(0...EconomyLimits.secondsMax) ?? 0
            if closes != 0, closes <= opens {
                object["closes"]?.refuse(
                    "the offer closes at \(closes) and opens at \(opens)", "write more than \(opens)")
            }
            catalog.offers.append(
                Offer(
                    offer: offer, name: name, costs: costs, results: results, stock: stock,
                    capPerPlayer: object["capPerPlayer"]?.number(0...0xffff_ffff) ?? 0, opens: opens, closes: closes,
                    window: window(object["window"]), segmentPrices: segmentPrices(object["segmentPrices"], catalog)))
        }
        for node in root["buybacks"]?.list() ?? [] {
            guard let object = node.object(["asset", "currency", "price"]), let asset = object.number("asset"),
                let currency = currency(object, "currency", catalog), let price = object.number("price", 1...UInt64.max)
            else { continue }
            guard catalog.isItem(asset) else {
                object["asset"]?.refuse("\(asset) is not an item of the catalog", "write the asset of an item")
                continue
            }
            catalog.buybacks.append(Buyback(asset: asset, currency: currency, price: price))
        }
    }

    private func readProducts(_ root: DataObject, into catalog: inout Catalog) {
        for node in root["products"]?.list() ?? [] {
            guard let object = node.object(["product", "name", "lines"]), let product = object.number("product", 1...0xffff_ffff),
                let name = object.text("name"), let lines = lines(object.required("lines"), catalog)
            else { continue }
            if catalog.products.contains(where: { $0.product == product }) {
                object["product"]?.refuse("product \(product) stands there twice", "give each product a number of its own")
            }
            if lines.isEmpty { object["lines"]?.refuse("the product brings nothing", "write at least one [asset, amount]") }
            for line in lines where line.amount > EconomyLimits.productAmountMax {
                object["lines"]?.refuse("\(line.amount) is too much for a product", "write at most \(EconomyLimits.productAmountMax)")
            }
            catalog.products.append(Product(product: product, name: name, lines: lines))
        }
    }

    private func window(_ node: DataNode?) -> OfferWindow? {
        guard let object = node?.object(["cap", "seconds"]), let cap = object.number("cap", 1...0xffff_ffff),
            let seconds = object.number("seconds", 1...0xffff_ffff)
        else { return nil }
        return OfferWindow(cap: cap, seconds: seconds)
    }

    private func segmentPrices(_ node: DataNode?, _ catalog: Catalog) -> [SegmentPrice] {
        (node?.list() ?? []).compactMap { node in
            guard let object = node.object(["segment", "costs"]), let segment = object.number("segment", 1...0xffff_ffff),
                let costs = lines(object.required("costs"), catalog)
            else { return nil }
            if costs.isEmpty { object["costs"]?.refuse("the segment has no price", "write at least one [asset, amount]") }
            return SegmentPrice(segment: segment, costs: costs)
        }
    }

    private func readRoyalties(_ root: DataObject, into catalog: inout Catalog) {
        for node in root["royalties"]?.list() ?? [] {
            guard let object = node.object(["asset", "receiver", "basisPoints"]), let asset = object.number("asset"),
                let name = object.text("receiver"),
                let basisPoints = object.number("basisPoints", 1...EconomyLimits.royaltyBasisPointsMax)
            else { continue }
            if !catalog.isItem(asset) {
                object["asset"]?.refuse("\(asset) is not an item of the catalog", "write the asset of an item")
            }
            guard let receiver = catalog.account(named: name) else {
                object["receiver"]?.refuse("\"\(name)\" is no account", "write player:NAME or treasury")
                continue
            }
            catalog.royalties.append(Royalty(asset: asset, receiver: receiver, basisPoints: basisPoints))
        }
    }

    /// A game without books has no such file.
    private func readBooks(into catalog: inout Catalog) {
        guard folder.has("Catalog/books.json"), let root = folder.read("Catalog/books.json")?.object(["books"]) else { return }
        for node in root.list("books") ?? [] {
            guard let object = node.object(["asset", "currency"]),
                let asset = object.number("asset", Catalog.firstItem...(Catalog.stackableLimit - 1)),
                let currency = currency(object, "currency", catalog)
            else { continue }
            let book = OrderBook(asset: asset, currency: currency)
            if !catalog.isItem(asset) {
                object["asset"]?.refuse("\(asset) is not an item of the catalog", "write the asset of a stackable item")
            } else if Catalog.isBound(asset) {
                object["asset"]?.refuse("\(asset) is bound to its player", "write an item that players may sell")
            } else if catalog.books.contains(book) {
                node.refuse("the book of \(asset) and \(currency) stands there twice", "write it once")
            }
            catalog.books.append(book)
        }
    }

    private func currency(_ object: DataObject, _ field: String, _ catalog: Catalog) -> UInt64? {
        guard let asset = object.number(field) else { return nil }
        if catalog.isCurrency(asset) { return asset }
        object[field]?.refuse("\(asset) is not a currency", "currencies are 1 to \(catalog.currencies.count)")
        return nil
    }

    private func stock(_ node: DataNode?) -> UInt64? {
        guard let node else { return nil }
        if node.characters == "unlimited" { return .max }
        return node.number()
    }

    private func lines(_ node: DataNode?, _ catalog: Catalog) -> [AssetLine]? {
        guard let node, let nodes = node.list() else { return nil }
        if nodes.count > EconomyLimits.offerLinesMax {
            node.refuse("there are \(nodes.count) lines", "write at most \(EconomyLimits.offerLinesMax)")
            return nil
        }
        var lines: [AssetLine] = []
        for line in nodes {
            guard let pair = line.list(), pair.count == 2 else {
                line.refuse("\(line.summary) is not a line", "write [asset, amount]")
                return nil
            }
            guard let asset = pair[0].number(), let amount = pair[1].number(1...UInt64.max) else { return nil }
            guard catalog.isAsset(asset) else {
                pair[0].refuse("asset \(asset) is not in the catalog", "write the number of a currency or an item")
                return nil
            }
            lines.append(AssetLine(asset: asset, amount: amount))
        }
        return lines
    }
}
