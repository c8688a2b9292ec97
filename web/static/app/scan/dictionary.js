// The Application Identifiers of GS1 (General Specifications section 3): length, characters, check digit, and which go together. Equal to
// src/gs1/ai.rs, from the same dictionary (table.js). One that is not in it is not guessed.
import { LINTERS, checkDigit } from "./linter.js";
import { isDigits } from "./bytes.js";
import TABLE from "./table.js";

const SETS = {
  N: /^[0-9]*$/,
  X: /^[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]*$/,
  Y: /^[A-Z0-9#\-/]*$/,
  Z: /^[A-Za-z0-9\-_=]*$/,
};

export const isCset82 = (text) => SETS.X.test(text);

// Whether `code` is one that the pattern stands for, where n is any digit.
const fits = (pattern, code) => pattern.length === code.length && [...pattern].every((p, at) => p === "n" || p === code[at]);

/** A component such as `N6,yymmdd`, `X..20` or `[N..12]`. */
function component(word) {
  const [format, ...linters] = word.split(",");
  const inner = /^\[(.*)\]$/.exec(format)?.[1];
  const [, set, open, length] = /^([NXYZ])(\.\.)?(\d+)$/.exec(inner ?? format);
  const most = Number(length);
  return { set, least: open ? 1 : most, most, optional: inner !== undefined, linters };
}

class Identifier {
  constructor(code, flags, components, rules) {
    this.code = code;
    this.components = components;
    // whether FNC1 must end it when something follows: it is not of predefined length
    this.fnc1 = !flags.includes("*");
    // whether it may stand in the query of a Digital Link; those for use within a company have no flag
    this.attribute = flags.includes("?") || code.startsWith("9");
    Object.assign(this, rules);
    const isFixed = ({ least, most, optional }) => least === most && !optional;
    this.most = components.reduce((sum, part) => sum + part.most, 0);
    // the whole length, when it has one
    this.fixed = components.every(isFixed) ? this.most : undefined;
  }

  /** Whether `value` is one of this identifier. */
  accepts(value) {
    let rest = value;
    for (const { set, least, most, optional, linters } of this.components) {
      if (optional && rest === "") break;
      const head = rest.slice(0, most);
      rest = rest.slice(most);
      if (head.length < least || !SETS[set].test(head) || !linters.every((name) => LINTERS[name](head))) return false;
    }
    return rest === "";
  }

  /** The check digit that belongs into `value`, when nothing else is wrong with it. */
  rightCheckDigit(value) {
    let end = 0;
    for (const { most, linters } of this.components) {
      end += most;
      if (!linters.includes("csum")) continue;
      if (value.length < end) return undefined;
      const right = checkDigit(value.slice(end - most, end - 1));
      const mended = value.slice(0, end - 1) + right + value.slice(end);
      return right !== undefined && mended !== value && this.accepts(mended) ? right : undefined;
    }
    return undefined;
  }

  /** Whether all identifiers that this one needs are among `codes`, and none that it can't stand beside. */
  goesWith(codes) {
    const has = (pattern) => codes.some((code) => fits(pattern, code));
    return (
      this.requires.every((groups) => groups.some((group) => group.every(has))) &&
      !this.excludes.some((pattern) => codes.some((code) => code !== this.code && fits(pattern, code)))
    );
  }
}

/** Reads a line of the dictionary. */
function line(text) {
  const [codes, ...words] = text.split(" ");
  const flags = /^[A-Za-z0-9[]/.test(words[0]) ? "" : words.shift();
  const rules = { requires: [], excludes: [], orders: [] };
  const components = [];
  for (const word of words) {
    const [name, value] = word.split("=");
    if (name === "req") rules.requires.push(value.split(",").map((group) => group.split("+")));
    else if (name === "ex") rules.excludes.push(...value.split(","));
    else if (name === "dlpkey") rules.orders.push(...(value === undefined ? [[]] : value.split("|").map((order) => order.split(","))));
    else components.push(component(word));
  }
  const [from, to = from] = codes.split("-");
  const all = Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => String(Number(from) + at).padStart(from.length, "0"));
  return all.map((code) => new Identifier(code, flags, components, rules));
}

/** Every identifier, by its digits. */
export const table = TABLE.trim().split("\n").flatMap(line).sort((a, b) => (a.code < b.code ? -1 : 1));
const BY_CODE = new Map(table.map((known) => [known.code, known]));
export const find = (code) => BY_CODE.get(code);

/** The identifier that `text` begins with. */
export const prefixOf = (text) => find(text.slice(0, 2)) ?? find(text.slice(0, 3)) ?? find(text.slice(0, 4));

/** The digits of identifiers that begin with these. */
export const lengthLike = (start) => table.find(({ code }) => code.startsWith(start))?.code.length;

const PREDEFINED = { "00": 20, "04": 18, 20: 4 };
for (const code of ["01", "02", "03", "41"]) PREDEFINED[code] = 16;
for (let code = 11; code <= 19; code++) PREDEFINED[code] = 8;
for (let code = 31; code <= 36; code++) PREDEFINED[code] = 10;

/** The length, identifier included, of an element whose identifier begins with these two digits, when it is predefined. */
export const predefined = (text) => (Object.hasOwn(PREDEFINED, text.slice(0, 2)) ? PREDEFINED[text.slice(0, 2)] : undefined);

/** How many digits an unknown identifier has: as many as those known ones that begin alike, else two; none where no identifier begins so. */
export function unknownLength(text) {
  const start = text.slice(0, 2);
  if (start.length < 2 || !isDigits(start)) return 0;
  return Math.min(lengthLike(start) ?? 2, /^[0-9]*/.exec(text)[0].length);
}
