// The models of the forms, without a browser: what is asked, what never has a default, what stands, what is asked before signing. Inspections
// are app-forms-inspect.test.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { before, twin, unusual } from "../../web/static/app/forms/cautions.js";
import { opens, person, point } from "../../web/static/app/forms/commit.js";
import { complete } from "../../web/static/app/forms/compose.js";
import { context } from "../../web/static/app/forms/context.js";
import { changeable, drafts, formAnew } from "../../web/static/app/forms/correct.js";
import * as decimal from "../../web/static/app/decimal.js";
import { NEVER_DEFAULT, answered, stateOf, withDays } from "../../web/static/app/forms/engine.js";
import { entered, pasted, taken, typed, valueOf } from "../../web/static/app/forms/entered.js";
import { models } from "../../web/static/app/forms/index.js";
import { checkDigit, codeOf, lotNumber, nextSscc } from "../../web/static/app/forms/lotnumber.js";
import { markOf, numberOf } from "../../web/static/app/mark.js";
import { yieldOf } from "../../web/static/app/forms/process.js";
import { differenceOf } from "../../web/static/app/forms/receive.js";
import { ends, pieces, series, summary } from "../../web/static/app/forms/series.js";
import { serialRoot } from "../../web/static/app/serials.js";
import { inBase, readable, signed, unitOf, unitsOf, unitsTyped } from "../../web/static/app/units.js";
import { NOW, gln, gtin, keptProfiles, kg, kitOf, lot, made, party, phone, record, uriOf, voidRecord } from "./app-forms-lab.mjs";

test("every form is reached from the list of what a role records, or from a lot, a record or another form", () => {
  const source = (name) => readFileSync(new URL(`../../web/static/app/${name}`, import.meta.url), "utf8");
  const linked = ["screens/more.js", "screens/lot.js", "screens/home.js", "screens/refused.js", "screens/conflict.js", "screens/folder/papers.js"].map(source).join("\n");
  const unlinked = Object.keys(models).filter((act) => act !== "count" && !new RegExp(`["\`/]${act}["/]`).test(linked));
  assert.deepEqual(unlinked, []);
  assert.match(linked, /joins=/, "a count is reached from two records on one lot");
});

test("nothing that is measured has a default, in any form, whatever is remembered", () => {
  const remembered = { "harvest:product": gtin(107), "ship:to": party(54), "process:way": "essential-oil/steam-distillation/0", [`place:${party(25)}`]: kitOf(25).places[0].gln };
  const work = { held: [{ lot: lot(107, "DAUN-1"), amount: "1040000", unit: "gram", newest: ["a".repeat(52)] }, { lot: lot(108, "OIL-1"), amount: "24400", unit: "gram", newest: [] }], incoming: [{ shipment: "b".repeat(52), from: party(21), name: "x", lots: [{ lot: lot(101, "B-1"), amount: "5", unit: "gram" }] }] };
  for (const n of [25, 21, 22, 24, 51]) {
    const ctx = phone(n, { work, remembered });
    for (const [name, model] of Object.entries(models)) {
      const { questions } = stateOf(model, ctx, {});
      for (const question of questions) assert.ok(!(NEVER_DEFAULT.has(question.kind) && question.value !== undefined), `${name} ${question.id}`);
    }
  }
});

test("a harvest asks the amount, and knows product, day, place and village", () => {
  const ctx = phone(25);
  assert.equal(stateOf(models.harvest, ctx, {}).open.id, "amount", "the only product that is harvested stands");
  assert.equal(stateOf(models.harvest, phone(22), {}).open.id, "product", "of several the product is asked the first time");
  assert.equal(stateOf(models.harvest, phone(22, { remembered: { "harvest:product": gtin(102) } }), {}).open.id, "amount");
  const { input, openings } = made(ctx, "harvest", { product: gtin(107), amount: kg("1040"), member: "Ibu Wati", point: "-3.05,133.5" });
  assert.deepEqual(input.lots, [{ lot: lot(107, "DAUN-2811A"), amount: "1040", unit: "KGM" }]);
  assert.equal(input.harvestStart, "2026-11-28");
  assert.equal(input.village, "72.03.01.2001");
  assert.ok(openings.every(opens) && openings.length === 2);
  assert.ok(!JSON.stringify(input).includes("Wati") && !JSON.stringify(input).includes("133.5"), "the log has the commitments alone");
});

test("who brought it is asked each time once members are known; the day of another zone is the person's own", () => {
  const ctx = phone(25, { remembered: { "harvest:product": gtin(107), members: ["Ibu Wati"] }, now: new Date("2026-11-28T23:30:00Z"), offset: "+09:00" });
  const state = stateOf(models.harvest, ctx, { amount: kg("1") });
  assert.equal(state.open.id, "member");
  assert.deepEqual(state.questions.find((one) => one.id === "days").value, { first: "2026-11-29", last: "2026-11-29" });
});

test("oil is no harvest, leaf is; a crab's harvest asks its gear in the words of its profile", () => {
  const options = (n) => stateOf(models.harvest, phone(n), {}).questions[0].options.map((one) => one.value);
  assert.deepEqual(options(25), [gtin(107)]);
  const gear = stateOf(models.harvest, phone(21), { amount: kg("3") }).questions.find((one) => one.id === "gear");
  assert.deepEqual(gear.options.map((one) => one.label), ["bubu", "perangkap", "jaring insang", "ditangkap dengan tangan"]);
  assert.equal(stateOf(models.harvest, phone(25), { product: gtin(107) }).questions.find((one) => one.id === "gear"), undefined);
});

test("two phones of one village make two lots, one phone adds to its own of the day while that takes additions", () => {
  const ctx = phone(25);
  const product = ctx.product(gtin(107));
  assert.equal(lotNumber(ctx, product, "2026-11-28"), "DAUN-2811A");
  assert.equal(lotNumber(phone(25, { phone: "B" }), product, "2026-11-28"), "DAUN-2811B");
  const first = record(made(ctx, "harvest", { product: gtin(107), amount: kg("5") }), { seq: 1 });
  const later = phone(25, { records: [first] });
  assert.equal(made(later, "harvest", { product: gtin(107), amount: kg("6") }).input.lots[0].lot, lot(107, "DAUN-2811A"));
  const out = record(made(later, "stock", { lot: lot(107, "DAUN-2811A"), reason: "drying", amount: kg("1") }), { seq: 2 });
  assert.equal(made(phone(25, { records: [first, out] }), "harvest", { product: gtin(107), amount: kg("6") }).input.lots[0].lot, lot(107, "DAUN-2811A2"));
  // a phone that was set up anew and sees the lot on the ledger leaves it alone
  const work = { held: [{ lot: lot(107, "DAUN-2811A"), amount: "5000", unit: "gram", newest: [] }] };
  assert.equal(made(phone(25, { work }), "harvest", { product: gtin(107), amount: kg("6") }).input.lots[0].lot, lot(107, "DAUN-2811A2"));
  assert.ok(codeOf(ctx, { gtin: "x", name: { id: "Ikan tuna segar pilihan" }, commodity: "" }).length <= 10);
});

test("what was signed this morning can be processed at noon, and is named in after", () => {
  const ctx = phone(25);
  const leaf = record(made(ctx, "harvest", { product: gtin(107), amount: kg("1040") }), { seq: 7 });
  const later = phone(25, { records: [leaf] });
  assert.deepEqual(later.held().map((one) => [one.lot, one.amount]), [[lot(107, "DAUN-2811A"), "1040000"]]);
  const a = { way: "essential-oil/steam-distillation/0", inputs: [{ lot: lot(107, "DAUN-2811A"), ...kg("1000") }], product: gtin(108), made: kg("24.4") };
  const built = made(later, "process", a);
  assert.deepEqual(built.input.after, [`urn:jejak:record:${leaf.id}`]);
  assert.deepEqual([...["signed", "waiting"], ...["accepted", "verified"]].map((state) => phone(25, { records: [{ ...leaf, state }] }).held()[0].unsent), [true, true, false, false]);
  const after = phone(25, { records: [leaf, record(built, { seq: 8 })] });
  assert.deepEqual(after.held().map((one) => [one.number, one.amount]), [["DAUN-2811A", "40000"], ["MINYAK-2811A", "24400"]]);
  // refused records changed nothing, and are no parents
  const refused = phone(25, { records: [{ ...leaf, state: "refused" }] });
  assert.deepEqual([refused.held(), refused.newest([lot(107, "DAUN-2811A")])], [[], []]);
  // what the node's answer holds is not counted twice
  const work = { held: [{ lot: lot(107, "DAUN-2811A"), amount: "1040000", unit: "gram", newest: [leaf.id] }] };
  assert.equal(phone(25, { records: [leaf], work }).held()[0].amount, "1040000");
  assert.equal(phone(25, { records: [{ ...leaf, index: 5 }], work: { held: [{ ...work.held[0], newest: ["z".repeat(52)] }] }, size: 9 }).held()[0].amount, "1040000");
});

const stockOf = (ctx) => Object.fromEntries(ctx.held().map((one) => [one.number, one.amount]));

test("an unsent void takes back what the node's answer counts, and its replacement counts anew", () => {
  const leaf = record(made(phone(25), "harvest", { product: gtin(107), amount: kg("310") }), { seq: 1 });
  const told = { ...leaf, state: "verified", index: 3 };
  const work = { held: [{ lot: lot(107, "DAUN-2811A"), amount: "310000", unit: "gram", newest: [leaf.id] }] };
  const at = (records, more) => stockOf(phone(25, { work, size: 9, records, ...more }));
  const anew = record(made(phone(25), "harvest", { product: gtin(107), amount: kg("130") }), { seq: 3 });
  assert.deepEqual(at([told]), { "DAUN-2811A": "310000" });
  assert.deepEqual(at([told, voidRecord(leaf, 2)]), {}, "it never happened");
  assert.deepEqual(at([told, voidRecord(leaf, 2), anew]), { "DAUN-2811A": "130000" });
  assert.deepEqual(at([told, voidRecord(leaf, 2, { state: "refused" })]), { "DAUN-2811A": "310000" }, "a void that was refused changes nothing");
  // neither is in the node's answer
  assert.deepEqual(at([leaf, voidRecord(leaf, 2), anew], { work: {} }), { "DAUN-2811A": "130000" });
  // once the answer has the void, nothing is taken twice
  assert.deepEqual(at([told, voidRecord(leaf, 2, { state: "verified", index: 5 })], { work: {} }), {});
});

test("packing, a cancelled shipment and their voids move the loose goods and the containers", () => {
  const oil = lot(108, "MINYAK");
  const work = { held: [{ lot: oil, amount: "20000", unit: "gram", newest: [] }] };
  const ctx = phone(25, { work });
  const packed = record(made(ctx, "pack", { goods: [{ lot: oil, ...kg("12") }], container: "395213210000000013" }), { seq: 1 });
  const one = phone(25, { work, records: [packed] });
  const [sscc] = one.containers().map((container) => container.sscc);
  assert.deepEqual([stockOf(one), one.contentsOf(sscc)], [{ MINYAK: "8000" }, [{ lot: oil, amount: "12000", unit: "GRM" }]]);
  const out = record(made(one, "unpack", { container: sscc, goods: [{ lot: oil, ...kg("2") }] }), { seq: 2 });
  const two = phone(25, { work, records: [packed, out] });
  assert.deepEqual([stockOf(two), two.contentsOf(sscc)], [{ MINYAK: "10000" }, [{ lot: oil, amount: "10000", unit: "GRM" }]]);
  const sold = record(made(two, "ship", { goods: [{ sscc }, { lot: oil, ...kg("3") }], to: party(54) }), { seq: 3 });
  const three = phone(25, { work, records: [packed, out, sold] });
  assert.deepEqual([stockOf(three), three.containers()], [{ MINYAK: "7000" }, []]);
  const back = record(made(three, "void-shipment", {}), { seq: 4 });
  for (const last of [back, voidRecord(sold, 4)]) {
    const four = phone(25, { work, records: [packed, out, sold, last] });
    assert.deepEqual([stockOf(four), four.containers().map((container) => container.sscc)], [{ MINYAK: "10000" }, [sscc]]);
  }
  // a shipment that the node's answer has
  const shipment = "s".repeat(52);
  const sent = { held: [], outgoing: [{ shipment, from: party(25), to: party(54), name: {}, lots: [{ lot: oil, gtin: gtin(108), number: "MINYAK", amount: "3000", unit: "gram" }], containers: [] }] };
  const taken = record(made(phone(25, { work: sent }), "void-shipment", {}), { seq: 5 });
  assert.deepEqual(stockOf(phone(25, { work: sent, records: [taken] })), { MINYAK: "3000" });
});

test("a paper of trade is one document, whichever side enters it, and has no price", () => {
  const oil = lot(108, "MINYAK");
  const held = { held: [{ lot: oil, amount: "20000", unit: "gram", newest: [] }] };
  const seller = made(phone(25, { work: held }), "paper", { files: [], paper: "invoice", with: party(54), side: "seller", number: "7/INV/XI" });
  const buyer = made(phone(54, { work: held, kit: { ...kitOf(54), counterparts: [{ party: party(25), name: "x", roles: [] }] } }), "paper", { files: [], paper: "invoice", with: party(25), side: "buyer", number: "7/INV/XI" });
  assert.deepEqual(buyer.input.documents, seller.input.documents);
  assert.deepEqual([seller.input.from, seller.input.to, buyer.input.from, buyer.input.to], [party(25), party(54), party(25), party(54)]);
  assert.deepEqual(seller.input.documents[0], { kind: "invoice", document: `urn:jejak:doc:invoice:${gln(25)}:7%2FINV%2FXI`, number: "7/INV/XI", date: "2026-11-28" });
  assert.ok(!("transfer" in seller.input));
});

const checkedSscc = "395213210000000013";

test("a change of owner names the same paper, goods and parties on both sides, whole lots and containers", () => {
  const [oil, sscc] = [lot(108, "MINYAK"), `https://id.gs1.org/00/${checkedSscc}`];
  const inside = [{ lot: oil, amount: "2000", unit: "gram" }];
  const held = { held: [{ lot: oil, amount: "20000", unit: "gram", newest: ["n".repeat(52)] }], containers: [{ sscc: checkedSscc, lots: inside }] };
  const paper = { lots: [oil, sscc], paper: "invoice", number: "7/INV/XI" };
  const seller = made(phone(25, { work: held }), "transfer", { ...paper, with: party(54), side: "seller" });
  const buyer = made(phone(54, { work: held, kit: { ...kitOf(54), counterparts: [{ party: party(25), name: "x", roles: [] }] } }), "transfer", { ...paper, with: party(25), side: "buyer" });
  for (const member of ["documents", "from", "to", "lots", "containers", "transfer"]) assert.deepEqual(buyer.input[member], seller.input[member], member);
  assert.deepEqual([seller.input.transfer, seller.input.lots, seller.input.containers], [true, [{ lot: oil }], [sscc]]);
  assert.deepEqual(seller.input.after, [`urn:jejak:record:${"n".repeat(52)}`]);
  assert.equal(formAnew(record(seller), "v"), "/transfer");
});

test("labels hold no more than there is, commit to serials that stay on the phone, and are asked about when there are as many today", async () => {
  const bottles = lot(109, "BOTOL");
  const work = { held: [{ lot: bottles, amount: "800", packed: "200", unit: "gram", newest: [] }] };
  const ctx = phone(25, { work, random: (size) => crypto.getRandomValues(new Uint8Array(size)) });
  const a = { lot: bottles, count: { amount: "20", unit: "H87" } };
  assert.ok(!models.label.questions(ctx, a).some((one) => one?.id === "net"), "the product says what a pack holds");
  const built = await made(ctx, "label", a);
  const { serials, lots } = built.input;
  assert.deepEqual([lots, serials.count, serials.net], [[{ lot: bottles, amount: "1", unit: "KGM" }], 20, { amount: "50", unit: "GRM" }]);
  const [{ purpose, value, commitment }] = built.openings;
  assert.deepEqual([purpose, value.length, new Set(value).size, commitment], ["serials", 20, 20, serials.root]);
  assert.equal(await serialRoot(gtin(109), "BOTOL", value), serials.root);
  for (const serial of value) assert.ok(!JSON.stringify(built.input).includes(serial), "no serial is on the log");
  const more = { ...a, count: { amount: "21", unit: "H87" } };
  assert.deepEqual([a, more].map((one) => models.label.cautions(ctx, one).map(({ key }) => key)), [[], ["acts-caution-more"]]);
  const issued = record(built);
  assert.equal(twin(phone(25, { work, records: [issued] }), await made(ctx, "label", a))?.id, issued.id);
  assert.equal(formAnew(issued, "v"), "/label");
  assert.deepEqual(changeable(issued).amounts, [], "other labels have other serials");
  // of goods whose product has no net content it is asked
  const oil = lot(108, "MINYAK");
  const loose = phone(25, { work: { held: [{ lot: oil, amount: "5000", unit: "gram", newest: [] }] } });
  assert.equal(stateOf(models.label, loose, { lot: oil, count: a.count }).open.id, "net");
});

test("a shipment of which this phone knows a part is not offered for counting", () => {
  const shipment = { shipment: "b".repeat(52), from: party(21), name: "x", lots: [{ lot: lot(101, "B-1"), amount: "5", unit: "gram" }], containers: [] };
  const asked = (more) => models.receive.questions(phone(51, { work: { incoming: [{ ...shipment, more }] } }), {})[0];
  assert.deepEqual([asked(false).options.length, asked(true).options.length, asked(true).none], [1, 0, "acts-none-incoming-part"]);
});

test("a forwarder states the delivery to a consignee without a key, counted, and not without a paper", () => {
  const oil = lot(108, "MINYAK");
  const shipment = "s".repeat(52);
  const work = { outgoing: [{ shipment, from: party(41), to: party(52), name: { id: "Pembeli" }, lots: [{ lot: oil, gtin: gtin(108), number: "MINYAK", amount: "3000", unit: "gram" }], containers: [] }] };
  const ctx = phone(41, { work });
  const counted = { [`count:${oil}`]: kg("2.9") };
  assert.deepEqual([stateOf(models.deliver, ctx, {}).open.sent, stateOf(models.deliver, ctx, counted).open.id], [{ amount: "3", unit: "KGM" }, "papers"]);
  const { input, act } = made(ctx, "deliver", { ...counted, papers: [{ blake3: "x" }] });
  assert.deepEqual([act, input.shipment, input.lots, input.refused], ["receive", `urn:jejak:record:${shipment}`, [{ lot: oil, ...kg("2.9") }], undefined]);
  const told = record(made(ctx, "deliver", { ...counted, papers: [{ blake3: "x" }] }), { seq: 1 });
  assert.deepEqual(phone(41, { work, records: [told] }).held(), [], "what it delivered is not its own");
  assert.equal(stateOf(models.deliver, phone(41, { work, records: [told] }), {}).questions[0].options.length, 0);
});

test("a container is shipped whole: its lots are named in after, and asked about when they are on hold", () => {
  const oil = lot(108, "MINYAK");
  const work = { held: [{ lot: oil, amount: "0", packed: "12000", unit: "gram", state: "held", newest: ["d".repeat(52)] }], containers: [{ sscc: "395213210000000013", lots: [{ lot: oil, gtin: gtin(108), number: "MINYAK", amount: "12000", unit: "gram" }] }] };
  const ctx = phone(25, { work });
  const { questions } = stateOf(models.ship, ctx, {});
  assert.deepEqual(questions[0].options.map((one) => [one.label, one.note]), [["395213210000000013", "MINYAK"]]);
  const a = complete(models.ship, ctx, { goods: [{ sscc: questions[0].options[0].value }], to: party(54) });
  const { input } = models.ship.build(ctx, a);
  assert.deepEqual([input.lots, input.containers, input.after], [[], ["https://id.gs1.org/00/395213210000000013"], [`urn:jejak:record:${"d".repeat(52)}`]]);
  assert.deepEqual(models.ship.cautions(ctx, a).map((one) => one.key), ["acts-caution-held"]);
  assert.ok(models.ship.questions(ctx, a).find((one) => one?.id === "market").options.length > 0, "its market is that of what is in it");
});

test("a shipment that the node no longer lists is not cancelled, nor one that others sent", () => {
  const oil = lot(108, "MINYAK");
  const work = { held: [{ lot: oil, amount: "20000", unit: "gram", newest: [] }] };
  const sold = record(made(phone(25, { work }), "ship", { goods: [{ lot: oil, ...kg("3") }], to: party(54) }), { seq: 3 });
  const open = (more) => stateOf(models["void-shipment"], phone(25, more), {}).questions[0].options.map((one) => one.value);
  assert.deepEqual(open({ work, records: [sold] }), [uriOf(sold)]);
  assert.deepEqual(open({ work: { outgoing: [] }, size: 9, records: [{ ...sold, state: "verified", index: 3 }] }), [], "it was received");
  const other = { shipment: "f".repeat(52), from: party(21), to: party(54), name: {}, lots: [], containers: [] };
  assert.deepEqual(open({ work: { outgoing: [other] } }), []);
});

test("goods that are on their way to another are not received by taking the only other shipment", () => {
  const work = { incoming: [{ shipment: "c".repeat(52), from: party(21), name: { id: "Desa" }, lots: [{ lot: lot(101, "B"), amount: "24400", unit: "gram" }], containers: [] }] };
  const question = (name, of) => stateOf(models[name], phone(51, { work, of }), {}).questions[0];
  for (const name of ["receive", "refuse"]) {
    assert.equal(question(name, {}).value, `urn:jejak:record:${"c".repeat(52)}`);
    assert.equal(question(name, { lot: lot(101, "B") }).value, `urn:jejak:record:${"c".repeat(52)}`);
    for (const of of [{ lot: lot(101, "X") }, { record: "e".repeat(52) }]) {
      const { value, options, none } = question(name, of);
      assert.deepEqual([value, options, none], [undefined, [], "acts-none-incoming-of"]);
    }
  }
});

test("a hold that another phone placed is lifted by its issuer or the authority, by the lot's page", () => {
  const oil = lot(108, "MINYAK");
  const hold = (id, issuer, more = {}) => ({ record: id.repeat(52), recall: false, issuer: { party: issuer, name: { id: "Pihak lain" } }, reason: "damaged", lots: [{ gtin: gtin(108), lot: "MINYAK" }], ...more });
  const asked = (holds, kit = kitOf(25)) => stateOf(models.lift, phone(25, { kit, of: { lot: oil }, views: { [oil]: { holds } } }), {}).questions[0];
  assert.deepEqual(asked([hold("a", party(25))]).value, `urn:jejak:record:${"a".repeat(52)}`);
  assert.deepEqual(asked([hold("a", party(25), { liftedBy: "b".repeat(52) })]).options, []);
  const [others, authority] = [asked([hold("a", party(31))]), asked([hold("a", party(31))], { ...kitOf(25), party: { ...kitOf(25).party, roles: ["authority"] } })];
  assert.deepEqual([others.options, others.none, others.args], [[], "acts-holds-of-others", { issuers: "Pihak lain" }]);
  assert.equal(authority.options.length, 1);
  const ctx = phone(25, { of: { lot: oil }, views: { [oil]: { holds: [hold("a", party(25))] } } });
  assert.deepEqual(made(ctx, "lift", { reason: "mistake" }).input.lots, [{ lot: oil }]);
  // an own hold that was voided, or lifted by a record of this phone, stands no more
  const held = record(made(phone(25, { work: { held: [{ lot: oil, amount: "5", unit: "gram", newest: [] }] } }), "hold", { lot: oil, reason: "damaged" }), { seq: 1 });
  const options = (records) => stateOf(models.lift, phone(25, { records, of: { lot: oil } }), {}).questions[0].options.length;
  assert.deepEqual([options([held]), options([held, voidRecord(held, 2)])], [1, 0]);
});

test("the clock goes on while a form is open", async () => {
  const ctx = context({ kit: kitOf(25), profiles: keptProfiles, lang: "id" });
  const first = ctx.now;
  await new Promise((done) => setTimeout(done, 5));
  assert.ok(ctx.now > first);
  // a draft of yesterday keeps its day
  const evening = phone(25, { now: new Date("2026-11-28T15:59:00Z") });
  const answers = answered(models.harvest, evening, withDays(models.harvest, evening, {}), "amount", kg("12"));
  const morning = phone(25, { now: new Date("2026-11-28T16:01:00Z") });
  assert.equal(made(morning, "harvest", answers).input.harvestStart, "2026-11-28");
  assert.equal(made(morning, "harvest", { amount: kg("12") }).input.harvestStart, "2026-11-29");
});

test("the yield is held against the band of the profile, exactly", () => {
  const ctx = phone(25);
  const at = (amount) => yieldOf(ctx, { way: "essential-oil/steam-distillation/0", inputs: [{ lot: lot(107, "D"), ...kg("1000") }], product: gtin(108), made: kg(amount) });
  assert.deepEqual(at("24.4"), { share: "0.0244", min: "0.008", max: "0.040", state: "within" });
  assert.deepEqual([at("40").state, at("40.001").state, at("8").state, at("7.999").state], ["within", "above", "within", "below"]);
  assert.equal(yieldOf(ctx, { way: "essential-oil/steam-distillation/0", product: gtin(108), made: kg("1") }), undefined);
});

test("a changed product asks the amount again, a changed place does not", () => {
  const ctx = phone(22);
  let a = { product: gtin(102), amount: kg("5") };
  a = answered(models.harvest, ctx, a, "place", kitOf(22).places[1].gln);
  assert.deepEqual(a.amount, kg("5"));
  a = answered(models.harvest, ctx, a, "product", gtin(103));
  assert.equal(a.amount, undefined);
});

test("the same goods, amount and day are asked about; another amount is not; a void ends it", () => {
  const ctx = phone(25);
  const first = record(made(ctx, "harvest", { product: gtin(107), amount: kg("240") }), { seq: 1 });
  const again = phone(25, { records: [first], now: new Date(NOW.getTime() + 3600_000) });
  const asked = (answers) => before(again, models.harvest, complete(models.harvest, again, answers), made(again, "harvest", answers));
  assert.deepEqual(asked({ product: gtin(107), amount: { amount: "240000", unit: "GRM" } }).map((one) => one.key), ["acts-caution-twice"]);
  assert.deepEqual(asked({ product: gtin(107), amount: kg("241") }), []);
  const voided = { ...first, id: "v".repeat(52), seq: 2, event: { ...first.event, errorDeclaration: {}, "jejak:voids": `urn:jejak:record:${first.id}` } };
  assert.equal(twin(phone(25, { records: [first, voided] }), made(ctx, "harvest", { product: gtin(107), amount: kg("240") })), undefined);
  assert.equal(twin(phone(25, { records: [first], now: new Date("2026-11-30T02:00:00Z") }), made(ctx, "harvest", { product: gtin(107), amount: kg("240") })), undefined);
});

test("goods on hold, recalled or failed are asked about, and more than there is", () => {
  const work = { held: ["held", "recalled", "failed", "verified"].map((state, i) => ({ lot: lot(108, `L${i}`), amount: "1000", unit: "gram", state, newest: [] })) };
  const ctx = phone(25, { work });
  const a = complete(models.ship, ctx, { goods: work.held.map((one) => ({ lot: one.lot, ...kg("0.5") })), to: party(54) });
  assert.deepEqual(before(ctx, models.ship, a, models.ship.build(ctx, a)).map((one) => one.key), ["acts-caution-held", "acts-caution-recalled", "acts-caution-failed"]);
  const b = complete(models.ship, ctx, { goods: [{ lot: lot(108, "L3"), ...kg("1.5") }], to: party(54) });
  assert.deepEqual(before(ctx, models.ship, b, models.ship.build(ctx, b)).map((one) => [one.key, one.base.amount]), [["acts-caution-more", "1000"]]);
});

test("beyond five times, or under a fifth, of the usual is asked; three amounts make a habit", () => {
  assert.equal(unusual(["800", "1200"], "99999"), undefined);
  const usual = ["800", "1000", "1200"];
  assert.deepEqual(unusual(usual, "6001"), { low: "800", high: "1200" });
  assert.deepEqual([unusual(usual, "6000"), unusual(usual, "160")], [undefined, undefined]);
  assert.deepEqual(unusual(usual, "159"), { low: "800", high: "1200" });
});

test("a receipt counts each lot against what was sent; a refusal counts zero", () => {
  const work = { incoming: [{ shipment: "c".repeat(52), from: party(21), name: { id: "Desa" }, lots: [{ lot: lot(101, "B"), amount: "24400", unit: "gram" }], containers: [] }] };
  const ctx = phone(51, { work });
  const { open } = stateOf(models.receive, ctx, {});
  assert.deepEqual([open.kind, open.sent], ["count", { amount: "24.4", unit: "KGM" }]);
  assert.deepEqual(differenceOf(ctx, { lot: lot(101, "B"), amount: "24400", unit: "gram" }, kg("24.2")), { kind: "short", amount: "200", base: "g" });
  const { input } = made(ctx, "refuse", { reason: "damaged" });
  assert.deepEqual([input.refused, input.lots], [true, [{ lot: lot(101, "B"), amount: "0", unit: "GRM" }]]);
});

test("a correction keeps act, product and lot, and says what becomes short", () => {
  const ctx = phone(25);
  const first = record(made(ctx, "harvest", { product: gtin(107), amount: kg("310") }), { seq: 39 });
  const sold = record(made(phone(25, { records: [first] }), "ship", { goods: [{ lot: lot(107, "DAUN-2811A"), ...kg("200") }], to: party(54) }), { seq: 40 });
  const later = phone(25, { records: [{ ...first, payload: "{}" }, sold], of: { key: first.key } });
  assert.deepEqual(changeable(first).amounts.map((one) => one.amount), ["310"]);
  const a = complete(models.correct, later, { record: first.key, wrong: "values", "quantityList:0": kg("130") });
  const built = models.correct.build(later, a);
  const [voids, anew] = drafts(built, "first");
  assert.deepEqual([voids.act, voids.reason, voids.voids], ["correct", "incorrect_data", `urn:jejak:record:${first.id}`]);
  assert.deepEqual([anew.act, anew.replacesDraft, anew.input.lots], ["harvest", "first", [{ lot: lot(107, "DAUN-2811A"), amount: "130", unit: "KGM" }]]);
  assert.deepEqual(models.correct.cautions(later, a).map((one) => [one.key, one.base.amount]), [["acts-caution-deficit", "70000"]]);
  // all of it is gone, and the node no longer lists the lot
  const gone = phone(25, { records: [{ ...first, payload: "{}", state: "verified", index: 3 }], size: 9, work: { held: [] }, of: { key: first.key } });
  assert.deepEqual(models.correct.cautions(gone, a).map((one) => [one.key, one.base.amount]), [["acts-caution-deficit", "180000"]]);
  const b = complete(models.ship, gone, { goods: [{ lot: lot(107, "DAUN-2811A"), ...kg("1") }], to: party(54) });
  assert.deepEqual(before(gone, models.ship, b, models.ship.build(gone, b)).map((one) => [one.key, one.base.amount]), [["acts-caution-more", "0"]]);
  assert.equal(models.correct.build(later, { ...a, wrong: "never" }).reason, "did_not_occur");
  assert.equal(drafts(models.correct.build(later, { ...a, wrong: "never" })).length, 1);
  // handed in with a file: what was typed is not here
  const imported = phone(25, { records: [{ ...first, payload: "{}", source: undefined }], of: { key: first.key } });
  const { options } = models.correct.questions(imported, {}).find((one) => one?.id === "wrong");
  assert.deepEqual(options.map((one) => one.value), ["goods", "never"]);
});

test("of two keys' records with one number, a correction voids the one it was opened for, and a count joins the one that forked", () => {
  const [old, now] = ["a".repeat(52), "b".repeat(52)];
  const of = (kid, amount) => record(made(phone(25), "harvest", { product: gtin(107), amount: kg(amount) }), { seq: 3, kid, id: kid });
  const records = [of(old, "310"), of(now, "12")];
  for (const one of records) {
    const ctx = phone(25, { records, of: { key: one.key, joins: one.key } });
    const a = complete(models.correct, ctx, { wrong: "never" });
    assert.equal(models.correct.build(ctx, a).voided, `urn:jejak:record:${one.id}`);
    const count = models.count.build(ctx, { lot: lot(107, "DAUN-2811A"), counted: kg("1") });
    assert.equal(count.input.after[0], `urn:jejak:record:${one.id}`);
  }
});

test("the unit that was typed in a form is kept for that form and product", () => {
  const questions = [{ id: "amount", gtin: gtin(107) }, { id: "goods" }, { id: "place" }];
  const typed = unitsTyped("harvest", questions, { amount: { ...kg("100"), key: "kuintal" }, goods: [{ lot: lot(108, "M"), amount: "5", unit: "GRM", key: "g" }, { sscc: "x" }], place: "1" });
  assert.deepEqual(typed, { [unitOf("harvest", gtin(107))]: "kuintal", [unitOf("harvest", gtin(108))]: "g" });
  assert.notEqual(unitOf("sample", gtin(107)), unitOf("harvest", gtin(107)), "a sample in grams changes no harvest");
});

test("a form never offers what was measured: the engine throws", () => {
  for (const kind of NEVER_DEFAULT) assert.throws(() => stateOf({ id: "x", questions: () => [{ id: "q", kind, value: "1" }] }, {}, {}), /has a default/);
});

test("a long series is signed as its ends and mean", () => {
  assert.deepEqual(summary(["3.1", "3.0", "-1.5", "3.4"]), { n: 4, min: "-1.5", max: "3.4", mean: "2", span: "4.9" });
  assert.equal(series({ values: Array(200).fill("3") }).length, 200);
  assert.deepEqual(series({ values: Array(201).fill("3") }), [{ min: "3", max: "3", mean: "3" }]);
  const many = [...Array(200).fill("3"), "-0.5", "4"];
  assert.deepEqual([ends(many), ends(["4", "3"])], [["-0.5", "4"], ["4", "3"]], "an inspection judges each reading, or the ends");
  assert.deepEqual(pieces("3,1\n3,0 °C\n-1,5\n"), ["3,1", "3,0", "-1,5"]);
  assert.deepEqual(pieces("3.1 3.0; 4.25, 5"), ["3.1", "3.0", "4.25", "5"]);
});

test("amounts are exact in every unit", () => {
  const units = unitsOf({ unit: "gram" }, "id");
  assert.deepEqual(units.map((one) => one.key), ["kg", "g", "kuintal", "ons"]);
  assert.deepEqual(signed("1.5", units[2]), { amount: "150", unit: "KGM" });
  assert.deepEqual(signed("2.5", units[3]), { amount: "250", unit: "GRM" });
  assert.deepEqual(unitsOf({ unit: "gram", netContent: "50" }, "en").map((one) => one.key), ["kg", "g", "pack"]);
  assert.deepEqual([inBase("0.000001", "KGM"), inBase("12", "H87"), inBase("5", "MGM")], ["0.001", "12", "0.005"]);
  assert.deepEqual([readable("g", "999"), readable("g", "24400")], [{ amount: "999", code: "GRM", key: "g" }, { amount: "24.4", code: "KGM", key: "kg" }]);
  assert.deepEqual([decimal.plus("0.1", "0.2"), decimal.times("0.1", "0.1"), decimal.over("1", "3", 3), decimal.rounded("2.345", 2), decimal.rounded("-2.345", 2)], ["0.3", "0.01", "0.333", "2.35", "-2.35"]);
});

test("a keypad types one number in the reader's own separator", () => {
  const type = (keys, mark = ",") => [...keys].reduce((text, key) => typed(text, key === "<" ? "less" : key === "-" ? "minus" : key, mark), "");
  assert.deepEqual([type("1040"), type("12,6"), type(",5"), type("1,,5"), type("007"), type("0,07")], ["1040", "12,6", "0,5", "1,5", "7", "0,07"]);
  assert.deepEqual([type("0,5<"), type("<<5"), type("-5"), type("5-")], ["<0,5", "5", "-5", "-5"]);
  assert.deepEqual(valueOf("1040,5", ","), { value: "1040.5", less: false });
  assert.deepEqual(valueOf("<0.5", "."), { value: "0.5", less: true });
  assert.deepEqual([valueOf("", ","), valueOf("1.040", ",")], [undefined, undefined]);
});

test("a field takes only what it is for, however it was entered", () => {
  const plain = (text, takes) => entered(text, { isPlain: true, mark: ",", takes });
  const other = (text, takes) => entered(text, { isPlain: false, mark: ",", takes });
  assert.deepEqual([plain("24,350"), plain("007"), plain("-0", { minus: true }), plain("")], [{ value: "24.350", less: false }, { value: "7", less: false }, { value: "0", less: false }, undefined]);
  // a count: no part behind the mark, not below zero
  for (const read of [plain, other]) {
    assert.deepEqual([read("1,5", { whole: true }), read("-3", { whole: true }), read("<3", { whole: true }), read("12", { whole: true })], [{ error: "whole-only" }, { error: "not-below-zero" }, { error: "no-less-than" }, { value: "12", less: false }]);
  }
  assert.deepEqual([plain("-1,5", {}), plain("-1,5", { minus: true })], [{ error: "not-below-zero" }, { value: "-1.5", less: false }]);
  // two meanings, below the limit of quantification too
  assert.deepEqual(other("1.040", {}).ambiguous.map((one) => one.value), ["1.040", "1040"]);
  assert.deepEqual(other("< 1.040", { less: true }).ambiguous, [{ value: "1.040", less: true }, { value: "1040", less: true }]);
  assert.deepEqual([other("<0,5", { less: true }), other("0,500", {})], [{ value: "0.5", less: true }, { value: "0.500", less: false }]);
  assert.deepEqual([pasted("12 ekor"), pasted("1".repeat(40)), taken({ value: "1.040" }, { whole: true })], [{ error: "no-number" }, { error: "number-too-long" }, { error: "whole-only" }]);
});

test("numbers of containers have their check digit and the phone's letter", () => {
  assert.equal(checkDigit("09521321000001001"), "7", "the container of the demo");
  const marks = Array.from({ length: 102 }, (_, number) => markOf("k", [{ key: "k", number }]));
  const all = marks.slice(0, 100).map((mark) => nextSscc(phone(25, { phone: mark })).sscc);
  assert.equal(new Set(all).size, 100, "every phone has numbers of its own");
  assert.deepEqual([marks[100], markOf("kqx", [])].map((mark) => nextSscc(phone(25, { phone: mark }))), [undefined, undefined], "beyond two digits the number is typed");
  for (const sscc of all) assert.ok(/^\d{18}$/.test(sscc) && checkDigit(sscc.slice(0, 17)) === sscc[17]);
  const taken = { containers: [{ sscc: all[0], lots: [] }] };
  assert.deepEqual(nextSscc(phone(25, { work: taken })).counter, 2, "one that is known is passed over");
  const narrow = { ...kitOf(25), party: { ...kitOf(25).party, prefixes: ["952132100000"] } };
  assert.equal(nextSscc(phone(25, { kit: narrow, remembered: { "sscc:next": 99 } })).counter, 99);
  assert.equal(nextSscc(phone(25, { kit: narrow, remembered: { "sscc:next": 100 } })), undefined, "then the number is typed");
});

test("no two phones of a party have the same letters, whatever number their keys have, and no letters run into the digits behind them", () => {
  const keys = Array.from({ length: 702 }, (_, number) => ({ key: `k${number}`, number }));
  const marks = keys.map(({ key }) => markOf(key, keys));
  assert.equal(new Set(marks).size, 702);
  assert.deepEqual([marks[0], marks[25], marks[26], marks[701]], ["A", "Z", "AA", "ZZ"]);
  assert.deepEqual(marks.map(numberOf), keys.map(({ number }) => number));
  // a phone that the node has not numbered yet has letters that are no number's
  for (const key of ["abc", "7q2", "222"]) assert.ok(/^[A-Z]{3}$/.test(markOf(key, keys)) && numberOf(markOf(key, keys)) === undefined);
  const long = { names: { id: "Minyak nilam" }, name: { id: "KARANGASEMBARU minyak" }, gtin: gtin(108) };
  for (const mark of ["A", "ZZ", "QXY"]) assert.ok(lotNumber(phone(25, { phone: mark }), long, "2026-11-28", 999).length <= 20, mark);
});

test("an opening gives its commitment, and another value does not", () => {
  const { opening, commitment } = point("-3.0512,133.5061", Uint8Array.from(Buffer.from("22".repeat(16), "hex")));
  // the example of docs/formats.md
  assert.equal(commitment, /commitment (\w{52})/.exec(readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8").split("example: point")[1])[1]);
  assert.ok(opens(opening) && !opens({ ...opening, value: "-3.0512,133.5062" }));
  assert.notEqual(person("x", new Uint8Array(16)).commitment, point("x", new Uint8Array(16)).commitment);
});
