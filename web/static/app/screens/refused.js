// One record of this phone: what was signed, its state, and when it was refused: why, with the figures, and three ways on.

import { answered, bigButton, button, dialog, h, icon, lineButton, notice, row, rows, section, share, stateWord, technical, STATE_COLOUR, toast } from "../ui.js";
import { moment, name, t } from "../i18n.js";
import { go, path, refresh } from "../router.js";
import * as session from "../session.js";
import * as outbox from "../outbox.js";
import * as statements from "../statements.js";
import { synchronise } from "../network.js";
import { signStatement } from "./signing.js";
import { OPEN, maybeIn } from "../queue.js";
import { amount, lotOf, lotPath, lotTitle, sentence, titleOf } from "../wording.js";

// Records of several keys may have the same number: an address names a record by key and number.
export const rowOf = async (key) => (await outbox.list()).find((r) => r.key === key) ?? null;

// What the rule compared, as far as the node says it: amounts in the unit of the lot's product.
const AMOUNTS = ["taken", "held"];
const PLAIN = ["lot", "container", "last", "seq", "most", "named"];

function figures(r) {
  const { args = {}, conflicts = [] } = r.refused;
  const lot = lotOf(r.lots?.[0]);
  const unit = session.kit()?.products?.find((p) => p.gtin === lot?.gtin)?.unit ?? "g";
  const line = (key, value) => answered(t(`figure-${key}`), value);
  return [
    AMOUNTS.filter((key) => args[key] !== undefined).map((key) => line(key, amount(args[key], unit))),
    PLAIN.filter((key) => args[key] !== undefined).map((key) => line(key, String(args[key]).replace(/^.*\(10\)/, ""))),
    conflicts.length > 0 && h("p", { class: "help" }, t("conflicts-with", { count: conflicts.length })),
  ];
}

// A chat with rule, number and sentence, to whom enrolled this phone.
async function askEnroller(r) {
  const text = t("ask-text", { number: String(r.seq), act: titleOf(r), rule: r.refused.rule, sentence: sentence(r.refused), record: r.id });
  if (navigator.share) {
    await navigator.share({ text }).catch(() => {});
    return;
  }
  await share(new File([text], `jejak-${r.seq}.txt`, { type: "text/plain" }), name(session.enroller()?.name));
}

/** Asks, and gives a record up: the next one of its key names it, with this reason. */
export async function giveUp(r, reason) {
  const sure = await dialog(t("give-up-title", { number: String(r.seq) }), h("p", {}, t("give-up-what")), [
    { label: t("give-up"), value: true, kind: "danger" },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  await outbox.abandon(r.key, reason);
  toast(t("given-up", { number: String(r.seq) }), { undo: () => outbox.restore(r.key).then(refresh) });
  go("/outbox");
}

// A statement of the registry is never voided: what it did is ended by another one, of who may sign it.
async function suspend(party) {
  const sure = await dialog(t("suspend-party"), h("p", {}, t("suspend-party-what")), [
    { label: t("suspend-party"), value: true, kind: "danger" },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  await signStatement(statements.partyStatus({ party, status: "suspended" }));
  synchronise().catch(() => {});
  go("/outbox");
}

function ending(r) {
  const { type, key, party } = JSON.parse(r.payload);
  const way = {
    Key: () => button(t("end-key"), { to: path`/lost/${key}`, icon: "key" }),
    KeyRevocation: () => h("p", {}, t("ended-for-good")),
    Party: () => button(t("suspend-party"), { act: () => suspend(party), icon: "hand" }),
  }[type];
  return notice("note", t("statement-stays"), way?.());
}

const fixed = async (r) => go(path`/draft/${await outbox.fix(r.key)}`);

function refusal(r) {
  const enroller = name(session.enroller()?.name) || t("the-enroller");
  return {
    body: [
      notice("bad", sentence(r.refused)),
      h("p", {}, titleOf(r)),
      figures(r),
      button(t("ask-enroller", { enroller }), { act: () => askEnroller(r), icon: "people" }),
      lineButton(t("give-up-number", { number: String(r.seq) }), { act: () => giveUp(r, "refused"), icon: "abandoned" }),
    ],
    action: bigButton(t("fix-and-sign"), { act: () => fixed(r), icon: "change" }),
  };
}

const isStatement = (r) => ["registry", "statement"].includes(r.act);

// A record that needs no answer: its state, and what can be done with it.
function plain(r) {
  const open = OPEN.includes(r.state) && !maybeIn(r);
  const lots = (r.lots ?? []).map(lotOf).filter(Boolean);
  // what can't go in as it is signed is entered anew; all else is corrected
  const anew = r.source && (r.state === "waiting" || r.keyEnded);
  const may = ["signed", "queued", "accepted", "verified"].includes(r.state) && !(open && anew);
  return {
    body: [
      h("p", { class: `state ${STATE_COLOUR[r.state]}` }, icon(r.state), stateWord(r.state, r.waitsFor)),
      h("p", { class: "lead" }, t(`state-${r.state}-means`)),
      r.notice && notice(r.notice === "not-proven" ? "bad" : "note", t(`notice-${{ "node-went-back": "went-back" }[r.notice] ?? r.notice}`)),
      r.state === "waiting" && r.refused && notice("warn", sentence(r.refused)),
      r.keyEnded && OPEN.includes(r.state) && notice("bad", t("rule-key-revoked")),
      answered(t("signed-at"), moment(r.created)),
      r.verifiedAt && answered(t("verified-at"), moment(r.verifiedAt)),
      lots.length > 0 && section(t("lots"), rows(lots.map((lot) => row({ icon: "box", title: lotTitle(lot), to: lotPath(lot) })))),
      (r.findings ?? []).length > 0 && section(t("findings-title"), rows(r.findings.map((f) => row({ icon: "alert", state: "warn", title: f.sentence ?? sentence(f, "finding") })))),
      r.state === "abandoned" && !r.named && lineButton(t("take-back"), { act: () => outbox.restore(r.key).then(refresh) }),
      open && anew && button(t("fix-and-sign"), { act: () => fixed(r), icon: "change" }),
      r.state === "conflict" && button(t("conflict-title"), { to: path`/conflict/${r.key}`, icon: "conflict" }),
      may && (isStatement(r) ? !open && ending(r) : button(t("do-correct"), { to: path`/correct/${r.key}`, icon: "change" })),
      open && lineButton(t("give-up-number", { number: String(r.seq) }), { act: () => giveUp(r, "mistake"), icon: "abandoned" }),
    ],
    action: bigButton(t("outbox"), { to: "/outbox" }),
  };
}

export default async function show({ key }) {
  const r = await rowOf(key);
  if (!r) return { title: t("record-missing"), body: h("p", {}, t("record-missing-why")), action: bigButton(t("outbox"), { to: "/outbox" }), back: "/outbox" };
  const part = r.state === "refused" ? refusal(r) : plain(r);
  const title = r.state === "refused" ? t("refused-title", { number: String(r.seq) }) : [r.seq && t("number-title", { number: String(r.seq) }), titleOf(r)].filter(Boolean).join(": ");
  const more = technical([[t("record"), r.id], [t("key"), r.kid], [t("rule"), r.refused?.rule], [t("position"), r.index === undefined || r.index === null ? "" : String(r.index)]]);
  return { title, body: [part.body, more], action: part.action, back: "/outbox" };
}
