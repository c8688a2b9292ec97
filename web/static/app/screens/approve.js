// The enroller's side: requests of new phones, eight words compared aloud, and the statements that admit party and key. Also invitations.

import { answered, bigButton, button, choice, dialog, field, h, lineButton, notice, replaceIn, row, rows, UserError, technical, toast } from "../ui.js";
import { bareName, language, languages, name, t } from "../i18n.js";
import { isolated, plain, shortName } from "../names.js";
import { go, path, refresh } from "../router.js";
import * as session from "../session.js";
import * as statements from "../statements.js";
import { getJson, link, signedRequest, synchronise, unpacked } from "../network.js";
import { qr } from "../qr.js";
import { eightWords, roleNames, wordList } from "./enrol.js";
import { signStatement } from "./signing.js";

// Requests that came by a code, of this visit; those of the inbox are the node's.
const scanned = new Map();

async function inbox() {
  const answer = await signedRequest("GET", "/enrolments").catch(() => null);
  return answer?.status === 200 ? answer.json.requests.map(({ request }) => request) : null;
}

// What the node would refuse, or what was changed on the way.
function wrong(request, me) {
  if (request?.type !== "enrolment" || !/^[a-z2-7]{52}$/.test(request.key ?? "")) return t("request-damaged");
  if (request.ledger !== me.ledger) return t("other-ledger");
  return null;
}

async function list() {
  const found = await inbox();
  const some = found ?? [];
  const line = (r) => row({ icon: "people", title: name(r.name) || shortName(r.party), note: [roleNames(r.roles), t(`purpose-${r.purpose}`), r.label && isolated(r.label)].filter(Boolean).join(" · "), to: path`/approve/${r.key}` });
  const body = [
    found === null && notice("wait", t("no-signal-requests")),
    some.length > 0 ? rows(some.map(line)) : found && h("p", { class: "lead" }, t("no-requests")),
    button(t("invite-party"), { to: "/approve/invite", icon: "plus" }),
  ];
  return { title: t("requests"), body, action: bigButton(t("scan-request"), { to: "/scan?for=request", icon: "scan" }), back: "/home" };
}

// The party of a request on the ledger, or null; undefined without a signal.
async function registered(party) {
  try {
    return await getJson(`/parties/${encodeURIComponent(shortName(party))}`);
  } catch (error) {
    return error.status === 404 ? null : undefined;
  }
}

// How to reach who asks, where what they state can be called or written to; the words are compared aloud anyway.
function reach(contact) {
  const plainly = plain(contact ?? "").trim();
  const to = /^\+?[\d ().-]{8,20}$/.test(plainly) ? `tel:${plainly.replace(/[^+\d]/g, "")}` : /^[^\s@:?&]+@[^\s@:?&]+\.[a-z]{2,}$/i.test(plainly) ? `mailto:${plainly}` : null;
  return to && lineButton(t("ask-them"), { to, icon: "phone" });
}

// The eight words, in the language of this side, or in that of the phone that asks.
async function wordsOf(key) {
  const place = h("div", { "aria-live": "polite" });
  const show = async (code) => {
    const eight = await eightWords(key, code);
    const other = (one) => h("button", { type: "button", class: "chip", lang: languages[one].tag, "aria-pressed": String(one === code), onclick: () => show(one) }, languages[one].name);
    replaceIn(place, wordList(eight, [4, 5, 6, 7], code), h("p", { class: "help" }, t("words-other-language")), h("div", { class: "chips", role: "group", "aria-label": t("language") }, Object.keys(languages).map(other)));
  };
  await show(language());
  return place;
}

async function one(request, moving) {
  const me = session.me();
  const damaged = wrong(request, me);
  if (damaged) return { title: t("requests"), body: notice("bad", damaged), action: bigButton(t("requests"), { to: "/approve" }), back: "/approve" };
  const known = await registered(request.party);
  const compared = await wordsOf({ ledger: me.ledger, log: me.log, party: request.party, key: request.key });
  const about = known ?? request;
  const title = t("request-of", { party: name(about.name) || shortName(request.party) });
  const own = request.party === me.party;
  if (!own && known === undefined) return { title, body: notice("wait", t("no-signal-check")), action: bigButton(t("again"), { act: refresh }), back: "/approve" };
  const approve = async () => {
    if (known === null) {
      const given = typeof request.name === "object" ? Object.entries(request.name ?? {}) : [];
      const names = { en: bareName(request.name), ...Object.fromEntries(given.map(([tag, text]) => [tag, plain(text)])) };
      await signStatement(statements.party({ party: request.party, name: names, roles: request.roles, country: "ID", region: request.region, contact: request.contact || undefined }));
    }
    const { party, key, purpose, possession, label } = request;
    await signStatement(statements.key({ party, key, purpose, possession, label: label || undefined }));
    signedRequest("DELETE", `/enrolments/${key}`).catch(() => {});
    synchronise().catch(() => {});
    if (moving && own) return endThis();
    toast(t("approved", { party: name(about.name) || shortName(party) }));
    go("/approve");
  };
  const body = [
    known === null && notice("warn", t("new-party"), h("p", {}, t("new-party-what"))),
    answered(t("party"), name(about.name) || shortName(request.party)),
    answered(t("role"), roleNames(about.roles)),
    answered(t("rights"), t(`purpose-${request.purpose}`)),
    request.region && answered(t("region"), isolated(request.region.name)),
    request.contact && answered(t("contact"), isolated(request.contact)),
    reach(request.contact),
    request.label && answered(t("phone-name"), isolated(request.label)),
    compared,
    lineButton(t("words-differ"), { act: () => refuse(request) }),
    technical([[t("key"), request.key], [t("party"), request.party]]),
  ];
  return { title, body, action: bigButton(t("same-approve"), { act: approve, kind: "sign" }), back: "/approve" };
}

async function refuse(request) {
  await dialog(t("stop-title"), h("p", {}, t("stop-why-enroller")), [{ label: t("understood"), value: true }]);
  scanned.delete(request.key);
  signedRequest("DELETE", `/enrolments/${request.key}`).catch(() => {});
  go("/approve");
}

// After moving: the new phone is admitted, this one ends.
async function endThis() {
  const sure = await dialog(t("moved-title"), h("p", {}, t("moved-what")), [
    { label: t("end-this-phone"), value: true, kind: "danger" },
    { label: t("keep-both"), value: false },
  ]);
  if (sure) await signStatement(statements.keyRevocation({ key: session.me().key, reason: "replaced" }));
  synchronise().catch(() => {});
  go("/outbox");
}

// A link by which a party's phone asks to be one of its own.
async function invite() {
  const me = session.me();
  const known = await getJson("/parties").catch(() => []);
  const rights = choice(t("rights"), ["event", "admin"].map((value) => ({ value, label: t(`purpose-${value}`), note: t(`purpose-${value}-note`) })), { value: "admin" });
  const found = h("div", { "aria-live": "polite" });
  const place = h("div", {});
  let picked = null;
  const who = field(t("party-name"), { maxlength: 120, oninput: draw });
  function draw() {
    const text = who.input.value.trim().toLowerCase();
    const hits = text.length < 2 ? [] : known.filter((p) => bareName(p.name).toLowerCase().includes(text)).slice(0, 5);
    replaceIn(found, rows(hits.map((p) => row({ icon: "people", title: name(p.name), note: roleNames(p.roles), act: () => { picked = p; who.input.value = name(p.name); replaceIn(found); } }))));
  }
  const act = () => {
    if (!picked) throw new UserError(t("pick-party"));
    const address = link("invite", { node: location.origin, ledger: me.ledger, log: me.log, party: picked.party, roles: picked.roles, purpose: rights.value(), name: { en: bareName(picked.name) } });
    replaceIn(place, h("div", { class: "qr" }, qr(address, t("invitation-alt"))), button(t("share"), { icon: "share", act: () => (navigator.share ? navigator.share({ url: address }).catch(() => {}) : navigator.clipboard.writeText(address).then(() => toast(t("copied")))) }));
    place.scrollIntoView();
  };
  return { title: t("invite-party"), body: [h("p", { class: "lead" }, t("invite-lead")), who.element, found, rights.element, place], action: bigButton(t("show-invitation"), { act }), back: "/approve" };
}

export default async function approve({ key, request }, query) {
  const me = session.me();
  if (me?.purpose !== "admin") {
    return { title: t("requests"), body: [notice("warn", t("needs-admin")), h("p", {}, t("needs-admin-approve"))], action: bigButton(t("home"), { to: "/home" }), back: "/home" };
  }
  const moving = query?.get("move") === "1";
  if (request) {
    let read = null;
    try {
      read = unpacked(request);
      scanned.set(read.key, read);
    } catch {
      // said below
    }
    return one(read, moving);
  }
  if (key === "invite") return invite();
  if (!key) return list();
  const asked = scanned.get(key) ?? (await inbox())?.find((r) => r.key === key);
  return one(asked ?? null, moving);
}

