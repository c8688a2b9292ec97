// The keys of this phone: Ed25519, made here, never leaving. WebCrypto where it can sign (not extractable); else @noble/ed25519, with the
// seed wrapped by an AES key that is not extractable, which is weaker: while it signs, the seed is in the page's memory. What it is not: who
// the keys are enrolled for (identity.js).

import { base32, concat, demand, encode, fromHex } from "../bytes.js";
import { canCheck, signed } from "../ed25519.js";
import { fromBase64url } from "./base64url.js";
import { CoreError, changed, env } from "./env.js";
import { all, get, put } from "./store.js";

// PKCS #8 before the seed (RFC 8410 section 7).
const PKCS8 = fromHex("302e020100300506032b657004220420", 16);
const PROBE = encode("jejak/1/probe");

const subtle = () => globalThis.crypto?.subtle;
const noble = () => import("../vendor/noble/ed25519.js");

// Whether WebCrypto makes keys that sign: some browsers know the name only.
async function native() {
  try {
    const pair = await subtle().generateKey("Ed25519", false, ["sign", "verify"]);
    const raw = new Uint8Array(await subtle().exportKey("raw", pair.publicKey));
    const signature = new Uint8Array(await subtle().sign("Ed25519", pair.privateKey, PROBE));
    return (await canCheck()) && (await signed(raw, signature, PROBE)) ? { pair, raw } : null;
  } catch {
    return null;
  }
}

/** What this browser can do: "strong", "weak" (the fallback), "none" (no secure context, so that nothing can be kept safe). */
export async function support() {
  if (!subtle()) return "none";
  return (await native()) ? "strong" : "weak";
}

async function keep(row) {
  const before = await get("keys", row.public);
  // a key that is there is never replaced
  if (before) return before;
  await put("keys", row);
  changed();
  return row;
}

const shown = ({ public: name, weak, demo, created, label }) => ({ public: name, weak, demo: Boolean(demo), created, label });

async function wrapped(seed, more) {
  return keep(await wrappedRow(seed, more));
}

async function wrappedRow(seed, more) {
  let raw, wrap, iv, sealed;
  try {
    const { getPublicKeyAsync } = await noble();
    raw = await getPublicKeyAsync(seed);
    wrap = await subtle().generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    iv = crypto.getRandomValues(new Uint8Array(12));
    sealed = new Uint8Array(await subtle().encrypt({ name: "AES-GCM", iv }, wrap, seed));
  } finally {
    seed.fill(0);
  }
  return { public: base32(raw), raw, wrap, iv, sealed, weak: true, created: env.now(), ...more };
}

/** Makes a key on this phone: { public: base32, weak }. `weakly` asks for the fallback, for tests. */
export async function createKey({ label, weakly = false } = {}) {
  if (!subtle()) throw new CoreError("no-secure-context");
  const found = weakly ? null : await native();
  if (!found) return shown(await wrapped(crypto.getRandomValues(new Uint8Array(32)), { label }));
  const { pair, raw } = found;
  return shown(await keep({ public: base32(raw), raw, secret: pair.privateKey, weak: false, created: env.now(), label }));
}

/** Takes the key of a seed of 64 hex digits: a public demo key, which anybody has. One that is there already stays. */
export async function importSeed(hex, { demo = true, label, weakly = false } = {}) {
  return shown(await keep(await rowOfSeed(fromHex(hex, 32), { weakly, demo, label })));
}

// Keys of files that were opened in this page: they are stored nowhere, and gone when it is closed.
const opened = new Map();

/** Opens the key of a file for this page only: { public, weak }. The seed is wiped. */
export async function openSeed(seed, { weakly = false } = {}) {
  const row = await rowOfSeed(seed, { weakly });
  opened.set(row.public, row);
  return shown(row);
}

/** Forgets the keys of files. */
export const closeFiles = () => opened.clear();

async function rowOfSeed(seed, { weakly, ...more }) {
  if (!subtle()) throw new CoreError("no-secure-context");
  if (weakly || !(await native())) return wrappedRow(seed, more);
  const pkcs8 = concat(PKCS8, seed);
  seed.fill(0);
  try {
    const secret = await subtle().importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
    // the public key stands in no API of a private one: an extractable copy tells it once
    const copy = await subtle().importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
    const { x } = await subtle().exportKey("jwk", copy);
    const raw = fromBase64url(x);
    return { public: base32(raw), raw, secret, weak: false, created: env.now(), ...more };
  } finally {
    pkcs8.fill(0);
  }
}

/** The keys of this phone. */
export const keys = async () => (await all("keys")).map(shown);

async function signWith(row, message) {
  if (row.secret) return new Uint8Array(await subtle().sign("Ed25519", row.secret, message));
  const seed = new Uint8Array(await subtle().decrypt({ name: "AES-GCM", iv: row.iv }, row.wrap, row.sealed));
  try {
    const { signAsync } = await noble();
    return await signAsync(message, seed);
  } finally {
    seed.fill(0);
  }
}

/** The key of this base32: { public, raw, weak, demo, sign(bytes) -> 64 bytes }. */
export async function openKey(name) {
  const row = name && (opened.get(name) ?? (await get("keys", name)));
  if (!row) throw new CoreError("no-key");
  const sign = async (message) => {
    const signature = await signWith(row, message);
    // a broken engine would use up a number for a record that nobody takes
    demand(await signed(row.raw, signature, message), "the signature does not verify");
    return signature;
  };
  return { public: row.public, raw: row.raw, weak: row.weak, demo: Boolean(row.demo), sign };
}

/** The signature of a key over bytes. */
export const sign = async (bytes, name) => (await openKey(name)).sign(bytes);

/** The message by which a new key proves that it is to be this party's (docs/formats.md, "Possession"). */
export const possessionMessage = (ledger, party, purpose, raw) => concat(encode(`jejak/1/possession\0${ledger}\0${party}\0${purpose}\0`), raw);

/** Proof of possession: 128 hex digits. */
export async function provePossession(ledger, party, purpose, name) {
  const key = await openKey(name);
  const signature = await key.sign(possessionMessage(ledger, party, purpose, key.raw));
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
