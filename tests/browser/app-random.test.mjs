// Random lives of a phone: signs, mends and gives up records, while network, node and storage fail at random. Whatever happened, no number has
// two records, nothing that was signed is lost, and nothing is on the ledger twice.
import assert from "node:assert/strict";
import test from "node:test";

import FDBDatabase from "fake-indexeddb/lib/FDBDatabase";

import * as outbox from "../../web/static/app/outbox.js";
import * as sync from "../../web/static/app/sync.js";
import { FARM, Node, Phone, fault, harvest, offline, posting, respond, ship } from "./app-node.mjs";

const RUNS = Number(process.env.JEJAK_RUNS ?? 25);
const STEPS = 40;

function chance(seed) {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const problem = (status, code, more) => respond(status, { type: `urn:jejak:problem:${code}`, status, detail: code, retryable: false, ...more });
const FAULTS = [
  offline,
  (_, answer) => (answer(), offline()),
  (_, answer) => (answer(), respond(200, "<html>sign in</html>")),
  () => problem(500, "internal"),
  (_, answer) => (answer(), problem(500, "internal")),
  () => problem(503, "busy", { retryable: true }),
  () => problem(429, "too-many-requests", { retryable: true }),
];

// The storage fails once, at the nth change of records from now.
function storageDies(nth) {
  const { prototype } = FDBDatabase;
  const before = prototype.transaction;
  prototype.transaction = function (stores, mode, options) {
    if (mode === "readwrite" && [stores].flat().includes("records") && --nth === 0) throw new DOMException("full", "QuotaExceededError");
    return before.call(this, stores, mode, options);
  };
  return () => (prototype.transaction = before);
}

async function live(seed) {
  const any = chance(seed);
  const node = new Node();
  const phone = await new Phone(node).start({ party: FARM });
  const made = new Set();
  // a ledger that takes no shipment of a lot that is not there, and no harvest of more than 100
  node.judge = (json) => {
    const { epcClass, quantity } = json.quantityList[0];
    if (json.bizStep === "commissioning") return quantity > 100 ? [422, { type: "urn:jejak:problem:rejected", rule: "harvest-implausible", retryable: false }] : (made.add(epcClass), null);
    return made.has(epcClass) ? null : [424, { type: "urn:jejak:problem:too-early", rule: "lot-unknown", retryable: true }];
  };
  const lot = () => `L-${any(4)}`;
  const steps = [
    async () => outbox.saveDraft(harvest(lot(), any(4) === 0 ? "310" : "12")),
    async () => outbox.saveDraft(ship(lot(), "1")),
    async () => {
      const list = await outbox.drafts();
      if (list.length > 0) await outbox.signDraft(list[any(list.length)].id);
    },
    async () => {
      const refused = (await outbox.list()).filter((row) => row.state === "refused");
      if (refused.length === 0) return;
      const id = await outbox.fix(refused[0].key);
      const draft = await outbox.draft(id);
      draft.input.lots[0].amount = "13";
      await outbox.saveDraft(draft);
      await outbox.signDraft(id);
    },
    async () => {
      const rows = await outbox.list();
      if (rows.length > 0 && any(3) === 0) await outbox.abandon(rows[any(rows.length)].key);
    },
    async () => {
      if (any(3) > 0) fault(node, posting, FAULTS[any(FAULTS.length)], 1 + any(2));
      await sync.sync({ force: any(2) === 0, refresh: false });
    },
    async () => (phone.time += any(600) * 1000),
  ];
  const expected = ["storage-full", "maybe-in", "not-found", "has-a-number"];
  for (let i = 0; i < STEPS; i++) {
    const undo = any(8) === 0 ? storageDies(1 + any(3)) : () => undefined;
    try {
      await steps[any(steps.length)]();
    } catch (error) {
      assert.ok(expected.includes(error.code), `${seed}/${i}: ${error.stack}`);
    } finally {
      undo();
    }
  }
  // the storms end: what has a number is signed, what can go goes
  node.faults = [];
  for (const draft of await outbox.drafts()) if (draft.row) await outbox.signDraft(draft.id);
  for (let i = 0; i < 6; i++) {
    phone.time += 7 * 3_600_000;
    await sync.sync({ force: true, refresh: false });
  }
  return { node, rows: await Promise.all((await outbox.list()).map((row) => outbox.record(row.key))), shown: await outbox.list() };
}

test("no number has two records, nothing signed is lost, nothing counts twice", async () => {
  const states = {};
  for (let seed = 1; seed <= RUNS; seed++) {
    const { node, rows, shown } = await live(seed);
    const at = `seed ${seed}: ${JSON.stringify(shown.map((row) => [row.seq, row.act, row.state, row.waitsFor, row.refused?.rule]))}`;
    const sent = new Map();
    for (const { body } of node.posts()) {
      const row = rows.find((one) => Buffer.from(one.bytes).equals(Buffer.from(body)));
      assert.ok(row, `${at}: bytes were sent that are not kept`);
      assert.equal(sent.get(row.seq) ?? row.id, row.id, `${at}: two records of number ${row.seq}`);
      sent.set(row.seq, row.id);
    }
    assert.deepEqual(rows.map((row) => row.seq).sort((a, b) => a - b), rows.map((_, i) => i + 1), `${at}: every number is there once`);
    for (const row of rows) {
      states[row.state] = (states[row.state] ?? 0) + 1;
      assert.equal(node.has(row.id), row.state === "verified" ? 1 : 0, at);
      // what is not in says why: refused, given up, or it waits for one that is
      if (["signed", "queued", "sent"].includes(row.state)) {
        assert.notEqual(shown.find((one) => one.key === row.key).waitsFor, null, at);
      }
      if (row.state === "waiting") assert.equal(row.refused.retryable, true, at);
    }
    assert.equal(node.entries.length - 2, rows.filter((row) => row.state === "verified").length, at);
    // nothing that is in was named as given up, and what was given up before the last record is named by one that stands
    const given = rows.flatMap((row) => (row.state === "verified" ? (JSON.parse(row.payload)["jejak:givenUp"] ?? []).map((one) => one["jejak:record"].slice(17)) : []));
    for (const id of given) assert.equal(node.has(id), 0, at);
    assert.equal(new Set(given).size, given.length, `${at}: named once`);
  }
  for (const state of ["verified", "refused", "abandoned"]) assert.ok(states[state] > 5, JSON.stringify(states));
});
