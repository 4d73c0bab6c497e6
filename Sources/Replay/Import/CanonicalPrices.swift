/// Fills in prices that canonical events leave out: from the last `price` event before, else from the table; what has
/// none is noted by name.
enum CanonicalPrices {
    /// Sets unit price and amount of purchases and sales that do not say them.
    static func fill(_ match: inout Match, table: PriceTable?) {
        var buying: [String: Int64] = [:]
        var selling: [String: Int64] = [:]
        for (item, entry) in table?.items ?? [:] {
            buying[item] = entry.total
            selling[item] = entry.sell
            match.itemNames[item] = entry.name
        }
        var unknown: Set<String> = []
        for index in match.events.indices {
            let event = match.events[index]
            guard let item = event.item else { continue }
            switch event.kind {
            case .price:
                if let price = event.unitPrice { buying[item] = price }
                if let price = event.amount { selling[item] = price }
            case .purchase, .sell:
                if event.amount != nil { continue }
                guard let price = event.unitPrice ?? (event.kind == .sell ? selling[item] : buying[item]) else {
                    if unknown.insert(item).inserted { match.unknownItems.append(item) }
                    match.events[index].amount = 0
                    continue
                }
                let (total, overflow) = price.multipliedReportingOverflow(by: event.quantity ?? 1)
                match.events[index].unitPrice = price
                match.events[index].amount = overflow ? .max : total
            default: continue
            }
        }
    }
}
