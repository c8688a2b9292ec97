// The CBOR form of a proof bundle (docs/formats.md), written from its JSON form; and the check in the browser over it.
import { fromBase32 } from "../../web/static/bytes.js";
import { decode } from "../../web/static/cose.js";
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

const NOTHING = Buffer.alloc(32);
// The largest power of two below n.
const half = (n) => 2 ** Math.floor(Math.log2(n - 1));

// The claims of a record about the head that its signer had seen; none of bytes that are no record.
function seenBy({ record }) {
  try {
    return decode(new Uint8Array(Buffer.from(record, "base64url"))).seen;
  } catch {
    return undefined;
  }
}

// The hashes of the largest subtrees of a log without any of the bundle's records, and in which no head ends that a signer had seen, from left
// to right, as far as the paths of the records and the proofs of the heads have them.
export function subtreesOf({ checkpoint, records, seen }) {
  const size = Number(checkpoint?.split("\n")[1]) || 0;
  const own = (records ?? []).filter(Boolean);
  const heads = own.map(seenBy).filter(Boolean);
  const known = new Map();
  const keep = (from, to, hash) => known.set(`${from} ${to}`, Buffer.from(hash ?? NOTHING, "base64"));
  for (const { index, path = [] } of own) {
    let [from, to] = [0, size];
    for (const hash of [...path].reverse()) {
      const middle = from + half(to - from);
      if (index < middle) keep(middle, to, hash);
      else keep(from, middle, hash);
      [from, to] = index < middle ? [from, middle] : [middle, to];
    }
  }
  // RFC 6962 section 2.1.2, with the ranges in place of their hashes
  const ranges = (end, from, to, whole) => {
    if (end === to) return whole ? [] : [[from, to]];
    const middle = from + half(to - from);
    return end <= middle ? [...ranges(end, from, middle, whole), [middle, to]] : [...ranges(end, middle, to, false), [from, middle]];
  };
  for (const { size: end, proof } of seen ?? []) if (end <= size) ranges(end, 0, size, true).forEach(([from, to], i) => keep(from, to, proof[i]));
  for (const head of heads) known.set(`0 ${head.size}`, Buffer.from(head.root));
  const found = [];
  const over = (from, to) => {
    const within = own.some(({ index }) => from <= index && index < to) || heads.some((head) => from < head.size && head.size < to);
    if (!within) found.push(known.get(`${from} ${to}`) ?? NOTHING);
    else if (to - from > 1) [[from, from + half(to - from)], [from + half(to - from), to]].forEach((side) => over(...side));
  };
  if (size > 0) over(0, size);
  return found;
}

// A missing text or list is written as an empty one, a missing number as 0: a proof that lacks it. `others` are the hashes of subtrees, if
// not those of the records' paths.
export function encoded(bundle) {
  const { format, version, ledger, lot, checkpoint, records, profiles, part, others = subtreesOf(bundle) } = bundle;
  const hashes = (list) => array(list.map((hash) => bytes(Buffer.from(hash, "base64"))));
  const record = (r) => (r ? array([uint(r.index), bytes(Buffer.from(r.record, "base64url"))]) : Buffer.of(0xf6));
  return array([
    text(format ?? ""),
    uint(version ?? 0),
    text(ledger ?? ""),
    text(lot ?? ""),
    text(checkpoint ?? ""),
    array((records ?? []).map(record)),
    hashes(others),
    hashes((profiles ?? []).map(({ blake3 }) => fromBase32(blake3))),
    part ? array([uint(part.number), uint(part.of)]) : Buffer.of(0xf6),
  ]);
}

// What the page fetches.
export const type = "application/vnd.jejak.proof+cbor";

// The files of a bundle's profiles, as the node has them.
export const filesOf = (bundle) => async (hash) => new Uint8Array(Buffer.from(bundle.profiles.find(({ blake3 }) => blake3 === hash).bytes, "base64url"));

export const verify = async (bundle, page) => check(new Uint8Array(encoded(bundle)), page, filesOf(bundle));
