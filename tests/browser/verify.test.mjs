// The check in the browser: a frozen bundle of the demo verifies, and every changed one is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { base32, fromBase32, parse } from "../../web/static/bytes.js";
import { canCheck, signed } from "../../web/static/ed25519.js";
import { plain } from "../../web/static/ed25519-plain.js";
import { cosignatures, verifierKey } from "../../web/static/log.js";
import { Broken, verify as check } from "../../web/static/verify.js";
import { key, record } from "./ledger.mjs";
import { encoded, filesOf, subtreesOf, verify } from "./proof.mjs";
import { LAB, MAKER, broken, inspect, look, world } from "./lab.mjs";

const file = (name) => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"));
const bytes = (string) => new TextEncoder().encode(string);

// ---- the frozen bundle ------------------------------------------------------------------------------------------------------

const bundle = file("nilam.jejak");
const page = file("nilam.page.json");
const rewritten = (change) => {
  const copy = structuredClone(bundle);
  change(copy);
  return copy;
};

test("the frozen bundle of version 1 and its page verify", async () => {
  const { signatures, facts, size } = await verify(bundle, page);
  assert.equal(signatures, bundle.records.length);
  assert.equal(size, page.size);
  assert.ok(facts > 30, String(facts));
});

test("every change of the bundle is detected and named", async () => {
  const cases = [
    ["bundle", (b) => (b.version = 2)],
    ["bundle", (b) => (b.lot = b.lot.replace("03B", "03"))],
    ["bundle", (b) => b.records.reverse()],
    ["bundle", (b) => b.records.splice(1, 0, b.records[0])],
    ["bundle", (b) => b.records.shift()],
    ["checkpoint", (b) => (b.checkpoint = b.checkpoint.replace(`\n${page.size}\n`, `\n${page.size + 1}\n`))],
    ["checkpoint", (b) => (b.checkpoint = b.checkpoint.replace(`\n${page.size}\n`, `\n0${page.size}\n`))],
    ["checkpoint", (b) => (b.checkpoint = b.checkpoint.replace("\n\n", "\nmore\n\n"))],
    ["record", (b) => (b.records[5].record = b.records[5].record.slice(0, -4))],
    ["inclusion", (b) => (b.records[10].index = 11)],
    ["inclusion", (b) => (b.others = subtreesOf(b).slice(1))],
    ["inclusion", (b) => (b.others = subtreesOf(b).with(0, subtreesOf(b)[1]))],
    ["inclusion", (b) => (b.others = subtreesOf(b).with(0, Buffer.of(0)))],
    ["keys", (b) => b.records.splice(1, 1)],
  ];
  for (const [check, change] of cases) await broken(verify(rewritten(change), page), check);
  // any bit of a record
  for (let at = 0; at < 400; at += 37) {
    const bad = rewritten((b) => {
      const raw = Buffer.from(b.records[30].record, "base64url");
      raw[at] ^= 1 << at % 8;
      b.records[30].record = raw.toString("base64url");
    });
    await assert.rejects(verify(bad, page), Broken);
  }
});

test("the address names the lot that is shown", async () => {
  const [, gtin, lot] = /01\/(\d+)\/10\/(.+)$/.exec(page.lot);
  for (const good of [`/01/${gtin}/10/${lot}`, `/shop/01/${gtin}/10/${lot}/21/ABC`, `/01/${gtin}/22/X/10/${lot.replace("-", "%2D")}`]) {
    await verify(bundle, { ...page, address: good });
  }
  const sister = `/01/${gtin}/10/${lot.replace("03B", "03")}`;
  for (const bad of [sister, `/01/${gtin.replace("91", "84")}/10/${lot}`, `/01/${gtin}`, "/", "/01/x/10/y", "/01/09521321001091/10/%"]) {
    await broken(verify(bundle, { ...page, address: bad }), "address");
  }
});

test("a proof that is not CBOR of its form is refused", async () => {
  const good = encoded(bundle);
  assert.equal((await check(new Uint8Array(good), page, filesOf(bundle))).signatures, bundle.records.length);
  const longer = Buffer.concat([good, Buffer.of(0)]);
  const huge = Buffer.from("8a60006060609b001fffffffffffff", "hex");
  const endless = Buffer.from("9f", "hex");
  for (const bad of [longer, good.subarray(0, -1), good.subarray(0, 900), huge, endless, Buffer.alloc(0), Buffer.from("{}")]) {
    await broken(check(new Uint8Array(bad), page), "bundle");
  }
});

// ---- forms ------------------------------------------------------------------------------------------------------------------

test("ambiguous JSON is refused", () => {
  assert.deepEqual(parse(bytes(' {"a":[1,-2.5,0,true,null,"\\u00e9\\ud83d\\ude00 : {"]} ')), { a: [1, -2.5, 0, true, null, "\u00e9\u{1f600} : {"] });
  const bad = [
    '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":1,"\\u0061":2}', "1e3", '{"a":1E3}', "[-1e-3]", "NaN", "01", "{} {}", "[1,]", "",
    '"\\ud800x"', '"\\udc00"', '{"$serde_json::private::Number":"5"}', '{"a":{"$serde_json::private::RawValue":"1"}}',
    `${"[".repeat(33)}${"]".repeat(33)}`,
  ];
  for (const text of bad) assert.throws(() => parse(bytes(text)), text);
  assert.throws(() => parse(Uint8Array.of(0x22, 0xff, 0x22)));
  assert.ok(parse(bytes(`${"[".repeat(32)}${"]".repeat(32)}`)));
  assert.ok(parse(bytes('{"__proto__":{"x":1}}')) && {}.x === undefined);
});

test("a record with ambiguous JSON or of another type is refused", async () => {
  const twice = world();
  twice.event(key(2), MAKER, '{"eventID":"urn:uuid:x","eventID":"urn:uuid:y"}');
  twice.entries.pop();
  const by = { iss: MAKER, sub: "x", aud: twice.id, seq: 9 };
  twice.entries.push(record(key(2), { ...by, type: "application/ld+json", payload: '{"eventID":"a","eventID":"b"}' }));
  await broken(look(twice), "record", /twice/);
  // an event key must not register a key in a statement with the content type of an event
  const dressed = world();
  dressed.admit(key(3), LAB, LAB, key(4), "event");
  const statement = { type: "Key", party: LAB, key: key(66).id, purpose: "admin" };
  dressed.entries.push(record(key(4), { ...by, iss: LAB, type: "application/ld+json", payload: { ...statement, eventID: "z" } }));
  dressed.event(key(66), LAB, inspect);
  await broken(look(dressed), "keys", /nobody registered/);
  for (const odd of [{ type: "text/plain" }, { seq: 0 }, { iat: -1 }, { alg: -7 }, { iss: "" }, { sub: "a\u0007" }, { sub: "a".repeat(513) }]) {
    const l = world();
    l.entries.push(record(key(2), { ...by, type: "application/ld+json", payload: { eventID: "q" }, ...odd }));
    await broken(look(l), "record");
  }
});

test("non-canonical base32 is refused", () => {
  const raw = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
  assert.deepEqual(fromBase32(base32(raw)), raw);
  for (const text of ["", base32(raw).toUpperCase(), `${base32(raw)}a`, base32(raw).slice(1), `${base32(raw).slice(0, -1)}b`, undefined]) {
    assert.throws(() => fromBase32(text));
  }
});

const vectors = (file) => readFileSync(new URL(`../testdata/tlog/${file}`, import.meta.url), "utf8");

test("Ed25519 without WebCrypto agrees with the ledger on 914 edge cases", async () => {
  const cases = JSON.parse(vectors("c2sp-cctv/ed25519/ed25519vectors.json"));
  const hex = (s) => Uint8Array.from(Buffer.from(s, "hex"));
  const refused = ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R"];
  assert.ok(await canCheck());
  let [taken, differ] = [0, 0];
  for (const { key: k, sig, msg, flags } of cases) {
    const args = [hex(k), hex(sig), bytes(msg)];
    const verdict = await signed(...args);
    taken += verdict;
    if (verdict) assert.ok(!(flags ?? []).some((f) => refused.includes(f)), String(flags));
    // if the weak points are refused or absent, both engines must agree
    const guarded = (flags ?? []).some((f) => refused.includes(f));
    if (!guarded) differ += (await plain(...args)) !== verdict;
  }
  assert.equal(differ, 0);
  assert.ok(taken > 0 && taken < 208, String(taken));
});

test("a cosignature of another implementation verifies", async () => {
  const keys = JSON.parse(vectors("generated/keys.json"));
  const note = vectors("generated/checkpoint-300-cosigned.txt");
  const witness = await verifierKey(keys.witness_vkey, 4);
  const [{ signature, message, time }] = cosignatures(note, witness);
  assert.equal(time, 1767139200n);
  assert.ok(await signed(witness.key, signature, message));
  await assert.rejects(verifierKey(keys.witness_vkey));
});
