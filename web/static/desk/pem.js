// Opens the key file that `jejak key new` writes, in this page: PKCS #8 in PEM (RFC 5958, RFC 7468), encrypted by PBES2 (RFC 8018) with
// PBKDF2-HMAC-SHA-256 and AES-256-CBC. Gives the seed of an Ed25519 key (RFC 8410); the caller wipes it. What it is not: storage, or
// any other format. Browsers have no scrypt, with which older files are encrypted.

import { same } from "../bytes.js";
import { UserError } from "../app/ui.js";
import { t } from "../app/i18n.js";

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";
const HMAC_SHA256 = "2a864886f70d0209";
const AES_256_CBC = "60864801650304012a";
const ED25519 = "2b6570";
// More rounds would let a file that somebody handed over stop the page.
const MOST_ROUNDS = 10_000_000;

const damaged = () => new UserError(t("pem-damaged"));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// The items of DER (X.690): [{ tag, body }]. Lengths of at most two bytes, as a key file has.
function items(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    let [length, begin] = [bytes[at + 1], at + 2];
    if (length === 0x81 || length === 0x82) {
      const count = length - 0x80;
      length = bytes.subarray(begin, begin + count).reduce((all, byte) => all * 256 + byte, 0);
      begin += count;
    }
    if (length === undefined || length > 0xffff || begin + length > bytes.length) throw damaged();
    found.push({ tag, body: bytes.subarray(begin, begin + length) });
    at = begin + length;
  }
  return found;
}

const [SEQUENCE, INTEGER, OCTETS, OID] = [0x30, 0x02, 0x04, 0x06];

function expect(item, tag) {
  if (item?.tag !== tag) throw damaged();
  return item.body;
}

const inside = (item) => items(expect(item, SEQUENCE));
const oid = (item) => hex(expect(item, OID));

// The only private key of the text: { label, der }.
function block(text) {
  const found = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*?)-----END \1-----/g)].filter(([, label]) => label.endsWith("PRIVATE KEY"));
  if (found.length !== 1) throw new UserError(t(found.length === 0 ? "pem-none" : "pem-several"));
  const [, label, base64] = found[0];
  try {
    return { label, der: Uint8Array.from(atob(base64.replace(/\s/g, "")), (c) => c.charCodeAt(0)) };
  } catch {
    throw damaged();
  }
}

// The seed in an unencrypted PKCS #8 structure.
function seedOf(der) {
  const [version, algorithm, key] = inside(items(der)[0]);
  if (!same(expect(version, INTEGER), Uint8Array.of(0)) && !same(expect(version, INTEGER), Uint8Array.of(1))) throw damaged();
  if (oid(inside(algorithm)[0]) !== ED25519) throw new UserError(t("pem-algorithm"));
  const seed = expect(items(expect(key, OCTETS))[0], OCTETS);
  if (seed.length !== 32) throw damaged();
  return seed.slice();
}

async function decrypted(der, passphrase) {
  const [algorithm, data] = inside(items(der)[0]);
  const [scheme, parameters] = inside(algorithm);
  if (oid(scheme) !== PBES2) throw new UserError(t("pem-encryption"));
  const [derivation, encryption] = inside(parameters).map(inside);
  if (oid(derivation[0]) === SCRYPT) throw new UserError(t("pem-scrypt"));
  if (oid(derivation[0]) !== PBKDF2 || oid(encryption[0]) !== AES_256_CBC) throw new UserError(t("pem-encryption"));
  const [salt, rounds, ...rest] = inside(derivation[1]);
  const prf = rest.find((one) => one.tag === SEQUENCE);
  if (!prf || oid(inside(prf)[0]) !== HMAC_SHA256) throw new UserError(t("pem-encryption"));
  const iterations = expect(rounds, INTEGER).reduce((all, byte) => all * 256 + byte, 0);
  if (iterations < 1 || iterations > MOST_ROUNDS) throw new UserError(t("pem-encryption"));
  const password = await crypto.subtle.importKey("raw", passphrase, "PBKDF2", false, ["deriveKey"]);
  const derived = { name: "PBKDF2", hash: "SHA-256", salt: expect(salt, OCTETS), iterations };
  const key = await crypto.subtle.deriveKey(derived, password, { name: "AES-CBC", length: 256 }, false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: expect(encryption[1], OCTETS) }, key, expect(data, OCTETS)));
  } catch {
    throw new UserError(t("pem-passphrase"));
  }
}

/**
 * The seed of the key in a PEM text: 32 bytes. `passphrase` is UTF-8; it is wiped.
 * Throws a UserError that says what the text is instead, or that the passphrase is another.
 */
export async function seedFrom(text, passphrase) {
  let plain;
  try {
    const { label, der } = block(text);
    if (label === "PRIVATE KEY") return seedOf(der);
    if (label !== "ENCRYPTED PRIVATE KEY") throw new UserError(t("pem-algorithm"));
    if (passphrase.length === 0) throw new UserError(t("pem-needs-passphrase"));
    plain = await decrypted(der, passphrase);
    try {
      return seedOf(plain);
    } catch (error) {
      // one wrong passphrase in 256 decrypts to what looks padded
      throw error instanceof UserError && error.message === t("pem-damaged") ? new UserError(t("pem-passphrase")) : error;
    }
  } finally {
    passphrase.fill(0);
    plain?.fill(0);
  }
}

/** Whether the text is an encrypted key. */
export const isEncrypted = (text) => text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
