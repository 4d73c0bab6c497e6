extension Journal {
    /// What is different from the view: real changes only, sorted.
    mutating func diff(deletesEmpty: Bool) -> StateDiff {
        var diff = StateDiff()
        for index in 0..<accounts.count {
            if let change = accountChange(accounts.base + index, deletesEmpty) { diff.accounts.append(change) }
        }
        var changed = 0
        for index in 0..<slots.count where slots[index].current != slots[index].original { changed &+= 1 }
        diff.storage.reserveCapacity(changed)
        for index in 0..<slots.count where changed > 0 {
            let slot = slots.base + index
            if slot.pointee.current == slot.pointee.original { continue }
            let account = accounts.base + Int(slot.pointee.account)
            if isDeleted(account, deletesEmpty) { continue }
            diff.storage.append(
                StorageChange(address: account.pointee.address, slot: slot.pointee.key, value: slot.pointee.current))
        }
        diff.accounts.sort { $0.address < $1.address }
        diff.storage.sort { $0.address == $1.address ? $0.slot < $1.slot : $0.address < $1.address }
        return diff
    }

    private mutating func isDeleted(_ account: UnsafeMutablePointer<AccountRecord>, _ deletesEmpty: Bool) -> Bool {
        let flags = account.pointee.flags
        return flags.contains(.destroyed) || (deletesEmpty && flags.contains(.touched) && account.pointee.isEmpty)
    }

    private mutating func accountChange(
        _ account: UnsafeMutablePointer<AccountRecord>, _ deletesEmpty: Bool
    ) -> AccountChange? {
        let flags = account.pointee.flags
        if !flags.contains(.loaded) { return nil }
        let existedBefore = flags.contains(.existedBefore)
        if isDeleted(account, deletesEmpty) {
            return existedBefore ? AccountChange(address: account.pointee.address, account: nil, storageCleared: true) : nil
        }
        if !flags.contains(.exists) { return nil }
        let isSame =
            existedBefore && account.pointee.nonce == account.pointee.originalNonce
            && account.pointee.balance == account.pointee.originalBalance
            && account.pointee.codeHash == account.pointee.originalCodeHash
        if isSame { return nil }
        let record = account.pointee
        let codeWritten =
            record.codeWritten >= 0 && record.codeHash != record.originalCodeHash
            ? codesWritten[Int(record.codeWritten)].code : nil
        return AccountChange(
            address: record.address,
            account: AccountState(nonce: record.nonce, balance: record.balance, codeHash: record.codeHash),
            codeWritten: codeWritten)
    }
}
