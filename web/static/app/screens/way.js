// The way to the first export: all steps, the choice of goods and market, and one step with who does it and what to bring.

import { answered, bigButton, button, h, icon, lineButton, notice, row, rows, section } from "../ui.js";
import { name, t } from "../i18n.js";
import { path, refresh } from "../router.js";
import * as session from "../session.js";
import { installed } from "../pwa.js";
import { setSetting } from "../store.js";
import { addressOf, chosen, keptWay, whose, withPhone } from "../way.js";
import { fetchWay } from "../renew.js";
import { marketName } from "../wording.js";
import { goodName, stepRow, sumOf } from "./steps.js";

const phone = () => ({ ...session.me(), installed: installed() });
const home = () => (session.me()?.party ? "/home" : "/start");

// Fetches it; what is kept stands until then, and without a signal: { value, isOther: it is of other goods or another market than was chosen }.
async function current() {
  const me = session.me();
  const asked = addressOf(whose(me), await chosen());
  const before = await keptWay(me);
  const fetched = fetchWay("", me, true).catch(() => false);
  if (before?.asked !== asked) await fetched;
  else fetched.then((changed) => changed && location.hash.startsWith("#/way") && refresh());
  const now = await keptWay(me);
  return { value: now?.value, isOther: now?.asked !== asked };
}

const choose = (change) => async () => {
  await setSetting("way", { ...(await chosen()), ...change });
  refresh();
};

const GATES = { open: "pass", conditional: "alert", unknown: "unknown", closed: "fail" };

function choices(way) {
  const list = (title, options) => h("details", { class: "technical" }, h("summary", {}, title), rows(options));
  const goods = way.goods.map((good) =>
    row({ icon: good.commodity === way.good.commodity && good.form === way.good.form ? "pass" : "leaf", title: goodName(good), note: good.own ? t("way-own") : null, act: choose({ commodity: good.commodity, form: good.form, yes: [], no: [] }) }));
  const markets = way.markets.map(({ market, gate }) =>
    row({ icon: GATES[gate] ?? "unknown", state: { open: "good", closed: "bad" }[gate] ?? "", title: marketName(market), note: t(`way-gate-${gate}`), act: choose({ market }) }));
  return [list(t("way-good", { good: goodName(way.good) }), goods), list(t("way-market", { market: marketName(way.market) }), markets)];
}

// A question that only a person can answer, with its two buttons.
async function answer(id, yes) {
  const before = await chosen();
  const without = (ids) => (ids ?? []).filter((one) => one !== id);
  await setSetting("way", { ...before, yes: [...without(before.yes), ...(yes ? [id] : [])], no: [...without(before.no), ...(yes ? [] : [id])] });
  refresh();
}

function all(way, isOther) {
  const { steps, done, of } = withPhone(way, phone());
  const part = (state, title) => {
    const some = steps.filter((step) => step.state === state);
    return some.length > 0 && section(title, rows(some.map((step) => stepRow(step, way.roles))));
  };
  const body = [
    isOther && notice("wait", t("way-no-signal")),
    h("p", { class: "lead", role: "status" }, sumOf(way, { done, of })),
    way.gate && h("p", { class: "help" }, name(way.gate)),
    choices(way),
    part("next", t("way-now")),
    part("later", t("way-later")),
    part("done", t("way-done")),
    lineButton(t("way-print"), { to: `${location.origin}${addressOf(whose(session.me()), { commodity: way.good.commodity, form: way.good.form, market: way.market })}`, icon: "doc" }),
  ];
  return { title: t("way-title"), body, back: home() };
}

// Where in the app a step is done, and what leads there.
function actionOf({ screen }, items) {
  const me = session.me();
  const certificate = items.flatMap(({ certificates }) => certificates ?? [])[0];
  const own = {
    key: me?.key ? null : { label: t("make-key"), to: "/start", icon: "key" },
    enrol: me?.enrolled ? null : { label: me?.requested ? t("see-enrolment") : t("ask-enrolment"), to: me?.requested ? "/enrol/wait" : me?.key ? "/enrol" : "/start", icon: "people" },
    install: { label: t("install"), to: "/install", icon: "install" },
    "second-phone": me?.purpose === "admin" && me.enrolled ? { label: t("another-phone"), to: "/me/invite", icon: "plus" } : null,
    // the desk asks for it, and signs with the same key; it needs a network
    certificate: me?.purpose === "admin" && me.enrolled && certificate ? { label: t("way-state"), to: `${location.origin}/desk/#${path`/party/${me.party}/certificate`}?kind=${certificate}&from=app`, icon: "doc" } : null,
    document: me?.enrolled ? { label: t("way-document"), to: "/paper", icon: "doc" } : null,
  };
  if (screen in own) return own[screen];
  return screen && me?.enrolled ? { label: t(`do-${screen}`), to: `/${screen}` } : null;
}

function one(way, id) {
  const step = withPhone(way, phone()).steps.find((known) => known.id === id);
  if (!step) return { title: t("way-title"), body: notice("note", t("way-gone")), action: bigButton(t("way-all"), { to: "/way" }), back: "/way" };
  const items = (step.items ?? []).map((item) => way.items[item]).filter(Boolean);
  const days = (range) => range && t(range.max === 0 ? "way-same-day" : "way-days", { min: String(range.min), max: String(range.max), sourced: String(range.sourced) });
  const asked = way.questions.filter(({ items: of }) => of.some((item) => step.items?.includes(item)));
  const body = [
    answered(t("way-who"), name(way.roles[step.who])),
    step.days && answered(t("way-takes"), days(step.days)),
    step.state === "done" && notice("good", t("way-step-done")),
    step.state === "later" && notice("wait", t("way-first"), h("ul", {}, (step.after ?? []).map((before) => way.steps.find((known) => known.id === before)).filter((before) => before && before.state !== "done").map((before) => h("li", {}, h("a", { href: `#${path`/way/${before.id}`}` }, name(before.text)))))),
    asked.map((question) => h("div", { class: "notice note" }, icon("note"), h("div", {}, h("p", {}, name(question.text)), button(t("way-yes"), { act: () => answer(question.id, true) }), button(t("way-no"), { act: () => answer(question.id, false) })))),
    step.state !== "done" && items.map((item) => section(name(item.name),
      h("p", {}, name(item.text)),
      item.issuer && answered(t("way-issuer"), name(item.issuer)),
      item.bring?.length > 0 && [h("p", {}, t("way-bring")), h("ul", { class: "plain" }, item.bring.map((thing) => h("li", {}, name(thing))))])),
  ];
  const lead = step.state === "done" ? null : actionOf(step, items);
  return { title: name(step.text), body, action: lead && bigButton(lead.label, lead), back: "/way" };
}

export default async function way({ step }) {
  const { value, isOther } = await current();
  if (!value) return { title: t("way-title"), body: notice("wait", t("way-no-signal")), action: bigButton(t("again"), { act: refresh }), back: home() };
  return step ? one(value, step) : all(value, isOther);
}
