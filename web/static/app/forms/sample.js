// A sample that is drawn of a lot: how many and how much, its number and seal. It moves nothing; the holder books the quantity off.
import { amount, papers, place } from "./ask.js";
import { lotParts } from "./context.js";
import { nextSample, sampleCount } from "./lotnumber.js";

/** What a number of a sample looks like, as the ledger takes it. */
export const SAMPLE = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$";

function lots(ctx) {
  const all = new Map([...(ctx.work.toInspect ?? []), ...(ctx.work.failed ?? []), ...ctx.held()].map((one) => [one.lot, one]));
  return [...all.values()].map((one) => ({ value: one.lot, label: lotParts(one.lot).number, what: ctx.productName(lotParts(one.lot).gtin), state: one.state }));
}

export const sample = {
  id: "sample",
  icon: "flask",
  questions(ctx, a) {
    const options = lots(ctx);
    const lot = a.lot ?? ctx.of?.lot ?? (options.length === 1 ? options[0].value : undefined);
    const gtin = lotParts(lot)?.gtin;
    return [
      { id: "lot", kind: "choice", label: "acts-q-lot", options, ...(lot ? { value: lot } : {}) },
      gtin && amount(ctx, gtin, "amount", { act: "sample", label: "acts-q-sample-amount", of: ["lot"] }),
      { id: "number", kind: "text", label: "acts-q-sample-number", value: nextSample(ctx), pattern: SAMPLE },
      { id: "seal", kind: "text", label: "acts-q-seal", optional: true, pattern: "^[A-Za-z0-9_:/.-]{1,64}$" },
      place(ctx),
      papers(),
    ];
  },
  build(ctx, a) {
    const holder = ctx.lot(a.lot)?.holder ?? ctx.own;
    return {
      act: "sample",
      input: {
        lots: [{ lot: a.lot, amount: a.amount.amount, unit: a.amount.unit }], sample: a.number, holder: holder?.party ?? holder, seal: a.seal, place: a.place,
        after: ctx.newest([a.lot]),
      },
      evidence: a.papers,
      remember: { [`place:${ctx.own}`]: a.place, ...(sampleCount(a.number) ? { sample: sampleCount(a.number) } : {}) },
    };
  },
  say: (ctx, a) => [
    { key: "acts-say-sample", args: { lot: lotParts(a.lot).number, product: ctx.productName(lotParts(a.lot).gtin), number: a.number }, amount: a.amount },
    a.seal && { key: "acts-say-seal", args: { seal: a.seal } },
  ],
};

/** The newest sample of a lot that this phone knows. */
export function sampleOf(ctx, lot) {
  const own = ctx.standing.filter(({ event }) => event.bizStep === "sampling" && (event.quantityList ?? []).some((one) => one.epcClass === lot));
  return own.at(-1)?.event["jejak:sample"]?.["jejak:id"];
}
