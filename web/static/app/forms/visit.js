// A visit of supervision: what for, each item of its checklist with yes or no, and what was advised. With an item that is not in order the visit
// is never in order. The items of each purpose are in web/static/checklists.json. What it is not: a test of goods (inspect.js).
import { codes, papers, place } from "./ask.js";
import { lotParts } from "./context.js";
import { numbersOf, shipmentOf } from "./shipment.js";
import { travelling } from "./travel.js";

/** How many characters a remark or an advice has at most. */
const MOST = 200;

const failed = (list) => (list ?? []).filter(({ answer }) => answer === "no");

/** What follows: with a no the visit is never in order, and who visited says which of the two it is. */
export const outcomeOf = (a) => (failed(a.checklist).length > 0 ? a.outcome : a.advice ? "advice" : "in-order");

/** Goods on their way and held; of who inspects those that wait for a test too. */
function goods(ctx) {
  const asked = travelling(ctx);
  if (ctx.folder) return asked;
  const more = (ctx.work.toInspect ?? []).filter(({ lot }) => asked.options.every((one) => one.value !== lot));
  return { ...asked, options: [...asked.options, ...more.map(({ lot, number, gtin }) => ({ value: lot, label: number ?? lotParts(lot).number, what: ctx.productName(gtin) }))] };
}

export const visit = {
  id: "visit",
  icon: "people",
  questions(ctx, a) {
    const purposes = Object.keys(ctx.checklists);
    const purpose = a.purpose ?? (purposes.includes(ctx.remembered["visit:purpose"]) ? ctx.remembered["visit:purpose"] : undefined);
    return [
      goods(ctx),
      { id: "purpose", kind: "choice", label: "acts-q-purpose", options: codes("purpose", purposes), ...(purpose ? { value: purpose } : {}) },
      purpose && { id: "checklist", kind: "checklist", label: "acts-q-checklist", items: ctx.checklists[purpose], most: MOST, of: ["purpose"] },
      failed(a.checklist).length > 0 && { id: "outcome", kind: "choice", label: "acts-q-outcome", options: codes("visit-outcome", ["advice", "corrective-action"]), of: ["checklist"] },
      { id: "advice", kind: "text", label: "acts-q-advice", optional: true, pattern: `^.{1,${MOST}}$`, wrong: "acts-text-long", most: MOST, help: "acts-public" },
      place(ctx),
      papers(),
    ];
  },
  build(ctx, a) {
    const shipment = shipmentOf(ctx, a.lots);
    const checklist = a.checklist.map(({ item, answer, note }) => ({ item, answer, ...(note ? { note } : {}) }));
    return {
      act: "observe",
      input: {
        lots: a.lots.map((lot) => ({ lot })), ...(shipment ? { shipment } : {}), place: a.place, step: "other", after: ctx.newest(a.lots),
        visit: { purpose: a.purpose, outcome: outcomeOf(a), ...(a.advice ? { advice: a.advice } : {}), checklist },
      },
      evidence: a.papers,
      remember: { "visit:purpose": a.purpose, [`place:${ctx.own}`]: a.place },
    };
  },
  say: (ctx, a) => [
    { key: "acts-say-visit", args: { lots: numbersOf(a.lots) } },
    { key: `purpose-${a.purpose}`, args: {} },
    { key: `visit-outcome-${outcomeOf(a)}`, args: {}, tone: failed(a.checklist).length > 0 ? "warn" : "pass" },
    ...failed(a.checklist).map(({ item, note }) => ({ key: `visit-item-${item}`, args: {}, note, tone: "fail" })),
    { key: "acts-say-checked", args: { yes: String(a.checklist.filter(({ answer }) => answer === "yes").length), all: String(a.checklist.length) } },
    a.advice && { key: "acts-say-advice", args: { advice: a.advice } },
  ],
};
