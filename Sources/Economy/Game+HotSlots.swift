public import EVM

/// A storage slot of a contract.
public struct ContractSlot: Sendable, Hashable {
    /// The contract.
    public var contract: Address
    /// The slot.
    public var slot: U256
}

extension Game {
    /// Slots that the actions of many players change: what treasury, faucets and sinks have of each currency and of each
    /// item that an offer takes or gives.
    ///
    /// A hint: whoever executes blocks may expect conflicts there, and must not rely on it.
    public var hotSlots: [ContractSlot] {
        let houses = catalog.houses.keys.sorted()
        var items: [UInt64] = []
        for offer in catalog.offers {
            for line in offer.costs + offer.results where line.asset >= Catalog.firstItem { items.append(line.asset) }
        }
        let distinct = Set(items).sorted().prefix(EconomyLimits.hintedItemsMax)
        var slots: [ContractSlot] = []
        for rule in assetRules {
            if rule.isItems {
                for item in distinct {
                    let outer = Self.element(of: rule.balancesSlot, U256(item))
                    slots += houses.map { ContractSlot(contract: rule.contract, slot: Self.element(of: outer, $0.word)) }
                }
            } else {
                slots += houses.map {
                    ContractSlot(contract: rule.contract, slot: Self.element(of: rule.balancesSlot, $0.word))
                }
            }
        }
        return slots
    }

    /// keccak(slot . key), as Vyper lays out mappings.
    private static func element(of slot: U256, _ key: U256) -> U256 {
        keccak256(slot.bigEndianBytes + key.bigEndianBytes).word
    }
}
