// Ed25519 verification in plain BigInt arithmetic (RFC 8032), for browsers whose WebCrypto lacks it. Verification only: there
// are no secrets, so timing does not matter. The caller, `ed25519.js`, refuses weak points.

import { concat, digest } from "./bytes.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;

function power(base, exponent) {
  let out = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) out = (out * b) % P;
  return out;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT = power(2n, (P - 1n) / 4n);
const little = (bytes) => bytes.reduceRight((n, b) => (n << 8n) | BigInt(b), 0n);

// The point (X, Y, Z, T) of 32 bytes (RFC 8032 section 5.1.3), or null.
function point(bytes) {
  const n = little(bytes);
  const y = n & (2n ** 255n - 1n);
  const sign = n >> 255n;
  const y2 = (y * y) % P;
  const u = mod(y2 - 1n);
  const v = mod(D * y2 + 1n);
  let x = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = (x * ROOT) % P;
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

// RFC 8032 section 5.1.4; complete, so it doubles too.
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

const BASE = point(new Uint8Array(32).fill(0x66).fill(0x58, 0, 1));

// s * B + k * q, both scalars at once.
function combine(s, k, q) {
  const both = add(BASE, q);
  let out = [0n, 1n, 1n, 0n];
  for (let bit = 252n; bit >= 0n; bit--) {
    out = add(out, out);
    const which = ((s >> bit) & 1n) | (((k >> bit) & 1n) << 1n);
    if (which) out = add(out, [null, BASE, q, both][Number(which)]);
  }
  return out;
}

export async function plain(key, signature, message) {
  const s = little(signature.subarray(32));
  const a = point(key);
  if (s >= ORDER || !a) return false;
  const k = little(await digest("SHA-512", concat(signature.subarray(0, 32), key, message))) % ORDER;
  const [x, y, z] = combine(s, k, [mod(-a[0]), a[1], 1n, mod(-a[3])]);
  const r = little(signature.subarray(0, 32));
  const inverse = power(z, P - 2n);
  return (((x * inverse) % P & 1n) << 255n | (y * inverse) % P) === r;
}
