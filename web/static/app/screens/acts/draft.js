// A draft that was begun: the form goes on where it was left.
import { bigButton, h, notice } from "../../ui.js";
import { t } from "../../i18n.js";
import * as outbox from "../../outbox.js";
import { buzz } from "../../ui.js";
import { go, path } from "../../router.js";

export default async function draft({ id }) {
  const kept = await outbox.draft(id);
  if (kept?.row || (kept && !kept.form)) {
    // it has a number: only the same content may be signed with it
    const act = async () => {
      const row = await outbox.signDraft(id);
      buzz("signed");
      go(path`/done/${row.key}`);
    };
    return { title: t("acts-not-signed-yet"), body: notice("warn", t("acts-not-signed-why")), action: bigButton(t("acts-sign"), { kind: "sign", act }), back: "/outbox" };
  }
  if (!kept) return { title: t("acts-draft-gone"), body: h("p", {}, t("acts-draft-gone-why")), action: bigButton(t("outbox"), { to: "/outbox" }), back: "/outbox" };
  const { act, of, answers } = kept.form;
  // a record that is entered anew after its refusal gives the old number up by name
  const resumed = { of, answers, draftId: id, more: kept.fixes ? { fixes: kept.fixes } : {} };
  if (act === "inspect") return (await import("./inspect.js")).default({}, new URLSearchParams(), resumed);
  return (await import("./form.js")).screen(act, {}, new URLSearchParams(), resumed);
}
