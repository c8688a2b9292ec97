// Signs a draft of the outbox, and asks about a clock that seems wrong. For forms (acts/sign.js) and for statements of the
// registry, which no form asks for.

import { buzz, dialog, UserError } from "../ui.js";
import { clock, moment, t, weekday } from "../i18n.js";
import { go, path } from "../router.js";
import * as outbox from "../outbox.js";

// Whether the person says that the phone's clock is right.
async function clockIsRight({ ledgerClock }) {
  const now = new Date();
  return dialog(t("acts-clock", { date: weekday(now), time: clock(now) }), t("acts-clock-why", { ledger: moment((ledgerClock ?? 0) * 1000) }), [
    { label: t("acts-clock-mend"), value: false }, { label: t("acts-clock-right"), value: true, kind: "quiet" },
  ]);
}

/** Signs a draft: { key, seq, id }, or undefined when the person went back to set the clock. */
export async function signed(draftId, options) {
  try {
    return await outbox.signDraft(draftId, options);
  } catch (error) {
    if (["clock-behind", "clock-ahead"].includes(error.code)) return (await clockIsRight(error)) ? signed(draftId, { clockConfirmed: true }) : undefined;
    buzz("refused");
    throw error;
  }
}

/** Signs one statement of the registry. */
export async function signStatement(statement) {
  const id = await outbox.saveDraft({ act: "statement", statement });
  const row = await signed(id);
  if (row) return row;
  await outbox.removeDraft(id);
  throw new UserError(t("acts-not-signed-yet"));
}

/** What follows when the draft of a form could not be kept: one that has a number is signed as it is, or was signed by another page. */
export function notKept(draftId, error) {
  if (error.code !== "has-a-number") throw error;
  go(path`/draft/${draftId}`);
}
