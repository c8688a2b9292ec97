// What a page may say at a step and of a test, where a server may have more than one right word for it: the other words are refused.
import test from "node:test";

import { moment } from "../../web/static/format.js";
import words from "../../web/static/words-en.js";
import { key } from "./ledger.mjs";
import { LAB, LOT, MAKER, broken, enacted, filed, harvest, inspect, pageOf, profile, world } from "./lab.mjs";
import { verify } from "./proof.mjs";

const id = (uri) => uri.replace("urn:jejak:record:", "");
const other = (n) => LOT.replace("/10/X", `/10/${n}`);
// Checks a page of the ledger that says each of `facts` besides.
const says = (l, facts, files = [profile], state = "not-inspected") => {
  const page = pageOf(l, state);
  page.facts.push(...facts.map((one) => ({ ...one, record: one.of || undefined })));
  return verify({ ...l.bundle(LOT), profiles: filed(...files) }, page);
};

test("a step of many lots lists the first twenty of each side", async () => {
  const l = world();
  const made = {
    type: "TransformationEvent", bizStep: "commissioning",
    inputQuantityList: Array.from({ length: 27 }, (_, n) => ({ epcClass: other(`P${n}`), quantity: 10, uom: "KGM" })),
    outputQuantityList: [{ epcClass: LOT, quantity: 270, uom: "KGM" }],
  };
  const of = id(l.event(key(2), MAKER, made));
  const line = (inputs) => [...Array.from({ length: inputs }, (_, n) => `${n ? "+ " : ""}10\u00a0kg P${n}`), "→ 270\u00a0kg X"].join(" ");
  const moved = (text) => says(l, [{ fact: "moved", of, text }]);
  await moved(line(20));
  for (const inputs of [19, 21, 27]) await broken(moved(line(inputs)), "facts", /moved/);
});

test("a lot of which all records were voided is nothing, in the unit of its product", async () => {
  const l = world();
  const first = l.event(key(2), MAKER, { ...harvest, quantityList: [{ epcClass: LOT, quantity: 5, uom: "KGM" }] });
  const moved = { fact: "moved", of: id(first), text: "5\u00a0kg X" };
  const amount = (text) => says(l, [moved, { fact: "amount", of: "", text }], undefined, "withdrawn");
  await amount("5\u00a0kg");
  l.event(key(2), MAKER, { ...harvest, errorDeclaration: {}, "jejak:voids": first });
  await amount("0\u00a0g");
  for (const text of ["5\u00a0kg", "0\u00a0pcs"]) await broken(amount(text), "facts", /amount/);
});

test("spaces that a browser draws as one are no difference", async () => {
  const l = world();
  const leg = { "jejak:mode": "road", "jejak:vehicle": " DN  1234  A " };
  const of = id(l.event(key(2), MAKER, { ...harvest, bizStep: "transporting", "jejak:leg": leg }));
  const line = (name, value) => ({ fact: "detail", of, text: `${words[`fact-${name}`]}: ${value}` });
  const facts = (vehicle) => says(l, [line("leg", words["leg-road"]), line("vehicle", vehicle)]);
  await facts("DN 1234 A");
  await broken(facts("DN 1234 B"), "shown", /states/);
  await broken(facts("DN1234A"), "shown", /states/);
});

test("a set of limits may have the name of another version of its profile, and no other", async () => {
  const l = world();
  const renamed = Buffer.from(JSON.stringify({ ...JSON.parse(profile), version: "2", requirements: [{ ...JSON.parse(profile).requirements[0], standard: "R 1:2027" }] }));
  const of = id(l.event(key(3), LAB, inspect));
  const standard = (text, files) => says(l, [{ fact: "standard", of, text: `${words.standard}: ${text}` }], files, "verified");
  await standard("R 1");
  await broken(standard("R 1:2027"), "facts", /standard/);
  l.state(l.authority, "urn:jejak:party:authority", enacted(renamed, "oil/leaf", "2"));
  for (const text of ["R 1", "R 1:2027"]) await standard(text, [profile, renamed]);
  await broken(standard("R 2", [profile, renamed]), "facts", /standard/);
});

test("a code has the words of a profile, of all pages, or its own", async () => {
  const named = Buffer.from(JSON.stringify({ ...JSON.parse(profile), processes: [{ id: "freezing", names: { en: "Deep freezing" }, done: { en: "Frozen" } }], piece: { en: "leaves" } }));
  const l = world();
  l.state(l.authority, "urn:jejak:party:authority", enacted(named, "oil/leaf", "2"));
  const made = { type: "TransformationEvent", bizStep: "commissioning", inputQuantityList: [{ epcClass: other("Y") }], outputQuantityList: [{ epcClass: LOT, quantity: 3 }], "jejak:process": "freezing" };
  const of = id(l.event(key(2), MAKER, made));
  const title = (text, unit = "leaves") => {
    const page = pageOf(l, "not-inspected");
    page.facts.find((one) => one.fact === "title" && one.of === of).text = text;
    page.facts.find((one) => one.fact === "amount").text = "3\u00a0leaves";
    page.facts.push({ fact: "moved", of, record: of, text: `→ 3\u00a0${unit} X` });
    return verify({ ...l.bundle(LOT), profiles: filed(profile, named) }, page);
  };
  for (const text of ["Frozen", "Deep freezing", "Freezing"]) await title(text);
  await broken(title("Blessed"), "facts", /title/);
  // a profile that is not of the form of the lot may have another word for pieces
  await title("Frozen", words["unit-piece"]);
  await broken(title("Frozen", "kg"), "facts", /moved/);
});

test("where a lot is from may hold numbers, of a place and of how many more there are", async () => {
  const l = world();
  l.state(l.authority, "urn:jejak:party:authority", { type: "Place", gln: "9521321000018", name: { en: "Block 7 of SP 3" }, country: "ID", region: { name: "Kabupaten Donggala" } });
  l.event(key(2), MAKER, { ...harvest, readPoint: { id: "https://id.gs1.org/414/9521321000018" }, ilmd: { "jejak:harvestStart": "2026-11-01", "jejak:harvestEnd": "2026-11-03" } });
  const harvested = { fact: "harvest", of: "2026-11-01 2026-11-03", text: "Harvested 1\u20133\u00a0Nov\u00a02026" };
  const from = async (text) => {
    const page = pageOf(l, "not-inspected");
    const event = l.contents.at(-1);
    const of = page.shown.at(-1).id;
    page.facts.find((one) => one.fact === "time" && one.of === of).text = moment(words, event.payload, "ID");
    page.facts.push({ fact: "where", of, record: of, text: "Block 7 of SP 3, Donggala Regency" }, harvested, { fact: "origins", of: "", text });
    return verify({ ...l.bundle(LOT), profiles: filed(profile) }, page);
  };
  for (const text of ["Block 7 of SP 3, Donggala Regency, Indonesia", "Block 7 of SP 3 · Indonesia and 12 more places · and 3 more harvests"]) await from(text);
  for (const text of ["Block 8 of SP 3, Donggala Regency", "Block of SP, Donggala Regency", "Block 7 of SP 3, Tuscany"]) await broken(from(text), "facts", /origins/);
});
