// Bytes as text: base64 (RFC 4648 section 4), base64url without padding (section 5), lower-case base32 without padding
// (section 6, as record ids are written), and comparison. Strict: what does not encode back to the same text is refused.

export class Refused extends Error {}

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

export function fromBase64url(string) {
  if (!/^[A-Za-z0-9_-]*$/.test(string)) throw new Refused("not base64url");
  const padded = string.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(padded + "=".repeat((4 - (padded.length % 4)) % 4));
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
