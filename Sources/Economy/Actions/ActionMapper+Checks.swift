import EVM

/// The checks of payload fields against the catalog.
extension ActionMapper {
    /// Why a field is wrong, or nil.
    func check(_ check: FieldCheck, _ payload: UnsafeRawBufferPointer) -> ActionRefusal? {
        switch check.promise {
        case .line: return lines(check, payload, minimum: 1, maximum: 1)
        case .lines: return lines(check, payload, minimum: 1, maximum: check.count)
        case .linesOrNone: return lines(check, payload, minimum: 0, maximum: check.count)
        default:
            for index in 0..<check.count {
                if let refusal = value(check, payload, check.offset + index * check.size) { return refusal }
            }
            return nil
        }
    }

    private func value(_ check: FieldCheck, _ payload: UnsafeRawBufferPointer, _ offset: Int) -> ActionRefusal? {
        switch check.promise {
        case .nonzero:
            let isZero = payload[offset..<(offset + check.size)].allSatisfy { $0 == 0 }
            return isZero ? refusals.refusal(.zeroField, have: 0, need: 1) : nil
        case .account:
            return account(payload, offset) == .zero ? refusals.refusal(.zeroAccount, have: 0, need: 1) : nil
        case .giver:
            let giver = account(payload, offset)
            return giver == .zero ? refusals.refusal(.zeroAccount, have: 0, need: 1) : escrow(giver)
        case .faucet: return house(payload, offset, [.faucet], .notAFaucet)
        case .source: return house(payload, offset, [.faucet, .treasury], .notAFaucet)
        case .sink: return house(payload, offset, [.sink, .treasury], .notASink)
        case .currency:
            let asset = Self.number(payload, offset, 8)
            return catalog.isCurrency(asset)
                ? nil : refusals.refusal(.notACurrency, have: asset, need: UInt64(catalog.currencies.count))
        case .item:
            let asset = Self.number(payload, offset, 8)
            return catalog.isItem(asset) ? nil : refusals.refusal(.notAnItem, have: asset, need: Catalog.firstItem)
        case .asset:
            let asset = Self.number(payload, offset, 8)
            return catalog.isAsset(asset) ? nil : refusals.refusal(.unknownAsset, have: asset, need: 0)
        case .line, .lines, .linesOrNone: return nil
        }
    }

    /// Why nothing may be taken from an account by name: what an escrow holds is its contract's to move.
    @inline(__always)
    func escrow(_ account: Address) -> ActionRefusal? {
        catalog.escrowAddresses.contains(account)
            ? refusals.refusal(.escrowAccount, have: Self.firstBytes(account), need: 0) : nil
    }

    private func account(_ payload: UnsafeRawBufferPointer, _ offset: Int) -> Address {
        Address(loading: payload.baseAddress! + offset)
    }

    private func house(
        _ payload: UnsafeRawBufferPointer, _ offset: Int, _ allowed: [HouseKind], _ refusal: KnownRefusal
    ) -> ActionRefusal? {
        let kind = catalog.houses[account(payload, offset)] ?? .none
        return allowed.contains(kind)
            ? nil : refusals.refusal(refusal, have: kind.rawValue, need: allowed[0].rawValue)
    }

    private func lines(
        _ check: FieldCheck, _ payload: UnsafeRawBufferPointer, minimum: Int, maximum: Int
    ) -> ActionRefusal? {
        var used = 0
        for index in 0..<check.count {
            let asset = Self.number(payload, check.offset + index * 16, 8)
            let amount = Self.number(payload, check.offset + index * 16 + 8, 8)
            if asset == 0, amount == 0 { continue }
            guard used == index, asset != 0, amount != 0 else {
                return refusals.refusal(.brokenLines, have: UInt64(index + 1), need: UInt64(check.count))
            }
            guard catalog.isAsset(asset) else { return refusals.refusal(.unknownAsset, have: asset, need: 0) }
            used += 1
        }
        return used < minimum
            ? refusals.refusal(.brokenLines, have: UInt64(used + 1), need: UInt64(check.count)) : nil
    }
}
