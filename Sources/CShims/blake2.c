// The compression function of BLAKE2b (RFC 7693) with a chosen number of rounds.
#include "CShims.h"

#define ROTATED(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define MIX(a, b, c, d, x, y)                                                                                         \
    a += b + m[x], d = ROTATED(d ^ a, 32), c += d, b = ROTATED(b ^ c, 24);                                            \
    a += b + m[y], d = ROTATED(d ^ a, 16), c += d, b = ROTATED(b ^ c, 63);
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                                   \
    MIX(v0, v4, v8, v12, s0, s1) MIX(v1, v5, v9, v13, s2, s3) MIX(v2, v6, v10, v14, s4, s5)                           \
    MIX(v3, v7, v11, v15, s6, s7) MIX(v0, v5, v10, v15, s8, s9) MIX(v1, v6, v11, v12, s10, s11)                       \
    MIX(v2, v7, v8, v13, s12, s13) MIX(v3, v4, v9, v14, s14, s15)                                                     \
    if (--rounds == 0) break;

void hoard_blake2b_rounds(uint64_t v[16], const uint64_t m[16], uint32_t rounds) {
    uint64_t v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];
    uint64_t v8 = v[8], v9 = v[9], v10 = v[10], v11 = v[11], v12 = v[12], v13 = v[13], v14 = v[14], v15 = v[15];
    while (rounds > 0) {
        ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
        ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
        ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
        ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
        ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
        ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
        ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
        ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
        ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
    }
    v[0] = v0, v[1] = v1, v[2] = v2, v[3] = v3, v[4] = v4, v[5] = v5, v[6] = v6, v[7] = v7;
    v[8] = v8, v[9] = v9, v[10] = v10, v[11] = v11, v[12] = v12, v[13] = v13, v[14] = v14, v[15] = v15;
}
