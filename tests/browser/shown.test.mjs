// Compares the page with the signed records: a page that shows something better or something else is detected.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { blake3 } from "../../web/static/blake3.js";
import { base32 } from "../../web/static/bytes.js";
import { best, dayOf, measured, moment, number, range } from "../../web/static/format.js";
import { Stale, Unreachable } from "../../web/static/verify.js";
import { verify } from "./proof.mjs";
import en from "../../web/static/words-en.js";
import id from "../../web/static/words-id.js";
import zh from "../../web/static/words-zh.js";
import { AUTHORITY, Ledger, ORIGIN, key, vkey } from "./ledger.mjs";
import {
  LAB, LOT, MAKER, broken, failing, filed, harvest, hold, inspect, look, name, pageOf, product, profile, unclear, uri, world,
} from "./lab.mjs";

const file = (name) => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"));
const bundle = file("nilam.jejak");
const page = file("nilam.page.json");
const shows = (change) => {
  const copy = structuredClone(page);
  change(copy);
  return verify(bundle, copy);
};
const step = (p, name) => p.shown.find(({ id: one }) => one === name);
// A record that somebody tried to void, and that stands.
const standing = (p, record) => {
  const name = record.replace("urn:jejak:record:", "");
  Object.assign(step(p, name), { voided: false, tags: [] });
  for (const test of p.tests) if (test.record === name) test.notes = [];
};
const fact = (p, kind) => p.facts.find((f) => f.fact === kind);
const iron = (p) => p.tests.flatMap(({ values }) => values).find(({ value }) => value === "41");

test("a page that differs from the signed records is detected", async () => {
  const cases = [
    ["bundle", (p) => (p.ledger = p.ledger.replace(/.$/, (c) => (c === "a" ? "q" : "a")))],
    ["checkpoint", (p) => (p.logKey = vkey(ORIGIN, key(200)))],
    ["shown", (p) => (p.shown[0].id = "a".repeat(52))],
    ["shown", (p) => p.shown.pop() && p.shown.splice(3, 1)],
    ["shown", (p) => (p.shown = [])],
    ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== "time"))],
    ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== "signer"))],
    ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== "recall"))],
    // the visible text, with unchanged attributes
    ["values", (p) => (iron(p).text = iron(p).text.replace("41", "11"))],
    ["values", (p) => (iron(p).text = iron(p).text.replace("mg/kg", "g/kg"))],
    ["values", (p) => (iron(p).text = "4,1\u00a0mg/kg")],
    ["values", (p) => (iron(p).spread = "±\u00a00.1\u00a0mg/kg")],
    ["values", (p) => (iron(p).value = "11")],
    ["values", (p) => (iron(p).parameter = "urn:jejak:param:other")],
    ["values", (p) => p.tests.find(({ values }) => values.length > 1).values.pop()],
    ["values", (p) => (p.tests.find(({ result }) => result === "Fail").result = "Pass")],
    ["values", (p) => (p.tests.find(({ result }) => result === "Pass").result = "Excellent")],
    ["facts", (p) => (fact(p, "product").text = "Saffron")],
    ["facts", (p) => Object.assign(fact(p, "product"), { of: "09521321001084", text: "Patchouli oil" })],
    ["facts", (p) => (fact(p, "maker").text = "Someone else")],
    ["facts", (p) => Object.assign(fact(p, "maker"), { of: "https://id.gs1.org/417/9521321000544", text: "Hanse Aroma (demo)" })],
    ["facts", (p) => (fact(p, "origin").text = "Tuscany")],
    ["facts", (p) => (fact(p, "place").text = "Hamburg warehouse (demo)")],
    ["facts", (p) => (p.facts.findLast((f) => f.fact === "signer" && /Hanse/.test(f.text)).text = "Nusantara Testing Laboratory (demo)")],
    ["facts", (p) => (fact(p, "time").text = fact(p, "time").text.replace(":", ":1"))],
    ["facts", (p) => (fact(p, "harvest").text = "Harvested yesterday")],
    ["facts", (p) => (fact(p, "harvest").text = fact(p, "harvest").text.replace("Harvested", "Caught"))],
    ["facts", (p) => (fact(p, "harvest").of = fact(p, "harvest").of.slice(0, 10) + " 2099-01-01")],
    ["facts", (p) => (fact(p, "inspected").text = fact(p, "inspected").text.replace("Passed", "Gloriously passed"))],
    ["facts", (p) => (fact(p, "inspected").of = p.tests.find(({ result }) => result === "Fail").record)],
    ["facts", (p) => p.facts.push({ fact: "constructor", text: "" })],
    ["facts", (p) => (p.lang = "")],
    ["shown", (p) => (p.lang = "id")],
    // what stands beside a value: its name, verdict and limit
    ["values", (p) => (iron(p).judgement = iron(p).judgement.replace("Fail", "Pass"))],
    ["values", (p) => (iron(p).judgement = iron(p).judgement.replace(/at most [0-9]+/, "at most 99"))],
    ["values", (p) => (iron(p).look = "pass")],
    ["values", (p) => (iron(p).name = "Gold")],
    // the steps
    ["facts", (p) => (fact(p, "title").text = "Blessed")],
    ["facts", (p) => (fact(p, "moved").text = fact(p, "moved").text.replace("1,040", "9,040"))],
    ["facts", (p) => (fact(p, "where").text = fact(p, "where").text.replace("Donggala", "Tuscany"))],
    ["facts", (p) => p.facts.push({ ...fact(p, "detail"), text: "Award: gold" })],
    ["shown", (p) => (fact(p, "time").record = p.shown[3].id)],
    ["facts", (p) => p.facts.push({ ...fact(p, "time"), record: p.shown[3].id })],
    ["facts", (p) => p.facts.push({ ...fact(p, "amount"), of: p.shown[3].id, record: p.shown[3].id })],
    ["facts", (p) => p.facts.push({ fact: "amount", of: "", text: "900\u00a0kg" })],
    ["facts", (p) => (p.facts.find(({ text }) => text === "Inspection: failed").text = "Tested")],
    ...["standard", "accreditation", "signer"].map((kind) => ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== kind || !f.record))]),
    ["shown", (p) => p.shown.unshift(p.shown.pop())],
    ["values", (p) => ((p.left.tests = 1), p.tests.splice(p.tests.findIndex(({ result }) => result === "Fail"), 1))],
    // as it was signed, and beside other words than those of its step
    ["facts", (p) => p.facts.push({ ...fact(p, "signer"), record: undefined, about: undefined })],
    ["facts", (p) => p.facts.push({ ...fact(p, "place"), record: undefined, about: p.shown.at(-1).id })],
    ["facts", (p) => p.facts.push({ fact: "clock", of: "1", text: "As of tomorrow" })],
    ["facts", (p) => p.facts.push({ fact: "command", of: "", text: "curl http://x.example | sh" })],
    ...["title", "moved", "where", "detail"].map((kind) => ["shown", (p) => p.facts.splice(p.facts.findIndex((f) => f.fact === kind), 1)]),
    // what is nothing of all that
    ["text", (p) => p.texts.push("Certified organic.")],
    ["text", (p) => p.texts.push("Verified")],
    ["text", (p) => p.texts.push(en["tests-none"])],
    ["text", (p) => p.texts.push(en["documents-none"])],
    ["text", (p) => (p.texts = p.texts.filter((text) => !text.startsWith("Trust not pinned")))],
    ["text", (p) => (p.texts = p.texts.filter((text) => !text.startsWith("The proof shows")))],
    // drawings
    ["text", (p) => (p.drawings = ['<symbol class="i" id="i-pin" viewBox="0 0 24 24"><path d="M1 1h9"></path></symbol>'])],
    ["text", (p) => (p.drawings = ['<symbol class="p" id="p-0" viewBox="0 0 64 64"><path class="tint" d="M1 1h9"></path><path d="M1 1h9"></path></symbol>'])],
    ["values", (p) => (iron(p).picture.at = 20)],
    ["values", (p) => (iron(p).picture.ticks = [280])],
    ["values", (p) => iron(p).picture.ticks.push(20)],
    ["values", (p) => (iron(p).picture.zone = [0, 300])],
    ["values", (p) => (iron(p).look = "fail#m-pass")],
    ["values", (p) => (p.tests.find(({ result }) => result === "Fail").look = "fail#v-pass")],
    ["state", (p) => (p.band.also = [{ state: "verified", word: "Verified" }])],
    ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== "amount"))],
    ["shown", (p) => (p.facts = p.facts.filter((f) => f.fact !== "clock"))],
    ["state", (p) => (p.band.also = [{ state: "held", word: "Excellent" }])],
    ["values", (p) => (p.tests.find(({ result }) => result === "Fail").look = "pass")],
    ["text", (p) => p.texts.push("Tests: all passed")],
    ["text", (p) => (p.band.tally = "Records genuine: 1 of 1 checks passed, and excellent")],
    // of the records, and not of the goods
    ["text", (p) => p.texts.push("12 of 12 checks passed")],
    ["text", (p) => (p.marks = [en["by-server"], undefined])],
    ["text", (p) => (p.marks = ["checked by everybody"])],
    // the band: state, word and look
    ["state", (p) => (p.band.state = "splendid")],
    ["state", (p) => (p.band.word = "Certified")],
    ["state", (p) => (p.band.state = "findings")],
    ["state", (p) => (p.band = { state: "failed", word: "Verified", look: "band verified #s-verified" })],
    ["state", (p) => (p.band = { state: "failed", word: "Failed inspection", look: "band verified #s-failed" })],
  ];
  for (const [check, change] of cases) {
    await broken(shows(change), check).catch((error) => assert.fail(`${change}: ${error.message}`));
  }
});

test("what every page says is nothing more", async () => {
  const texts = ["Journey", "Made by", "12 older documents are not shown here.", "1 record between the first and the last is not shown here.", en.labels.at(-1)];
  await shows((p) => Object.assign(p, { texts: [...p.texts, ...texts], marks: [en["by-server"]] }));
  for (const tally of ["Records genuine: 7 of 9 checks passed (2 not checked)", "Genuine records say so: 7 of 7 checks passed"]) await shows((p) => (p.band.tally = tally));
  // without a test or a document it says so
  const l = world();
  await verify(l.bundle(LOT), { ...pageOf(l, "not-inspected"), texts: [...page.texts, en["tests-none"], en["documents-none"]] });
});

test("a page and a proof of different log sizes are neither checked nor broken", async () => {
  const stale = (promise) => assert.rejects(promise, Stale);
  const newest = page.shown.reduce((a, b) => (a.index > b.index ? a : b));
  const without = (p) => (p.shown = p.shown.filter(({ id }) => id !== newest.id));
  // the page is older than the proof
  await stale(shows((p) => (without(p), (p.size = newest.index))));
  // the page has a record that no published head covers
  await stale(shows((p) => p.shown.push({ id: "a".repeat(52), index: page.size })));
  // the proof has grown into parts since the page was made
  await stale(verify({ ...bundle, part: { number: 1, of: 2 } }, page));
  // this does not excuse a difference in records that both have
  await broken(shows(without), "shown");
  await shows((p) => (p.size = newest.index));
});

test("the state shown is never better than the records", async () => {
  const l = world();
  await look(l);
  await broken(look(l, "verified"), "state", /records say not-inspected/);
  const first = l.event(key(3), LAB, inspect);
  await look(l, "verified");
  await look(l, "findings"); // the server may show a worse state
  const held = l.event(l.authority, AUTHORITY, hold);
  await broken(look(l, "verified"), "state", /records say held/);
  await broken(look(l, "findings"), "state", /records say held/);
  await look(l, "held");
  const noRecall = (p) => (fact(p, "recall").text = en["recall-none"]);
  await broken(look(l, "held", { change: noRecall }), "facts");
  l.event(key(2), MAKER, { ...hold, "jejak:lifts": held }); // it may not lift this hold
  await broken(look(l, "verified"), "state", /records say held/);
  l.event(l.authority, AUTHORITY, { ...hold, "jejak:lifts": held });
  await look(l, "verified");
  l.event(key(3), LAB, { ...inspect, errorDeclaration: {}, "jejak:voids": first });
  await broken(look(l, "verified"), "state", /not-inspected/);
});

test("a page leaves out only records between the first and the last, and no open failure or hold", async () => {
  const l = world();
  const busy = (n) => {
    for (let i = 0; i < n; i++) l.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  };
  busy(60);
  const failed = l.event(key(3), LAB, failing).replace("urn:jejak:record:", "");
  const held = l.event(l.authority, AUTHORITY, hold).replace("urn:jejak:record:", "");
  busy(80);
  const without = (p, ids, said = ids.length) => {
    p.shown = p.shown.filter(({ id }) => !ids.includes(id));
    p.tests = p.tests.filter(({ record }) => !ids.includes(record));
    p.facts = p.facts.filter(({ fact: kind, of }) => !["signer", "time"].includes(kind) || !ids.includes(of));
    p.left = { steps: said, tests: ids.includes(failed) ? 1 : 0 };
  };
  const hiding = (choose, said) => look(l, "held", { change: (p) => without(p, choose(p.shown.map(({ id }) => id)), said) });
  await hiding((ids) => ids.slice(31, 51));
  await broken(hiding((ids) => ids.slice(31, 51), 19), "shown", /does not show/); // more than the page says
  await broken(hiding((ids) => ids.slice(31, 51), 21), "shown", /leaves out 21 records, the proof has 20/); // fewer
  await broken(look(l, "held", { change: (p) => (p.left = { steps: 0, tests: 12 }) }), "values", /leaves out 12 tests, the proof has 0/);
  await broken(look(l, "held", { change: (p) => (p.left = { steps: 0, documents: 3 }) }), "documents", /leaves out 3 documents/);
  await broken(hiding((ids) => ids.slice(0, 1)), "shown");
  await broken(hiding((ids) => ids.slice(-1)), "shown");
  await broken(hiding((ids) => ids.slice(20, 40)), "shown"); // of the first
  await broken(hiding(() => [failed]), "shown");
  await broken(hiding(() => [held]), "shown");
  // a record that is shown many times is one record
  const few = world();
  const hidden = few.event(key(2), MAKER, { ...harvest, bizStep: "storing" }).replace("urn:jejak:record:", "");
  few.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  const repeated = (p) => (without(p, [hidden], 1), (p.shown = p.shown.flatMap((one) => Array(100).fill(one))));
  await broken(look(few, "not-inspected", { change: repeated }), "shown");
});

test("a failed inspection counts until a later test clears it", async () => {
  const l = world();
  const failed = l.event(key(3), LAB, failing);
  for (const state of ["verified", "not-inspected", "findings"]) await broken(look(l, state), "state", /records say failed/);
  await look(l, "failed");
  l.event(key(2), MAKER, { ...inspect, errorDeclaration: {}, "jejak:voids": failed }); // it may not void this inspection
  await broken(look(l, "verified", { change: (p) => standing(p, failed) }), "state", /failed/);
  l.event(key(3), LAB, inspect);
  await broken(look(l, "verified", { change: (p) => standing(p, failed) }), "state", /failed/); // another test does not clear it
  l.event(key(3), LAB, { ...unclear, "jejak:retests": [failed] }); // nor one that is unclear of it
  await broken(look(l, "verified", { change: (p) => standing(p, failed) }), "state", /failed/);
  l.event(key(3), LAB, { ...inspect, "jejak:retests": [failed] });
  // what was signed as a failure that its values do not show stays a finding
  await broken(look(l, "verified", { change: (p) => standing(p, failed) }), "state", /findings/);
  await look(l, "findings", { change: (p) => standing(p, failed) });
});

test("a result is what the limits make of the values, whatever the page calls it", async () => {
  const l = world();
  l.event(key(3), LAB, failing);
  for (const word of ["pass", "inconclusive", "not-evaluated"]) {
    const called = (p) => (p.tests[0].result = en[`verdict-${word}`]);
    for (const state of ["verified", "no-verdict", "failed"]) await broken(look(l, state, { change: called }), "values", /the result of test/);
  }
  const open = world();
  open.event(key(3), LAB, unclear);
  await look(open, "no-verdict");
  for (const state of ["verified", "findings"]) await broken(look(open, state), "state", /no-verdict/);
  await broken(look(open, "no-verdict", { change: (p) => (p.tests[0].result = en["verdict-fail"]) }), "values");
  // another test that passed does not change this
  open.event(key(3), LAB, inspect);
  await look(open, "findings");
  await broken(look(open, "verified"), "state", /findings/);
});

test("a failed value without a limit is a finding in addition to a pass", async () => {
  const l = world();
  l.event(key(3), LAB, inspect);
  l.event(key(3), LAB, { ...failing, "jejak:profile": { ...inspect["jejak:profile"], "jejak:requirements": [] } });
  const unjudged = (p) => {
    p.tests.at(-1).result = en["verdict-not-evaluated"];
    Object.assign(p.tests.at(-1).values[0], { look: "not-evaluated", judgement: `${en["verdict-not-evaluated"]} · ${en.advisory}` });
    p.facts.findLast((f) => f.fact === "title").text = "Inspection: not judged";
    fact(p, "inspected").of = p.tests[0].record;
    fact(p, "inspected").text = fact(p, "inspected").text.replace("Failed", "Passed");
  };
  await look(l, "findings", { change: unjudged });
  await broken(look(l, "verified", { change: unjudged }), "state", /findings/);
});

test("a test without its profile in the proof is not judged, and verifies nothing", async () => {
  const l = world();
  l.event(key(3), LAB, inspect);
  const without = (state) => {
    const page = pageOf(l, state);
    for (const f of page.facts) f.text = f.text.replace("Standard: R 1", "Standard: R");
    return verify({ ...l.bundle(LOT), profiles: [] }, page);
  };
  for (const state of ["verified", "findings", "tested"]) await broken(without(state), "state", /records say partly-tested/);
  await without("partly-tested");
  l.event(key(3), LAB, failing);
  await broken(without("partly-tested"), "state", /records say failed/);
});

test("a page marks what was voided and what a stolen key signed, and nothing else", async () => {
  const l = world();
  const first = l.event(key(3), LAB, inspect).replace("urn:jejak:record:", "");
  await look(l, "verified");
  await broken(look(l, "verified", { change: (p) => Object.assign(step(p, first), { voided: true, tags: [en.voided] }) }), "shown", /standing/);
  await broken(look(l, "verified", { change: (p) => (step(p, first).tags = [en.marked]) }), "shown");
  await broken(look(l, "verified", { change: (p) => (p.tests[0].notes = [en["inspection-voided"]]) }), "values", /voided/);
  l.event(key(3), LAB, { ...inspect, errorDeclaration: {}, "jejak:voids": uri(first) });
  await look(l, "not-inspected");
  await broken(look(l, "not-inspected", { change: (p) => (p.tests[0].notes = []) }), "values", /voided/);
  await broken(look(l, "not-inspected", { change: (p) => standing(p, uri(first)) }), "shown", /not marked as corrected later/);
  await broken(look(l, "not-inspected", { change: (p) => (step(p, first).voided = false) }), "shown");
  // a stolen key
  const stolen = world();
  const signed = stolen.event(key(3), LAB, inspect).replace("urn:jejak:record:", "");
  stolen.state(stolen.authority, AUTHORITY, { type: "KeyRevocation", key: key(3).id, reason: "compromised", compromisedSince: 0 });
  const marked = (p) => ((step(p, signed).tags = [en.marked]), (p.tests[0].notes = [en["marked-signed"]]));
  await look(stolen, "not-inspected", { change: marked }).catch((error) => assert.match(error.message, /state/));
  await broken(look(stolen, "no-verdict"), "shown", /key was compromised/);
  await broken(look(stolen, "no-verdict", { change: (p) => (marked(p), (p.tests[0].notes = [])) }), "values", /stolen/);
  await look(stolen, "no-verdict", { change: marked });
});

test("the first screen's line of a test has the colour of its result, and that of a hold is red", async () => {
  const toned = (l, state, kind, tone) => look(l, state, { change: (p) => (fact(p, kind).tone = tone) });
  const l = world();
  l.event(key(3), LAB, unclear);
  for (const tone of ["warn", "quiet", "bad"]) await toned(l, "no-verdict", "inspected", tone);
  for (const tone of ["good", "good quiet", undefined]) await broken(toned(l, "no-verdict", "inspected", tone), "facts", /inspected/);
  l.event(key(3), LAB, failing);
  for (const tone of ["good", "warn", "quiet", "", "bad good", undefined]) await broken(toned(l, "failed", "inspected", tone), "facts", /inspected/);
  l.event(l.authority, AUTHORITY, hold);
  for (const tone of ["good", "quiet", "bad good", undefined]) await broken(toned(l, "held", "recall", tone), "facts", /recall/);
});

test("\"no test result yet\" stands only where there is none", async () => {
  const l = world();
  const say = (key) => ({ change: (p) => Object.assign(fact(p, "inspected"), { of: "", text: en[key] }) });
  await look(l, "not-inspected");
  await broken(look(l, "not-inspected", say("not-inspected-itself")), "facts");
  const failed = l.event(key(3), LAB, failing);
  for (const key of ["not-inspected", "not-inspected-itself"]) await broken(look(l, "failed", say(key)), "facts", /inspected/);
  // nor another test that passed before a failure that is open
  const passed = l.event(key(3), LAB, inspect).replace("urn:jejak:record:", "");
  const other = (p) => Object.assign(fact(p, "inspected"), { of: passed, text: fact(p, "inspected").text.replace("Failed", "Passed") });
  await broken(look(l, "failed", { change: other }), "facts", /inspected/);
  l.event(key(3), LAB, { ...inspect, "jejak:retests": [failed] });
  for (const key of ["not-inspected", "not-inspected-itself"]) await broken(look(l, "verified", say(key)), "facts", /inspected/);
});

test("a test's day, record and uncertainty are those that were signed", async () => {
  const l = world();
  const other = l.event(key(2), MAKER, { ...harvest, bizStep: "storing" }).replace("urn:jejak:record:", "");
  l.event(key(3), LAB, { ...inspect, sensorElementList: [{ sensorReport: [{ type: "urn:jejak:param:p", stringValue: "1", "jejak:uncertainty": "0.1" }] }] });
  const clear = (p) => {
    p.tests[0].result = en["verdict-pass"];
    Object.assign(p.tests[0].values[0], { look: "pass", judgement: "Pass · limit: at most 2" });
    p.facts.findLast((f) => f.fact === "title").text = "Inspection: passed";
    fact(p, "inspected").text = fact(p, "inspected").text.replace(/^.*·/, "Passed inspection ·");
  };
  const shows = (change, state = "verified") => look(l, state, { change: (p) => (clear(p), change(p)) });
  await shows(() => {});
  await broken(shows((p) => delete p.tests[0].values[0].spread), "values", /was not signed/);
  await broken(shows((p) => (p.tests[0].values[0].spread = "±\u00a00.2")), "values");
  await broken(shows((p) => (p.tests[0].when = "1\u00a0Jan\u00a02020")), "values", /was not signed on/);
  await broken(shows((p) => p.tests.push({ ...p.tests[0], record: other, values: [] })), "values", /no test of this lot/);
});

test("own checks beyond twenty may be left out", async () => {
  const l = world();
  l.enrol("urn:jejak:party:both", ["producer", "inspector"], key(5));
  l.state(l.authority, AUTHORITY, { ...l.accreditation, party: "urn:jejak:party:both" });
  l.event(key(5), "urn:jejak:party:both", { ...harvest, bizStep: "receiving" });
  for (let i = 0; i < 30; i++) l.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  const own = Array.from({ length: 25 }, () => l.event(key(5), "urn:jejak:party:both", inspect).replace("urn:jejak:record:", ""));
  for (let i = 0; i < 70; i++) l.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  const showing = (hidden, tag = [en["own-check"]]) => (p) => {
    p.shown = p.shown.filter(({ id }) => !hidden.includes(id));
    p.tests = p.tests.filter(({ record }) => !hidden.includes(record));
    for (const test of p.tests) test.tags = tag;
    for (const f of p.facts) if (f.fact === "title") f.text = f.text.replace("Inspection:", "Own check:");
    p.facts = p.facts.filter(({ of }) => !hidden.includes(of));
    p.left = { steps: hidden.length, tests: hidden.length };
  };
  await look(l, "no-verdict", { change: showing(own.slice(0, 5)) });
  await broken(look(l, "no-verdict", { change: showing(own.slice(0, 6)) }), "shown");
  await broken(look(l, "no-verdict", { change: showing([], []) }), "values", /party to the goods/);
  await broken(look(l, "verified", { change: showing([]) }), "state", /no-verdict/);
});

test("documents of events that concern a container of the lot belong to its page", async () => {
  const l = world();
  const box = "https://id.gs1.org/00/095213210000000018";
  const evidence = [{ "jejak:blake3": "a".repeat(52), "jejak:title": "Temperature log", "jejak:bytes": 500 }];
  l.event(key(2), MAKER, { type: "AggregationEvent", action: "ADD", bizStep: "packing", parentID: box, childQuantityList: [{ epcClass: LOT }] });
  const sent = l.event(key(2), MAKER, { type: "ObjectEvent", bizStep: "transporting", epcList: [box], "jejak:evidence": evidence }).replace("urn:jejak:record:", "");
  const documents = [{ hash: "a".repeat(52), title: "Temperature log", size: "500\u00a0B" }];
  await look(l, "not-inspected", { change: (p) => (p.documents = documents) });
  await broken(look(l), "documents", /does not show the document/);
  // and the record itself can't be left out
  const less = (p) => (p.shown = p.shown.filter(({ id }) => id !== sent));
  await broken(look(l, "not-inspected", { change: less }), "shown", /does not show record/);
  // nor are those of other containers
  const other = world();
  other.event(key(2), MAKER, { type: "ObjectEvent", bizStep: "transporting", epcList: [box], "jejak:evidence": evidence });
  const nothing = (p) => Object.assign(p, { documents, shown: p.shown.slice(0, -1), facts: p.facts.filter(({ of }) => of !== p.shown.at(-1).id) });
  await broken(look(other, "not-inspected", { change: nothing }), "documents", /was not signed so/);
});

test("a page of many lots that were mixed again and again is compared in time", async () => {
  const l = world();
  const lot = (n) => LOT.replace("/10/X", `/10/L${n}`);
  const made = (from, to) => ({
    type: "TransformationEvent", bizStep: "commissioning", inputQuantityList: from.map((epcClass) => ({ epcClass })), outputQuantityList: [{ epcClass: to }],
  });
  l.event(key(2), MAKER, { ...harvest, quantityList: [{ epcClass: lot("0") }] });
  for (let n = 0; n < 40; n++) {
    for (const side of ["a", "b"]) l.event(key(2), MAKER, made([lot(n)], lot(`${n}${side}`)));
    l.event(key(2), MAKER, made([lot(`${n}a`), lot(`${n}b`)], lot(n + 1)));
  }
  l.event(key(2), MAKER, made([lot(40)], LOT));
  await look(l);
});

test("the inputs of a lot decide its state too", async () => {
  const input = LOT.replace("/10/X", "/10/Y");
  const made = (from) => ({
    type: "TransformationEvent", bizStep: "commissioning",
    inputQuantityList: [{ epcClass: from }], outputQuantityList: [{ epcClass: LOT }],
  });
  const start = (from) => {
    const l = world();
    l.state(l.authority, AUTHORITY, product("09521321001084", "fruit"));
    l.event(key(2), MAKER, { ...harvest, quantityList: [{ epcClass: from }] });
    l.event(key(2), MAKER, made(from));
    return l;
  };
  const held = start(input);
  held.event(held.authority, AUTHORITY, { ...hold, quantityList: [{ epcClass: input }] });
  await broken(look(held), "state", /records say held/);
  // a test counts for descendants of the same form only
  const same = start(input);
  same.event(key(3), LAB, { ...inspect, quantityList: [{ epcClass: input }] });
  await look(same, "verified");
  const other = LOT.replace("1077/10/X", "1084/10/Y");
  const another = start(other);
  another.event(key(3), LAB, { ...inspect, quantityList: [{ epcClass: other }] });
  await broken(look(another, "verified"), "state", /not-inspected/);
  // a voided process does not pass it on
  const undone = start(input);
  undone.event(key(3), LAB, { ...inspect, quantityList: [{ epcClass: input }] });
  undone.event(key(2), MAKER, { ...made(input), errorDeclaration: {}, "jejak:voids": name(undone.entries.at(-2)) });
  await broken(look(undone, "findings"), "state", /not-inspected/);
  // a process may cure a failure of an ancestor: then the server decides
  const cured = start(input);
  cured.event(key(3), LAB, { ...failing, quantityList: [{ epcClass: input }] });
  cured.event(key(3), LAB, inspect);
  await look(cured, "verified");
});

test("a result of a laboratory counts only on a sample that was drawn before", async () => {
  const rules = [{ parameter: "cd", max: "2" }];
  const requirements = [{ id: "R", market: "ID", standard: "R 1", force: "legal", forms: [], decision: "simple-acceptance", rules }];
  const parameters = [{ id: "cd", kind: "decimal" }, { id: "size", kind: "decimal", onSite: true }];
  const oil = { id: "oil", version: "1", parameters, requirements, completeTests: [{ form: "leaf", market: "ID", all: ["cd"] }] };
  const bytes = Buffer.from(JSON.stringify(oil));
  const other = LOT.replace("/10/X", "/10/Y");
  const measured = (type, members) => ({
    ...inspect, sensorElementList: [{ sensorReport: [{ type, stringValue: "1" }] }], "jejak:profile": { "jejak:id": "oil", "jejak:version": "1", "jejak:requirements": ["R"] }, ...members,
  });
  const test = (sample, members = {}) => measured("urn:jejak:param:cd", { "jejak:sample": { "jejak:id": sample }, ...members });
  const draw = (sample, lot = LOT) => ({
    type: "ObjectEvent", bizStep: "sampling", quantityList: [{ epcClass: lot }], "jejak:sample": { "jejak:id": sample, "jejak:holder": MAKER },
  });
  const start = () => {
    const l = world();
    l.state(l.authority, AUTHORITY, { type: "Profile", id: "oil", version: "1", blake3: base32(blake3(bytes)), bytes: bytes.length, from: 0 });
    return l;
  };
  const shows = (l, state) => {
    const page = pageOf(l, state);
    return verify({ ...l.bundle(LOT), profiles: [{ blake3: base32(blake3(bytes)), bytes: bytes.toString("base64url") }] }, page);
  };
  const partly = async (l) => {
    await shows(l, "partly-tested");
    for (const state of ["verified", "findings"]) await broken(shows(l, state), "state", /records say partly-tested/);
  };
  const fits = start();
  fits.event(key(3), LAB, draw("A"));
  fits.event(key(3), LAB, test("A"));
  await shows(fits, "verified");
  const nobody = start();
  nobody.event(key(3), LAB, test("A"));
  await partly(nobody);
  const late = start();
  late.event(key(3), LAB, test("A"));
  late.event(key(3), LAB, draw("A"));
  await partly(late);
  const another = start();
  another.event(key(2), MAKER, { ...harvest, quantityList: [{ epcClass: other }] });
  another.event(key(3), LAB, draw("A", other));
  another.event(key(3), LAB, test("A"));
  await partly(another);
  // a phone that had no signal: what it signed next is named by the test
  const followed = start();
  const next = followed.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  followed.event(key(3), LAB, test("A", { "jejak:after": [next] }));
  await partly(followed);
});

test("a lot is verified only with all tests that its market asks for", async () => {
  const parameters = ["cd", "pb", "size"].map((id) => ({ id, kind: "decimal", onSite: true }));
  const rules = parameters.map(({ id: parameter }) => ({ parameter, max: "2" }));
  const requirements = [{ id: "R", market: "ID", standard: "R 1", force: "legal", forms: [], decision: "simple-acceptance", rules }];
  const completeTests = [
    { form: "leaf", market: "ID", all: ["cd"] },
    { form: "leaf", market: "EU", all: ["cd", "pb"], oneOf: [["size", "mass"]] },
    { form: "leaf", market: "CN", all: ["pb"], advisory: true },
    { form: "fruit", market: "ID", all: ["size"] },
  ];
  const bytes = Buffer.from(JSON.stringify({ id: "oil", version: "1", parameters, requirements, completeTests, marketGroups: { EU: ["NL"] } }));
  const start = (market) => {
    const l = new Ledger();
    l.enrol(MAKER, ["producer"], key(2));
    l.enrol(LAB, ["inspector"], key(3));
    l.state(l.authority, AUTHORITY, product("09521321001077"));
    l.state(l.authority, AUTHORITY, { type: "Accreditation", party: LAB, scope: ["oil"], body: "KAN", number: "1", from: 0, until: 2_000_000_000 });
    l.state(l.authority, AUTHORITY, { type: "Profile", id: "oil", version: "1", blake3: base32(blake3(bytes)), bytes: bytes.length, from: 0 });
    l.event(key(2), MAKER, market ? { ...harvest, "jejak:market": market } : harvest);
    return l;
  };
  const test = (l, parameter) =>
    l.event(key(3), LAB, {
      ...inspect, sensorElementList: [{ sensorReport: [{ type: `urn:jejak:param:${parameter}`, stringValue: "1" }] }],
      "jejak:profile": { "jejak:id": "oil", "jejak:version": "1", "jejak:requirements": ["R"] },
    });
  const shows = (l, state, ...more) => {
    const page = pageOf(l, state);
    const profiles = [bytes, ...more].map((file) => ({ blake3: base32(blake3(file)), bytes: file.toString("base64url") }));
    return verify({ ...l.bundle(LOT), profiles }, page);
  };
  const home = start();
  test(home, "pb");
  await broken(shows(home, "verified"), "state", /records say partly-tested/);
  test(home, "cd");
  await shows(home, "verified");
  const away = start("NL");
  test(away, "pb");
  await broken(shows(away, "verified"), "state", /records say partly-tested/);
  test(away, "size");
  test(away, "cd");
  await shows(away, "verified");
  const uncertain = start("CN");
  test(uncertain, "pb");
  await broken(shows(uncertain, "findings"), "state", /records say tested/);
  await shows(uncertain, "tested");
  // a specification of the maker makes the uncertain list gate, once what it asks for was measured too
  const asked = [{ anyOf: [{ parameter: "size" }, { parameter: "mass" }] }, { parameter: "pb", forms: ["fruit"] }];
  const file = Buffer.from(JSON.stringify({ id: "own", version: "1", commodity: "oil", forms: ["leaf"], rules: asked }));
  const adopt = (l, by, iss, more) => l.state(by, iss, { type: "Specification", id: "own", version: "1", commodity: "oil", blake3: base32(blake3(file)), ...more });
  const own = start("CN");
  const first = adopt(own, key(2), MAKER);
  test(own, "pb");
  await broken(shows(own, "verified", file), "state", /records say tested/);
  test(own, "size");
  await shows(own, "verified", file);
  await broken(shows(own, "verified"), "state", /records say tested/); // its bytes are not in the proof
  adopt(own, key(2), MAKER, { replaces: first });
  await shows(own, "verified", file);
  adopt(own, key(2), MAKER);
  await broken(shows(own, "tested", file), "keys", /replaces another's statement/);
  // one of a stranger does not, and a laboratory adopts none
  const strange = start("CN");
  strange.enrol("urn:jejak:party:buyer", ["buyer"], key(4));
  adopt(strange, key(4), "urn:jejak:party:buyer");
  for (const parameter of ["pb", "size"]) test(strange, parameter);
  await broken(shows(strange, "verified", file), "state", /records say tested/);
  const sold = { ...harvest, bizStep: "shipping", destinationList: [{ type: "possessing_party", destination: "urn:jejak:party:buyer" }] };
  strange.event(key(2), MAKER, sold);
  await shows(strange, "verified", file);
  adopt(strange, key(3), LAB);
  await broken(shows(strange, "tested", file), "keys", /that it may not/);
});

test("an inspection counts while its inspector is accredited for the product", async () => {
  const l = world();
  l.state(l.authority, AUTHORITY, { ...l.accreditation, replaces: name(l.entries.at(-3)), until: 1_000 });
  l.event(key(3), LAB, inspect);
  await look(l);
  await broken(look(l, "verified"), "state");
  // entered after it had ended, with a date within it
  const late = world();
  late.state(late.authority, AUTHORITY, { type: "ClockReset", time: 2_000_000_000 + 14 * 86_400 });
  late.event(key(3), LAB, inspect);
  await broken(look(late, "verified"), "state", /partly-tested/);
  await look(late, "partly-tested");
});

test("numbers, units, dates and times are formatted as on the server", () => {
  assert.deepEqual(["24.40", "1234567.5", "-3", "<0.5", "1000"].map((n) => number(id, n)), ["24,40", "1.234.567,5", "\u22123", "<0,5", "1.000"]);
  assert.deepEqual(["1040.25", "absent", "<0.5"].map((n) => number(en, n)), ["1,040.25", "absent", "<0.5"]);
  const server = readFileSync(new URL("../../src/server/pages/format.rs", import.meta.url), "utf8");
  const arms = /match code \{\n(.*?)other => other/s.exec(server)[1].matchAll(/((?:"[^"]*"(?: \| )?)+) => "([^"]*)"/g);
  const signs = [...arms].flatMap(([, codes, sign]) => codes.split(" | ").map((code) => [JSON.parse(code), sign.replace("\\u{a0}", "\u00a0")]));
  assert.ok(signs.length > 25, String(signs.length));
  for (const [code, sign] of signs) assert.equal(measured(en, "1", code), sign ? `1\u00a0${sign}` : "1", code);
  assert.equal(measured(en, "1", "toString"), "1\u00a0toString");
  const of = (eventTimeZoneOffset, eventTime = "2026-11-09T06:30:00Z") => ({ eventTime, eventTimeZoneOffset });
  assert.equal(moment(id, of("+08:00"), "ID"), "9\u00a0Nov\u00a02026, 14.30\u00a0WITA");
  assert.equal(moment(id, of("+08:00"), "SG"), "9\u00a0Nov\u00a02026, 14.30\u00a0UTC+8");
  assert.equal(moment(id, of("+08:00")), "9\u00a0Nov\u00a02026, 14.30\u00a0UTC+8");
  assert.equal(moment(zh, of("+08:00"), "ID"), "2026年11月9日 14:30\u00a0UTC+8");
  assert.equal(moment(en, of("+05:30")), "9\u00a0Nov\u00a02026, 12:00\u00a0UTC+5:30");
  assert.equal(moment(en, of("-03:30", "2026-08-01T02:00:00Z")), "31\u00a0Jul\u00a02026, 22:30\u00a0UTC\u22123:30");
  assert.equal(dayOf(id, of("+00:00", "2026-08-09T00:00:00Z")), "9\u00a0Agu\u00a02026");
  assert.equal(range(en, "2026-11-01", "2026-11-03"), "1\u20133\u00a0Nov\u00a02026");
  assert.equal(range(zh, "2026-11-01", "2026-11-03"), "2026年11月1日至3日");
  assert.equal(range(id, "2026-10-30", "2026-11-03"), "30\u00a0Okt \u2013 3\u00a0Nov\u00a02026");
  assert.equal(range(en, "2025-12-30", "2026-01-03"), "30\u00a0Dec\u00a02025 \u2013 3\u00a0Jan\u00a02026");
});

test("the word for a harvest is from an enacted profile", async () => {
  const caught = (id) => Buffer.from(JSON.stringify({ id, harvest: { done: { en: "Caught", id: "Ditangkap" } } }));
  const shown = async (bytes, named = bytes) => {
    const l = world();
    const blake = base32(blake3(named));
    l.state(l.authority, AUTHORITY, { type: "Profile", id: "oil", version: "1", blake3: blake, bytes: bytes.length, from: 0 });
    l.event(key(2), MAKER, { ...harvest, ilmd: { "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03" } });
    const page = pageOf(l, "not-inspected");
    page.facts.push({ fact: "harvest", of: "2026-11-01 2026-11-03", text: "Caught 1\u20133\u00a0Nov\u00a02026" });
    return verify({ ...l.bundle(LOT), profiles: filed(bytes) }, page);
  };
  await shown(caught("oil"));
  await shown(caught("oil/leaf"));
  await broken(shown(caught("oilseed")), "facts", /harvest/);
  await broken(shown(caught("oil"), caught("other")), "record", /no record names/);
  const [other] = filed(caught("other"));
  const swapped = (l) => ({ ...l.bundle(LOT), profiles: [{ ...filed(profile)[0], bytes: other.bytes }] });
  await broken(verify(swapped(world()), pageOf(world(), "not-inspected")), "record", /another profile/);
});

test("a name is shown in the nearest language, else in English", () => {
  const names = { en: "Oil", zh: "油", "zh-Hant": "油脂", "pt-BR": "Óleo" };
  const cases = { "zh-Hans": "油", "zh-Hant-TW": "油脂", "ZH-hant": "油脂", "zh-Hant-x-private": "油脂", pt: "Oil", "pt-BR": "Óleo", fr: "Oil", "": "Oil" };
  for (const [tag, text] of Object.entries(cases)) assert.equal(best(names, tag), text, tag);
});

test("a page in a language without a table of words is neither checked nor broken", async () => {
  await assert.rejects(shows((p) => (p.lang = "it")), Unreachable);
});

test("amounts and values of twenty digits are compared to the last one", async () => {
  const l = new Ledger();
  l.enrol(MAKER, ["producer"], key(2));
  l.enrol(LAB, ["inspector"], key(3));
  l.state(l.authority, AUTHORITY, product("09521321001077"));
  // as text: this program's JSON has no such numbers either
  const put = (by, iss, json, change) => {
    const payload = { eventID: `urn:uuid:${iss}`, eventTime: "2026-11-05T00:00:00Z", ...json };
    l.put(by, iss, LOT, "application/ld+json", change(JSON.stringify(payload)));
    l.contents.at(-1).payload = payload;
    return name(l.entries.at(-1));
  };
  const harvested = put(key(2), MAKER, { ...harvest, quantityList: [{ epcClass: LOT, quantity: 1, uom: "KGM" }] }, (text) => text.replace('"quantity":1', '"quantity":12345678901234567.891'));
  put(key(3), LAB, { ...inspect, sensorElementList: [{ sensorReport: [{ type: "urn:jejak:param:p", stringValue: "1" }] }] }, (text) => text.replace('"stringValue":"1"', '"value":0.123456789012345678910'));
  const shows = (amount, value) => {
    const page = pageOf(l, "no-verdict");
    fact(page, "amount").text = `${amount}\u00a0kg`;
    page.facts.push({ fact: "moved", of: harvested, record: harvested, text: `${amount}\u00a0kg X` });
    page.tests[0].values = [{ parameter: "urn:jejak:param:p", value, text: value }];
    // nobody accredited the laboratory
    page.facts = page.facts.filter((f) => f.fact !== "accreditation");
    fact(page, "standard").text = "Standard: R";
    // without its profile: the value is not judged
    return verify(l.bundle(LOT), page);
  };
  const [amount, value] = ["12,345,678,901,234,567.891", "0.12345678901234567891"];
  await shows(amount, value);
  await broken(shows(amount.replace(/1$/, "2"), value), "facts", /amount/);
  await broken(shows(amount, value.replace(/1$/, "2")), "values");
});
