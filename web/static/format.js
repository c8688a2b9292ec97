// Names, numbers, units and dates in each language, by the rules of src/names.rs and src/server/pages/format.rs. `words` is the
// table of a language (words-*.js), with its number and date formats.

const NBSP = "\u00a0";

// A text as a page shows it: any number of spaces is drawn as one, and none at the ends.
export const drawn = (text) => text.replace(/[ \n\t]+/g, " ").trim();

// The sentence `key` with its values.
export const sentence = (words, key, values) => words[key].replace(/\{ \$([a-z-]+) \}/g, (_, name) => values[name]);

// The text of `names` for a reader of the language `tag`: lookup by RFC 4647 section 3.4, then English.
export function best(names, tag) {
  for (let range = tag; range; range = range.replace(/(^|-[a-z0-9]-|-)[^-]*$/i, "")) {
    const found = Object.keys(names).find((name) => name.toLowerCase() === range.toLowerCase());
    if (found) return names[found];
  }
  return names.en;
}

// 1040.25 as 1.040,25 in Indonesian and 1,040.25 in English; other text (`<0.5`) changes only its point.
export function number(words, text) {
  const point = words["decimal-point"];
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (!parts) return text.replaceAll(".", point);
  const [, sign, whole, part] = parts;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, words["group-separator"]);
  return (sign && "\u2212") + grouped + (part === undefined ? "" : point + part);
}

// The symbol of a unit's code, if it has one.
export const SIGNS = {
  P1: "%", C62: "", 1: "", H87: "", KGM: "kg", GRM: "g", MGM: "mg", MLT: "ml", LTR: "L", CEL: "°C", Cel: "°C", MMT: "mm",
  CMT: "cm", CMK: "cm²", MIN: "min", HUR: "h", NA: "mg/kg", M29: "mg/kg", GK: "g/kg", J33: "µg/kg", "ug/kg": "µg/kg", A18: "Bq/kg",
  "[CFU]/g": "CFU/g", "{MPN}/g": "MPN/g", "mg/(100.g)": `mg/100${NBSP}g`, 59: "ppm", DD: "°", deg: "°", GL: "g/L", 23: "g/cm³",
};

export function measured(words, text, code = "") {
  const sign = Object.hasOwn(SIGNS, code) ? SIGNS[code] : code;
  return number(words, text) + (sign && NBSP + sign);
}

// A file size: `184 kB`.
export function bytes(words, size) {
  if (size < 1000) return `${size}${NBSP}B`;
  const tenths = Math.floor(size / 100_000);
  return size < 1_000_000 ? `${Math.floor(size / 1000)}${NBSP}kB` : `${number(words, `${Math.floor(tenths / 10)}.${tenths % 10}`)}${NBSP}MB`;
}

const month = (words, m) => words.months.split(" ")[m - 1];

export const date = (words, [year, m, day]) => sentence(words, "date", { year, month: month(words, m), day });

// From day to day; common parts are written once.
export function range(words, first, last) {
  const [from, to] = [first, last].map((day) => day.split("-").map(Number));
  if (first === last) return date(words, from);
  const key = from[0] !== to[0] ? "date-range" : from[1] === to[1] ? "date-range-in-month" : "date-range-in-year";
  const [firstDate, lastDate] = [from, to].map((day) => date(words, day));
  const days = { "first-day": from[2], "first-month": month(words, from[1]), "last-day": to[2] };
  return sentence(words, key, { first: firstDate, last: lastDate, ...days });
}

// The day and time where the event was, and its minutes from UTC.
function local({ eventTime, eventTimeZoneOffset: offset }) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset ?? "") ?? [0, "+", 0, 0];
  const east = (sign === "-" ? -1 : 1) * (hours * 60 + Number(minutes));
  const at = new Date(new Date(eventTime).getTime() + east * 60_000);
  return { east, at, day: [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()] };
}

export const dayOf = (words, event) => date(words, local(event).day);

function zone(words, east, country) {
  const named = words[`zone-${country}-${east}`];
  if (named || east === 0) return named ?? "UTC";
  const rest = Math.abs(east) % 60;
  const hours = `UTC${east < 0 ? "\u2212" : "+"}${(Math.abs(east) - rest) / 60}`;
  return rest ? `${hours}:${String(rest).padStart(2, "0")}` : hours;
}

// `country` is that of the place.
export function moment(words, event, country) {
  const { east, at, day } = local(event);
  const [hour, minute] = at.toISOString().slice(11, 16).split(":");
  const time = sentence(words, "time", { hour, minute });
  return sentence(words, "moment", { date: date(words, day), time, zone: zone(words, east, country) });
}

// Unix seconds, in UTC.
export const unix = (words, seconds) => moment(words, { eventTime: seconds * 1000 });

// Units of amounts: the power of ten to the base unit, and whether that is a gram, a millilitre or a piece (src/gs1/unit.rs).
const MASS = ["g", "kg"];
const VOLUME = ["ml", "L"];
const UNITS = { MGM: [-3, MASS], GRM: [0, MASS], KGM: [3, MASS], TNE: [6, MASS], MLT: [0, VOLUME], LTR: [3, VOLUME], MTQ: [6, VOLUME], H87: [0], EA: [0] };

// Whether amounts are shown in a unit. One of another unit, which only a remark may state, is not shown.
export const isUnit = (uom) => uom === undefined || Object.hasOwn(UNITS, uom);

// The sum of amounts of one kind, [{ n, places }, unit] each, as people read it: from a thousand on in kilograms or litres.
export function total(words, amounts, pieces) {
  const sum = amounts.reduce((all, [{ n, places }, uom]) => all + n * 10n ** BigInt(40 - places + (UNITS[uom]?.[0] ?? 0)), 0n);
  const signs = UNITS[amounts[0][1]]?.[1];
  const size = sum < 0n ? -sum : sum;
  const large = signs && size >= 10n ** 43n;
  const digits = String(size).padStart(44, "0");
  const cut = digits.length - (large ? 43 : 40);
  const part = digits.slice(cut).replace(/0+$/, "");
  const text = `${sum < 0n ? "-" : ""}${digits.slice(0, cut).replace(/^0+(?=.)/, "")}${part && `.${part}`}`;
  return `${number(words, text)}${NBSP}${signs ? signs[large ? 1 : 0] : pieces}`;
}
