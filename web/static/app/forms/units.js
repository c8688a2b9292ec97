// Units in which amounts of a product are typed, and the unit and digits in which they are signed.
//
// A product counts in a base unit: g, ml or piece. People type kilograms, quintals, boxes; the record has the exact decimal in a unit of
// UN/CEFACT Recommendation 20 that the ledger converts (docs/rules.md, "Quantities"). What it is not: reading digits (numbers.js).
import { parse, times } from "./decimal.js";

/** Base unit of a product, whatever way it is written. */
export function baseOf(unit) {
  const known = { ml: "ml", millilitre: "ml", MLT: "ml", LTR: "ml", MTQ: "ml", piece: "piece", H87: "piece", EA: "piece" };
  return known[unit] ?? "g";
}

/** The code of a unit, however it is written: of a base unit that of its amounts. */
export const codeOf = (unit) => (unit in POWER ? unit : { g: "GRM", ml: "MLT", piece: "H87" }[baseOf(unit)]);

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

/** To base units: exact powers of ten. */
const POWER = { MGM: -3, GRM: 0, KGM: 3, TNE: 6, MLT: 0, LTR: 3, MTQ: 6, H87: 0, EA: 0 };

/** An amount in base units (grams, millilitres, pieces) as decimal text. */
export function inBase(amount, code) {
  const power = POWER[code];
  if (power === undefined) throw new RangeError(`${code} is no unit of amounts`);
  return power < 0 ? times(amount, `0.${"0".repeat(-power - 1)}1`) : times(amount, `1${"0".repeat(power)}`);
}

/** The unit that one reads easily: kilograms from 1 kg on, else grams. */
export function readable(base, amount) {
  if (base === "piece") return { amount, code: "H87", key: "piece" };
  const large = parse(amount).m >= 1000n * 10n ** BigInt(parse(amount).s);
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
