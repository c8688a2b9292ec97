// What the GS1 Barcode Syntax Dictionary asks of a component beyond its characters and length, by the name of the reference procedure.
// Equal to src/gs1/linter.rs. What it is not: lists of countries, currencies or packages.
import { isDigits, unescaped } from "./bytes.js";

const CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97];

/** The check digit that belongs after `digits` (General Specifications 7.9); undefined for none, or what is no digit. */
export function checkDigit(digits) {
  if (digits === "" || !isDigits(digits)) return undefined;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}

/** Whether `digits` end with their own check digit. */
export const checks = (digits) => /[0-9]$/.test(digits) && checkDigit(digits.slice(0, -1)) === Number(digits.at(-1));

const number = (text) => {
  if (!/^\+?[0-9]+$/.test(text)) return undefined;
  const n = BigInt(text.replace("+", ""));
  return n < 1n << 64n ? n : undefined;
};
const between = (text, least, most) => {
  const n = number(text);
  return n !== undefined && n >= BigInt(least) && n <= BigInt(most);
};
const above0 = (text) => (number(text) ?? 0n) > 0n;

function isDate(year, rest, monthOnly) {
  const [month, day] = [Number(rest.slice(0, 2)), Number(rest.slice(2, 4))];
  if (!/^[0-9]{4}/.test(rest) || month < 1 || month > 12) return false;
  if (day === 0) return monthOnly;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}
// of two digits for the year: the century does not matter for the length of a month
const shortDate = (text, monthOnly) => isDate(2000 + Number(text.slice(0, 2)), text.slice(2), monthOnly);

// the check characters of a Global Model Number (General Specifications 7.9.5)
function checkPair(text) {
  if (text.length < 2 || text.length - 2 > PRIMES.length) return false;
  let sum = 0;
  for (let i = 0; i < text.length - 2; i++) {
    const value = CSET82.indexOf(text[text.length - 3 - i]);
    if (value < 0) return false;
    sum += value * PRIMES[i];
  }
  sum %= 1021;
  return text.slice(-2) === CSET32[sum >> 5] + CSET32[sum & 31];
}

// ISO 13616: letters are numbers from 10 on, the first four characters stand last, and the whole leaves 1 when divided by 97
function isIban(text) {
  let left = 0;
  for (const c of text.slice(4) + text.slice(0, 4)) {
    if (c >= "0" && c <= "9") left = (left * 10 + Number(c)) % 97;
    else if (c >= "A" && c <= "Z") left = (left * 100 + c.charCodeAt(0) - 55) % 97;
    else return false;
  }
  return text.length > 4 && left === 1;
}

function isPosition(text) {
  const [at, all] = text.split(/\/(.*)/s).map(number);
  return at !== undefined && all !== undefined && at >= 1n && at <= all;
}

export const LINTERS = {
  csum: checks,
  csumalpha: checkPair,
  gcppos1: (text) => /^[0-9]{4}/.test(text),
  gcppos2: (text) => /^[0-9]{4}/.test(text.slice(1)),
  yymmdd: (text) => shortDate(text, false),
  yymmd0: (text) => shortDate(text, true),
  yyyymmdd: (text) => isDate(Number(text.slice(0, 4)), text.slice(4), false),
  hhmi: (text) => between(text.slice(0, 2), 0, 23) && between(text.slice(2), 0, 59),
  hh: (text) => between(text, 0, 23),
  mi: (text) => between(text, 0, 59),
  ss: (text) => between(text, 0, 59),
  iso3166: (text) => between(text, 4, 894),
  iso3166999: (text) => between(text, 4, 894) || between(text, 999, 999),
  iso3166alpha2: (text) => /^[A-Z]*$/.test(text),
  iso4217: above0,
  iso5218: (text) => ["0", "1", "2", "9"].includes(text),
  iban: isIban,
  pcenc: (text) => unescaped(text) !== undefined,
  yesno: (text) => text === "0" || text === "1",
  hyphen: (text) => /^-*$/.test(text),
  winding: (text) => ["0", "1", "9"].includes(text),
  zero: (text) => /^0*$/.test(text),
  nonzero: above0,
  nozeroprefix: (text) => text === "0" || !text.startsWith("0"),
  pieceoftotal: (text) => text.length >= 2 && text.slice(0, 2) > "00" && text.slice(0, 2) <= text.slice(2),
  posinseqslash: (text) => text.includes("/") && isPosition(text),
  latitude: (text) => between(text, 0, 1_800_000_000),
  longitude: (text) => between(text, 0, 3_600_000_000),
  mediatype: (text) => between(text, 1, 10) || (number(text) ?? 0n) >= 80n,
  importeridx: (text) => /^[A-Za-z0-9\-_]*$/.test(text),
  packagetype: (text) => /^[A-Z0-9]*$/.test(text),
  couponcode: isDigits,
  couponposoffer: isDigits,
  hasnondigit: (text) => !isDigits(text),
};
