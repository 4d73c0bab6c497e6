/// A growing array of plain values on raw memory, without reference counts or exclusivity checks; `free` ends it.
struct RawArray<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    /// An empty array with room for some elements.
    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    /// Gives the memory back; the array must not be used afterwards.
    func free() { base.deallocate() }

    /// The element at an index below `count`.
    subscript(_ index: Int) -> Element {
        @inline(__always) unsafeAddress { UnsafePointer(base + index) }
        @inline(__always) unsafeMutableAddress { base + index }
    }

    /// Adds an element at the end.
    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow(count + 1) }
        (base + count).initialize(to: element)
        count &+= 1
    }

    /// Adds elements copied from elsewhere.
    mutating func append(from source: UnsafePointer<Element>, count added: Int) {
        if added == 0 { return }
        if count + added > capacity { grow(count + added) }
        (base + count).initialize(from: source, count: added)
        count += added
    }

    /// Takes the last element off.
    @inline(__always)
    mutating func removeLast() -> Element {
        count &-= 1
        return base[count]
    }

    /// Forgets the elements from an index on.
    @inline(__always)
    mutating func truncate(to length: Int) { count = length }

    /// Forgets all elements, and gives memory beyond `capacityKept` elements back.
    @inline(__always)
    mutating func reset(keeping capacityKept: Int) {
        count = 0
        if capacity > capacityKept {
            base.deallocate()
            capacity = capacityKept
            base = .allocate(capacity: capacityKept)
        }
    }

    @inline(never)
    private mutating func grow(_ needed: Int) {
        var wanted = capacity * 2
        while wanted < needed { wanted *= 2 }
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: wanted)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity = wanted
    }
}
