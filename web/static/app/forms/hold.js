// Hold, recall, and the lift of one: why. A hold flags the goods and everything made from them.
import { codes, heldLot, papers, place } from "./ask.js";
import { lotParts, lotUri, recordUri } from "./context.js";

export const WHY = ["suspected-unsafe", "failed-test", "wrong-label", "damaged", "wrong-papers", "authority-order", "other-reason"];
const LIFTED = ["tested-again", "mended", "mistake", "other-reason"];

function lots(ctx) {
  const all = new Map([...ctx.held(), ...(ctx.work.toInspect ?? []), ...(ctx.work.failed ?? [])].map((one) => [one.lot, one]));
  const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
  return { ...asked, options: [...all.values()].map((one) => ({ value: one.lot, label: lotParts(one.lot).number, what: ctx.productName(lotParts(one.lot).gtin), state: one.state })) };
}

const holding = (id, icon) => ({
  id,
  icon,
  questions: (ctx) => [
    lots(ctx),
    { id: "reason", kind: "choice", label: "acts-q-why", options: codes("acts-why", WHY) },
    place(ctx),
    papers(),
  ],
  build: (ctx, a) => ({ act: id, input: { lots: [{ lot: a.lot }], reason: a.reason, place: a.place, after: ctx.newest([a.lot]) }, evidence: a.papers }),
  say: (ctx, a) => [
    { key: `acts-say-${id}`, args: { lot: lotParts(a.lot).number, product: ctx.productName(lotParts(a.lot).gtin) } },
    { key: `acts-why-${a.reason}`, args: {} },
    { key: "acts-say-flagged", args: {} },
  ],
});

export const hold = holding("hold", "hand");
export const recall = holding("recall", "recall");

/** Holds that stand, as this phone placed them and as the lot's page of the node told them: {record, lot, reason, issuer, mayLift}. */
export function standing(ctx, lot) {
  const lifted = new Set(ctx.standing.map(({ event }) => event["jejak:lifts"]).filter(Boolean));
  const own = ctx.standing
    .filter(({ event }) => event.bizStep === "holding" && !event["jejak:lifts"] && (!lot || (event.quantityList ?? []).some((one) => one.epcClass === lot)))
    .map(({ id, event }) => ({ record: recordUri(id), lot: event.quantityList?.[0]?.epcClass, reason: event["jejak:reason"], issuer: { party: ctx.own, name: ctx.party.name } }));
  const told = (ctx.view(lot)?.holds ?? []).map((one) => ({ record: recordUri(one.record), lot: one.lots[0] ? lotUri(one.lots[0].gtin, one.lots[0].lot) : lot, reason: one.reason, issuer: one.issuer, isLifted: Boolean(one.liftedBy) }));
  const all = new Map([...own, ...told].map((one) => [one.record, one]));
  // docs/rules.md, "lift-not-allowed"
  const isAuthority = (ctx.party.roles ?? []).includes("authority");
  return [...all.values()].filter((one) => !one.isLifted && !lifted.has(one.record) && !ctx.isVoided(one.record)).map((one) => ({ ...one, mayLift: isAuthority || one.issuer.party === ctx.own }));
}

const heldBy = (ctx, a) => standing(ctx, ctx.of.lot).find((one) => one.record === a.hold)?.lot ?? ctx.of.lot;

export const lift = {
  id: "lift",
  icon: "pass",
  questions(ctx) {
    const all = standing(ctx, ctx.of.lot);
    const list = all.filter((one) => one.mayLift);
    const asked = ctx.of.record && recordUri(ctx.of.record);
    const value = asked ? list.find((one) => one.record === asked)?.record : list.length === 1 ? list[0].record : undefined;
    const others = [...new Set(all.filter((one) => !one.mayLift).map((one) => ctx.name(one.issuer.name) || one.issuer.party))].join(", ");
    const why = ({ reason }) => (WHY.includes(reason) ? { key: `acts-why-${reason}`, note: `acts-why-${reason}` } : { note: reason });
    return [
      {
        id: "hold", kind: "choice", label: "acts-q-hold", none: others ? "acts-holds-of-others" : "acts-none-holds", args: { issuers: others },
        options: list.map((one) => ({ value: one.record, label: lotParts(one.lot)?.number ?? "", what: ctx.name(one.issuer.name), ...why(one) })), ...(value ? { value } : {}),
      },
      { id: "reason", kind: "choice", label: "acts-q-lift-why", options: codes("acts-lift", LIFTED) },
      place(ctx),
    ];
  },
  build(ctx, a) {
    const lot = heldBy(ctx, a);
    return { act: "lift", input: { ...(lot ? { lots: [{ lot }] } : {}), lifts: a.hold, reason: a.reason, place: a.place, after: lot ? ctx.newest([lot]) : [a.hold] } };
  },
  say: (ctx, a) => [{ key: "acts-say-lift", args: { lot: lotParts(heldBy(ctx, a))?.number ?? "" } }, { key: `acts-lift-${a.reason}`, args: {} }],
};
