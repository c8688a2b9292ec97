// The log: RFC 6962 leaves and inclusion paths (RFC 9162 section 2.1.3.2), and the checkpoint, a C2SP signed note.

import { Refused, concat, digest, encode, fromBase64, same } from "./bytes.js";

const sha256 = (bytes) => digest("SHA-256", bytes);
const leaf = (entry) => sha256(concat(Uint8Array.of(0), entry));
const node = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

// The root that `path` leads to from `entry` at `index` of a tree of `size`. Numbers stay below 2^53.
export async function rootOf(entry, index, size, path) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new Refused("index outside the tree");
  let fn = index;
  let sn = size - 1;
  let hash = await leaf(entry);
  const half = (n) => Math.floor(n / 2);
  for (const step of path) {
    if (step.length !== 32) throw new Refused("a hash has 32 bytes");
    if (sn === 0) throw new Refused("the path is too long");
    if (fn % 2 === 1 || fn === sn) {
      hash = await node(step, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = await node(hash, step);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) throw new Refused("the path is too short");
  return hash;
}

// Whether the tree of `size` with `root` extends that of `old` with `oldRoot`, by a consistency proof (RFC 9162 section 2.1.4.2).
export async function isExtended(old, oldRoot, size, root, proof) {
  if (old === size) return proof.length === 0 && same(oldRoot, root);
  if (old < 1 || old > size) return false;
  let fn = old - 1;
  let sn = size - 1;
  const half = (n) => Math.floor(n / 2);
  const up = () => ([fn, sn] = [half(fn), half(sn)]);
  while (fn % 2 === 1) up();
  // the root of a full tree is not in the proof
  const [first, ...rest] = fn === 0 ? [oldRoot, ...proof] : proof;
  let [was, is] = [first, first];
  for (const step of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      was = await node(step, was);
      is = await node(step, is);
      while (fn % 2 === 0 && fn !== 0) up();
    } else {
      is = await node(is, step);
    }
    up();
  }
  return sn === 0 && first !== undefined && same(was, oldRoot) && same(is, root);
}

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
