internal import EVM

/// Makes a run of state from the changes of many blocks, in bounded pieces.
final class StateRunFromChanges {
    private let writer: StateRunWriter
    private let changes: MergedChanges
    private let groups: MergedGroups
    private let codes: [Hash256]
    private var nextCode = 0
    private var nextAccount = 0
    /// The slots of the present account in order.
    private var slots: [UnsafePointer<MergedSlot>] = []
    private var nextSlot = 0

    init(_ changes: MergedChanges, disk: any Disk, folder: String, sequence: UInt64) throws(LogError) {
        self.changes = changes
        writer = try StateRunWriter(disk: disk, folder: folder, sequence: sequence)
        codes = changes.codes.keys.sorted { $0.word < $1.word }
        var groups = changes.groups()
        groups.accounts.sort { $0.pointee.address.word < $1.pointee.address.word }
        self.groups = groups
    }

    /// Writes the next piece; returns the run once it is whole.
    func advance() throws(LogError) -> StateRunInfo? {
        var left = LedgerLimits.backgroundRecords
        while left > 0 {
            left -= 1
            if nextCode < codes.count {
                try writer.append(.code(codes[nextCode], changes.codes[codes[nextCode]] ?? []))
                nextCode += 1
            } else if nextSlot < slots.count {
                let slot = slots[nextSlot]
                try writer.append(.slot(slot.pointee.slot, value: slot.pointee.value, mark: slot.pointee.mark))
                nextSlot += 1
            } else if nextAccount < groups.accounts.count {
                let account = groups.accounts[nextAccount]
                try writer.append(
                    .account(account.pointee.address, change: account.pointee.change, isCleared: account.pointee.isCleared))
                slots = Self.sorted(groups.slots(of: account))
                nextSlot = 0
                nextAccount += 1
            } else {
                return try writer.finish()
            }
        }
        return nil
    }

    /// Sorted by their highest bits where these differ, which spares most looks at the slots themselves.
    private static func sorted(_ slots: ArraySlice<UnsafePointer<MergedSlot>>) -> [UnsafePointer<MergedSlot>] {
        var keyed = slots.map { (high: $0.pointee.slot.l3, place: $0) }
        keyed.sort { $0.high != $1.high ? $0.high < $1.high : $0.place.pointee.slot < $1.place.pointee.slot }
        return keyed.map(\.place)
    }
}

/// Makes one run of state from several that follow one another, in bounded pieces.
final class StateRunMerge {
    private let writer: StateRunWriter
    /// From the oldest to the newest.
    private let sources: [StateRunReader]
    /// Whether nothing lies below: then what is gone need not be said.
    private let isBase: Bool
    /// The sources that stand in the slots of the present account and count.
    private var open: [Int] = []

    init(
        _ infos: [StateRunInfo], isBase: Bool, disk: any Disk, folder: String, sequence: UInt64
    ) throws(LogError) {
        self.isBase = isBase
        var sources: [StateRunReader] = []
        for info in infos { sources.append(try StateRunReader(disk: disk, folder: folder, info: info)) }
        self.sources = sources
        writer = try StateRunWriter(disk: disk, folder: folder, sequence: sequence)
    }

    /// Writes the next piece; returns the run once it is whole.
    func advance() throws(LogError) -> StateRunInfo? {
        for _ in 0..<LedgerLimits.backgroundRecords {
            if try writeCode() { continue }
            if try writeSlot() { continue }
            if try !beginAccount() { return try writer.finish() }
        }
        return nil
    }

    private func writeCode() throws(LogError) -> Bool {
        var least: (hash: Hash256, code: [UInt8])?
        for source in sources {
            guard case .code(let hash, let code) = source.current else { continue }
            if least == nil || hash.word < least!.hash.word { least = (hash, code) }
        }
        guard let least else { return false }
        try writer.append(.code(least.hash, least.code))
        for source in sources {
            if case .code(least.hash, _) = source.current { try source.advance() }
        }
        return true
    }

    /// Writes the next account's head and opens its slots; false at the end.
    private func beginAccount() throws(LogError) -> Bool {
        var least: Address?
        for source in sources {
            guard case .account(let address, _, _) = source.current else { continue }
            if least == nil || address.word < least!.word { least = address }
        }
        guard let least else { return false }
        var change: AccountState??
        var isCleared = false
        open = []
        for index in sources.indices {
            guard case .account(least, let newer, let clears) = sources[index].current else { continue }
            try sources[index].advance()
            if let newer { change = .some(newer) }
            if clears {
                // What older runs say of its slots does not count any more.
                for older in open { try skipSlots(sources[older]) }
                open = []
                isCleared = true
            }
            open.append(index)
        }
        if isBase, case .some(nil) = change { change = nil }
        try writer.append(.account(least, change: change, isCleared: isCleared && !isBase))
        return true
    }

    private func skipSlots(_ source: StateRunReader) throws(LogError) {
        while case .slot = source.current { try source.advance() }
    }

    /// Writes the least slot of the open sources, as the newest one has it; false where there is none left.
    private func writeSlot() throws(LogError) -> Bool {
        var least: U256?
        for index in open {
            guard case .slot(let slot, _, _) = sources[index].current else { continue }
            if least == nil || slot < least! { least = slot }
        }
        guard let least else { return false }
        var value = U256.zero
        var mark = SlotMark.unchanged
        for index in open {
            guard case .slot(least, let newer, let change) = sources[index].current else { continue }
            value = newer
            if value.isZero { mark = .reset } else if change != .unchanged { mark = change }
            try sources[index].advance()
        }
        if isBase {
            if value.isZero { return true }
            if mark == .reset { mark = .unchanged }
        }
        try writer.append(.slot(least, value: value, mark: mark))
        return true
    }
}
