// Steps of the way to the first export as rows, and what it comes to: for the home screen and the screen of the way.

import { row, rows, section } from "../ui.js";
import { name, t } from "../i18n.js";
import { path } from "../router.js";
import * as session from "../session.js";
import { installed } from "../pwa.js";
import { first, withPhone } from "../way.js";
import { marketName } from "../wording.js";

// A step that lies on this phone, or is stated in the app, has its own shape; what is done elsewhere that of people.
const SHAPES = {
  key: "key", install: "install", enrol: "people", "second-phone": "phone", certificate: "doc", document: "doc", harvest: "leaf", process: "flask", sample: "flask", pack: "box", ship: "truck",
};
const STATES = { done: ["pass", "good"], next: [null, "wait"], later: ["queued", ""] };

/** A good by its form and commodity. */
export const goodName = (good) => t("way-good-name", { form: name(good.name), commodity: name(good.commodityName) });

/** A step as a row that leads to it. */
export function stepRow(step, roles) {
  const [shape, state] = STATES[step.state];
  const own = SHAPES[step.screen] ?? "people";
  const note = step.state === "done" ? t("way-step-done") : [name(roles[step.who]), step.optional && t("way-optional")].filter(Boolean).join(" · ");
  return row({ icon: shape ?? own, state, title: name(step.text), note, to: path`/way/${step.id}` });
}

/** What it comes to, in a sentence. */
export function sumOf({ outcome, market }, { done, of }) {
  const known = { closed: "way-closed", "not-known": "way-not-known" }[outcome];
  return known ? t(known, { market: marketName(market) }) : t("way-count", { done: String(done), of: String(of) });
}

/** What the home screen shows of the way: what it comes to, and the next steps. All of it, and the choice of goods and market, is a screen. */
export function wayPart(value) {
  const me = session.me();
  const now = withPhone(value, { ...me, installed: installed() });
  // who makes nothing leads the goods of others, once it had some
  if (now.done === now.of || (!value.good.own && !(me.roles ?? []).includes("producer"))) return null;
  const closed = value.outcome === "closed";
  const whole = row({ icon: closed ? "fail" : "doc", state: closed ? "bad" : "", title: sumOf(value, now), note: t("way-to", { good: goodName(value.good), market: marketName(value.market) }), to: "/way" });
  return section(t("way-title"), rows([whole, ...(closed ? [] : first(now.next)).map((step) => stepRow(step, value.roles))]));
}
