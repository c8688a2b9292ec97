// Serial labels of a lot: how many packs get one. The record commits to the serials by a root; they themselves stay on the phone, which gives
// their addresses to whoever prints them. What it is not: the printing, nor labels without serials (the page of the lot has them).
import { amount, heldLot, place } from "./ask.js";
import { lotParts } from "./context.js";
import { compare, plus, times } from "../decimal.js";
import { newSerials, serialRoot } from "../serials.js";
import { baseOf, codeOf, inBase, netOf, readable } from "../units.js";

// As many as one phone hashes while a person waits.
const MOST = "10000";
const LABELS = [{ key: "label", code: "H87", factor: "1" }];

/** What a pack holds, in base units: as the product says, else as answered. */
const netIn = (ctx, a) => netOf(ctx.product(lotParts(a.lot).gtin)) ?? inBase(a.net.amount, a.net.unit);

/** What so many packs hold, as it is signed. */
function signedAmount(ctx, lot, digits) {
  const { amount: shown, code } = readable(baseOf(ctx.product(lotParts(lot).gtin)?.unit), digits);
  return { amount: shown, unit: code };
}

const inPacks = (ctx, a) => times(netIn(ctx, a), a.count.amount);

export const label = {
  id: "label",
  icon: "scan",
  questions(ctx, a) {
    const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
    const gtin = lotParts(a.lot ?? asked.value)?.gtin;
    const last = ctx.remembered[`net:${gtin}`];
    return [
      asked,
      { id: "count", kind: "amount", label: "acts-q-labels", of: ["lot"], units: LABELS, most: MOST },
      gtin && !netOf(ctx.product(gtin)) && amount(ctx, gtin, "net", { act: "label", label: "acts-q-net", of: ["lot"], ...(last ? { same: last } : {}) }),
      place(ctx),
    ];
  },
  async build(ctx, a) {
    const { gtin, number } = lotParts(a.lot);
    const count = Number(a.count.amount);
    const serials = newSerials(count, ctx.random);
    const root = await serialRoot(gtin, number, serials);
    const net = signedAmount(ctx, a.lot, netIn(ctx, a));
    return {
      act: "label",
      input: { lots: [{ lot: a.lot, ...signedAmount(ctx, a.lot, inPacks(ctx, a)) }], serials: { root, count, net }, place: a.place, after: ctx.newest([a.lot]) },
      openings: [{ purpose: "serials", value: serials, commitment: root }],
      remember: { [`place:${ctx.own}`]: a.place, ...(a.net ? { [`net:${gtin}`]: net } : {}) },
    };
  },
  say: (ctx, a) => [
    { key: "acts-say-labels", args: { count: a.count.amount, lot: lotParts(a.lot).number, product: ctx.productName(lotParts(a.lot).gtin) }, amount: signedAmount(ctx, a.lot, netIn(ctx, a)) },
    { key: "acts-say-labels-all", args: {}, amount: signedAmount(ctx, a.lot, inPacks(ctx, a)) },
    { key: "acts-say-labels-kept", args: {} },
  ],
  /** More labels than goods: the ledger counts what is loose and what is packed. */
  cautions(ctx, a) {
    const held = ctx.lot(a.lot);
    if (!held) return [];
    const there = plus(held.amount, held.packed === undefined ? "0" : inBase(String(held.packed), codeOf(held.unit)));
    return compare(inPacks(ctx, a), there) > 0 ? [{ key: "acts-caution-more", args: { lot: lotParts(a.lot).number }, base: { amount: there, base: held.base } }] : [];
  },
};
