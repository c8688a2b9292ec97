// Ship and void a shipment: what, to whom, for which market, with which papers.
import { containerOption, lotOption, papers, party, place } from "./ask.js";
import { lotParts, recordUri, ssccUri } from "./context.js";
import { standing as holdsOn } from "./hold.js";

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

/** The lots of goods that are loose or in containers, each once. */
const lotsIn = (ctx, goods = []) => [...new Set(goods.flatMap((part) => (part.sscc ? ctx.contentsOf(part.sscc).map((one) => one.lot) : part.lot)))];

export const ship = {
  id: "ship",
  icon: "truck",
  questions(ctx, a) {
    const lots = lotsIn(ctx, a.goods);
    // the home market that a lot is judged for where none was stated is nobody's word
    const stated = lots.map((lot) => ctx.lot(lot)).find((one) => one?.market && one.marketStated !== false)?.market;
    const last = ctx.remembered[`market:${a.to ?? ctx.remembered["ship:to"]}`];
    const markets = marketsOf(ctx, lots);
    const market = stated ?? [last, ctx.wish].find((one) => markets.includes(one));
    return [
      {
        id: "goods", kind: "parts", label: "acts-q-goods", first: ctx.of?.lot,
        options: [...ctx.held().map((one) => ({ ...lotOption(ctx, one), gtin: one.gtin, held: one.amount, base: one.base })), ...ctx.containers().map((one) => containerOption(ctx, one))],
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
      after: ctx.newest(lotsIn(ctx, a.goods)),
    },
    evidence: a.papers,
    remember: { "ship:to": a.to, [`place:${ctx.own}`]: a.place, ...(a.market ? { [`market:${a.to}`]: a.market } : {}) },
  }),
  say: (ctx, a) => [
    { key: "acts-say-ship", args: { to: ctx.name(ctx.counterparts.find((one) => one.party === a.to)?.name) || a.to } },
    ...a.goods.map((part) => (part.sscc ? { key: "acts-say-container", args: { sscc: part.sscc.slice(-18) } } : { key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
    a.market && { key: "acts-say-market", args: {}, market: a.market },
  ],
  /** Goods on hold, recalled or failed: asked, never forbidden (docs/rules.md, "shipped-on-hold"). */
  cautions: (ctx, a) =>
    lotsIn(ctx, a.goods).flatMap((lot) => {
      const state = holdsOn(ctx, lot).length > 0 ? "held" : ctx.lot(lot)?.state;
      const why = { held: "acts-caution-held", recalled: "acts-caution-recalled", failed: "acts-caution-failed" }[state];
      return why ? [{ key: why, args: { lot: lotParts(lot).number } }] : [];
    }),
};

/** Shipments that this party sent or carries, as far as this phone knows: those that the node's answer has not are told by its own records. */
export function underWay(ctx) {
  const closed = new Set(ctx.standing.map(({ event }) => event["jejak:shipment"]).filter(Boolean));
  const mine = ctx.standing
    .filter((record) => record.event.bizStep === "shipping" && !ctx.isTold(record))
    .map((record) => {
      const containers = record.event.epcList ?? [];
      const loose = (record.event.quantityList ?? []).map((one) => ({ lot: one.epcClass, amount: String(one.quantity), unit: one.uom }));
      return { shipment: recordUri(record.id), from: ctx.own, to: record.event.destinationList?.[0]?.destination, lots: [...loose, ...containers.flatMap((sscc) => ctx.contentsOf(sscc))], containers };
    });
  const told = (ctx.work.outgoing ?? []).map((one) => ({ ...one, shipment: recordUri(one.shipment), containers: (one.containers ?? []).map(ssccUri) }));
  return [...mine, ...told].filter((one) => !closed.has(one.shipment) && !ctx.isVoided(one.shipment));
}

/** Who gets a shipment, by name. */
export const consigneeOf = (ctx, one) => ctx.name(ctx.counterparts.find((other) => other.party === one.to)?.name) || ctx.name(one.name) || one.to;

const numbersOf = (one) => [...one.lots.map((part) => lotParts(part.lot)?.number), ...one.containers.map((sscc) => sscc.slice(-18))].join(", ");

/** The own shipments under way, those with the goods that the screen was opened for alone. */
const cancellable = (ctx) => underWay(ctx).filter((one) => one.from === ctx.own && (!ctx.of.lot || one.lots.some((part) => part.lot === ctx.of.lot)));

export const voidShipment = {
  id: "void-shipment",
  icon: "truck",
  questions(ctx) {
    const list = cancellable(ctx);
    const asked = ctx.of.record && recordUri(ctx.of.record);
    const value = asked ? list.find((one) => one.shipment === asked)?.shipment : list.length === 1 ? list[0].shipment : undefined;
    return [
      { id: "shipment", kind: "choice", label: "acts-q-shipment", none: "acts-none-underway", options: list.map((one) => ({ value: one.shipment, label: consigneeOf(ctx, one), note: numbersOf(one) })), ...(value ? { value } : {}) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const found = underWay(ctx).find((one) => one.shipment === a.shipment);
    return { act: "void-shipment", input: { lots: (found?.lots ?? []).map(({ lot }) => ({ lot })), containers: found?.containers ?? [], shipment: a.shipment, place: a.place, after: [a.shipment] } };
  },
  say: (ctx, a) => {
    const found = underWay(ctx).find((one) => one.shipment === a.shipment);
    return [{ key: "acts-say-void-shipment", args: { lots: found ? numbersOf(found) : "" } }];
  },
};
