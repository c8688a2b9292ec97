// The core of the app against the real program: a demo is served, a key made here is admitted by a statement that the app signs, and what it
// signs is taken, proven and shown by the program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { IDBFactory } from "fake-indexeddb";

import { env } from "../../web/static/app/env.js";
import { cached, keyState, profile } from "../../web/static/app/cache.js";
import { identities, join } from "../../web/static/app/identity.js";
import { createKey, importSeed, provePossession } from "../../web/static/app/key.js";
import * as outbox from "../../web/static/app/outbox.js";
import * as statements from "../../web/static/app/statements.js";
import * as sync from "../../web/static/app/sync.js";
import { checked } from "./app-node.mjs";
import { program, startDemo } from "./demo.mjs";

const dir = mkdtempSync(path.join(tmpdir(), "jejak-app-demo-"));
let demo;

after(async () => {
  await demo?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const seedOf = (name) => {
  const pem = readFileSync(path.join(demo.keys, `${name}.pem`));
  return Buffer.from(createPrivateKey(pem).export({ format: "jwk" }).d, "base64url").toString("hex");
};
const signed = async (draft) => outbox.signDraft(await outbox.saveDraft(draft));
const jejak = (...args) => JSON.parse(execFileSync(program, ["--json", ...args], { encoding: "utf8" }));

test("a phone's key is admitted, and what it signs is taken and proven", { timeout: 180_000 }, async () => {
  demo = await startDemo();
  const node = demo.base;
  const factory = new IDBFactory();
  Object.assign(env, { database: () => factory });
  const about = await (await fetch(`${node}/.well-known/jejak`)).json();
  const admin = await importSeed(seedOf("maker-22"));
  const { party } = await (await fetch(`${node}/keys/${admin.public}`)).json();
  const of = { node, ledger: about.ledger, log: about.logKeys[0], party, roles: ["producer"] };
  await join({ ...of, purpose: "admin", key: admin.public, demo: true });
  assert.equal((await sync.sync()).state, "done");
  const kit = (await cached("kit")).value;
  assert.equal(kit.party.uri, party);
  assert.ok(await profile(kit.profiles[0].blake3), "a profile in force is kept, with the bytes of its hash");
  const { held } = (await cached("work")).value;
  assert.ok(held.every((one) => one.lot.startsWith("https://id.gs1.org/01/") && one.newest.length > 0), "the newest records of what it has");
  const mine = await createKey({ label: "phone" });
  const possession = await provePossession(about.ledger, party, "event", mine.public);
  await signed({ statement: statements.key({ party, key: mine.public, purpose: "event", possession, label: "ponsel é" }) });
  await join({ ...of, purpose: "event", key: mine.public });
  assert.equal((await identities()).length, 2);
  // its field avocados, at its village
  const [lot, place] = [`https://id.gs1.org/01/0${checked("952132100102")}/10/PONSEL-1`, `https://id.gs1.org/414/${checked("952132100063")}`];
  const now = new Date(env.now());
  const day = now.toISOString().slice(0, 10);
  const photo = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...Buffer.from("photo")]);
  const evidence = [await outbox.addBlob(photo, { title: "Foto panen" })];
  const input = {
    lots: [{ lot, amount: "24.60", unit: "KGM" }], place, harvestStart: day, harvestEnd: day, commodity: "avocado", form: "fresh", village: "53.02.04.2007", evidence,
  };
  const harvest = await signed({ act: "harvest", input });
  const observe = await signed({ act: "observe", input: { lots: [{ lot }], place, step: "storing" } });
  const text = await (await outbox.exportFile()).text();
  const file = path.join(dir, "outbox.txt");
  writeFileSync(file, text);
  const summary = await sync.sync({ force: true });
  const rows = await outbox.list();
  const why = JSON.stringify([summary, rows.map((row) => [row.state, row.refused])]);
  assert.deepEqual(rows.map((row) => row.state), ["verified", "verified", "verified"], why);
  assert.equal((await keyState()).enrolled, true);
  const shown = jejak("record", "show", harvest.id, "--node", node);
  assert.deepEqual([shown.kid, shown.iss, shown.seq, shown.signature], [mine.public, party, 1, true]);
  assert.equal(shown.payload.quantityList[0].epcClass, lot);
  const next = await outbox.record(observe.key);
  assert.ok(JSON.parse(next.payload)["jejak:after"].includes(`urn:jejak:record:${harvest.id}`));
  assert.ok(next.claims.seen.size >= 2, "the head that was verified is named");
  // the photo was handed in by a signed request of the party, so that it is public
  const blob = await fetch(`${node}/evidence/${evidence[0].blake3}`);
  assert.deepEqual([blob.status, Buffer.from(await blob.arrayBuffer()).equals(Buffer.from(photo))], [200, true]);
  // anybody hands the file in: all of it is there
  const again = jejak("record", "submit", file, "--node", node);
  assert.deepEqual(again.map((one) => one.ack.duplicate), [true, true, true]);
  // the void of the app is the one that the ledger takes
  const wrong = await outbox.record(observe.key);
  const voided = await signed({ act: "correct", voids: wrong.id, payload: wrong.payload, reason: "did_not_occur" });
  await sync.sync({ force: true });
  assert.equal((await outbox.record(voided.key)).state, "verified", JSON.stringify((await outbox.record(voided.key)).refused));
});
