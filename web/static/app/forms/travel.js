// On the way: loading, departure, arrival, temperature, and the passing of goods from hand to hand, which the other side confirms. They state,
// and move nothing. With a shipment they stand in its folder.
import { codes, papers, place } from "./ask.js";
import { lotParts, placeUri, recordUri } from "./context.js";
import { series } from "./series.js";
import { underWay } from "./ship.js";
import { incoming } from "./receive.js";
import { lotsOf, nameOf, numbersOf, otherSide, shipmentOf } from "./shipment.js";

const MODES = ["road", "sea", "inland-water", "air", "rail", "on-foot"];

/** Goods that travel: those of the shipment that the form was opened for, else shipments under way first, then what is held. */
export function travelling(ctx) {
  const found = new Map();
  const own = lotsOf(ctx);
  if (own.length > 0) {
    const options = own.map((lot) => ({ value: lot, label: lotParts(lot).number, what: ctx.name(ctx.folder.lots.find((one) => one.lot === lot).product) }));
    return { id: "lots", kind: "several", label: "acts-q-goods", options, value: own };
  }
  const add = (lot) => lotParts(lot) && !found.has(lot) && found.set(lot, { value: lot, label: lotParts(lot).number, what: ctx.productName(lotParts(lot).gtin) });
  for (const one of [...underWay(ctx), ...incoming(ctx)]) for (const part of one.lots ?? []) add(part.lot);
  for (const one of ctx.held()) add(one.lot);
  return { id: "lots", kind: "several", label: "acts-q-goods", options: [...found.values()], ...(ctx.of?.lot ? { value: [ctx.of.lot] } : found.size === 1 ? { value: [...found.keys()] } : {}) };
}

const numbers = (lots) => lots.map((lot) => lotParts(lot).number).join(", ");
const seal = { id: "seal", kind: "text", label: "acts-q-seal", optional: true, pattern: "^[A-Za-z0-9_:/.-]{1,64}$" };
function base(ctx, a) {
  const shipment = shipmentOf(ctx, a.lots);
  return { lots: a.lots.map((lot) => ({ lot })), place: a.place, ...(shipment ? { shipment } : {}), after: ctx.newest(a.lots), ...(a.seal ? { seal: a.seal } : {}) };
}

const leg = (id, step) => ({
  id,
  icon: "truck",
  questions: (ctx) => [
    travelling(ctx),
    { id: "mode", kind: "choice", label: "acts-q-mode", options: codes("acts-mode", MODES), ...(ctx.remembered["leg:mode"] ? { value: ctx.remembered["leg:mode"] } : {}) },
    { id: "vehicle", kind: "text", label: "acts-q-vehicle", optional: true, ...(ctx.remembered["leg:vehicle"] ? { value: ctx.remembered["leg:vehicle"] } : {}) },
    seal,
    place(ctx),
    papers(),
  ],
  build: (ctx, a) => ({
    act: "observe",
    input: { ...base(ctx, a), step, leg: { mode: a.mode, ...(a.vehicle ? { vehicle: a.vehicle } : {}), ...(step === "arriving" ? { to: placeUri(a.place) } : { from: placeUri(a.place) }) } },
    evidence: a.papers,
    remember: { "leg:mode": a.mode, ...(a.vehicle ? { "leg:vehicle": a.vehicle } : {}) },
  }),
  say: (ctx, a) => [
    { key: `acts-say-${id}`, args: { lots: numbers(a.lots), place: ctx.name(ctx.places.find((one) => one.gln === a.place)?.name) } },
    { key: `acts-mode-${a.mode}`, args: {} },
  ],
});

export const load = leg("load", "loading");
export const depart = leg("depart", "departing");
export const arrive = leg("arrive", "arriving");

const CONDITIONS = ["intact", "damaged", "seal-broken", "wet", "warm"];

/** The handover that this form confirms, as the other side signed it. */
const confirmed = (ctx) => ctx.of.confirms && ctx.folder?.handovers?.find(({ record }) => recordUri(record) === recordUri(ctx.of.confirms));

/** The goods of a confirmation are those of the handover that it confirms, with the amounts that it states. */
const handed = (first) => first.goods.filter(({ goods }) => lotParts(goods)).map(({ goods, quantity, uom }) => ({ lot: goods, ...(quantity === null ? {} : { amount: String(quantity), unit: uom }) }));

/** Who takes the goods over: the one of last time, whoever gets the shipment in the end. */
function receiver(ctx) {
  const last = ctx.remembered["handover:to"];
  const asked = otherSide(ctx, "to", "acts-q-handover-to", { last });
  return { ...asked, value: asked.options.some((one) => one.value === last) ? last : undefined };
}

export const handover = {
  id: "handover",
  icon: "hand",
  questions: (ctx) => [
    !ctx.of.confirms && travelling(ctx),
    !ctx.of.confirms && receiver(ctx),
    ctx.of.confirms && !confirmed(ctx)
      ? { id: "condition", kind: "choice", label: "acts-q-condition", options: [], none: "acts-none-record" }
      : { id: "condition", kind: "choice", label: "acts-q-condition", options: codes("acts-condition", CONDITIONS) },
    seal,
    place(ctx),
    papers(),
  ],
  build(ctx, a) {
    const first = confirmed(ctx);
    const containers = (first?.goods ?? []).map(({ goods }) => goods).filter((one) => !lotParts(one));
    const sides = first ? { from: first.from.party, to: first.to.party } : { from: ctx.own, to: a.to };
    const lots = first && handed(first);
    const input = { ...base(ctx, { ...a, lots: lots ? lots.map(({ lot }) => lot) : a.lots }), ...(lots ? { lots } : {}) };
    // it repeats the other side's record, which may name no shipment
    if (first && !first.namesShipment) delete input.shipment;
    return {
      act: "observe",
      input: { ...input, ...(containers.length > 0 ? { containers } : {}), step: "transporting", handover: { ...sides, condition: a.condition }, ...(first ? { confirms: recordUri(ctx.of.confirms) } : {}) },
      evidence: a.papers,
      remember: first ? {} : { "handover:to": a.to },
    };
  },
  say(ctx, a) {
    const first = confirmed(ctx);
    const lots = numbersOf(first ? first.goods.map(({ goods }) => goods) : a.lots);
    const takes = first && first.to.party === ctx.own;
    return [
      takes ? { key: "acts-say-took-over", args: { lots, from: nameOf(ctx, first.from.party) } } : { key: "acts-say-handover", args: { lots, to: nameOf(ctx, first?.to.party ?? a.to) } },
      { key: `acts-condition-${a.condition}`, args: {} },
      { key: first ? "acts-say-both-signed" : "acts-say-to-confirm", args: {} },
    ];
  },
};

/** Temperatures on the way, typed or pasted; of a long series minimum, maximum and mean, with the file as evidence. */
export const temperature = {
  id: "temperature",
  icon: "note",
  questions: (ctx) => [travelling(ctx), { id: "readings", kind: "series", label: "acts-q-temperature", unit: "CEL", minus: true }, place(ctx), papers()],
  build: (ctx, a) => ({
    act: "observe",
    input: { ...base(ctx, a), step: "sensor_reporting", results: series(a.readings).map((one) => ({ quantity: "Temperature", unit: "CEL", ...one })) },
    evidence: [...(a.papers ?? []), ...(a.readings.file ? [a.readings.file] : [])],
  }),
  say: (ctx, a) => [{ key: "acts-say-temperature", args: { lots: numbers(a.lots) }, series: a.readings }],
};
