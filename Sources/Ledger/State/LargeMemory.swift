internal import Glibc

/// Memory for large tables: zeros that the system gives as they are used, in pages of 2 MiB where it has them. Random looks
/// into a gigabyte miss the processor's list of pages nearly every time; large pages are few enough to be listed.
enum LargeMemory {
    private static let pageBytes = 2 << 20
    /// Below this so little memory does not need large pages, and is returned sooner if it is not mapped.
    private static let byteCountMin = 16 << 20

    /// Memory of zeros that begins on a large page; nil where it is not large, or the system has none.
    static func map(byteCount: Int) -> UnsafeMutableRawBufferPointer? {
        guard byteCount >= byteCountMin else { return nil }
        let mapped = mmap(
            nil, byteCount + pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { return nil }
        let skipped = (pageBytes - Int(bitPattern: mapped) % pageBytes) % pageBytes
        if skipped > 0 { munmap(mapped, skipped) }
        let start = mapped + skipped
        // Where this is refused the memory works as well, in small pages.
        madvise(start, byteCount, Int32(MADV_HUGEPAGE))
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount + pageBytes - skipped)
    }

    /// Gives memory of `map` back.
    static func unmap(_ memory: UnsafeMutableRawBufferPointer) { munmap(memory.baseAddress, memory.count) }

    /// Gives the pages of a part of such memory back that lie wholly in it.
    static func giveBack(_ part: UnsafeMutableRawBufferPointer) {
        let small = 4_096
        let first = (Int(bitPattern: part.baseAddress) + small - 1) & ~(small - 1)
        let end = (Int(bitPattern: part.baseAddress) + part.count) & ~(small - 1)
        if end > first { madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, Int32(MADV_DONTNEED)) }
    }

    /// Memory of zeros from the usual heap; `free` gives it back.
    static func zeros(_ byteCount: Int) -> UnsafeMutableRawPointer {
        guard let memory = calloc(1, max(1, byteCount)) else { preconditionFailure("the system gives no memory") }
        return memory
    }
}
