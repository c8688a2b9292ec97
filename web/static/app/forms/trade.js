// A document of trade about goods: which paper, its number and day, between whom. It attaches, and moves nothing; prices are never asked.
//
// Both sides that enter the same paper of the same seller name one document, since its name is made of what stands on it. What it is not: a
// change of owner, which a party signs with `jejak record new trade --transfer`.
import { codes, papers, party } from "./ask.js";
import { localDay, lotParts } from "./context.js";
import { travelling } from "./travel.js";

const PAPERS = ["order", "order-confirmation", "invoice", "payment", "packing-list", "bill-of-lading", "contract"];

const tail = (uri) => uri.split(/[/:]/).at(-1);

export const trade = {
  id: "trade",
  icon: "doc",
  questions: (ctx) => [
    travelling(ctx),
    { id: "paper", kind: "choice", label: "acts-q-paper", options: codes("acts-document", PAPERS) },
    party(ctx, "with", "acts-q-trade-with", { last: ctx.remembered["trade:with"] }),
    { id: "side", kind: "choice", label: "acts-q-side", options: codes("acts-side", ["seller", "buyer"]), ...(ctx.remembered["trade:side"] ? { value: ctx.remembered["trade:side"] } : {}) },
    { id: "number", kind: "text", label: "acts-q-document-number", pattern: "^[A-Za-z0-9][A-Za-z0-9./_\\-]{0,39}$", wrong: "acts-document-number-wrong" },
    { id: "day", kind: "day", label: "acts-q-document-day", value: localDay(ctx.now, ctx.offset) },
    papers(),
  ],
  build(ctx, a) {
    const [from, to] = a.side === "seller" ? [ctx.own, a.with] : [a.with, ctx.own];
    const document = `urn:jejak:doc:${a.paper}:${tail(from)}:${encodeURIComponent(a.number)}`;
    return {
      act: "trade",
      input: { lots: a.lots.map((lot) => ({ lot })), from, to, documents: [{ kind: a.paper, document, number: a.number, date: a.day }], after: ctx.newest(a.lots) },
      evidence: a.papers,
      remember: { "trade:with": a.with, "trade:side": a.side },
    };
  },
  say: (ctx, a) => [
    { key: `acts-document-${a.paper}`, args: {} },
    { key: "acts-say-trade", args: { number: a.number, with: ctx.name(ctx.counterparts.find((one) => one.party === a.with)?.name) || a.with, lots: a.lots.map((lot) => lotParts(lot).number).join(", ") }, days: { first: a.day, last: a.day } },
    { key: `acts-side-${a.side}`, args: {} },
    { key: "acts-say-trade-only", args: {} },
  ],
};
