// Commitments to what must not stand on a public log: who brought the goods, and the exact point.
//
// BLAKE3-256(tag || 16 random bytes || value), docs/formats.md "Privacy". The opening (random bytes and value) stays on the phone that
// made it; without it nobody can guess the value. What it is not: a signature or a proof of who somebody is.
import { blake3 } from "../../blake3.js";
import { base32, concat, encode } from "../../bytes.js";

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function commit(purpose, value, random) {
  const tag = concat(encode(`jejak/1/${purpose}`), new Uint8Array(1));
  return base32(blake3(concat(tag, random, encode(value))));
}

/** @returns {{commitment: string, opening: {purpose, random, value, commitment}}} */
function opened(purpose, value, random) {
  const commitment = commit(purpose, value, random);
  return { commitment, opening: { purpose, random: hex(random), value, commitment } };
}

/** A point, as "latitude,longitude" in decimal degrees. */
export const point = (value, random) => opened("point", value, random);

/** A person, by the name or number that the village's list has. */
export const person = (value, random) => opened("person", value, random);

/** Whether an opening gives its commitment. */
export function opens(opening) {
  const random = Uint8Array.from(opening.random.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return commit(opening.purpose, opening.value, random) === opening.commitment;
}
