// What a form knows without asking: who, where, when, the goods held, products, profiles, what was answered last time.
//
// It lays the records of this phone that are not in the node's answer yet over the stock that the node last told, so that a harvest of
// this morning can be shipped at noon without signal. What it is not: storage (store.js) or the network (sync.js).
import { lotParts, lotUri } from "../lots.js";
import { nameIn } from "../names.js";
import { OPEN } from "../queue.js";
import { recordUri } from "../record.js";
import { compare, minus, plus } from "./decimal.js";
import { baseOf, inBase, readable } from "./units.js";

export { lotParts, lotUri, recordUri };

const DEAD = new Set(["refused", "abandoned", "draft"]);

export const placeUri = (gln) => (String(gln).includes("/") ? gln : `https://id.gs1.org/414/${gln}`);
export const ssccUri = (sscc) => (String(sscc).includes("/") ? sscc : `https://id.gs1.org/00/${sscc}`);

function portions(event) {
  const read = (list) => (list ?? []).map((q) => ({ lot: q.epcClass, amount: q.quantity === undefined ? undefined : String(q.quantity), unit: q.uom ?? "H87" }));
  return {
    named: read(event.quantityList),
    inside: read(event.childQuantityList),
    inputs: read(event.inputQuantityList),
    outputs: read(event.outputQuantityList),
  };
}

/** All lots that an event names. */
export const lotsOf = (event) => Object.values(portions(event)).flat().map((part) => part.lot).filter((lot) => lotParts(lot));

/** What an event of this phone does to the goods that its party holds, in base units. */
function effects(event, shipments) {
  const parts = portions(event);
  const step = event.bizStep;
  const base = (part) => (part.amount === undefined ? "0" : inBase(part.amount, part.unit));
  if (event.errorDeclaration) return [];
  const signed = (list, sign) => list.map((part) => ({ lot: part.lot, change: sign < 0 ? minus("0", base(part)) : base(part) }));
  if (event.type === "TransformationEvent") return [...signed(parts.inputs, -1), ...signed(parts.outputs, 1)];
  if (event.action === "ADD" && step === "commissioning") return signed(parts.named, 1);
  if (event.action === "ADD" && step === "stocking") return signed(parts.named, 1);
  if (event.action === "DELETE" && event.type === "ObjectEvent") return signed(parts.named, -1);
  if (step === "shipping") return signed(parts.named, -1);
  if (step === "receiving" && event.disposition !== "returned") return signed(parts.named, 1);
  if (step === "void_shipping") return (shipments.get(event["jejak:shipment"]) ?? []).map((one) => ({ lot: one.lot, change: minus("0", one.change) }));
  return [];
}

/**
 * @param input.kit     GET /parties/{name}/kit, kept on the phone
 * @param input.work    GET /parties/{name}/work, kept on the phone
 * @param input.profiles {commodity: profile as JSON}, with `blake3`
 * @param input.records of this phone, oldest first: {key, id, seq, state, time, event}; `event` is the JSON that was signed
 * @param input.remembered what was answered before, by key (remember.js)
 */
export function context(input) {
  const { kit = {}, work = {}, profiles = {}, records = [], remembered = {}, lang = "id", phone = "A" } = input;
  const now = input.now ?? new Date();
  const products = kit.products ?? [];
  const byGtin = new Map(products.map((product) => [product.gtin, product]));
  // goods of others that wait here bring their product with them
  const waiting = [work.held, work.toInspect, work.failed, ...(work.incoming ?? []).map((one) => one.lots)].flatMap((list) => list ?? []);
  for (const { gtin, product: name, commodity, form, unit } of waiting) if (gtin && !byGtin.has(gtin)) byGtin.set(gtin, { gtin, name, commodity, form, unit });
  const live = records.filter((record) => record.event && !DEAD.has(record.state));
  const product = (gtin) => byGtin.get(gtin);
  const profileOf = (commodity) => profiles[commodity];
  const formOf = (commodity, form) => profileOf(commodity)?.forms?.find((one) => one.id === form);
  const productName = (gtin) => {
    const known = product(gtin);
    return nameIn(known?.name, lang) || nameIn(formOf(known?.commodity, known?.form)?.names, lang) || gtin;
  };

  const own = kit.party?.uri;
  const read = (one) => {
    const { gtin, number } = lotParts(one.lot) ?? one;
    const base = baseOf(product(gtin)?.unit ?? one.unit);
    const code = /^([A-Z]{3}|H87|EA)$/.test(one.unit ?? "") ? one.unit : { g: "GRM", ml: "MLT", piece: "H87" }[base];
    return [one.lot, { ...one, gtin, number, base, amount: one.amount === undefined ? undefined : inBase(String(one.amount), code), newest: [...(one.newest ?? [])] }];
  };
  const held = new Map((work.held ?? []).map(read));
  // goods of others, which an inspector tests
  const told = new Map([...(work.failed ?? []), ...(work.toInspect ?? [])].map(read));
  // the node's answer holds what its tree held then
  const seen = new Set((work.held ?? []).concat(work.toInspect ?? [], work.failed ?? []).flatMap((one) => one.newest ?? []).map(recordUri));
  const shipments = new Map();
  // what the node's answer has already is not counted a second time
  const fresh = live.filter((record) => !seen.has(recordUri(record.id)) && !(record.index !== undefined && record.index < (input.size ?? 0)));
  const voided = new Set(fresh.map((record) => (record.event.errorDeclaration ? record.event["jejak:voids"] : undefined)).filter(Boolean));
  for (const record of fresh) {
    if (voided.has(recordUri(record.id))) continue;
    const changes = effects(record.event, shipments);
    if (record.event.bizStep === "shipping") shipments.set(recordUri(record.id), changes);
    for (const { lot, change } of changes) {
      const parts = lotParts(lot);
      if (!parts) continue;
      const known = held.get(lot);
      const base = known?.base ?? baseOf(product(parts.gtin)?.unit);
      const amount = plus(known?.amount ?? "0", change);
      held.set(lot, { state: "not-inspected", newest: [], ...known, lot, gtin: parts.gtin, number: parts.number, base, amount, unsent: known?.unsent || OPEN.includes(record.state) });
    }
  }

  /** Newest records about lots that this phone has seen, unsent ones too: `jejak:after`. */
  const newest = (lots) => {
    const wanted = new Set(lots);
    const found = new Set();
    const lists = [work.held, work.toInspect, work.failed].flatMap((list) => list ?? []);
    for (const one of lists) if (wanted.has(one.lot)) (one.newest ?? []).forEach((id) => found.add(recordUri(id)));
    for (const one of work.incoming ?? []) if ((one.lots ?? []).some((part) => wanted.has(part.lot))) found.add(recordUri(one.shipment));
    for (const record of live) {
      if (!lotsOf(record.event).some((lot) => wanted.has(lot))) continue;
      for (const id of record.event["jejak:after"] ?? []) found.delete(id);
      found.add(recordUri(record.id));
    }
    return [...found].slice(-16);
  };

  return {
    kit,
    work,
    records: live,
    remembered,
    lang,
    phone,
    now,
    offset: input.offset ?? offsetOf(now),
    random: input.random ?? ((size) => crypto.getRandomValues(new Uint8Array(size))),
    ledger: kit.ledger,
    party: kit.party ?? {},
    own,
    products,
    product,
    productName,
    profileOf,
    formOf,
    name: (names) => nameIn(names, lang),
    formName: (commodity, form) => nameIn(formOf(commodity, form)?.names, lang),
    places: kit.places ?? [],
    counterparts: (kit.counterparts ?? []).filter((one) => one.party !== own),
    held: () => [...held.values()].filter((one) => compare(one.amount, "0") > 0),
    lot: (uri) => held.get(uri) ?? told.get(uri),
    isKnownLot: (uri) => held.has(uri) || live.some((record) => lotsOf(record.event).includes(uri)),
    newest,
    readable,
  };
}

/** `+08:00` of this device at a time. */
export function offsetOf(date) {
  const minutes = -date.getTimezoneOffset();
  const two = (n) => String(Math.abs(n)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

/** `2026-11-03T16:20:00+08:00`. */
export function localTime(date, offset) {
  const sign = offset.startsWith("-") ? -1 : 1;
  const minutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
  return new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19) + offset;
}

export const localDay = (date, offset) => localTime(date, offset).slice(0, 10);
