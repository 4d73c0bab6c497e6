/// A table whose rows are found by a small number that is used again once its row is gone.
///
/// A key carries the row's generation, so that a key of a row that is gone finds nothing.
struct Slab<Element> {
    private struct Row {
        var element: Element?
        var generation: UInt32 = 0
    }

    private var rows: [Row] = []
    private var free: [UInt32] = []
    /// Rows at most.
    let countMax: Int
    /// Rows in use.
    private(set) var count = 0

    init(countMax: Int) {
        self.countMax = countMax
    }

    /// Whether another row fits.
    var isFull: Bool { count >= countMax }

    /// Puts a row in and returns its key. The caller has checked `isFull`.
    mutating func insert(_ element: consuming Element) -> UInt64 {
        precondition(count < countMax, "a table of \(countMax) rows is full")
        count += 1
        if let index = free.popLast() {
            rows[Int(index)].element = element
            return UInt64(rows[Int(index)].generation) << 32 | UInt64(index)
        }
        rows.append(Row(element: element))
        return UInt64(rows.count - 1)
    }

    /// The row of a key, or nil when it is gone.
    subscript(key: UInt64) -> Element? {
        let index = Int(key & 0xffff_ffff)
        guard index < rows.count, rows[index].generation == UInt32(key >> 32) else { return nil }
        return rows[index].element
    }

    /// Changes the row of a key in place; false when it is gone.
    @discardableResult
    mutating func update(_ key: UInt64, _ body: (inout Element) -> Void) -> Bool {
        let index = Int(key & 0xffff_ffff)
        guard index < rows.count, rows[index].generation == UInt32(key >> 32),
            rows[index].element != nil
        else { return false }
        body(&rows[index].element!)
        return true
    }

    /// Takes the row of a key out, or nil when it is gone.
    mutating func remove(_ key: UInt64) -> Element? {
        let index = Int(key & 0xffff_ffff)
        guard index < rows.count, rows[index].generation == UInt32(key >> 32),
            let element = rows[index].element.take()
        else { return nil }
        rows[index].generation &+= 1
        free.append(UInt32(index))
        count -= 1
        return element
    }

    /// The keys of all rows in use, in the order of their places.
    var keys: [UInt64] {
        rows.indices.compactMap { index in
            rows[index].element == nil
                ? nil : UInt64(rows[index].generation) << 32 | UInt64(index)
        }
    }
}
