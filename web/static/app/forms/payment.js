// A payment of a shipment, step by step: agreed, due, held by a third party, paid, received. Who pays whom, how much and when; the record has
// the sum as a commitment, and its opening as a file that the two sides alone may read.
//
// A payment is one document. Who goes on with one that the other side signed commits to the same sum with the same random bytes, so that both
// are seen to say the same. What it is not: the money, nor a proof that it moved.
import { base32 } from "../../bytes.js";
import { blake3 } from "../../blake3.js";
import { choice } from "./engine.js";
import { codes, day, papers } from "./ask.js";
import { moneyOf, moneyText, openingBytes, payment as committed } from "./commit.js";
import { localDay, recordUri } from "./context.js";
import { lotsOfShipment, nameOf, numbersOf, otherSide, sideOf, tail } from "./shipment.js";

const MILESTONES = ["payment-agreed", "payment-due", "payment-in-escrow", "payment-paid", "payment-received"];
/** Of these the day is the one by which it is to be paid, of the others the one on which it happened. */
const BY = new Set(["payment-agreed", "payment-due"]);
// docs/rules.md, "payment-side"
const OF_ONE = { "payment-paid": "buyer", "payment-received": "seller" };

const NUMBER = { pattern: "^[A-Za-z0-9][A-Za-z0-9._\\-]{0,19}$", wrong: "acts-letters-only" };

/** The payment that the form goes on with. */
const shown = (ctx) => ctx.folder?.payments?.find((one) => one.document === ctx.of.document);

/** The opening of a payment that this phone has: the newest of the other side first, to which this side agrees. */
function sumOf(ctx, payment) {
  // what this phone took back says nothing of the sum any more
  const stages = (payment?.stages ?? []).filter((one) => !ctx.isVoided(recordUri(one.record))).reverse();
  for (const { commitment } of [...stages.filter((one) => one.party !== ctx.own), ...stages.filter((one) => one.party === ctx.own)]) {
    const opening = commitment && ctx.sum(commitment);
    if (opening) return { ...opening, commitment };
  }
  return undefined;
}

/** The next number of an instalment that no payment of the folder has. */
function nextNumber(ctx) {
  const shipment = ctx.folder && recordUri(ctx.folder.shipment);
  // those that this phone signed since
  const own = ctx.standing.filter(({ event }) => event["jejak:milestone"] && event["jejak:shipment"] === shipment).flatMap(({ event }) => event["jejak:documents"] ?? []);
  const taken = new Set([...(ctx.folder?.payments ?? []).map(({ number }) => number), ...own.map((one) => one["jejak:number"])]);
  for (let n = 1; ; n++) if (!taken.has(String(n))) return String(n);
}

/** Shipments whose money may be stated when the form was opened for none: those whose goods this phone knows, which the record names. */
function shipments(ctx) {
  const options = ctx.shipments.filter((one) => lotsOfShipment(ctx, recordUri(one.shipment)).length > 0).map((one) => ({ value: recordUri(one.shipment), label: ctx.name(one.to.party === ctx.own ? one.from.name : one.to.name) || one.to.party, note: numbersOf(lotsOfShipment(ctx, recordUri(one.shipment))) }));
  return { ...choice("shipment", "acts-q-shipment", options), none: "acts-none-shipments" };
}

/** The sum is typed once. One that the other side committed to, and that has not come to this phone, can't be agreed to. */
function sumQuestion(ctx, there) {
  if (there?.stages.some((one) => one.commitment && !ctx.isVoided(recordUri(one.record)))) return { id: "amount", kind: "choice", label: "acts-q-money", options: [], none: "acts-none-sum" };
  return { id: "amount", kind: "money", label: "acts-q-money", currency: ctx.remembered["payment:currency"] ?? "IDR" };
}

/** Seller and buyer. */
function sides(ctx, a) {
  const there = shown(ctx);
  if (there) return [there.from.party ?? there.from, there.to.party ?? there.to];
  return a.side === "seller" ? [ctx.own, a.with] : [a.with, ctx.own];
}

export const payment = {
  id: "payment",
  icon: "money",
  questions(ctx, a) {
    const there = shown(ctx);
    const [from] = there ? sides(ctx, a) : [];
    const listed = !ctx.folder && ctx.shipments.find((one) => recordUri(one.shipment) === (a.shipment ?? shipments(ctx).value));
    const side = there ? (from === ctx.own ? "seller" : "buyer") : (sideOf(ctx) ?? (listed && (listed.from.party === ctx.own ? "seller" : listed.to.party === ctx.own ? "buyer" : undefined)));
    const other = listed && (side === "seller" ? listed.to.party : side === "buyer" ? listed.from.party : undefined);
    const steps = MILESTONES.filter((one) => (OF_ONE[one] ?? side ?? a.side) === (side ?? a.side));
    const step = a.milestone ?? (steps.includes(ctx.of.milestone) ? ctx.of.milestone : undefined);
    const by = BY.has(step);
    // what both sides hold to was typed by the first of them; a day on which something happened is today
    const date = by ? there?.stages.findLast((one) => BY.has(one.milestone))?.date : localDay(ctx.now, ctx.offset);
    return [
      !ctx.folder && shipments(ctx),
      !there && { ...otherSide(ctx, "with", "acts-q-payment-with", { last: other ?? ctx.remembered["trade:with"] }), ...(other ? { value: other } : {}) },
      !there && { id: "side", kind: "choice", label: "acts-q-payment-side", options: codes("acts-payment-side", ["seller", "buyer"]), ...(side ? { value: side } : {}) },
      { id: "milestone", kind: "choice", label: "acts-q-milestone", options: codes("acts-milestone", steps), of: ["side"], ...(step ? { value: step } : {}) },
      !there && { id: "number", kind: "text", label: "acts-q-payment-number", inWords: "acts-payment-number", ...NUMBER, value: nextNumber(ctx) },
      !sumOf(ctx, there) && sumQuestion(ctx, there),
      step && day("day", by ? "acts-q-due" : "acts-q-happened", { of: ["milestone"], ...(date ? { value: date } : {}) }),
      { ...papers("files"), isPrivate: true, as: { value: "payment", key: "acts-document-payment" } },
    ];
  },
  build(ctx, a) {
    const there = shown(ctx);
    const shipment = ctx.folder ? recordUri(ctx.folder.shipment) : a.shipment;
    const [from, to] = sides(ctx, a);
    const number = there?.number ?? a.number;
    const document = there?.document ?? `urn:jejak:doc:payment:${tail(from)}:${tail(shipment).slice(0, 16)}.${encodeURIComponent(number)}`;
    const known = sumOf(ctx, there);
    const opening = known ?? committed(moneyText(a.amount), ctx.random(16)).opening;
    const bytes = openingBytes(opening);
    const file = { blake3: base32(blake3(bytes)), mediaType: "application/json", bytes: bytes.length, documentType: "payment-opening", title: `payment ${number}`, access: "restricted" };
    return {
      act: "trade",
      input: { lots: lotsOfShipment(ctx, shipment).map((lot) => ({ lot })), from, to, shipment, documents: [{ kind: "payment", document, number, date: a.day }], milestone: a.milestone, commitment: opening.commitment },
      evidence: [file, ...(a.files ?? []).map((one) => ({ ...one, documentType: "payment", access: "restricted", number }))],
      // bytes that the phone keeps and hands in with the record
      blobs: [{ ...file, content: bytes }],
      openings: known ? [] : [{ purpose: "payment", ...opening, of: document }],
      remember: { "payment:currency": moneyOf(opening.value).currency },
    };
  },
  say(ctx, a) {
    const there = shown(ctx);
    const [from, to] = sides(ctx, a);
    const sum = sumOf(ctx, there)?.value ?? moneyText(a.amount);
    return [
      { key: `acts-milestone-${a.milestone}`, args: {} },
      { key: "acts-say-payment", args: { number: there?.number ?? a.number }, money: moneyOf(sum) },
      { key: BY.has(a.milestone) ? "acts-say-due" : "acts-say-happened", args: {}, days: { first: a.day, last: a.day } },
      { key: "acts-say-pays", args: { from: nameOrOwn(ctx, from), to: nameOrOwn(ctx, to) } },
      { key: "acts-say-sum-private", args: {} },
    ];
  },
};

const nameOrOwn = (ctx, uri) => (uri === ctx.own ? ctx.name(ctx.party.name) || uri : nameOf(ctx, uri));
