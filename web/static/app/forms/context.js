// What a form knows without asking: who, where, when, the goods held, products, profiles, what was answered last time.
//
// It lays the records of this phone that are not in the node's answer yet over the stock that the node last told, so that a harvest of
// this morning can be shipped at noon without signal. What it is not: storage (store.js) or the network (sync.js).
import { nameIn } from "../names.js";
import { OPEN } from "../queue.js";
import { lotParts, lotUri, recordUri } from "../uris.js";
import { compare, minus, plus } from "../decimal.js";
import { baseOf, codeOf, inBase } from "../units.js";

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

const negative = (changes) => changes.map(({ lot, change }) => ({ lot, change: minus("0", change) }));

/** Whether the goods of a receipt come to this party: not those that it refused, nor those of a shipment that it sent or carried itself. */
const arrives = (event, shipped) => event.bizStep === "receiving" && event.disposition !== "returned" && !shipped(event["jejak:shipment"]).isSent;

/** What an event of this phone does to the loose goods of its party, in base units. Of a receipt of containers it is not known what is loose. */
function effects(event, shipped) {
  const parts = portions(event);
  const step = event.bizStep;
  const base = (part) => (part.amount === undefined ? "0" : inBase(part.amount, part.unit));
  const more = (list) => list.map((part) => ({ lot: part.lot, change: base(part) }));
  const less = (list) => negative(more(list));
  if (event.type === "TransformationEvent") return [...less(parts.inputs), ...more(parts.outputs)];
  if (event.type === "AggregationEvent") return event.action === "ADD" ? less(parts.inside) : more(parts.inside);
  if (event.action === "ADD" && ["commissioning", "stocking"].includes(step)) return more(parts.named);
  if (event.action === "DELETE") return less(parts.named);
  if (step === "shipping") return less(parts.named);
  if (arrives(event, shipped)) return (event.epcList ?? []).length > 0 ? [] : more(parts.named);
  if (step === "void_shipping") return more(shipped(event["jejak:shipment"]).loose);
  return [];
}

/** The containers of a party as its records since change them: {sscc, lots: [{lot, amount, unit}]}; an amount is undefined where it is not known. */
class Containers {
  constructor(list = []) {
    this.all = new Map(list.map(({ sscc, lots = [] }) => [ssccUri(sscc), lots.map((part) => ({ lot: part.lot, amount: String(part.amount), unit: codeOf(part.unit) }))]));
    this.away = new Map();
  }

  fill(sscc, parts, sign) {
    const inside = this.all.get(sscc) ?? [];
    for (const { lot, amount, unit } of parts) {
      if (amount === undefined) continue;
      const at = inside.findIndex((one) => one.lot === lot);
      const before = at < 0 || inside[at].amount === undefined ? "0" : inBase(inside[at].amount, inside[at].unit);
      const now = sign < 0 ? minus(before, inBase(amount, unit)) : plus(before, inBase(amount, unit));
      const small = codeOf(baseOf(unit));
      if (at >= 0) inside.splice(at, 1);
      if (compare(now, "0") > 0) inside.push({ lot, amount: now, unit: small });
    }
    if (inside.length > 0) this.all.set(sscc, inside);
    else this.all.delete(sscc);
  }

  leave(sscc) {
    this.away.set(sscc, this.all.get(sscc) ?? []);
    this.all.delete(sscc);
  }

  arrive(sscc, parts = []) {
    this.all.set(sscc, this.away.get(sscc) ?? parts);
  }

  /** A record, or its void. */
  apply(event, isVoid, shipped) {
    const parts = portions(event);
    const out = () => (event.epcList ?? []).forEach((sscc) => this.leave(sscc));
    const back = (list, lots) => list.forEach((sscc) => this.arrive(sscc, lots));
    if (event.type === "AggregationEvent") this.fill(event.parentID, parts.inside, (event.action === "ADD") === isVoid ? -1 : 1);
    else if (event.bizStep === "shipping") isVoid ? back(event.epcList ?? []) : out();
    else if (event.bizStep === "void_shipping") isVoid ? out() : back(shipped(event["jejak:shipment"]).containers);
    else if (arrives(event, shipped)) isVoid ? out() : back(event.epcList ?? [], parts.named.map(({ lot }) => ({ lot })));
  }

  list = () => [...this.all].map(([sscc, lots]) => ({ sscc, lots }));
  inside = (sscc) => this.all.get(sscc) ?? this.away.get(sscc) ?? [];
}

/**
 * @param input.kit     GET /parties/{name}/kit, kept on the phone
 * @param input.work    GET /parties/{name}/work, kept on the phone; `size`: that of the log as of then
 * @param input.profiles the profiles that the kit names and the specifications that the work names, as JSON, by their hash
 * @param input.records of this phone, oldest first: {key, id, seq, state, time, event}; `event` is the JSON that was signed
 * @param input.remembered what was answered before, by key (remember.js)
 * @param input.wish the market that was chosen for the way to the first export (way.js)
 * @param input.views   GET /lots/{gtin}/{lot}, kept on the phone, by the lot's URI
 * @param input.folder  GET /shipments/{record} of the shipment that the screen is for, kept on the phone, and `size` of the log as of then
 * @param input.shipments GET /parties/{name}/shipments, kept on the phone
 * @param input.events  the JSON of records of others that the screen answers, by their URI
 * @param input.sums    openings of payments that this phone has, by their commitment: {random, value}
 * @param input.exports what goods lack for export, as the phone keeps it (export.js)
 * @param input.checklists items of a visit by its purpose (web/static/checklists.json)
 * @param input.of      what the screen was opened for: {lot, record, key, shipment, document, milestone, confirms}
 * @param input.now     a time that stands still, for tests; without it the clock goes on while a form is open
 */
export function context(input) {
  const { kit = {}, work = {}, profiles = {}, records = [], remembered = {}, lang = "id", phone = "A", of = {}, views = {}, wish } = input;
  const clock = () => input.now ?? new Date();
  const products = kit.products ?? [];
  const byGtin = new Map(products.map((product) => [product.gtin, product]));
  // goods of others that wait here bring their product with them
  const waiting = [work.held, work.toInspect, work.failed, ...(work.incoming ?? []).map((one) => one.lots)].flatMap((list) => list ?? []);
  for (const { gtin, product: name, commodity, form, unit } of waiting) if (gtin && !byGtin.has(gtin)) byGtin.set(gtin, { gtin, name, commodity, form, unit });
  const product = (gtin) => byGtin.get(gtin);
  // as the ledger does (docs/rules.md, "Profiles"): of the versions that have begun and not ended the one that was put in force last
  const inForce = (commodity) => {
    const at = clock().getTime() / 1000;
    const named = (kit.profiles ?? []).filter((one) => one.commodity === commodity && one.from <= at && !(typeof one.until === "number" && one.until <= at)).at(-1);
    const profile = named && profiles[named.blake3];
    return profile ? { named, profile } : undefined;
  };
  const profileOf = (commodity) => inForce(commodity)?.profile;
  const formOf = (commodity, form) => profileOf(commodity)?.forms?.find((one) => one.id === form);
  const productName = (gtin) => {
    const known = product(gtin);
    return nameIn(known?.name, lang) || nameIn(formOf(known?.commodity, known?.form)?.names, lang) || gtin;
  };

  const own = kit.party?.uri;
  const read = (one) => {
    const { gtin, number } = lotParts(one.lot) ?? one;
    const base = baseOf(product(gtin)?.unit ?? one.unit);
    return [one.lot, { ...one, gtin, number, base, amount: one.amount === undefined ? undefined : inBase(String(one.amount), codeOf(one.unit ?? base)), newest: [...(one.newest ?? [])] }];
  };
  const held = new Map((work.held ?? []).map(read));
  // goods of others, which an inspector tests
  const others = new Map([...(work.failed ?? []), ...(work.toInspect ?? [])].map(read));

  const live = records.filter((record) => record.event && !DEAD.has(record.state));
  const byUri = new Map(records.filter((record) => record.event).map((record) => [recordUri(record.id), record]));
  const voided = new Set(live.filter(({ event }) => event.errorDeclaration).map(({ event }) => event["jejak:voids"]));
  // records that count: neither voids nor what they void
  const standing = live.filter((record) => !record.event.errorDeclaration && !voided.has(recordUri(record.id)));
  // what the node's answer has already is not counted a second time
  const seen = new Set(waiting.flatMap((one) => one.newest ?? []).map(recordUri));
  const isTold = (record) => seen.has(recordUri(record.id)) || (record.index !== undefined && record.index !== null && record.index < (input.size ?? 0));
  const fresh = new Set(live.filter((record) => !isTold(record)));
  // what a shipment took, by the record of this phone, else by the node's answer, which does not tell what of it lies in containers
  const shipped = (uri) => {
    const record = byUri.get(uri);
    if (record) return { loose: portions(record.event).named, containers: record.event.epcList ?? [], isSent: true };
    const told = (work.outgoing ?? []).find((one) => recordUri(one.shipment) === uri);
    const containers = (told?.containers ?? []).map(ssccUri);
    return { loose: told && containers.length === 0 ? told.lots.map(({ lot, amount, unit }) => ({ lot, amount: String(amount), unit: codeOf(unit) })) : [], containers, isSent: Boolean(told) };
  };
  const containers = new Containers(work.containers);
  for (const record of fresh) {
    const { event } = record;
    const isVoid = Boolean(event.errorDeclaration);
    const first = isVoid && byUri.get(event["jejak:voids"]);
    // a void of what the node's answer lacks too, or of what was refused, changes nothing there
    if (first ? fresh.has(first) || DEAD.has(first.state) : !isVoid && voided.has(recordUri(record.id))) continue;
    const changes = effects(event, shipped);
    for (const { lot, change } of isVoid ? negative(changes) : changes) {
      const parts = lotParts(lot);
      if (!parts) continue;
      const known = held.get(lot);
      const base = known?.base ?? baseOf(product(parts.gtin)?.unit);
      const amount = plus(known?.amount ?? "0", change);
      held.set(lot, { state: "not-inspected", newest: [], ...known, lot, gtin: parts.gtin, number: parts.number, base, amount, unsent: known?.unsent || OPEN.includes(record.state) });
    }
    containers.apply(event, isVoid, shipped);
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
    of,
    records: live,
    standing,
    isTold,
    isVoided: (uri) => voided.has(uri),
    remembered,
    wish,
    lang,
    phone,
    get now() {
      return clock();
    },
    get offset() {
      return input.offset ?? offsetOf(clock());
    },
    random: input.random ?? ((size) => crypto.getRandomValues(new Uint8Array(size))),
    party: kit.party ?? {},
    own,
    products,
    product,
    productName,
    inForce,
    // a profile or specification by its hash
    file: (hash) => profiles[hash],
    profileOf,
    formOf,
    name: (names) => nameIn(names, lang),
    formName: (commodity, form) => nameIn(formOf(commodity, form)?.names, lang),
    places: kit.places ?? [],
    counterparts: (kit.counterparts ?? []).filter((one) => one.party !== own),
    held: () => [...held.values()].filter((one) => compare(one.amount, "0") > 0),
    containers: () => containers.list(),
    contentsOf: (sscc) => containers.inside(sscc),
    view: (lot) => views[lot],
    folder: input.folder,
    shipments: input.shipments ?? [],
    event: (uri) => input.events?.[uri],
    sum: (commitment) => input.sums?.[commitment],
    exports: input.exports ?? [],
    checklists: input.checklists ?? {},
    lot: (uri) => held.get(uri) ?? others.get(uri),
    // what this party has loose of a lot; undefined as long as the node has told nothing of its goods
    stock: (uri) => held.get(uri) ?? (work.held ? { amount: "0", base: baseOf(product(lotParts(uri)?.gtin)?.unit) } : undefined),
    isKnownLot: (uri) => held.has(uri) || live.some((record) => lotsOf(record.event).includes(uri)),
    newest,
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
