// How screens put a record, a lot or an amount in words. Computes nothing but the readable unit.

import { h, icon, STATE_COLOUR, stateWord } from "./ui.js";
import { has, language, locale, name, t } from "./i18n.js";
import { isolated } from "./names.js";
import { show } from "./numbers.js";
import { baseOf, codeOf, inBase, readable } from "./units.js";
import { lotParts } from "./uris.js";
import { path } from "./router.js";
import { kit } from "./session.js";

// 24,4 kg of an amount in a unit's code (KGM, GRM, MLT, H87) or in a base unit (g, ml, piece, gram, millilitre).
export function amount(value, unit) {
  if (value === undefined || value === null) return "";
  const { amount: read, code } = readable(baseOf(unit), inBase(String(value), codeOf(unit)));
  return `${show(read, language())}\u00a0${t(`sign-${code}`)}`;
}

// { gtin, number } of a lot's URI, or of { gtin, lot }.
export function lotOf(of) {
  if (!of) return null;
  return typeof of === "object" ? { gtin: of.gtin, number: of.number ?? of.lot } : (lotParts(of) ?? null);
}

export const lotPath = (of) => {
  const { gtin, number } = lotOf(of);
  return path`/lot/${gtin}/${number}`;
};

// The product of a GTIN in the reader's words, as far as this phone knows it.
export const productName = (gtin) => name(kit()?.products?.find((p) => p.gtin === gtin)?.name) || gtin;

/** What a commodity is called, of one that has no name here its id; `*` are all. */
export const scopeName = (id) => (id === "*" ? t("commodity-all") : has(`commodity-${id}`) ? t(`commodity-${id}`) : id);

// Statements of the registry that are named for what they do.
const STATEMENTS = { Party: "party", PartyStatus: "party-status", Key: "key", KeyRevocation: "key-revocation" };

// "Panen 240 kg" of a row of outbox.list().
export function titleOf(row) {
  const act = STATEMENTS[row.type] ?? row.act ?? "other";
  const input = row.source?.input ?? {};
  const part = [...(input.outputs ?? []), ...(input.lots ?? []), ...(input.inputs ?? [])].find((p) => p?.amount !== undefined);
  // a draft is named by its form until it is signed
  const key = [`act-${act}`, `do-${act}`, `acts-title-${act}`].find(has) ?? "act-other";
  return [t(key), part && amount(part.amount, part.unit)].filter(Boolean).join(" ");
}

// Icon and word of a record's state on this phone.
export const stateLine = (row) => h("span", { class: `state ${STATE_COLOUR[row.state] ?? ""}` }, icon(row.state), stateWord(row.state, row.waitsFor));

// What a lot is called beside its product: number and product.
export const lotTitle = (of, product) => `${product ?? productName(lotOf(of).gtin)} ${lotOf(of).number}`;

// The headline of a lot: word, colour for rows, band for its sheet.
export const HEADLINES = {
  verified: "good", findings: "warn", tested: "warn", "partly-tested": "warn", failed: "bad", recalled: "bad", held: "bad", withdrawn: "", "no-verdict": "",
  "not-inspected": "",
};
export const headline = (state) => t(`lot-${state in HEADLINES ? state : "unknown"}`);

// The sentence of a rule's refusal, or of a finding, with its figures, in the reader's words.
export function sentence(of, kind = "rule") {
  if (!of) return "";
  const args = Object.fromEntries(Object.entries(of.args ?? {}).map(([key, value]) => [key, typeof value === "object" ? name(value) : typeof value === "string" ? isolated(value) : value]));
  const key = [kind, "rule", "finding"].map((word) => `${word}-${of.rule}`).find(has);
  return key ? t(key, args) : (of.detail ?? (kind === "rule" ? t("refused-unknown") : of.rule));
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
