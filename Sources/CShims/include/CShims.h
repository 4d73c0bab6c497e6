// Small C pieces that Swift cannot express: processor instructions chosen at run time, prefetch, and system macros.
#ifndef HOARD_CSHIMS_H
#define HOARD_CSHIMS_H
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of `count` bytes, continuing from `crc` (0 to begin); uses SSE4.2 where the processor has it.
uint32_t hoard_crc32c(uint32_t crc, const void *bytes, size_t count);

/// Asks the processor to fetch the cache line at `address` for reading.
static inline void hoard_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Tells the processor that this is a spinning wait.
static inline void hoard_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}
#endif
