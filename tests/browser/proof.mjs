// The CBOR form of a proof bundle (docs/formats.md), written from its JSON form; and the check in the browser over it.
import { verify as check } from "../../web/static/verify.js";

function head(major, n) {
  if (!Number.isSafeInteger(n) || n < 0) throw new Error(`not a number: ${n}`);
  if (n < 24) return Buffer.of((major << 5) | n);
  if (n < 256) return Buffer.of((major << 5) | 24, n);
  if (n < 65536) return Buffer.of((major << 5) | 25, n >> 8, n & 255);
  const long = Buffer.alloc(n < 2 ** 32 ? 5 : 9);
  long[0] = (major << 5) | (n < 2 ** 32 ? 26 : 27);
  if (n < 2 ** 32) long.writeUInt32BE(n, 1);
  else long.writeBigUInt64BE(BigInt(n), 1);
  return long;
}

export const uint = (n) => head(0, n);
export const bytes = (b) => Buffer.concat([head(2, b.length), b]);
export const text = (s) => ((b) => Buffer.concat([head(3, b.length), b]))(Buffer.from(s));
export const array = (list) => Buffer.concat([head(4, list.length), ...list]);

// A missing text or list is written as an empty one, a missing number as 0: a proof that lacks it.
export function encoded({ format, version, ledger, lot, checkpoint, records, profiles, seen, part }) {
  const hashes = (list) => array((list ?? []).map((hash) => bytes(Buffer.from(hash, "base64"))));
  const record = (r) => (r ? array([uint(r.index), bytes(Buffer.from(r.record, "base64url")), hashes(r.path)]) : Buffer.of(0xf6));
  const profile = (p) => array([bytes(Buffer.alloc(32)), bytes(Buffer.from(p.bytes, "base64url"))]);
  return array([
    text(format ?? ""),
    uint(version ?? 0),
    text(ledger ?? ""),
    text(lot ?? ""),
    text(checkpoint ?? ""),
    array((records ?? []).map(record)),
    array((profiles ?? []).map(profile)),
    array((seen ?? []).map(({ size, proof }) => array([uint(size), hashes(proof)]))),
    part ? array([uint(part.number), uint(part.of)]) : Buffer.of(0xf6),
  ]);
}

// What the page fetches.
export const type = "application/vnd.jejak.proof+cbor";

export const verify = async (bundle, page) => check(new Uint8Array(encoded(bundle)), page);
