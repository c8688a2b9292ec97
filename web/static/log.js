// The log: RFC 6962 leaves and inclusion paths (RFC 9162 section 2.1.3.2), and the checkpoint, a C2SP signed note.

import { Refused, concat, encode, fromBase64, same } from "./bytes.js";

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
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

// A verifier key: name+8 hex digits of the key id+base64 of type byte and key. The id must follow from name and key.
export async function verifierKey(vkey) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  if (!match) throw new Refused("not a verifier key");
  const [, name, id, encoded] = match;
  const typed = fromBase64(encoded);
  if (typed.length !== 33 || typed[0] !== 1) throw new Refused("not an Ed25519 log key");
  const digest = await sha256(concat(encode(`${name}\n`), typed));
  const hex = Array.from(digest.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join("");
  if (hex !== id) throw new Refused("the key id is not of this key");
  return { name, id: digest.subarray(0, 4), key: typed.subarray(1) };
}

// { origin, size, root, text, signature } of a signed checkpoint, with the signature line of `verifier`.
export function checkpoint(note, verifier) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) throw new Refused("not a signed note");
  const signed = note.slice(0, cut + 1);
  const lines = signed.split("\n");
  const [origin, size, root] = lines;
  if (origin !== verifier.name || !/^(0|[1-9][0-9]*)$/.test(size ?? "") || !root) throw new Refused("not this log's checkpoint");
  for (const line of note.slice(cut + 2).split("\n")) {
    const match = /^\u2014 (\S+) (\S+)$/.exec(line);
    if (!match || match[1] !== verifier.name) continue;
    const blob = fromBase64(match[2]);
    if (blob.length === 68 && same(blob.subarray(0, 4), verifier.id)) {
      return { origin, size: Number(size), root: fromBase64(root), text: encode(signed), signature: blob.subarray(4) };
    }
  }
  throw new Refused("not signed by this log");
}
