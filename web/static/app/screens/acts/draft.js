// A draft that was begun: the form goes on where it was left. One that has a number, or whose content is fixed, can only be signed as it is.
import { bigButton, buzz, h, lineButton, notice, toast } from "../../ui.js";
import { name, t } from "../../i18n.js";
import { go, path, refresh } from "../../router.js";
import * as outbox from "../../outbox.js";
import * as session from "../../session.js";
import { shortName } from "../../names.js";
import { giveUp, rowOf } from "../refused.js";
import { signed } from "../signing.js";

async function remove(id) {
  const found = await outbox.removeDraft(id);
  toast(t("acts-draft-removed"), { undo: () => outbox.saveDraft(found).then(refresh) });
  go("/outbox");
}

async function fixed(kept) {
  const act = async () => {
    const row = await signed(kept.id);
    if (!row) return;
    buzz("signed");
    go(path`/done/${row.key}`);
  };
  const row = kept.row && (await rowOf(kept.row));
  const away = row
    ? lineButton(t("give-up-number", { number: String(row.seq) }), { act: () => giveUp(row, "mistake"), icon: "abandoned" })
    : lineButton(t("acts-draft-remove"), { act: () => remove(kept.id) });
  return { title: t("acts-not-signed-yet"), body: [notice("warn", t("acts-not-signed-why")), away], action: bigButton(t("acts-sign"), { kind: "sign", act }), back: "/outbox" };
}

async function resumed({ id, fixes, form: { act, of, answers } }) {
  // a record that is entered anew after its refusal gives the old number up by name
  const kept = { of, answers, draftId: id, more: fixes ? { fixes } : {} };
  if (act === "inspect") return (await import("./inspect.js")).default({}, new URLSearchParams(), kept);
  return (await import("./form.js")).screen(act, {}, new URLSearchParams(), kept);
}

// A form goes by the goods and records of its party: it is opened again as that party only.
async function stranger({ as }) {
  const [me, owner] = [session.me(), (await session.identities()).find((one) => one.key === as)];
  if (!owner || (owner.party === me.party && owner.ledger === me.ledger)) return null;
  const party = name(owner.name) || shortName(owner.party);
  const act = () => session.use(as).then(refresh);
  return { title: t("acts-draft-of", { party }), body: notice("note", t("acts-draft-of-why")), action: bigButton(t("acts-draft-as", { party }), { act, icon: "people" }), back: "/outbox" };
}

export default async function draft({ id }) {
  const kept = await outbox.draft(id);
  if (!kept) {
    // another page signed it
    const row = (await outbox.list()).find((one) => one.draftId === id);
    if (row) return go(row.state === "abandoned" ? path`/outbox/${row.key}` : path`/done/${row.key}`);
    return { title: t("acts-draft-gone"), body: h("p", {}, t("acts-draft-gone-why")), action: bigButton(t("outbox"), { to: "/outbox" }), back: "/outbox" };
  }
  if (kept.row || !kept.form) return fixed(kept);
  const other = await stranger(kept);
  if (other) return other;
  const screen = await resumed(kept);
  return { ...screen, body: [screen.body, lineButton(t("acts-draft-remove"), { act: () => remove(id) })], back: "/outbox" };
}
