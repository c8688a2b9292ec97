// A new key asks to be one of a party: by an invitation, or by name. Both sides compare eight words, so that a false node shows.

import { bigButton, button, answered, choice, field, h, lineButton, notice, replaceIn, row, rows, UserError, technical } from "../ui.js";
import { ask } from "../node.js";
import { bareName, language, languages, name, t } from "../i18n.js";
import { go, replace } from "../router.js";
import * as session from "../session.js";
import { provePossession } from "../key.js";
import { words } from "../eight.js";
import { enrolled, getJson, link, unpacked } from "../network.js";
import { isolated, shortName } from "../names.js";
import { lacking, makeKey } from "./start.js";
import { qr } from "../qr.js";

export const roleNames = (roles) => (roles ?? []).map((role) => t(`role-${role}`)).join(", ");

// The eight words of a key, as each side says them: in the language of the reader, or that of the other side.
export async function eightWords(of, code = language()) {
  return words(of.ledger, of.log, of.party, of.key, code);
}

// `read` are the numbers (from 0) that this side reads aloud.
export function wordList(eight, read, code = language()) {
  const list = (all, mine) => h("ol", { class: mine ? "words read" : "words" }, all.map((i) => h("li", { value: i + 1 }, h("span", {}, String(i + 1)), h("span", { lang: languages[code].tag }, eight[i]))));
  const others = [...eight.keys()].filter((i) => !read.includes(i));
  const parts = [[t("you-read"), list(read, true)], [t("you-listen"), list(others, false)]];
  if (read[0] > 0) parts.reverse();
  return parts.map(([title, part]) => h("section", {}, h("h2", {}, title), part));
}

// What is sent to the enroller, with the new key's proof.
async function request() {
  const me = session.me();
  const { ledger, party, key, purpose } = me;
  const possession = await provePossession(ledger, party, purpose, key);
  // names and roles are for a party that is not on the ledger yet
  const about = me.onLedger ? {} : { name: me.name ?? undefined, roles: me.roles?.length ? me.roles : undefined, region: me.newParty?.region ?? undefined, contact: me.newParty?.contact || undefined };
  return { type: "enrolment", ledger, party, key, purpose, possession, label: me.label || undefined, ...about };
}

async function send() {
  const body = JSON.stringify(await request());
  const answer = await ask("", "/enrolments", { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body }).catch(() => null);
  const taken = answer?.status >= 200 && answer?.status < 300;
  if (taken) await session.update({ requested: Date.now() });
  return taken;
}

// A key is one party's. One that only asked so far may ask another.
async function only(party) {
  const me = session.me();
  if (me.party && me.party !== party) await session.resign();
}

async function accept(invitation) {
  const here = await makeKey();
  const { ledger, log, party, roles, purpose } = invitation;
  if (ledger !== here.ledger || log !== here.log) throw new UserError(t("other-ledger"));
  const known = await getJson(`/parties/${encodeURIComponent(shortName(party))}`).catch(() => null);
  await only(party);
  await session.update({ party, name: known?.name ?? invitation.name ?? null, roles: known?.roles ?? roles, purpose, newParty: null, onLedger: known !== null });
  go((await send()) ? "/enrol/words" : "/enrol/code");
}

export default async function enrol({ step, invitation }) {
  const lack = await lacking();
  if (lack) return { title: t("enrol-title"), body: lack, back: "/start" };
  if (invitation) return invited(invitation);
  const me = session.me();
  if (!me?.key) return go("/start");
  if (me.enrolled) return go("/home");
  if (step === "new") return whichParty();
  if (!me.party) return choose();
  return { words: compare, code: showCode, wait, stop, undefined: choose }[step]();
}

function invited(text) {
  let invitation;
  try {
    invitation = unpacked(text);
  } catch {
    return { title: t("enrol-title"), body: notice("bad", t("invitation-damaged"), h("p", {}, t("invitation-damaged-why"))), back: "/home" };
  }
  const me = session.me();
  if (me?.enrolled) return { title: t("enrol-title"), body: notice("note", t("already-enrolled", { party: name(me.name) || shortName(me.party) })), action: bigButton(t("home"), { to: "/home" }), back: "/home" };
  const body = [
    answered(t("party"), name(invitation.name) || shortName(invitation.party)),
    answered(t("role"), roleNames(invitation.roles)),
    answered(t("rights"), t(`purpose-${invitation.purpose}`)),
    technical([[t("ledger"), invitation.ledger], [t("party"), invitation.party]]),
  ];
  return { title: t("invited-title"), body, action: bigButton(me?.key ? t("next") : t("make-key"), { act: () => accept(invitation), icon: "key" }), back: "/start" };
}

function choose() {
  const me = session.me();
  const body = [
    h("p", { class: "lead" }, t("enrol-lead")),
    rows([
      row({ icon: "scan", title: t("scan-invitation"), note: t("scan-invitation-note"), to: "/scan?for=invitation" }),
      row({ icon: "people", title: t("ask-enrolment"), note: t("ask-enrolment-note"), to: "/enrol/new" }),
    ]),
    me.weak && notice("warn", t("weak-key"), h("p", {}, t("weak-key-why"))),
  ];
  return { title: t("enrol-title"), body, back: "/home" };
}

// a name as the last part of a URI: letters, digits and hyphens
const slug = (text) => text.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 48);

async function whichParty() {
  const known = await getJson("/parties").catch(() => []);
  const label = field(t("phone-name"), { help: t("phone-name-help"), maxlength: 60 });
  const contact = field(t("contact"), { help: t("contact-help"), maxlength: 120 });
  const role = choice(t("what-you-do"), ["producer", "inspector", "forwarder", "buyer"].map((value) => ({ value, label: t(`role-${value}`), note: t(`role-${value}-note`) })), { value: "producer", onchange: () => list() });
  // a region enrols the makers of its own; everybody else is the authority's
  const offices = known.filter((p) => (p.roles.includes("region") && p.region) || p.roles.includes("authority"));
  const office = choice(t("who-enrols"), offices.map((p) => ({ value: p.party, label: name(p.name), note: p.region && isolated(p.region.name) })), { value: offices.find((p) => p.roles.includes("authority"))?.party });
  const found = h("div", { "aria-live": "polite" });
  let picked = null;
  const who = field(t("party-name"), { help: t("party-name-help"), maxlength: 120, oninput: () => list() });
  const pick = (party) => {
    picked = party;
    who.input.value = bareName(party.name);
    list();
  };
  function list() {
    const text = who.input.value.trim().toLowerCase();
    if (picked && bareName(picked.name).toLowerCase() !== text) picked = null;
    const hits = text.length < 2 || picked ? [] : known.filter((p) => bareName(p.name).toLowerCase().includes(text)).slice(0, 5);
    replaceIn(found, hits.length > 0 && rows(hits.map((p) => row({ icon: "people", title: name(p.name), note: t("registered"), act: () => pick(p) }))), picked && notice("good", t("registered-party", { party: name(picked.name) })));
    role.element.hidden = picked !== null;
    office.element.hidden = picked !== null || role.value() !== "producer" || offices.length < 2;
  }
  const act = async () => {
    const text = who.input.value.trim();
    if (text.length < 3) throw new UserError(t("party-name-missing"));
    const party = picked ? picked.party : `urn:jejak:party:${slug(text)}`;
    const names = picked ? picked.name : { en: text };
    const roles = picked?.roles ?? [role.value()];
    const chosen = offices.find((p) => p.party === office.value() && p.roles.includes("region"));
    await only(party);
    await session.update({
      party, name: names, roles, purpose: "admin", label: label.input.value.trim() || null,
      onLedger: picked !== null, newParty: picked ? null : { contact: contact.input.value.trim(), region: office.element.hidden ? null : chosen?.region },
    });
    if (picked) await session.update({ purpose: "event" });
    go((await send()) ? "/enrol/words" : "/enrol/code");
  };
  list();
  return { title: t("ask-enrolment"), body: [who.element, found, role.element, office.element, contact.element, label.element], action: bigButton(t("next"), { act }), back: "/enrol" };
}

async function compare() {
  const me = session.me();
  const eight = await eightWords(me);
  const body = [
    h("p", { class: "lead" }, [name(me.name) || shortName(me.party), roleNames(me.roles)].join(" · ")),
    wordList(eight, [0, 1, 2, 3]),
    button(t("show-code"), { to: "/enrol/code", icon: "scan" }),
    lineButton(t("words-differ"), { to: "/enrol/stop" }),
  ];
  const action = bigButton(t("words-same"), {
    act: async () => {
      await session.update({ compared: Date.now() });
      go("/enrol/wait");
    },
  });
  return { title: t("words-title"), body, action, back: "/enrol" };
}

// For an enroller who stands next to the phone, also without a signal.
async function showCode() {
  const address = link("request", await request());
  const me = session.me();
  const body = [
    !me.requested && notice("wait", t("no-signal-code")),
    h("p", { class: "lead" }, t("code-lead")),
    h("div", { class: "qr" }, qr(address, t("code-alt"))),
    button(t("share-request"), { icon: "share", act: () => (navigator.share ? navigator.share({ url: address }).catch(() => {}) : navigator.clipboard.writeText(address)) }),
  ];
  return { title: t("code-title"), body, action: bigButton(t("code-scanned"), { to: "/enrol/words" }), back: "/enrol" };
}

async function wait() {
  const me = session.me();
  const by = name(session.enroller()?.name);
  const check = async () => {
    if (!me.requested) await send();
    if (await enrolled()) return go("/install");
    throw new UserError(navigator.onLine ? t("not-yet-approved") : t("no-signal-check"));
  };
  const body = [
    notice("wait", by ? t("waiting-approval", { enroller: by }) : t("waiting-approval-yours")),
    h("p", { class: "lead" }, t("may-record")),
    rows([
      row({ icon: "key", title: t("words-again"), to: "/enrol/words" }),
      row({ icon: "scan", title: t("show-code"), to: "/enrol/code" }),
      row({ icon: "home", title: t("home"), to: "/home" }),
    ]),
  ];
  return { title: t("wait-title"), body, action: bigButton(t("check-now"), { act: check }), back: "/home" };
}

function stop() {
  const again = async () => {
    await session.resign();
    replace("/enrol");
  };
  return {
    title: t("stop-title"),
    body: [notice("bad", t("stop-why")), h("p", {}, t("stop-what-now"))],
    action: bigButton(t("start-again"), { act: again }),
    back: "/enrol/words",
  };
}

