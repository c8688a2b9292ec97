// Stock that grew or shrank: why, and how much.
import { amount, codes, heldLot, papers, place } from "./ask.js";
import { lotParts } from "./context.js";

export const LOSSES = ["mortality", "drying", "spillage", "sample", "domestic-sale", "reweigh-loss"];
export const GAINS = ["reweigh-gain", "fattening"];

export const stock = {
  id: "stock",
  icon: "change",
  questions(ctx, a) {
    const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
    const gtin = lotParts(a.lot ?? asked.value)?.gtin;
    return [
      asked,
      { id: "reason", kind: "choice", label: "acts-q-reason", options: codes("acts-reason", [...LOSSES, ...GAINS]) },
      gtin && amount(ctx, gtin, "amount", { act: "stock", of: ["lot"], held: GAINS.includes(a.reason) ? undefined : ctx.lot(a.lot ?? asked.value) }),
      place(ctx),
      papers(),
    ];
  },
  build: (ctx, a) => ({
    act: "adjust",
    input: {
      lots: [{ lot: a.lot, amount: a.amount.amount, unit: a.amount.unit }], reason: a.reason, place: a.place,
      after: ctx.newest([a.lot]),
    },
    evidence: a.papers,
    remember: { [`place:${ctx.own}`]: a.place },
  }),
  say: (ctx, a) => [
    { key: GAINS.includes(a.reason) ? "acts-say-gain" : "acts-say-loss", args: { lot: lotParts(a.lot).number, product: ctx.productName(lotParts(a.lot).gtin) }, amount: a.amount },
    { key: `acts-reason-${a.reason}`, args: {} },
  ],
};
