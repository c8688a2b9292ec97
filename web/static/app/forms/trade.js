// The change of owner under a document: by which paper, its number and day, between whom. Prices are never asked.
//
// Both sides that enter the same paper of the same seller name one document, since its name is made of what stands on it; the owner changes
// when both have signed it for the same goods (docs/rules.md, "Change of owner"). What it is not: a paper that moves nothing (paper.js), nor the
// rejection of what the other side signed (reject.js).
import { codes, containerOption, papers, party } from "./ask.js";
import { localDay, lotParts } from "./context.js";
import { nameOf, tail } from "./shipment.js";
import { travelling } from "./travel.js";

// By which goods become another's.
const DEEDS = ["invoice", "contract", "bill-of-lading", "order"];

const numberOf = (uri) => lotParts(uri)?.number ?? uri.slice(-18);

/** Whole lots and containers: a part of a lot is sold in a container, or after a split. */
const sold = (ctx) => {
  const asked = travelling(ctx);
  return { ...asked, options: [...asked.options, ...ctx.containers().map((one) => containerOption(ctx, one))] };
};

export const transfer = {
  id: "transfer",
  icon: "people",
  questions: (ctx) => [
    sold(ctx),
    { id: "paper", kind: "choice", label: "acts-q-paper", options: codes("acts-document", DEEDS) },
    party(ctx, "with", "acts-q-trade-with", { last: ctx.remembered["trade:with"] }),
    { id: "side", kind: "choice", label: "acts-q-side", options: codes("acts-side", ["seller", "buyer"]), ...(ctx.remembered["trade:side"] ? { value: ctx.remembered["trade:side"] } : {}) },
    { id: "number", kind: "text", label: "acts-q-document-number", pattern: "^[A-Za-z0-9][A-Za-z0-9./_\\-]{0,39}$", wrong: "acts-document-number-wrong" },
    { id: "day", kind: "day", label: "acts-q-document-day", value: localDay(ctx.now, ctx.offset) },
    { ...papers(), isPrivate: true },
  ],
  build(ctx, a) {
    const [from, to] = a.side === "seller" ? [ctx.own, a.with] : [a.with, ctx.own];
    const uri = `urn:jejak:doc:${a.paper}:${tail(from)}:${encodeURIComponent(a.number)}`;
    const [lots, containers] = [a.lots.filter(lotParts), a.lots.filter((one) => !lotParts(one))];
    return {
      act: "trade",
      input: {
        lots: lots.map((lot) => ({ lot })), ...(containers.length > 0 ? { containers } : {}), from, to, documents: [{ kind: a.paper, document: uri, number: a.number, date: a.day }],
        transfer: true, after: ctx.newest([...lots, ...containers.flatMap((sscc) => ctx.contentsOf(sscc).map((part) => part.lot))]),
      },
      // it may name prices
      evidence: (a.papers ?? []).map((file) => ({ ...file, access: "restricted" })),
      remember: { "trade:with": a.with, "trade:side": a.side },
    };
  },
  say: (ctx, a) => [
    { key: `acts-document-${a.paper}`, args: {} },
    { key: "acts-say-trade", args: { number: a.number, with: nameOf(ctx, a.with), lots: a.lots.map(numberOf).join(", ") }, days: { first: a.day, last: a.day } },
    { key: `acts-side-${a.side}`, args: {} },
    ...[a.side === "seller" ? "acts-say-owner-buyer" : "acts-say-owner-own", "acts-say-owner-whole", "acts-say-owner-both"].map((key) => ({ key, args: { with: nameOf(ctx, a.with) } })),
  ],
};
