// Bare numbers, of the symbols that hold nothing else and as people type them: EAN, UPC, ITF-14, SSCC, with words before them or not. Part of
// scan.js.
import { dec, enc, isBetween, isDigits, SPACES } from "./bytes.js";
import { NOTHING, Gathered, isLot, ofGln } from "./gathered.js";
import { find } from "./dictionary.js";
import { checkDigit, checks } from "./linter.js";
import { paddedGtin } from "./link.js";

// words that people write before a number
const LABELS = ["gtin", "ean", "upc", "sscc", "gln", "lot", "batch", "bets", "no", "nr", "nomor", "number", "批次", "批号", "产品"];

// the identifier of a number that has as many digits as that of a container or product
function codeOfNumber(text) {
  if (!isDigits(text)) return undefined;
  return text.length === 18 ? "00" : [8, 12, 13, 14].includes(text.length) ? "01" : undefined;
}

// the number of a product or container without its identifier
export function printed(text) {
  const code = codeOfNumber(text);
  if (!code) return undefined;
  const found = new Gathered();
  found.take(find(code), paddedGtin(code, text) ?? text);
  return found;
}

// numbers behind the words that people write before them, and a lot number behind that of its product: `GTIN 9521321001015, lot A-7`
export function labelled(text) {
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

// a bare number; one with as many digits as a number in a symbol, and another last digit, is named with the right one
export function number(text, symbology) {
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
