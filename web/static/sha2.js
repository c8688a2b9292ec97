// SHA-256 and SHA-512 (FIPS 180-4) in plain JavaScript, for pages over plain http, where browsers withhold WebCrypto: a node on a
// village's own network, say.

const primes = [];
for (let n = 2n; primes.length < 80; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n);

// The `k`-th root of `n`, rounded down (Newton).
function root(n, k) {
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / Number(k)));
  for (;;) {
    const y = ((k - 1n) * x + n / x ** (k - 1n)) / k;
    if (y >= x) return x;
    x = y;
  }
}

// The first 64 bits of the fractions of square and cube roots of primes (sections 4.2.3 and 5.3.5); SHA-256 has the first 32.
const START = primes.slice(0, 8).map((p) => BigInt.asUintN(64, root(p << 128n, 2n)));
const ROUND = primes.map((p) => BigInt.asUintN(64, root(p << 192n, 3n)));

// Words of `bits`: how they rotate in the functions of section 4.1.2 or 4.1.3, and the number of rounds.
function hash(bytes, bits, rounds, [big0, big1, small0, small1]) {
  const wide = BigInt(bits);
  const word = (n) => BigInt.asUintN(bits, n);
  const turn = (x, n) => (x >> n) | word(x << (wide - n));
  const mix = (x, [a, b, c]) => turn(x, a) ^ turn(x, b) ^ turn(x, c);
  const shift = (x, [a, b, c]) => turn(x, a) ^ turn(x, b) ^ (x >> c);
  const top = (n) => n >> (64n - wide);
  const block = bits * 2;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + block / 8) / block) * block);
  padded.set(bytes);
  padded[bytes.length] = 128;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const read = new DataView(padded.buffer);
  let state = START.map(top);
  for (let at = 0; at < padded.length; at += block) {
    const w = Array.from({ length: 16 }, (_, i) => (bits === 64 ? read.getBigUint64(at + i * 8) : BigInt(read.getUint32(at + i * 4))));
    for (let i = 16; i < rounds; i++) w.push(word(w[i - 16] + shift(w[i - 15], small0) + w[i - 7] + shift(w[i - 2], small1)));
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < rounds; i++) {
      const one = h + mix(e, big1) + ((e & f) ^ (~e & g)) + top(ROUND[i]) + w[i];
      const two = mix(a, big0) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, word(d + one), c, b, a, word(one + two)];
    }
    state = [a, b, c, d, e, f, g, h].map((n, i) => word(n + state[i]));
  }
  return Uint8Array.from(state.flatMap((n) => n.toString(16).padStart(bits / 4, "0").match(/../g).map((b) => parseInt(b, 16))));
}

const NARROW = [[2n, 13n, 22n], [6n, 11n, 25n], [7n, 18n, 3n], [17n, 19n, 10n]];
const WIDE = [[28n, 34n, 39n], [14n, 18n, 41n], [1n, 8n, 7n], [19n, 61n, 6n]];

export const sha2 = {
  "SHA-256": (bytes) => hash(bytes, 32, 64, NARROW),
  "SHA-512": (bytes) => hash(bytes, 64, 80, WIDE),
};
