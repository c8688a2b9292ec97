// One lot: what is known of it, on whose word and as of when, and what this person can record about it. A lot that this phone does not know
// can be recorded all the same.

import { band, bigButton, h, icon, lineButton, notice, row, rows, section, stateWord, technical, STATE_COLOUR } from "../ui.js";
import { day, days, language, moment, name, t } from "../i18n.js";
import { isolated } from "../names.js";
import * as session from "../session.js";
import * as outbox from "../outbox.js";
import * as store from "../store.js";
import { sum } from "../decimal.js";
import { ask } from "../node.js";
import { lotUri } from "../uris.js";
import { path } from "../router.js";
import { issued, shareAddresses } from "./acts/labels.js";
import { amount, headline, lotPath, productName, sentence, titleOf, HEADLINES } from "../wording.js";

const WAIT = 4000;

// The node's answer, or the copy of it that is kept: { body, at, fresh }, or null; `missing` when the node knows no such lot.
async function read(gtin, lot) {
  const key = `lot:${gtin}/${lot}`;
  const kept = (await store.get("cache", key)) ?? null;
  const answer = await ask("", path`/lots/${gtin}/${lot}`, { headers: { accept: "application/json" }, limit: WAIT }).catch(() => null);
  if (answer?.status === 200 && answer.json) {
    const one = { body: answer.json, at: Date.now() };
    await store.put("cache", one, key);
    return { ...one, fresh: true };
  }
  if (answer?.status === 404) return { body: null, missing: true, at: Date.now(), fresh: true };
  if (kept) return { ...kept, fresh: false };
  // what came with the work is less, and better than nothing
  const work = session.work();
  const listed = [...(work?.held ?? []), ...(work?.toInspect ?? []), ...(work?.failed ?? [])].find((one) => one.gtin === gtin && one.number === lot);
  return listed ? { listed, at: session.workAt(), fresh: false } : null;
}

function facts(gtin, lot, found) {
  const { body, listed } = found ?? {};
  if (!body) return listed ? [h("p", {}, amount(listed.amount, listed.unit))] : [];
  const { origins = [], harvested, held = [], product, bestBefore } = body;
  const [origin] = origins;
  const here = sum(held.map((part) => String(part.amount)));
  const inspections = (body.inspections ?? []).filter((i) => !i.voidedBy).slice(0, 3);
  return [
    h("ul", { class: "facts" },
      h("li", {}, icon("box"), h("span", {}, amount(here, product.unit), product.netContent ? ` · ${amount(product.netContent, product.unit)}` : "")),
      harvested && h("li", {}, icon("leaf"), h("span", {}, t("harvested", { days: days(harvested[0], harvested[1]) }))),
      origin && h("li", {}, icon("pin"), h("span", {}, [name(origin.place?.name), origin.place?.region && isolated(origin.place.region.name)].filter(Boolean).join(", "))),
      origin && h("li", {}, icon("people"), h("span", {}, name(origin.producer?.name))),
      bestBefore && h("li", {}, icon("queued"), h("span", {}, t("best-before", { day: day(bestBefore) })))),
    inspections.length > 0 && section(t("tests"), rows(inspections.map((i) => row({
      icon: i.verdict === "pass" ? "pass" : i.verdict === "fail" ? "fail" : "inconclusive", state: { pass: "good", fail: "bad" }[i.verdict] ?? "warn",
      title: t(`verdict-${i.verdict}`), note: `${name(i.inspector.name)}, ${day(i.eventTime)}`,
    })))),
    findings(body.findings ?? []),
  ];
}

// Findings in a sentence each; the same one of several records stands once.
function findings(list) {
  const shown = new Map();
  for (const { rule, severity, args } of list) {
    const text = sentence({ rule, args: Object.fromEntries(args ?? []) }, "finding");
    if (text) shown.set(text, severity);
  }
  if (shown.size === 0) return null;
  const all = [...shown].map(([title, severity]) => row({ icon: severity === "notice" ? "note" : "alert", state: severity === "notice" ? "" : "warn", title }));
  return h("details", {}, h("summary", {}, t("findings", { count: shown.size })), rows(all));
}

// What each home does with a lot: the first is the big button.
const ACTS = {
  producer: ["ship", "process", "pack", "sort", "split", "merge", "stock", "label", "paper", "transfer", "hold"],
  inspector: ["inspect", "sample", "visit", "hold"],
  forwarder: ["ship", "load", "depart", "temperature", "arrive", "handover", "paper", "visit"],
  receiver: ["ship", "stock", "paper", "transfer", "hold"],
  enroller: ["hold", "recall", "lift", "visit"],
  reader: [],
};
const ICONS = { ship: "truck", process: "flask", pack: "box", inspect: "flask", sample: "flask", hold: "hand", recall: "recall", load: "truck", arrive: "pin", receive: "box", retest: "retest", lift: "pass", "void-shipment": "close", label: "scan", transfer: "people", visit: "people" };

// What those do who do not hold the lot.
const ELSEWHERE = { producer: ["receive", "paper", "hold"], receiver: ["receive", "paper", "hold"], forwarder: ["load", "depart", "temperature", "arrive", "handover", "paper", "visit", "receive"] };

function holds(gtin, lot, found) {
  const me = session.me();
  const listed = (session.work()?.held ?? []).some((one) => one.gtin === gtin && one.number === lot);
  return listed || (found?.body?.held ?? []).some((part) => part.party === me.party && part.amount !== "0");
}

function acts(gtin, lot, found, pending) {
  const [home, me] = [session.home(), session.me()];
  const to = (act) => path`/${act}/${gtin}/${lot}`;
  const mine = holds(gtin, lot, found) || pending.some((r) => r.party === me.party);
  const list = ((mine ? null : ELSEWHERE[home]) ?? ACTS[home]).map((act) => ({ act, to: to(act) }));
  const failed = (found?.body?.inspections ?? []).find((i) => i.verdict === "fail" && !i.voidedBy && !i.supersededBy);
  if (home === "inspector" && failed) list.unshift({ act: "retest", to: path`/retest/${gtin}/${lot}/${failed.record}` });
  const shipment = (session.work()?.incoming ?? []).find((s) => (s.lots ?? []).some((part) => part.gtin === gtin && part.number === lot));
  if (shipment) {
    const at = list.findIndex((one) => one.act === "receive");
    if (at >= 0) list.splice(at, 1);
    list.unshift({ act: "receive", to: path`/receive/of/${shipment.shipment}` });
  }
  const uri = lotUri(gtin, lot);
  const sent = (session.work()?.outgoing ?? []).some((s) => s.from === me.party && s.lots.some((part) => part.lot === uri));
  if (sent || pending.some((r) => r.act === "ship" && r.state !== "refused")) list.push({ act: "void-shipment", to: to("void-shipment") });
  if (["held", "recalled"].includes(found?.body?.headline) && !list.some((one) => one.act === "lift")) list.push({ act: "lift", to: to("lift") });
  return list;
}

/** The shipments under way that have goods of this lot. */
function shipments(uri) {
  const { incoming = [], outgoing = [] } = session.work() ?? {};
  return [...incoming, ...outgoing].filter((one) => (one.lots ?? []).some((part) => part.lot === uri));
}

// Goods that are recalled or on hold have no next step that a big button should offer.
const STOPPED = new Set(["recalled", "held", "withdrawn"]);
// Of these the node prints no labels.
const UNLABELLED = new Set([...STOPPED, "failed"]);
const isGone = (found) => (found?.body?.held ?? [{ amount: "1" }]).every((part) => part.amount === "0");

export default async function lot({ gtin, lot: number }) {
  const uri = lotUri(gtin, number);
  const [found, pending, serials] = await Promise.all([read(gtin, number), outbox.pendingOf(uri), issued(uri)]);
  const state = found?.body?.headline ?? found?.listed?.state;
  const product = name(found?.body?.product?.name) || productName(gtin);
  const asOf = found && t("as-of", { time: moment(found.at) });
  const unknown = !state;
  const top = unknown
    ? band("unknown", found?.missing ? t("lot-not-on-ledger") : t("lot-unknown-here"), t("lot-unknown-what"))
    : band(state in HEADLINES ? state : "unknown", headline(state), asOf, found.fresh ? t("by-the-server") : t("by-the-copy"));
  const list = session.me() ? acts(gtin, number, found, pending) : [];
  const first = (STOPPED.has(state) || isGone(found)) && !["retest", "inspect"].includes(list[0]?.act) ? null : list[0];
  const others = list.filter((one) => one !== first);
  const here = pending.length > 0 && section(t("on-this-phone"), rows(pending.map((r) => row({ icon: r.state, state: STATE_COLOUR[r.state], title: titleOf(r), note: `${stateWord(r.state, r.waitsFor)} · ${moment(r.created)}`, to: path`/outbox/${r.key}` }))));
  const body = [
    top,
    h("p", { class: "lot-name" }, h("b", {}, number)),
    pending.some((r) => r.source?.act === "inspect") && notice("note", t("already-inspected-here")),
    facts(gtin, number, found),
    here,
    ...shipments(uri).map((one) => lineButton(t("see-shipment", { party: name(one.name) }), { to: path`/shipment/${one.shipment}`, icon: "truck" })),
    others.length > 0 && section(t("more"), rows(others.map(({ act, to }) => row({ icon: ICONS[act] ?? "doc", title: t(`do-${act}`), to })))),
    !unknown && lineButton(t("see-proof"), { to: `${location.origin}/01/${gtin}/10/${encodeURIComponent(number)}`, icon: "verified" }),
    found?.body && session.me() && !UNLABELLED.has(state) && holds(gtin, number, found) && lineButton(t("print-labels"), { to: `${location.origin}${path`/labels/${gtin}/${number}/sheet.pdf`}?lang=${language()}`, icon: "doc" }),
    serials.length > 0 && lineButton(t("label-addresses", { count: serials.length }), { act: () => shareAddresses(uri, serials), icon: "share" }),
    found?.body && [...(found.body.parents ?? [])].slice(0, 4).map((p) => lineButton(t("made-from", { lot: p.lot }), { to: lotPath(p) })),
    technical([["GTIN", gtin], [t("lot-number"), number], ["URI", uri]]),
  ];
  return { title: product, body, back: true, action: first && bigButton(first.act === "inspect" ? t("inspect-this") : t(`do-${first.act}`), { to: first.to, icon: ICONS[first.act] }) };
}
