// Sending and proving on a simulated node that fails in each way: nothing signed is lost, nothing counts twice, and the person can be told
// (numbers: hazards of the design).
import assert from "node:assert/strict";
import test from "node:test";

import { same } from "../../web/static/bytes.js";
import { decode } from "../../web/static/cose.js";
import * as outbox from "../../web/static/app/outbox.js";
import * as sync from "../../web/static/app/sync.js";
import * as statements from "../../web/static/app/statements.js";
import { cached, keyState, profile } from "../../web/static/app/cache.js";
import { join } from "../../web/static/app/identity.js";
import { importSeed } from "../../web/static/app/key.js";
import { all } from "../../web/static/app/store.js";
import { base32 } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { openingBytes, payment } from "../../web/static/app/forms/commit.js";
import { folderOf, shipmentsOf, sumsOf } from "../../web/static/app/shipments.js";
import { FARM, Node, Phone, fault, harvest, offline, posting, respond } from "./app-node.mjs";

const begin = async (options) => {
  const node = new Node();
  return { node, phone: await new Phone(node).start(options) };
};
const signed = async (draft, options) => outbox.signDraft(await outbox.saveDraft(draft), options);
const state = async (key) => (await outbox.record(key)).state;
const refusing = (rule, more = {}) => [more.status ?? 422, { type: "urn:jejak:problem:rejected", status: 422, detail: rule, rule, retryable: false, ...more }];

test("a record names the newest head that was verified", async () => {
  const { node } = await begin();
  const first = await signed(harvest("A-1"));
  assert.equal(decode((await outbox.record(first.key)).bytes).seen, undefined);
  await sync.sync();
  const second = decode((await outbox.record((await signed(harvest("A-2"))).key)).bytes);
  assert.equal(second.seen.size, 3);
  assert.ok(same(second.seen.root, Buffer.from(node.note().split("\n")[2], "base64")));
});

test("3: time-out thrice after the node stored it: counted once", async () => {
  const { node, phone } = await begin();
  const one = await signed(harvest());
  fault(node, posting, (_, answer) => (answer(), offline()), 3);
  for (let i = 0; i < 3; i++) {
    assert.equal((await sync.sync({ force: true })).state, "offline");
    assert.equal(await state(one.key), "queued");
    await assert.rejects(outbox.abandon(one.key), { code: "maybe-in" });
    phone.time += 3_600_000;
  }
  assert.equal((await sync.sync()).accepted, 1);
  assert.equal(await state(one.key), "verified");
  assert.equal(node.has(one.id), 1);
});

test("a node that never answers is given up after the time limit", async () => {
  const { node } = await begin();
  const one = await signed(harvest());
  fault(node, posting, () => new Promise(() => {}));
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (fn, ms, ...more) => real(fn, ms > 10_000 ? 20 : ms, ...more);
  try {
    assert.equal((await sync.sync()).state, "offline");
  } finally {
    globalThis.setTimeout = real;
  }
  assert.equal(await state(one.key), "queued");
});

test("4: the node fails for a day: the same bytes again with growing pauses, Retry-After is kept", async () => {
  const { node, phone } = await begin();
  const one = await signed(harvest());
  const failing = () => respond(500, { type: "urn:jejak:problem:internal", status: 500, detail: "x", retryable: false });
  fault(node, posting, failing, 8);
  const began = phone.time;
  let asked = 0;
  while (node.faults.length > 0) {
    const { state: how, retryAt } = await sync.sync();
    asked++;
    assert.equal(how, "busy");
    assert.ok(retryAt > phone.time);
    phone.time = retryAt + 1;
  }
  assert.ok(asked === 8 && phone.time - began > 8 * 60_000, "pauses grow");
  fault(node, posting, () => respond(503, { type: "urn:jejak:problem:busy", status: 503, detail: "x", retryable: true }, { "retry-after": "1200" }));
  const { retryAt } = await sync.sync();
  assert.ok(retryAt - phone.time > 1_190_000 && retryAt - phone.time <= 1_200_000);
  const before = node.requests.length;
  assert.equal((await sync.sync({ force: true })).state, "busy");
  assert.equal(node.requests.length, before, "the node's wish counts also when somebody presses the button");
  phone.time = retryAt + 1;
  await sync.sync();
  assert.equal(await state(one.key), "verified");
  assert.equal(node.has(one.id), 1);
  assert.equal(new Set(node.posts().map(({ body }) => Buffer.from(body).toString("hex"))).size, 1);
});

test("one record that the node fails on does not stop the others", async () => {
  const { node } = await begin();
  const [one, two] = [await signed(harvest("A-1")), await signed(harvest("B-1"))];
  fault(node, posting, () => respond(500, { type: "urn:jejak:problem:internal", status: 500, detail: "x", retryable: false }));
  assert.equal((await sync.sync()).state, "busy");
  assert.deepEqual([await state(one.key), await state(two.key)], ["queued", "verified"]);
});

test("what a hotspot answers is no answer of a node", async () => {
  const { node } = await begin();
  const one = await signed(harvest());
  for (const page of [() => respond(200, "<html>Log in</html>"), () => respond(403, "no"), () => respond(201, { id: "another", index: 1 }), () => respond(200, { ok: true })]) {
    fault(node, posting, page);
    assert.equal((await sync.sync({ force: true })).state, "busy");
    assert.equal(await state(one.key), "queued");
  }
  fault(node, ({ address }) => address === "/.well-known/jejak", () => respond(200, "<html>"));
  assert.equal((await sync.sync({ force: true })).state, "busy");
  assert.equal(await sync.alarmOf(), null);
  await sync.sync({ force: true });
  assert.equal(await state(one.key), "verified");
});

for (const [what, lie] of [
  ["path", (entry) => (entry.receipt.path[0] = Buffer.alloc(32, 1).toString("base64"))],
  ["index", (entry) => (entry.receipt.index = entry.index = 1)],
  ["signature", (entry) => (entry.receipt.checkpoint = entry.receipt.checkpoint.replace(/.{8}\n$/, "AAAAAAA=\n"))],
  ["record", (entry) => (entry.record = Buffer.from("another").toString("base64"))],
]) {
  test(`7: a receipt with a false ${what}: the record stays, alarm, nothing more to that node`, async () => {
    const { node } = await begin();
    const one = await signed(harvest());
    fault(node, ({ method, address }) => method === "GET" && address.startsWith("/entries/"), async (_, answer) => {
      const entry = await answer().json();
      lie(entry);
      return respond(200, entry);
    });
    const summary = await sync.sync();
    assert.equal(summary.state, "alarm");
    assert.equal((await sync.alarmOf()).kind, "receipt");
    const [row] = await outbox.list();
    assert.deepEqual([row.state, row.notice], ["queued", "not-proven"]);
    const before = node.requests.length;
    await sync.sync({ force: true });
    assert.equal(node.requests.length, before);
    await sync.clearAlarm();
    await sync.sync();
    assert.deepEqual([await state(one.key), node.has(one.id)], ["verified", 1]);
  });
}

test("8: another ledger or log key behind the same name: nothing is sent", async () => {
  for (const [other, kind] of [[new Node({ name: "b" }), "other-ledger"], [new Node({ seed: 77 }), "other-log-key"]]) {
    const { phone } = await begin();
    const one = await signed(harvest());
    other.enrol(phone.key);
    phone.node = other;
    assert.equal((await sync.sync()).alarm.kind, kind);
    assert.equal(other.posts().length, 0);
    assert.equal(await state(one.key), "signed");
    const text = await (await outbox.exportFile()).text();
    assert.equal(text.split("\n").length, 3);
  }
});

test("a node without a checkpoint gets nothing", async () => {
  const { node } = await begin();
  const one = await signed(harvest());
  fault(node, ({ address }) => address === "/checkpoint", () => respond(404, { type: "urn:jejak:problem:not-found", status: 404 }));
  assert.equal((await sync.sync()).state, "busy");
  assert.deepEqual([node.posts().length, await state(one.key)], [0, "signed"]);
});

test("8: a log key that signs no checkpoint is an alarm too", async () => {
  const { node } = await begin();
  await signed(harvest());
  const real = new Node({ seed: 77 });
  real.entries = node.entries;
  fault(node, ({ address }) => address === "/checkpoint", () => respond(200, real.note()));
  assert.equal((await sync.sync()).alarm.kind, "other-log-key");
});

test("a second history of the log is an alarm, with both checkpoints", async () => {
  const { node } = await begin();
  await sync.sync();
  node.entries = [Buffer.from("x"), Buffer.from("y"), Buffer.from("z")];
  await signed(harvest());
  const { alarm } = await sync.sync();
  assert.equal(alarm.kind, "history");
  assert.ok(alarm.evidence.seen !== alarm.evidence.shown && alarm.evidence.seen.includes("\n2\n"));
  assert.equal(node.posts().length, 0);
  await sync.acceptHistory();
  assert.equal((await sync.sync()).state, "done");
});

test("9: a node restored from an old backup: verified records are sent again, and the person is told", async () => {
  const { node, phone } = await begin();
  const one = await signed(harvest("A-1"));
  await sync.sync();
  const backup = node.copy();
  const two = await signed(harvest("B-1"));
  await sync.sync();
  assert.equal(await state(two.key), "verified");
  node.restore(backup);
  phone.time += 3_600_000;
  const summary = await sync.sync();
  assert.equal(summary.wentBack, true);
  const rows = await outbox.list();
  assert.deepEqual(rows.map((row) => [row.state, row.notice]), [["verified", null], ["verified", "node-went-back"]]);
  assert.deepEqual([node.has(one.id), node.has(two.id)], [1, 1]);
});

test("9: an old backup that has grown since is seen by what is missing, and by the split", async () => {
  const { node, phone } = await begin();
  const backup = node.copy();
  const one = await signed(harvest("A-1"));
  await sync.sync();
  node.restore(backup);
  node.entries.push(Buffer.from("x"), Buffer.from("y"), Buffer.from("z"));
  phone.time += 3_600_000;
  assert.equal((await sync.sync()).alarm.kind, "history");
  await sync.acceptHistory();
  phone.time += 25 * 3_600_000;
  const summary = await sync.sync();
  assert.equal(summary.wentBack, true);
  await sync.sync();
  assert.deepEqual([(await outbox.list())[0].notice, node.has(one.id)], ["node-went-back", 1]);
});

test("a shipment of which the work lists a part is fetched whole; one that is not to be had stays a part", async () => {
  const { node, phone } = await begin();
  const of = (shipment, lots, more) => ({ shipment, from: "a", to: "b", name: {}, lots: Array.from({ length: lots }, (_, n) => ({ lot: `l${n}`, amount: "1" })), containers: [], more });
  node.work = { held: [], incoming: [of("s1", 2, true), of("s2", 1, true), of("s3", 1, false)], outgoing: [] };
  node.shipments.set("s1", of("s1", 300, false));
  const listed = async () => (await cached("work")).value.incoming.map(({ lots, more }) => [lots.length, more]);
  await sync.sync();
  assert.deepEqual(await listed(), [[300, false], [1, true], [1, false]]);
  assert.equal(node.requests.filter(({ address }) => address.endsWith("/work/s3")).length, 0, "what is whole is not asked for");
  node.shipments.set("s2", of("s2", 40, false));
  phone.time += 3_600_000;
  await sync.sync();
  assert.deepEqual(await listed(), [[300, false], [40, false], [1, false]]);
});

test("the files of specifications that lots must keep to are fetched, and count only with the bytes of their hash", async () => {
  const { node } = await begin();
  const file = JSON.stringify({ id: "flour" });
  const [right, wrong] = [base32(blake3(Buffer.from(file))), "a".repeat(52)];
  node.profile = file;
  node.work = { held: [{ lot: "l", specifications: [{ record: "r", blake3: right }] }], toInspect: [{ lot: "m", specifications: [{ record: "s", blake3: wrong }] }] };
  await sync.sync();
  assert.deepEqual([await profile(right), await profile(wrong)], [{ id: "flour" }, null]);
});

test("the folders of open shipments are kept, and the sum of a payment only with the hash and the commitment of its opening", async () => {
  const { node, phone } = await begin();
  const made = (value, n) => payment(value, new Uint8Array(16).fill(n));
  const file = ({ opening }) => {
    const bytes = Buffer.from(openingBytes(opening));
    node.blobs.set(base32(blake3(bytes)), bytes);
    return base32(blake3(bytes));
  };
  const [right, other, false_] = [made("USD 5.00", 1), made("USD 6.00", 2), made("USD 7.00", 3)];
  const stage = (commitment, opening) => ({ milestone: "payment-agreed", side: "seller", party: "urn:jejak:party:buyer", record: "r", commitment, opening });
  const between = (stages, to = FARM) => ({ document: "urn:p", from: { party: "urn:jejak:party:buyer" }, to: { party: to }, stages });
  const strange = file(made("USD 9.00", 4));
  node.blobs.set(strange, Buffer.from("not those bytes"));
  const payments = [
    between([stage(right.commitment, file(right))]),
    // the opening of another sum, bytes of another hash, a payment of others
    between([stage(false_.commitment, file(other))]), between([stage(made("USD 9.00", 4).commitment, strange)]), between([stage(other.commitment, file(other))], "urn:jejak:party:x"),
  ];
  node.folders.set("open", { shipment: "open", state: "under-way", size: 2, payments, documents: [], handovers: [] });
  node.folders.set("closed", { shipment: "closed", state: "received", size: 2, payments: [], documents: [], handovers: [] });
  await sync.sync();
  const folder = (await folderOf(phone.who, "open")).value;
  assert.deepEqual([(await shipmentsOf(phone.who)).value.length, await folderOf(phone.who, "closed")], [2, null]);
  assert.deepEqual(await sumsOf(phone.who, folder), { [right.commitment]: { random: right.opening.random, value: "USD 5.00" } });
  const asked = node.requests.filter(({ address }) => address.startsWith("/evidence/"));
  assert.ok(asked.length === 3 && asked.every(({ headers }) => headers["signature-input"]), "each by a signed request, and none of others");
  // it is not asked for again, and stays without a signal
  await sync.sync({ force: true });
  assert.equal(node.requests.filter(({ address }) => address === `/evidence/${file(right)}`).length, 1);
  node.folders.clear();
  await sync.sync({ force: true });
  assert.ok((await folderOf(phone.who, "open")).value.payments.length > 0);
});

test("bytes are kept 30 days after the proof, and then while the node does not have them", async () => {
  const { phone } = await begin();
  const one = await signed(harvest());
  await sync.sync();
  phone.time += 29 * 24 * 3_600_000;
  await sync.sync();
  assert.ok((await outbox.record(one.key)).bytes);
  phone.time += 3 * 24 * 3_600_000;
  await sync.sync();
  const { bytes, source } = await outbox.record(one.key);
  assert.deepEqual([bytes, source.act], [null, "harvest"], "what a correction replaces stays");
  assert.equal(await state(one.key), "verified");
});

test("a refusal that may end is tried again by itself, later and later", async () => {
  const { node, phone } = await begin();
  const one = await signed(harvest());
  node.judge = () => refusing("profile-missing", { status: 424, retryable: true });
  await sync.sync();
  const posts = () => node.posts().length;
  assert.deepEqual([await state(one.key), posts()], ["waiting", 1]);
  await sync.sync();
  assert.equal(posts(), 1, "not at once");
  phone.time += 61_000;
  await sync.sync();
  phone.time += 61_000;
  await sync.sync();
  assert.equal(posts(), 2);
  phone.time += 61_000;
  await sync.sync();
  assert.equal(posts(), 3);
  node.judge = () => null;
  await sync.sync({ force: true });
  assert.equal(await state(one.key), "verified");
});

test("a refusal that concerns all stops the queue, is said once, and loses nothing", async () => {
  const { node, phone } = await begin({ enrolled: false });
  const [one, two] = [await signed(harvest("A-1")), await signed(harvest("B-1"))];
  const summary = await sync.sync();
  assert.deepEqual([summary.state, summary.stop.rule, node.posts().length], ["stopped", "key-unknown", 1]);
  assert.deepEqual(await keyState(), { ...(await keyState()), enrolled: false });
  assert.deepEqual([await state(one.key), await state(two.key)], ["queued", "queued"]);
  node.enrol(phone.key);
  await sync.sync();
  assert.deepEqual([await state(one.key), await state(two.key)], ["verified", "verified"]);
  assert.equal((await keyState()).enrolled, true);
});

test("a record that was signed elsewhere with this phone's key is noticed; a demo's key is everybody's", async () => {
  const { node, phone } = await begin();
  await signed(harvest("A-1"));
  await sync.sync();
  assert.equal(await sync.signedElsewhere(), null);
  node.keys.get(phone.key).seq = 7;
  await sync.sync();
  assert.equal((await sync.signedElsewhere()).seq, 7);
  // the phone goes on counting after it, and the notice stays
  assert.equal((await signed(harvest("A-2"))).seq, 8);
  await sync.sync();
  assert.equal((await sync.signedElsewhere()).seq, 7);
  const demo = (await importSeed("0d".repeat(32))).public;
  node.enrol(demo);
  node.keys.get(demo).seq = 3;
  await join({ ...phone.who, key: demo, demo: true });
  await sync.sync();
  assert.equal(await sync.signedElsewhere(), null);
});

test("photos follow their record, by a signed request, and can go then", async () => {
  const { node, phone } = await begin();
  const photo = Uint8Array.from([0xff, 0xd8, 0xff, ...Array(100).fill(7)]);
  const element = await outbox.addBlob(photo, { title: "Foto", documentType: "photo" });
  assert.deepEqual([element.mediaType, element.bytes], ["image/jpeg", 103]);
  const one = await signed(harvest("A-1", "12", { evidence: [element] }));
  assert.equal((await outbox.list())[0].photos, 1);
  fault(node, ({ method }) => method === "PUT", () => respond(503, { type: "urn:jejak:problem:busy", status: 503, retryable: true }));
  assert.equal((await sync.sync()).state, "busy");
  assert.equal(await state(one.key), "verified");
  phone.time += 3_600_000;
  // the phone's clock is wrong: signed again with the node's time
  fault(node, ({ method }) => method === "PUT", () => respond(403, { type: "urn:jejak:problem:signature-time", status: 403, retryable: false, serverTime: 1_790_003_000 }));
  await sync.sync();
  assert.deepEqual([...node.blobs.keys()], [element.blake3]);
  const puts = node.requests.filter(({ method }) => method === "PUT");
  assert.match(puts.at(-1).headers["signature-input"], /created=1790003000;expires=1790003120/);
  assert.equal((await outbox.list())[0].photos, 0);
  assert.equal(await outbox.dropSentBlobs(), 103);
});

test("a photo that no record and no draft names is removed after a day", async () => {
  const { phone } = await begin();
  const photo = (byte) => outbox.addBlob(Uint8Array.from([0xff, 0xd8, 0xff, byte]), { title: "Foto" });
  const [left, drafted, signedOne] = [await photo(1), await photo(2), await photo(3)];
  await outbox.saveDraft({ ...harvest("B-1"), form: { act: "harvest", answers: { papers: [drafted] } } });
  await signed(harvest("A-1", "12", { evidence: [signedOne] }));
  assert.equal(await outbox.dropUnused(), 0, "the form may be open still");
  phone.time += 25 * 3_600_000;
  // taken again now, for another form
  const again = await photo(4);
  assert.equal(await outbox.dropUnused(), 4);
  const hashes = (await all("blobs")).map((blob) => blob.hash).sort();
  assert.deepEqual(hashes, [drafted, signedOne, again].map((one) => one.blake3).sort());
  assert.ok(!hashes.includes(left.blake3));
});

test("profiles are kept only with the bytes of their hash", async () => {
  const { node } = await begin();
  node.profile = '{"id":"crab","version":"1"}';
  const hash = base32(blake3(Buffer.from(node.profile)));
  const wrong = base32(blake3(Buffer.from("x")));
  node.kit = { products: [], profiles: [{ id: "crab", blake3: hash, url: "https://other.example/profiles/crab" }, { id: "y", blake3: wrong, url: "/profiles/y" }] };
  await sync.sync();
  assert.deepEqual(await profile(hash), JSON.parse(node.profile));
  assert.equal(await profile(wrong), null);
  assert.equal((await cached("kit")).clock, 1_790_000_000);
});

test("two pages at once: one sends, and each record once", async () => {
  const { node } = await begin();
  await Promise.all(Array.from({ length: 5 }, (_, i) => outbox.saveDraft(harvest(`T-${i}`)).then((id) => outbox.signDraft(id))));
  const seqs = (await outbox.list()).map((row) => row.seq).sort();
  assert.deepEqual(seqs, [1, 2, 3, 4, 5]);
  const both = await Promise.all([sync.sync(), sync.sync()]);
  assert.deepEqual(both.map((one) => one.state).sort(), ["done", "locked"]);
  assert.equal(node.posts().length, 5);
});

test("a key is sent after the enrolment of its party; an unknown party that a statement names stops nothing", async () => {
  const { node } = await begin();
  const coop = "urn:jejak:party:coop";
  const known = new Set();
  node.judge = (json) => {
    if (json.type === "Party") return (known.add(json.party), null);
    if (json.type === "Key" && !known.has(json.party)) {
      return refusing("party-unknown", { status: 424, retryable: true, args: [["party", json.party]] });
    }
    return null;
  };
  const key = { party: coop, key: base32(new Uint8Array(32)), purpose: "admin", possession: "0".repeat(128) };
  const strange = await signed({ statement: statements.key({ ...key, party: "urn:jejak:party:other" }) });
  const enrolment = await signed({ statement: statements.party({ party: coop, name: { en: "Coop" }, roles: ["producer"], country: "ID" }) });
  const admitted = await signed({ statement: statements.key(key) });
  fault(node, ({ body, method }) => method === "POST" && Buffer.from(body).includes('"type":"Party"'), () => respond(500, { type: "urn:jejak:problem:internal", status: 500 }));
  await sync.sync();
  assert.deepEqual([await state(strange.key), await state(enrolment.key), await state(admitted.key)], ["waiting", "queued", "queued"]);
  const summary = await sync.sync({ force: true });
  assert.equal(summary.stop, null);
  assert.deepEqual([await state(strange.key), await state(enrolment.key), await state(admitted.key)], ["waiting", "verified", "verified"]);
  assert.ok(summary.retryAt > 0, "what waits is tried again");
  assert.deepEqual((await outbox.list()).map((row) => row.type), ["Key", "Party", "Key"]);
});
