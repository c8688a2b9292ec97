// An RFC 6962 tree for the tests, written without the code under test: hashes are 32-byte buffers.
import { createHash } from "node:crypto";

export const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
export const leaf = (entry) => sha256(Buffer.of(0), entry);
const node = (left, right) => sha256(Buffer.of(1), left, right);
// The largest power of two below n.
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));

// RFC 6962 section 2.1.
export function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

// RFC 6962 section 2.1.1: the hashes from the leaf's sibling to the root's child.
export function path(leaves, index) {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...path(leaves.slice(0, k), index), root(leaves.slice(k))]
    : [...path(leaves.slice(k), index - k), root(leaves.slice(0, k))];
}

// RFC 6962 section 2.1.2: that the first `old` of the leaves are a prefix.
export function consistency(leaves, old) {
  const part = (m, list, whole) => {
    if (m === list.length) return whole ? [] : [root(list)];
    const k = split(list.length);
    return m <= k
      ? [...part(m, list.slice(0, k), whole), root(list.slice(k))]
      : [...part(m - k, list.slice(k), false), root(list.slice(0, k))];
  };
  return part(old, leaves, true);
}

// The largest subtrees of leaves `from` and following in which none of `chosen` lies and none of `ends` is, from left to right.
export function subtrees(leaves, from, chosen, ends) {
  const to = from + leaves.length;
  if (!chosen.some((index) => from <= index && index < to) && !ends.some((end) => from < end && end < to)) return [root(leaves)];
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return [...subtrees(leaves.slice(0, k), from, chosen, ends), ...subtrees(leaves.slice(k), from + k, chosen, ends)];
}
