// The log: the tree of RFC 6962, and the checkpoint, a C2SP signed note.

import { Refused, concat, digest, encode, fromBase64, same } from "./bytes.js";

const sha256 = (bytes) => digest("SHA-256", bytes);
export const leaf = (entry) => sha256(concat(Uint8Array.of(0), entry));
export const node = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

// The tree of a log of `size` entries (RFC 6962 section 2.1), from these records, [{ index, record }] by rising index, and `others`: the
// hashes, from left to right, of the largest subtrees that have none of them and in which no tree of one of the sizes `prefixes` ends.
// Returns `root(n)`, of the tree itself and of those prefixes. Numbers stay below 2^53.
export function treeOf(records, size, others, prefixes) {
  const rises = ({ index }, i) => index > (records[i - 1]?.index ?? -1) && index < size;
  if (!records.every(rises)) throw new Refused("index outside the tree, or out of order");
  const rest = [...others];
  const known = new Map(); // "from to": hash
  const over = (from, to, within, ends) => {
    const hash = here(from, to, within, ends);
    known.set(`${from} ${to}`, hash);
    return hash;
  };
  const here = (from, to, within, ends) => {
    if (within.length === 0 && ends.length === 0) {
      const hash = rest.shift();
      if (hash?.length !== 32) throw new Refused("a hash is missing, or has no 32 bytes");
      return hash;
    }
    if (to - from === 1) return leaf(within[0].record);
    const middle = from + half(to - from);
    const left = over(from, middle, within.filter(({ index }) => index < middle), ends.filter((end) => end < middle));
    return both(left, over(middle, to, within.filter(({ index }) => index >= middle), ends.filter((end) => end > middle)));
  };
  over(0, size, records, prefixes.filter((end) => end < size));
  if (rest.length > 0) throw new Refused("more hashes than subtrees");
  const root = (from, to) => known.get(`${from} ${to}`) ?? both(root(from, from + half(to - from)), root(from + half(to - from), to));
  return (n) => root(0, n);
}

// The largest power of two below `n`.
function half(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const both = (left, right) => Promise.all([left, right]).then(([l, r]) => node(l, r));

// The type byte of a verifier key. A witness may have a key of a type that is not checked here.
export const kindOf = (vkey) => fromBase64(vkey.split("+").slice(2).join("+"))[0];

// A verifier key: name+8 hex digits of the key id+base64 of type and key; the id follows from both. Type 4 is a witness.
export async function verifierKey(vkey, type = 1) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  if (!match) throw new Refused("not a verifier key");
  const [, name, id, encoded] = match;
  const typed = fromBase64(encoded);
  if (typed.length !== 33 || typed[0] !== type) throw new Refused("not an Ed25519 key of this kind");
  const digest = await sha256(concat(encode(`${name}\n`), typed));
  const hex = Array.from(digest.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join("");
  if (hex !== id) throw new Refused("the key id is not of this key");
  return { name, id: digest.subarray(0, 4), key: typed.subarray(1) };
}

// The blobs, without key id, of the signature lines that name `verifier`.
function lines(note, cut, verifier) {
  const found = [];
  for (const line of note.slice(cut + 2).split("\n")) {
    const match = /^\u2014 (\S+) (\S+)$/.exec(line);
    if (!match || match[1] !== verifier.name) continue;
    const blob = fromBase64(match[2]);
    if (same(blob.subarray(0, 4), verifier.id)) found.push(blob.subarray(4));
  }
  return found;
}

// { origin, size, root, text, signatures } of a signed checkpoint of three lines. The caller must verify all signatures of `verifier`.
export function checkpoint(note, verifier) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) throw new Refused("not a signed note");
  const signed = note.slice(0, cut + 1);
  const [origin, size, root, end, ...more] = signed.split("\n");
  if (end !== "" || more.length > 0) throw new Refused("a checkpoint has three lines");
  if (origin !== verifier.name || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new Refused("not this log's checkpoint");
  }
  const hash = fromBase64(root);
  if (hash.length !== 32) throw new Refused("a root has 32 bytes");
  const signatures = lines(note, cut, verifier);
  if (signatures.length === 0) throw new Refused("not signed by this log");
  if (signatures.some((blob) => blob.length !== 64)) throw new Refused("not an Ed25519 signature");
  return { origin, size: Number(size), root: hash, text: encode(signed), signatures };
}

// [{ signature, message, time }] of the cosignatures (type 4) of a witness; the message includes the time.
export function cosignatures(note, witness) {
  const cut = note.lastIndexOf("\n\n");
  return lines(note, cut, witness).map((blob) => {
    const time = blob.length === 72 ? new DataView(blob.buffer, blob.byteOffset).getBigUint64(0) : 0n;
    if (time === 0n) throw new Refused("not a cosignature");
    return { signature: blob.subarray(8), time, message: encode(`cosignature/v1\ntime ${time}\n${note.slice(0, cut + 1)}`) };
  });
}
