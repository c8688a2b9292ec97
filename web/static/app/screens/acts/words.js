// Amounts, units, days and sentences of forms in the reader's words. Computes nothing that is signed.
import { h, icon } from "../../ui.js";
import { day, language, locale, name, t, weekday } from "../../i18n.js";
import { show, spell } from "../../numbers.js";
import { inBase, readable } from "../../forms/units.js";
import { summary } from "../../forms/series.js";

const NB = "\u00a0";
const KEYS = { KGM: "kg", GRM: "g", MGM: "mg", TNE: "t", MLT: "ml", LTR: "l", MTQ: "m3", H87: "piece", EA: "piece" };

// Signs of units of measured values (UN/CEFACT Recommendation 20 and UCUM), the same in every language.
const SIGNS = {
  P1: "%", NA: "mg/kg", J33: "µg/kg", GK: "g/kg", GL: "g/L", 23: "g/cm³", A18: "Bq/kg", CEL: "°C", CMT: "cm", MMT: "mm", CMK: "cm²", GRM: "g", KGM: "kg", MLT: "ml",
  59: "ppm", DD: "°", C62: "", "[CFU]/g": "CFU/g", "{MPN}/g": "MPN/g", "mg/(100.g)": "mg/100 g", "pg/g": "pg/g", KMT: "km", MTR: "m", SEC: "s",
};

/** Sign of a unit code. */
export const sign = (code) => (code === undefined ? "" : (SIGNS[code] ?? (["MIN", "HUR", "DAY", "H87"].includes(code) ? t(`acts-unit-${code}`) : code)));

export const number = (value) => {
  const less = value.startsWith("<");
  return (less ? "<" : "") + show(less ? value.slice(1).trim() : value, language()).replaceAll(" ", NB);
};

/** `12,6 cm` */
export const measured = (value, code) => (sign(code) ? `${number(value)}${sign(code) === "°" ? "" : NB}${sign(code)}` : number(value));

/** What a unit key is called: kg, ekor, karung. */
export const unitName = (key, piece) => (key === "piece" ? (piece ? name(piece) : t("acts-unit-H87")) : t(`acts-unit-${key}`));

/** `1.040 kg` */
export const amountText = ({ amount, unit }, piece) => `${number(amount)}${NB}${unitName(KEYS[unit] ?? unit, piece)}`;

/** An amount in base units, in the unit that one reads easily. */
export const baseText = ({ amount, base }, piece) => {
  const { amount: digits, code } = readable(base, amount);
  return amountText({ amount: digits, unit: code }, piece);
};

const plainUnit = { KGM: "g", TNE: "g", LTR: "ml", MTQ: "ml" };

/** `1,04 kg = 1.040 g`: the amount and what the ledger counts. */
export function withBase(part, piece) {
  const small = plainUnit[part.unit];
  if (!small) return amountText(part, piece);
  return `${amountText(part, piece)} = ${number(inBase(part.amount, part.unit))}${NB}${small}`;
}

const GROUPS = new Set(["INT", "EU", "BUYER"]);

/** A market in words: a country in the reader's language, or one of the groups that profiles know. */
export function marketName(code) {
  if (GROUPS.has(code)) return t(`acts-market-${code}`);
  try {
    return new Intl.DisplayNames([locale()], { type: "region" }).of(code);
  } catch {
    return code;
  }
}

/** What was typed, in words: "seribu empat puluh kilogram". */
export function inWords(value, key, piece) {
  const unit = key === "piece" ? unitName(key, piece) : t(`acts-word-${key}`);
  return `${spell(value, language())} ${unit}`;
}

export function daysText({ first, last }, today) {
  if (first === last) return first === today ? t("acts-today") : day(first);
  return `${day(first)} – ${day(last)}`;
}

/** Sentences of a form as paragraphs. */
export function said(list, { today, piece } = {}) {
  const paragraphs = list.filter(Boolean).map((one, i) => {
    const args = { ...one.args };
    if (one.amount) args.amount = withBase(one.amount, piece);
    if (one.base) args.amount = baseText(one.base, piece);
    if (one.old) args.old = amountText(one.old, piece);
    if (one.days) args.days = daysText(one.days, today);
    if (one.market) args.market = marketName(one.market);
    if (one.series) Object.assign(args, seriesArgs(one.series));
    const text = t(one.key, args);
    if (one.tone) return h("p", { class: one.tone }, icon({ warn: "alert", fail: "fail", pass: "pass", open: "note" }[one.tone]), h("span", {}, text));
    return h("p", { class: i === 0 ? "first" : null }, text);
  });
  return h("div", { class: "said" }, paragraphs);
}

export function seriesArgs({ values }, code = "CEL") {
  const { n, min, max, mean } = summary(values);
  return { n: String(n), min: measured(min, code), max: measured(max, code), mean: measured(mean, code) };
}

export { weekday };
