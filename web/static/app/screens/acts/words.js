// Amounts, units, days and sentences of forms in the reader's words. Computes nothing that is signed.
import { SIGNS } from "../../../format.js";
import { h, icon } from "../../ui.js";
import { day, language, name, t, weekday } from "../../i18n.js";
import { show } from "../../numbers.js";
import { spell } from "../../spell.js";
import { inBase, readable } from "../../units.js";
import { marketName } from "../../wording.js";
import { summary } from "../../forms/series.js";

const NB = "\u00a0";
const KEYS = { KGM: "kg", GRM: "g", MGM: "mg", TNE: "t", MLT: "ml", LTR: "l", MTQ: "m3", H87: "piece", EA: "piece" };

// Units that are a word in each language.
const WORDS = ["MIN", "HUR", "DAY", "H87"];

/** Sign of a unit code (UN/CEFACT Recommendation 20 and UCUM). */
export const sign = (code) => (code === undefined ? "" : WORDS.includes(code) ? t(`acts-unit-${code}`) : (SIGNS[code] ?? code));

export const number = (value) => {
  const less = value.startsWith("<");
  return (less ? "<" : "") + show(less ? value.slice(1).trim() : value, language()).replaceAll(" ", NB);
};

/** `12,6 cm` */
export const measured = (value, code) => (sign(code) ? `${number(value)}${sign(code) === "°" ? "" : NB}${sign(code)}` : number(value));

/** What a unit key is called: kg, ekor, karung. */
export const unitName = (key, piece) => (key === "piece" ? (piece ? name(piece) : t("acts-unit-H87")) : t(`acts-unit-${key}`));

/** `1.040 kg`; labels are counted as such, whatever the product's pieces are called. */
export const amountText = ({ amount, unit, key }, piece) => `${number(amount)}${NB}${unitName(key === "label" ? key : (KEYS[unit] ?? unit), piece)}`;

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

/** `12.500,00 USD`: a sum with its currency. */
export const moneyWords = ({ currency, amount }) => `${number(amount)}${NB}${currency}`;

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
    if (one.money) args.sum = moneyWords(one.money);
    if (one.series) Object.assign(args, seriesArgs(one.series));
    const text = [t(one.key, args), one.note].filter(Boolean).join(": ");
    if (one.tone) return h("p", { class: one.tone }, icon({ warn: "alert", fail: "fail", pass: "pass", open: "note" }[one.tone]), h("span", {}, text));
    return h("p", { class: i === 0 ? "first" : null }, text);
  });
  return h("div", { class: "said" }, paragraphs);
}

export function seriesArgs({ values }, code = "CEL") {
  const { n, min, max, mean } = summary(values);
  return { n: String(n), min: measured(min, code), max: measured(max, code), mean: measured(mean, code) };
}

export { marketName, weekday };
