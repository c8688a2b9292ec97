// Who may sign, on ledgers of a malicious operator that sequences any input: a signer without authorisation is detected.
import assert from "node:assert/strict";
import test from "node:test";

import { verify } from "./proof.mjs";
import { sha256 } from "./tree.mjs";
import { AUTHORITY, ORIGIN, key, vkey } from "./ledger.mjs";
import { LAB, LOT, MAKER, broken, harvest, inspect, look, name, pageOf, product, marking, world } from "./lab.mjs";

const REGION = "urn:jejak:party:region";
const logKeys = (l) => ({ type: "LogKeys", origin: ORIGIN, log: [vkey(ORIGIN, l.log)], witnesses: [], replaces: name(l.entries[1]) });
const of = (code) => ({ authority: "kemendagri", edition: "1", code, name: "x" });

test("a key not registered by an authorised party is refused", async () => {
  const cases = [
    ["its own statement", (l) => (l.admit(key(66), LAB, LAB, key(66)), l.event(key(66), LAB, inspect)), /nobody registered/],
    ["no statement", (l) => l.event(key(66), LAB, inspect), /nobody registered/],
    ["another party's key", (l) => l.event(key(2), LAB, inspect), /another party/],
    ["a key moved to another party", (l) => l.admit(l.authority, AUTHORITY, LAB, key(2)), /registers a key/],
    ["a key registered by another party", (l) => l.admit(key(2), MAKER, LAB, key(66), "event"), /another party/],
    ["a second first key by the enroller", (l) => l.admit(l.authority, AUTHORITY, LAB, key(66)), /another party/],
    ["a key nobody holds", (l) => l.admit(key(3), LAB, LAB, key(66), "event", key(67)), /proved to hold/],
    ["a third authority key", (l) => (l.admit(l.authority, AUTHORITY, AUTHORITY, key(66)), l.admit(l.authority, AUTHORITY, AUTHORITY, key(67))), /not the successor/],
    ["a producer who enrols", (l) => l.state(key(2), MAKER, l.party("urn:jejak:party:friend", ["inspector"])), /enrols/],
    ["a producer who accredits", (l) => l.state(key(2), MAKER, l.accreditation), /only the authority/],
    ["log keys by a producer", (l) => l.state(key(2), MAKER, { type: "LogKeys", origin: ORIGIN, log: [vkey(ORIGIN, key(66))] }), /only the authority/],
    ["a clock by a party that is not an operator", (l) => l.state(key(2), MAKER, { type: "Clock", time: 1 }), /something else/],
    ["a product outside the prefix", (l) => l.state(key(2), MAKER, product("09521321001084")), /prefix/],
    ["a product that another registered", (l) => l.state(l.authority, AUTHORITY, { ...product("09521321001077"), name: { en: "Gold" } }), /replaces/],
    ["a product of another kind", (l) => l.state(l.authority, AUTHORITY, { ...product("09521321001077", "oil"), replaces: name(l.entries.at(-4)) }), /changes a product/],
    ["the log's key as a signer's", (l) => l.admit(key(3), LAB, LAB, key(200), "event"), /key of the log/],
    ["a signer's key as the log's", (l) => l.state(l.authority, AUTHORITY, { ...logKeys(l), log: [vkey(ORIGIN, key(2))] }), /signer's key/],
    ["the log as its own witness", (l) => l.state(l.authority, AUTHORITY, { ...logKeys(l), witnesses: [vkey("w", l.log, 4)] }), /own witness/],
    ["the authority's last key ended", (l) => (l.admit(l.successor, AUTHORITY, AUTHORITY, l.successor), l.state(l.successor, AUTHORITY, { type: "KeyRevocation", key: l.successor.id, reason: "x" })), /last key/],
    ["an unknown kind", (l) => l.state(key(2), MAKER, { type: "constructor" }), /unknown kind/],
    ["a number twice", (l) => l.event(key(2), MAKER, harvest, { seq: 1 }), /number of this key/],
    ["an inspection by a party that is not an inspector", (l) => l.event(key(2), MAKER, inspect), /not an inspector/],
  ];
  for (const [what, act, why] of cases) {
    const l = world();
    act(l);
    await broken(look(l), "keys", why).catch((error) => assert.fail(`${what}: ${error.message}`));
  }
});

test("a withdrawn authorisation counts from then on, not before", async () => {
  const ended = (l, more = {}) => l.state(key(3), LAB, { type: "KeyRevocation", key: key(4).id, reason: "lost", ...more });
  const l = world();
  l.admit(key(3), LAB, LAB, key(4), "event");
  l.event(key(4), LAB, inspect);
  ended(l);
  await look(l, "verified");
  l.event(key(4), LAB, inspect);
  await broken(look(l, "verified"), "keys", /ended before/);

  const suspended = world();
  suspended.state(suspended.authority, AUTHORITY, { type: "PartyStatus", party: LAB, status: "suspended" });
  await look(suspended);
  suspended.event(key(3), LAB, inspect);
  await broken(look(suspended), "keys", /suspended/);

  const compromised = world();
  compromised.admit(key(3), LAB, LAB, key(4), "event");
  const change = marking(compromised.event(key(4), LAB, inspect));
  ended(compromised, { reason: "compromised", compromisedSince: 0 });
  for (const state of ["verified", "findings"]) await broken(look(compromised, state, { change }), "state", /no-verdict/);
  await look(compromised, "no-verdict", { change });
  // a test of another inspector passes the lot; the record signed with the stolen key stays a finding
  compromised.event(key(3), LAB, inspect);
  await broken(look(compromised, "verified", { change }), "state", /findings/);
  await look(compromised, "findings", { change });

  const event = world();
  event.admit(key(3), LAB, LAB, key(4), "event");
  event.admit(key(4), LAB, LAB, key(5), "event");
  await broken(look(event), "keys", /something else/);
});

test("parties enrolled by a stolen key are marked", async () => {
  const l = world();
  l.admit(key(3), LAB, LAB, key(4)); // stolen; it enrols a key, which enrols another
  l.admit(key(4), LAB, LAB, key(5));
  l.admit(key(5), LAB, LAB, key(6), "event");
  const change = marking(l.event(key(6), LAB, inspect));
  await look(l, "verified");
  l.state(key(3), LAB, { type: "KeyRevocation", key: key(4).id, reason: "compromised", compromisedSince: 0 });
  await broken(look(l, "verified", { change }), "state", /no-verdict/);
  // what it enrols later is marked from the start
  const later = world();
  later.admit(key(3), LAB, LAB, key(4));
  later.state(later.authority, AUTHORITY, { type: "KeyRevocation", key: key(3).id, reason: "compromised", compromisedSince: 0 });
  later.admit(key(4), LAB, LAB, key(5), "event");
  const from = marking(later.event(key(5), LAB, inspect));
  await broken(look(later, "verified", { change: from }), "state", /no-verdict/);
  // a party enrolled with a stolen key of the authority
  const whole = world();
  whole.admit(whole.authority, AUTHORITY, AUTHORITY, key(10));
  const party = "urn:jejak:party:lab-2";
  whole.state(key(10), AUTHORITY, whole.party(party, ["inspector"]));
  whole.admit(key(10), AUTHORITY, party, key(11));
  whole.state(whole.authority, AUTHORITY, { ...whole.accreditation, party });
  const all = marking(whole.event(key(11), party, inspect));
  await look(whole, "verified");
  whole.state(whole.authority, AUTHORITY, { type: "KeyRevocation", key: key(10).id, reason: "stolen", compromisedSince: 0 });
  await broken(look(whole, "verified", { change: all }), "state", /no-verdict/);
});

test("a former region has no authority left", async () => {
  const l = world();
  l.enrol(REGION, ["region"], key(7), { region: of("74.12") });
  const enrolled = name(l.entries.at(-2));
  const village = "urn:jejak:party:village";
  l.state(key(7), REGION, l.party(village, ["producer"], { region: of("74.12.05") }));
  l.state(l.authority, AUTHORITY, l.party(REGION, ["buyer"], { replaces: enrolled }));
  l.admit(key(7), REGION, village, key(8));
  await broken(look(l), "keys", /another party/);
});

test("a region enrols only producers of its area", async () => {
  const start = () => {
    const l = world();
    l.enrol(REGION, ["region"], key(7), { region: of("74.12") });
    return l;
  };
  const village = (l, more, roles = ["producer"]) => l.state(key(7), REGION, l.party("urn:jejak:party:village", roles, more));
  const good = start();
  village(good, { region: of("74.12.05") });
  good.admit(key(7), REGION, "urn:jejak:party:village", key(8));
  await look(good);
  for (const [more, roles] of [[{ region: of("74.1") }], [{ region: of("74.121") }], [{}], [{ region: of("74.12"), prefixes: ["952"] }], [{ region: of("74.12") }, ["inspector"]]]) {
    const l = start();
    village(l, more, roles);
    await broken(look(l), "keys", /enrols/);
  }
});

test("a region enrols only under a GLN of a prefix that is vouched for it", async () => {
  const uri = "https://id.gs1.org/417/8991234000015";
  const start = (more) => {
    const l = world();
    l.enrol(REGION, ["region"], key(7), { region: of("74.12"), ...more });
    return l;
  };
  const village = (l, party, more = {}) => l.state(key(7), REGION, l.party(party, ["producer"], { region: of("74.12.05"), ...more }));
  for (const more of [{ prefixes: ["8991234"] }, { enrols: ["8991"] }]) {
    const l = start(more);
    village(l, uri);
    await look(l);
  }
  for (const [party, more] of [[uri, {}], ["urn:jejak:party:borrower", { gln: "8991234000015" }]]) {
    const l = start({ enrols: ["8992"] });
    village(l, party, more);
    await broken(look(l), "keys", /outside its prefixes/);
  }
  const granted = start();
  village(granted, "urn:jejak:party:village", { enrols: ["8991"] });
  await broken(look(granted), "keys", /may not/);
});

test("the clock is set back by the authority alone", async () => {
  const wrong = (l) => {
    l.enrol("urn:jejak:party:node", ["operator"], key(7));
    l.admit(key(7), "urn:jejak:party:node", "urn:jejak:party:node", key(8), "operator");
    l.state(key(8), "urn:jejak:party:node", { type: "Clock", time: 9000 });
    return l;
  };
  const reset = { type: "ClockReset", time: 100 };
  const back = wrong(world());
  back.state(key(8), "urn:jejak:party:node", { type: "Clock", time: 200 });
  await broken(look(back), "keys", /goes back/);
  const l = wrong(world());
  l.state(l.authority, AUTHORITY, { type: "ClockPermit", until: 1 });
  l.state(l.authority, AUTHORITY, reset);
  l.state(key(8), "urn:jejak:party:node", { type: "Clock", time: 200 });
  await look(l);
  const other = wrong(world());
  other.state(key(2), MAKER, reset);
  await broken(look(other), "keys", /only the authority/);
});

test("the authority rotates to the key it committed to, once", async () => {
  const l = world();
  l.admit(l.successor, AUTHORITY, AUTHORITY, l.successor);
  await look(l);
  l.state(l.successor, AUTHORITY, l.party("urn:jejak:party:new", ["buyer"]));
  await look(l);
  l.state(l.authority, AUTHORITY, l.party("urn:jejak:party:old", ["buyer"]));
  await broken(look(l), "keys", /ended before/);
});

test("another ledger's records, log keys and witnesses are refused", async () => {
  const l = world();
  l.event(key(2), MAKER, harvest, { aud: "urn:jejak:ledger:other" });
  await broken(look(l), "keys", /another ledger/);
  const other = world();
  other.state(other.authority, AUTHORITY, { type: "LogKeys", origin: ORIGIN, log: [vkey(ORIGIN, key(202))], replaces: name(other.entries[1]) });
  await broken(look(other), "keys", /did not bind/);
  const forged = world();
  const made = forged.bundle(LOT);
  const cut = made.checkpoint.trimEnd().lastIndexOf(" ") + 1;
  const blob = Buffer.from(made.checkpoint.slice(cut), "base64");
  blob[40] ^= 1;
  made.checkpoint = `${made.checkpoint.slice(0, cut)}${blob.toString("base64")}\n`;
  await broken(verify(made, pageOf(forged, "not-inspected")), "witnesses");
});

test("a record missing from the proof is detected where others depend on it", async () => {
  const l = world();
  await broken(look(l, "not-inspected", { omit: (index) => index === 3 }), "keys");
  await broken(look(l, "not-inspected", { omit: (index) => index === 0 }), "bundle");
});

test("a clock that is missing shows where an event is dated after it", async () => {
  const l = world();
  l.state(l.authority, AUTHORITY, { type: "ClockReset", time: 1_700_000_000 });
  const last = l.entries.length;
  l.state(l.authority, AUTHORITY, { type: "ClockReset", time: 1_793_836_800 });
  l.event(key(2), MAKER, { ...harvest, bizStep: "storing" });
  await look(l);
  await broken(look(l, "not-inspected", { omit: (index) => index === last }), "bundle", /clock before record \d+ is missing/);
});

test("every head that a signer had seen is one of this log", async () => {
  const l = world();
  const head = l.head();
  l.state(l.authority, AUTHORITY, { type: "ClockReset", time: 1_793_836_800 });
  l.event(key(3), LAB, inspect, { seen: head });
  const good = await look(l);
  assert.deepEqual(good.seen, { keys: 1, parties: 1, size: head.size });
  // dated by the ledger's clock, not by that of a signer's device
  assert.equal(good.clock, "5\u00a0Nov\u00a02026, 00:00\u00a0UTC");
  l.event(key(2), MAKER, { ...harvest, bizStep: "storing" }, { seen: l.head() });
  assert.equal((await look(l)).seen.keys, 2);
  assert.equal((await look(l)).seen.parties, 2);
  for (const seen of [
    { ...head, root: sha256(head.root) },
    { ...head, size: head.size - 1 },
  ]) {
    const other = world();
    other.event(key(3), LAB, inspect, { seen });
    await broken(look(other), "seen", /another history/);
  }
  // a head that its record lies in, and one of more than there is
  for (const size of [head.size + 1, 99]) {
    const other = world();
    other.event(key(3), LAB, inspect, { seen: { ...other.head(), size } });
    await broken(look(other), "seen", /another history/);
  }
});
