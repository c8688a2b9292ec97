// One shipment: where it stands for all its parties. State, goods, papers, payments, supervision, transport and handovers, as the node said last,
// with what this phone signed since; what waits for this person stands first, one tap from its form. The parts are screens/folder/.

import { bigButton, h, icon, lineButton, notice, row, rows, section, stateWord, technical, STATE_COLOUR } from "../ui.js";
import { day, moment, name, readAlso, t } from "../i18n.js";
import { shortName } from "../names.js";
import { path } from "../router.js";
import * as session from "../session.js";
import * as kept from "../kept.js";
import { answerable, pendingOf, uriOf, waitsOf } from "../folder.js";
import { fetchFolder } from "../folders.js";
import { documentsOf } from "../forms/reject.js";
import { signedRequest } from "../network.js";
import { eventsOf, folderOf, shipmentsOf, sumsOf } from "../shipments.js";
import { titleOf as recordTitle } from "../wording.js";
import { bareId } from "../uris.js";
import { styled } from "./acts/styles.js";
import { marketName } from "./acts/words.js";
import { goods } from "./folder/goods.js";
import { kindName, papers } from "./folder/papers.js";
import { payments } from "./folder/payments.js";
import { handovers, travel, visits } from "./folder/way.js";
import { shipmentTitle, waitPath, waitText } from "./shipped.js";

const WAIT = 6000;
// Colour and shape of each state, beside its word.
const BANDS = { "under-way": ["unknown", "truck"], received: ["verified", "accepted"], "delivered-outside": ["verified", "hand"], refused: ["failed", "close"], voided: ["unknown", "close"] };

// The node's folder, or the copy that is kept: { value, at, size, fresh }, or { missing } when the node has no such shipment, or null.
async function read(me, record) {
  const before = await folderOf(me, record);
  try {
    const now = await fetchFolder(me.node ?? "", me, record, (at) => signedRequest("GET", at), WAIT);
    if (now) return { ...now, fresh: true };
    return before ? { ...before, fresh: false } : { missing: true };
  } catch {
    return before && { ...before, fresh: false };
  }
}

// What each home adds, the most usual first. To whom goods come counts them here too.
const ACTS = {
  producer: ["paper", "payment", "handover"],
  forwarder: ["paper", "payment", "visit", "load", "depart", "temperature", "arrive", "handover", "deliver"],
  receiver: ["paper", "payment", "handover"],
  inspector: ["visit"],
  enroller: ["visit"],
  reader: [],
};
const SUPERVISES = new Set(["inspector", "enroller"]);
const ICONS = { paper: "doc", payment: "money", visit: "people", load: "truck", depart: "truck", arrive: "pin", temperature: "note", handover: "hand", deliver: "hand", receive: "box", refuse: "close" };

function acts(folder, own, isKnown) {
  const open = folder.state === "under-way";
  // others may read it, and the ledger would refuse what they add; who supervises may come to any
  const isParty = isKnown || [folder.from, folder.to, folder.shippedBy].some((one) => uriOf(one) === own);
  const list = ACTS[session.home()].filter((act) => (act === "deliver" ? open && uriOf(folder.shippedBy) === own : isParty || SUPERVISES.has(session.home())));
  const mine = isToReceive(folder, own) ? ["receive", "refuse"] : [];
  return [...mine, ...list].map((act) => ({ act, to: path`/${act}/of/${folder.shipment}` }));
}

const isToReceive = (folder, own) => folder.state === "under-way" && uriOf(folder.to) === own;

function top(folder, found) {
  const called = (one) => name(one?.name) || shortName(uriOf(one) ?? "");
  const by = folder.shippedBy && uriOf(folder.shippedBy) !== uriOf(folder.from) && t("folder-by", { party: called(folder.shippedBy) });
  const why = [
    t("shipment-between", { from: called(folder.from), to: called(folder.to) }),
    [folder.sent && t("folder-sent", { day: day(folder.sent) }), folder.closed && t("folder-closed", { day: day(folder.closed.time) })].filter(Boolean).join(" · "),
    [by, folder.market && t("folder-market", { market: marketName(folder.market) })].filter(Boolean).join(" · "),
    t("as-of", { time: moment(found.at) }),
  ];
  const [colour, shape] = BANDS[folder.state] ?? ["unknown", "truck"];
  return h("div", { class: `band ${colour}` }, icon(shape), h("div", {}, h("p", { class: "word" }, t(`shipment-${folder.state}`)), why.filter(Boolean).map((text) => h("p", { class: "why" }, text))));
}

export default async function shipment({ record }) {
  await Promise.all([styled(), readAlso("folder", "checks")]);
  const me = session.me();
  const [found, records] = await Promise.all([read(me, record), kept.list()]);
  if (!found?.value) {
    const text = found?.missing ? t("folder-missing") : t("folder-not-here");
    const here = pendingOf(records, me.party, record);
    return { title: t("shipments"), body: [notice("wait", text, !found?.missing && h("p", {}, t("folder-with-signal"))), own(here)], back: "/shipments" };
  }
  const folder = found.value;
  const [sums, events, shipments] = await Promise.all([sumsOf(me, folder), eventsOf(answerable(folder, me.party)), shipmentsOf(me)]);
  const pending = pendingOf(records, me.party, record, found.size);
  const view = { folder, own: me.party, sum: (commitment) => sums[commitment], event: (uri) => events[uri], pending };
  const list = acts(folder, me.party, shipments?.value.some((one) => one.shipment === folder.shipment));
  const waits = waitsOf(folder, me.party, pending).map((one) => ({ title: waitText(one), to: waitPath(one, record), icon: one.kind === "handover" ? "hand" : "money" }));
  // goods that come are counted too, once no answer to another waits
  if (isToReceive(folder, me.party) && !pending.some(({ act, state }) => act === "receive" && state !== "refused")) waits.push({ title: t("do-receive"), to: list[0].to, icon: "box" });
  const [first] = waits;
  const body = [
    !found.fresh && h("p", { class: "line" }, icon("cloud"), t("no-signal")),
    folder.marked && notice("bad", t("folder-marked")),
    top(folder, found),
    waits.length > 0 && section(t("needs-you"), rows(waits.map((one) => row({ ...one, state: "warn" })))),
    own(pending),
    goods(view), papers(view), payments(view), travel(view), handovers(view), visits(view),
    folder.more && h("p", { class: "help" }, t("folder-cut")),
    list.length > 0 && section(t("folder-add"), rows(list.map(({ act, to }) => row({ icon: ICONS[act], title: t(`do-${act}`), to })))),
    lineButton(t("folder-page"), { to: `${location.origin}${path`/shipments/${bareId(record)}`}`, icon: "doc" }),
    technical([["URI", `urn:jejak:record:${bareId(record)}`]]),
  ];
  const [usual] = list;
  const action = first ? bigButton(first.title, first) : usual && bigButton(t(`do-${usual.act}`), { to: usual.to, icon: ICONS[usual.act] });
  return { title: shipmentTitle(folder), body, action, back: "/shipments" };
}

// What a record of this phone says, in a few words.
function said(record) {
  const { event } = record;
  const [paper] = documentsOf(event);
  if (event["jejak:rejects"]) return t("acts-title-reject");
  if (event["jejak:milestone"]?.startsWith("payment-")) return t(`acts-milestone-${event["jejak:milestone"]}`);
  if (event["jejak:visit"]) return t("acts-title-visit");
  if (event["jejak:confirms"]) return t("folder-confirm");
  return paper?.kind ? [kindName(paper.kind), paper.number].filter(Boolean).join(" ") : recordTitle(record);
}

/** What this phone signed about it since. */
const own = (pending) =>
  pending.length > 0 &&
  section(t("on-this-phone"), rows(pending.map((r) => row({ icon: r.state, state: STATE_COLOUR[r.state], title: said(r), note: `${stateWord(r.state, r.waitsFor)} · ${moment(r.created)}`, to: path`/outbox/${r.key}` }))));
