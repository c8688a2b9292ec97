// Every act that the forms write is taken by the real rules: models make the event, the core signs it, a demo of the program judges it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before } from "node:test";

import { complete } from "../../web/static/app/forms/compose.js";
import { drafts } from "../../web/static/app/forms/correct.js";
import { recordUri } from "../../web/static/app/forms/context.js";
import { stateOf } from "../../web/static/app/forms/engine.js";
import { models } from "../../web/static/app/forms/index.js";
import * as inspection from "../../web/static/app/forms/inspect.js";
import * as statements from "../../web/static/app/statements.js";
import { Phone, demo, gln, gtin, party } from "./app-forms-lab.mjs";

const checklists = JSON.parse(readFileSync(new URL("../../web/static/checklists.json", import.meta.url), "utf8"));

let world;
before(async () => {
  world = await demo();
}, { timeout: 180_000 });
after(() => world?.stop());

/** Answers a model completely, signs it, and returns the node's answer. */
async function signed(phone, name, answers, of = {}) {
  const ctx = phone.context(of);
  const all = complete(models[name], ctx, answers);
  const { open } = stateOf(models[name], ctx, all);
  assert.equal(open, undefined, `${name} still asks ${open?.id}`);
  assert.ok(models[name].say(ctx, all).filter(Boolean).length > 0);
  const built = await models[name].build(ctx, all);
  const answer = await phone.sign(built);
  Object.assign(phone.remembered, built.remember);
  return { ...answer, built };
}
const kg = (amount) => ({ amount, unit: "KGM" });
const rules = (answer) => (answer.findings ?? answer.effect?.findings ?? []).map((one) => one.rule);

test("patchouli: harvest, process, pack, unpack, ship, void the shipment, ship again", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 25);
  const leaf = (await signed(village, "harvest", { product: gtin(107), amount: kg("1040"), member: "Ibu Wati", point: "-3.0512,133.5061" })).built;
  assert.equal(leaf.openings.length, 2);
  const from = leaf.input.lots[0].lot;
  const oil = (await signed(village, "process", { way: "essential-oil/steam-distillation/0", inputs: [{ lot: from, ...kg("1040") }], product: gtin(108), made: kg("24.4") })).built;
  const made = oil.input.outputs[0].lot;
  await signed(village, "stock", { lot: made, reason: "spillage", amount: kg("0.2") });
  await signed(village, "stock", { lot: made, reason: "reweigh-gain", amount: kg("0.1") });
  await signed(village, "sample", { lot: made, amount: kg("0.1"), number: "ZT-0001", seal: "SGL-7" });
  const parts = (await signed(village, "split", { lot: made, outputs: [{ product: gtin(108), ...kg("10") }, { product: gtin(108), ...kg("14") }] })).built.input.outputs.map((one) => one.lot);
  const merged = (await signed(village, "merge", { product: gtin(108), inputs: [{ lot: parts[0], ...kg("10") }, { lot: parts[1], ...kg("10") }], made: kg("20") })).built.input.outputs[0].lot;
  const packed = (await signed(village, "pack", { goods: [{ lot: merged, ...kg("12") }] })).built;
  await signed(village, "unpack", { container: packed.input.containers[0], goods: [{ lot: merged, ...kg("2") }] });
  const first = await signed(village, "ship", { goods: [{ lot: merged, ...kg("3") }], to: party(54), market: "EU" });
  await signed(village, "void-shipment", { shipment: recordUri(first.id) });
  await signed(village, "paper", { lots: [merged], paper: "invoice", with: party(54), side: "seller", number: "7/INV/XI/2026", files: [] });
  await signed(village, "paper", { lots: [merged], paper: "phytosanitary-certificate", issuer: "Balai Karantina Palu", number: "KT-8", until: "2099-12-31", files: [] });
  await signed(village, "ship", { goods: [{ lot: merged, ...kg("2.5") }], to: party(41) });
  // labels for bottles whose content the product states, and for goods of which it is asked
  const bottled = (await signed(village, "split", { lot: merged, outputs: [{ product: gtin(109), ...kg("1") }, { product: gtin(108), ...kg("1") }] })).built.input.outputs.map((one) => one.lot);
  await signed(village, "label", { lot: bottled[0], count: { amount: "20", unit: "H87" } });
  await signed(village, "label", { lot: bottled[1], count: { amount: "2", unit: "H87" }, net: { amount: "250", unit: "GRM" } });
  // both sides sign the same paper: then the goods are the buyer's
  const paper = { lots: bottled, paper: "invoice", number: "8/INV/XI/2026" };
  await signed(village, "transfer", { ...paper, with: party(54), side: "seller" });
  const counterpart = new Phone(world, 54, { work: { held: bottled.map((lot) => ({ lot, amount: "1000", unit: "gram", newest: [] })) } });
  counterpart.counterparts = [{ party: party(25), name: { id: "Desa" }, roles: ["producer"] }];
  await signed(counterpart, "transfer", { ...paper, with: party(25), side: "buyer" });
  await assert.rejects(signed(village, "transfer", { ...paper, number: "9/INV/XI/2026", with: party(51), side: "seller" }), /goods-not-owned/, "they are sold");
  const whole = await signed(village, "ship", { goods: [{ sscc: packed.input.containers[0] }], to: party(54) });
  // the consignee counts what was in the container, and has it in the container
  const work = await world.of(54, "work");
  const buyer = new Phone(world, 54, { work });
  const coming = work.incoming.find((one) => one.shipment === whole.id);
  await signed(buyer, "receive", { shipment: recordUri(whole.id), ...Object.fromEntries(coming.lots.map((part) => [`count:${part.lot}`, { amount: part.amount, unit: "GRM" }])) });
  assert.ok(buyer.context().containers().some((one) => one.sscc === packed.input.containers[0]));
  await signed(buyer, "unpack", { container: packed.input.containers[0], goods: [{ lot: merged, ...kg("1") }] });
});

test("a shipment is received short, another is refused; the way is recorded", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 21);
  const catchOf = (await signed(village, "harvest", { product: gtin(101), amount: kg("80"), member: null, gear: "pot", days: { first: "2026-01-15", last: "2026-01-16" } }).catch(() => signed(village, "harvest", { product: gtin(101), amount: kg("80"), gear: "pot" }))).built;
  const crab = catchOf.input.lots[0].lot;
  const one = await signed(village, "ship", { goods: [{ lot: crab, ...kg("20") }], to: party(51) });
  const two = await signed(village, "ship", { goods: [{ lot: crab, ...kg("5") }], to: party(51) });
  for (const act of ["load", "depart"]) await signed(village, act, { lots: [crab], mode: "sea", vehicle: "KM Contoh" });
  await signed(village, "temperature", { lots: [crab], readings: { values: ["19.5", "20", "-1.5"] } });
  await signed(village, "temperature", { lots: [crab], readings: { values: Array.from({ length: 250 }, (_, i) => String(15 + (i % 5))) } });
  await signed(village, "handover", { lots: [crab], to: party(41), condition: "intact", seal: "SGL-1" });
  const coming = (shipment, amount) => ({ shipment, from: party(21), name: { id: "Desa" }, lots: [{ lot: crab, gtin: gtin(101), amount, unit: "gram" }], containers: [] });
  const buyer = new Phone(world, 51, { work: { incoming: [coming(one.id, "20000"), coming(two.id, "5000")] } });
  await signed(buyer, "arrive", { lots: [crab], mode: "sea" });
  const received = await signed(buyer, "receive", { shipment: recordUri(one.id), [`count:${crab}`]: kg("19.8") });
  assert.ok(rules(received).includes("received-short"), JSON.stringify(received));
  await signed(buyer, "refuse", { shipment: recordUri(two.id), reason: "damaged" });
  // what a forwarder delivers to one who has no key, with its paper
  const three = await signed(village, "ship", { goods: [{ lot: crab, ...kg("4") }], to: party(41) });
  const forwarder = new Phone(world, 41, { work: { incoming: [coming(three.id, "4000")] } });
  await signed(forwarder, "receive", { shipment: recordUri(three.id), [`count:${crab}`]: kg("4") });
  await new Phone(world, 1).state(statements.party({ party: party(59), name: { en: "Harbour shop", id: "Toko Dermaga" }, roles: ["buyer"], country: "ID" }));
  const four = await signed(forwarder, "ship", { goods: [{ lot: crab, ...kg("4") }], to: party(59) });
  const paper = { blake3: "a".repeat(52), mediaType: "image/jpeg", bytes: 9, documentType: "photo", title: "Surat jalan" };
  const delivered = await signed(forwarder, "deliver", { shipment: recordUri(four.id), [`count:${crab}`]: kg("3.9"), papers: [paper] });
  assert.ok(rules(delivered).includes("delivered-outside"), JSON.stringify(delivered));
});

test("avocado is sorted into grades within the band", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 22);
  const from = (await signed(village, "harvest", { product: gtin(102), amount: kg("800"), member: undefined })).built.input.lots[0].lot;
  const sorted = await signed(village, "sort", { way: "avocado/sorting/0", inputs: [{ lot: from, ...kg("800") }], outputs: [{ product: gtin(103), ...kg("500") }, { product: gtin(104), ...kg("240") }] });
  assert.deepEqual(rules(sorted).filter((rule) => rule !== "late-sync"), []);
  await signed(village, "hold", { lot: sorted.built.input.outputs[1].lot, reason: "suspected-unsafe" });
  // from another phone of the party, which knows the lot's page alone
  const other = new Phone(world, 22, { letter: "Y" });
  other.views = { [sorted.built.input.outputs[1].lot]: await world.view(sorted.built.input.outputs[1].lot) };
  await signed(other, "lift", { reason: "mistake" }, { lot: sorted.built.input.outputs[1].lot });
  await signed(village, "recall", { lot: sorted.built.input.outputs[1].lot, reason: "wrong-label" });
  await signed(village, "count", { lot: sorted.built.input.outputs[0].lot, counted: kg("499") });
});

test("an inspection passes, one fails, a retest names the one that failed", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 21);
  const crab = (await signed(village, "harvest", { product: gtin(101), amount: kg("33"), gear: "pot" })).built.input.lots[0].lot;
  const work = { toInspect: [{ lot: crab, gtin: gtin(101), amount: "33000", unit: "gram", market: "ID", newest: [], holder: { party: party(21) } }] };
  const inspector = new Phone(world, 32, { work });
  const inspect = async (values, more = {}) => {
    const ctx = inspector.context({ lot: crab });
    const a = { lot: crab, values, ...more };
    return inspector.sign(inspection.build(ctx, inspection.setup(ctx, a), a));
  };
  const width = (value) => ({ "species-id": [{ value: "scylla-serrata" }], berried: [{ value: "no" }], "gear-passive": [{ value: "yes" }], "carapace-width": [{ value }] });
  const failed = await inspect(width("11.8"), { instrument: { "carapace-width": { name: "JS-2", u: "0.1", method: "caliper" } } });
  await inspect(width("12.6"), { retests: [failed.id] });
  // a test that was wrong is voided, and the one that replaces it cites the void
  const wrong = await inspect(width("13"));
  const record = inspector.records.at(-1);
  const ctx = inspector.context({ key: record.key });
  const [voids] = drafts(models.correct.build(ctx, { record: record.key, wrong: "goods" }));
  const voided = await inspector.void(voids);
  const again = inspector.context({ lot: crab, replaces: voided.id });
  const b = { lot: crab, values: width("12.7") };
  const replaced = await inspector.sign(inspection.build(again, inspection.setup(again, b), b));
  assert.deepEqual([inspector.records.at(-1).event["jejak:voids"], replaced.id === wrong.id], [recordUri(voided.id), false]);
  await inspect({ "species-id": [{ value: "scylla-serrata" }] }, { conforms: true });
  await signed(inspector, "sample", { lot: crab, amount: kg("0.5"), number: "SU-0042" });
});

test("laboratory values: below a limit of quantification, several units by one value", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 24);
  const banana = (await signed(village, "harvest", { product: gtin(105), amount: kg("900") })).built.input.lots[0].lot;
  const flour = (await signed(village, "process", { way: (await import("./app-forms-lab.mjs")).profiles["banana-flour"].processes.flatMap((p) => p.conversions.map((way, i) => (way.from.includes("green-banana") && way.to.includes("banana-flour") ? `banana-flour/${p.id}/${i}` : undefined))).find(Boolean), inputs: [{ lot: banana, ...kg("900") }], product: gtin(106), made: kg("200") })).built.input.outputs[0].lot;
  const work = { toInspect: [{ lot: flour, gtin: gtin(106), amount: "200000", unit: "gram", market: "EU", newest: [], holder: { party: party(24) } }] };
  const laboratory = new Phone(world, 31, { work });
  await signed(laboratory, "sample", { lot: flour, amount: kg("1"), number: "LB-0001" });
  const ctx = laboratory.context({ lot: flour });
  const a = { lot: flour, values: { moisture: [{ value: "8.4" }], afb1: [{ value: "<0.5" }], "af-total": [{ value: "<1" }], ota: [{ value: "0.4" }], cd: [{ value: "<0.005" }], pb: [{ value: "0.02" }], salmonella: [{ value: "absent", units: 5 }], "foreign-matter": [{ value: "absent" }], so2: [{ value: "<10" }] } };
  const s = inspection.setup(ctx, a);
  const built = inspection.build(ctx, s, a);
  assert.equal(built.input.sample, "LB-0001");
  assert.equal(inspection.soFar(ctx, s, a).complete, true, JSON.stringify(inspection.soFar(ctx, s, a).missing));
  await laboratory.sign(built);
});

test("a correction voids and replaces in one flow; the other way only voids", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 25, { letter: "Y" });
  const corrected = async (answers) => {
    const record = village.records.findLast((one) => one.act === "harvest");
    const ctx = village.context({ key: record.key });
    const all = complete(models.correct, ctx, { record: record.key, ...answers });
    assert.equal(stateOf(models.correct, ctx, all).open, undefined);
    assert.ok(models.correct.say(ctx, all).filter(Boolean).length > 1);
    const built = models.correct.build(ctx, all);
    const [voids] = drafts(built);
    const first = await village.void(voids);
    const [, anew] = drafts(built, "draft");
    if (anew) return village.sign({ act: anew.act, input: { ...anew.input, replaces: first.id } });
    return first;
  };
  await signed(village, "harvest", { product: gtin(107), amount: kg("310"), member: null });
  await corrected({ wrong: "values", "quantityList:0": kg("130") });
  await signed(village, "harvest", { product: gtin(107), amount: kg("55"), member: null });
  await corrected({ wrong: "never" });
});

test("the same place is asked once", () => {
  const village = new Phone(world, 25);
  assert.equal(stateOf(models.harvest, village.context(), {}).questions.find((one) => one.id === "place").value, gln(68));
});

test("the folder of a shipment: papers, a payment that both sides agree to, a handover that both sign, a visit", { timeout: 120_000 }, async () => {
  const village = new Phone(world, 25, { letter: "F" });
  const leaf = (await signed(village, "harvest", { product: gtin(107), amount: kg("900") })).built.input.lots[0].lot;
  const oil = (await signed(village, "process", { way: "essential-oil/steam-distillation/0", inputs: [{ lot: leaf, ...kg("900") }], product: gtin(108), made: kg("20") })).built.input.outputs[0].lot;
  const shipment = (await signed(village, "ship", { goods: [{ lot: oil, ...kg("3") }], to: party(54) })).id;
  const who = (n) => ({ party: party(n), name: { id: `Pihak ${n}` } });
  const folder = { shipment, from: who(25), to: who(54), shippedBy: who(25), state: "under-way", lots: [{ lot: oil, amount: "3000", unit: "gram", product: {} }], documents: [], payments: [], handovers: [] };
  const buyer = new Phone(world, 54);
  const carrier = new Phone(world, 41);
  for (const p of [village, buyer, carrier]) p.more = { folder, checklists };
  const of = { record: shipment };

  await signed(village, "paper", { paper: "certificate-of-origin", number: "SKA-1", issuer: "Dinas Perdagangan", until: "2099-12-31", files: [] }, of);
  await signed(village, "paper", { paper: "smkhp", number: "S-1", issuer: "BPPMHKP", files: [] }, of);
  await signed(village, "paper", { paper: "invoice", number: "11/INV", files: [] }, of);
  const invoice = village.records.at(-1);
  buyer.more.events = { [recordUri(invoice.id)]: invoice.event };
  await signed(buyer, "reject", { reason: "wrong-amount" }, { record: invoice.id, shipment });
  assert.deepEqual(rules((await signed(buyer, "paper", { paper: "packing-list", number: "P-1", issuer: "Desa", files: [] }, of))).filter((rule) => rule === "rejected"), []);

  // the village states the sum, the buyer agrees to the same
  const first = await signed(village, "payment", { milestone: "payment-agreed", amount: { currency: "USD", amount: "12500" }, day: "2099-12-20", files: [] }, of);
  const { commitment, documents: [{ document, number }] } = first.built.input;
  const stage = { record: first.id, milestone: "payment-agreed", side: "seller", party: party(25), date: "2099-12-20", commitment };
  const payment = { document, number, from: who(25), to: who(54), status: "agreed", agreed: "one", stages: [stage] };
  const sums = { [commitment]: first.built.openings[0] };
  const going = (p, milestone) => {
    p.more = { ...p.more, sums, folder: { ...folder, payments: [payment] } };
    return signed(p, "payment", { milestone, files: [] }, { ...of, document });
  };
  assert.equal((await going(buyer, "payment-agreed")).built.input.commitment, commitment);
  await going(buyer, "payment-paid");
  await going(village, "payment-received");
  await assert.rejects(village.sign({ act: "trade", input: { ...first.built.input, milestone: "payment-paid" } }), /payment-side/);

  await signed(village, "handover", { to: party(41), condition: "intact", seal: "S-9" }, of);
  const handed = village.records.at(-1);
  carrier.more = { ...carrier.more, folder: { ...folder, containers: [], handovers: [{ record: handed.id, party: party(25), from: who(25), to: who(41), goods: [{ goods: oil, quantity: null, uom: null }], namesShipment: true }] } };
  await signed(carrier, "handover", { condition: "seal-broken" }, { ...of, confirms: handed.id });
  await assert.rejects(signed(carrier, "handover", { condition: "intact" }, { ...of, confirms: handed.id }), /confirms-unknown/, "once");
  // who took the goods over has to do with them
  await signed(carrier, "paper", { paper: "invoice", number: "12/INV", files: [] }, of);
  await signed(carrier, "depart", { mode: "sea", vehicle: "KM Contoh" }, of);
  const items = checklists["loading-supervision"];
  const answers = items.map((item, i) => ({ item, answer: i === 0 ? "no" : "yes", ...(i === 0 ? { note: "satu dus basah" } : {}) }));
  await signed(carrier, "visit", { purpose: "loading-supervision", checklist: answers, outcome: "corrective-action" }, of);
  await signed(carrier, "visit", { purpose: "quality-supervision", checklist: checklists["quality-supervision"].map((item) => ({ item, answer: "yes" })) }, of);
  await assert.rejects(carrier.sign({ act: "observe", input: { lots: [{ lot: oil }], step: "other", visit: { purpose: "loading-supervision", outcome: "in-order", checklist: answers } } }), /in-order|checklist|malformed/);
});
