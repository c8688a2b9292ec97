// Numbers as people write them: decimal comma or point, digits in groups of three, no zero before the mark. Text in, exact decimal out,
// never floating point. Equal to src/cli/numbers.rs, by vectors (tests/browser/app-numbers.test.mjs).
//
// A text with one meaning is read as that in every language: `1,5` is one and a half. One mark before three digits has two, `1.040` is a
// thousand and forty or one and a bit: both are given back, and the person chooses. What it is not: units (units.js), arithmetic (decimal.js),
// nor the words of a number (spell.js).

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
