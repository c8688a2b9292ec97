// Serial labels of a lot: new serials, and the commitment to them that the record of the issue has (docs/formats.md, "Serial commitment"). The
// serials themselves stay off the log.

import { base32, concat, demand, digest, encode } from "../bytes.js";

const TAG = "jejak/1/serial\0";
const sha256 = (...parts) => digest("SHA-256", concat(...parts));

/** So many new serials: 16 base32 characters each, 80 bits at random. */
export const newSerials = (count, random = (size) => crypto.getRandomValues(new Uint8Array(size))) => Array.from({ length: count }, () => base32(random(10)));

// RFC 6962 section 2.1.
async function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Uint8Array.of(1), await root(leaves.slice(0, left)), await root(leaves.slice(left)));
}

/** The root over serials of a lot, in base32; GTIN with 14 digits. */
export async function serialRoot(gtin, lot, serials) {
  demand(/^\d{14}$/.test(gtin) && serials.length > 0 && new Set(serials).size === serials.length, "a GTIN and different serials");
  const sorted = [...serials].sort();
  demand(sorted.every((serial) => /^[a-z2-7]{16}$/.test(serial)), "a serial has 16 characters");
  const leaves = await Promise.all(sorted.map((serial) => sha256(Uint8Array.of(0), encode(`${TAG}${gtin}\0${lot}\0${serial}`))));
  return base32(await root(leaves));
}
