// The first screen of every day, by role: what waits for this person, the lots, and one big button for the next step.

import { bigButton, button, h, icon, lineButton, notice, row, rows, section } from "../ui.js";
import { day, moment, name, t } from "../i18n.js";
import { shortName } from "../names.js";
import { address, go, path, refresh } from "../router.js";
import * as session from "../session.js";
import * as kept from "../kept.js";
import * as store from "../store.js";
import { isEnded } from "../cache.js";
import { exportsOf, pageOf } from "../export.js";
import { pendingOf } from "../folder.js";
import { isActive, listed } from "../shipments.js";
import { installed, newVersion, renewApp } from "../pwa.js";
import { status } from "../signal.js";
import { keptWay } from "../way.js";
import { amount, headline, HEADLINES, lotPath, lotTitle, marketName, scopeName, sentence, titleOf } from "../wording.js";
import { shipmentRow, waitPath, waitText } from "./shipped.js";
import { wayPart } from "./steps.js";

const DAY = 86_400_000;
// More lots than these stand behind "all lots".
const SHOWN = 8;

// Whether the network and the node were there, and what is not sent.
function signal({ unsent }) {
  const { offline } = status();
  const words = [offline ? t("no-signal") : t("signal"), unsent > 0 ? t("unsent", { count: unsent }) : t("all-sent")].join(" · ");
  return h("p", { class: unsent > 0 ? "line wait" : "line" }, icon(offline ? "cloud" : "online"), words);
}

// A key that was ended signs nothing any more; its records stay on the phone.
async function anew() {
  await session.leave();
  go("/start");
}

// What ends a stop, and who can end it.
function wayOn({ rule, kid }) {
  // a key that was in use before: its records are entered anew
  if (kid !== session.me().key && rule === "key-revoked") return button(t("outbox"), { to: "/outbox", icon: "outbox" });
  if (rule === "key-revoked") return button(t("make-new-key"), { act: anew, icon: "key" });
  if (rule === "key-unknown") return button(t("see-enrolment"), { to: "/enrol/wait" });
  if (rule === "day-quota") return h("p", {}, t("stop-tomorrow"));
  return h("p", {}, t("stop-ask", { enroller: name(session.enroller()?.name) || t("the-enroller") }));
}

function alarms(isEnded) {
  const { alarm, stop, wentBack, elsewhere } = status();
  return [
    alarm && notice("bad", t(`alarm-${alarm.kind}`), h("p", {}, t("alarm-what-now")), button(t("see-alarm"), { to: "/alarm" })),
    stop && notice("bad", t("queue-stopped"), h("p", {}, sentence(stop)), wayOn(stop)),
    elsewhere && !isEnded && notice("bad", t("key-elsewhere", { number: String(elsewhere.seq) }), h("p", {}, t("key-elsewhere-what")), button(t("end-key"), { to: session.me().purpose === "admin" ? path`/lost/${session.me().key}` : "/lost", icon: "key" })),
    // nothing was sent since: no stop says so
    isEnded && stop?.kid !== session.me().key && notice("bad", t("rule-key-revoked"), wayOn({ rule: "key-revoked", kid: session.me().key })),
    wentBack && notice("note", t("notice-went-back")),
  ];
}

// How safe the records of this phone are, only while some exist nowhere else.
async function safety({ unsent }) {
  if (unsent === 0) return null;
  const { persisted, usage, quota } = await store.safety();
  const full = quota > 0 && usage / quota > 0.8;
  if (persisted && !full) return null;
  return row({ icon: "alert", state: "warn", title: full ? t("almost-full", { count: unsent }) : t("may-be-evicted", { count: unsent }), note: installed() ? t("share-to-keep") : t("install-to-keep"), to: "/storage" });
}

// After each day with records that are only here.
async function dailyShare({ unsent, oldestUnsent }) {
  const last = (await store.setting("shared-at")) ?? 0;
  if (unsent === 0 || !oldestUnsent || Date.now() - new Date(oldestUnsent).getTime() < DAY || Date.now() - last < DAY) return null;
  const act = async () => {
    const { shareOutbox } = await import("./outbox.js");
    await shareOutbox();
    refresh();
  };
  return notice("wait", t("share-offer", { count: unsent }), button(t("share-outbox"), { act, icon: "share" }));
}

// Refusals, forks, and what was begun.
const BEGUN = 3;
function unsettled(list, drafts) {
  const of = (state, make) => list.filter((r) => r.state === state).map(make);
  return [
    ...of("refused", (r) => row({ icon: "refused", state: "bad", title: t("refused-row", { number: String(r.seq), act: titleOf(r) }), note: sentence(r.refused), to: path`/outbox/${r.key}` })),
    ...of("conflict", (r) => row({ icon: "conflict", state: "warn", title: t("conflict-row", { number: String(r.seq) }), note: titleOf(r), to: path`/conflict/${r.key}` })),
    ...of("draft", (r) => row({ icon: "draft", title: t("unsigned-row"), note: titleOf(r), to: r.draftId ? `/draft/${r.draftId}` : "/outbox" })),
    ...drafts.slice(0, BEGUN).map((d) => row({ icon: "draft", title: t("begun-row"), note: titleOf({ act: d.act, source: { input: d.input } }), to: `/draft/${d.id}` })),
  ];
}

const lotRow = (one, { icon: shape, note, state, to } = {}) =>
  row({
    icon: shape ?? "box", state: state ?? HEADLINES[one.state] ?? "",
    title: lotTitle({ gtin: one.gtin, number: one.number }, name(one.product) || undefined),
    note: [amount(one.amount, one.unit), one.unsent ? t("only-here") : (note ?? headline(one.state))].filter(Boolean).join(" · "),
    to: to ?? lotPath({ gtin: one.gtin, number: one.number }),
  });

const incoming = (work) =>
  (work.incoming ?? []).map((s) =>
    row({ icon: "truck", state: "wait", title: t("incoming-row", { count: (s.lots ?? []).length }), note: [name(s.name), s.sent && day(s.sent)].filter(Boolean).join(" · "), to: `/receive/of/${encodeURIComponent(s.shipment)}` }));

const toInspect = (work) => (work.toInspect ?? []).map((one) => lotRow(one, { icon: "flask", state: "warn", note: [name(one.holder?.name), headline(one.state)].filter(Boolean).join(" · ") }));
const retests = (work) => (work.failed ?? []).map((one) => lotRow(one, { icon: "retest", state: "bad", note: t("retest-row") }));

function accreditations() {
  return (session.kit()?.accreditations ?? []).map(({ scope, until }) => {
    const soon = until * 1000 - Date.now() < 60 * DAY;
    return h("p", { class: "line" }, icon(soon ? "alert" : "doc"), t("accredited", { scope: scope.map(scopeName).join(", "), until: day(until * 1000) }));
  });
}

// Goods as the node said last, with what this phone recorded since.
async function heldNow(work, list) {
  if (!list.some((r) => ["signed", "queued", "sent", "waiting", "accepted"].includes(r.state))) return work.held ?? [];
  const { gather } = await import("./acts/known.js");
  const ctx = await gather({}, { judges: false });
  return ctx.held().map((one) => ({ ...one, unit: one.base }));
}

function lots({ held }, all) {
  const some = all ? held : held.slice(0, SHOWN);
  const more = held.length > some.length && lineButton(t("all-lots", { count: held.length }), { to: "/home?lots=all" });
  return section(t("my-lots"), held.length > 0 ? [rows(some.map((one) => lotRow(one))), more] : h("p", { class: "lead" }, t(session.home() === "producer" ? "no-lots" : "no-goods")));
}

// How far goods are from a market abroad, and the next step there: the whole list is a page of the node.
const OUTCOMES = { ready: "good", closed: "bad", missing: "warn", questions: "warn", "not-known": "" };
function abroad(answers) {
  const line = (one) =>
    row({
      icon: one.outcome === "ready" ? "pass" : "truck", state: OUTCOMES[one.outcome] ?? "",
      title: t("export-row", { lot: lotTitle({ gtin: one.gtin, number: one.number }, name(one.product) || undefined), market: marketName(one.market) }),
      note: [t(`export-${one.outcome in OUTCOMES ? one.outcome : "not-known"}`, { count: one.missing }), one.next && t("export-next", { step: name(one.next) })].filter(Boolean).join(" · "),
      to: `${location.origin}${pageOf(one)}`,
    });
  return answers.length > 0 && section(t("to-export"), rows(answers.map(line)));
}

// Handovers and payments that wait for this party, and the shipments that are open.
const waiting = ({ shipments }) => shipments.flatMap((one) => one.waits.map((wait) => row({ icon: wait.kind === "handover" ? "hand" : "money", state: "warn", title: waitText(wait), to: waitPath(wait, one.shipment) })));
const OPEN_SHOWN = 3;
function shipped({ shipments }) {
  const open = shipments.filter(isActive).slice(0, OPEN_SHOWN);
  return shipments.length > 0 && section(t("shipments"), [open.length > 0 && rows(open.map(shipmentRow)), lineButton(t("all-shipments", { count: shipments.length }), { to: "/shipments" })]);
}

const empty = ({ held }) => held.length === 0;

const HOMES = {
  producer: (work, q) => ({ needs: [...waiting(work), ...incoming(work)], below: [...(empty(work) ? [work.way, lots(work, q)] : [lots(work, q), work.way]), shipped(work), abroad(work.abroad)], action: bigButton(t("do-harvest"), { to: "/harvest", icon: "leaf" }) }),
  inspector: (work) => ({ needs: [...toInspect(work), ...retests(work)], title: t("to-inspect"), below: accreditations(), action: bigButton(t("scan-lot"), { to: "/scan", icon: "scan" }) }),
  forwarder: (work, q) => ({ needs: [...waiting(work), ...incoming(work)], below: [shipped(work), lots(work, q), abroad(work.abroad), work.way], action: bigButton(t("scan-load"), { to: "/scan", icon: "scan" }) }),
  receiver: (work, q) => ({ needs: [...waiting(work), ...incoming(work)], below: [shipped(work), lots(work, q)], action: (work.incoming ?? []).length > 0 ? bigButton(t("do-receive"), { to: `/receive/of/${encodeURIComponent(work.incoming[0].shipment)}`, icon: "box" }) : bigButton(t("scan-lot"), { to: "/scan", icon: "scan" }) }),
  enroller: () => ({
    needs: [row({ icon: "people", title: t("requests"), to: "/approve" }), row({ icon: "hand", title: t("hold-or-recall"), note: t("hold-or-recall-note"), to: "/scan" })],
    action: bigButton(t("see-requests"), { to: "/approve", icon: "people" }),
  }),
  reader: () => ({ needs: [], below: h("p", { class: "lead" }, t("reader-lead")), action: bigButton(t("scan-lot"), { to: "/scan", icon: "scan" }) }),
};

function chips(homes, shown) {
  if (homes.length < 2) return null;
  const choose = (role) => async () => {
    await session.update({ role });
    refresh();
  };
  return h("div", { class: "chips", role: "group", "aria-label": t("role") }, homes.map((role) => h("button", { type: "button", class: "chip", "aria-pressed": String(role === shown), onclick: choose(role) }, t(`home-${role}`))));
}

// The way is fetched with what else is new; the first time it is not waited for.
async function fetchFirst(me) {
  const { fetchWay } = await import("../renew.js");
  if ((await fetchWay("", me).catch(() => false)) && address() === "/home") refresh();
}

export default async function home(_, query) {
  const me = session.me();
  if (!me?.party) return (await import("./start.js")).default({});
  const [summary, list, begun, version] = await Promise.all([kept.summary(), kept.list(), kept.drafts(), newVersion()]);
  const drafts = begun.filter((d) => !d.row && d.act !== "statement" && !list.some((r) => r.draftId === d.id));
  const work = session.work() ?? {};
  const shown = session.home();
  const [held, safe, ended, share, abroad, led, shipments] = await Promise.all([
    heldNow(work, list), safety(summary), isEnded(me.key), dailyShare(summary), exportsOf(me), keptWay(me), listed(me, (one) => pendingOf(list, me.party, one)),
  ]);
  const part = HOMES[shown]({ ...work, held, abroad, way: led && wayPart(led.value), shipments: shipments.list }, query?.get("lots") === "all");
  if (!led && "producer forwarder".includes(shown)) fetchFirst(me);
  const needs = [safe, ...unsettled(list, drafts), ...part.needs].filter(Boolean);
  const at = session.workAt();
  const body = [
    signal(summary),
    alarms(ended),
    !me.enrolled && notice("wait", t("not-enrolled-yet"), button(t("see-enrolment"), { to: "/enrol/wait" })),
    chips(session.homes(), shown),
    share,
    needs.length > 0 ? section(part.title ?? t("needs-you"), rows(needs)) : h("p", { class: "lead" }, t("nothing-waits")),
    part.below,
    version?.safe && lineButton(t("new-version"), { act: renewApp, icon: "install" }),
    at && h("p", { class: "help" }, t("as-of", { time: moment(at) })),
    lineButton(t("more-acts"), { to: "/more", icon: "plus" }),
  ];
  return { title: name(me.name) || shortName(me.party), body, action: part.action };
}

