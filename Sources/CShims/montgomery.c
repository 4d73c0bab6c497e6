// Montgomery multiplication in fields of 4 and 6 limbs and in their quadratic extensions by u^2 = -1.
//
// The moduli leave at least two bits of the top limb clear, so that no row carries out of its limbs and operands may be
// as large as twice the modulus: what comes out is below the modulus all the same.
#include "CShims.h"
#include "curve_moduli.h"
#include <string.h>

typedef unsigned __int128 wide;

#define INLINE static inline __attribute__((always_inline))

/// a * b / 2^(64 n) modulo p, row by row; p[n] holds the inverse of -p modulo 2^64.
INLINE void multiply_plain(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, int n) {
    uint64_t t[6] = {0};
    for (int i = 0; i < n; i++) {
        wide high = (wide)a[0] * b[i] + t[0];
        uint64_t m = (uint64_t)high * p[n];
        wide carry = (wide)m * p[0] + (uint64_t)high;
        for (int j = 1; j < n; j++) {
            high = (wide)a[j] * b[i] + t[j] + (uint64_t)(high >> 64);
            carry = (wide)m * p[j] + (uint64_t)high + (uint64_t)(carry >> 64);
            t[j - 1] = (uint64_t)carry;
        }
        t[n - 1] = (uint64_t)(high >> 64) + (uint64_t)(carry >> 64);
    }
    uint64_t d[6];
    unsigned long long borrow = 0;
    for (int i = 0; i < n; i++) d[i] = __builtin_subcll(t[i], p[i], borrow, &borrow);
    for (int i = 0; i < n; i++) r[i] = borrow ? t[i] : d[i];
}

#if defined(__x86_64__)

static int has_adx;
__attribute__((constructor)) static void find_adx(void) {
    __builtin_cpu_init();
    unsigned eax = 7, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    has_adx = (ebx >> 8 & 1) && (ebx >> 19 & 1);
}

// The two carry chains of adcx and adox run side by side. A row adds a * b[i], then m * p, and drops the lowest limb.
// T names the limbs of the sum; rax and r15 are free for a moment, r14 is the limb above the sum.
#define FIRST(off, t, next) "mulx " off "(%[a]), %%rax, " next "\n adox %%rax, " t "\n"
#define NEXT(off, t) "adcx %%r14, " t "\n mulx " off "(%[a]), %%rax, %%r14\n adox %%rax, " t "\n"
#define REDUCE(off, t, below) "adcx " t ", " below "\n mulx " off "(%[p]), %%rax, " t "\n adox %%rax, " below "\n"
#define ROW_HEAD(off) "movq " off "(%[b]), %%rdx\n xorl %%eax, %%eax\n"
#define ROW_END "movl $0, %%eax\n adcx %%rax, %%r14\n adox %%rax, %%r14\n"
#define REDUCE_HEAD(inverse)                                                                                          \
    "movq " inverse "(%[p]), %%rdx\n imulq %%r8, %%rdx\n xorl %%eax, %%eax\n"                                         \
    "mulx (%[p]), %%rax, %%r15\n adcx %%r8, %%rax\n movq %%r15, %%r8\n"
#define REDUCE_END(top) "movl $0, %%eax\n adcx %%rax, " top "\n adox %%r14, " top "\n"

#define ROW6_REDUCE                                                                                                   \
    REDUCE_HEAD("48")                                                                                                 \
    REDUCE("8", "%%r9", "%%r8") REDUCE("16", "%%r10", "%%r9") REDUCE("24", "%%r11", "%%r10")                          \
    REDUCE("32", "%%r12", "%%r11") REDUCE("40", "%%r13", "%%r12") REDUCE_END("%%r13")
#define ROW6_FIRST                                                                                                    \
    ROW_HEAD("0")                                                                                                     \
    "mulx (%[a]), %%r8, %%r9\n"                                                                                       \
    FIRST("8", "%%r9", "%%r10") FIRST("16", "%%r10", "%%r11") FIRST("24", "%%r11", "%%r12")                           \
    FIRST("32", "%%r12", "%%r13") FIRST("40", "%%r13", "%%r14")                                                       \
    "movl $0, %%eax\n adox %%rax, %%r14\n" ROW6_REDUCE
#define ROW6(off)                                                                                                     \
    ROW_HEAD(off)                                                                                                     \
    "mulx (%[a]), %%rax, %%r14\n adox %%rax, %%r8\n"                                                                  \
    NEXT("8", "%%r9") NEXT("16", "%%r10") NEXT("24", "%%r11") NEXT("32", "%%r12") NEXT("40", "%%r13") ROW_END ROW6_REDUCE

#define ROW4_REDUCE                                                                                                   \
    REDUCE_HEAD("32")                                                                                                 \
    REDUCE("8", "%%r9", "%%r8") REDUCE("16", "%%r10", "%%r9") REDUCE("24", "%%r11", "%%r10") REDUCE_END("%%r11")
#define ROW4_FIRST                                                                                                    \
    ROW_HEAD("0")                                                                                                     \
    "mulx (%[a]), %%r8, %%r9\n"                                                                                       \
    FIRST("8", "%%r9", "%%r10") FIRST("16", "%%r10", "%%r11") FIRST("24", "%%r11", "%%r14")                           \
    "movl $0, %%eax\n adox %%rax, %%r14\n" ROW4_REDUCE
#define ROW4(off)                                                                                                     \
    ROW_HEAD(off)                                                                                                     \
    "mulx (%[a]), %%rax, %%r14\n adox %%rax, %%r8\n"                                                                  \
    NEXT("8", "%%r9") NEXT("16", "%%r10") NEXT("24", "%%r11") ROW_END ROW4_REDUCE

INLINE void multiply6_adx(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p) {
    __asm__ volatile(
        ROW6_FIRST ROW6("8") ROW6("16") ROW6("24") ROW6("32") ROW6("40")
        // Less the modulus where that does not borrow.
        "movq %%r8, %%rax\n subq (%[p]), %%r8\n movq %%r9, %%rdx\n sbbq 8(%[p]), %%r9\n"
        "movq %%r10, %%r14\n sbbq 16(%[p]), %%r10\n movq %%r11, %%r15\n sbbq 24(%[p]), %%r11\n"
        "movq %%r12, %[a]\n sbbq 32(%[p]), %%r12\n movq %%r13, %[b]\n sbbq 40(%[p]), %%r13\n"
        "cmovcq %%rax, %%r8\n cmovcq %%rdx, %%r9\n cmovcq %%r14, %%r10\n"
        "cmovcq %%r15, %%r11\n cmovcq %[a], %%r12\n cmovcq %[b], %%r13\n"
        "movq %%r8, (%[r])\n movq %%r9, 8(%[r])\n movq %%r10, 16(%[r])\n"
        "movq %%r11, 24(%[r])\n movq %%r12, 32(%[r])\n movq %%r13, 40(%[r])\n"
        : [a] "+r"(a), [b] "+r"(b)
        : [r] "r"(r), [p] "r"(p)
        : "rax", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

INLINE void multiply4_adx(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p) {
    __asm__ volatile(
        ROW4_FIRST ROW4("8") ROW4("16") ROW4("24")
        "movq %%r8, %%rax\n subq (%[p]), %%r8\n movq %%r9, %%rdx\n sbbq 8(%[p]), %%r9\n"
        "movq %%r10, %%r14\n sbbq 16(%[p]), %%r10\n movq %%r11, %%r15\n sbbq 24(%[p]), %%r11\n"
        "cmovcq %%rax, %%r8\n cmovcq %%rdx, %%r9\n cmovcq %%r14, %%r10\n cmovcq %%r15, %%r11\n"
        "movq %%r8, (%[r])\n movq %%r9, 8(%[r])\n movq %%r10, 16(%[r])\n movq %%r11, 24(%[r])\n"
        :
        : [r] "r"(r), [a] "r"(a), [b] "r"(b), [p] "r"(p)
        : "rax", "rdx", "r8", "r9", "r10", "r11", "r14", "r15", "cc", "memory");
}
#endif

INLINE void multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, int n) {
#if defined(__x86_64__)
    if (has_adx) {
        if (n == 6) multiply6_adx(r, a, b, p);
        else multiply4_adx(r, a, b, p);
        return;
    }
#endif
    multiply_plain(r, a, b, p, n);
}

/// a + b without reduction.
INLINE void add(uint64_t *r, const uint64_t *a, const uint64_t *b, int n) {
    unsigned long long carry = 0;
    for (int i = 0; i < n; i++) r[i] = __builtin_addcll(a[i], b[i], carry, &carry);
}

/// a - b, plus the modulus where that is negative.
INLINE void subtract(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, int n) {
    uint64_t d[6];
    unsigned long long borrow = 0, carry = 0;
    for (int i = 0; i < n; i++) d[i] = __builtin_subcll(a[i], b[i], borrow, &borrow);
    uint64_t mask = 0 - (uint64_t)borrow;
    for (int i = 0; i < n; i++) r[i] = __builtin_addcll(d[i], p[i] & mask, carry, &carry);
}

/// Karatsuba: three multiplications.
INLINE void quadratic_multiply(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, int n) {
    uint64_t low[6], high[6], cross[6], x[6], y[6];
    add(x, a, a + n, n);
    add(y, b, b + n, n);
    multiply(low, a, b, p, n);
    multiply(high, a + n, b + n, p, n);
    multiply(cross, x, y, p, n);
    subtract(r, low, high, p, n);
    subtract(cross, cross, low, p, n);
    subtract(r + n, cross, high, p, n);
}

/// (c0 + c1) (c0 - c1) + 2 c0 c1 u: two multiplications.
INLINE void quadratic_square(uint64_t *r, const uint64_t *a, const uint64_t *p, int n) {
    uint64_t sum[6], difference[6], twice[6], product[6];
    add(sum, a, a + n, n);
    subtract(difference, a, a + n, p, n);
    add(twice, a, a, n);
    multiply(product, twice, a + n, p, n);
    multiply(r, sum, difference, p, n);
    memcpy(r + n, product, 8 * (size_t)n);
}

#define FUNCTIONS(curve, n)                                                                                           \
    void hoard_##curve##_multiply(void *r, const void *a, const void *b) { multiply(r, a, b, curve##_modulus, n); }   \
    void hoard_##curve##_multiply_plain(void *r, const void *a, const void *b) {                                      \
        multiply_plain(r, a, b, curve##_modulus, n);                                                                  \
    }                                                                                                                 \
    void hoard_##curve##_quadratic_multiply(void *r, const void *a, const void *b) {                                  \
        quadratic_multiply(r, a, b, curve##_modulus, n);                                                              \
    }                                                                                                                 \
    void hoard_##curve##_quadratic_square(void *r, const void *a) { quadratic_square(r, a, curve##_modulus, n); }

FUNCTIONS(bn254, 4)
FUNCTIONS(bls12, 6)
