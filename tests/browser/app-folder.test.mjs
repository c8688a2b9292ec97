// The folder of a shipment without a browser: the forms that add to it, what waits for whom, how a payment stands, and what the sum of a payment
// is kept as. The screens over a demo are app-folder.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { paymentOf, pendingOf, refusable, rejectable, toConfirm, waitsListed, waitsOf } from "../../web/static/app/folder.js";
import { moneyOf, moneyText, openingBytes, openingOf, opens, payment as committed } from "../../web/static/app/forms/commit.js";
import { before } from "../../web/static/app/forms/cautions.js";
import { formAnew } from "../../web/static/app/forms/correct.js";
import { complete, compose, draftOf } from "../../web/static/app/forms/compose.js";
import { stateOf } from "../../web/static/app/forms/engine.js";
import { models } from "../../web/static/app/forms/index.js";
import { asked } from "../../web/static/app/forms/paper.js";
import { outcomeOf } from "../../web/static/app/forms/visit.js";
import { short } from "../../web/static/app/export.js";
import { described } from "../../web/static/app/record.js";
import { write } from "../../web/static/app/canonical.js";
import { root } from "./demo.mjs";
import { kitOf, lot, made, party, phone, record } from "./app-forms-lab.mjs";

const checklists = JSON.parse(readFileSync(new URL("../../web/static/checklists.json", import.meta.url), "utf8"));
const SHIPMENT = "s".repeat(52);
const URI = `urn:jejak:record:${SHIPMENT}`;
const OIL = lot(108, "MINYAK-1");
const who = (n) => ({ party: party(n), name: { id: `Pihak ${n}` } });
const id = (letter) => letter.repeat(52);

/** The village (25) sent oil to the buyer (54) by the facilitator (41). */
const folder = (more = {}) => ({
  shipment: SHIPMENT, from: who(25), to: who(54), shippedBy: who(41), state: "under-way", lots: [{ lot: OIL, gtin: OIL.slice(26, 40), number: "MINYAK-1", product: { id: "Minyak" }, amount: "3000", unit: "gram" }],
  documents: [], payments: [], handovers: [], visits: [], travel: [], ...more,
});
const at = (n, { folder: parts, of, ...more } = {}) => phone(n, { folder: folder(parts), of: { record: SHIPMENT, ...of }, checklists, ...more });
const json = (built) => JSON.parse(write(compose(built, { id: "urn:uuid:1", time: "2026-11-28T10:00:00+08:00" })));
const open = (name, ctx, answers) => stateOf(models[name], ctx, answers).open?.id;

test("a paper of a shipment stands in its folder with issuer and last day, and its file says the same", () => {
  const ctx = at(41);
  const file = { blake3: id("f"), mediaType: "application/pdf", bytes: 9, documentType: "x", title: "KI", access: "restricted" };
  const answers = { paper: "phytosanitary-certificate", number: "KT-9", issuer: "Balai Karantina", until: "2027-01-31", files: [file] };
  assert.equal(open("paper", ctx, {}), "paper");
  assert.equal(open("paper", ctx, { ...answers, issuer: undefined }), "issuer");
  const built = made(ctx, "paper", answers);
  assert.ok(!("from" in built.input), "a certificate has no sides");
  const event = json(built);
  assert.deepEqual([event.type, event["jejak:shipment"], event.quantityList], ["TransactionEvent", URI, [{ epcClass: OIL }]]);
  assert.deepEqual(event.bizTransactionList, [{ type: "cert", bizTransaction: "urn:jejak:doc:phytosanitary-certificate:KT-9" }]);
  assert.deepEqual(event["jejak:documents"], [{ "jejak:document": "urn:jejak:doc:phytosanitary-certificate:KT-9", "jejak:kind": "phytosanitary-certificate", "jejak:number": "KT-9", "jejak:issuer": "Balai Karantina", "jejak:date": "2026-11-28", "jejak:until": "2027-01-31" }]);
  const [evidence] = event["jejak:evidence"];
  assert.deepEqual([evidence["jejak:documentType"], evidence["jejak:number"], evidence["jejak:issuer"], evidence["jejak:from"], evidence["jejak:until"], evidence["jejak:access"]], ["phytosanitary-certificate", "KT-9", "Balai Karantina", "2026-11-28", "2027-01-31", "public"]);
  // who attaches the same paper names the same document
  assert.equal(made(at(25), "paper", answers).input.documents[0].document, built.input.documents[0].document);
});

test("the file of a commercial paper opens for the parties alone unless somebody says otherwise", () => {
  const file = { blake3: id("f"), mediaType: "application/pdf", bytes: 9, documentType: "x", title: "INV", access: "restricted" };
  const answers = { paper: "invoice", number: "7", files: [file] };
  const built = made(at(25), "paper", answers);
  assert.deepEqual([built.input.from, built.input.to], [party(25), party(54)], "who sent it sells, who gets it buys");
  assert.equal(built.evidence[0].access, "restricted");
  assert.equal(made(at(25), "paper", { ...answers, access: "public" }).evidence[0].access, "public");
  // both sides name the same paper
  assert.deepEqual(made(at(54), "paper", answers).input.documents, built.input.documents);
  // a facilitator attaches it: the same paper of the same seller, signed for nobody
  const attached = made(at(41), "paper", answers);
  assert.deepEqual([open("paper", at(41), answers), attached.input.from, attached.input.documents], [undefined, undefined, built.input.documents]);
  assert.equal(open("paper", at(41), { ...answers, side: "seller" }), "with", "or says with whom");
});

test("what a paper is no longer valid is asked about", () => {
  const ctx = at(25);
  const answers = { paper: "certificate", number: "1", issuer: "x", until: "2026-11-27", files: [] };
  const keys = before(ctx, models.paper, complete(models.paper, ctx, answers), made(ctx, "paper", answers)).map(({ key }) => key);
  assert.deepEqual(keys, ["acts-caution-ended"]);
});

test("papers that the export guide still asks for come first, by their kind", () => {
  const documents = [
    { id: "phyto", name: { id: "Fitosanitari" }, state: "missing", documents: ["phytosanitary-certificate"] },
    { id: "transport", name: { id: "Bukti angkut" }, state: "missing", documents: ["transport-document", "bill-of-lading"] },
    { id: "smkhp", name: { id: "SMKHP" }, state: "asked", documents: ["smkhp"] },
    { id: "invoice", name: { id: "Faktur" }, state: "done", documents: ["invoice"] }, { id: "tests", name: { id: "Uji" }, state: "missing" },
  ];
  const kept = short({ lot: OIL, gtin: "x", number: "MINYAK-1" }, { market: "CN", outcome: "missing", missing: 3, steps: [], documents });
  const ctx = at(41, { exports: [kept] });
  assert.deepEqual(asked(ctx, [OIL]).map(({ kind }) => kind), ["phytosanitary-certificate", "bill-of-lading", "smkhp"]);
  const [first, second, third] = stateOf(models.paper, ctx, {}).questions.find((one) => one.id === "paper").options;
  assert.deepEqual([first.value, first.missing, second.value, third.label], ["phytosanitary-certificate", "CN", "bill-of-lading", "SMKHP"]);
  const event = json(made(ctx, "paper", { paper: "smkhp", number: "S-1", issuer: "BPPMHKP", files: [] }));
  assert.deepEqual([event.bizTransactionList[0].type, event["jejak:documents"][0]["jejak:kind"]], ["cert", "smkhp"]);
});

test("the sum of a payment is a commitment, and its opening goes with it as a file for the two sides", () => {
  const built = made(at(25), "payment", { milestone: "payment-agreed", amount: { currency: "USD", amount: "12500" }, day: "2026-12-20" });
  const event = json(built);
  assert.equal(event["jejak:milestone"], "payment-agreed");
  assert.ok(!JSON.stringify(event).includes("12500"), "the log has the commitment alone");
  assert.deepEqual([event.sourceList[0].source, event.destinationList[0].destination], [party(25), party(54)]);
  assert.deepEqual(event["jejak:documents"][0]["jejak:date"], "2026-12-20");
  const [blob] = built.blobs;
  assert.deepEqual([event["jejak:evidence"][0]["jejak:documentType"], event["jejak:evidence"][0]["jejak:access"], event["jejak:evidence"][0]["jejak:mediaType"], event["jejak:evidence"][0]["jejak:blake3"], event["jejak:evidence"][0]["jejak:bytes"]], ["payment-opening", "restricted", "application/json", blob.blake3, blob.content.length]);
  assert.equal(new TextDecoder().decode(blob.content), `{"random":"${"07".repeat(16)}","value":"USD 12500.00"}`);
  const opening = openingOf(blob.content, event["jejak:commitment"]);
  assert.ok(opening && opens(opening) && opening.value === "USD 12500.00");
  assert.equal(openingOf(blob.content, "a".repeat(52)), undefined, "of another commitment it says nothing");
});

test("who goes on with a payment commits to the same sum; one that has not come can't be agreed to", () => {
  const random = new Uint8Array(16).fill(3);
  const { commitment, opening } = committed("IDR 5000000.00", random);
  const payment = { document: "urn:jejak:doc:payment:1", number: "1", from: who(25), to: who(54), status: "agreed", agreed: "one", stages: [{ record: id("pay"), milestone: "payment-agreed", side: "seller", party: party(25), date: "2026-12-20", commitment }] };
  const of = { document: payment.document, milestone: "payment-agreed" };
  const without = at(54, { folder: { payments: [payment] }, of });
  assert.equal(open("payment", without, {}), "amount");
  assert.equal(stateOf(models.payment, without, {}).open.none, "acts-none-sum");
  const ctx = at(54, { folder: { payments: [payment] }, of, sums: { [commitment]: opening } });
  assert.equal(open("payment", ctx, {}), undefined, "one tap: everything is known");
  const built = made(ctx, "payment", {});
  assert.deepEqual([built.input.commitment, built.input.documents[0].document, built.input.documents[0].date, built.openings], [commitment, payment.document, "2026-12-20", []]);
  assert.deepEqual(built.blobs[0].content, openingBytes(opening));
  const paid = made(at(54, { folder: { payments: [payment] }, of: { ...of, milestone: "payment-paid" }, sums: { [commitment]: opening } }), "payment", {});
  assert.equal(paid.input.documents[0].date, "2026-11-28", "of what happened the day is today");
  // only who pays says that it was paid
  const steps = (n) => stateOf(models.payment, at(n), {}).questions.find((one) => one.id === "milestone").options.map((one) => one.value);
  assert.ok(steps(25).includes("payment-received") && !steps(25).includes("payment-paid") && steps(54).includes("payment-paid") && !steps(54).includes("payment-received"));
});

test("a sum of money has a currency, is above zero and has at most two decimals", () => {
  assert.equal(moneyText({ currency: "IDR", amount: "5000000" }), "IDR 5000000.00");
  assert.equal(moneyText({ currency: "USD", amount: "0.5" }), "USD 0.50");
  for (const wrong of [{ currency: "USD", amount: "0" }, { currency: "USD", amount: "-1" }, { currency: "USD", amount: "1.005" }, { currency: "usd", amount: "1" }]) assert.equal(moneyText(wrong), undefined);
  assert.deepEqual(moneyOf("USD 12500.00"), { currency: "USD", amount: "12500.00" });
  for (const wrong of ["USD 0.00", "12500", "USD 1,5", "US 1", undefined]) assert.equal(moneyOf(wrong), undefined);
});

const stage = (milestone, n, side, more) => ({ milestone, side, party: party(n), record: id(milestone.at(-1)), ...more });
const payment = (agreed, stages, more = {}) => ({ document: "urn:p:1", number: "1", from: who(25), to: who(54), date: "2026-12-20", agreed, confirmed: false, status: "agreed", sameAmount: null, stages, ...more });

test("a payment waits for the side whose word is next, and for nobody else", () => {
  const sum = () => undefined;
  const next = (one, n, pending, today = "2026-12-20") => (({ next: step, waits }) => [step, waits])(paymentOf(one, party(n), sum, pending, today));
  const agreedBySeller = payment("one", [stage("payment-agreed", 25, "seller")]);
  assert.deepEqual([next(agreedBySeller, 54), next(agreedBySeller, 25), next(agreedBySeller, 41)], [["payment-agreed", true], [null, false], [null, false]]);
  const agreed = payment("both", [stage("payment-agreed", 25, "seller"), stage("payment-agreed", 54, "buyer")]);
  assert.deepEqual([next(agreed, 54), next(agreed, 25)], [["payment-paid", true], [null, false]]);
  assert.deepEqual(next(agreed, 54, [], "2026-12-19"), ["payment-paid", false], "nobody waits before it is due");
  const due = { ...agreed, status: "due", stages: [...agreed.stages, stage("payment-due", 25, "seller")] };
  assert.deepEqual(next(due, 54, [], "2026-12-19"), ["payment-paid", true]);
  assert.deepEqual(next({ ...due, stages: [...due.stages, stage("payment-in-escrow", 25, "seller")] }, 54), ["payment-paid", false], "a third party has it");
  const paid = payment("both", [...agreed.stages, stage("payment-paid", 54, "buyer")]);
  assert.deepEqual([next(paid, 54), next(paid, 25)], [[null, false], ["payment-received", true]]);
  assert.deepEqual(next(payment("both", [...paid.stages, stage("payment-received", 25, "seller")]), 25), [null, false]);
  // what this phone signed since waits no more
  const signed = [{ state: "queued", event: { bizTransactionList: [{ bizTransaction: "urn:p:1" }], "jejak:milestone": "payment-received" } }];
  assert.deepEqual(next(paid, 25, signed), [null, false]);
  assert.deepEqual(next(paid, 25, [{ ...signed[0], state: "refused" }]), ["payment-received", true]);
});

test("two sums of one payment are said to differ where both are opened; a sum is shown only where all its seals are", () => {
  const [one, again, two] = [["USD 1.00", 0], ["USD 1.00", 1], ["USD 2.00", 0]].map(([value, n]) => committed(value, new Uint8Array(16).fill(n)));
  const both = (a, b) => payment("both", [stage("payment-agreed", 25, "seller", { commitment: a.commitment }), stage("payment-agreed", 54, "buyer", { commitment: b.commitment })]);
  const shownOf = (of, ...opened) => {
    const sums = Object.fromEntries(opened.map(({ commitment, opening }) => [commitment, opening]));
    const { sum, differs, isSealedTwice } = paymentOf(of, party(25), (commitment) => sums[commitment]);
    return [sum, differs, isSealedTwice];
  };
  assert.deepEqual(shownOf(both(one, one), one), ["USD 1.00", false, false]);
  assert.deepEqual(shownOf(both(one, two), one, two), [undefined, true, false]);
  assert.deepEqual(shownOf(both(one, again), one, again), ["USD 1.00", false, false], "two seals of one sum are no dispute");
  assert.deepEqual(shownOf(both(one, two), one), [undefined, false, true], "what the other side sealed is not known");
  assert.deepEqual(shownOf(both(one, one)), [undefined, false, false]);
});

test("a handover is confirmed by the other side, with the same goods and sides", () => {
  const handover = { record: id("h"), party: party(25), from: who(25), to: who(41), condition: "intact", goods: [{ goods: OIL, quantity: "24.6", uom: "KGM" }], namesShipment: true, confirmed: null };
  const confirms = (one, n) => toConfirm([one], party(n)).length;
  assert.deepEqual([confirms(handover, 41), confirms(handover, 25), confirms(handover, 54), confirms({ ...handover, confirmed: {} }, 41)], [1, 0, 0, 0]);
  assert.deepEqual([confirms({ ...handover, party: party(41) }, 25), confirms({ ...handover, party: party(9), onBehalf: who(25) }, 41)], [1, 1], "begun by who takes over, signed by mandate");
  const of = { confirms: id("h") };
  assert.equal(stateOf(models.handover, at(41, { of }), {}).open.none, "acts-none-record", "not without what was signed");
  const ctx = at(41, { of, folder: { handovers: [handover] } });
  assert.equal(open("handover", ctx, {}), "condition", "the condition is what this side saw itself");
  const built = made(ctx, "handover", { condition: "seal-broken", seal: "S-2" });
  const event = json(built);
  assert.deepEqual([event["jejak:confirms"], event.quantityList, event["jejak:shipment"], event["jejak:handover"]], [`urn:jejak:record:${id("h")}`, [{ epcClass: OIL, quantity: 24.6, uom: "KGM" }], URI, { "jejak:from": party(25), "jejak:to": party(41), "jejak:condition": "seal-broken", "jejak:seal": "S-2" }]);
  const beyond = json(made(at(41, { of, folder: { handovers: [{ ...handover, namesShipment: false, goods: [{ goods: OIL, quantity: null, uom: null }] }] } }), "handover", { condition: "intact" }));
  assert.deepEqual([beyond["jejak:shipment"], beyond.quantityList], [undefined, [{ epcClass: OIL }]], "it repeats a record that names no shipment");
  // a record of the outbox waits for what it confirms
  assert.ok(described(write(compose(built, { id: "urn:uuid:1", time: "2026-11-28T10:00:00+08:00" })), "application/vnd.jejak.event+json").named.includes(id("h")));
  const pending = [{ state: "signed", event }];
  assert.deepEqual([waitsOf(folder({ handovers: [handover] }), party(41)).map(({ kind }) => kind), waitsOf(folder({ handovers: [handover] }), party(41), pending)], [["handover"], []]);
  assert.deepEqual(waitsListed([{ what: "goods" }, { what: "due", document: "urn:p:1" }]), [{ kind: "payment", next: "payment-paid", document: "urn:p:1" }]);
});

test("a payment that this side never agreed to is rejected, and a paper is signed too with its own two sides", () => {
  const one = { ...payment("one", [stage("payment-agreed", 25, "seller"), stage("payment-due", 25, "seller")]) };
  one.stages = one.stages.map((part, i) => ({ ...part, record: id(`s${i}`) }));
  assert.deepEqual([refusable(one, party(54)).length, refusable(one, party(25)).length, refusable(one, party(41)).length], [2, 0, 0]);
  const rejection = { "jejak:rejects": `urn:jejak:record:${id("s0")}`, "jejak:shipment": URI };
  assert.deepEqual(refusable(one, party(54), [{ state: "queued", event: rejection }]).map(({ record }) => record), [id("s1")], "one after the other");
  // the facilitator invoices the village: the village signs the same two sides, whoever sent the shipment
  const document = { kind: "invoice", document: "urn:jejak:doc:invoice:fee:1", number: "FEE-1", date: "2026-12-01", from: party(41), to: party(25), signed: [{ record: id("f"), party: party(41) }], files: [] };
  const built = made(at(25, { folder: { documents: [document] }, of: { document: document.document } }), "paper", {});
  assert.deepEqual([built.input.from, built.input.to, built.input.documents[0].document], [party(41), party(25), document.document]);
});

test("a visit with a no is never in order, and none of its items has a default", () => {
  const ctx = at(41);
  const items = checklists["loading-supervision"];
  const answers = { purpose: "loading-supervision", checklist: items.map((item, i) => ({ item, answer: i === 0 ? "no" : "yes", ...(i === 0 ? { note: "kurang satu dus" } : {}) })) };
  assert.equal(open("visit", ctx, { purpose: "loading-supervision" }), "checklist");
  assert.equal(open("visit", ctx, answers), "outcome");
  const visit = json(made(ctx, "visit", { ...answers, outcome: "corrective-action" }))["jejak:visit"];
  assert.deepEqual([visit["jejak:outcome"], visit["jejak:checklist"][0], visit["jejak:checklist"].length], ["corrective-action", { "jejak:item": items[0], "jejak:answer": "no", "jejak:note": "kurang satu dus" }, items.length]);
  const fine = items.map((item) => ({ item, answer: "yes" }));
  assert.deepEqual([outcomeOf({ checklist: fine }), outcomeOf({ checklist: fine, advice: "x" }), outcomeOf({ checklist: answers.checklist })], ["in-order", "advice", undefined]);
});

test("each purpose has 8 to 12 items, each with words", () => {
  for (const [purpose, items] of Object.entries(checklists)) {
    assert.ok(items.length >= 8 && items.length <= 12 && new Set(items).size === items.length, purpose);
    for (const lang of ["id", "en", "zh"]) {
      const words = readFileSync(`${root}web/locales/checks.${lang}.ftl`, "utf8");
      for (const key of [`purpose-${purpose}`, ...items.map((item) => `visit-item-${item}`)]) assert.ok(words.includes(`\n${key} = `), `${lang} ${key}`);
    }
  }
});

test("the other side's paper is rejected with the same documents, goods and sides, and a reason", () => {
  const record = id("p");
  const signed = json(made(at(25), "paper", { paper: "invoice", number: "7", files: [] }));
  const events = { [`urn:jejak:record:${record}`]: signed };
  const document = { document: "urn:x", kind: "invoice", signed: [{ record, party: party(25), name: {} }], rejected: false };
  const event = (uri) => events[uri];
  assert.deepEqual([rejectable(document, party(54), event).length, rejectable(document, party(25), event).length, rejectable(document, party(41), event).length], [1, 0, 0], "by the other side alone");
  assert.deepEqual(rejectable({ ...document, signed: [...document.signed, { record: id("q"), party: party(54) }] }, party(54), event), [], "not once it signed itself");
  const rejection = json(made(at(54, { of: { record, shipment: SHIPMENT }, events }), "reject", { reason: "wrong-amount" }));
  for (const member of ["bizTransactionList", "jejak:documents", "quantityList", "sourceList", "destinationList", "jejak:shipment"]) assert.deepEqual(rejection[member], signed[member], member);
  assert.deepEqual([rejection["jejak:rejects"], rejection["jejak:reason"]], [`urn:jejak:record:${record}`, "wrong-amount"]);
  assert.equal(rejectable(document, party(54), event, [{ state: "queued", event: rejection }]).length, 0);
});

test("loading, departure, arrival and temperature go to the shipment that has their goods, if it is one", () => {
  const built = made(at(41), "depart", { mode: "sea", place: kitOf(41).places[0].gln });
  assert.deepEqual([json(built)["jejak:shipment"], json(built).quantityList], [URI, [{ epcClass: OIL }]]);
  const one = (shipment) => ({ shipment, from: party(25), to: party(54), name: {}, lots: [{ lot: OIL, amount: "1", unit: "gram" }], containers: [] });
  const named = (work) => json(made(phone(41, { work }), "depart", { lots: [OIL], mode: "sea", place: kitOf(41).places[0].gln }))["jejak:shipment"];
  assert.equal(named({ outgoing: [one(SHIPMENT)] }), URI);
  assert.equal(named({ outgoing: [one(SHIPMENT), one(id("t"))] }), undefined, "of two shipments none is guessed");
  assert.equal(named({ outgoing: [one(SHIPMENT)], held: [{ lot: OIL, amount: "5", unit: "gram", newest: [] }] }), undefined, "the lot lies here too");
});

test("what this phone signed about a shipment is shown until the folder has it", () => {
  const row = (state, index, shipment = URI, by = party(25)) => ({ party: by, state, index, payload: write({ "jejak:shipment": shipment, type: "TransactionEvent" }) });
  const rows = [row("signed"), row("verified", 7), row("verified", 12), row("abandoned"), row("signed", undefined, `urn:jejak:record:${id("t")}`), row("signed", undefined, URI, party(41))];
  assert.deepEqual(pendingOf(rows, party(25), SHIPMENT, 10).map(({ state, index }) => [state, index]), [["signed", undefined], ["verified", 12]]);
});

test("what was wrong is entered anew in the same folder", () => {
  const place = kitOf(41).places[0].gln;
  const anew = (n, name, answers) => formAnew(record(made(at(n), name, answers)), "v");
  assert.equal(anew(41, "depart", { mode: "sea", place }), `/depart/of/${SHIPMENT}`);
  assert.equal(anew(41, "visit", { purpose: "loading-supervision", checklist: [{ item: "lots-match", answer: "yes" }] }), `/visit/of/${SHIPMENT}`);
  assert.equal(anew(25, "paper", { paper: "invoice", number: "7", files: [] }), `/paper/of/${SHIPMENT}`);
  assert.match(anew(25, "payment", { milestone: "payment-agreed", amount: { currency: "EUR", amount: "9.5" }, day: "2026-12-20" }), new RegExp(`^/payment/of/${SHIPMENT}\\?document=urn%3Ajejak%3Adoc%3Apayment`));
});

test("a draft of a payment keeps what is signed, with its opening beside it", () => {
  const built = made(at(25), "payment", { milestone: "payment-agreed", amount: { currency: "EUR", amount: "9.5" }, day: "2026-12-20" });
  const { act, input } = draftOf(built);
  assert.deepEqual([act, input.evidence.length, input.evidence[0].blake3, built.openings.length], ["trade", 1, built.blobs[0].blake3, 1]);
});
