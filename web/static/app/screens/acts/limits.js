// A limit and its verdict in the reader's words, with the standard that it is from.
import { h, icon } from "../../ui.js";
import { name, t } from "../../i18n.js";
import { decisive } from "../../forms/inspect.js";
import { wordOf } from "../../../judge.js";
import { measured, number, sign } from "./words.js";

const SHAPE = { pass: "pass", fail: "fail", inconclusive: "inconclusive", "not-evaluated": "note", "outside-information": "alert" };

/** "harus di atas 12 cm" */
export function limitText(limit, unit, profile) {
  const at = (value) => measured(value, unit);
  if (limit.min !== undefined && limit.max !== undefined) return t("acts-limit-between", { min: number(limit.min), max: at(limit.max) });
  if (limit.min !== undefined) return t(limit.minInclusive === false ? "acts-limit-above" : "acts-limit-least", { value: at(limit.min) });
  if (limit.max !== undefined) return t(limit.maxInclusive === false ? "acts-limit-below" : "acts-limit-most", { value: at(limit.max) });
  if (limit.words?.length) {
    const words = limit.words.slice(0, 3).map((id) => name(wordOf(profile, limit.parameter, id)?.names) || id);
    return t("acts-limit-word", { word: words.join(", ") });
  }
  return "";
}

/** Clauses are in the language of the standard: a number is one in every language, a sentence is not. */
const clause = ({ clause: text = "" }) => (/\d/.test(text) && text.length <= 20 ? text : "");

/** Verdict on a parameter so far: shape, word, limit and source. */
export function verdictLine(s, state, id) {
  const found = decisive(state, id);
  if (!found) return h("p", { class: "live" }, icon("note"), h("span", {}, t("acts-no-limit")));
  const verdict = found.advisory && found.verdict === "fail" ? "outside-information" : found.verdict;
  const unit = s.profile.parameters.find((one) => one.id === id)?.unit;
  const limit = limitText(found.limit, unit, s.profile);
  const kind = verdict === "outside-information" ? "inconclusive" : verdict;
  const about = [found.advisory && t("acts-for-information"), found.set && s.sets.find((set) => set.id === found.set)?.standard, clause(found.limit)].filter(Boolean).join(" · ");
  return h("p", { class: `live ${kind}` }, icon(SHAPE[verdict]), h("span", {}, [t(`acts-verdict-${verdict}`), limit].filter(Boolean).join(" · "), h("span", { class: "source" }, about)));
}

/** The limit before anything is typed. */
export function limitLine(s, entry) {
  const main = entry.limits[0];
  if (!main) return null;
  const limit = limitText(main.limit, entry.unit, s.profile);
  return limit ? h("p", { class: "help" }, [limit, main.set.standard].filter(Boolean).join(" · ")) : null;
}

/** Plan of a limit: n, c, m, M. */
export function planText(entry) {
  if (!entry.plan) return "";
  const limit = entry.limits.find((one) => one.limit.plan)?.limit ?? {};
  const { n, c } = entry.need ?? {};
  if (n === undefined) return t("acts-plan-size-unknown");
  const m = limit.max ?? limit.min;
  return t("acts-plan", { n: String(n), c: String(c), m: m === undefined ? "–" : number(m), big: limit.rejectAbove === undefined ? "–" : number(limit.rejectAbove) });
}

export { sign };
