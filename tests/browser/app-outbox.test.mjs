// The outbox of the app: signing and storing when the phone fails, giving up, mending, files, order (numbers: hazards of the design). How
// it is sent is app-sync.test.mjs.
import assert from "node:assert/strict";
import test from "node:test";

import FDBDatabase from "fake-indexeddb/lib/FDBDatabase";

import * as outbox from "../../web/static/app/outbox.js";
import * as store from "../../web/static/app/store.js";
import * as sync from "../../web/static/app/sync.js";
import { cached } from "../../web/static/app/cache.js";
import { importSeed, openKey, keys } from "../../web/static/app/key.js";
import { join, visit } from "../../web/static/app/identity.js";
import { fileOf } from "../../web/static/app/outboxfile.js";
import { base32 } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { FARM, GTIN, Node, Phone, fault, harvest, offline, posting, ship } from "./app-node.mjs";

const begin = async (options) => {
  const node = new Node();
  return { node, phone: await new Phone(node).start(options) };
};
const signed = async (draft, options) => outbox.signDraft(await outbox.saveDraft(draft), options);
const state = async (key) => (await outbox.record(key)).state;
const payload = async (key) => JSON.parse((await outbox.record(key)).payload);
const refusing = (rule, more = {}) => [more.status ?? 422, { type: "urn:jejak:problem:rejected", status: 422, detail: rule, rule, retryable: false, ...more }];

// Makes the nth write transaction on records from now on fail with this error.
function dies(nth, name = "UnknownError") {
  let count = 0;
  const { prototype } = FDBDatabase;
  const before = prototype.transaction;
  prototype.transaction = function (stores, mode, options) {
    const tx = before.call(this, stores, mode, options);
    if (mode === "readwrite" && [stores].flat().includes("records") && ++count === nth) {
      const objectStore = tx.objectStore.bind(tx);
      tx.objectStore = (store) => {
        const found = objectStore(store);
        found.put = () => {
          throw new DOMException("dead", name);
        };
        return found;
      };
    }
    return tx;
  };
  return () => (prototype.transaction = before);
}

test("a signed record is sent, accepted and verified, and its bytes stay", async () => {
  const { node } = await begin();
  const one = await signed(harvest());
  assert.equal(one.seq, 1);
  assert.deepEqual((await outbox.drafts()).length, 0);
  assert.equal(await state(one.key), "signed");
  const summary = await sync.sync();
  assert.deepEqual([summary.state, summary.accepted, summary.verified, summary.left], ["done", 1, 1, 0]);
  const [row] = await outbox.list();
  assert.deepEqual([row.state, row.index, row.size], ["verified", 2, 3]);
  assert.equal(node.has(one.id), 1);
  assert.ok((await outbox.record(one.id)).bytes.length > 0);
  // the request was signed by the same key
  assert.match(node.posts()[0].headers["signature-input"], new RegExp(`keyid="${(await keys())[0].public}"`));
});

test("1: battery dead after the number: number and draft stay, and are signed later", async () => {
  await begin();
  const real = globalThis.crypto.subtle.sign;
  const id = await outbox.saveDraft(harvest());
  crypto.subtle.sign = () => Promise.reject(new Error("dead"));
  try {
    await assert.rejects(outbox.signDraft(id));
  } finally {
    delete crypto.subtle.sign;
    assert.equal(crypto.subtle.sign, real);
  }
  const [row] = await outbox.list();
  assert.deepEqual([row.state, row.seq, row.id, row.draftId], ["draft", 1, null, id]);
  assert.equal((await outbox.drafts()).length, 1);
  await assert.rejects(outbox.removeDraft(id), { code: "has-a-number" });
  const text = row.payload;
  const other = await signed(harvest("B-1"));
  assert.equal(other.seq, 2);
  const done = await outbox.signDraft(id);
  assert.equal(done.seq, 1);
  assert.equal((await outbox.record(done.key)).payload, text);
  assert.deepEqual(await outbox.signDraft(id), done);
});

test("2 and 14: battery dead between signature and storing: the same bytes again, and never two for one number", async () => {
  const { node } = await begin();
  const id = await outbox.saveDraft(harvest());
  // the phone dies while the bytes are stored
  const undo = dies(2);
  await assert.rejects(outbox.signDraft(id));
  undo();
  assert.equal((await outbox.list())[0].state, "draft");
  assert.equal((await sync.sync()).accepted, 0);
  const both = await Promise.all([outbox.signDraft(id), outbox.signDraft(id)]);
  assert.deepEqual(both[0], both[1]);
  assert.equal((await outbox.list()).length, 1);
  await sync.sync();
  assert.equal(node.has(both[0].id), 1);
  assert.equal(node.entries.length, 3);
});

test("5: a parent that was refused: what builds on it waits, the rest goes; the mended one names the number that is given up", async () => {
  const { node } = await begin();
  node.judge = (json) => {
    if (json.bizStep === "commissioning" && json.quantityList[0].quantity > 100) return refusing("harvest-implausible");
    if (json.bizStep === "shipping" && !node.entries.some((bytes) => bytes.includes("commissioning"))) return refusing("lot-unknown", { status: 424, retryable: true });
    return null;
  };
  const bad = await signed(harvest("A-1", "310"));
  const next = await signed(ship("A-1", "12"));
  const free = await signed({ act: "observe", input: { lots: [{ lot: `${GTIN}Z-1` }], place: "https://id.gs1.org/414/9521321000010" } });
  assert.deepEqual((await payload(next.key))["jejak:after"], [`urn:jejak:record:${bad.id}`]);
  await sync.sync();
  assert.deepEqual([await state(bad.key), await state(next.key), await state(free.key)], ["refused", "queued", "verified"]);
  assert.equal((await outbox.list()).find((row) => row.key === next.key).waitsFor, bad.seq);
  assert.equal((await outbox.list()).find((row) => row.key === bad.key).refused.rule, "harvest-implausible");
  // mend: the draft has what was signed
  const draft = await outbox.fix(bad.key);
  const kept = await outbox.draft(draft);
  assert.equal(kept.input.lots[0].amount, "310");
  kept.input.lots[0].amount = "31";
  await outbox.saveDraft(kept);
  const mended = await outbox.signDraft(draft);
  assert.equal(await state(bad.key), "abandoned");
  const json = await payload(mended.key);
  assert.deepEqual(json["jejak:givenUp"], [{ "jejak:reason": "refused", "jejak:record": `urn:jejak:record:${bad.id}`, "jejak:seq": bad.seq }]);
  assert.equal(json["jejak:after"], undefined, "it builds neither on the refused one nor on what builds on it");
  await sync.sync();
  assert.deepEqual([await state(mended.key), await state(next.key)], ["verified", "verified"]);
  assert.equal(node.has(bad.id), 0);
});

test("5: what was mended and went in meanwhile is not signed twice", async () => {
  const { node } = await begin();
  node.judge = () => refusing("profile-missing", { status: 424, retryable: true });
  const one = await signed(harvest());
  await sync.sync();
  const draft = await outbox.fix(one.key);
  node.judge = () => null;
  await sync.sync({ force: true });
  assert.equal(await state(one.key), "verified");
  await assert.rejects(outbox.signDraft(draft), { code: "maybe-in", key: one.key });
  assert.equal((await outbox.list()).length, 1);
});

test("6: given up, and the next record names it; of an inspection with its lots; the namer refused, and the one after names it", async () => {
  const { node } = await begin();
  const inspect = { act: "inspect", input: { lots: [{ lot: `${GTIN}A-1` }], results: [{ parameter: "acid-value", value: "3.1", unit: "GK" }] } };
  const one = await signed(inspect);
  await outbox.abandon(one.key, "mistake");
  await outbox.restore(one.key);
  assert.equal(await state(one.key), "signed");
  await outbox.abandon(one.key, "mistake");
  const two = await signed(harvest("B-1"));
  const expected = [
    { "jejak:act": "inspect", "jejak:lots": [`${GTIN}A-1`], "jejak:reason": "mistake", "jejak:record": `urn:jejak:record:${one.id}`, "jejak:seq": 1 },
  ];
  assert.deepEqual((await payload(two.key))["jejak:givenUp"], expected);
  await assert.rejects(outbox.restore(one.key));
  assert.equal((await payload((await signed(harvest("C-1"))).key))["jejak:givenUp"], undefined, "once");
  node.judge = (json) => (json.quantityList?.[0].epcClass.endsWith("B-1") ? refusing("not-the-maker") : null);
  await sync.sync();
  assert.equal(await state(two.key), "refused");
  await outbox.abandon(two.key, "refused");
  const four = await signed(harvest("D-1"));
  const named = (await payload(four.key))["jejak:givenUp"].map((given) => given["jejak:seq"]);
  assert.deepEqual(named.sort(), [1, 2]);
  await sync.sync();
  assert.equal(node.has(one.id) + node.has(two.id), 0);
});

test("a number whose signature never came is given up with the id that it would have had", async () => {
  await begin();
  const id = await outbox.saveDraft(harvest());
  const undo = dies(2);
  await assert.rejects(outbox.signDraft(id));
  undo();
  const [row] = await outbox.list();
  await outbox.abandon(row.key, "mistake");
  const next = await signed(harvest("B-1"));
  assert.equal((await payload(next.key))["jejak:givenUp"][0]["jejak:record"], `urn:jejak:record:${(await outbox.record(row.key)).id}`);
  assert.equal((await outbox.drafts()).length, 0);
});

test("11: evicted: another phone hands the file in, and the old key's numbers are known", async () => {
  const { node, phone } = await begin();
  const [one, two] = [await signed(harvest("A-1")), await signed(ship("A-1"))];
  const text = await (await outbox.exportFile()).text();
  assert.match(text, /^Jejak outbox: 2 signed records/);
  assert.ok(text.trim().split("\n").slice(1).every((line) => /^[A-Za-z0-9_-]+$/.test(line)));
  await new Phone(node).start({ party: "urn:jejak:party:coop" });
  const damaged = `${text.replaceAll("\n", "\r\n")}AAAA\r\n!!\r\n`;
  assert.deepEqual(await outbox.importFile(damaged), { added: 2, known: 0, wrong: 2, elsewhere: 0 });
  assert.deepEqual(await outbox.importFile(text), { added: 0, known: 2, wrong: 0, elsewhere: 0 });
  await assert.rejects(outbox.importFile("hello"), { code: "not-a-file" });
  await sync.sync();
  assert.deepEqual([node.has(one.id), node.has(two.id)], [1, 1]);
  assert.deepEqual((await outbox.list()).map((row) => [row.state, row.notice, row.act]), [["verified", "imported", "harvest"], ["verified", "imported", "ship"]]);
  // the first phone sends them too: counted once
  await phone.on();
  await sync.sync();
  assert.deepEqual([node.has(one.id), node.has(two.id), await state(one.key)], [1, 1, "verified"]);
});

test("11: a phone without a key hands a file in, at the ledger that it visits, and proves it", async () => {
  const { node } = await begin();
  const one = await signed(harvest("A-1"));
  const text = await (await outbox.exportFile()).text();
  await new Phone(node).on();
  assert.deepEqual(await outbox.importFile(text), { added: 0, known: 0, wrong: 0, elsewhere: 1 });
  await visit({ ledger: node.id, log: node.logKey });
  assert.deepEqual(await outbox.importFile(text), { added: 1, known: 0, wrong: 0, elsewhere: 0 });
  const summary = await sync.sync();
  assert.deepEqual([summary.verified, await state(one.key), node.has(one.id)], [1, "verified", 1]);
  const before = node.requests.length;
  assert.equal((await sync.sync()).state, "nothing");
  assert.equal(node.requests.length, before, "then nothing is asked there any more");
});

test("11: a file with one flipped bit or another's signature adds nothing", async () => {
  await begin();
  const one = await signed(harvest());
  const { bytes } = await outbox.record(one.key);
  const changed = Uint8Array.from(bytes);
  changed[bytes.length - 1] ^= 1;
  assert.deepEqual(await outbox.importFile(fileOf([changed])), { added: 0, known: 0, wrong: 1, elsewhere: 0 });
});

test("the counter is the highest of phone, files and node", async () => {
  const { node, phone } = await begin();
  assert.equal((await signed(harvest("A-1"))).seq, 1);
  node.keys.get(phone.key).seq = 40;
  await sync.sync();
  assert.equal((await signed(harvest("A-2"))).seq, 41);
  await store.setSetting(`counter:${phone.key}`, 41);
  const text = await (await outbox.exportFile()).text();
  // the store is gone, the key came back (a demo key, say): the file says how far it was
  await store.change(["records", "settings"], async (tx) => {
    for (const row of await tx.all("records")) await tx.remove("records", row.key);
    await tx.remove("settings", `counter:${phone.key}`);
    await tx.remove("settings", `node-seq:${phone.key}`);
  });
  await outbox.importFile(text);
  assert.equal((await signed(harvest("A-3"))).seq, 42);
});

test("12: storage full at save: not signed, the draft stays, no number is lost", async () => {
  await begin();
  for (const nth of [1, 2]) {
    const id = await outbox.saveDraft(harvest(`Q-${nth}`));
    const undo = dies(nth, "QuotaExceededError");
    await assert.rejects(outbox.signDraft(id), { code: "storage-full" });
    undo();
    assert.ok((await outbox.drafts()).some((draft) => draft.id === id));
    assert.equal((await outbox.signDraft(id)).seq, nth);
  }
});

test("13: a clock a year off is asked about, and signs when it is confirmed", async () => {
  const { phone } = await begin();
  await sync.sync();
  for (const [off, code] of [[-365, "clock-behind"], [365, "clock-ahead"]]) {
    const real = phone.time;
    phone.time += off * 24 * 3_600_000;
    const id = await outbox.saveDraft(harvest(`Y${off}`));
    await assert.rejects(outbox.signDraft(id), { code, ledgerClock: 1_790_000_000 });
    assert.equal((await outbox.draft(id)).row, undefined);
    assert.ok((await outbox.signDraft(id, { clockConfirmed: true })).seq > 0);
    phone.time = real;
  }
});

test("17 and 18: two phones of one party on one lot: the fork is shown, and settled by a counted stock-taking that names both", async () => {
  const { node } = await begin();
  node.findings = (json) => (json.bizStep === "shipping" && node.entries.some((bytes, i) => i < node.entries.length - 1 && bytes.includes('"shipping"')) ? [{ rule: "fork", severity: "warning", sentence: "Dua catatan", lots: [{ gtin: "09521321001015", lot: "A-1" }], args: [["other", node.ids().at(-2)]] }] : []);
  const made = await signed(harvest());
  await sync.sync();
  await new Phone(node).start();
  node.work = { held: [{ lot: `${GTIN}A-1`, newest: [made.id] }] };
  const work = { after: [made.id] };
  const first = await signed(ship("A-1", "3", work));
  await sync.sync();
  await new Phone(node).start();
  const second = await signed(ship("A-1", "9", work));
  await sync.sync();
  const [row] = await outbox.list();
  assert.deepEqual([row.state, row.forks, Boolean(row.verifiedAt)], ["conflict", [{ lot: `${GTIN}A-1`, other: first.id }], true]);
  const count = { act: "observe", input: { step: "stock_taking", lots: [{ lot: `${GTIN}A-1`, amount: "3", unit: "KGM" }], place: "https://id.gs1.org/414/9521321000010", after: [first.id, second.id] } };
  // one that names this phone's alone joins nothing
  await signed({ ...count, input: { ...count.input, after: [second.id, made.id] } });
  await sync.sync();
  assert.equal(await state(second.key), "conflict");
  await signed(count);
  await sync.sync();
  assert.equal(await state(second.key), "verified");
  assert.equal((await outbox.record(second.key)).findings[0].rule, "fork", "the finding stays");
});

test("records name the newest of their lots: of this phone, unsent too, else the node's", async () => {
  const { node } = await begin();
  const far = base32(blake3(new Uint8Array([1])));
  node.work = { size: 3, held: [{ lot: `${GTIN}A-1`, newest: [far] }] };
  node.refused.add(far);
  await sync.sync();
  assert.deepEqual((await cached("work")).value, node.work);
  const one = await signed(ship("A-1", "1"));
  assert.deepEqual((await payload(one.key))["jejak:after"], [`urn:jejak:record:${far}`]);
  const two = await signed(ship("A-1", "2"));
  assert.deepEqual((await payload(two.key))["jejak:after"], [`urn:jejak:record:${one.id}`]);
  await sync.sync();
  assert.deepEqual([await state(one.key), await state(two.key)], ["verified", "verified"]);
  // the node's list has not seen them yet: this phone's newest is newer
  const three = await signed(ship("A-1", "3"));
  assert.deepEqual((await payload(three.key))["jejak:after"], [`urn:jejak:record:${two.id}`]);
});

test("a test waits for its sample, a replacement for its void", async () => {
  const { node } = await begin();
  const sample = await signed({ act: "sample", input: { lots: [{ lot: `${GTIN}A-1`, amount: "1", unit: "KGM" }], sample: "SDM-1", holder: FARM } });
  const inspect = await signed({ act: "inspect", input: { lots: [{ lot: `${GTIN}A-1` }], sample: "SDM-1", results: [{ parameter: "x", value: "1" }], after: [] } });
  node.judge = (json) => (json.bizStep === "sampling" ? refusing("busy-day", { status: 424, retryable: true }) : null);
  await sync.sync();
  assert.deepEqual([await state(sample.key), await state(inspect.key)], ["waiting", "queued"]);
  node.judge = () => null;
  await sync.sync({ force: true });
  assert.deepEqual([await state(sample.key), await state(inspect.key)], ["verified", "verified"]);
  const wrong = await outbox.record(inspect.key);
  const void1 = await outbox.saveDraft({ act: "correct", voids: wrong.id, payload: wrong.payload, reason: "incorrect_data" });
  const again = await outbox.saveDraft({ act: "inspect", input: { ...wrong.source.input, results: [{ parameter: "x", value: "2" }] }, replacesDraft: void1 });
  await assert.rejects(outbox.signDraft(again), { code: "void-first" });
  const [done, replacement] = [await outbox.signDraft(void1), await outbox.signDraft(again)];
  assert.equal((await payload(replacement.key))["jejak:voids"], `urn:jejak:record:${done.id}`);
  assert.equal((await payload(done.key)).errorDeclaration.reason, "incorrect_data");
  await sync.sync();
  assert.deepEqual([await state(done.key), await state(replacement.key)], ["verified", "verified"]);
});

test("a shared demo key whose number another phone used: refused, mended with the next number, nothing to give up", async () => {
  const node = new Node();
  const seed = "07".repeat(32);
  const start = async () => {
    const phone = await new Phone(node).on();
    phone.key = (await importSeed(seed)).public;
    if (!node.keys.has(phone.key)) node.enrol(phone.key);
    await join({ ledger: node.id, log: node.logKey, party: FARM, key: phone.key, demo: true });
    return phone;
  };
  const a = await start();
  const first = await signed(harvest("A-1"));
  const b = await start();
  assert.equal(b.key, a.key);
  await signed(harvest("B-1"));
  await sync.sync();
  await a.on();
  await sync.sync();
  assert.equal((await outbox.list())[0].refused.rule, "sequence-repeated");
  const again = await outbox.signDraft(await outbox.fix(first.key));
  assert.equal(again.seq, 2);
  assert.equal((await payload(again.key))["jejak:givenUp"], undefined);
  await sync.sync();
  assert.equal(await state(again.key), "verified");
});

test("a key of the fallback signs the same, and is said to be weak", async () => {
  await begin({ weakly: true });
  const [mine] = await keys();
  assert.equal(mine.weak, true);
  const one = await signed(harvest());
  await sync.sync();
  assert.equal(await state(one.key), "verified");
  const row = await store.get("keys", mine.public);
  assert.ok(!row.secret && row.sealed.length === 48, "only the wrapped seed is kept");
  assert.equal(row.wrap.extractable, false);
  const strong = await importSeed("09".repeat(32));
  const again = await importSeed("09".repeat(32), { weakly: true });
  assert.deepEqual(again, strong, "a key that is there is never replaced");
  assert.equal((await openKey(strong.public)).weak, false);
});

test("a record is only here until it is sent or in a file that was shared", async () => {
  await begin();
  await signed(harvest("A-1"));
  const onlyHere = async () => (await outbox.summary()).onlyHere;
  assert.equal(await onlyHere(), 1);
  await outbox.wasShared();
  assert.equal(await onlyHere(), 0);
  await signed(harvest("B-1"));
  assert.deepEqual([await onlyHere(), (await outbox.summary()).unsent], [1, 2]);
  await sync.sync();
  assert.equal(await onlyHere(), 0);
});

test("a draft that has a number is not written over, nor one that another page signed", async () => {
  await begin();
  const id = await outbox.saveDraft(harvest());
  const undo = dies(2);
  await assert.rejects(outbox.signDraft(id));
  undo();
  const kept = await outbox.draft(id);
  await assert.rejects(outbox.saveDraft({ ...harvest("A-1", "13"), id }), { code: "has-a-number", key: kept.row });
  assert.deepEqual(await outbox.draft(id), kept);
  const { seq } = await outbox.signDraft(id);
  await assert.rejects(outbox.saveDraft({ ...harvest("A-1", "13"), id }), { code: "has-a-number", key: kept.row });
  assert.deepEqual([(await outbox.drafts()).length, (await outbox.list()).length, seq], [0, 1, 1]);
  // a draft that was removed can be put back
  const other = await outbox.saveDraft(harvest("B-1"));
  await outbox.saveDraft(await outbox.removeDraft(other));
  assert.equal((await outbox.signDraft(other)).seq, 2);
});

test("what waits can be given up or entered anew, but for what the node may have", async () => {
  const { node } = await begin();
  const [one, two] = [await signed(harvest("A-1")), await signed(harvest("B-1"))];
  fault(node, posting, (_, answer) => (answer(), offline()));
  assert.equal((await sync.sync()).state, "offline");
  assert.deepEqual([await state(one.key), await state(two.key)], ["queued", "signed"]);
  await assert.rejects(outbox.abandon(one.key), { code: "maybe-in" });
  await assert.rejects(outbox.fix(one.key), { code: "maybe-in" });
  await outbox.abandon(two.key);
  await sync.sync({ force: true });
  assert.deepEqual([await state(one.key), await state(two.key)], ["verified", "abandoned"]);
  // the node lost it: it had it once
  await outbox.restore(two.key);
  await store.change(["records"], async (tx) => tx.put("records", { ...(await tx.get("records", one.key)), state: "queued", notice: "node-went-back" }));
  await assert.rejects(outbox.abandon(one.key), { code: "maybe-in" });
});

test("a draft is signed as who was in use when it was written, with the number of that key", async () => {
  const { node, phone } = await begin();
  const written = await outbox.saveDraft(ship());
  const other = await importSeed("0d".repeat(32));
  await join({ ledger: node.id, log: node.logKey, party: "urn:jejak:party:lab", key: other.public });
  node.enrol(other.public, "urn:jejak:party:lab");
  const mine = await outbox.record((await signed(harvest("B-1"))).key);
  const theirs = await outbox.record((await outbox.signDraft(written)).key);
  assert.deepEqual([mine.party, mine.seq, theirs.party, theirs.seq, theirs.kid], ["urn:jejak:party:lab", 1, FARM, 1, phone.key]);
  assert.equal(JSON.parse(theirs.payload).sourceList[0].source, FARM);
  await sync.sync();
  assert.deepEqual([await state(mine.key), await state(theirs.key)], ["verified", "verified"]);
});

test("what is too long for a record uses up no number", async () => {
  await begin();
  const id = await outbox.saveDraft(harvest("A-1", "12", { reason: "x".repeat(70_000) }));
  await assert.rejects(outbox.signDraft(id), { code: "too-long" });
  assert.equal((await signed(harvest())).seq, 1);
});
