// Arithmetic of pairings: the sextic field by v^3 = xi over the quadratic one, and the field of degree 12 by w^2 = v over
// that. Elements lie limb behind limb, c0 before c1 before c2; additions are done where the elements lie.
#include "CShims.h"
#include "curve_moduli.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef enum { bn254, bls12 } curve;
typedef uint64_t limb;

#define N(k) ((k) == bls12 ? 6 : 4)
/// Limbs of an element of the quadratic and of the sextic field.
#define N2(k) (2 * N(k))
#define N6(k) (6 * N(k))
#define MODULUS(k) ((k) == bls12 ? bls12_modulus : bn254_modulus)

// MARK: The base field

INLINE void add1(curve k, limb *r, const limb *a, const limb *b) {
    limb s[6], d[6];
    unsigned long long carry = 0, borrow = 0;
    for (int i = 0; i < N(k); i++) s[i] = __builtin_addcll(a[i], b[i], carry, &carry);
    for (int i = 0; i < N(k); i++) d[i] = __builtin_subcll(s[i], MODULUS(k)[i], borrow, &borrow);
    for (int i = 0; i < N(k); i++) r[i] = borrow ? s[i] : d[i];
}

INLINE void subtract1(curve k, limb *r, const limb *a, const limb *b) {
    limb d[6];
    unsigned long long carry = 0, borrow = 0;
    for (int i = 0; i < N(k); i++) d[i] = __builtin_subcll(a[i], b[i], borrow, &borrow);
    limb mask = 0 - (limb)borrow;
    for (int i = 0; i < N(k); i++) r[i] = __builtin_addcll(d[i], MODULUS(k)[i] & mask, carry, &carry);
}

INLINE void multiply1(curve k, limb *r, const limb *a, const limb *b) {
    k == bls12 ? hoard_bls12_multiply(r, a, b) : hoard_bn254_multiply(r, a, b);
}

// MARK: The quadratic field

// One copy of each for each curve: everything inlined everywhere would not fit the instruction cache.
#define COPIES(name, body)                                                                                            \
    static __attribute__((noinline)) void name##_bn254(limb *r, const limb *a, const limb *b) { body(bn254, r, a, b); }  \
    static __attribute__((noinline)) void name##_bls12(limb *r, const limb *a, const limb *b) { body(bls12, r, a, b); }  \
    INLINE void name(curve k, limb *r, const limb *a, const limb *b) {                                                \
        k == bls12 ? name##_bls12(r, a, b) : name##_bn254(r, a, b);                                                   \
    }

INLINE void add2_inline(curve k, limb *r, const limb *a, const limb *b) {
    add1(k, r, a, b);
    add1(k, r + N(k), a + N(k), b + N(k));
}
COPIES(add2, add2_inline)

INLINE void subtract2_inline(curve k, limb *r, const limb *a, const limb *b) {
    subtract1(k, r, a, b);
    subtract1(k, r + N(k), a + N(k), b + N(k));
}
COPIES(subtract2, subtract2_inline)

INLINE void multiply2(curve k, limb *r, const limb *a, const limb *b) {
    k == bls12 ? hoard_bls12_quadratic_multiply(r, a, b) : hoard_bn254_quadratic_multiply(r, a, b);
}

INLINE void square2(curve k, limb *r, const limb *a) {
    k == bls12 ? hoard_bls12_quadratic_square(r, a) : hoard_bn254_quadratic_square(r, a);
}

/// xi a, where xi is 1 + u (bls12) or 9 + u (bn254); not in place.
INLINE void times_xi(curve k, limb *r, const limb *a) {
    if (k == bls12) {
        subtract1(k, r, a, a + N(k));
        add1(k, r + N(k), a, a + N(k));
        return;
    }
    limb nine[12];
    add2(k, nine, a, a);
    add2(k, nine, nine, nine);
    add2(k, nine, nine, nine);
    add2(k, nine, nine, a);
    subtract1(k, r, nine, a + N(k));
    add1(k, r + N(k), nine + N(k), a);
}

// MARK: The sextic field

INLINE void add6(curve k, limb *r, const limb *a, const limb *b) {
    for (int i = 0; i < 3; i++) add2(k, r + i * N2(k), a + i * N2(k), b + i * N2(k));
}

INLINE void subtract6(curve k, limb *r, const limb *a, const limb *b) {
    for (int i = 0; i < 3; i++) subtract2(k, r + i * N2(k), a + i * N2(k), b + i * N2(k));
}

/// r = v a; not in place.
INLINE void times_v(curve k, limb *r, const limb *a) {
    times_xi(k, r, a + 2 * N2(k));
    memcpy(r + N2(k), a, 8 * 2 * (size_t)N2(k));
}

/// (a + b) (c + d) - e - f in the quadratic field.
INLINE void cross(curve k, limb *r, const limb *a, const limb *b, const limb *c, const limb *d, const limb *e, const limb *f) {
    limb x[12], y[12];
    add2(k, x, a, b);
    add2(k, y, c, d);
    multiply2(k, r, x, y);
    subtract2(k, r, r, e);
    subtract2(k, r, r, f);
}

INLINE void multiply6_inline(curve k, limb *r, const limb *a, const limb *b) {
    const limb *a1 = a + N2(k), *a2 = a1 + N2(k), *b1 = b + N2(k), *b2 = b1 + N2(k);
    limb v0[12], v1[12], v2[12], t[12], x[12];
    multiply2(k, v0, a, b);
    multiply2(k, v1, a1, b1);
    multiply2(k, v2, a2, b2);
    cross(k, t, a1, a2, b1, b2, v1, v2);
    times_xi(k, x, t);
    add2(k, r, x, v0);
    cross(k, t, a, a1, b, b1, v0, v1);
    times_xi(k, x, v2);
    add2(k, r + N2(k), t, x);
    cross(k, t, a, a2, b, b2, v0, v2);
    add2(k, r + 2 * N2(k), t, v1);
}
COPIES(multiply6, multiply6_inline)

/// a (b0 + b1 v); not in place.
INLINE void multiply6_by_two(curve k, limb *r, const limb *a, const limb *b0, const limb *b1) {
    const limb *a1 = a + N2(k), *a2 = a1 + N2(k);
    limb v0[12], v1[12], t[12], x[12];
    multiply2(k, v0, a, b0);
    multiply2(k, v1, a1, b1);
    add2(k, x, a1, a2);
    multiply2(k, t, x, b1);
    subtract2(k, t, t, v1);
    times_xi(k, x, t);
    add2(k, r, x, v0);
    cross(k, r + N2(k), a, a1, b0, b1, v0, v1);
    add2(k, x, a, a2);
    multiply2(k, t, x, b0);
    subtract2(k, t, t, v0);
    add2(k, r + 2 * N2(k), t, v1);
}

/// a b1 v; not in place.
INLINE void multiply6_by_v(curve k, limb *r, const limb *a, const limb *b1) {
    limb t[12];
    multiply2(k, t, a + 2 * N2(k), b1);
    times_xi(k, r, t);
    multiply2(k, r + N2(k), a, b1);
    multiply2(k, r + 2 * N2(k), a + N2(k), b1);
}

// MARK: The field of degree 12

INLINE void multiply12(curve k, limb *r, const limb *a, const limb *b) {
    limb low[36], high[36], x[36], y[36], v[36];
    multiply6(k, low, a, b);
    multiply6(k, high, a + N6(k), b + N6(k));
    add6(k, x, a, a + N6(k));
    add6(k, y, b, b + N6(k));
    multiply6(k, r + N6(k), x, y);
    subtract6(k, r + N6(k), r + N6(k), low);
    subtract6(k, r + N6(k), r + N6(k), high);
    times_v(k, v, high);
    add6(k, r, low, v);
}

/// In place.
INLINE void square12(curve k, limb *a) {
    limb product[36], x[36], y[36], v[36];
    multiply6(k, product, a, a + N6(k));
    times_v(k, v, a + N6(k));
    add6(k, x, a, a + N6(k));
    add6(k, y, a, v);
    multiply6(k, a, x, y);
    subtract6(k, a, a, product);
    times_v(k, v, product);
    subtract6(k, a, a, v);
    add6(k, a + N6(k), product, product);
}

/// (a + b t)^2 with t^2 = xi.
INLINE void square_quartic(curve k, limb *r0, limb *r1, const limb *a, const limb *b) {
    limb a2[12], b2[12], x[12];
    square2(k, a2, a);
    square2(k, b2, b);
    add2(k, x, a, b);
    square2(k, r1, x);
    subtract2(k, r1, r1, a2);
    subtract2(k, r1, r1, b2);
    times_xi(k, x, b2);
    add2(k, r0, a2, x);
}

/// a = 3 b - 2 a, or 3 b + 2 a.
INLINE void combine(curve k, limb *a, const limb *b, int is_sum) {
    limb x[12];
    if (is_sum) add2(k, x, b, a);
    else subtract2(k, x, b, a);
    add2(k, x, x, x);
    add2(k, a, x, b);
}

/// In place, for elements of the cyclotomic subgroup (Granger and Scott).
INLINE void square12_cyclotomic(curve k, limb *f) {
    limb *c[6];
    for (int i = 0; i < 6; i++) c[i] = f + i * N2(k);
    limb a0[12], a1[12], b0[12], b1[12], d0[12], d1[12], x[12];
    square_quartic(k, a0, a1, c[0], c[4]);
    square_quartic(k, b0, b1, c[3], c[2]);
    square_quartic(k, d0, d1, c[1], c[5]);
    times_xi(k, x, d1);
    combine(k, c[0], a0, 0);
    combine(k, c[1], b0, 0);
    combine(k, c[2], d0, 0);
    combine(k, c[3], x, 1);
    combine(k, c[4], a1, 1);
    combine(k, c[5], b1, 1);
}

/// f times the line with these three coefficients (of y, of x, alone) at a point; in place.
INLINE void apply_line(curve k, limb *f, const limb *line, const limb *px, const limb *py) {
    limb at_y[12], at_x[12], sum[36], a[36], b[36], v[36], t[12];
    const limb *alone = line + 2 * N2(k);
    for (int i = 0; i < 2; i++) {
        multiply1(k, at_y + i * N(k), line + i * N(k), py);
        multiply1(k, at_x + i * N(k), line + N2(k) + i * N(k), px);
    }
    limb *high = f + N6(k);
    add6(k, sum, f, high);
    if (k == bls12) {
        // alone + at_x w^2 + at_y w^3
        multiply6_by_two(k, a, f, alone, at_x);
        multiply6_by_v(k, b, high, at_y);
        add2(k, t, at_x, at_y);
        multiply6_by_two(k, high, sum, alone, t);
    } else {
        // at_y + at_x w + alone w^3
        for (int i = 0; i < 3; i++) multiply2(k, a + i * N2(k), f + i * N2(k), at_y);
        multiply6_by_two(k, b, high, at_x, alone);
        add2(k, t, at_y, at_x);
        multiply6_by_two(k, high, sum, t, alone);
    }
    subtract6(k, high, high, a);
    subtract6(k, high, high, b);
    times_v(k, v, b);
    add6(k, f, a, v);
}

#define FUNCTIONS(k)                                                                                                  \
    void hoard_##k##_sextic_multiply(void *r, const void *a, const void *b) { multiply6(k, r, a, b); }                \
    void hoard_##k##_dodecic_multiply(void *r, const void *a, const void *b) { multiply12(k, r, a, b); }              \
    void hoard_##k##_dodecic_square(void *a) { square12(k, a); }                                                      \
    void hoard_##k##_cyclotomic_square(void *a, size_t times) {                                                       \
        for (; times > 0; times--) square12_cyclotomic(k, a);                                                         \
    }                                                                                                                 \
    void hoard_##k##_apply_line(void *f, const void *line, const void *x, const void *y) {                            \
        apply_line(k, f, line, x, y);                                                                                 \
    }

FUNCTIONS(bn254)
FUNCTIONS(bls12)
