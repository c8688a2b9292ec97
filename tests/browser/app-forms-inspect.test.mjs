// The model of an inspection, without a browser: what is asked of goods for a market, the verdict so far, what is signed, and its correction.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { context, lotUri } from "../../web/static/app/forms/context.js";
import { formAnew } from "../../web/static/app/forms/correct.js";
import { stateOf } from "../../web/static/app/forms/engine.js";
import { models } from "../../web/static/app/forms/index.js";
import * as inspection from "../../web/static/app/forms/inspect.js";
import { nextSample } from "../../web/static/app/forms/lotnumber.js";
import { due, limitsOf, listOf, variantOf, variants } from "../../web/static/app/forms/market.js";
import { NOW, gtin, keptProfiles, kg, kitOf, lot, made, party, phone, profiles, record, voidRecord } from "./app-forms-lab.mjs";

const crab = lot(101, "BAKAU-1");
const inspector = (more = {}) => phone(32, { work: { toInspect: [{ lot: crab, amount: "86400", unit: "gram", market: "ID", newest: ["d".repeat(52)], holder: { party: party(21) } }] }, ...more });
const values = (width) => ({ "species-id": [{ value: "scylla-serrata" }], berried: [{ value: "no" }], "gear-passive": [{ value: "yes" }], ...(width ? { "carapace-width": [{ value: width }] } : {}) });

test("the parameters of a market come in its order, with what the log can't decide asked for", () => {
  const cn = listOf(profiles.crab, "live-mud-crab", "CN");
  const none = { claims: [], processes: [], largest: () => undefined, isAbove: () => false };
  const ids = (facts) => due(cn, facts).flat();
  assert.ok(ids(none).includes("enrofloxacin") && ids(none).includes("mehg"), "undecided adds, and drops nothing");
  assert.ok(!ids({ ...none, claims: ["wild"] }).includes("enrofloxacin"));
  assert.ok(!ids({ ...none, claims: ["wild"], largest: (id) => (id === "hg" ? "0.2" : undefined), isAbove: (x, y) => Number(x) > Number(y) }).includes("mehg"));
  assert.equal(listOf(profiles.crab, "live-mud-crab", "DE").market, "EU", "a country of a group");
});

test("an accreditation is for a commodity, also where the profile's id has a second part", () => {
  const kit = kitOf(32);
  const crabs = kit.profiles.find(({ commodity }) => commodity === "crab");
  const twoParts = { ...profiles.crab, id: "crab/live" };
  const ctx = (scope) => inspector({
    kit: { ...kit, profiles: [{ ...crabs, id: twoParts.id }], accreditations: [{ scope, from: 0, until: 4_000_000_000 }] },
    profiles: { [crabs.blake3]: twoParts },
  });
  const asked = (scope) => {
    const a = { lot: crab, values: values("12.6") };
    const s = inspection.setup(ctx(scope), a);
    return inspection.cautions(ctx(scope), s, a).map(({ key }) => key);
  };
  assert.deepEqual([asked(["crab"]), asked(["avocado"])], [[], ["acts-caution-accreditation"]]);
  // goods that this phone never heard of are named by their commodity
  assert.ok(inspection.kinds(ctx(["crab"])).every(({ value }) => /^crab\/[^/]+$/.test(value)), "the kind has one commodity and one form");
});

test("an adopted specification is asked for and gates beside the market's list; without its file nothing is green", () => {
  const [file, record, flour] = [JSON.parse(readFileSync(new URL("../testdata/flour-specification.json", import.meta.url), "utf8")), "r".repeat(52), lot(106, "TEPUNG")];
  const ctx = (specifications, more = {}) => phone(32, {
    work: { toInspect: [{ lot: flour, amount: "5000", unit: "gram", market: "ID", newest: [], specifications }] }, profiles: { ...keptProfiles, filehash: file }, ...more,
  });
  const asked = (profile, a) => inspection.entries(profile, inspection.setup(profile, a), a).filter((one) => one.required).map((one) => one.oneOf);
  const [plain, adopted, unread] = [ctx(undefined), ctx([{ record, blake3: "filehash" }]), ctx([{ record, blake3: "not-here" }])];
  const a = { lot: flour, market: "ID" };
  assert.deepEqual(asked(adopted, a), asked(plain, a), "the list of the market asks for all of it already");
  // a list that does not ask for what the specification limits
  const us = { lot: flour, market: "US" };
  const anywhere = ctx([{ record, blake3: "filehash" }], { profiles: { ...keptProfiles, filehash: { ...file, market: undefined } } });
  assert.deepEqual(asked(anywhere, us).slice(asked(plain, us).length), [["tpc", "mould-yeast"]]);
  assert.deepEqual(inspection.setup(adopted, us).adopted.sets, [], "one for another market gates nothing");
  const sets = (profile) => inspection.setup(profile, a).sets.map(({ id }) => id).filter((id) => id.startsWith("SPEC/"));
  assert.deepEqual([sets(plain), sets(adopted), sets(unread)], [[], [`SPEC/${record}`], []]);
  const state = (profile, moisture) => {
    const b = { ...a, values: { moisture: [{ value: moisture }] } };
    return inspection.soFar(profile, inspection.setup(profile, b), b);
  };
  assert.deepEqual([state(plain, "12.5").failed, state(adopted, "12.5").failed, state(adopted, "11").failed], [[], ["moisture"], []]);
  assert.ok(inspection.advises(inspection.setup(plain, a)) && !inspection.advises(inspection.setup(adopted, a)), "what was adopted makes a list gate that only advises");
  const b = { ...a, values: { moisture: [{ value: "11" }] } };
  assert.ok(inspection.build(adopted, inspection.setup(adopted, b), b).input.requirements.includes(`SPEC/${record}`));
  assert.ok(inspection.cautions(unread, inspection.setup(unread, b), b).some(({ key }) => key === "acts-caution-specification"));
  // all that both ask for, passed: green with the file, never without it
  const profile = profiles["banana-flour"];
  const passing = { salmonella: "absent", moisture: "11", tpc: "1000", "mould-yeast": "100" };
  const setup = inspection.setup(adopted, a);
  const short = { ...setup, list: { ...setup.list, all: Object.keys(passing) }, profile };
  const full = { ...a, sample: "S-1", values: Object.fromEntries(Object.entries(passing).map(([id, value]) => [id, [{ value, units: 5 }]])) };
  const done = (s) => inspection.soFar(adopted, s, full);
  assert.deepEqual([done(short).missing, done(short).complete, done({ ...short, adopted: { ...short.adopted, unread: 1 } }).complete], [[], true, false]);
});

test("classes and varieties of a standard exclude each other, and one of each is asked for", () => {
  const list = listOf(profiles.avocado, "fresh", "INT");
  const groups = variants(profiles.avocado, list, "fresh", "2026-11-28");
  assert.deepEqual(groups.map((one) => one.options), [["variety-Hass", "varieties-Torres-Fuert", "other-varieties"], ["class-1", "class-2", "extra"]]);
  const ctx = phone(32, { work: { toInspect: [{ lot: lot(103, "ALP"), amount: "800000", unit: "gram", market: "INT", newest: [] }] } });
  const a = { lot: lot(103, "ALP"), variant: { [groups[0].id]: "variety-Hass", [groups[1].id]: "class-1" } };
  const s = inspection.setup(ctx, a);
  assert.deepEqual(s.sets.map(variantOf).filter(Boolean).slice(0, 4), ["variety-Hass", "class-1", "class-1", "class-1"]);
  // the log does not know the class, and asks for rot, which one set alone limits: it goes along, since it limits nothing else
  assert.deepEqual(s.sets.slice(-1).map((one) => one.id), ["OECD/UNECE/FFV-42/class-2"]);
  assert.equal(inspection.openOf(inspection.setup(ctx, { lot: a.lot }), {}, []).kind, "variant");
  for (const profile of Object.values(profiles)) for (const one of profile.completeTests) assert.doesNotThrow(() => variants(profile, { requirements: [], ...one }, one.form, "2026-11-28"));
});

test("an inspection is green only when the market's list is complete", () => {
  const ctx = inspector();
  const state = (v) => {
    const a = { lot: crab, values: v };
    return inspection.soFar(ctx, inspection.setup(ctx, a), a);
  };
  assert.deepEqual([state(values()).complete, state(values()).open], [false, ["carapace-width"]]);
  assert.equal(state(values("12.6")).complete, true);
  assert.deepEqual([state(values("12")).verdict, state(values("12")).failed], ["fail", ["carapace-width"]]);
  assert.equal(state({ ...values("12.6"), berried: [{ value: "yes" }] }).complete, false);
  // mass is as good as width
  assert.equal(state({ ...values(), "mass-individual": [{ value: "151" }] }).complete, true);
});

test("what is signed of an inspection names profile, sets, instrument, sample, and agrees with its values", () => {
  const ctx = inspector({ remembered: { "instrument:carapace-width": { name: "JS-2", u: "0.1", method: "caliper" } } });
  const build = (a) => inspection.build(ctx, inspection.setup(ctx, a), a).input;
  const passed = build({ lot: crab, values: values("12.6"), retests: ["e".repeat(52)] });
  assert.equal(passed.failed, false);
  assert.deepEqual(passed.results.find((one) => one.parameter === "carapace-width"), { parameter: "carapace-width", value: "12.6", unit: "CMT", uncertainty: "0.1", method: "caliper" });
  assert.deepEqual(passed.requirements, ["ID/Permen-KP-7/2024"]);
  assert.deepEqual([passed.retests, passed.after], [[`urn:jejak:record:${"e".repeat(52)}`], [`urn:jejak:record:${"d".repeat(52)}`]]);
  assert.equal(build({ lot: crab, values: values("11.9") }).failed, true);
  assert.equal(build({ lot: crab, values: { "species-id": [{ value: "scylla" }] }, conforms: false }).failed, true, "the signer's word where the values do not decide");
});

test("a laboratory's values want a sample; the newest of this phone stands", () => {
  const flour = lot(106, "TEPUNG-1");
  const work = { toInspect: [{ lot: flour, amount: "200000", unit: "gram", market: "EU", newest: [] }] };
  const ctx = phone(31, { work, of: { lot: flour } });
  const a = { lot: flour, values: { afb1: [{ value: "<0.5" }] } };
  assert.deepEqual(inspection.cautions(ctx, inspection.setup(ctx, a), a).map((one) => one.key), ["acts-caution-no-sample"]);
  const drawn = record(made(ctx, "sample", { lot: flour, amount: kg("1") }), { seq: 3 });
  assert.equal(drawn.event["jejak:sample"]["jejak:id"], "SA-0001");
  const later = phone(31, { work, records: [drawn] });
  assert.deepEqual(inspection.cautions(later, inspection.setup(later, a), a), []);
  assert.equal(inspection.build(later, inspection.setup(later, a), a).input.sample, "SA-0001");
  const { remember } = made(ctx, "sample", { lot: flour, amount: kg("1"), number: "SDM-0042" });
  assert.equal(nextSample(phone(31, { remembered: remember })), "SDM-0043", "the next number follows the one that was typed");
  assert.equal(made(ctx, "sample", { lot: flour, amount: kg("1"), number: "ABC" }).remember.sample, undefined);
  const wrong = phone(31, { work, records: [drawn, voidRecord(drawn, 4)] });
  assert.deepEqual(inspection.cautions(wrong, inspection.setup(wrong, a), a).map((one) => one.key), ["acts-caution-no-sample"], "a sample that was voided is none");
});

test("laboratory values without a sample settle nothing and are not green; what they fail counts", () => {
  const flour = lot(106, "TEPUNG-1");
  const work = { toInspect: [{ lot: flour, amount: "200000", unit: "gram", market: "EU", newest: [] }] };
  const all = { moisture: [{ value: "8.4" }], afb1: [{ value: "<0.5" }], "af-total": [{ value: "<1" }], ota: [{ value: "0.4" }], cd: [{ value: "<0.005" }], pb: [{ value: "0.02" }], salmonella: [{ value: "absent", units: 5 }], "foreign-matter": [{ value: "absent" }], so2: [{ value: "<10" }] };
  const state = (values, more = {}, records = []) => {
    const ctx = phone(31, { work, records });
    const a = { lot: flour, values, ...more };
    return inspection.soFar(ctx, inspection.setup(ctx, a), a);
  };
  const without = state(all);
  assert.deepEqual([without.verdict, without.complete], ["pass", false]);
  assert.ok(without.missing.flat().includes("afb1") && !without.missing.flat().includes("foreign-matter"), "what is seen on site needs no sample");
  assert.ok(without.unsampled.includes("cd") && !without.unsampled.includes("foreign-matter"));
  assert.deepEqual([state(all, { sample: "LB-1" }).complete, state(all, { sample: "LB-1" }).unsampled], [true, []]);
  const failed = state({ ...all, afb1: [{ value: "5" }] });
  assert.deepEqual([failed.verdict, failed.failed], ["fail", ["afb1"]]);
});

test("goods of the inspector's own, and a commodity without accreditation, are asked about; a test of its own is never green", () => {
  const a = { lot: crab, values: values("12.6") };
  const asked = (more) => {
    const ctx = inspector(more);
    const s = inspection.setup(ctx, a);
    return [inspection.cautions(ctx, s, a).map((one) => one.key), inspection.soFar(ctx, s, a).complete];
  };
  assert.deepEqual(asked({}), [[], true]);
  const own = { held: [{ lot: crab, amount: "86400", unit: "gram", market: "ID", newest: [] }] };
  assert.deepEqual(asked({ work: own }), [["acts-caution-own"], false]);
  const until = (time, scope = ["crab"]) => ({ kit: { ...kitOf(32), accreditations: [{ scope, body: "KAN", number: "1", from: 0, until: Date.parse(time) / 1000 }] } });
  assert.deepEqual(asked(until("2027-01-12T00:00:00Z"))[0], []);
  assert.deepEqual(asked(until("2026-11-28T00:00:00Z"))[0], ["acts-caution-accreditation"]);
  assert.deepEqual([asked(until("2027-01-12T00:00:00Z", ["avocado"]))[0], asked(until("2027-01-12T00:00:00Z", ["*"]))[0]], [["acts-caution-accreditation"], []]);
});

test("what to draw goes by the lot, and by the containers that a person counted", () => {
  const ctx = phone(32, { work: { toInspect: [{ lot: lot(103, "ALP"), amount: "800000", unit: "gram", market: "INT", newest: [] }] } });
  const a = { lot: lot(103, "ALP") };
  const s = inspection.setup(ctx, a);
  assert.equal(inspection.draws(ctx, s, [])[0].waits, "packages");
  const [drawn] = inspection.draws(ctx, s, [], { containers: "80" });
  assert.deepEqual([drawn.take, drawn.mixed, drawn.spread.filter(Boolean).length], [5, true, 5]);
});

test("a share is made of a count, exactly", () => {
  assert.deepEqual([inspection.percent("3", "25"), inspection.percent("1", "3"), inspection.percent("0", "25")], ["12", "33.3333", "0"]);
});

test("the market is the lot's own; of goods that state none, the inspector's last, else the home market", () => {
  const market = (stated, remembered = {}) => {
    const ctx = phone(32, { remembered, work: { toInspect: [{ lot: crab, amount: "1", unit: "gram", market: stated, newest: [] }] } });
    return inspection.setup(ctx, { lot: crab }).market;
  };
  const last = { [`market:${gtin(101)}`]: "CN" };
  assert.deepEqual([market("INT"), market("ID"), market("ID", last), market("INT", last)], ["INT", "ID", "CN", "INT"]);
  assert.equal(inspection.setup(phone(32), { lot: crab, goods: "crab/live-mud-crab" }).market, "ID");
});

test("what an inspector chose once stands: variant, what is measured beside the list, the other of two, instrument", () => {
  const fruit = lot(103, "ALP");
  const work = { toInspect: [{ lot: fruit, amount: "800000", unit: "gram", market: "INT", newest: [] }] };
  const first = phone(32, { work });
  const groups = inspection.setup(first, { lot: fruit }).groups;
  const chosen = { lot: fruit, variant: { [groups[0].id]: "variety-Hass", [groups[1].id]: "class-1" } };
  const more = inspection.others(first, inspection.setup(first, chosen), inspection.entries(first, inspection.setup(first, chosen), chosen))[0].value;
  const a = { ...chosen, more: [more], values: { "dry-matter": [{ value: "23" }] }, instrument: { "dry-matter": { name: "Oven 1", u: "0.2", method: "oven" } } };
  const { remember } = inspection.build(first, inspection.setup(first, a), a);
  const next = phone(32, { work, remembered: remember });
  const again = { lot: fruit };
  const s = inspection.setup(next, again);
  assert.deepEqual(Object.values(s.chosen), ["variety-Hass", "class-1"]);
  const shown = inspection.entries(next, s, again);
  assert.ok(shown.some((one) => one.id === more && !one.required));
  assert.deepEqual(inspection.instrumentOf(shown.find((one) => one.id === "dry-matter"), again), { name: "Oven 1", u: "0.2", method: "oven" });
  const live = inspector();
  const width = { lot: crab, or: { "carapace-width": "mass-individual" }, values: { "mass-individual": [{ value: "151" }] } };
  const kept = inspection.build(live, inspection.setup(live, width), width).remember;
  const later = inspector({ remembered: kept });
  assert.ok(inspection.entries(later, inspection.setup(later, { lot: crab }), {}).some((one) => one.id === "mass-individual"));
});

test("another laboratory's parameters are not asked, not signed, and leave the list incomplete", () => {
  const ctx = inspector();
  const a = { lot: crab, values: values("12.6"), elsewhere: ["carapace-width"] };
  delete a.values["carapace-width"];
  const s = inspection.setup(ctx, a);
  const list = inspection.entries(ctx, s, a);
  assert.equal(inspection.openOf(s, a, list), undefined);
  assert.ok(!inspection.build(ctx, s, a).input.results.some((one) => one.parameter === "carapace-width"));
  assert.equal(inspection.soFar(ctx, s, a).complete, false);
});

test("a list that only advises is never green, and a minus is there where a limit is below zero", () => {
  const ctx = inspector();
  const a = { lot: crab, values: values("12.6") };
  const s = inspection.setup(ctx, a);
  assert.equal(inspection.soFar(ctx, s, a).complete, true);
  assert.equal(inspection.soFar(ctx, { ...s, list: { ...s.list, advisory: true } }, a).complete, false);
  const oil = phone(31, { work: { toInspect: [{ lot: lot(108, "M"), amount: "1", unit: "gram", market: "ID", newest: [] }] } });
  const minus = inspection.entries(oil, inspection.setup(oil, { lot: lot(108, "M") }), {}).filter((one) => one.minus).map((one) => one.id);
  assert.deepEqual(minus, ["opt-rot"]);
});

test("every list of every profile can be filled in: each parameter has words or a number", () => {
  let counted = 0;
  for (const profile of Object.values(profiles)) {
    for (const list of profile.completeTests.filter((one) => !one.closed)) {
      const product = { gtin: "00000000000000", commodity: profile.id, form: list.form, unit: "gram", name: "x" };
      const kit = { ...kitOf(31), products: [product] };
      const ctx = context({ kit, profiles: keptProfiles, lang: "zh", now: NOW, offset: "+08:00", work: { toInspect: [{ lot: lotUri(product.gtin, "A"), amount: "1000", unit: "gram", newest: [] }] } });
      const a = { lot: lotUri(product.gtin, "A"), market: list.market };
      const s = inspection.setup(ctx, a);
      assert.equal(s.list, list);
      for (const one of inspection.entries(ctx, s, a)) {
        assert.ok(one.kind === "number" || one.words.length > 1, `${profile.id} ${list.form} ${list.market} ${one.id}`);
        assert.ok(one.name, one.id);
        counted++;
      }
      inspection.draws(ctx, s, inspection.entries(ctx, s, a));
    }
  }
  assert.ok(counted > 300, String(counted));
});

test("a test is judged by the version of the profile that is in force when it is signed, and names that one", () => {
  const [begin, change] = [Date.parse("2026-01-01T00:00:00Z") / 1000, Date.parse("2026-12-01T00:00:00Z") / 1000];
  const named = (version, from, until = null) => ({ id: "crab", version, blake3: version.repeat(52), commodity: "crab", from, until, url: "" });
  const later = structuredClone(profiles.crab);
  for (const limit of later.requirements.flatMap((set) => set.rules.flatMap(limitsOf))) if (limit.parameter === "carapace-width" && limit.min === "12") limit.min = "15";
  const kit = { ...kitOf(32), profiles: [named("1", begin), named("2", change), named("0", begin, begin + 60)] };
  const kept = { [named("1").blake3]: profiles.crab, [named("2").blake3]: later, [named("0").blake3]: later };
  const at = (now) => {
    const ctx = inspector({ kit, profiles: kept, now: new Date(now) });
    const a = { lot: crab, values: values("12.6") };
    const { profile, failed } = inspection.build(ctx, inspection.setup(ctx, a), a).input;
    return [profile.version, profile.blake3[0], failed];
  };
  assert.deepEqual(at("2026-11-28T02:00:00Z"), ["1", "1", false], "a version that begins later, and one that ended, do not judge");
  assert.deepEqual(at("2026-12-01T00:00:00Z"), ["2", "2", true], "without a word from the node");
  assert.deepEqual(inspection.kinds(inspector({ kit, profiles: kept })).length, new Set(inspection.kinds(inspector({ kit, profiles: kept })).map((one) => one.value)).size);
  const absent = inspector({ kit, profiles: { [named("2").blake3]: later } });
  assert.equal(inspection.setup(absent, { lot: crab }).missing, "profile", "the right version is not on this phone: no other takes its place");
});

test("what was wrong leads to the form of that act; a test to a new one of its lot, which cites the void", () => {
  const ctx = inspector();
  const a = { lot: crab, values: values("12.6") };
  const tested = record(inspection.build(ctx, inspection.setup(ctx, a), a), { seq: 5 });
  const asked = (one) => stateOf(models.correct, phone(32, { records: [one], of: { key: one.key } }), {}).questions.find((q) => q.id === "wrong").options.map((option) => option.key);
  assert.deepEqual(asked(tested), ["acts-wrong-test", "acts-wrong-never"]);
  assert.equal(formAnew(tested, "v"), `/inspect/${gtin(101)}/BAKAU-1?replaces=v`);
  const again = inspector({ of: { lot: crab, replaces: "v".repeat(52) } });
  assert.equal(inspection.build(again, inspection.setup(again, a), a).input.replaces, `urn:jejak:record:${"v".repeat(52)}`);
  const other = { ...a, lot: lot(101, "BAKAU-2") };
  assert.equal(inspection.build(again, inspection.setup(again, { ...other, goods: "crab/live-mud-crab" }), other).input.replaces, undefined, "another lot is no replacement");
  const retested = record(inspection.build(ctx, inspection.setup(ctx, a), { ...a, retests: ["e".repeat(52)] }), { seq: 6 });
  assert.match(formAnew(retested, "v"), /^\/retest\/\d{14}\/BAKAU-1\/e{52}\?replaces=v$/);
  // every act of the forms has its form
  const village = phone(25, { work: { held: [{ lot: lot(108, "M"), amount: "5000", unit: "gram", newest: [] }, { lot: lot(107, "D"), amount: "5000", unit: "gram", newest: [] }], incoming: [{ shipment: "b".repeat(52), from: party(21), name: "x", lots: [{ lot: lot(101, "B-1"), amount: "5", unit: "gram" }], containers: [] }] } });
  const oil = { lot: lot(108, "M"), ...kg("1") };
  const answers = {
    harvest: { product: gtin(107), amount: kg("5") }, process: { way: "essential-oil/steam-distillation/0", inputs: [{ lot: lot(107, "D"), ...kg("4") }], product: gtin(108), made: kg("0.1") }, merge: { product: gtin(108), inputs: [oil], made: kg("1") },
    split: { lot: oil.lot, outputs: [{ product: gtin(108), ...kg("1") }, { product: gtin(108), ...kg("2") }] }, stock: { lot: oil.lot, reason: "drying", amount: kg("1") }, sample: { lot: oil.lot, amount: kg("1") }, pack: { goods: [oil], container: "395213210000000013" },
    unpack: { goods: [oil], container: "395213210000000013" }, ship: { goods: [oil], to: party(54) }, receive: { [`count:${lot(101, "B-1")}`]: kg("0.005") }, refuse: { reason: "damaged" }, load: { lots: [oil.lot], mode: "sea" }, depart: { lots: [oil.lot], mode: "sea" }, arrive: { lots: [oil.lot], mode: "sea" },
    temperature: { lots: [oil.lot], readings: { values: ["3"] } }, handover: { lots: [oil.lot], to: party(41), condition: "intact" }, paper: { lots: [oil.lot], paper: "invoice", with: party(54), side: "seller", number: "7/INV/XI", files: [] }, hold: { lot: oil.lot, reason: "damaged" }, recall: { lot: oil.lot, reason: "damaged" },
  };
  for (const [name, given] of Object.entries(answers)) assert.equal(formAnew(record(made(village, name, given)), "v"), `/${name}`);
  assert.deepEqual(asked(record(made(village, "hold", answers.hold))), ["acts-wrong-content", "acts-wrong-never"]);
  assert.deepEqual(asked(record(made(village, "refuse", answers.refuse))), ["acts-wrong-content", "acts-wrong-never"], "a refusal counts nothing that could change");
  assert.deepEqual(asked({ ...record(made(village, "stock", answers.stock)), source: undefined }), ["acts-wrong-content", "acts-wrong-never"], "of a record from a file the answers are not here");
});
