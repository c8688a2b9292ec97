// The place of one record in the log, by its inclusion path (RFC 9162 section 2.1.3.2), as a receipt has it.

import { Refused } from "../bytes.js";
import { leaf, node } from "../log.js";

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
