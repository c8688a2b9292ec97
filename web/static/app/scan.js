// What scanners send and people type of a GS1 code, read as far as it can be: a Digital Link, an element string with or without brackets,
// FNC1 and symbology identifier, or the bare number of an EAN, UPC, ITF-14 or SSCC symbol. Equal to src/gs1/scan.rs, by vectors
// (tests/browser/app-scan.test.mjs).
//
// Many scanners leave FNC1 out. Then a value of variable length may end in several places, and each reading is one of them: who knows
// the ledger takes the one that exists. Identifiers that can't be read are left unread by name, and hide nothing that can. Within, a text
// is a string of its bytes (scan/bytes.js).
import { labelled } from "./scan/bare.js";
import { cut, dec, enc, escaped, trimmed, trimmedStart, unescaped, unspaced } from "./scan/bytes.js";
import { FNC1, NOTHING } from "./scan/gathered.js";
import { elementsOf, fromElements, noObject, pathOf, resolve, uri } from "./scan/link.js";
import { bracketed, unbracketed } from "./scan/strings.js";

// how it is written where that character can't be sent, in lower case
const SPELT = ["<gs>", "{gs}", "[gs]", "<fnc1>", "{fnc1}", "[fnc1]", "^]", "~d029", "~1", "\\f", "\\x1d", "\\u001d", "\\029", "&#29;", "\u{241d}", "\u{2194}", "^"].map(enc);
const MOST_TEXT = 2_000;
const MOST_READINGS = 12;

const lower = (bytes) => bytes.replace(/[A-Z]/g, (c) => c.toLowerCase());

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
