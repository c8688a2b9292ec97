// A ledger with a laboratory and a maker for the tests of the checking modules, and a correct page of its only lot.
import assert from "node:assert/strict";

import { blake3 } from "../../web/static/blake3.js";
import { base32 } from "../../web/static/bytes.js";
import { dayOf, measured, moment, unix } from "../../web/static/format.js";
import { Broken } from "../../web/static/verify.js";
import { verify } from "./proof.mjs";
import words from "../../web/static/words-en.js";
import { AUTHORITY, Ledger, ORIGIN, key, vkey } from "./ledger.mjs";

export const LOT = "https://id.gs1.org/01/09521321001077/10/X";
export const LAB = "urn:jejak:party:lab";
export const MAKER = "urn:jejak:party:maker";
export const uri = (id) => `urn:jejak:record:${id}`;
export const name = (entry) => base32(blake3(entry));

export const harvest = { type: "ObjectEvent", bizStep: "commissioning", quantityList: [{ epcClass: LOT }] };
export const inspect = {
  type: "ObjectEvent",
  bizStep: "inspecting",
  disposition: "conformant",
  quantityList: [{ epcClass: LOT }],
  sensorElementList: [{ sensorReport: [{ type: "urn:jejak:param:p", stringValue: "1" }] }],
  "jejak:profile": { "jejak:id": "oil/leaf", "jejak:version": "1", "jejak:requirements": ["R"] },
};
// What does not pass the only limit.
export const failing = {
  ...inspect, disposition: "non_conformant", sensorElementList: [{ sensorReport: [{ type: "urn:jejak:param:p", stringValue: "3" }] }],
};
// What its uncertainty leaves open.
export const unclear = {
  ...failing, sensorElementList: [{ sensorReport: [{ type: "urn:jejak:param:p", stringValue: "2", "jejak:uncertainty": "0.1" }] }],
};
const limits = [{ parameter: "p", max: "2" }];
export const profile = Buffer.from(JSON.stringify({
  id: "oil/leaf", version: "1", parameters: [{ id: "p", kind: "decimal", onSite: true }],
  requirements: [{ id: "R", market: "ID", standard: "R 1", force: "legal", forms: [], decision: "guard-band-producer", rules: limits }],
  completeTests: [{ form: "leaf", market: "ID", all: ["p"] }],
}));
// A statement that puts a file in force, and the file in a bundle.
export const enacted = (bytes, name = "oil", version = "1") =>
  ({ type: "Profile", id: name, version, blake3: base32(blake3(bytes)), bytes: bytes.length, from: 0 });
export const filed = (...files) => files.map((bytes) => ({ blake3: base32(blake3(bytes)), bytes: bytes.toString("base64url") }));
export const hold = { type: "ObjectEvent", bizStep: "holding", quantityList: [{ epcClass: LOT }] };
export const product = (gtin, form = "leaf") => ({
  type: "Product", gtin, name: { en: "Leaf", id: "Daun" }, commodity: "oil", form, unit: "gram", makers: [MAKER],
});

export function world() {
  const l = new Ledger();
  l.enrol(MAKER, ["producer"], key(2));
  l.enrol(LAB, ["inspector"], key(3));
  l.state(l.authority, AUTHORITY, product("09521321001077"));
  l.accreditation = { type: "Accreditation", party: LAB, scope: ["oil"], body: "KAN", number: "1", from: 0, until: 2_000_000_000 };
  l.state(l.authority, AUTHORITY, l.accreditation);
  l.state(l.authority, AUTHORITY, enacted(profile, "oil/leaf"));
  l.event(key(2), MAKER, harvest);
  return l;
}

const value = ({ type, stringValue, uom, "jejak:uncertainty": spread }, result) => ({
  parameter: type, value: stringValue, text: measured(words, stringValue, uom), ...(spread && { spread: `±\u00a0${measured(words, spread, uom)}` }),
  look: result, judgement: [words[`verdict-${result}`], pair("limit", words["limit-max"].replace("{ $limit }", measured(words, "2", uom)))].join(" · "),
});
const spread = (json) => json.sensorElementList[0].sensorReport[0]["jejak:uncertainty"];
const resultOf = (json) => (json === undefined ? "pass" : { conformant: "pass" }[json.disposition] ?? "fail");

const pair = (label, value) => words.pair.replace("{ $label }", words[label]).replace("{ $value }", value);

// The title of an event's step, and what else it says.
function titleOf(json) {
  const kinds = { TransformationEvent: "act-process", AggregationEvent: "act-pack" };
  const steps = { commissioning: "act-harvest", sampling: "act-sample", receiving: "act-receive", holding: json["jejak:lifts"] ? "act-lift" : "act-on-hold", shipping: "act-ship" };
  if (json.errorDeclaration) return words["act-correct"];
  if (json.bizStep === "inspecting") return pair("inspection", words[`result-${verdictOf(json)}`]);
  return words[kinds[json.type] ?? steps[json.bizStep] ?? `step-${json.bizStep}`];
}
const detailsOf = (json) => [
  ...(json["jejak:market"] ? [pair("fact-market", words[`country-${json["jejak:market"]}`])] : []),
  ...(json["jejak:sample"] ? [pair("fact-sample", json["jejak:sample"]["jejak:id"])] : []),
];
const verdictOf = (json) => (spread(json) ? "inconclusive" : resultOf(json));

// What a test was made by, and by whom.
const madeBy = ({ bizStep, errorDeclaration, "jejak:profile": by }) => {
  if (bizStep !== "inspecting" || errorDeclaration) return [];
  const sets = by?.["jejak:requirements"] ?? [];
  return [["accreditation", pair("accredited", "KAN 1")], ...(sets.length > 0 ? [["standard", pair("standard", "R 1")]] : [])];
};

// The first screen's line of the tests: an open failure, else the last that was not voided.
function inspectedOf(events) {
  const voided = events.map(({ payload }) => payload["jejak:voids"]).map((name) => String(name).replace("urn:jejak:record:", ""));
  const tests = events.filter(({ id, payload }) => payload.bizStep === "inspecting" && !payload.errorDeclaration && !voided.includes(id));
  const cleared = tests.flatMap(({ payload }) => payload["jejak:retests"] ?? []);
  const open = tests.find(({ id, payload }) => resultOf(payload) === "fail" && !cleared.includes(uri(id)) && !spread(payload));
  const test = open ?? tests.findLast(({ payload }) => resultOf(payload) === "pass") ?? tests.at(-1);
  if (!test) return { fact: "inspected", of: "", tone: "quiet", text: words["not-inspected"] };
  const key = spread(test.payload) ? "inconclusive" : resultOf(test.payload);
  return { fact: "inspected", of: test.id, tone: { pass: "good", fail: "bad", inconclusive: "warn" }[key], text: words[`inspected-${key}`].replace("{ $when }", dayOf(words, test.payload)) };
}

// How much was made of the lot, of what was not voided.
function amountOf(events) {
  const voids = events.map(({ payload }) => payload["jejak:voids"]);
  const makes = events.filter(({ id, payload }) => ["commissioning", "stocking"].includes(payload.bizStep) && !payload.errorDeclaration && !voids.includes(`urn:jejak:record:${id}`));
  const made = makes.flatMap(({ payload }) => [...(payload.quantityList ?? []), ...(payload.outputQuantityList ?? [])]).filter(({ epcClass, quantity }) => epcClass === LOT && quantity !== undefined);
  return `${made.reduce((sum, { quantity }) => sum + quantity, 0)}\u00a0${made.length > 0 ? "kg" : "g"}`;
}

// When the page is of, by the last clock of the ledger.
function clockOf(records) {
  const time = records.findLast(({ payload }) => payload.time !== undefined)?.payload.time;
  return time === undefined ? [] : [{ fact: "clock", of: String(time), text: words["as-of-when"].replace("{ $when }", unix(words, time)) }];
}

// A correct page of everything on the ledger, with the given state.
export function pageOf(l, state) {
  const records = l.entries.map((entry, index) => ({ id: name(entry), index, payload: {}, ...l.contents[index] }));
  const events = records.filter(({ payload }) => payload.eventID);
  const facts = events.flatMap(({ id, iss, payload }) => [
    { fact: "signer", of: id, record: id, text: iss },
    { fact: "time", of: id, record: id, text: moment(words, payload) },
    { fact: "title", of: id, record: id, text: titleOf(payload) },
    ...detailsOf(payload).map((text) => ({ fact: "detail", of: id, record: id, text })),
    ...madeBy(payload).map(([fact, text]) => ({ fact, of: id, record: id, text })),
  ]);
  const held = state === "held" ? events.findLast(({ payload }) => payload.bizStep === "holding" && !payload["jejak:lifts"]) : undefined;
  facts.push(
    { fact: "product", of: "09521321001077", text: "Leaf" },
    { fact: "lot", of: "09521321001077", text: "X" },
    { fact: "maker", of: MAKER, text: MAKER },
    { fact: "amount", of: "", text: amountOf(events) },
    ...clockOf(records),
    inspectedOf(events),
    held
      ? { fact: "recall", of: held.id, tone: "bad", text: `On hold since ${dayOf(words, held.payload)}` }
      : { fact: "recall", of: "", text: words["recall-none"] },
  );
  const tests = events.filter(({ payload }) => payload.bizStep === "inspecting" && !payload.errorDeclaration);
  const voided = events.flatMap(({ payload }) => (payload["jejak:voids"] ? [payload["jejak:voids"].replace("urn:jejak:record:", "")] : []));
  return {
    address: new URL(LOT).pathname,
    ledger: l.id,
    lot: LOT,
    logKey: vkey(ORIGIN, l.log),
    lang: "en",
    band: { state, word: words[`state-${state}`], look: `band ${state} #s-${state}` },
    size: l.entries.length,
    shown: events.map(({ id, index }) => ({ id, index, voided: voided.includes(id), tags: voided.includes(id) ? [words.voided] : [] })),
    tests: tests.map(({ id, payload }) => ({
      record: id,
      result: words[`verdict-${verdictOf(payload)}`],
      when: dayOf(words, payload),
      notes: voided.includes(id) ? [words["inspection-voided"]] : [],
      values: payload.sensorElementList[0].sensorReport.map((report) => value(report, verdictOf(payload))),
    })),
    facts,
  };
}

// A change of a page: marks these records as signed with a stolen key.
export const marking = (...records) => (page) => {
  const names = records.map((record) => record.replace("urn:jejak:record:", ""));
  for (const step of page.shown) if (names.includes(step.id)) step.tags = [words.marked];
  for (const test of page.tests) if (names.includes(test.record)) test.notes = [words["marked-signed"]];
};

// Checks the ledger's bundle with its page; `change` alters the page, `omit` leaves records out of the bundle.
export async function look(l, state = "not-inspected", { change = () => {}, omit } = {}) {
  const page = pageOf(l, state);
  change(page);
  return verify({ ...l.bundle(LOT, omit), profiles: filed(profile) }, page);
}

// Asserts that the check of this name fails, for this reason.
export const broken = (promise, check, why) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof Broken, String(error.stack));
    assert.equal(error.check, check, error.message);
    if (why) assert.match(error.message, why);
    return true;
  });
