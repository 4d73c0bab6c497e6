// Keccak-f[1600] over one state, and over eight states side by side in vectors of eight lanes, one lane of each state in
// a vector. The same source is compiled for AVX-512, for AVX2 (two registers a vector) and for plain processors.
#include "CShims.h"
#include <string.h>

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

typedef uint64_t lanes8 __attribute__((vector_size(64)));

#define ROTATED(x, n) ((x) << (n) | (x) >> (64 - (n)))

/// One round from the lanes a0... into the lanes e0..., lane x + 5 y at number x + 5 y (FIPS 202).
#define ROUND(type, a, e, constant)                                                                                   \
    do {                                                                                                              \
        type c0 = a##0 ^ a##5 ^ a##10 ^ a##15 ^ a##20, c1 = a##1 ^ a##6 ^ a##11 ^ a##16 ^ a##21;                      \
        type c2 = a##2 ^ a##7 ^ a##12 ^ a##17 ^ a##22, c3 = a##3 ^ a##8 ^ a##13 ^ a##18 ^ a##23;                      \
        type c4 = a##4 ^ a##9 ^ a##14 ^ a##19 ^ a##24;                                                                \
        type d0 = c4 ^ ROTATED(c1, 1), d1 = c0 ^ ROTATED(c2, 1), d2 = c1 ^ ROTATED(c3, 1);                            \
        type d3 = c2 ^ ROTATED(c4, 1), d4 = c3 ^ ROTATED(c0, 1);                                                      \
        type b0, b1, b2, b3, b4;                                                                                      \
        b0 = a##0 ^ d0, b1 = ROTATED(a##6 ^ d1, 44), b2 = ROTATED(a##12 ^ d2, 43);                                    \
        b3 = ROTATED(a##18 ^ d3, 21), b4 = ROTATED(a##24 ^ d4, 14);                                                   \
        e##0 = b0 ^ (~b1 & b2) ^ constant, e##1 = b1 ^ (~b2 & b3), e##2 = b2 ^ (~b3 & b4);                            \
        e##3 = b3 ^ (~b4 & b0), e##4 = b4 ^ (~b0 & b1);                                                               \
        b0 = ROTATED(a##3 ^ d3, 28), b1 = ROTATED(a##9 ^ d4, 20), b2 = ROTATED(a##10 ^ d0, 3);                        \
        b3 = ROTATED(a##16 ^ d1, 45), b4 = ROTATED(a##22 ^ d2, 61);                                                   \
        e##5 = b0 ^ (~b1 & b2), e##6 = b1 ^ (~b2 & b3), e##7 = b2 ^ (~b3 & b4);                                       \
        e##8 = b3 ^ (~b4 & b0), e##9 = b4 ^ (~b0 & b1);                                                               \
        b0 = ROTATED(a##1 ^ d1, 1), b1 = ROTATED(a##7 ^ d2, 6), b2 = ROTATED(a##13 ^ d3, 25);                         \
        b3 = ROTATED(a##19 ^ d4, 8), b4 = ROTATED(a##20 ^ d0, 18);                                                    \
        e##10 = b0 ^ (~b1 & b2), e##11 = b1 ^ (~b2 & b3), e##12 = b2 ^ (~b3 & b4);                                    \
        e##13 = b3 ^ (~b4 & b0), e##14 = b4 ^ (~b0 & b1);                                                             \
        b0 = ROTATED(a##4 ^ d4, 27), b1 = ROTATED(a##5 ^ d0, 36), b2 = ROTATED(a##11 ^ d1, 10);                       \
        b3 = ROTATED(a##17 ^ d2, 15), b4 = ROTATED(a##23 ^ d3, 56);                                                   \
        e##15 = b0 ^ (~b1 & b2), e##16 = b1 ^ (~b2 & b3), e##17 = b2 ^ (~b3 & b4);                                    \
        e##18 = b3 ^ (~b4 & b0), e##19 = b4 ^ (~b0 & b1);                                                             \
        b0 = ROTATED(a##2 ^ d2, 62), b1 = ROTATED(a##8 ^ d3, 55), b2 = ROTATED(a##14 ^ d4, 39);                       \
        b3 = ROTATED(a##15 ^ d0, 41), b4 = ROTATED(a##21 ^ d1, 2);                                                    \
        e##20 = b0 ^ (~b1 & b2), e##21 = b1 ^ (~b2 & b3), e##22 = b2 ^ (~b3 & b4);                                    \
        e##23 = b3 ^ (~b4 & b0), e##24 = b4 ^ (~b0 & b1);                                                             \
    } while (0)

#define DECLARE(type, v)                                                                                              \
    type v##0, v##1, v##2, v##3, v##4, v##5, v##6, v##7, v##8, v##9, v##10, v##11, v##12, v##13, v##14, v##15, v##16, \
        v##17, v##18, v##19, v##20, v##21, v##22, v##23, v##24
#define EACH(f)                                                                                                       \
    f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15) f(16) f(17) f(18) f(19)     \
    f(20) f(21) f(22) f(23) f(24)
#define LOAD(i) a##i = state[i];
#define STORE(i) state[i] = a##i;

#define PERMUTE(type, spread)                                                                                         \
    DECLARE(type, a);                                                                                                 \
    DECLARE(type, e);                                                                                                 \
    EACH(LOAD)                                                                                                        \
    for (int round = 0; round < 24; round += 2) {                                                                     \
        ROUND(type, a, e, (spread + round_constants[round]));                                                         \
        ROUND(type, e, a, (spread + round_constants[round + 1]));                                                     \
    }                                                                                                                 \
    EACH(STORE)

static void permute_plain(uint64_t *state) { PERMUTE(uint64_t, 0ull) }

static void permute8_plain(lanes8 *state) {
    // One state after the other: vectors would only spill.
    for (int k = 0; k < 8; k++) {
        uint64_t one[25];
        for (int i = 0; i < 25; i++) one[i] = state[i][k];
        permute_plain(one);
        for (int i = 0; i < 25; i++) state[i][k] = one[i];
    }
}

#if defined(__x86_64__)
typedef uint64_t lanes4 __attribute__((vector_size(32)));

__attribute__((target("bmi,bmi2"))) static void permute_bmi2(uint64_t *state) { PERMUTE(uint64_t, 0ull) }

__attribute__((target("avx512f,avx512vl"))) static void permute8_avx512(lanes8 *state) { PERMUTE(lanes8, (lanes8){0}) }

__attribute__((target("avx2"))) static void permute4_avx2(lanes4 *state) { PERMUTE(lanes4, (lanes4){0}) }

__attribute__((target("avx2"))) static void permute8_avx2(lanes8 *state) {
    for (int half = 0; half < 2; half++) {
        lanes4 four[25];
        for (int i = 0; i < 25; i++) memcpy(&four[i], (const char *)&state[i] + 32 * half, 32);
        permute4_avx2(four);
        for (int i = 0; i < 25; i++) memcpy((char *)&state[i] + 32 * half, &four[i], 32);
    }
}
#endif

static void (*permute)(uint64_t *) = permute_plain;
static void (*permute8)(lanes8 *) = permute8_plain;
static int way;

int hoard_keccak_use(int wanted) {
    way = 0, permute = permute_plain, permute8 = permute8_plain;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (wanted >= 1 && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) way = 1, permute = permute_bmi2;
    if (wanted >= 2 && __builtin_cpu_supports("avx2")) way = 2, permute8 = permute8_avx2;
    if (wanted >= 3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        way = 3, permute8 = permute8_avx512;
#endif
    return way;
}

__attribute__((constructor)) static void choose(void) { hoard_keccak_use(3); }

enum { RATE = 136 };

static uint64_t little_endian(uint64_t x) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(x);
#else
    return x;
#endif
}

/// The last block of a message, which has less than RATE bytes left, with its padding.
static void pad(uint8_t *block, const uint8_t *bytes, size_t count) {
    memset(block, 0, RATE);
    if (count) memcpy(block, bytes, count);
    block[count] = 1;
    block[RATE - 1] |= 0x80;
}

void hoard_keccak256(uint8_t *digest, const uint8_t *bytes, size_t count) {
    uint64_t state[25] = {0}, block[RATE / 8];
    for (int last = 0; !last;) {
        last = count < RATE;
        if (last) pad((uint8_t *)block, bytes, count);
        else memcpy(block, bytes, RATE);
        for (int i = 0; i < RATE / 8; i++) state[i] ^= little_endian(block[i]);
        permute(state);
        bytes += RATE, count -= RATE;
    }
    for (int i = 0; i < 4; i++) state[i] = little_endian(state[i]);
    memcpy(digest, state, 32);
}

static void hash_8(uint8_t *digests, const uint8_t *const *messages, const size_t *counts) {
    lanes8 state[25];
    uint64_t block[8][RATE / 8];
    memset(state, 0, sizeof state);
    size_t blocks_max = 0;
    for (int k = 0; k < 8; k++)
        if (counts[k] / RATE + 1 > blocks_max) blocks_max = counts[k] / RATE + 1;
    for (size_t step = 0; step < blocks_max; step++) {
        for (int k = 0; k < 8; k++) {
            // What a message that ended before takes in no longer matters.
            size_t start = step * RATE;
            if (start + RATE <= counts[k]) memcpy(block[k], messages[k] + start, RATE);
            else if (start <= counts[k]) pad((uint8_t *)block[k], messages[k] + start, counts[k] - start);
        }
        for (int i = 0; i < RATE / 8; i++)
            for (int k = 0; k < 8; k++) state[i][k] ^= little_endian(block[k][i]);
        permute8(state);
        for (int k = 0; k < 8; k++) {
            if (counts[k] / RATE != step) continue;
            for (int i = 0; i < 4; i++) {
                uint64_t lane = little_endian(state[i][k]);
                memcpy(digests + 32 * k + 8 * i, &lane, 8);
            }
        }
    }
}

/// From this many messages on eight at a time are faster than one by one, with unused places among the eight.
enum { SIDE_BY_SIDE_FROM = 3 };

void hoard_keccak256_of_many(uint8_t *digests, const uint8_t *const *messages, const size_t *counts, size_t count) {
    size_t done = 0;
    while (way >= 2 && count - done >= SIDE_BY_SIDE_FROM) {
        size_t rest = count - done;
        if (rest >= 8) {
            hash_8(digests + 32 * done, messages + done, counts + done);
            done += 8;
            continue;
        }
        uint8_t some[8 * 32];
        const uint8_t *padded[8];
        size_t lengths[8];
        for (size_t k = 0; k < 8; k++) {
            padded[k] = k < rest ? messages[done + k] : messages[done];
            lengths[k] = k < rest ? counts[done + k] : 0;
        }
        hash_8(some, padded, lengths);
        memcpy(digests + 32 * done, some, 32 * rest);
        done = count;
    }
    for (; done < count; done++) hoard_keccak256(digests + 32 * done, messages[done], counts[done]);
}
