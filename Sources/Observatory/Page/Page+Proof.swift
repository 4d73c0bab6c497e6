extension Page {
    /// The third part of the script: SHA-256 and the proof of a receipt.
    static let proofScript = #"""

        // ----- SHA-256, which can go on from where another has stood -----
        const constants = (() => {
          const words = [];
          for (let number = 2; words.length < 64; number++) {
            let isPrime = true;
            for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) isPrime = false;
            if (isPrime) words.push((Math.cbrt(number) % 1) * 4294967296 >>> 0);
          }
          return words;
        })();
        const beginning = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        class SHA256 {
          constructor(words, bytes, rest) {
            this.words = Uint32Array.from(words || beginning);
            this.bytes = bytes || 0;
            this.rest = rest || new Uint8Array(0);
          }
          compress(data, offset) {
            const schedule = new Uint32Array(64);
            for (let i = 0; i < 16; i++) {
              const at = offset + i * 4;
              schedule[i] = data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
            }
            const turn = (x, n) => x >>> n | x << (32 - n);
            for (let i = 16; i < 64; i++) {
              const a = schedule[i - 15], b = schedule[i - 2];
              schedule[i] = schedule[i - 16] + schedule[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >>> 3) + (turn(b, 17) ^ turn(b, 19) ^ b >>> 10);
            }
            let [a, b, c, d, e, f, g, h] = this.words;
            for (let i = 0; i < 64; i++) {
              const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + constants[i] + schedule[i] | 0;
              const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
              h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
            }
            [a, b, c, d, e, f, g, h].forEach((word, i) => { this.words[i] += word; });
          }
          update(data) {
            const all = new Uint8Array(this.rest.length + data.length);
            all.set(this.rest);
            all.set(data, this.rest.length);
            let offset = 0;
            for (; offset + 64 <= all.length; offset += 64) this.compress(all, offset);
            this.rest = all.slice(offset);
            this.bytes += data.length;
            return this;
          }
          digest() {
            const end = new SHA256(this.words, this.bytes, this.rest);
            const padding = new Uint8Array((this.bytes % 64 < 56 ? 64 : 128) - this.bytes % 64);
            padding[0] = 0x80;
            const view = new DataView(padding.buffer);
            view.setUint32(padding.length - 8, Math.floor(this.bytes / 536870912));
            view.setUint32(padding.length - 4, this.bytes * 8 >>> 0);
            end.update(padding);
            return [...end.words].map((word) => word.toString(16).padStart(8, "0")).join("");
          }
        }
        const bytesOf = (hex) => Uint8Array.from((hex.replace(/^0x/, "").match(/../g) || []).map((digits) => parseInt(digits, 16)));
        const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

        // What a header's 189 bytes say: its parent and the running digest of results lie at fixed places.
        const parentOf = (header) => hexOf(header.slice(29, 61));
        const resultsOf = (header) => hexOf(header.slice(157, 189));

        async function verified(id) {
          const proof = await rpc("hoard_receiptProof", id);
          const steps = [];
          const check = (isGood, text) => { steps.push([isGood, text]); return isGood; };
          if (!proof) { check(false, "there is no such operation"); return { steps, isGood: false }; }
          const header = bytesOf(proof.header), results = bytesOf(proof.results);
          const hash = proof.hash.slice(2);
          let isGood = check(new SHA256().update(header).digest() === hash, "the SHA-256 of the header is the block's hash " + short(hash));
          const before = new SHA256(proof.state.hash, proof.state.bytes, bytesOf(proof.state.rest));
          if (proof.parentHeader) {
            const parent = bytesOf(proof.parentHeader);
            isGood = check(new SHA256().update(parent).digest() === parentOf(header), "the parent's header is the one that the block names") && isGood;
            isGood = check(before.digest() === resultsOf(parent), "the running digest before the block is the parent's") && isGood;
          } else {
            isGood = check(proof.state.bytes === 0 && proof.state.hash.every((word, i) => word === beginning[i]), "before the first block the running digest is that of nothing") && isGood;
          }
          isGood = check(before.update(results).digest() === resultsOf(header), "with the block's " + count(results.length) + " bytes of receipts it is the block's") && isGood;
          const own = results.slice(proof.offset, proof.offset + proof.length);
          isGood = check(hexOf(own.slice(0, 16)) === id.replace(/^0x/, ""), "the receipt of this operation is among them") && isGood;
          let gas = 0, shift = 1, place = 17;
          while (own[place] >= 128) { gas += (own[place] & 127) * shift; shift *= 128; place++; }
          gas += own[place] * shift;
          check(true, "it says: " + (own[16] === 0 ? "applied" : own[16] === 1 ? "refused by contract" : "halted") + ", gas " + count(gas));
          return { steps, isGood };
        }

        """#
}
