// Elements of an element string: what can be read, and what can't; and the ways in which a text without FNC1 is one. Texts are strings of
// bytes (bytes.js). Part of scan.js. What it is not: brackets and bare numbers (strings.js, bare.js).
import { isBetween, isDigits } from "./bytes.js";
import { find, isCset82, predefined, prefixOf, unknownLength } from "./dictionary.js";
import { checks } from "./linter.js";
import { isGtin, keyOf, paddedGtin, wrongValue } from "./link.js";

export const FNC1 = "\x1d";
/** An answer that names nothing. */
export const NOTHING = { readings: [], certain: false, error: undefined, lot: undefined };
const MOST_SPLITS = 100;
const MOST_TRIED = 20_000;
// the identifiers that say what a code is on, a container before what it holds, each with those that it is read with
const NAMING = [["00", []], ["01", ["10", "21"]], ["8006", ["10", "21"]], ["02", ["10"]], ["03", ["10", "21"]], ["8026", ["10"]], ["414", []], ["417", []]];

export const names = (code) => NAMING.some(([known]) => known === code);

export const isLot = (bytes) => bytes.length >= 1 && bytes.length <= 20 && isCset82(bytes);

/** What is gathered of an element string: what can be read, and what can't. */
export class Gathered {
  constructor(elements = []) {
    this.elements = elements;
    this.unread = [];
    this.error = undefined;
  }

  take(known, value) {
    const wrong = wrongValue(known, value);
    if (!wrong) return this.add([known.code, value]);
    this.unread.push([known.code, value]);
    if (names(known.code) || wrong.fault.code === "check-digit") this.error ??= wrong.fault;
  }

  /** Adds an element whose value is right. A second value of the same identifier is left unread; an equal one is that of a second symbol. */
  add([code, value]) {
    const other = this.elements.find(([known]) => known === code);
    if (!other) this.elements.push([code, value]);
    else if (other[1] !== value) this.unread.push([code, value]);
  }

  /** Takes the elements of a part of the text, which are read already. */
  join(part) {
    part.elements.forEach((element) => this.add(element));
    this.unread.push(...part.unread);
    this.error ??= part.error;
  }

  get(code) {
    return this.elements.find(([known]) => known === code)?.[1];
  }

  /** As the answer to a text that is a GS1 code by its form. */
  scan() {
    const readings = this.readings();
    // a code whose product can't be read names one
    return { readings, certain: true, error: this.error, lot: readings.length === 0 && !this.error ? this.lot() : undefined };
  }

  lot() {
    const value = this.get("10");
    return value !== undefined && isLot(value) ? value : undefined;
  }

  /** What it names. */
  readings() {
    const keys = [];
    for (const [code, qualifiers] of NAMING) {
      const value = this.get(code);
      if (value === undefined) continue;
      const of = (other) => (qualifiers.includes(other) ? this.get(other) : undefined);
      try {
        keys.push([keyOf(code, value, of("10"), of("21")), [code, ...qualifiers]]);
      } catch (error) {
        if (!error.fault) throw error;
      }
    }
    // a label of a place alone
    const place = this.elements.find(([code]) => code.startsWith("41"))?.[1];
    if (keys.length === 0 && place?.length === 13 && isDigits(place) && checks(place)) keys.push(...ofGln(place).map((key) => [key, []]));
    return keys.map(([key, used]) => ({ key, beside: this.elements.filter(([code]) => !used.includes(code)), unread: [...this.unread] }));
  }
}

export const ofGln = (gln) => [{ kind: "party", gln }, { kind: "place", gln }];

// the value of fixed length that `text` begins with, of a GTIN also without the zeros before it, and what follows it
export function fixed(known, text) {
  if (known.fixed === undefined) return undefined;
  const whole = text.slice(0, known.fixed);
  if (text.length >= known.fixed && known.accepts(whole)) return [whole, text.slice(known.fixed)];
  for (const digits of [13, 12, 8]) {
    if (text.length < digits) continue;
    const value = paddedGtin(known.code, text.slice(0, digits));
    const rest = text.slice(digits);
    if (value !== undefined && known.accepts(value) && (rest === "" || rest.startsWith(FNC1) || prefixOf(rest))) return [value, rest];
  }
  return undefined;
}

// The ways in which a text without FNC1 is an element string to its end; each value of any length is a guess at where it ends: the fewer
// the likelier. With GTINs of fewer than 14 digits only if there is no other way.
export function splits(text) {
  const open = (elements) => elements.filter(([code]) => find(code).fixed === undefined).length;
  for (const short of [false, true]) {
    const found = walked(text, short);
    if (found.length > 0) return found.sort((a, b) => open(a) - open(b));
  }
  return [];
}

// the ways, the longest values first: as the standard reads it, then with each end that a lost FNC1 may have marked
function walked(text, short) {
  const found = [];
  const elements = [];
  let tried = 0;
  const step = (known, value, rest) => {
    elements.push([known.code, value]);
    walk(rest);
    elements.pop();
  };
  const walk = (rest) => {
    if (rest === "") return found.push([...elements]);
    const known = prefixOf(rest);
    if (!known || elements.some(([code]) => code === known.code)) return;
    const tail = rest.slice(known.code.length);
    if (short && isGtin(known.code)) {
      const split = fixed(known, tail);
      if (split) step(known, ...split);
      return;
    }
    const [least, most] = known.fixed === undefined ? [1, Math.min(known.most, tail.length)] : [known.fixed, known.fixed];
    for (let end = most; end >= least; end--) {
      tried++;
      if (tried > MOST_TRIED || found.length >= MOST_SPLITS) return;
      if (end > tail.length) continue;
      const value = tail.slice(0, end);
      if (known.accepts(value)) step(known, value, tail.slice(end));
    }
  };
  walk(text);
  return found;
}

// reads to the end, whatever is in between: what can't be read is left unread up to its predefined length or the next FNC1
export function gathered(text, marked) {
  const found = new Gathered();
  let rest = text.replace(/^\x1d+/, "");
  while (rest !== "") {
    const known = prefixOf(rest);
    const digits = known ? known.code.length : unknownLength(rest);
    const [code, tail] = [rest.slice(0, digits), rest.slice(digits)];
    const mark = tail.indexOf(FNC1);
    const markedEnd = mark < 0 ? tail.length : mark;
    const whole = predefined(rest);
    // without FNC1 a fixed length ends a value too
    const length = whole === undefined ? (marked ? undefined : known?.fixed) : Math.max(0, whole - digits);
    let end = length === undefined ? markedEnd : Math.min(length, markedEnd);
    if (!isBetween(tail, end)) end = markedEnd;
    const value = tail.slice(0, end);
    // a GTIN without the zeros before it ends earlier
    const short = known && !known.accepts(value) ? fixed(known, tail) : undefined;
    if (!known) found.unread.push([code, value]);
    else found.take(known, short ? short[0] : value);
    rest = (short ? short[1] : tail.slice(end)).replace(/^\x1d+/, "");
  }
  return found;
}
