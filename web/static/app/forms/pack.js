// Pack goods into a container, and take them out again: what, into which, how much.
import { containerOption, lotOption, place } from "./ask.js";
import { lotParts, ssccUri } from "./context.js";
import { nextSscc } from "./lotnumber.js";
import { baseOf, inBase } from "../units.js";

const options = (ctx, list) => list.map((one) => ({ ...lotOption(ctx, one), gtin: one.gtin, held: one.amount, base: one.base }));

export const pack = {
  id: "pack",
  icon: "box",
  questions(ctx) {
    const next = nextSscc(ctx);
    return [
      { id: "goods", kind: "parts", label: "acts-q-goods", first: ctx.of?.lot, options: options(ctx, ctx.held()) },
      { id: "container", kind: "sscc", label: "acts-q-container", options: ctx.containers().map((one) => containerOption(ctx, one)), ...(next ? { value: next.sscc } : {}) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const next = nextSscc(ctx);
    const lots = a.goods.map(({ lot, amount, unit }) => ({ lot, amount, unit }));
    return {
      act: "pack",
      input: { lots, containers: [ssccUri(a.container)], place: a.place, after: ctx.newest(lots.map((part) => part.lot)) },
      remember: { [`place:${ctx.own}`]: a.place, ...(a.container === next?.sscc ? { "sscc:next": next.counter + 1 } : {}) },
    };
  },
  say: (ctx, a) => [
    { key: "acts-say-pack", args: { sscc: a.container } },
    ...a.goods.map((part) => ({ key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
  ],
};

export const unpack = {
  id: "unpack",
  icon: "box",
  questions(ctx, a) {
    const list = ctx.containers();
    const value = ctx.of?.record ? ssccUri(ctx.of.record) : list.length === 1 ? list[0].sscc : undefined;
    const chosen = a.container ?? value;
    const lots = chosen === undefined ? [] : ctx.contentsOf(ssccUri(chosen)).map((part) => {
      const { gtin, number } = lotParts(part.lot);
      return { value: part.lot, label: number, what: ctx.productName(gtin), gtin, ...(part.amount === undefined ? {} : { held: inBase(part.amount, part.unit), base: baseOf(part.unit) }) };
    });
    return [
      { id: "container", kind: "sscc", label: "acts-q-container", options: list.map((one) => containerOption(ctx, one)), ...(value ? { value } : {}) },
      chosen && { id: "goods", kind: "parts", label: "acts-q-out", of: ["container"], options: lots.length > 0 ? lots : options(ctx, ctx.held()) },
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
