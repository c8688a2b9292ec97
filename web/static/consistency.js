// That one tree of the log extends another (RFC 9162 section 2.1.4.2). Loaded when this device has seen another head before.

import { same } from "./bytes.js";
import { node } from "./log.js";

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
