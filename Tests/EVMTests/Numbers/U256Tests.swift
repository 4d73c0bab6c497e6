import CGMP
import EVM
import Testing

@Suite struct U256Tests {
    @Test func `sums, differences and products agree with GMP`() {
        var random = SplitMix(state: 1)
        for _ in 0..<20_000 {
            let a = random.word()
            let b = random.word()
            let x = BigInteger(a)
            let y = BigInteger(b)
            let r = BigInteger()
            __gmpz_add(r.value, x.value, y.value)
            #expect(a &+ b == r.word)
            #expect(a.addingReportingOverflow(b).overflow == (__gmpz_sizeinbase(r.value, 2) > 256))
            __gmpz_sub(r.value, x.value, y.value)
            #expect(a &- b == r.word)
            #expect((a < b) == (__gmpz_cmp(x.value, y.value) < 0))
            __gmpz_mul(r.value, x.value, y.value)
            #expect(a &* b == r.word)
            #expect(a.multipliedFullWidth(by: b).low == r.word)
            __gmpz_fdiv_q_2exp(r.value, r.value, 256)
            #expect(a.multipliedFullWidth(by: b).high == r.word)
        }
    }

    @Test func `quotients and remainders agree with GMP for divisors of every width`() {
        var random = SplitMix(state: 2)
        for _ in 0..<40_000 {
            let a = random.word()
            let b = random.word()
            let (quotient, remainder) = a.dividedWithRemainder(by: b)
            if b.isZero {
                #expect((a / b).isZero && (a % b).isZero)
                continue
            }
            let x = BigInteger(a)
            let y = BigInteger(b)
            let q = BigInteger()
            let r = BigInteger()
            __gmpz_tdiv_qr(q.value, r.value, x.value, y.value)
            #expect(quotient == q.word, "\(a) / \(b)")
            #expect(remainder == r.word, "\(a) % \(b)")
        }
    }

    @Test func `a quotient limb of all ones is right`() {
        // The two top limbs of the window equal those of the divisor: the estimate overflows.
        let divisor = U256(5, 7, 0, 1 << 63)
        let quotientLimbs = U256(.max, 3, 0, 0)
        let product = divisor.multipliedFullWidth(by: quotientLimbs)
        #expect(product.low.addmod(U256.zero, divisor) == product.low % divisor)
        for quotient in [U256(UInt64.max), quotientLimbs, U256(.max, .max, .max, .max)] {
            #expect(divisor.mulmod(quotient, divisor).isZero)
            let wide = U256(9, 0, 1, 1 << 63)
            let x = BigInteger(wide)
            let y = BigInteger(quotient)
            let m = BigInteger(divisor)
            __gmpz_mul(x.value, x.value, y.value)
            __gmpz_mod(x.value, x.value, m.value)
            #expect(wide.mulmod(quotient, divisor) == x.word)
        }
    }

    @Test func `signed division and comparison agree with GMP`() {
        var random = SplitMix(state: 3)
        for _ in 0..<20_000 {
            let a = random.word()
            let b = random.word()
            let x = BigInteger.signed(a)
            let y = BigInteger.signed(b)
            #expect(a.signedLess(than: b) == (__gmpz_cmp(x.value, y.value) < 0))
            if b.isZero {
                #expect(a.signedDivided(by: b).isZero && a.signedRemainder(by: b).isZero)
                continue
            }
            let q = BigInteger()
            let r = BigInteger()
            __gmpz_tdiv_qr(q.value, r.value, x.value, y.value)
            #expect(a.signedDivided(by: b) == q.word)
            #expect(a.signedRemainder(by: b) == r.word)
        }
    }

    @Test func `addmod and mulmod agree with GMP`() {
        var random = SplitMix(state: 4)
        for _ in 0..<40_000 {
            let a = random.word()
            let b = random.word()
            let modulus = random.word()
            if modulus.isZero {
                #expect(a.addmod(b, modulus).isZero && a.mulmod(b, modulus).isZero)
                continue
            }
            let x = BigInteger(a)
            let y = BigInteger(b)
            let m = BigInteger(modulus)
            let r = BigInteger()
            __gmpz_add(r.value, x.value, y.value)
            __gmpz_mod(r.value, r.value, m.value)
            #expect(a.addmod(b, modulus) == r.word, "(\(a) + \(b)) % \(modulus)")
            __gmpz_mul(r.value, x.value, y.value)
            __gmpz_mod(r.value, r.value, m.value)
            #expect(a.mulmod(b, modulus) == r.word, "(\(a) * \(b)) % \(modulus)")
        }
    }

    @Test func `powers agree with GMP`() {
        var random = SplitMix(state: 5)
        let size = BigInteger()
        __gmpz_ui_pow_ui(size.value, 2, 256)
        for round in 0..<500 {
            let a = round % 5 == 0 ? U256(2) : random.word()
            let b = round % 3 == 0 ? U256(random.next() % 300) : random.word()
            let x = BigInteger(a)
            let y = BigInteger(b)
            let r = BigInteger()
            __gmpz_powm(r.value, x.value, y.value, size.value)
            #expect(a.exp(b) == r.word, "\(a) ** \(b)")
        }
    }

    @Test func `shifts agree with GMP for every count`() {
        var random = SplitMix(state: 6)
        for count in 0..<300 {
            for _ in 0..<20 {
                let a = random.word()
                let amount = U256(UInt64(count))
                let x = BigInteger(a)
                let r = BigInteger()
                __gmpz_mul_2exp(r.value, x.value, UInt(count))
                #expect(a << count == r.word)
                #expect(a.shiftedLeft(by: amount) == r.word)
                __gmpz_fdiv_q_2exp(r.value, x.value, UInt(count))
                #expect(a >> count == r.word)
                #expect(a.shiftedRight(by: amount) == r.word)
                let s = BigInteger.signed(a)
                __gmpz_fdiv_q_2exp(r.value, s.value, UInt(count))
                #expect(a.sar(by: amount) == r.word)
            }
        }
        let huge = U256(1, 1, 0, 0)
        #expect(U256.max.shiftedLeft(by: huge).isZero && U256.max.shiftedRight(by: huge).isZero)
        #expect(U256.max.sar(by: huge) == .max && U256.one.sar(by: huge).isZero)
    }

    @Test func `byte counts from the most significant end`() {
        let word = U256(bigEndian: (1...32).map { UInt8($0) })
        for index in 0..<32 { #expect(word.byte(at: U256(UInt64(index))) == U256(UInt64(index + 1))) }
        #expect(word.byte(at: 32).isZero && word.byte(at: U256(0, 0, 0, 1)).isZero)
    }

    @Test func `signextend copies the sign bit of the chosen byte upwards`() {
        #expect(U256(0xFF).signextend(from: 0) == .max)
        #expect(U256(0x17F).signextend(from: 0) == U256(0x7F))
        #expect(U256(0x80FF).signextend(from: 1) == U256(signed: -0x7F01))
        for index in 0..<31 {
            let bit = U256.one << (8 * index + 7)
            #expect(bit.signextend(from: U256(UInt64(index))) == (bit &- 1) ^ .max)
        }
        #expect(U256(0xFF).signextend(from: 31) == U256(0xFF))
        #expect(U256(0xFF).signextend(from: .max) == U256(0xFF))
    }

    @Test func `text and bytes survive a round trip`() {
        var random = SplitMix(state: 7)
        for _ in 0..<2_000 {
            let a = random.word()
            #expect(U256(hex: a.hex) == a)
            #expect(U256(decimal: a.decimal) == a)
            #expect(U256(bigEndian: a.bigEndianBytes) == a)
            #expect(U256(bigEndian: a.minimalBigEndianBytes) == a)
            #expect(a.minimalBigEndianBytes.first != 0)
        }
        #expect(U256.max.decimal == "115792089237316195423570985008687907853269984665640564039457584007913129639935")
        #expect(U256.zero.hex == "0x0" && U256.zero.decimal == "0" && U256(255).hex == "0xff")
    }

    @Test(arguments: ["", "0x", "0xg", "1" + String(repeating: "0", count: 64)])
    func `malformed hexadecimal is refused`(text: String) {
        #expect(U256(hex: text) == nil)
    }

    @Test(arguments: ["", "-1", "12a", "115792089237316195423570985008687907853269984665640564039457584007913129639936"])
    func `malformed decimals are refused`(text: String) {
        #expect(U256(decimal: text) == nil)
    }
}
