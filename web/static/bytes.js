// Bytes as text: base64 (RFC 4648 section 4), lower-case base32 without padding (section 6), lower-case hex, and JSON. Strict: text that would be encoded differently is refused.

export class Refused extends Error {}

export function demand(holds, what) {
  if (!holds) throw new Refused(what);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function text(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refused("not UTF-8");
  }
}

export const encode = (string) => new TextEncoder().encode(string);

export function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function fromBase64(string) {
  let binary;
  try {
    binary = atob(string);
  } catch {
    throw new Refused("not base64");
  }
  if (btoa(binary) !== string) throw new Refused("not canonical base64");
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

// SHA-256 or SHA-512. Over plain http browsers withhold WebCrypto.
export async function digest(name, bytes) {
  const { subtle } = globalThis.crypto ?? {};
  return subtle ? new Uint8Array(await subtle.digest(name, bytes)) : (await import("./sha2.js")).sha2[name](bytes);
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export function base32(bytes) {
  let out = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? out + ALPHABET[(value << (5 - bits)) & 31] : out;
}

// The 32 bytes of 52 base32 characters.
export function fromBase32(string) {
  const out = new Uint8Array(32);
  let [value, bits, at] = [0, 0, 0];
  for (const c of String(string)) {
    value = ((value << 5) | ALPHABET.indexOf(c)) & 0xfff;
    bits += 5;
    if (bits >= 8) out[at++] = (value >> (bits -= 8)) & 255;
  }
  demand(base32(out) === string, "not 52 characters of base32");
  return out;
}

export function fromHex(string, length) {
  demand(typeof string === "string" && string.length === length * 2 && /^[0-9a-f]+$/.test(string), "not hex of that length");
  return Uint8Array.from(string.match(/../g), (b) => parseInt(b, 16));
}

// Strict JSON (RFC 8259), as `epcis::strict` of the ledger reads it: what two parsers could read differently is refused.
// JSON.parse checks the grammar; this checks the rest. A number that JavaScript would write differently is kept as the text that was signed:
// beyond some 15 digits it has no such number.
const DEEPEST = 32;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

const NUMBER = /^-?[0-9]/;
const isText = (token) => String(Number(token)) !== token;

function wellFormed(string) {
  try {
    encodeURIComponent(string);
  } catch {
    throw new Refused("half of a surrogate pair");
  }
}

export function parse(bytes) {
  const source = text(bytes);
  let value;
  try {
    value = JSON.parse(source);
  } catch {
    throw new Refused("not JSON");
  }
  const open = [];
  let last = "";
  let exact = true;
  for (const [token] of source.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(new Set());
      if (open.length > DEEPEST) throw new Refused("nested deeper than 32");
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      // the string before a colon is a member name
      if (last.includes("\\") || open.at(-1).has(last)) throw new Refused("a member name twice, or with an escape");
      // names that Rust's serde_json reads as a number or as nested JSON
      if (last.startsWith('"$serde_json::')) throw new Refused("a name with another meaning elsewhere");
      open.at(-1).add(last);
    } else if (token.includes("\\u")) {
      wellFormed(JSON.parse(token));
    } else if (NUMBER.test(token)) {
      if (/[eE]/.test(token)) throw new Refused("a number with an exponent");
      exact &&= !isText(token);
    }
    last = token;
  }
  return exact ? value : JSON.parse(source.replace(TOKEN, (token) => (NUMBER.test(token) && isText(token) ? `"${token}"` : token)));
}
