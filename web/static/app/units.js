// Units in which amounts of a product are typed, and the unit and digits in which they are signed. Equal to src/gs1/{amount,unit}.rs, by
// vectors (tests/browser/app-numbers.test.mjs).
//
// A product counts in a base unit: g, ml or piece. People type kilograms, quintals, boxes; the record has the exact decimal in a unit of
// UN/CEFACT Recommendation 20 that the ledger converts (docs/rules.md, "Quantities"). What it is not: reading digits (numbers.js).
import { compare, exact, format, parse, times } from "./decimal.js";

/** Units that an amount may be stated in: the base unit, and the factor as a power of ten. */
const UNITS = {
  MGM: ["g", -3], GRM: ["g", 0], KGM: ["g", 3], TNE: ["g", 6], MLT: ["ml", 0], LTR: ["ml", 3], MTQ: ["ml", 6], H87: ["piece", 0], EA: ["piece", 0],
};
// as the ledger names them
const NAMES = { gram: "g", millilitre: "ml" };

/** Base unit of a product, whatever way it is written. */
export function baseOf(unit) {
  const base = UNITS[unit]?.[0] ?? NAMES[unit] ?? unit;
  return ["ml", "piece"].includes(base) ? base : "g";
}

/** The code of a unit, however it is written: of a base unit that of its amounts. */
export const codeOf = (unit) => (unit in UNITS ? unit : { g: "GRM", ml: "MLT", piece: "H87" }[baseOf(unit)]);

const WEIGHTS = [
  { key: "kg", code: "KGM", factor: "1" },
  { key: "g", code: "GRM", factor: "1" },
  { key: "kuintal", code: "KGM", factor: "100" },
  { key: "ons", code: "GRM", factor: "100" },
];
const VOLUMES = [
  { key: "ml", code: "MLT", factor: "1" },
  { key: "l", code: "LTR", factor: "1" },
];
const COUNTS = [{ key: "piece", code: "H87", factor: "1" }];

/** An amount in base units (grams, millilitres, pieces) as decimal text. */
export function inBase(amount, code) {
  if (!(code in UNITS)) throw new RangeError(`${code} is no unit of amounts`);
  const [, power] = UNITS[code];
  return power < 0 ? times(amount, `0.${"0".repeat(-power - 1)}1`) : times(amount, `1${"0".repeat(power)}`);
}

// An amount of the ledger has six digits behind the point in its base unit, and is less than this.
const [DIGITS, MOST] = [6, 10n ** 18n];

/**
 * An amount in the base unit of its code, exactly as the ledger counts it.
 * @returns {{value: string, base: string} | {error: string}} `error`: not-decimal, unit, too-fine or too-large
 */
export function ledgerAmount(amount, code) {
  if (!Object.hasOwn(UNITS, code)) return { error: "unit" };
  const [base, power] = UNITS[code];
  let read;
  try {
    read = exact(amount);
  } catch ({ error }) {
    return { error };
  }
  const { m, s } = parse(format(read.m, read.s));
  const places = DIGITS + power - s;
  if (places < 0) return { error: "too-fine" };
  const millionths = m * 10n ** BigInt(places);
  if (millionths >= MOST || millionths <= -MOST) return { error: "too-large" };
  return { value: format(millionths, DIGITS), base };
}

/** The unit that one reads easily: kilograms from 1 kg on, else grams. */
export function readable(base, amount) {
  if (base === "piece") return { amount, code: "H87", key: "piece" };
  const large = compare(amount, "1000") >= 0;
  if (base === "ml") return large ? { amount: times(amount, "0.001"), code: "LTR", key: "l" } : { amount, code: "MLT", key: "ml" };
  return large ? { amount: times(amount, "0.001"), code: "KGM", key: "kg" } : { amount, code: "GRM", key: "g" };
}

/**
 * The units to choose from, the usual one first.
 * @param product {unit, netContent}: of the kit
 * @param lang quintal and ons are units of Indonesian trade only
 * @param packs remembered pack sizes in base units, such as {"karung": "50000"}
 */
export function unitsOf(product, lang, packs = {}) {
  const base = baseOf(product?.unit);
  const list = base === "piece" ? [...COUNTS] : base === "ml" ? [...VOLUMES] : WEIGHTS.filter((unit) => lang === "id" || !["kuintal", "ons"].includes(unit.key));
  const code = codeOf(base);
  const net = netOf(product);
  if (net) list.push({ key: "pack", code, factor: net, net });
  for (const [key, size] of Object.entries(packs)) list.push({ key, code, factor: size, net: size });
  return list;
}

/** Net content in base units, as the kit has it: a decimal, or {value, unit}. */
export function netOf(product) {
  const net = product?.netContent;
  if (!net) return undefined;
  return typeof net === "object" ? inBase(String(net.value ?? net.amount), net.unit ?? net.uom) : String(net);
}

/** Where the unit of a product is remembered: a harvest is weighed in others than a sample. */
export const unitOf = (form, gtin) => `unit:${form}:${gtin}`;

/** The units in which the amounts of a form were typed, to stand first the next time. */
export function unitsTyped(form, questions, answers) {
  const gtinOf = (part) => part.product ?? /\/01\/(\d{14})\//.exec(part.lot ?? "")?.[1];
  const typed = questions.flatMap(({ id, gtin }) => (Array.isArray(answers[id]) ? answers[id].map((part) => [gtinOf(part), part.key]) : [[gtin, answers[id]?.key]]));
  return Object.fromEntries(typed.filter(([gtin, key]) => gtin && key).map(([gtin, key]) => [unitOf(form, gtin), key]));
}

/** What is signed for `value` typed in `unit`: an exact amount and its code. */
export function signed(value, unit) {
  return { amount: unit.factor === "1" ? value : times(value, unit.factor), unit: unit.code };
}
