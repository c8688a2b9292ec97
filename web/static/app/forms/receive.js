// Receive, counted lot by lot against what was sent; or refuse the whole shipment.
import { amount, papers, place } from "./ask.js";
import { lotParts, recordUri } from "./context.js";
import { compare, minus } from "./decimal.js";
import { baseOf, codeOf, inBase, readable } from "./units.js";

/** Shipments on their way to this party that no record of this phone closed yet. */
export function incoming(ctx) {
  const closed = new Set(ctx.standing.filter(({ event }) => event.bizStep === "receiving").map(({ event }) => event["jejak:shipment"]));
  return (ctx.work.incoming ?? []).map((one) => ({ ...one, shipment: recordUri(one.shipment) })).filter((one) => !closed.has(one.shipment));
}

function shipmentQuestion(ctx) {
  const { lot, record } = ctx.of;
  // goods that are on their way to somebody else are that party's to receive or reject; another shipment is no answer for them
  const list = incoming(ctx).filter((one) => (!record || one.shipment === recordUri(record)) && (!lot || (one.lots ?? []).some((part) => part.lot === lot)));
  const value = list.length === 1 ? list[0].shipment : undefined;
  return {
    id: "shipment", kind: "choice", label: "acts-q-shipment", none: lot || record ? "acts-none-incoming-of" : "acts-none-incoming",
    options: list.map((one) => ({ value: one.shipment, label: ctx.name(one.name) || ctx.name(one.from), note: (one.lots ?? []).map((part) => lotParts(part.lot)?.number).join(", ") })),
    ...(value ? { value } : {}),
  };
}

/** As it was sent, in the unit that one reads easily. */
function sentAmount(ctx, part) {
  const base = baseOf(ctx.product(lotParts(part.lot)?.gtin)?.unit ?? part.unit);
  const { amount: digits, code: unit } = readable(base, inBase(String(part.amount), codeOf(part.unit)));
  return { amount: digits, unit };
}

const sentOf = (ctx, shipment) => incoming(ctx).find((one) => one.shipment === shipment);
const countId = (lot) => `count:${lot}`;

/** What is missing (or too much) of a lot: {kind: "short"|"over"|"same", amount, base} in base units. */
export function differenceOf(ctx, part, counted) {
  const base = baseOf(ctx.product(lotParts(part.lot)?.gtin)?.unit ?? part.unit);
  const sent = inBase(String(part.amount), codeOf(part.unit));
  const got = inBase(counted.amount, counted.unit);
  const sign = compare(got, sent);
  return { kind: sign < 0 ? "short" : sign > 0 ? "over" : "same", amount: sign < 0 ? minus(sent, got) : minus(got, sent), base };
}

export const receive = {
  id: "receive",
  icon: "truck",
  questions(ctx, a) {
    const asked = shipmentQuestion(ctx);
    const found = sentOf(ctx, a.shipment ?? asked.value);
    return [
      asked,
      ...(found?.lots ?? []).map((part) =>
        amount(ctx, lotParts(part.lot).gtin, countId(part.lot), {
          kind: "count", act: "receive", of: ["shipment"], lot: part.lot, sent: sentAmount(ctx, part), zero: true, label: "acts-q-counted",
          otherwise: { key: "acts-refuse-all", to: `/refuse/of/${found.shipment.split(":").at(-1)}` },
        }),
      ),
      place(ctx),
      papers(),
    ];
  },
  build(ctx, a) {
    const found = sentOf(ctx, a.shipment);
    const lots = found.lots.map((part) => ({ lot: part.lot, amount: a[countId(part.lot)].amount, unit: a[countId(part.lot)].unit }));
    return {
      act: "receive",
      input: { lots, containers: found.containers ?? [], shipment: a.shipment, place: a.place, after: [a.shipment] },
      evidence: a.papers,
      remember: { [`place:${ctx.own}`]: a.place },
    };
  },
  say(ctx, a) {
    const found = sentOf(ctx, a.shipment);
    return [
      { key: "acts-say-receive", args: { from: ctx.name(found.name) || found.from } },
      ...found.lots.flatMap((part) => {
        const counted = a[countId(part.lot)];
        const gap = differenceOf(ctx, part, counted);
        return [
          { key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: counted },
          gap.kind !== "same" && { key: `acts-say-${gap.kind}`, args: {}, base: gap, tone: "warn" },
        ];
      }),
    ];
  },
};

export const refuse = {
  id: "refuse",
  icon: "truck",
  questions: (ctx) => [
    shipmentQuestion(ctx),
    { id: "reason", kind: "choice", label: "acts-q-refuse-why", options: ["damaged", "wrong-goods", "failed-test", "wrong-papers", "not-ordered", "other-reason"].map((value) => ({ value, key: `acts-why-${value}` })) },
    place(ctx),
    papers(),
  ],
  build(ctx, a) {
    const found = sentOf(ctx, a.shipment);
    const lots = found.lots.map((part) => ({ lot: part.lot, amount: "0", unit: codeOf(part.unit) }));
    return { act: "receive", input: { lots, shipment: a.shipment, refused: true, reason: a.reason, place: a.place, after: [a.shipment] }, evidence: a.papers };
  },
  say: (ctx, a) => {
    const found = sentOf(ctx, a.shipment);
    return [
      { key: "acts-say-refuse", args: { from: ctx.name(found.name) || found.from, lots: found.lots.map((part) => lotParts(part.lot).number).join(", ") } },
      { key: `acts-why-${a.reason}`, args: {} },
    ];
  },
};
