// The EPCIS event of each act, in the form of the table in docs/rules.md, as `jejak record new` writes it. What it is not: a check whether
// the ledger would take it, nor a signature (record.js).

import { demand } from "../bytes.js";
import { Decimal, isNumber, read } from "./canonical.js";

export const CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", { jejak: "urn:jejak:v1:" }];
const PARAMETER = "urn:jejak:param:";

// Reasons that book stock on, and off.
export const GAINS = ["reweigh-gain", "fattening"];
export const LOSSES = ["mortality", "drying", "spillage", "sample", "domestic-sale", "reweigh-loss"];

// Kinds of documents, each with its type in CBV 2.0, if it has one.
export const DOCUMENTS = {
  order: "po",
  "order-confirmation": "poc",
  invoice: "inv",
  payment: null,
  "bill-of-lading": "bol",
  contract: null,
  "packing-list": null,
  "dispatch-advice": "desadv",
  "receiving-advice": "recadv",
  return: "rma",
  certificate: "cert",
  "health-certificate": "cert",
  "phytosanitary-certificate": "cert",
  "certificate-of-origin": "cert",
  "production-order": "prodorder",
};
// The kind that a type of CBV says; of the others that share a type each is stated.
const SAID = new Map(Object.entries(DOCUMENTS).filter(([, type]) => type).toReversed().map(([kind, type]) => [type, kind]));
export const kindOfType = (type) => SAID.get(type) ?? type;
// Types of CBV 2.0 (section 7.3) that may be named instead of a kind.
const TYPES = ["bol", "cert", "desadv", "inv", "po", "poc", "prodorder", "recadv", "rma", "pedigree", "testprd", "testres", "upevt"];

const observe = (bizStep, disposition) => ({ type: "ObjectEvent", action: "OBSERVE", bizStep, disposition });
const hold = (disposition) => observe("holding", disposition);

// Type, action, usual business step and disposition of each act. An adjustment has a second form for gains.
const FORMS = {
  harvest: { type: "ObjectEvent", action: "ADD", bizStep: "commissioning", disposition: "active" },
  process: { type: "TransformationEvent", bizStep: "commissioning" },
  adjust: { type: "ObjectEvent", action: "DELETE", bizStep: "destroying", disposition: "destroyed" },
  gain: { type: "ObjectEvent", action: "ADD", bizStep: "stocking", disposition: "active" },
  sample: observe("sampling"),
  monitor: observe("inspecting"),
  inspect: observe("inspecting", "conformant"),
  observe: observe("storing", "in_progress"),
  pack: { type: "AggregationEvent", action: "ADD", bizStep: "packing", disposition: "in_progress" },
  unpack: { type: "AggregationEvent", action: "DELETE", bizStep: "unpacking" },
  label: observe("encoding"),
  ship: observe("shipping", "in_transit"),
  receive: observe("receiving", "in_progress"),
  "void-shipment": observe("void_shipping"),
  trade: { type: "TransactionEvent", action: "ADD" },
  hold: hold("non_sellable_other"),
  recall: hold("recalled"),
  lift: hold("non_sellable_other"),
};

// What can be written. A correction is written by voidOf.
export const ACTS = Object.keys(FORMS).filter((act) => act !== "gain");

// The offset at the end of a time such as 2026-11-03T16:20:00+08:00.
const offset = (time) => time.slice(-6);

/** A time as events state it, to the second, in an offset of minutes east of UTC [default: that of this device]. */
export function timeText(date, minutes = -date.getTimezoneOffset()) {
  const there = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (n) => String(n).padStart(2, "0");
  const away = Math.abs(minutes);
  return `${there}${minutes < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}

/** A new eventID: a UUID of version 7 (RFC 9562 section 5.7). */
export function eventId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 65_536));
  new DataView(bytes.buffer).setUint16(4, now % 65_536);
  bytes[6] = (bytes[6] & 15) | 0x70;
  bytes[8] = (bytes[8] & 63) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return `urn:uuid:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`;
}

// The members of an object that are there, each with the prefix of the ledger's vocabulary.
function own(members) {
  const there = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(there.map(([name, value]) => [`jejak:${name}`, value]));
}

function quantity({ lot, amount, unit }) {
  if (amount === undefined || amount === null || amount === "") return { epcClass: lot };
  demand(typeof amount === "string" && isNumber(amount) && unit, "an amount is a decimal with a unit");
  return { epcClass: lot, quantity: new Decimal(amount), uom: unit };
}

function report({ parameter, quantity: kind, value, min, max, mean, unit, uncertainty, method, units }) {
  const out = { type: kind ?? (parameter.includes(":") ? parameter : PARAMETER + parameter) };
  if (value !== undefined) out.stringValue = value;
  if (value !== undefined && isNumber(value)) out.value = new Decimal(value);
  // of a series that is too long to stand here itself
  for (const [name, end] of Object.entries({ minValue: min, maxValue: max, meanValue: mean })) if (end !== undefined) out[name] = new Decimal(end);
  if (unit) out.uom = unit;
  return { ...out, ...own({ uncertainty: uncertainty || undefined, method: method || undefined, units }) };
}

function packing(event, containers) {
  const [parent, ...children] = containers;
  if (parent) event.parentID = parent;
  if (children.length > 0) event.childEPCs = children;
}

function goods(event, act, input) {
  const packs = act === "pack" || act === "unpack";
  const lists = { [packs ? "childQuantityList" : "quantityList"]: input.lots, inputQuantityList: input.inputs, outputQuantityList: input.outputs };
  for (const [list, lots] of Object.entries(lists)) if (lots?.length) event[list] = lots.map(quantity);
  if (input.additives?.length) {
    event["jejak:additives"] = input.additives.map(({ substance, amount, unit }) => own({ substance, value: amount, uom: unit }));
  }
  const containers = input.containers ?? [];
  if (packs) packing(event, containers);
  else if (containers.length > 0) event.epcList = [...containers];
}

// Documents: { kind: a name of DOCUMENTS, a type of CBV, or another code, such as of an export guide, which is a certificate; document: URI, number, issuer, date, until }.
function documents(event, list) {
  const stated = [];
  for (const { kind, document, number, issuer, date, until } of list) {
    const cbv = kind in DOCUMENTS ? DOCUMENTS[kind] : TYPES.includes(kind) ? kind : "cert";
    (event.bizTransactionList ??= []).push(cbv ? { type: cbv, bizTransaction: document } : { bizTransaction: document });
    const isSaid = cbv && (kind === cbv || kindOfType(cbv) === kind);
    if (isSaid && ![number, issuer, date, until].some(Boolean)) continue;
    stated.push(own({ document, kind: isSaid ? undefined : kind, number: number || undefined, issuer: issuer || undefined, date, until }));
  }
  if (stated.length > 0) event["jejak:documents"] = stated;
}

function parties(event, act, input) {
  // a trade transfers ownership, a shipment possession
  const type = act === "trade" ? "owning_party" : "possessing_party";
  if (input.from) event.sourceList = [{ type, source: input.from }];
  if (input.to) event.destinationList = [{ type, destination: input.to }];
}

// Forms of trade, supervision and transport.
function forms(event, input) {
  const { visit, leg, handover, period, seal } = input;
  documents(event, input.documents ?? []);
  Object.assign(
    event,
    own({
      transfer: input.transfer || undefined,
      rejects: input.rejects,
      milestone: input.milestone,
      commitment: input.commitment,
      visit: visit && own({ purpose: visit.purpose, outcome: visit.outcome, advice: visit.advice, checklist: visit.checklist?.length ? visit.checklist.map(own) : undefined }),
      leg: leg && own({ mode: leg.mode, vehicle: leg.vehicle, from: leg.from, to: leg.to, seal }),
      handover: handover && own({ from: handover.from, to: handover.to, condition: handover.condition, seal }),
      confirms: input.confirms,
      monitoring: period && own({ from: period.from, until: period.until }),
    }),
  );
}

function measured(event, act, input, time) {
  if (input.results?.length) event.sensorElementList = [{ sensorMetadata: { time }, sensorReport: input.results.map(report) }];
  if (input.profile) {
    const { id, version, blake3 } = input.profile;
    event["jejak:profile"] = own({ id, version, blake3, requirements: [...(input.requirements ?? [])] });
  }
  if (input.sample) {
    const type = act === "sample" ? "testprd" : "testres";
    (event.bizTransactionList ??= []).push({ type, bizTransaction: `urn:jejak:sample:${input.sample}` });
    event["jejak:sample"] = own({ id: input.sample, holder: input.holder, seal: input.seal, plan: input.plan });
  }
}

function references(event, input) {
  const { shipment, lifts, replaces, retests, after, givesUp, evidence } = input;
  Object.assign(event, own({ shipment, lifts, voids: replaces }));
  if (givesUp?.length) {
    event["jejak:givenUp"] = givesUp.map(({ seq, record, reason, act, lots }) =>
      own({ seq, record, reason, act, lots: lots?.length ? [...lots] : undefined }),
    );
  }
  if (retests?.length) event["jejak:retests"] = [...retests];
  if (after?.length) event["jejak:after"] = [...after];
  if (evidence?.length) event["jejak:evidence"] = evidence.map(own);
}

// Serial labels issued: { root, count, net: { amount, unit } }.
const issue = ({ root, count, net }) => own({ root, count, net: own({ value: net.amount, uom: net.unit }) });

function made(event, act, input) {
  const ilmd = own({
    // of monitoring the commodity only says which profile is looked for
    commodity: act === "monitor" ? undefined : input.commodity,
    form: input.form,
    harvestStart: input.harvestStart,
    harvestEnd: input.harvestEnd,
    village: input.village,
    gear: input.gear,
    plots: input.plots?.length ? [...input.plots] : undefined,
    catchCertificate: input.catchCertificate,
    bestBefore: input.bestBefore,
  });
  if (Object.keys(ilmd).length > 0) event.ilmd = ilmd;
  const flag = { hold: { set: ["non_sellable_other"] }, recall: { set: ["recalled"] }, lift: { unset: ["non_sellable_other"] } }[act];
  if (flag) event.persistentDisposition = flag;
  const { process, mode, reason, market, serials } = input;
  Object.assign(event, own({ process, mode, reason, market, serials: serials && issue(serials) }));
}

/**
 * The event of an act, for write() of canonical.js. `input` has the options of `jejak record new` in camelCase:
 *
 * lots, inputs, outputs: [{ lot: URI, amount: "24.6", unit: "KGM" }]; additives: [{ substance, amount, unit }]; containers: [SSCC URI],
 * of a packing the outer one first; place: GLN URI; from, to: party; step; sample, holder, seal, plan; process, commodity, form, village, gear,
 * harvestStart, harvestEnd, bestBefore, catchCertificate, mode, reason, market; results: [{ parameter, value, unit, uncertainty, method, units }],
 * of a quantity without a parameter { quantity: "Temperature", value, unit } or { min, max, mean }; plots: [commitment];
 * profile: { id, version, blake3 }, requirements: [id]; failed; refused (a receipt that takes nothing); shipment, lifts, replaces, rejects:
 * record URI; retests, after: [record URI]; givesUp: [{ seq, record, reason, act, lots }]; evidence: [{ blake3, mediaType, bytes,
 * documentType, title, access, number, issuer, from, until }]; documents: [{ kind, document, number, issuer, date, until }]; transfer, milestone,
 * commitment; visit: { purpose, outcome, advice, checklist: [{ item, answer, note }] }; leg: { mode, vehicle, from, to }; handover: { from, to,
 * condition }, confirms: record URI; period: { from, until }; serials: { root, count, net: { amount, unit } }.
 */
export function event(act, input, { id, time }) {
  const form = FORMS[act === "adjust" && GAINS.includes(input.reason) ? "gain" : act];
  demand(form && act !== "gain", `${act} is no act that can be written`);
  demand(/T\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(time), "a time has seconds and an offset");
  const out = { "@context": CONTEXT, type: form.type, eventID: id, eventTime: time, eventTimeZoneOffset: offset(time) };
  if (form.action) out.action = form.action;
  const bizStep = input.step ?? form.bizStep;
  if (bizStep) out.bizStep = bizStep;
  const disposition = input.failed ? "non_conformant" : input.refused ? "returned" : form.disposition;
  if (disposition) out.disposition = disposition;
  if (input.place) out.readPoint = { id: input.place };
  goods(out, act, input);
  parties(out, act, input);
  forms(out, input);
  measured(out, act, input, time);
  references(out, input);
  made(out, act, input);
  return out;
}

/** The event that voids another: it again, as text or bytes of its payload, with errorDeclaration. `voids` is the record's URI; reason incorrect_data or did_not_occur. */
export function voidOf(payload, { id, time, reason = "incorrect_data", voids, after }) {
  demand(reason === "incorrect_data" || reason === "did_not_occur", "not a reason for a void");
  const out = read(typeof payload === "string" ? payload : new TextDecoder("utf-8", { fatal: true }).decode(payload));
  out.eventID = id;
  out.errorDeclaration = { declarationTime: time, reason };
  out["jejak:voids"] = voids;
  // what the record gave up is given up
  delete out["jejak:givenUp"];
  if (after) out["jejak:after"] = [...after];
  return out;
}
