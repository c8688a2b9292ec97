// From a filled form to a signed record: what is asked before, the draft, the signature, and what is kept for the next time.
import { buzz, dialog, Said } from "../../ui.js";
import { clock, moment, t, weekday } from "../../i18n.js";
import { go } from "../../router.js";
import { before } from "../../forms/cautions.js";
import { draftOf } from "../../forms/compose.js";
import { drafts as corrections, formAnew } from "../../forms/correct.js";
import { unitsTyped } from "../../forms/units.js";
import * as outbox from "../../outbox.js";
import * as store from "../../store.js";
import { keepOpenings, remember } from "./known.js";
import { baseText } from "./words.js";

/** Asks what there is to ask; false when the person goes back. */
async function agreed(ctx, model, answers, built) {
  for (const one of before(ctx, model, answers, built)) {
    const args = { ...one.args };
    if (one.time) args.time = clock(one.time);
    if (one.base) args.amount = baseText(one.base);
    const answer = await dialog(t(one.key, args), t(`${one.key}-why`, args), [{ label: t(`${one.key}-go`), value: true }, { label: t("acts-back"), value: false, kind: "quiet" }]);
    if (!answer) return false;
  }
  return true;
}

const SENTENCES = new Set(["storage-full", "no-identity", "too-long", "not-stored", "no-key", "void-first"]);

async function signed(draftId) {
  try {
    return await outbox.signDraft(draftId);
  } catch (error) {
    if (error.code === "clock-behind" || error.code === "clock-ahead") {
      const now = new Date();
      const right = await dialog(t("acts-clock", { date: weekday(now), time: clock(now) }), t("acts-clock-why", { ledger: moment((error.ledgerClock ?? 0) * 1000) }), [
        { label: t("acts-clock-mend"), value: false }, { label: t("acts-clock-right"), value: true, kind: "quiet" },
      ]);
      if (!right) return undefined;
      return outbox.signDraft(draftId, { clockConfirmed: true });
    }
    if (SENTENCES.has(error.code)) {
      buzz("refused");
      throw new Said(t(`acts-sign-${error.code}`));
    }
    throw error;
  }
}

/**
 * Signs an act and shows that it was. @param draftId of the draft that was kept while the form was filled in
 * @returns the row's {seq, id}, or undefined when the person went back
 */
export async function sign(ctx, model, answers, { draftId, more, built = model.build(ctx, answers), form } = {}) {
  if (!(await agreed(ctx, model, answers, built))) return undefined;
  // what could be lost is asked to be kept before it exists
  store.askPersist?.();
  if (built.act === "correct") return correct(built, draftId, form);
  const made = draftOf(built);
  await keepOpenings(built.openings, made.input.lots?.[0]?.lot);
  const id = await outbox.saveDraft({ ...more, id: draftId, ...made, form });
  const row = await signed(id);
  if (!row) return undefined;
  await remember(ctx, { ...built.remember, ...unitsTyped(model.id, model.questions?.(ctx, answers).filter(Boolean) ?? [], answers) }, built);
  buzz("signed");
  go(`/done/${row.seq}`);
  return row;
}

async function correct(built, draftId, form) {
  const [voids] = corrections(built);
  const first = await outbox.saveDraft({ id: draftId, ...voids, form });
  const [, anew] = corrections(built, first);
  const second = anew && (await outbox.saveDraft(anew));
  let row = await signed(first);
  if (!row) {
    // nothing is signed: the second draft alone would have no meaning
    if (second) await outbox.removeDraft(second);
    return undefined;
  }
  if (second) row = (await signed(second)) ?? row;
  buzz("signed");
  go(built.anew ? formAnew(built.record, row.id) : `/done/${row.seq}`);
  return row;
}
