// Numbers of new lots, samples and containers.
//
// A lot is numbered CODE-DDMM and the letters of the phone (mark.js), so that two phones of one village never make one lot unseen. The ledger takes
// letters, digits and `-`, 20 characters at most. What it is not: reading of numbers (scan.js).
import { plainName } from "../names.js";
import { numberOf } from "../mark.js";
import { lotUri, ssccUri } from "./context.js";

const LONGEST = 20;

/** Code of a product: the first word of its name. */
export function codeOf(ctx, product) {
  const words = plainName(product.name, "id") || plainName(ctx.formOf(product.commodity, product.form)?.names, "id") || product.form || "LOT";
  const plain = words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toUpperCase();
  const first = plain.split(/[^A-Z0-9]+/).find((word) => word.length >= 3) ?? "LOT";
  return first.slice(0, 10);
}

/** Number of the lot of a product and a day (`2026-11-28`). */
export function lotNumber(ctx, product, day, n = 1) {
  const [, month, date] = day.split("-");
  // with the most letters and digits behind it no longer than the ledger takes
  const code = codeOf(ctx, product).slice(0, LONGEST - "-DDMM999".length - ctx.phone.length);
  return `${code}-${date}${month}${ctx.phone}${n > 1 ? n : ""}`;
}

/** The first number of the day that no lot has yet: for what is made of other lots. `taken` are numbers given in this form. */
export function freeLot(ctx, product, day, taken = []) {
  for (let n = 1; n < 1000; n += 1) {
    const number = lotNumber(ctx, product, day, n);
    const uri = lotUri(product.gtin, number);
    if (!ctx.isKnownLot(uri) && !taken.includes(uri)) return { number, uri };
  }
  throw new RangeError("no number left for this day");
}

/** Lot of a harvest: the one of this day while it takes additions, else the next number. */
export function harvestLot(ctx, product, day) {
  for (let n = 1; n < 1000; n += 1) {
    const number = lotNumber(ctx, product, day, n);
    const uri = lotUri(product.gtin, number);
    if (!isClosed(ctx, uri)) return { number, uri };
  }
  throw new RangeError("no number left for this day");
}

/** A lot takes no more once something left it, or it was sampled or tested. One that this phone did not make may be closed elsewhere. */
function isClosed(ctx, uri) {
  const made = ctx.records.some(({ event }) => event.action === "ADD" && event.bizStep === "commissioning" && !event.errorDeclaration && (event.quantityList ?? []).some((one) => one.epcClass === uri));
  if (!made && ctx.lot(uri)) return true;
  return ctx.records.some(({ event }) => {
    const names = (list) => (list ?? []).some((one) => one.epcClass === uri);
    if (event.errorDeclaration) return false;
    const grows = event.action === "ADD" && event.bizStep === "commissioning";
    return names(event.inputQuantityList) || names(event.childQuantityList) || names(event.outputQuantityList) || (names(event.quantityList) && !grows);
  });
}

/** Mod-10 check digit of GS1 keys. */
export function checkDigit(digits) {
  let sum = 0;
  [...digits].reverse().forEach((digit, i) => (sum += Number(digit) * (i % 2 === 0 ? 3 : 1)));
  return String((10 - (sum % 10)) % 10);
}

/**
 * The next container number of this phone within the party's prefix: {sscc, counter}. Two digits for the phone's number keep phones apart; one that
 * this phone knows is passed over. Undefined without a prefix, and when the numbers are used up.
 */
export function nextSscc(ctx) {
  const prefix = ctx.party.prefixes?.[0];
  const number = numberOf(ctx.phone);
  if (!prefix || number === undefined || number > 99) return undefined;
  const room = 16 - prefix.length - 2;
  const known = new Set([...ctx.containers().map((one) => one.sscc), ...ctx.records.map(({ event }) => event.parentID)]);
  for (let counter = Number(ctx.remembered["sscc:next"] ?? 1); String(counter).length <= room; counter += 1) {
    const digits = `3${prefix}${String(number).padStart(2, "0")}${String(counter).padStart(room, "0")}`;
    const sscc = digits + checkDigit(digits);
    if (!known.has(ssccUri(sscc))) return { sscc, counter };
  }
  return undefined;
}

/** The sample number after the last one: `SA-0042`, by the phone's letters until somebody types a code of its own. */
export function nextSample(ctx) {
  const { code, next } = ctx.remembered.sample ?? { code: `S${ctx.phone}`, next: 1 };
  return `${code}-${String(next).padStart(4, "0")}`;
}

/** What of a sample's number the next one follows; undefined for one that does not count up. */
export function sampleCount(number) {
  const found = /^(.+)-(\d{1,9})$/.exec(number);
  return found ? { code: found[1], next: Number(found[2]) + 1 } : undefined;
}
