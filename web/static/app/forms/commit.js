// Commitments to what must not stand on a public log: who brought the goods, the exact point, the sum of a payment.
//
// BLAKE3-256(tag || 16 random bytes || value), docs/formats.md "Privacy". The opening (random bytes and value) of a person and a point stays on
// the phone that made it, that of a payment goes to the two sides as a restricted file; without it nobody can guess the value. What it is not:
// a signature or a proof of who somebody is.
import { blake3 } from "../../blake3.js";
import { base32, concat, encode } from "../../bytes.js";
import { isPositive, parse } from "../decimal.js";

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

/** The sum of a payment: {currency, amount} as it is committed to, `USD 12500.00`; undefined for what is no sum of money. */
export function moneyText({ currency, amount }) {
  const [whole, part = ""] = amount.split(".");
  if (!/^[A-Z]{3}$/.test(currency) || part.length > 2 || parse(amount).m <= 0n) return undefined;
  return `${currency} ${whole}.${part.padEnd(2, "0")}`;
}

/** {currency, amount} of such a text, or undefined. */
export function moneyOf(text) {
  const found = /^([A-Z]{3}) (\d{1,18}(?:\.\d{1,2})?)$/.exec(text ?? "");
  return found && isPositive(found[2]) ? { currency: found[1], amount: found[2] } : undefined;
}

/** The sum of a payment. */
export const payment = (value, random) => opened("payment", value, random);

/** The file by which the other side opens it. */
export const openingBytes = ({ random, value }) => encode(JSON.stringify({ random, value }));

/** The opening in such a file, if it is that of the commitment: {purpose, random, value, commitment}, or undefined. */
export function openingOf(bytes, commitment) {
  try {
    const { random, value } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!/^[0-9a-f]{32}$/.test(random) || !moneyOf(value)) return undefined;
    const opening = { purpose: "payment", random, value, commitment };
    return opens(opening) ? opening : undefined;
  } catch {
    return undefined;
  }
}
