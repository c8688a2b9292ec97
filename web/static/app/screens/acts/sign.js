// From a filled form to a signed record: what is asked before, the draft, the signature, and what is kept for the next time.
import { buzz, dialog } from "../../ui.js";
import { clock, t } from "../../i18n.js";
import { go, path } from "../../router.js";
import { before } from "../../forms/cautions.js";
import { draftOf } from "../../forms/compose.js";
import { drafts as corrections, formAnew } from "../../forms/correct.js";
import { unitsTyped } from "../../units.js";
import * as outbox from "../../outbox.js";
import * as store from "../../store.js";
import { notKept, signed } from "../signing.js";
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

/**
 * Signs an act and shows that it was. @param draftId of the draft that was kept while the form was filled in
 * @returns the row's {key, seq, id}, or undefined when the person went back
 */
export async function sign(ctx, model, answers, { draftId, more, built: given, form } = {}) {
  const built = given ?? (await model.build(ctx, answers));
  if (!(await agreed(ctx, model, answers, built))) return undefined;
  // what could be lost is asked to be kept before it exists
  store.askPersist?.();
  if (built.act === "correct") return correct(ctx, built, draftId, form);
  // files that the form itself made are kept before a record names them
  for (const { content, documentType, title, access, mediaType } of built.blobs ?? []) await outbox.addBlob(content, { documentType, title, access, type: mediaType });
  const made = draftOf(built);
  await keepOpenings(built.openings, made.input.lots?.[0]?.lot);
  const id = await outbox.saveDraft({ ...more, id: draftId, as: ctx.as, ...made, form }).catch((error) => notKept(draftId, error));
  if (!id) return undefined;
  const row = await signed(id);
  if (!row) return undefined;
  await remember(ctx, { ...built.remember, ...unitsTyped(model.id, model.questions?.(ctx, answers).filter(Boolean) ?? [], answers) }, built);
  buzz("signed");
  go(path`/done/${row.key}`);
  return row;
}

async function correct(ctx, built, draftId, form) {
  const [voids] = corrections(built);
  const first = await outbox.saveDraft({ id: draftId, as: ctx.as, ...voids, form }).catch((error) => notKept(draftId, error));
  if (!first) return undefined;
  const [, anew] = corrections(built, first);
  // one that a first try left behind is written over
  const left = anew && (await outbox.drafts()).find((one) => one.replacesDraft === first && !one.row);
  const second = anew && (await outbox.saveDraft({ ...anew, as: ctx.as, id: left?.id }));
  let row;
  try {
    row = await signed(first);
  } finally {
    // nothing has a number: the second draft alone would have no meaning
    if (second && !row && !(await outbox.draft(first))?.row) await outbox.removeDraft(second);
  }
  if (!row) return undefined;
  if (second) row = (await signed(second)) ?? row;
  buzz("signed");
  go(built.anew ? formAnew(built.record, row.id) : path`/done/${row.key}`);
  return row;
}
