/// Memory of cache lines of its own, for a value that one worker writes while others read what would lie beside it.
enum OwnLines {
    /// Two lines of most processors, which fetch them together.
    static let alignment = 128

    /// The last field of an object that one worker alone writes: what lies behind the object may be another worker's.
    struct Spacing: BitwiseCopyable {
        private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        private var more: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    }

    /// Moves a value to lines of its own; `release` ends it.
    static func allocate<Value: ~Copyable>(_ value: consuming Value) -> UnsafeMutablePointer<Value> {
        let lines = (MemoryLayout<Value>.size + alignment - 1) / alignment
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, lines) * alignment, alignment: alignment)
        let pointer = memory.bindMemory(to: Value.self, capacity: 1)
        pointer.initialize(to: value)
        return pointer
    }

    /// Ends a value and gives its memory back.
    static func release<Value: ~Copyable>(_ pointer: UnsafeMutablePointer<Value>) {
        pointer.deinitialize(count: 1)
        UnsafeMutableRawPointer(pointer).deallocate()
    }
}

/// A growing list of plain values on raw memory that is used again and again: nothing is counted, checked or copied.
struct RawList<Element: BitwiseCopyable>: ~Copyable {
    private struct Header {
        var elements: UnsafeMutablePointer<Element>
        var count: Int
        var capacity: Int
    }

    private let header: UnsafeMutablePointer<Header>

    /// An empty list with room for some elements.
    init(capacity: Int = 32) {
        header = .allocate(capacity: 1)
        header.initialize(to: Header(elements: .allocate(capacity: capacity), count: 0, capacity: capacity))
    }

    deinit {
        header.pointee.elements.deallocate()
        header.deallocate()
    }

    /// Elements in the list.
    @inline(__always) var count: Int { header.pointee.count }

    /// The elements; valid until the next one is added.
    @inline(__always) var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: header.pointee.elements, count: header.pointee.count)
    }

    /// Where an element stands, to be changed there; valid until the next one is added.
    @inline(__always) func place(_ index: Int) -> UnsafeMutablePointer<Element> { header.pointee.elements + index }

    /// Forgets all elements.
    @inline(__always) func removeAll() { header.pointee.count = 0 }

    /// Adds an element at the end.
    @inline(__always) func append(_ element: Element) {
        if header.pointee.count == header.pointee.capacity { grow() }
        (header.pointee.elements + header.pointee.count).initialize(to: element)
        header.pointee.count &+= 1
    }

    /// Takes the last element off; there must be one.
    @inline(__always) func removeLast() -> Element {
        header.pointee.count &-= 1
        return header.pointee.elements[header.pointee.count]
    }

    @inline(never) private func grow() {
        MemoryGrowth.note()
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: header.pointee.capacity * 2)
        larger.moveInitialize(from: header.pointee.elements, count: header.pointee.count)
        header.pointee.elements.deallocate()
        header.pointee.elements = larger
        header.pointee.capacity *= 2
    }
}
