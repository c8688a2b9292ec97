// What is asked before signing: the same thing twice, goods in trouble, amounts far from the usual, more than there is.
//
// A ledger takes most of these, since each may be right; once there, they stay. Only what it surely refuses is blocked (`stop`). What it is
// not: the rules.
import { lotParts } from "./context.js";
import { compare, minus, plus, times } from "../decimal.js";
import { inBase } from "../units.js";

/** Portions of an event input that it takes from what is held. */
const taken = (act, input) => {
  const loss = { adjust: !["reweigh-gain", "fattening"].includes(input.reason), ship: true, pack: true }[act];
  return act === "process" ? input.inputs : loss ? (input.lots ?? []) : [];
};

const named = (input) => [...(input.lots ?? []), ...(input.inputs ?? []), ...(input.outputs ?? [])].filter((part) => part.amount !== undefined);

function actOf(event) {
  if (event.type === "TransformationEvent") return "process";
  const step = event.bizStep;
  if (event.type === "AggregationEvent") return event.action === "ADD" ? "pack" : "unpack";
  if (step === "commissioning") return "harvest";
  if (step === "stocking" || step === "destroying" || step === "decommissioning") return "adjust";
  return { shipping: "ship", receiving: "receive", sampling: "sample", inspecting: "inspect", holding: "hold", encoding: "label" }[step] ?? "observe";
}

const portions = (event) =>
  [event.quantityList, event.childQuantityList, event.inputQuantityList, event.outputQuantityList]
    .flatMap((list) => list ?? [])
    .filter((one) => one.quantity !== undefined)
    .map((one) => ({ lot: one.epcClass, base: inBase(String(one.quantity), one.uom ?? "H87") }));

/** A record of this phone of the same act, goods and amounts on the same day. Of new lots the product counts, since each has its own number. */
export function twin(ctx, { act, input }) {
  const day = (time) => new Date(time).getTime();
  const key = (lot, made) => (made ? lotParts(lot)?.gtin : lot);
  const made = act === "harvest";
  const mine = named(input).filter((part) => act !== "process" || (input.inputs ?? []).includes(part)).map((part) => `${key(part.lot, made)} ${inBase(part.amount, part.unit)}`).sort();
  if (mine.length === 0) return undefined;
  return ctx.standing.findLast(({ event, time }) => {
    if (actOf(event) !== act) return false;
    if (Math.abs(day(event.eventTime ?? time) - ctx.now.getTime()) >= 24 * 3600_000) return false;
    const inputs = new Set((event.inputQuantityList ?? []).map((one) => one.epcClass));
    const theirs = portions(event).filter((part) => act !== "process" || inputs.has(part.lot)).map((part) => `${key(part.lot, made)} ${part.base}`).sort();
    return theirs.join() === mine.join();
  });
}

/** Beyond five times, or under a fifth, of the usual: {low, high} of what was typed before, in base units. */
export function unusual(usual, base) {
  if (!usual || usual.length < 3) return undefined;
  const sorted = [...usual].sort(compare);
  const [low, high] = [sorted[0], sorted.at(-1)];
  return compare(base, times(high, "5")) > 0 || compare(times(base, "5"), low) < 0 ? { low, high } : undefined;
}

/** Amounts kept to know what is usual: the last ten. */
export const keepUsual = (usual, base) => [...(usual ?? []), base].slice(-10);

/** @returns {[{key, args, stop?, amounts?}]} in the order in which they are asked */
export function before(ctx, model, answers, built) {
  const list = [...(model.cautions?.(ctx, answers) ?? [])];
  const first = twin(ctx, built);
  if (first) list.push({ key: "acts-caution-twice", args: {}, time: first.event.eventTime ?? first.time });
  const sums = new Map();
  for (const part of taken(built.act, built.input)) if (part.lot) sums.set(part.lot, plus(sums.get(part.lot) ?? "0", inBase(part.amount, part.unit)));
  for (const [lot, wanted] of sums) {
    const held = ctx.stock(lot);
    // what other phones did is not known here: it is asked, and blocked only when this phone knows all
    if (held && compare(wanted, held.amount) > 0) list.push({ key: "acts-caution-more", args: { lot: lotParts(lot).number }, base: { amount: held.amount, base: held.base }, gap: minus(wanted, held.amount) });
  }
  return list;
}
