// What the screens know of the phone that needs no page: whose records a form goes by, who signs, in one page and in two.
import assert from "node:assert/strict";
import test from "node:test";

import * as outbox from "../../web/static/app/outbox.js";
import * as session from "../../web/static/app/session.js";
import { importSeed } from "../../web/static/app/key.js";
import { join } from "../../web/static/app/identity.js";
import { gather } from "../../web/static/app/screens/acts/known.js";
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
