// On the way: loading, departure, arrival, temperature, and the passing of goods from hand to hand. They state, and move nothing.
import { codes, papers, party, place } from "./ask.js";
import { lotParts, placeUri } from "./context.js";
import { series } from "./series.js";
import { underWay } from "./ship.js";
import { incoming } from "./receive.js";

const MODES = ["road", "sea", "inland-water", "air", "rail", "on-foot"];

/** Goods that travel: shipments under way first, then what is held. */
export function travelling(ctx) {
  const found = new Map();
  const add = (lot) => lotParts(lot) && !found.has(lot) && found.set(lot, { value: lot, label: lotParts(lot).number, what: ctx.productName(lotParts(lot).gtin) });
  for (const one of [...underWay(ctx), ...incoming(ctx)]) for (const part of one.lots ?? []) add(part.lot);
  for (const one of ctx.held()) add(one.lot);
  return { id: "lots", kind: "several", label: "acts-q-goods", options: [...found.values()], ...(ctx.of?.lot ? { value: [ctx.of.lot] } : found.size === 1 ? { value: [...found.keys()] } : {}) };
}

const numbers = (lots) => lots.map((lot) => lotParts(lot).number).join(", ");
const seal = { id: "seal", kind: "text", label: "acts-q-seal", optional: true, pattern: "^[A-Za-z0-9_:/.-]{1,64}$" };
const base = (ctx, a) => ({ lots: a.lots.map((lot) => ({ lot })), place: a.place, after: ctx.newest(a.lots), ...(a.seal ? { seal: a.seal } : {}) });

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

export const handover = {
  id: "handover",
  icon: "hand",
  questions: (ctx) => [
    travelling(ctx),
    party(ctx, "to", "acts-q-handover-to", { last: ctx.remembered["handover:to"] }),
    { id: "condition", kind: "choice", label: "acts-q-condition", options: codes("acts-condition", ["intact", "damaged", "seal-broken", "wet", "warm"]) },
    seal,
    place(ctx),
    papers(),
  ],
  build: (ctx, a) => ({
    act: "observe",
    input: { ...base(ctx, a), step: "transporting", handover: { from: ctx.own, to: a.to, condition: a.condition } },
    evidence: a.papers,
    remember: { "handover:to": a.to },
  }),
  say: (ctx, a) => [
    { key: "acts-say-handover", args: { lots: numbers(a.lots), to: ctx.name(ctx.counterparts.find((one) => one.party === a.to)?.name) || a.to } },
    { key: `acts-condition-${a.condition}`, args: {} },
  ],
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
