// Numbers, units and dates as each language writes them, by the rules of src/server/pages/format.rs.

const NBSP = "\u00a0";

// 1040.25 as 1.040,25 in Indonesian and 1,040.25 else; what is no plain decimal (`<0.5`) changes only its point.
export function number(lang, text) {
  const [group, point] = lang === "id" ? [".", ","] : [",", "."];
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (!parts) return text.replaceAll(".", point);
  const [, sign, whole, part] = parts;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return (sign && "\u2212") + grouped + (part === undefined ? "" : point + part);
}

// The sign of a unit's code, if it has one.
const SIGNS = {
  P1: "%", C62: "", 1: "", H87: "", KGM: "kg", GRM: "g", MGM: "mg", MLT: "ml", LTR: "L", CEL: "°C", Cel: "°C", MMT: "mm",
  CMT: "cm", CMK: "cm²", MIN: "min", NA: "mg/kg", M29: "mg/kg", GK: "g/kg", J33: "µg/kg", "ug/kg": "µg/kg", A18: "Bq/kg",
  "[CFU]/g": "CFU/g", "{MPN}/g": "MPN/g", "mg/(100.g)": `mg/100${NBSP}g`, 59: "ppm", DD: "°", deg: "°", GL: "g/L", 23: "g/cm³",
};

export function measured(lang, text, code = "") {
  const sign = Object.hasOwn(SIGNS, code) ? SIGNS[code] : code;
  return number(lang, text) + (sign && NBSP + sign);
}

const MONTHS = { id: "JanFebMarAprMeiJunJulAguSepOktNovDes", en: "JanFebMarAprMayJunJulAugSepOctNovDec" };
const month = (lang, m) => MONTHS[lang].slice(m * 3 - 3, m * 3);

const date = (lang, [y, m, d]) => (lang === "zh" ? `${y}年${m}月${d}日` : [d, month(lang, m), y].join(NBSP));

// From day to day, with only what differs said twice.
export function range(lang, first, last) {
  const [from, to] = [first, last].map((day) => day.split("-").map(Number));
  if (first === last) return date(lang, from);
  const sameYear = from[0] === to[0];
  const sameMonth = sameYear && from[1] === to[1];
  if (lang === "zh") return `${date(lang, from)}至${sameMonth ? `${to[2]}日` : date(lang, to)}`;
  if (sameMonth) return `${from[2]}\u2013${date(lang, to)}`;
  return `${sameYear ? from[2] + NBSP + month(lang, from[1]) : date(lang, from)} \u2013 ${date(lang, to)}`;
}

// The day and time where the event was, and its minutes from UTC.
function local({ eventTime, eventTimeZoneOffset: offset }) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset ?? "") ?? [0, "+", 0, 0];
  const east = (sign === "-" ? -1 : 1) * (hours * 60 + Number(minutes));
  const at = new Date(Date.parse(eventTime) + east * 60_000);
  return { east, at, day: [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()] };
}

export const dayOf = (lang, event) => date(lang, local(event).day);

function zone(lang, east, country) {
  const named = { 0: "UTC", ...(lang === "id" && country === "ID" && { 420: "WIB", 480: "WITA", 540: "WIT" }) }[east];
  const rest = Math.abs(east) % 60;
  const hours = `UTC${east < 0 ? "\u2212" : "+"}${(Math.abs(east) - rest) / 60}`;
  return named ?? (rest ? `${hours}:${String(rest).padStart(2, "0")}` : hours);
}

// `country` is that of the place.
export function moment(lang, event, country) {
  const { east, at, day } = local(event);
  const time = at.toISOString().slice(11, 16).replace(":", lang === "id" ? "." : ":");
  return `${date(lang, day)}${lang === "zh" ? " " : ", "}${time}${NBSP}${zone(lang, east, country)}`;
}
