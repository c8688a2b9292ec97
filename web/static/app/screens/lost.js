// A phone is lost, broken or stolen: in which order its file is handed in and its key is ended, and what that does to its records. Any
// phone may hand in a file; only an admin phone of the party, or its enroller, may end a key.

import { announce, bigButton, button, choice, faulty, field, h, lineButton, notice, replaceIn, row, rows, UserError, technical } from "../ui.js";
import { day, t } from "../i18n.js";
import { isolated } from "../names.js";
import { go, path, refresh } from "../router.js";
import * as session from "../session.js";
import * as outbox from "../outbox.js";
import * as statements from "../statements.js";
import { visit } from "../identity.js";
import { ledgerHere, synchronise } from "../network.js";
import { signStatement } from "./signing.js";

// The other phones of this party, as the node said last.
const phones = () => (session.kit()?.keys ?? []).filter((k) => k.key !== session.me()?.key);
const phoneName = (k) => (k.label && isolated(k.label)) || t("phone-of", { day: day(k.since * 1000) });

function list() {
  const me = session.me();
  const key = field(t("key-of-phone"), { help: t("key-of-phone-help"), maxlength: 52, autocapitalize: "none", spellcheck: "false" });
  const others = phones();
  if (!me?.party) {
    return { title: t("lost-title"), body: [h("p", { class: "lead" }, t("lost-without-key")), rows([row({ icon: "outbox", title: t("hand-in"), to: "/lost/file" }), row({ icon: "key", title: t("make-new-key"), to: "/start" })])], back: "/start" };
  }
  if (me.purpose !== "admin") {
    return { title: t("lost-title"), body: [notice("warn", t("needs-admin")), h("p", {}, t("needs-admin-what")), lineButton(t("hand-in"), { to: "/lost/file", icon: "outbox" })], action: bigButton(t("home"), { to: "/home" }), back: "/me" };
  }
  const act = () => {
    const text = key.input.value.trim();
    if (!/^[a-z2-7]{52}$/.test(text)) throw new UserError(t("key-wrong"));
    go(path`/lost/${text}`);
  };
  return {
    title: t("which-phone"),
    body: [
      others.length > 0 && rows(others.map((k) => row({ icon: "phone", title: phoneName(k), note: t(`purpose-${k.purpose}`), to: path`/lost/${k.key}` }))),
      h("details", { open: others.length === 0 }, h("summary", {}, t("another-key")), key.element, button(t("next"), { act })),
      lineButton(t("hand-in"), { to: "/lost/file", icon: "outbox" }),
    ],
    back: "/me",
  };
}

function one(key) {
  const known = phones().find((k) => k.key === key);
  const steps = h("div", { "aria-live": "polite" });
  const now = new Date();
  const local = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const since = field(t("stolen-since"), { type: "datetime-local", max: local, value: local, help: t("stolen-since-help") });
  const how = choice(t("what-happened"), [
    { value: "lost", label: t("lost-or-broken"), note: t("lost-or-broken-note") },
    { value: "compromised", label: t("stolen"), note: t("stolen-note") },
  ], { onchange: draw });
  function draw() {
    const stolen = how.value() === "compromised";
    if (!how.value()) return replaceIn(steps);
    replaceIn(steps, h("ol", { class: "numbered" }, (stolen ? ["stolen-step-1", "stolen-step-2"] : ["lost-step-1", "lost-step-2"]).map((k) => h("li", {}, t(k)))),
      stolen ? since.element : button(t("hand-in"), { to: "/lost/file", icon: "outbox" }));
  }
  const act = async () => {
    const reason = how.value();
    if (!reason) throw new UserError(t("say-what-happened"));
    const compromisedSince = reason === "compromised" ? Math.floor(new Date(since.input.value).getTime() / 1000) : undefined;
    if (reason === "compromised" && !Number.isSafeInteger(compromisedSince)) throw new UserError(t("say-since-when"));
    await signStatement(statements.keyRevocation({ key, reason, compromisedSince }));
    synchronise().catch(() => {});
    go("/outbox");
  };
  return {
    title: known ? t("end-phone-title", { phone: phoneName(known) }) : t("lost-title"),
    body: [how.element, steps, h("p", { class: "help" }, t("what-stays")), technical([[t("key"), key]])],
    action: bigButton(t("end-key"), { act, kind: "danger" }),
    back: "/lost",
  };
}

// The outbox file of another phone: shared as text, or the file itself. Whoever has it hands it in, also without a key.
function file() {
  const result = h("div", { "aria-live": "polite" });
  const take = async (text) => {
    await visit(await ledgerHere());
    const { added, known, wrong, elsewhere } = await outbox.importFile(text);
    const parts = [t("handed-in", { added, known, wrong }), elsewhere > 0 && t("handed-in-elsewhere", { count: elsewhere })].filter(Boolean);
    replaceIn(result, notice(wrong + elsewhere > 0 ? "warn" : "good", parts.join(" ")));
    announce(result.textContent);
    synchronise().then(refresh, () => {});
  };
  const input = h("input", { type: "file", accept: ".txt,text/plain", class: "only-read", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", async () => input.files[0] && take(await input.files[0].text()).catch((error) => replaceIn(result, faulty(error))));
  const text = field(t("or-paste"), { type: "textarea" });
  const paste = () => {
    if (text.input.value.trim() === "") throw new UserError(t("nothing-pasted"));
    return take(text.input.value);
  };
  return {
    title: t("hand-in"),
    body: [h("p", { class: "lead" }, t("hand-in-lead")), result, input, text.element, button(t("take-text"), { act: paste })],
    action: bigButton(t("choose-file"), { act: () => input.click(), icon: "doc" }),
    back: session.me()?.party ? "/lost" : "/start",
  };
}

export default async function lost({ key }) {
  if (key === "file") return file();
  return key ? one(key) : list();
}

