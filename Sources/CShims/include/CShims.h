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

// Multiplication in the fields under the pairing curves, in Montgomery form: 4 (bn254) and 6 (bls12) limbs of 64 bits,
// least significant first; elements of the quadratic extensions are c0, then c1. The result may overlay an operand.
// Operands are below the modulus, or below twice of it for the base fields; results are below it. Uses MULX, ADCX and
// ADOX where the processor has them.
void hoard_bn254_multiply(void *result, const void *a, const void *b);
void hoard_bn254_quadratic_multiply(void *result, const void *a, const void *b);
void hoard_bn254_quadratic_square(void *result, const void *a);
void hoard_bls12_multiply(void *result, const void *a, const void *b);
void hoard_bls12_quadratic_multiply(void *result, const void *a, const void *b);
void hoard_bls12_quadratic_square(void *result, const void *a);
// The same without those instructions, for processors that lack them.
void hoard_bn254_multiply_plain(void *result, const void *a, const void *b);
void hoard_bls12_multiply_plain(void *result, const void *a, const void *b);

// The tower of fields over them: a sextic extension of the quadratic one by v^3 = xi, then w^2 = v. Elements lie limb
// behind limb, c0 before c1 before c2. Products are not written over their operands; squares and lines are in place.
void hoard_bn254_sextic_multiply(void *result, const void *a, const void *b);
void hoard_bn254_dodecic_multiply(void *result, const void *a, const void *b);
void hoard_bn254_dodecic_square(void *a);
/// Squares an element of the cyclotomic subgroup so many times.
void hoard_bn254_cyclotomic_square(void *a, size_t times);
/// Multiplies f by a line (its coefficients of y, of x, and alone) at a point.
void hoard_bn254_apply_line(void *f, const void *line, const void *x, const void *y);
void hoard_bls12_sextic_multiply(void *result, const void *a, const void *b);
void hoard_bls12_dodecic_multiply(void *result, const void *a, const void *b);
void hoard_bls12_dodecic_square(void *a);
/// Squares an element of the cyclotomic subgroup so many times.
void hoard_bls12_cyclotomic_square(void *a, size_t times);
/// Multiplies f by a line (its coefficients of y, of x, and alone) at a point.
void hoard_bls12_apply_line(void *f, const void *line, const void *x, const void *y);

/// keccak256, the original padding of Ethereum, of `count` bytes: 32 bytes at `digest`; uses BMI2 where it is there.
void hoard_keccak256(uint8_t *digest, const uint8_t *bytes, size_t count);

/// Limits what both use: 0 plain, 1 BMI2, 2 AVX2, 3 AVX-512. Returns what is in use after; for tests and measurements,
/// before other threads hash.
int hoard_keccak_use(int wanted);

/// keccak256 of any number of messages: 32 bytes each, one after the other, at `digests`. Eight at a time run side by
/// side where the processor has AVX-512 or AVX2; messages of similar length cost least.
void hoard_keccak256_of_many(uint8_t *digests, const uint8_t *const *messages, const size_t *counts, size_t count);

/// The rounds of BLAKE2b's compression function (RFC 7693): mixes the message words m into the working words v.
void hoard_blake2b_rounds(uint64_t v[16], const uint64_t m[16], uint32_t rounds);

/// Reads a number that another thread may write: once, and whole.
static inline uint8_t hoard_load_relaxed_8(const uint8_t *address) { return __atomic_load_n(address, __ATOMIC_RELAXED); }
static inline void hoard_store_relaxed_8(uint8_t *address, uint8_t value) { __atomic_store_n(address, value, __ATOMIC_RELAXED); }
static inline void hoard_store_relaxed_64(uint64_t *address, uint64_t value) { __atomic_store_n(address, value, __ATOMIC_RELAXED); }
static inline uint32_t hoard_load_relaxed_32(const uint32_t *address) { return __atomic_load_n(address, __ATOMIC_RELAXED); }
static inline uint64_t hoard_load_relaxed_64(const uint64_t *address) { return __atomic_load_n(address, __ATOMIC_RELAXED); }

/// Writes a number that another thread may read.
static inline void hoard_store_relaxed_32(uint32_t *address, uint32_t value) {
    __atomic_store_n(address, value, __ATOMIC_RELAXED);
}
#endif
