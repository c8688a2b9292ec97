// Who signs here, and how the app looks: party and roles, this phone's key and its successor, storage, language, light, hand.

import { answered, bigButton, button, check, choice, dialog, field, h, lineButton, notice, row, rows, section, technical, toast } from "../ui.js";
import { bareName, language, languages, name, setLanguage, t } from "../i18n.js";
import { shortName } from "../names.js";
import { prefer, preferences } from "../prefs.js";
import { go, path, refresh } from "../router.js";
import * as session from "../session.js";
import * as outbox from "../outbox.js";
import * as statements from "../statements.js";
import { createKey, provePossession } from "../key.js";
import { markOf } from "../mark.js";
import { link, synchronise } from "../network.js";
import { newVersion, renewApp } from "../pwa.js";
import { qr } from "../qr.js";
import { roleNames } from "./enrol.js";
import { shareOutbox } from "./outbox.js";
import { signStatement } from "./signing.js";

async function overview() {
  const me = session.me();
  if (!me) return look("/start");
  const others = (await session.identities()).filter((one) => one.key !== me.key);
  const version = await newVersion();
  const choose = (key) => async () => {
    await session.use(key);
    go("/home");
  };
  const body = [
    answered(t("party"), name(me.name) || (me.party ? shortName(me.party) : t("none-yet"))),
    answered(t("role"), roleNames(me.roles) || "–"),
    answered(t("rights"), t(`purpose-${me.purpose}`)),
    me.weak && notice("warn", t("weak-key"), h("p", {}, t("weak-key-why"))),
    others.length > 0 && section(t("on-behalf"), rows(others.map((one) => row({ icon: "people", title: name(one.name) || shortName(one.party), note: roleNames(one.roles), act: choose(one.key) })))),
    rows([
      session.enrols() || me.purpose === "admin" ? row({ icon: "people", title: t("requests"), note: t("requests-note"), to: "/approve" }) : null,
      // the desk asks for it, and signs with the same key; it needs a network
      me.purpose === "admin" && me.party ? row({ icon: "doc", title: t("certificates-row"), note: t("certificates-note"), to: `${location.origin}/desk/#${path`/party/${me.party}/certificate`}` }) : null,
      row({ icon: "key", title: t("phone-and-key"), to: "/me/key" }),
      row({ icon: "disk", title: t("storage"), to: "/storage" }),
      row({ icon: "sun", title: t("look-title"), to: "/me/look" }),
      row({ icon: "phone", title: t("lost-title"), to: "/lost" }),
      row({ icon: "install", title: t("install-title"), to: "/install" }),
    ].filter(Boolean)),
    version && (version.safe ? button(t("new-version"), { act: renewApp, icon: "install" }) : notice("note", t("new-version-waits"), button(t("share-outbox"), { act: () => shareOutbox().then(refresh), icon: "share" }))),
    technical([[t("key"), me.key], [t("party"), me.party], [t("ledger"), me.ledger], [t("log-key"), me.log], [t("version"), document.querySelector('meta[name="jejak-version"]')?.content]]),
  ];
  return { title: t("me"), body, back: "/home" };
}

function look(back = "/me") {
  const { look: light, hand } = preferences();
  const changeLanguage = async (code) => {
    await setLanguage(code);
    prefer({ language: code });
    refresh();
  };
  const languageChoice = choice(t("language"), Object.entries(languages).map(([value, one]) => ({ value, label: one.name })), { value: language(), onchange: changeLanguage });
  const lights = choice(t("light"), ["auto", "light", "dark", "sun"].map((value) => ({ value, label: t(`look-${value}`), note: value === "sun" ? t("look-sun-note") : null })), { value: light, onchange: (value) => prefer({ look: value }) });
  const left = check(t("left-handed"), { checked: hand === "left", note: t("left-handed-note"), onchange: (on) => prefer({ hand: on ? "left" : "right" }) });
  return { title: t("look-title"), body: [languageChoice.element, lights.element, left.element], action: bigButton(t("done"), { to: back === "/me" ? "/me" : "/home" }), back };
}

// A new key on this phone: the old one signs it, then ends itself.
async function rotate() {
  const me = session.me();
  const { unsent } = await outbox.summary();
  const sure = await dialog(t("rotate-title"), [h("p", {}, t("rotate-what")), unsent > 0 && notice("note", t("rotate-unsent", { count: unsent }))], [
    { label: t("rotate"), value: true },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  const { public: key, weak } = await createKey();
  const possession = await provePossession(me.ledger, me.party, me.purpose, key);
  await signStatement(statements.key({ party: me.party, key, purpose: me.purpose, possession, label: me.label || undefined }));
  await signStatement(statements.keyRevocation({ key: me.key, reason: "replaced" }));
  await session.update({ key, weak, enrolled: false, demo: false });
  synchronise().catch(() => {});
  toast(t("rotated"));
  go("/outbox");
}

async function endOwn() {
  const me = session.me();
  const { unsent } = await outbox.summary();
  const sure = await dialog(t("end-own-title"), [h("p", {}, t("end-own-what")), unsent > 0 && notice("warn", t("rotate-unsent", { count: unsent }))], [
    { label: t("end-key"), value: true, kind: "danger" },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  await signStatement(statements.keyRevocation({ key: me.key, reason: "left" }));
  synchronise().catch(() => {});
  go("/outbox");
}

function key() {
  const me = session.me();
  const label = field(t("phone-name"), { help: t("phone-name-help"), maxlength: 60, value: me.label ?? "" });
  label.input.addEventListener("change", () => session.update({ label: label.input.value.trim() || null }));
  const admin = me.purpose === "admin" && me.enrolled;
  const body = [
    notice(me.weak ? "warn" : "note", me.weak ? t("weak-key") : t("start-key")),
    me.demo && notice("note", t("demo-key-public")),
    label.element,
    answered(t("phone-letter"), markOf(me.key, session.kit()?.keys)),
    h("p", { class: "help" }, t("phone-letter-help")),
    admin
      ? [rows([row({ icon: "phone", title: t("to-new-phone"), note: t("to-new-phone-note"), to: "/me/move" }), row({ icon: "plus", title: t("another-phone"), note: t("another-phone-note"), to: "/me/invite" }), row({ icon: "retest", title: t("rotate"), note: t("rotate-note"), act: rotate })]), lineButton(t("end-own"), { act: endOwn })]
      : [notice("note", t("needs-admin")), h("p", {}, t("needs-admin-move"))],
    technical([[t("key"), me.key]]),
  ];
  return { title: t("phone-and-key"), body, back: "/me" };
}

// The code that a new phone of this party scans; moving gives it this phone's rights.
function invite(moving) {
  const me = session.me();
  const rights = choice(t("rights"), ["event", "admin"].map((value) => ({ value, label: t(`purpose-${value}`), note: t(`purpose-${value}-note`) })), { value: "event", onchange: draw });
  const place = h("div", { class: "qr" });
  const address = () => link("invite", {
    node: location.origin, ledger: me.ledger, log: me.log, party: me.party, roles: me.roles, purpose: moving ? me.purpose : rights.value(),
    // few letters make a code that cheap cameras read; the node knows the other names
    name: me.name ? { en: bareName(me.name) } : undefined,
  });
  function draw() {
    place.replaceChildren(qr(address(), t("invitation-alt")));
  }
  draw();
  const steps = h("ol", { class: "numbered" }, ["invite-1", "invite-2", moving ? "invite-3-move" : "invite-3"].map((k) => h("li", {}, t(k))));
  const body = [steps, !moving && rights.element, place, button(t("share"), { icon: "share", act: () => (navigator.share ? navigator.share({ url: address() }).catch(() => {}) : navigator.clipboard.writeText(address()).then(() => toast(t("copied")))) })];
  return { title: moving ? t("to-new-phone") : t("another-phone"), body, action: bigButton(t("scan-new-phone"), { to: moving ? "/scan?for=request&move=1" : "/scan?for=request", icon: "scan" }), back: "/me/key" };
}

export default async function me({ part }) {
  const now = session.me();
  if (part === "look" || !now) return look(now ? "/me" : "/start");
  if (!now.party) return overview();
  return { key, move: () => invite(true), invite: () => invite(false) }[part]?.() ?? overview();
}
