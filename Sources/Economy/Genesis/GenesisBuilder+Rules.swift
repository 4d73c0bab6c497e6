import EVM
import Wire

/// The parts of the catalog beside offers: windows, segments, royalties, books, tables, boxes, energies.
extension GenesisBuilder {
    /// Publishes them through the actions that an operator would use.
    func publishRules(_ mapper: ActionMapper, _ actions: [String: ActionDefinition]) {
        func set(_ name: String, _ fields: [String: FieldValue]) {
            perform(name, .operator, fields, mapper, actions)
        }
        for currency in catalog.currencies where currency.debtLimit > 0 {
            set("setDebtLimit", ["asset": .number(currency.asset), "limit": .number(currency.debtLimit)])
        }
        for product in catalog.products {
            set("setProduct", ["product": .number(product.product), "lines": .lines(product.lines)])
        }
        for offer in catalog.offers {
            if let window = offer.window {
                set(
                    "limitOffer",
                    [
                        "offer": .number(offer.offer), "cap": .number(window.cap),
                        "windowSeconds": .number(window.seconds),
                    ])
            }
            for price in offer.segmentPrices {
                set(
                    "setSegmentPrice",
                    ["offer": .number(offer.offer), "segment": .number(price.segment), "costs": .lines(price.costs)])
            }
        }
        for royalty in catalog.royalties {
            set(
                "setRoyalty",
                [
                    "asset": .number(royalty.asset), "receiver": .account(royalty.receiver),
                    "basisPoints": .number(royalty.basisPoints),
                ])
        }
        for book in catalog.books {
            set("setBook", ["asset": .number(book.asset), "currency": .number(book.currency), "open": .number(1)])
        }
        let loot = catalog.loot
        for table in loot.tables { set("setTable", table.fields) }
        for box in loot.boxes {
            set("setBox", ["box": .number(box.box), "table": .number(box.table), "costs": .lines(box.costs)])
        }
        for energy in loot.energies {
            set(
                "setEnergy",
                [
                    "asset": .number(energy.asset), "most": .number(energy.most),
                    "refillSeconds": .number(energy.refillSeconds),
                ])
        }
        if let streak = loot.streak {
            set("setStreak", ["firstTable": .number(streak.firstTable), "days": .number(streak.days)])
        }
    }
}

extension LootTable {
    /// The fields of the action that publishes it.
    public var fields: [String: FieldValue] {
        [
            "table": .number(table), "draws": .number(draws), "repeatsMax": .number(repeatsMax),
            "pityEntry": .number(pityEntry), "pityAfter": .number(pityAfter), "caps": .numbers(caps),
            "sure": .words(sureWords), "entries": .words(entryWords),
        ]
    }
}
