// Pack goods into a container, and take them out again: what, into which, how much.
import { lotOption, place } from "./ask.js";
import { lotParts, ssccUri } from "./context.js";
import { nextSscc } from "./lotnumber.js";

const options = (ctx, list) => list.map((one) => ({ ...lotOption(ctx, one), gtin: one.gtin, held: one.amount, base: one.base }));

export const pack = {
  id: "pack",
  icon: "box",
  questions(ctx) {
    const next = nextSscc(ctx);
    return [
      { id: "goods", kind: "parts", label: "acts-q-goods", first: ctx.of?.lot, options: options(ctx, ctx.held()) },
      { id: "container", kind: "sscc", label: "acts-q-container", ...(next ? { value: next } : {}) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const counter = Number(ctx.remembered["sscc:next"] ?? 1);
    const lots = a.goods.map(({ lot, amount, unit }) => ({ lot, amount, unit }));
    return {
      act: "pack",
      input: { lots, containers: [ssccUri(a.container)], place: a.place, after: ctx.newest(lots.map((part) => part.lot)) },
      remember: { [`place:${ctx.own}`]: a.place, ...(a.container === nextSscc(ctx) ? { "sscc:next": counter + 1 } : {}) },
    };
  },
  say: (ctx, a) => [
    { key: "acts-say-pack", args: { sscc: a.container } },
    ...a.goods.map((part) => ({ key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
  ],
};

/** Containers that this phone knows, with what is in them: packed here, or told by the node. */
export function containers(ctx) {
  const found = new Map();
  for (const one of ctx.work.containers ?? []) found.set(ssccUri(one.sscc), { sscc: ssccUri(one.sscc), lots: one.lots ?? one.contents ?? [] });
  for (const { event } of ctx.records) {
    if (event.type !== "AggregationEvent" || event.errorDeclaration) continue;
    if (event.action === "ADD") found.set(event.parentID, { sscc: event.parentID, lots: (event.childQuantityList ?? []).map((one) => ({ lot: one.epcClass, amount: String(one.quantity), unit: one.uom })) });
    else found.delete(event.parentID);
  }
  return [...found.values()];
}

export const unpack = {
  id: "unpack",
  icon: "box",
  questions(ctx, a) {
    const list = containers(ctx);
    const value = ctx.of?.record ?? (list.length === 1 ? list[0].sscc : undefined);
    const chosen = list.find((one) => one.sscc === (a.container ?? value));
    const lots = (chosen?.lots ?? []).map((part) => ({ value: part.lot, label: lotParts(part.lot).number, what: ctx.productName(lotParts(part.lot).gtin), gtin: lotParts(part.lot).gtin, part }));
    return [
      { id: "container", kind: "sscc", label: "acts-q-container", options: list.map((one) => ({ value: one.sscc, label: one.sscc.slice(-18), note: one.lots.map((part) => lotParts(part.lot)?.number).join(", ") })), ...(value ? { value } : {}) },
      (a.container ?? value) && { id: "goods", kind: "parts", label: "acts-q-out", of: ["container"], options: lots.length > 0 ? lots : options(ctx, ctx.held()) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const lots = a.goods.map(({ lot, amount, unit }) => ({ lot, amount, unit }));
    return { act: "unpack", input: { lots, containers: [ssccUri(a.container)], place: a.place, after: ctx.newest(lots.map((part) => part.lot)) } };
  },
  say: (ctx, a) => [
    { key: "acts-say-unpack", args: { sscc: a.container.slice(-18) } },
    ...a.goods.map((part) => ({ key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
  ],
};
