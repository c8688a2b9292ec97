// Numbers as people write them: decimal comma or point, digits in groups of three, no zero before the mark. Text in, exact decimal out,
// never floating point. Equal to src/cli/numbers.rs and src/gs1/{amount,unit}.rs, by vectors (tests/browser/app-numbers.test.mjs).
//
// A text with one meaning is read as that in every language: `1,5` is one and a half. One mark before three digits has two, `1.040` is a
// thousand and forty or one and a bit: both are given back, and the person chooses. What it is not: units that people choose from
// (forms/units.js), nor the words of a number (spell.js, given out here too).
export { spell } from "./spell.js";

const WHITE = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const AROUND = new RegExp(`^[${WHITE}]+|[${WHITE}]+$`, "g");
// marks between groups of digits that are no decimal sign anywhere
const SPACE = /[ \u00a0\u2009\u202f'\u2019]/;
const DIGITS = /^[0-9]+$/;

const bad = (error) => {
  throw Object.assign(new RangeError(error), { error });
};

/** The decimal sign of a language: a BCP 47 tag or the name of a POSIX locale; undefined where it is not known. */
export function markOf(locale) {
  const [language, ...parts] = String(locale ?? "").trim().split(/[.@]/)[0].toLowerCase().split(/[-_]/);
  if (language === "en") return parts.includes("za") ? "," : ".";
  if (language === "zh") return ".";
  return ["id", "in", "jv", "su"].includes(language) ? "," : undefined;
}

// The digits of a whole number, whose groups `mark` divides; without zeros before it.
function whole(text, mark) {
  const [first, ...rest] = text.split(mark);
  const grouped = first.length >= 1 && first.length <= 3 && !first.startsWith("0") && rest.every((group) => group.length === 3);
  if (rest.length > 0 && !grouped) bad("groups");
  const digits = first + rest.join("");
  if (!DIGITS.test(digits)) bad("digits");
  return digits.replace(/^0+(?=.)/, "");
}

function joined(before, part) {
  if (!DIGITS.test(part)) bad("part-missing");
  return `${before}.${part}`;
}

const grouped = (digits, mark) => {
  try {
    return whole(digits, mark);
  } catch {
    return undefined;
  }
};

function meaning(given) {
  const text = given.replace(AROUND, "");
  const minus = /^[-\u2212]/.test(text) ? "-" : "";
  const digits = minus ? text.slice(1) : text;
  const signed = (number) => (number === "0" ? number : minus + number);
  if (!/^[0-9., \u00a0\u2009\u202f'\u2019]+$/.test(digits) || !/[0-9]/.test(digits)) bad("digits");
  if (SPACE.test(digits[0]) || SPACE.test(digits.at(-1))) bad("digits");
  const marks = digits.match(/[.,]/g) ?? [];
  const spaced = SPACE.test(digits);
  if (marks.length === 0) return { value: signed(whole(digits, SPACE)) };
  const [first, last] = [marks[0], marks.at(-1)];
  if (first !== last || spaced) {
    // the last mark is the decimal sign; what stands before it are groups
    const at = digits.lastIndexOf(last);
    const before = digits.slice(0, at);
    if (before.includes(last) || (spaced && /[.,]/.test(before))) bad("two-signs");
    const number = whole(before, spaced ? SPACE : first);
    return { value: signed(joined(number, digits.slice(at + 1))) };
  }
  if (marks.length > 1) return { value: signed(whole(digits, first)) };
  const at = digits.indexOf(first);
  const before = digits.slice(0, at);
  const decimal = signed(joined(before === "" ? "0" : whole(before, SPACE), digits.slice(at + 1)));
  const thousands = grouped(digits, first);
  if (thousands === undefined) return { value: decimal };
  return { ambiguous: [decimal, signed(thousands)], mark: first };
}

/**
 * Reads a number: digits, `.` and `,` as decimal sign or between thousands, spaces or apostrophes between thousands, a minus.
 * @returns {{value: string} | {ambiguous: [string, string], mark: string} | {error: string}} `ambiguous`: with the mark as decimal sign,
 * then as mark between thousands, whatever the language; `error`: digits, groups, two-signs or part-missing
 */
export function read(text) {
  try {
    return meaning(String(text));
  } catch (fault) {
    if (fault.error) return { error: fault.error };
    throw fault;
  }
}

/** What a reading means to one who writes numbers as in `locale`: for texts of machines whose language is known. */
export function inLocale({ value, ambiguous, mark }, locale) {
  return value ?? ambiguous?.[mark === markOf(locale) ? 0 : 1];
}

/** An exact decimal as people read it: the language's decimal sign, and spaces between groups of three digits (ISO 80000-1, 7.3.1). */
export function show(exact, locale) {
  const minus = exact.startsWith("-") ? "-" : "";
  const [before, part = ""] = (minus ? exact.slice(1) : exact).split(/\.(.*)/s);
  const groups = before.length > 3 ? before.replace(/\B(?=(?:\d{3})+$)/g, " ") : before;
  return minus + groups + (part === "" ? "" : (markOf(locale) ?? ".") + part);
}

const MOST = 1n << 96n;
const FINEST = 28;
const MICROS = 10n ** 6n;
const MOST_MICROS = 10n ** 12n * MICROS;

/** Mantissa and digits behind the point of a plain decimal; throws {error}: not-decimal, or too-large for exact arithmetic (28 digits). */
export function exact(text) {
  const found = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (!found) bad("not-decimal");
  const [, minus, before, part = ""] = found;
  const mantissa = BigInt(before + part);
  if (part.length > FINEST || mantissa >= MOST) bad("too-large");
  return { mantissa: minus ? -mantissa : mantissa, scale: part.length };
}

/** Units a quantity may be stated in (UN/CEFACT Recommendation 20): the base unit, and the factor as a power of ten. */
export const UNITS = {
  MGM: ["gram", -3], GRM: ["gram", 0], KGM: ["gram", 3], TNE: ["gram", 6], MLT: ["millilitre", 0], LTR: ["millilitre", 3], MTQ: ["millilitre", 6], H87: ["piece", 0], EA: ["piece", 0],
};

/** Millionths as an exact decimal, without zeros at its end. */
function fromMicros(micros) {
  const size = micros < 0n ? -micros : micros;
  const part = (size % MICROS).toString().padStart(6, "0").replace(/0+$/, "");
  return `${micros < 0n ? "-" : ""}${size / MICROS}${part === "" ? "" : `.${part}`}`;
}

/**
 * An amount in the base unit of its code, exactly as the ledger counts it: six decimals, less than 10^12.
 * @param base gram, millilitre or piece, if it must be that
 * @returns {{value: string, base: string} | {error: string}} `error`: not-decimal, unit, other-unit, too-fine or too-large
 */
export function toBase(amount, code, base) {
  const unit = Object.hasOwn(UNITS, code) ? UNITS[code] : undefined;
  if (!unit) return { error: "unit" };
  if (base !== undefined && unit[0] !== base) return { error: "other-unit" };
  try {
    let { mantissa, scale } = exact(amount);
    while (scale > 0 && mantissa % 10n === 0n) {
      mantissa /= 10n;
      scale--;
    }
    const places = 6 + unit[1] - scale;
    if (places < 0) bad("too-fine");
    const micros = mantissa * 10n ** BigInt(places);
    if (micros >= MOST_MICROS || micros <= -MOST_MICROS) bad("too-large");
    return { value: fromMicros(micros), base: unit[0] };
  } catch (fault) {
    if (fault.error) return { error: fault.error };
    throw fault;
  }
}
