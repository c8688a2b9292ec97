// Keys that end: what of them goes in before, what is signed after, and what becomes of records that the ledger takes from no key of that name.
import assert from "node:assert/strict";
import test from "node:test";

import * as outbox from "../../web/static/app/outbox.js";
import * as statements from "../../web/static/app/statements.js";
import * as sync from "../../web/static/app/sync.js";
import { createKey, importSeed } from "../../web/static/app/key.js";
import { join, leave } from "../../web/static/app/identity.js";
import { Node, Phone, harvest, ship } from "./app-node.mjs";

const begin = async (options) => {
  const node = new Node();
  // a node that ends and admits keys
  node.judge = (json) => {
    if (json.type === "KeyRevocation") node.keys.get(json.key).active = false;
    if (json.type === "Key") node.enrol(json.key, json.party);
    return null;
  };
  return { node, phone: await new Phone(node).start(options) };
};
const signed = async (draft, options) => outbox.signDraft(await outbox.saveDraft(draft), options);
const state = async (key) => (await outbox.record(key)).state;
const row = async (key) => (await outbox.list()).find((one) => one.key === key);
const retryable = (rule) => [424, { type: "urn:jejak:problem:too-early", status: 424, detail: rule, rule, retryable: true }];

// Replaces the key as the screen does: the old key admits the new one, then ends itself.
async function replaced(phone) {
  const key = (await createKey()).public;
  const admitted = await signed({ statement: statements.key({ party: phone.who.party, key, purpose: "event", possession: "0".repeat(128) }) });
  const ended = await signed({ statement: statements.keyRevocation({ key: phone.key, reason: "replaced" }) });
  await join({ ...phone.who, key });
  return { key, admitted, ended };
}

test("the end of a key waits for the records of that key, wherever they were signed", async () => {
  const { node, phone } = await begin();
  const judge = node.judge;
  node.judge = (json) => (json.bizStep === "commissioning" ? retryable("profile-missing") : judge(json));
  const one = await signed(harvest());
  const { ended } = await replaced(phone);
  await sync.sync();
  assert.deepEqual([await state(one.key), await state(ended.key), (await row(ended.key)).waitsFor], ["waiting", "queued", one.seq]);
  assert.equal(node.keys.get(phone.key).active, true);
  node.judge = judge;
  await sync.sync({ force: true });
  assert.deepEqual([await state(one.key), await state(ended.key), node.keys.get(phone.key).active], ["verified", "verified", false]);
});

test("an outbox file that is handed in goes before the end of its key; a stolen key is ended at once", async () => {
  for (const [reason, first] of [["lost", "waiting"], ["compromised", "verified"]]) {
    const { node, phone } = await begin();
    const judge = node.judge;
    await signed(harvest());
    const file = await (await outbox.exportFile()).text();
    await new Phone(node).start();
    await outbox.importFile(file);
    node.judge = (json) => (json.bizStep === "commissioning" ? retryable("profile-missing") : judge(json));
    const since = reason === "compromised" ? 1_790_000_000 : undefined;
    const ended = await signed({ statement: statements.keyRevocation({ key: phone.key, reason, compromisedSince: since }) });
    await sync.sync();
    assert.equal(await state(ended.key), first === "waiting" ? "queued" : "verified", reason);
    assert.equal(node.keys.get(phone.key).active, first === "waiting", reason);
  }
});

test("records of a new key wait for its admission, and nothing is said to have stopped", async () => {
  const { node, phone } = await begin();
  const judge = node.judge;
  node.judge = (json) => (json.type === "Key" ? retryable("busy-day") : judge(json));
  const { key, admitted } = await replaced(phone);
  const next = await signed(harvest("B-1"));
  assert.equal((await outbox.record(next.key)).kid, key);
  const summary = await sync.sync();
  assert.deepEqual([summary.stop, (await row(next.key)).waitsFor, await state(admitted.key)], [null, admitted.seq, "waiting"]);
  node.judge = judge;
  await sync.sync({ force: true });
  assert.equal(await state(next.key), "verified");
});

test("a draft of a key that was ended is signed with the next key of its party; without one it stays a draft", async () => {
  const { phone } = await begin();
  const draft = await outbox.saveDraft(harvest());
  const { key } = await replaced(phone);
  const one = await outbox.signDraft(draft);
  assert.deepEqual([(await outbox.record(one.key)).kid, one.seq], [key, 1]);
  await signed({ statement: statements.keyRevocation({ key, reason: "left" }) });
  const late = await outbox.saveDraft(ship());
  await assert.rejects(outbox.signDraft(late), { code: "key-ended" });
  assert.ok(await outbox.draft(late));
});

test("what was refused of a key is mended with it while its end waits, and with the next key after that, which gives up no number of it", async () => {
  const { node, phone } = await begin();
  const judge = node.judge;
  node.judge = (json) => (json.bizStep === "commissioning" && json.quantityList[0].quantity > 100 ? [422, { type: "urn:jejak:problem:rejected", status: 422, detail: "x", rule: "harvest-implausible", retryable: false }] : judge(json));
  const [bad, worse] = [await signed(harvest("A-1", "310")), await signed(harvest("B-1", "320"))];
  const waiting = await signed(ship("A-1", "12"));
  const { key, ended } = await replaced(phone);
  await sync.sync();
  assert.deepEqual([await state(bad.key), await state(worse.key), await state(waiting.key), await state(ended.key)], ["refused", "refused", "queued", "queued"]);
  const mend = async (of) => {
    const id = await outbox.fix(of);
    const kept = await outbox.draft(id);
    kept.input.lots[0].amount = "31";
    await outbox.saveDraft(kept);
    return outbox.record((await outbox.signDraft(id)).key);
  };
  const mended = await mend(bad.key);
  assert.equal(mended.kid, phone.key);
  assert.equal(JSON.parse(mended.payload)["jejak:givenUp"][0]["jejak:seq"], bad.seq);
  await sync.sync();
  assert.deepEqual([await state(mended.key), await state(waiting.key), await state(ended.key)], ["verified", "verified", "verified"]);
  const later = await mend(worse.key);
  assert.equal(later.kid, key);
  assert.equal(JSON.parse(later.payload)["jejak:givenUp"], undefined);
  assert.equal(await state(worse.key), "abandoned");
  await sync.sync();
  assert.equal(await state(later.key), "verified");
});

test("records of a key that was ended elsewhere are entered anew with another", async () => {
  const { node, phone } = await begin();
  const one = await signed(harvest());
  node.keys.get(phone.key).active = false;
  const { stop } = await sync.sync();
  assert.deepEqual([stop.rule, stop.kid], ["key-revoked", phone.key]);
  assert.equal((await row(one.key)).keyEnded, true);
  const other = await importSeed("0d".repeat(32));
  await join({ ...phone.who, key: other.public });
  node.enrol(other.public);
  const again = await outbox.signDraft(await outbox.fix(one.key));
  await sync.sync();
  assert.deepEqual([await state(one.key), await state(again.key)], ["abandoned", "verified"]);
});

test("a record of a party whose key this is not is refused, and stops no other", async () => {
  const { node, phone } = await begin();
  const judge = node.judge;
  node.judge = (json, record) => (record.iss === phone.who.party ? [422, { type: "urn:jejak:problem:rejected", status: 422, detail: "x", rule: "key-not-of-issuer", retryable: false }] : judge(json));
  const one = await signed(harvest("A-1"));
  // the enroller admitted the key for another party than it asked for
  await leave(phone.key);
  await join({ ...phone.who, party: "urn:jejak:party:coop" });
  const two = await signed(harvest("B-1"));
  const summary = await sync.sync();
  assert.deepEqual([summary.stop, await state(one.key), await state(two.key)], [null, "refused", "verified"]);
  const again = await outbox.record((await outbox.signDraft(await outbox.fix(one.key))).key);
  assert.equal(again.party, "urn:jejak:party:coop");
});
