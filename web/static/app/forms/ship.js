// Ship and void a shipment: what, to whom, for which market, with which papers.
import { lotOption, papers, party, place } from "./ask.js";
import { lotParts, recordUri } from "./context.js";

/** Markets that the profiles of these goods know, the one that the lot is for first. */
export function marketsOf(ctx, lots) {
  const found = new Set();
  for (const lot of lots) {
    const product = ctx.product(lotParts(lot)?.gtin);
    for (const list of ctx.profileOf(product?.commodity)?.completeTests ?? []) {
      if (list.form === product.form && /^([A-Z]{2}|INT)$/.test(list.market)) found.add(list.market);
    }
  }
  return [...found];
}

export const ship = {
  id: "ship",
  icon: "truck",
  questions(ctx, a) {
    const lots = (a.goods ?? []).map((part) => part.lot);
    const stated = lots.map((lot) => ctx.lot(lot)?.market).find(Boolean);
    const last = ctx.remembered[`market:${a.to ?? ctx.remembered["ship:to"]}`];
    const markets = marketsOf(ctx, lots);
    const market = stated ?? (markets.includes(last) ? last : undefined);
    return [
      {
        id: "goods", kind: "parts", label: "acts-q-goods", first: ctx.of?.lot, containers: true,
        options: ctx.held().map((one) => ({ ...lotOption(ctx, one), gtin: one.gtin, held: one.amount, base: one.base })),
      },
      party(ctx, "to", "acts-q-consignee", { last: ctx.remembered["ship:to"] }),
      markets.length > 0 && { id: "market", kind: "choice", label: "acts-q-market", options: markets.map((value) => ({ value, market: value })), optional: true, ...(market ? { value: market } : {}) },
      place(ctx),
      papers(),
    ];
  },
  build: (ctx, a) => ({
    act: "ship",
    input: {
      lots: a.goods.filter((part) => part.lot).map(({ lot, amount, unit }) => ({ lot, amount, unit })),
      containers: a.goods.filter((part) => part.sscc).map((part) => part.sscc),
      from: ctx.own, to: a.to, place: a.place, ...(a.market ? { market: a.market } : {}),
      after: ctx.newest(a.goods.map((part) => part.lot).filter(Boolean)),
    },
    evidence: a.papers,
    remember: { "ship:to": a.to, [`place:${ctx.own}`]: a.place, ...(a.market ? { [`market:${a.to}`]: a.market } : {}) },
  }),
  say: (ctx, a) => [
    { key: "acts-say-ship", args: { to: ctx.name(ctx.counterparts.find((one) => one.party === a.to)?.name) || a.to } },
    ...a.goods.map((part) => (part.sscc ? { key: "acts-say-container", args: { sscc: part.sscc } } : { key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
    a.market && { key: "acts-say-market", args: {}, market: a.market },
  ],
  /** Goods on hold, recalled or failed: asked, never forbidden (docs/rules.md, "shipped-on-hold"). */
  cautions: (ctx, a) =>
    a.goods.flatMap((part) => {
      const state = ctx.lot(part.lot)?.state;
      const why = { held: "acts-caution-held", recalled: "acts-caution-recalled", failed: "acts-caution-failed" }[state];
      return why ? [{ key: why, args: { lot: lotParts(part.lot).number } }] : [];
    }),
};

/** Shipments of this party that are under way, as far as this phone knows. */
export function underWay(ctx) {
  const closed = new Set(ctx.records.map(({ event }) => event["jejak:shipment"]).filter(Boolean));
  const mine = ctx.records
    .filter(({ event }) => event.bizStep === "shipping" && !event.errorDeclaration)
    .map((record) => ({
      shipment: recordUri(record.id), to: record.event.destinationList?.[0]?.destination, sent: record.event.eventTime,
      lots: (record.event.quantityList ?? []).map((one) => ({ lot: one.epcClass, amount: one.quantity === undefined ? undefined : String(one.quantity), unit: one.uom })),
      containers: record.event.epcList ?? [],
    }));
  const told = (ctx.work.outgoing ?? []).map((one) => ({ ...one, shipment: recordUri(one.shipment) }));
  return [...mine, ...told.filter((one) => !mine.some((other) => other.shipment === one.shipment))].filter((one) => !closed.has(one.shipment));
}

export const voidShipment = {
  id: "void-shipment",
  icon: "truck",
  questions(ctx) {
    const list = underWay(ctx);
    const value = ctx.of?.record ? recordUri(ctx.of.record) : list.length === 1 ? list[0].shipment : undefined;
    const named = (one) => ctx.name(ctx.counterparts.find((other) => other.party === one.to)?.name) || one.to;
    return [
      { id: "shipment", kind: "choice", label: "acts-q-shipment", none: "acts-none-underway", options: list.map((one) => ({ value: one.shipment, label: named(one), note: one.lots.map((part) => lotParts(part.lot)?.number).join(", ") })), ...(value ? { value } : {}) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const found = underWay(ctx).find((one) => one.shipment === a.shipment);
    const lots = (found?.lots ?? []).map((part) => ({ lot: part.lot }));
    return { act: "void-shipment", input: { lots, containers: found?.containers ?? [], shipment: a.shipment, place: a.place, after: [a.shipment] } };
  },
  say: (ctx, a) => {
    const found = underWay(ctx).find((one) => one.shipment === a.shipment);
    return [{ key: "acts-say-void-shipment", args: { lots: (found?.lots ?? []).map((part) => lotParts(part.lot)?.number).join(", ") } }];
  },
};
