import Glibc

/// Address space reserved at once and backed by pages only where it is touched, so that pointers into it stay valid.
struct ReservedMemory {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// Reserves a range; a machine without the address space for it cannot run contracts.
    init(byteCount: Int) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        precondition(mapped != MAP_FAILED, "cannot reserve \(byteCount) bytes of address space")
        base = mapped!
        self.byteCount = byteCount
    }

    /// Gives pages from an offset on back to the system; they read as zero afterwards.
    func release(from offset: Int) { madvise(base + offset, byteCount - offset, MADV_DONTNEED) }

    /// Ends the reservation.
    func free() { munmap(base, byteCount) }
}
