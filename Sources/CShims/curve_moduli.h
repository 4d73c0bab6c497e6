// Written by scripts/generate-curve-constants: change that, not this.
#include <stdint.h>

static const uint64_t bn254_modulus[5] = {
    0x3C208C16D87CFD47,
    0x97816A916871CA8D,
    0xB85045B68181585D,
    0x30644E72E131A029,
    0x87D20782E4866389,
};
static const uint64_t bls12_modulus[7] = {
    0xB9FEFFFFFFFFAAAB,
    0x1EABFFFEB153FFFF,
    0x6730D2A0F6B0F624,
    0x64774B84F38512BF,
    0x4B1BA7B6434BACD7,
    0x1A0111EA397FE69A,
    0x89F3FFFCFFFCFFFD,
};
