// The way to the first export on a phone: what only the phone knows is laid over the node's answer, and what is kept of it. The answers
// themselves are those of the program (tests/it/path.rs).
import assert from "node:assert/strict";
import test from "node:test";

import { env } from "../../web/static/app/env.js";
import { fetchWay } from "../../web/static/app/renew.js";
import * as store from "../../web/static/app/store.js";
import { addressOf, chosen, first, keptAt, keptWay, short, whose, withPhone } from "../../web/static/app/way.js";
import { Node, Phone } from "./app-node.mjs";

const step = (id, state, more = {}) => ({ id, text: { en: id }, who: "bumdes", state, optional: false, ...more });
// as the node has it for a party that is not on the ledger
const STEPS = [
  step("c.start", "next", { screen: "key" }),
  step("c.install", "later", { screen: "install", optional: true, after: ["c.start"] }),
  step("c.enrol", "later", { screen: "enrol", after: ["c.start"] }),
  step("c.gate", "done", { after: ["c.start"] }),
  step("c.product", "later", { after: ["c.enrol"] }),
  step("c.nib", "later", { after: ["c.enrol"], screen: "certificate" }),
];
const states = ({ steps }) => Object.fromEntries(steps.map(({ id, state }) => [id, state]));

test("a key that the ledger does not know yet is done on this phone, and opens what comes after", () => {
  const before = withPhone({ steps: STEPS }, {});
  assert.deepEqual([before.done, before.of, before.next.map(({ id }) => id)], [1, 5, ["c.start"]]);
  const keyed = withPhone({ steps: STEPS }, { key: "k" });
  assert.deepEqual(states(keyed), { "c.start": "done", "c.install": "next", "c.enrol": "next", "c.gate": "done", "c.product": "later", "c.nib": "later" });
  const enrolled = withPhone({ steps: STEPS }, { key: "k", enrolled: true, installed: true });
  assert.deepEqual([enrolled.done, enrolled.next.map(({ id }) => id)], [3, ["c.product", "c.nib"]]);
});

test("without anything of its own a phone has each step as the node has it", () => {
  const answered = STEPS.map((one) => ({ ...one, screen: undefined }));
  assert.deepEqual(states(withPhone({ steps: answered }, { key: "k", enrolled: true, installed: true })), Object.fromEntries(STEPS.map(({ id, state }) => [id, state])));
  // what is done stays done, whatever the phone lacks
  const done = STEPS.map((one) => ({ ...one, state: "done" }));
  assert.ok(withPhone({ steps: done }, {}).steps.every(({ state }) => state === "done"));
});

test("the home screen names what is needed first, and one step of the phone that may be left out", () => {
  const { next } = withPhone({ steps: STEPS }, { key: "k", enrolled: true });
  assert.deepEqual(first(next).map(({ id }) => id), ["c.product", "c.nib", "c.install"]);
  assert.deepEqual(first(next, 2).map(({ id }) => id), ["c.product", "c.install"]);
});

test("the way is asked for the party once it is on the ledger, with what was chosen on this phone", async () => {
  assert.equal(addressOf(null), "/path?");
  assert.equal(addressOf("urn:jejak:party:desa", { commodity: "crab", form: "live-mud-crab", market: "CN", yes: [], no: ["by-sea", "gs1"] }), "/parties/desa/path?commodity=crab&form=live-mud-crab&market=CN&no=by-sea%2Cgs1");
  const me = { ledger: "urn:jejak:ledger:x", party: "urn:jejak:party:desa" };
  assert.deepEqual([whose(me), whose({ ...me, enrolled: true }), whose({ ...me, onLedger: true }), whose(null)], [null, me.party, me.party, null]);
  // what is nobody's is not kept as the party's
  assert.notEqual(keptAt(me), keptAt({ ...me, enrolled: true }));
});

test("an answer is kept for days without a signal, and fetched anew when another market is chosen", async () => {
  const node = new Node();
  await new Phone(node).start();
  const item = { id: "nib-kbli", name: { en: "NIB" }, text: { en: "No NIB." }, state: "missing", issuer: "oss", bring: [{ en: "NPWP" }], certificates: ["nib"] };
  const answer = (market) => ({
    good: { commodity: "crab", form: "live-mud-crab", name: { en: "Live" }, commodityName: { en: "Crab" }, own: true }, goods: [], market, markets: [{ market, gate: "open" }], outcome: "missing",
    gates: [{ text: { en: "Open." } }], steps: STEPS, standing: [item, { ...item, id: "npwp", state: "done" }], documents: [], questions: [], roles: { oss: { en: "OSS" } },
  });
  assert.deepEqual(Object.keys(short(answer("CN")).items), ["nib-kbli"], "what is done is asked of nobody");
  const asked = [];
  const before = env.fetch;
  env.fetch = async (address) => {
    const { searchParams } = new URL(address, "http://node.test");
    asked.push(searchParams.get("market"));
    return new Response(JSON.stringify(answer(searchParams.get("market") ?? "CN")), { status: 200, headers: { "content-type": "application/json" } });
  };
  try {
    assert.equal(await fetchWay("http://node.test", null), true);
    assert.equal(await fetchWay("http://node.test", null), false, "it is fresh");
    await store.setSetting("way", { ...(await chosen()), market: "SG" });
    assert.equal(await fetchWay("http://node.test", null), true);
    env.fetch = async () => {
      throw new TypeError("no signal");
    };
    await assert.rejects(fetchWay("http://node.test", null, true));
    assert.deepEqual([asked, (await keptWay(null)).value.market], [[null, "SG"], "SG"]);
  } finally {
    env.fetch = before;
  }
});
