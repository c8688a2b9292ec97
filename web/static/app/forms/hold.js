// Hold, recall, and the lift of one: why. A hold flags the goods and everything made from them.
import { codes, heldLot, papers, place } from "./ask.js";
import { lotParts, recordUri } from "./context.js";

export const WHY = ["suspected-unsafe", "failed-test", "wrong-label", "damaged", "wrong-papers", "authority-order", "other-reason"];
const LIFTED = ["tested-again", "mended", "mistake", "other-reason"];

function lots(ctx, a) {
  const all = new Map([...ctx.held(), ...(ctx.work.toInspect ?? []), ...(ctx.work.failed ?? [])].map((one) => [one.lot, one]));
  const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
  return { ...asked, options: [...all.values()].map((one) => ({ value: one.lot, label: lotParts(one.lot).number, what: ctx.productName(lotParts(one.lot).gtin), state: one.state })) };
}

const holding = (id, icon) => ({
  id,
  icon,
  questions: (ctx, a) => [
    lots(ctx, a),
    { id: "reason", kind: "choice", label: "acts-q-why", options: codes("acts-why", WHY) },
    place(ctx),
    papers(),
  ],
  build: (ctx, a) => ({ act: id, input: { lots: [{ lot: a.lot }], reason: a.reason, place: a.place, after: ctx.newest([a.lot]) }, evidence: a.papers }),
  say: (ctx, a) => [
    { key: `acts-say-${id}`, args: { lot: lotParts(a.lot).number, product: ctx.productName(lotParts(a.lot).gtin) } },
    { key: `acts-why-${a.reason}`, args: {} },
    { key: "acts-say-flagged", args: {} },
  ],
});

export const hold = holding("hold", "hand");
export const recall = holding("recall", "recall");

/** Holds of this phone and of the node's answer that still stand on a lot. */
export function standing(ctx, lot) {
  const own = ctx.records.filter(({ event }) => event.bizStep === "holding" && !event["jejak:lifts"] && (event.quantityList ?? []).some((one) => !lot || one.epcClass === lot));
  const lifted = new Set(ctx.records.map(({ event }) => event["jejak:lifts"]).filter(Boolean));
  const told = (ctx.lot(lot)?.holds ?? []).map((one) => ({ record: recordUri(one.record ?? one), lot, reason: one.reason }));
  const mine = own.map((record) => ({ record: recordUri(record.id), lot: record.event.quantityList[0].epcClass, reason: record.event["jejak:reason"] }));
  return [...mine, ...told.filter((one) => !mine.some((other) => other.record === one.record))].filter((one) => !lifted.has(one.record));
}

export const lift = {
  id: "lift",
  icon: "pass",
  questions(ctx) {
    const list = standing(ctx, ctx.of?.lot);
    const value = ctx.of?.record ?? (list.length === 1 ? list[0].record : undefined);
    return [
      { id: "hold", kind: "choice", label: "acts-q-hold", none: "acts-none-holds", options: list.map((one) => ({ value: one.record, label: lotParts(one.lot)?.number, key: WHY.includes(one.reason) ? `acts-why-${one.reason}` : undefined })), ...(value ? { value } : {}) },
      { id: "reason", kind: "choice", label: "acts-q-lift-why", options: codes("acts-lift", LIFTED) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const found = standing(ctx).find((one) => one.record === a.hold);
    const lot = found?.lot ?? ctx.of?.lot;
    return { act: "lift", input: { ...(lot ? { lots: [{ lot }] } : {}), lifts: a.hold, reason: a.reason, place: a.place, after: lot ? ctx.newest([lot]) : [a.hold] } };
  },
  say: (ctx, a) => [{ key: "acts-say-lift", args: { lot: lotParts(standing(ctx).find((one) => one.record === a.hold)?.lot ?? ctx.of?.lot)?.number ?? "" } }, { key: `acts-lift-${a.reason}`, args: {} }],
};
