// What the app signs is what the ledger's program signs for the same input: every act and option, statements, voids, and the records made of
// them, from vectors that a Rust test writes (src/cli/record_new/vectors.rs). And back: records of the app are read by the program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";

import { base32 } from "../../web/static/bytes.js";
import { decode } from "../../web/static/cose.js";
import { Decimal, read, write } from "../../web/static/app/canonical.js";
import { ACTS, event, eventId, timeText, voidOf } from "../../web/static/app/events.js";
import { fileOf } from "../../web/static/app/outboxfile.js";
import { EVENT, recordId, seal } from "../../web/static/app/record.js";
import * as statements from "../../web/static/app/statements.js";
import { checked } from "./app-node.mjs";
import { program, target } from "./demo.mjs";
import { key } from "./ledger.mjs";

// written by the Rust tests, which run before: a file that is missing fails the test
const vectors = () => readFileSync(path.join(target, "app-vectors/records.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const base64url = (text) => Uint8Array.from(Buffer.from(text, "base64url"));

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const signer = (seed) => {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.alloc(32, seed)]), format: "der", type: "pkcs8" });
  return async (message) => Uint8Array.from(sign(null, message, secret));
};

test("JSON is written as the program writes it, and read without loss", () => {
  const value = { b: 1, a: [true, null, "é\u2028\u0001\"\\"], "\u{10000}": new Decimal("1.50"), "\uffff": new Decimal("-0.0"), "": {} };
  const text = write(value);
  assert.equal(text, '{"":{},"a":[true,null,"é\u2028\\u0001\\"\\\\"],"b":1,"\uffff":-0.0,"\u{10000}":1.50}');
  assert.equal(write(read(text)), text);
  assert.equal(write(read(' { "b" : [ ] ,\n"a":-12.300 } ')), '{"a":-12.300,"b":[]}');
  for (const wrong of ["", "{", "[1,]", '{"a":1,"a":2}', "1e3", "01", "[1 2]", '{"a"}', "nul", '"\n"', "1.", "[]]", "{]", '{"a":1]']) {
    assert.throws(() => read(wrong), wrong);
  }
  for (const wrong of [1.5, NaN, Infinity, 2 ** 53, -0, "\ud800", { "\udc00": 1 }, undefined, () => 1]) assert.throws(() => write(wrong));
  for (const wrong of ["1e3", "01", "+1", ".5", "1.", "", " 1", "١", 1]) assert.throws(() => new Decimal(wrong));
});

test("times and event ids have the form of the ledger", () => {
  const at = new Date("2026-11-03T08:20:00.999Z");
  assert.deepEqual([timeText(at, 480), timeText(at, -210), timeText(at, 0)], ["2026-11-03T16:20:00+08:00", "2026-11-03T04:50:00-03:30", "2026-11-03T08:20:00+00:00"]);
  const ids = new Set(Array.from({ length: 100 }, () => eventId(at.getTime())));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt([...ids][0].slice(9, 22).replace("-", ""), 16), at.getTime());
});

test("events, voids, statements and records are byte for byte those of the program", async () => {
  const counts = { events: 0, voids: 0, statements: 0, records: 0, refused: 0 };
  const acts = new Set();
  for (const vector of vectors()) {
    const { act, input, id, time, voided, reason, voids, statement, members, text, claims } = vector;
    let made;
    if (act) {
      made = write(event(act, input, { id, time }));
      acts.add(act);
      counts.events++;
    } else if (voided) {
      made = write(voidOf(voided, { id, time, reason, voids }));
      counts.voids++;
    } else {
      made = statements[statement](members);
      counts.statements++;
    }
    assert.equal(made, text);
    if (!claims.record) {
      counts.refused++;
      continue;
    }
    const { type, seed, kid, iss, aud, iat, seq, seen } = claims;
    const head = seen ? { size: seen.size, root: base64url(seen.root) } : undefined;
    const record = await seal({ contentType: type, kid, iss, aud, iat, seq, seen: head }, made, signer(seed));
    assert.equal(Buffer.from(record.bytes).toString("base64url"), claims.record);
    assert.equal(record.id, claims.id);
    assert.equal(decode(record.bytes).seq, seq);
    counts.records++;
  }
  assert.deepEqual([...acts].sort(), [...ACTS].sort());
  assert.ok(counts.events >= 2_000 && counts.voids >= 2_000 && counts.statements >= 500 && counts.records >= 1_000, JSON.stringify(counts));
});

const jejak = (...args) => JSON.parse(execFileSync(program, ["--json", ...args], { encoding: "utf8" }));

test("records of the app are read and verified by the program", async () => {
  assert.ok(existsSync(program), `${program} is missing: build it first, or set JEJAK_BIN`);
  const dir = mkdtempSync(path.join(tmpdir(), "jejak-app-"));
  try {
    const by = key(7);
    const iss = "urn:jejak:party:farm";
    const aud = `urn:jejak:ledger:${base32(new Uint8Array(32))}`;
    const [leaf, oil] = ["0952132100101", "0952132100102"].map((digits) => `https://id.gs1.org/01/${checked(digits)}/10/`);
    const goods = { lots: [{ lot: `${leaf}A-1`, amount: "24.60", unit: "KGM" }], place: `https://id.gs1.org/414/${checked("952132100001")}` };
    const given = {
      harvest: { ...goods, village: "74.12.05.2003", harvestStart: "2026-11-01", harvestEnd: "2026-11-02", commodity: "essential-oil", form: "patchouli-leaf" },
      process: { inputs: goods.lots, outputs: [{ ...goods.lots[0], lot: `${oil}B-1` }], place: goods.place, process: "steam-distillation" },
      receive: { ...goods, lots: [{ ...goods.lots[0], amount: "0" }], refused: true, shipment: `urn:jejak:record:${base32(new Uint8Array(32))}` },
      label: { ...goods, serials: { root: base32(new Uint8Array(32)), count: 12, net: { amount: "0.5", unit: "KGM" } } },
      pack: { ...goods, containers: [`https://id.gs1.org/00/${checked("09521321000000001")}`] },
      unpack: { ...goods, containers: [`https://id.gs1.org/00/${checked("09521321000000001")}`] },
      trade: { ...goods, documents: [{ kind: "payment", document: "urn:x:1", number: "7" }], milestone: "paid" },
      monitor: { place: goods.place, period: { from: "2026-10-01", until: "2026-10-31" }, results: [{ parameter: "cd", value: "<0.05", unit: "NA" }] },
      sample: { ...goods, sample: "SDM-0042", holder: iss, seal: "S-1", plan: "aql" },
    };
    let seq = 0;
    for (const act of ACTS) {
      const input = given[act] ?? { ...goods, reason: "drying", results: act === "inspect" ? [{ parameter: "x", value: "1" }] : undefined };
      const text = write(event(act, input, { id: eventId(), time: timeText(new Date(), 480) }));
      const { bytes, id } = await seal({ contentType: EVENT, kid: by.id, iss, aud, iat: 1_790_000_000, seq: ++seq }, text, async (message) => Uint8Array.from(by.sign(message)));
      const file = path.join(dir, `${act}.cose`);
      writeFileSync(file, bytes);
      const shown = jejak("record", "show", file);
      assert.deepEqual([shown.id, shown.seq, shown.iss, shown.signature, shown.kid], [id, seq, iss, true, by.id], act);
      assert.equal(shown.id, recordId(bytes));
    }
    const text = fileOf([readFileSync(path.join(dir, "harvest.cose")), readFileSync(path.join(dir, "process.cose"))]);
    const outbox = path.join(dir, "outbox.txt");
    writeFileSync(outbox, text);
    // nobody listens there: what is wrong with the file would be said before
    assert.throws(
      () => execFileSync(program, ["record", "submit", outbox, "--node", "http://127.0.0.1:9"], { encoding: "utf8", stdio: "pipe" }),
      (error) => !/is not a signed record/.test(error.stderr) && /127\.0\.0\.1/.test(error.stderr),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
