// What scanners send and people type of a GS1 code, read as far as it can be: a Digital Link, an element string with or without brackets,
// FNC1 and symbology identifier, or the bare number of an EAN, UPC, ITF-14 or SSCC symbol. Equal to src/gs1/scan.rs, by vectors
// (tests/browser/app-scan.test.mjs).
//
// Many scanners leave FNC1 out. Then a value of variable length may end in several places, and each reading is one of them: who knows
// the ledger takes the one that exists. Identifiers that can't be read are left unread by name, and hide nothing that can. Within, a text
// is a string of its bytes (scan/bytes.js).
import { bare, cut, dec, enc, escaped, first, isBetween, isDigits, SPACES, trimmed, trimmedStart, unescaped, unspaced, words } from "./scan/bytes.js";
import { find, isCset82, predefined, prefixOf, unknownLength } from "./scan/dictionary.js";
import { checkDigit, checks } from "./scan/linter.js";
import { elementsOf, fromElements, isGtin, keyOf, noObject, paddedGtin, pathOf, resolve, uri, wrongValue } from "./scan/link.js";

const FNC1 = "\x1d";
// how it is written where that character can't be sent, in lower case
const SPELT = ["<gs>", "{gs}", "[gs]", "<fnc1>", "{fnc1}", "[fnc1]", "^]", "~d029", "~1", "\\f", "\\x1d", "\\u001d", "\\029", "&#29;", "\u{241d}", "\u{2194}", "^"].map(enc);
const MOST_TEXT = 2_000;
const MOST_READINGS = 12;
const MOST_SPLITS = 100;
const MOST_TRIED = 20_000;
// words that people write before a number
const LABELS = ["gtin", "ean", "upc", "sscc", "gln", "lot", "batch", "bets", "no", "nr", "nomor", "number", "批次", "批号", "产品"];
// the identifiers that say what a code is on, a container before what it holds, each with those that it is read with
const NAMING = [["00", []], ["01", ["10", "21"]], ["8006", ["10", "21"]], ["02", ["10"]], ["03", ["10", "21"]], ["8026", ["10"]], ["414", []], ["417", []]];

const names = (code) => NAMING.some(([known]) => known === code);
const NOTHING = { readings: [], certain: false, error: undefined, lot: undefined };
const lower = (bytes) => bytes.replace(/[A-Z]/g, (c) => c.toLowerCase());
const isLot = (bytes) => bytes.length >= 1 && bytes.length <= 20 && isCset82(bytes);

// without what surrounds it, and with full-width characters as they are in ASCII
function plain(text) {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replaceAll("\u3000", " ");
  const around = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff\\u200b\\x02-\\x04\\x1e";
  return enc(narrow.replace(new RegExp(`^[${around}]+|[${around}]+$`, "g"), ""));
}

// the symbology identifier before the data (ISO/IEC 15424), and the rest
function symbologyOf(text) {
  if (!/^\][A-Za-z][A-Za-z0-9]/.test(text)) return [undefined, text];
  return [text.slice(1, 3), trimmedStart(text.slice(3))];
}

// with one character for FNC1, however it is spelt
function withFnc1(text) {
  let out = "";
  for (let at = 0; at < text.length; ) {
    const spelt = SPELT.find((one) => lower(text.slice(at, at + one.length)) === one);
    out += spelt ? FNC1 : text[at];
    at += spelt ? spelt.length : 1;
  }
  return out;
}

// the data within an ISO/IEC 15434 envelope for GS1 identifiers, or the text as it is
const message = (text) => trimmed(text.startsWith("[)>\x1e05") ? text.slice(6) : text);

// What an address names, with any host. Without a scheme it is an address only if it names something: a lot number may hold slashes.
function address(given) {
  const text = unspaced(given);
  const scheme = /^https?:\/\//i.exec(text)?.[0];
  const whole = text.slice(scheme?.length ?? 0).split("#")[0];
  const split = cut(whole, "/");
  if (!split) return undefined;
  const [host, rest] = split;
  const [path, query] = cut(rest, "?") ?? [rest, ""];
  const slashless = (part) => part.replace(/^\/+|\/+$/g, "");
  const scan = ofLink(slashless(path), query);
  if (scheme || (/^[A-Za-z0-9.\-:[\]]*$/.test(host) && !scan.error)) return scan;
  // the path alone, as it stands on some labels
  const alone = ofLink(slashless(cut(whole, "?")?.[0] ?? whole), query);
  return alone.error ? undefined : alone;
}

const USED = { lot: ["01", "10"], item: ["01", "10", "21"], serial: ["21"] };

function ofLink(path, query) {
  let resolved;
  try {
    resolved = resolve(path, query);
  } catch (error) {
    if (!error.fault) throw error;
    return { ...NOTHING, certain: true, error: error.fault };
  }
  const { key, elements, ignored } = resolved;
  const pairs = query.split("&").map((pair) => cut(pair, "=")).filter((pair) => pair && ignored.includes(pair[0]));
  const unread = pairs.map(([name, value]) => [name, unescaped(value) ?? value]);
  const beside = elements.slice(1).filter(([code]) => !USED[key.kind]?.includes(code));
  return { ...NOTHING, readings: [{ key, beside, unread }], certain: true };
}

/** What is gathered of an element string: what can be read, and what can't. */
class Gathered {
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

const ofGln = (gln) => [{ kind: "party", gln }, { kind: "place", gln }];

// Identifiers in brackets. What stands before the first bracket is a number as it is printed, or elements without brackets.
function bracketed(text) {
  const found = new Gathered();
  const begin = nextBracket(text) ?? 0;
  const before = unspaced(text.slice(0, begin).replaceAll(FNC1, ""));
  let rest = text.slice(begin);
  if (before !== "") found.join(printed(before) ?? gathered(before, false));
  for (;;) {
    const split = rest.startsWith("(") ? cut(rest.slice(1), ")") : undefined;
    if (!split) return found.scan();
    // a bracket may be part of a value: it ends where digits in brackets are an identifier
    const end = nextBracket(split[1]) ?? split[1].length;
    const [code, value] = [trimmed(split[0]), bare(split[1].slice(0, end))];
    const known = find(code);
    if (known) takeTyped(found, known, spaced(known, value));
    else found.unread.push([first(code, 8), value]);
    rest = split[1].slice(end);
  }
}

function takeTyped(found, known, value) {
  const split = fixed(known, value);
  // the next identifier may have no brackets
  if (split && (split[1] === "" || prefixOf(split[1]))) {
    found.take(known, split[0]);
    if (split[1] !== "") found.join(gathered(split[1], false));
  } else {
    found.take(known, paddedGtin(known.code, value) ?? value);
  }
}

// where the next identifier in brackets begins
function nextBracket(text) {
  for (let at = text.indexOf("("); at >= 0; at = text.indexOf("(", at + 1)) {
    const code = trimmed(cut(text.slice(at + 1), ")")?.[0] ?? "");
    if (/^[0-9]{2,4}$/.test(code)) return at;
  }
  return undefined;
}

// the identifier of a number that has as many digits as that of a container or product
function codeOfNumber(text) {
  if (!isDigits(text)) return undefined;
  return text.length === 18 ? "00" : [8, 12, 13, 14].includes(text.length) ? "01" : undefined;
}

// the number of a product or container without its identifier
function printed(text) {
  const code = codeOfNumber(text);
  if (!code) return undefined;
  const found = new Gathered();
  found.take(find(code), paddedGtin(code, text) ?? text);
  return found;
}

// the value of fixed length that `text` begins with, of a GTIN also without the zeros before it, and what follows it
function fixed(known, text) {
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

// numbers behind the words that people write before them, and a lot number behind that of its product: `GTIN 9521321001015, lot A-7`
function labelled(text) {
  const all = dec(text).replace(/[:,;#=]/g, " ").split(SPACES).filter((word) => word !== "");
  const isLabel = (word) => LABELS.includes(word.replace(/\.+$/, "").toLowerCase());
  const [start, ...rest] = all.filter((word) => !isLabel(word)).map(enc);
  if (start === undefined) return undefined;
  if (rest.length === 0) {
    const scan = number(start);
    return all.some(isLabel) && (scan.error || scan.readings.length > 0) ? scan : undefined;
  }
  const gtin = paddedGtin("01", start) ?? start;
  const lot = rest.join("-");
  if (gtin.length !== 14 || !isDigits(gtin) || !checks(gtin) || !isLot(lot)) return undefined;
  return { ...NOTHING, readings: [{ key: { kind: "lot", gtin, lot }, beside: [], unread: [] }] };
}

// a value that was typed with spaces: none belongs into digits, and where a lot has one in speech it has a hyphen in print
const spaced = (known, value) => words(value).join(known.components.every(({ set }) => set === "N") ? "" : "-");

// those whose data are element strings: GS1-128, DataBar and composite, DataMatrix, QR, DotCode
const ELEMENTS_ONLY = ["C1", "e0", "e1", "e2", "d2", "Q3", "J1"];

function unbracketed(sent, symbology) {
  const text = unspaced(sent);
  const body = text.replace(/^\x1d+|\x1d+$/g, "");
  const marked = body.includes(FNC1);
  const elementsOnly = ELEMENTS_ONLY.includes(symbology) || text.startsWith(FNC1);
  const alone = elementsOnly || marked ? NOTHING : number(body, symbology);
  let readings = [...alone.readings];
  let { error } = alone;
  const isNumber = readings.length > 0;
  let sure = false;
  let lot;
  if (!marked) {
    for (const elements of splits(body)) {
      sure ||= elements.length > 0 && names(elements[0][0]);
      const found = new Gathered(elements);
      lot ??= found.lot();
      readings.push(...found.readings());
    }
    // some of the identifiers in brackets, as people complete what a scanner sent
    if (!elementsOnly && nextBracket(sent) !== undefined) {
      const mixed = bracketed(sent);
      sure ||= mixed.readings.length > 0;
      readings.push(...mixed.readings);
      error ??= mixed.error;
    }
  }
  const begins = prefixOf(body);
  if (readings.length === 0 && (elementsOnly || marked || (begins && names(begins.code)))) {
    const found = gathered(body, marked);
    error = found.error ?? error;
    sure = found.elements.length > 0 && names(found.elements[0][0]);
    lot ??= found.lot();
    readings = found.readings();
  }
  return { readings, certain: elementsOnly || marked || (sure && !isNumber), error, lot: readings.length === 0 && !error ? lot : undefined };
}

// a bare number; one with as many digits as a number in a symbol, and another last digit, is named with the right one
function number(text, symbology) {
  const readings = bareKeys(text, symbology).map((key) => ({ key, beside: [], unread: [] }));
  // eight digits are more often a date or the number of a lot
  const isCode = text.length > 8 || symbology !== undefined;
  const right = readings.length === 0 && isCode && codeOfNumber(text) ? checkDigit(text.slice(0, -1)) : undefined;
  const error = right !== undefined && text.at(-1) !== String(right) ? { code: "check-digit", ai: "", value: text, right } : undefined;
  return { ...NOTHING, readings, error };
}

// the keys that a bare number may be, the most likely first
function bareKeys(given, symbology) {
  // an add-on of two or five digits follows a book's or journal's number
  const text = symbology === "E3" && [15, 18].includes(given.length) && isBetween(given, 13) ? given.slice(0, 13) : given;
  if (text === "" || !isDigits(text)) return [];
  const good = (digits, width) => digits.length === width && checks(digits);
  const gtins = [[8, 12, 13, 14].includes(text.length) ? text : undefined, upcE(text)].filter((one) => one !== undefined).map((one) => one.padStart(14, "0"));
  return [
    ...(good(text, 18) ? [{ kind: "sscc", sscc: text }] : []),
    ...gtins.filter((gtin) => good(gtin, 14)).map((gtin) => ({ kind: "gtin", gtin })),
    ...(good(text, 13) ? ofGln(text) : []),
  ];
}

// the twelve digits of a UPC-E number, which leaves out its zeros (General Specifications 5.2.2.4.2)
function upcE(text) {
  if (text.length !== 8 || !/^[01]/.test(text)) return undefined;
  const [system, head, last, check] = [text[0], text.slice(1, 6), text[6], text[7]];
  const body =
    last <= "2" ? `${head.slice(0, 2)}${last}0000${head.slice(2)}` : last === "3" ? `${head.slice(0, 3)}00000${head.slice(3)}` : last === "4" ? `${head.slice(0, 4)}00000${head.slice(4)}` : `${head}0000${last}`;
  return system + body + check;
}

// The ways in which a text without FNC1 is an element string to its end; each value of any length is a guess at where it ends: the fewer
// the likelier. With GTINs of fewer than 14 digits only if there is no other way.
function splits(text) {
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
function gathered(text, marked) {
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

// the link of the key with the qualifiers beside it that the ledger has no object for, where they may stand together
function qualified({ key, beside }) {
  const elements = elementsOf(pathOf(key).slice(1));
  if (!elements) return undefined;
  // a part of a path that is dots only would be taken out of it on the way
  const more = beside.filter(([code, value]) => noObject(code) && !/^\.*$/.test(value));
  if (more.length === 0) return undefined;
  try {
    return fromElements([...elements, ...more]);
  } catch (error) {
    if (!error.fault) throw error;
    return undefined;
  }
}

/** Path and query of the Digital Link that carries all of a reading. Qualifiers without an object stand in the path, where there is a place. */
function addressOf(reading) {
  const link = qualified(reading);
  let out = link ? uri(link) : pathOf(reading.key);
  const inPath = (code) => link?.elements.some(([other]) => other === code);
  const item = !["sscc", "place", "party"].includes(reading.key.kind);
  let mark = "?";
  for (const [code, value] of [...reading.beside.filter(([one]) => !inPath(one)), ...reading.unread]) {
    const partOfKey = (item && ["01", "10", "21"].includes(code)) || out.startsWith(`/${code}/`);
    if (partOfKey || code === "") continue;
    out += `${mark}${escaped(code)}=${escaped(value)}`;
    mark = "&";
  }
  return out;
}

const textOf = (pairs) => pairs.map(([code, value]) => [dec(code), dec(value)]);

/**
 * Reads a text.
 *
 * `key`: {kind, gtin, lot, serial, sscc, gln}, kind one of gtin, lot, item, serial, sscc, place, party; `beside`, `unread`: [identifier, value]
 * each. `certain`: whether it is a GS1 code by its form. `lot`: the lot number of a text that names no product. `error`: why a number in
 * it names nothing: {code, ai, value, right}, code one of not-uri, no-key, unsupported, misplaced, check-digit (`right` is the digit that belongs
 * there), value, twice, pairing, escape, compressed, short-gtin.
 * @returns {{readings: {key, path: string, address: string, beside: string[][], unread: string[][]}[], certain: boolean, error: object | undefined, lot: string | undefined}}
 */
export function read(given) {
  const text = plain(String(given));
  if (text.length > MOST_TEXT) return { ...NOTHING };
  const [symbology, rest] = symbologyOf(text);
  let scan = address(rest);
  if (!scan) {
    const body = message(withFnc1(rest));
    scan = body.startsWith("(") ? bracketed(body) : unbracketed(body, symbology);
  }
  const certain = scan.certain || symbology !== undefined;
  if (scan.readings.length === 0 && !certain) scan = labelled(rest) ?? scan;
  const seen = new Set();
  const isNew = ({ key }) => !seen.has(pathOf(key)) && seen.add(pathOf(key));
  const readings = scan.readings.filter(isNew).slice(0, MOST_READINGS).map((reading) => ({
    key: reading.key, path: pathOf(reading.key), address: addressOf(reading), beside: textOf(reading.beside), unread: textOf(reading.unread),
  }));
  const error = scan.error && { ...scan.error, ...(scan.error.value === undefined ? {} : { value: dec(scan.error.value) }), ...(scan.error.ai === undefined ? {} : { ai: dec(scan.error.ai) }) };
  return { readings, certain: scan.certain || certain, error, lot: scan.lot };
}
