// What the screens know of the phone that needs no page: whose records a form goes by, who signs, in one page and in two.
import assert from "node:assert/strict";
import test from "node:test";

import * as outbox from "../../web/static/app/outbox.js";
import * as session from "../../web/static/app/session.js";
import { importSeed } from "../../web/static/app/key.js";
import { current, identities, join } from "../../web/static/app/identity.js";
import { nameIn, plainName } from "../../web/static/app/names.js";
import * as store from "../../web/static/app/store.js";
import { gather, keepOpenings, remember } from "../../web/static/app/screens/acts/known.js";
import { FARM, GTIN, Node, Phone, harvest, ship } from "./app-node.mjs";

const begin = async (options) => {
  const node = new Node();
  return { node, phone: await new Phone(node).start(options) };
};
const signed = async (draft) => outbox.signDraft(await outbox.saveDraft(draft));
const LAB = "urn:jejak:party:lab";

test("a form goes by the records of the party that signs, on its ledger, of all its keys", async () => {
  const { node } = await begin();
  const mine = await signed(harvest("A-1"));
  const [lab, demo] = [await importSeed("0d".repeat(32)), await importSeed("0e".repeat(32))];
  await join({ ledger: node.id, log: node.logKey, party: LAB, key: lab.public });
  await session.open();
  assert.deepEqual((await gather()).records, []);
  const theirs = await signed(ship("A-1", "2", { after: [] }));
  assert.deepEqual((await gather()).records.map((one) => one.id), [theirs.id]);
  // another ledger knows neither, so that nothing that is signed there names them
  const other = new Node({ name: "b", seed: 77 });
  await join({ ledger: other.id, log: other.logKey, party: FARM, key: demo.public, demo: true });
  await session.open();
  const [row] = [await outbox.record((await signed(ship("A-1"))).key)];
  assert.equal(JSON.parse(row.payload)["jejak:after"], undefined);
  assert.deepEqual((await gather()).records.map((one) => [one.key, one.event.quantityList[0].epcClass]), [[row.key, `${GTIN}A-1`]]);
  // another key of the same party: its goods are the same
  const next = await importSeed("0f".repeat(32));
  await join({ ledger: node.id, log: node.logKey, party: FARM, key: next.public });
  await session.open();
  assert.deepEqual((await gather()).records.map((one) => one.id), [mine.id]);
});

test("what another page chose or learnt is neither undone nor lost", async () => {
  const { node, phone } = await begin();
  await session.open();
  await session.update({ label: "A" });
  // another page replaces the key, and remembers something of the old one
  const next = await importSeed("0d".repeat(32));
  await join({ ...phone.who, key: next.public });
  await store.change(["settings"], async (tx) => tx.put("settings", { ...(await tx.get("settings", `screens:${phone.key}`)), compared: 7 }, `screens:${phone.key}`));
  await session.update({ role: "producer" });
  assert.equal((await current()).key, next.public);
  assert.deepEqual([(await store.setting(`screens:${phone.key}`)).compared, (await store.setting(`screens:${phone.key}`)).role], [7, "producer"]);
  await session.renew();
  assert.equal(session.me().key, next.public);
  // a party that is asked for anew is remembered from the start
  await session.resign();
  assert.deepEqual([session.me().party, session.me().key, (await identities()).length], [undefined, next.public, 1]);
  await session.update({ requested: 5 });
  await session.update({ party: LAB });
  await session.open();
  assert.deepEqual([session.me().requested, session.me().party, session.me().ledger], [5, LAB, node.id]);
  // two pages learn at once
  const ctx = await gather();
  await Promise.all([remember(ctx, { a: 1 }), remember(ctx, { b: 2 }), keepOpenings([{ value: "x" }]), keepOpenings([{ value: "y" }])]);
  assert.deepEqual(await store.setting("remembered"), { a: 1, b: 2 });
  assert.deepEqual((await store.setting("openings")).map((one) => one.value), ["x", "y"]);
});

test("a draft stays its party's when another is in use, also when it is kept again", async () => {
  const { node, phone } = await begin();
  const id = await outbox.saveDraft(harvest());
  const lab = await importSeed("0d".repeat(32));
  await join({ ledger: node.id, log: node.logKey, party: LAB, key: lab.public });
  await outbox.saveDraft({ ...harvest("A-1", "13"), id });
  assert.equal((await outbox.draft(id)).as, phone.key);
  assert.equal((await outbox.record((await outbox.signDraft(id)).key)).party, FARM);
});

test("of a demo that was begun anew nothing waits any more; of another ledger all does", async () => {
  const { phone } = await begin();
  const mine = await signed(harvest());
  await outbox.saveDraft(harvest("B-1"));
  const [old, key] = [new Node({ name: "b", seed: 77 }), (await importSeed("0d".repeat(32))).public];
  await join({ ledger: old.id, log: old.logKey, party: LAB, key, demo: true });
  await signed(ship());
  await outbox.saveDraft(ship());
  await outbox.dropDemo(phone.who.ledger);
  assert.equal((await outbox.list()).length, 2);
  await outbox.dropDemo(old.id);
  assert.deepEqual([(await outbox.list()).map((one) => one.key), (await outbox.drafts()).map((one) => one.as)], [[mine.key], [phone.key]]);
});

test("a name in letters from right to left stays apart, and its own directional characters are dropped", () => {
  assert.equal(nameIn({ en: "A\u202egnp.exe", ar: "x" }, "en"), "Agnp.exe");
  assert.equal(nameIn("\u2069\u202e\u0634\u0631\u0643\u0629 12", "id"), "\u2068\u0634\u0631\u0643\u0629 12\u2069");
  assert.equal(plainName({ "zh-Hans": "\u2068\u516c\u53f8\u2069", en: "Co" }, "zh"), "\u516c\u53f8");
  assert.deepEqual([nameIn(undefined, "id"), nameIn({}, "id"), nameIn({ fr: "X" }, "id"), nameIn({ en: "Desa", id: "Desa Maju" }, "id")], ["", "", "X", "Desa Maju"]);
});
