/// Reads Catalog/loot.json.
struct LootReader {
    /// The game folder.
    let folder: GameFolder
    /// The catalog so far: currencies and items.
    let catalog: Catalog

    /// What comes out of what, as far as it could be read; what is wrong is noted.
    func read() -> LootCatalog {
        var loot = LootCatalog()
        guard let root = folder.read("Catalog/loot.json")?.object(["tables", "boxes", "energies", "streak"]) else {
            return loot
        }
        for node in root.list("tables") ?? [] {
            guard let table = table(node) else { continue }
            if loot.tables.contains(where: { $0.table == table.table }) {
                node.refuse("table \(table.table) stands there twice", "give each table a number of its own")
            }
            loot.tables.append(table)
        }
        for node in root.list("boxes") ?? [] {
            guard let box = box(node, loot) else { continue }
            if loot.boxes.contains(where: { $0.box == box.box }) {
                node.refuse("box \(box.box) stands there twice", "give each box a number of its own")
            }
            loot.boxes.append(box)
        }
        loot.energies = (root.list("energies") ?? []).compactMap(energy)
        loot.streak = root["streak"].flatMap { streak($0, loot) }
        return loot
    }

    private func table(_ node: DataNode) -> LootTable? {
        let known = ["table", "name", "sure", "draws", "repeatsMax", "entries", "pity", "caps"]
        guard let object = node.object(known), let number = object.number("table", 1...EconomyLimits.tableNumberMax),
            let name = object.text("name")
        else { return nil }
        let sure = lines(object["sure"], EconomyLimits.tableSureMax) { line($0) }
        let entries = lines(object["entries"], EconomyLimits.tableEntriesMax) { entry($0) }
        guard let sure, let entries else { return nil }
        let draws = object["draws"]?.number(0...EconomyLimits.tableDrawsMax) ?? 0
        let repeats = object["repeatsMax"]?.number(1...EconomyLimits.tableDrawsMax) ?? EconomyLimits.tableDrawsMax
        if draws > UInt64(entries.count) * repeats {
            object["draws"]?.refuse(
                "\(draws) draws, but \(entries.count) entries come at most \(repeats) times each",
                "draw at most \(UInt64(entries.count) * repeats)")
        }
        if sure.isEmpty, draws == 0 {
            node.refuse("the table gives nothing", "write sure lines, or entries and draws")
        }
        let pity = object["pity"]?.object(["entry", "after"])
        let pityEntry = pity?.number("entry", 1...UInt64(max(entries.count, 1))) ?? 0
        let pityAfter = pity?.number("after", 1...0xffff) ?? 0
        let caps = object["caps"]?.object(["day", "week", "season"])
        return LootTable(
            table: number, name: name, sure: sure, draws: draws, repeatsMax: repeats, entries: entries,
            pityEntry: pityEntry, pityAfter: pityAfter,
            caps: ["day", "week", "season"].map { caps?[$0]?.number(0...0xffff) ?? 0 })
    }

    private func lines<Line>(_ node: DataNode?, _ most: Int, _ read: (DataNode) -> Line?) -> [Line]? {
        guard let node else { return [] }
        guard let nodes = node.list() else { return nil }
        if nodes.count > most {
            node.refuse("there are \(nodes.count)", "write at most \(most)")
            return nil
        }
        let lines = nodes.compactMap(read)
        return lines.count == nodes.count ? lines : nil
    }

    private func entry(_ node: DataNode) -> LootEntry? {
        guard let object = node.object(["weight", "gives"]), let weight = object.number("weight", 1...0xffff_ffff),
            let gives = object.required("gives").flatMap(line)
        else { return nil }
        return LootEntry(weight: weight, gives: gives)
    }

    private func line(_ node: DataNode) -> LootLine? {
        guard let parts = node.list() else { return nil }
        guard parts.count == 2 || parts.count == 3 else {
            node.refuse("a line of \(parts.count) numbers", "write [asset, amount] or [asset, least, most]")
            return nil
        }
        guard let asset = parts[0].number(), let least = parts[1].number(1...EconomyLimits.tableAmountMax),
            let most = parts.last?.number(1...EconomyLimits.tableAmountMax)
        else { return nil }
        guard catalog.isAsset(asset), asset < Catalog.firstUnique else {
            parts[0].refuse(
                "asset \(asset) is not a currency or stackable item of the catalog", "write the number of one")
            return nil
        }
        if most < least { parts[2].refuse("\(most) is less than \(least)", "write \(least) or more") }
        return LootLine(asset: asset, least: least, most: most)
    }

    private func box(_ node: DataNode, _ loot: LootCatalog) -> LootBox? {
        guard let object = node.object(["box", "name", "costs", "table"]), let number = object.number("box", 1...0xffff_ffff),
            let name = object.text("name"), let table = object.number("table"),
            let costs = lines(object.required("costs"), EconomyLimits.offerLinesMax, { cost($0) })
        else { return nil }
        if !loot.tables.contains(where: { $0.table == table }) {
            object["table"]?.refuse("there is no table \(table)", "write the number of one in \"tables\"")
        }
        return LootBox(box: number, name: name, costs: costs, table: table)
    }

    private func cost(_ node: DataNode) -> AssetLine? {
        guard let parts = node.list(), parts.count == 2 else {
            node.refuse("\(node.summary) is no cost", "write [asset, amount]")
            return nil
        }
        guard let asset = parts[0].number(), let amount = parts[1].number(1...UInt64.max) else { return nil }
        if !catalog.isAsset(asset) {
            parts[0].refuse("asset \(asset) is not in the catalog", "write the number of a currency or an item")
        }
        return AssetLine(asset: asset, amount: amount)
    }

    private func energy(_ node: DataNode) -> Energy? {
        guard let object = node.object(["asset", "most", "refillSeconds"]), let asset = object.number("asset"),
            let most = object.number("most", 1...0xffff_ffff),
            let seconds = object.number("refillSeconds", 1...0xffff_ffff)
        else { return nil }
        if !catalog.isItem(asset) || asset >= Catalog.firstUnique {
            object["asset"]?.refuse("\(asset) is not a stackable item of the catalog", "write the asset of one")
        } else if !Catalog.isBound(asset) {
            object["asset"]?.refuse(
                "\(asset) can be given away, so that new accounts would fill up others", "write a bound item, from \(Catalog.boundBit) on")
        }
        return Energy(asset: asset, most: most, refillSeconds: seconds)
    }

    private func streak(_ node: DataNode, _ loot: LootCatalog) -> Streak? {
        guard let object = node.object(["firstTable", "days"]), let first = object.number("firstTable", 1...EconomyLimits.tableNumberMax),
            let days = object.number("days", 1...EconomyLimits.streakDaysMax)
        else { return nil }
        for table in first..<(first + days) {
            let found = loot.tables.first { $0.table == table }
            if found.map({ $0.draws != 0 || $0.sure.contains { $0.least != $0.most } }) ?? true {
                object["days"]?.refuse("table \(table) is missing or a matter of chance", "write a table of sure lines for each day")
            }
        }
        return Streak(firstTable: first, days: days)
    }
}
