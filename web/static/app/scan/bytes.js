// Text as a string of its UTF-8 bytes, one character a byte: then lengths and places are those that the ledger's reader counts.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes of a text. */
export function enc(text) {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The text of bytes; undefined when they are not UTF-8. */
export function decoded(bytes) {
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
  try {
    return utf8.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

export const dec = (bytes) => decoded(bytes) ?? bytes;

/** Whether no character is cut at `at`. */
export const isBetween = (bytes, at) => at <= bytes.length && (at === bytes.length || (bytes.charCodeAt(at) & 0xc0) !== 0x80);

/** The first `n` characters. */
export const first = (bytes, n) => enc([...dec(bytes)].slice(0, n).join(""));

// Unicode's White_Space
const SPACE = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
export const SPACES = new RegExp(`[${SPACE}]+`, "g");
const AROUND = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const AROUND_MARKED = new RegExp(`^[${SPACE}\\x1d]+|[${SPACE}\\x1d]+$`, "g");

const on = (bytes, change) => enc(change(dec(bytes)));
export const trimmed = (bytes) => on(bytes, (text) => text.replace(AROUND, ""));
const BEGIN = new RegExp(`^[${SPACE}]+`);
export const trimmedStart = (bytes) => on(bytes, (text) => text.replace(BEGIN, ""));
/** Without spaces and FNC1 around it. */
export const bare = (bytes) => on(bytes, (text) => text.replace(AROUND_MARKED, ""));
export const unspaced = (bytes) => on(bytes, (text) => text.replace(SPACES, ""));
export const words = (bytes) => dec(bytes).split(SPACES).filter((word) => word !== "").map(enc);

/** Before and after the first `mark`; undefined without one. */
export function cut(bytes, mark) {
  const at = bytes.indexOf(mark);
  return at < 0 ? undefined : [bytes.slice(0, at), bytes.slice(at + mark.length)];
}

export const isDigits = (bytes) => /^[0-9]*$/.test(bytes);

/** Percent-encodes one path component: every byte that is not an RFC 3986 unreserved character. */
export const escaped = (bytes) => bytes.replace(/[^A-Za-z0-9\-._~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

/** The bytes of one path component; undefined for a broken escape, or what is not UTF-8. */
export function unescaped(bytes) {
  if (/%(?![0-9A-Fa-f]{2})/.test(bytes)) return undefined;
  const out = bytes.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return decoded(out) === undefined ? undefined : out;
}
