// Ed25519 verification with the same result in every browser: RFC 8032 section 5.1.7 without cofactor, S below the order, canonical A and
// R, neither of small order (what `verify_strict` accepts in the ledger). WebCrypto is used if the browser has
// Ed25519 (RFC 8410), else `ed25519-plain.js`. Engines differ on weak points, so those are refused here first.

import { same } from "./bytes.js";

const hex = (s) => Uint8Array.from(s.match(/../g), (b) => parseInt(b, 16));

// y of the points of order 1, 2, 4 and 8.
const WEAK = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(hex);

// Whether bytes are not the canonical encoding of a point of large order: y of small order, or not below 2^255 - 19.
function weak(bytes) {
  const y = Uint8Array.from(bytes);
  y[31] &= 127;
  const beyond = y[0] >= 0xed && y[31] === 127 && y.subarray(1, 31).every((b) => b === 255);
  return beyond || WEAK.some((w) => same(w, y));
}

async function native(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

// RFC 8032 section 7.1, test 1: the empty message.
const KEY = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const SIGNATURE = hex(
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
);
let engine;

// Whether this browser can check: it accepts a known signature, and refuses a changed one.
export async function canCheck() {
  for (const load of [async () => native, async () => (await import("./ed25519-plain.js")).plain]) {
    try {
      const candidate = await load();
      if ((await candidate(KEY, SIGNATURE, new Uint8Array())) && !(await candidate(KEY, SIGNATURE, Uint8Array.of(1)))) {
        engine = candidate;
        return true;
      }
    } catch {
      // not in this browser
    }
  }
  return false;
}

export async function signed(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64 || weak(key) || weak(signature.subarray(0, 32))) return false;
  if (!engine && !(await canCheck())) throw new Error("no Ed25519 here");
  return engine(key, signature, message);
}
