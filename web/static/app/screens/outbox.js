// The records of this phone, each with its state in a word: what is only here, what is in, what needs an answer.

import { bigButton, button, h, icon, lineButton, notice, row, rows, share, stateWord, STATE_COLOUR, toast } from "../ui.js";
import { moment, t } from "../i18n.js";
import { path, refresh } from "../router.js";
import * as session from "../session.js";
import * as outbox from "../outbox.js";
import * as store from "../store.js";
import { synchronise } from "../network.js";
import { status } from "../signal.js";
import { titleOf } from "../wording.js";

const SHOWN = 50;

function where(r) {
  if (r.state === "conflict") return path`/conflict/${r.key}`;
  if (r.state === "draft" && r.draftId) return `/draft/${r.draftId}`;
  return path`/outbox/${r.key}`;
}

const NOTICES = { "node-went-back": "notice-went-back", "not-proven": "notice-not-proven", imported: "notice-imported" };

const record = (r) =>
  row({
    icon: r.state, state: STATE_COLOUR[r.state],
    title: [r.seq && `${r.seq}. `, titleOf(r)].filter(Boolean).join(""),
    note: [stateWord(r.state, r.waitsFor), moment(r.created), NOTICES[r.notice] && t(NOTICES[r.notice]), r.photos > 0 && t("photos-follow", { count: r.photos })].filter(Boolean).join(" · "),
    to: where(r),
  });

const draftRow = (d) => row({ icon: "draft", title: titleOf({ act: d.act, source: { input: d.input } }), note: [t("state-draft"), d.time && moment(d.time)].filter(Boolean).join(" · "), to: `/draft/${d.id}` });

export async function shareOutbox() {
  const blob = await outbox.exportFile();
  const how = await share(new File([blob], outbox.outboxName(), { type: "text/plain" }), t("outbox"));
  if (how === "cancelled") return;
  await outbox.wasShared();
  toast(how === "shared" ? t("outbox-shared") : t("outbox-saved"));
}

// What a sync did, in a sentence.
function outcome(summary) {
  if (summary.state === "offline") return t("sync-offline");
  if (summary.state === "stopped" || summary.state === "alarm") return t("queue-stopped");
  if (summary.refused > 0) return t("sync-refused", { count: summary.refused });
  return summary.left > 0 ? t("sync-left", { count: summary.left }) : t("all-sent");
}

async function sendNow() {
  const summary = await synchronise();
  toast(outcome(summary));
  refresh();
}

export default async function show(_, query) {
  const [list, drafts, safety, summary] = await Promise.all([outbox.list(), outbox.drafts(), store.safety(), outbox.summary()]);
  const newest = [...list].reverse();
  const shown = query?.get("all") ? newest : newest.slice(0, SHOWN);
  const { offline } = status();
  const numbered = new Set(list.map((r) => r.draftId).filter(Boolean));
  const open = drafts.filter((d) => !numbered.has(d.id));
  const alone = summary.unsent > 0;
  const body = [
    alone && (safety.persisted ? h("p", { class: "line" }, icon("disk"), t("storage-safe")) : notice("warn", t("may-be-evicted", { count: summary.unsent }), button(t("see-storage"), { to: "/storage" }))),
    h("p", { class: alone ? "line wait" : "line" }, icon(offline ? "cloud" : "online"), offline ? t("no-signal") : t("signal"), " · ", alone ? t("unsent", { count: summary.unsent }) : t("all-sent")),
    open.length + shown.length > 0 ? rows([...open.map(draftRow), ...shown.map(record)], t("outbox")) : h("p", { class: "lead" }, t("outbox-empty")),
    newest.length > shown.length && lineButton(t("all-records", { count: newest.length }), { to: "/outbox?all=1" }),
    list.length > 0 && button(t("share-outbox"), { act: shareOutbox, icon: "share" }),
    lineButton(t("hand-in"), { to: "/lost/file", icon: "outbox" }),
  ];
  return { title: t("outbox"), body, action: session.me() && alone && bigButton(t("send-now"), { act: sendNow, icon: "outbox" }) };
}

