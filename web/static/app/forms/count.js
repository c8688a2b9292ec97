// A counted stock-taking that joins two records which two phones made on top of the same one. The finding stays; the count names both.
import { amount, heldLot, place } from "./ask.js";
import { lotParts, recordUri } from "./context.js";
import { isZero } from "../decimal.js";

export const count = {
  id: "count",
  icon: "conflict",
  questions(ctx, a) {
    const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
    const gtin = lotParts(a.lot ?? asked.value)?.gtin;
    return [asked, gtin && amount(ctx, gtin, "counted", { kind: "count", act: "count", zero: true, label: "acts-q-stock-taking", of: ["lot"] }), place(ctx)];
  },
  build(ctx, a) {
    const fork = ctx.records.find((one) => one.key === ctx.of?.joins);
    const others = (fork?.forks ?? []).flatMap(({ lot, other }) => (other && (!lot || lot === a.lot) ? other : []));
    const both = [...(fork ? [fork.id, ...others].map(recordUri) : []), ...ctx.newest([a.lot])];
    return {
      act: "observe",
      // an observation states an amount only where there is some
      input: { lots: [{ lot: a.lot, ...(isZero(a.counted.amount) ? {} : { amount: a.counted.amount, unit: a.counted.unit }) }], step: "stock_taking", place: a.place, after: [...new Set(both)] },
    };
  },
  say: (ctx, a) => [{ key: "acts-say-count", args: { lot: lotParts(a.lot).number }, amount: a.counted }, { key: "acts-say-joins", args: {} }],
};
