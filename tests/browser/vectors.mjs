// Vectors that the Rust tests write (tests/it/app_vectors.rs), which run before: a file that is missing fails the test that reads it.
import { readFileSync } from "node:fs";
import path from "node:path";

import { root, target } from "./demo.mjs";

export const vectors = (name) => JSON.parse(readFileSync(path.join(target, "app-vectors", name), "utf8"));
export const inRepository = (name) => readFileSync(path.join(root, name), "utf8");

/** A generator of numbers (splitmix64), below `end`. */
export function dice(seed) {
  let state = BigInt(seed);
  const mask = (1n << 64n) - 1n;
  return (end) => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return Number((z ^ (z >> 31n)) % BigInt(end));
  };
}
