// Whole lists of the node, page by page, and what the desk makes of numbers. Nothing here signs.

import { ask } from "../app/node.js";
import { name } from "../app/i18n.js";
import { shortName } from "../app/names.js";
import { checkDigit } from "../app/scan/linter.js";

// More pages than these are not fetched: a list of 10,000.
const PAGES = 50;

const nextOf = (link) => /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];

/** All items of a list of the node, and whether there are more than were fetched: { items, more }. */
export async function whole(path) {
  const items = [];
  let at = path;
  for (let page = 0; at && page < PAGES; page++) {
    const answer = await ask("", at, { headers: { accept: "application/json" } });
    if (answer.status !== 200) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
    items.push(...answer.json);
    at = nextOf(answer.headers.get("link"));
  }
  return { items, more: Boolean(at) };
}

/** A function from the URI of a party to its name for people, as far as the node says it now. */
export async function namesOfParties() {
  const { items } = await whole("/parties").catch(() => ({ items: [] }));
  const names = new Map(items.map((one) => [one.party, one.name]));
  return (uri) => name(names.get(uri)) || shortName(uri);
}

/** How many products, and how many places, a company prefix has room for: 12 digits are prefix and reference. */
export const roomIn = (prefix) => 10 ** (12 - prefix.length);

/** How many cartons a company prefix has numbers for: 17 digits are extension, prefix and serial reference. */
export const cartonsIn = (prefix) => 10 * 10 ** (16 - prefix.length);

// The first reference of so many digits that is none of `taken`, or undefined.
function free(digits, taken) {
  for (let n = 0; n < 10 ** digits; n++) {
    const reference = String(n).padStart(digits, "0");
    if (!taken.has(reference)) return reference;
  }
  return undefined;
}

const inside = (prefix, numbers, skip) => new Set(numbers.map((number) => number.slice(skip)).filter((digits) => digits.startsWith(prefix)).map((digits) => digits.slice(prefix.length, 12)));

/** The first free number of a prefix, as a GTIN of 14 digits; `lent` are longer prefixes in it, which are others' to use. */
export function freeGtin(prefix, gtins, lent = []) {
  const found = freeNumber(prefix, inside(prefix, gtins, 1), lent);
  return found && `0${found}`;
}

/** The first free number of a prefix, as a GLN of 13 digits. */
export const freeGln = (prefix, glns, lent = []) => freeNumber(prefix, inside(prefix, glns, 0), lent);

function freeNumber(prefix, taken, lent) {
  const digits = 12 - prefix.length;
  const others = lent.filter((one) => one.length > prefix.length && one.startsWith(prefix));
  const given = new Set(taken);
  for (;;) {
    const reference = digits === 0 ? (given.has("") ? undefined : "") : free(digits, given);
    if (reference === undefined) return undefined;
    const number = prefix + reference;
    if (!others.some((one) => number.startsWith(one))) return number + checkDigit(number);
    given.add(reference);
  }
}

/**
 * The first range in `prefix` of `digits` more digits that overlaps with none of `lent` and holds none of `used` (numbers without their
 * check digit, 12 digits), or undefined. From the end, so that the numbers that the owner uses itself stay together at the beginning.
 */
export function freeRange(prefix, digits, lent, used = []) {
  const length = prefix.length + digits;
  if (digits < 1 || length > 12) return undefined;
  for (let n = 10 ** digits - 1; n >= 0; n--) {
    const range = prefix + String(n).padStart(digits, "0");
    const overlaps = lent.some((one) => one.startsWith(range) || range.startsWith(one)) || used.some((number) => number.startsWith(range));
    if (!overlaps) return range;
  }
  return undefined;
}
