// Receive, counted lot by lot against what was sent; refuse the whole shipment; or state the delivery to a consignee without a key.
import { amount, papers, place } from "./ask.js";
import { lotParts, recordUri } from "./context.js";
import { compare, minus } from "../decimal.js";
import { consigneeOf, underWay } from "./ship.js";
import { baseOf, codeOf, inBase, readable } from "../units.js";

/** Shipments on their way to this party that no record of this phone closed yet. */
export function incoming(ctx) {
  const closed = new Set(ctx.standing.filter(({ event }) => event.bizStep === "receiving").map(({ event }) => event["jejak:shipment"]));
  return (ctx.work.incoming ?? []).map((one) => ({ ...one, shipment: recordUri(one.shipment) })).filter((one) => !closed.has(one.shipment));
}

function shipmentQuestion(ctx, all, none, nameOf) {
  const { lot, record } = ctx.of;
  // goods that are on their way to somebody else are that party's to receive or reject; another shipment is no answer for them
  const list = all.filter((one) => (!record || one.shipment === recordUri(record)) && (!lot || (one.lots ?? []).some((part) => part.lot === lot)));
  const value = list.length === 1 ? list[0].shipment : undefined;
  return {
    id: "shipment", kind: "choice", label: "acts-q-shipment", none,
    options: list.map((one) => ({ value: one.shipment, label: nameOf(one), note: (one.lots ?? []).map((part) => lotParts(part.lot)?.number).join(", ") })),
    ...(value ? { value } : {}),
  };
}

/** One of which this phone knows a part can't be counted: its receipt would be refused. */
function incomingQuestion(ctx) {
  const known = incoming(ctx).filter((one) => !one.more);
  const none = known.length < incoming(ctx).length ? "acts-none-incoming-part" : ctx.of.lot || ctx.of.record ? "acts-none-incoming-of" : "acts-none-incoming";
  return shipmentQuestion(ctx, known, none, (one) => ctx.name(one.name) || one.from);
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

/** A question for each lot of a shipment. */
const counts = (ctx, found, more) =>
  (found?.lots ?? []).map((part) =>
    amount(ctx, lotParts(part.lot).gtin, countId(part.lot), { kind: "count", act: "receive", of: ["shipment"], lot: part.lot, sent: sentAmount(ctx, part), zero: true, label: "acts-q-counted", ...more }),
  );

function receipt(ctx, a, found) {
  const lots = found.lots.map((part) => ({ lot: part.lot, amount: a[countId(part.lot)].amount, unit: a[countId(part.lot)].unit }));
  return {
    act: "receive",
    input: { lots, containers: found.containers ?? [], shipment: a.shipment, place: a.place, after: [a.shipment] },
    evidence: a.papers,
    remember: { [`place:${ctx.own}`]: a.place },
  };
}

const counted = (ctx, a, found) =>
  found.lots.flatMap((part) => {
    const one = a[countId(part.lot)];
    const gap = differenceOf(ctx, part, one);
    return [
      { key: "acts-say-goods", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: one },
      gap.kind !== "same" && { key: `acts-say-${gap.kind}`, args: {}, base: gap, tone: "warn" },
    ];
  });

export const receive = {
  id: "receive",
  icon: "truck",
  questions(ctx, a) {
    const asked = incomingQuestion(ctx);
    const found = sentOf(ctx, a.shipment ?? asked.value);
    return [asked, ...counts(ctx, found, { otherwise: found && { key: "acts-refuse-all", to: `/refuse/of/${found.shipment.split(":").at(-1)}` } }), place(ctx), papers()];
  },
  build: (ctx, a) => receipt(ctx, a, sentOf(ctx, a.shipment)),
  say(ctx, a) {
    const found = sentOf(ctx, a.shipment);
    return [{ key: "acts-say-receive", args: { from: ctx.name(found.name) || found.from } }, ...counted(ctx, a, found)];
  },
};

const carriedOf = (ctx, shipment) => underWay(ctx).find((one) => one.shipment === shipment);

/** A receipt for a consignee that has no key, by the forwarder that shipped, with its paper (docs/rules.md, "deliver-outside"). */
export const deliver = {
  id: "deliver",
  icon: "hand",
  questions(ctx, a) {
    const asked = shipmentQuestion(ctx, underWay(ctx), "acts-none-deliver", (one) => consigneeOf(ctx, one));
    return [asked, ...counts(ctx, carriedOf(ctx, a.shipment ?? asked.value)), { ...papers(), optional: false, least: 1 }, place(ctx)];
  },
  build: (ctx, a) => receipt(ctx, a, carriedOf(ctx, a.shipment)),
  say(ctx, a) {
    const found = carriedOf(ctx, a.shipment);
    return [{ key: "acts-say-deliver", args: { to: consigneeOf(ctx, found) } }, ...counted(ctx, a, found), { key: "acts-say-deliver-word", args: {} }];
  },
};

export const refuse = {
  id: "refuse",
  icon: "truck",
  questions: (ctx) => [
    incomingQuestion(ctx),
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
