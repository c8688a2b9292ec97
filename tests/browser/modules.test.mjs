// The checking modules of the pages, without a browser: BLAKE3, base32, records, inclusion paths and checkpoints, with test vectors
// of other projects (tests/testdata) and with each other.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Refused, base32, encode, fromBase64, parse, same } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { decode } from "../../web/static/cose.js";
import { Comparison } from "../../web/static/compare.js";
import { rootOf } from "../../web/static/app/inclusion.js";
import { isExtended } from "../../web/static/consistency.js";
import { checkpoint, treeOf, verifierKey } from "../../web/static/log.js";
import { canCheck, signed } from "../../web/static/ed25519.js";
import { sha2 } from "../../web/static/sha2.js";
import { consistency, leaf, root, sha256, subtrees } from "./tree.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const vectors = (file) => readFileSync(new URL(`../testdata/tlog/${file}`, import.meta.url), "utf8");

test("BLAKE3 matches the reference vectors", () => {
  // from the reference test vectors: byte i is i mod 251
  const input = (n) => Uint8Array.from({ length: n }, (_, i) => i % 251);
  assert.equal(hex(blake3(input(0))), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  assert.equal(hex(blake3(input(1))), "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213");
  assert.equal(hex(blake3(input(1024))), "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7");
  assert.equal(hex(blake3(input(1025))), "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444");
});

test("SHA-2 without WebCrypto agrees with this machine's", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 200, 4097]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
    for (const name of ["SHA-256", "SHA-512"]) {
      assert.equal(hex(sha2[name](bytes)), createHash(name.replace("-", "")).update(bytes).digest("hex"), `${name} of ${length}`);
    }
  }
});

test("base32 encodes and base64 refuses non-canonical text", () => {
  assert.equal(base32(encode("foobar")), "mzxw6ytboi");
  assert.equal(base32(new Uint8Array(32)).length, 52);
  assert.throws(() => fromBase64("Zm9=")); // bits left over
});

test("WebCrypto of this machine verifies Ed25519", async () => assert.ok(await canCheck()));

test("bytes that are not a record are refused", () => {
  for (const bytes of [[], [0xd2], [0xd2, 0x84], [0xd2, 0x9f, 0xff], Array(70).fill(0xff)]) {
    assert.throws(() => decode(Uint8Array.from(bytes)));
  }
});

test("inclusion paths of the generated tree verify", async () => {
  const tree = JSON.parse(vectors("generated/tlog-record-N.json"));
  const proofs = tree.inclusion ?? tree.inclusion_proofs;
  let made = 0;
  for (const p of proofs) {
    const index = p.index ?? p.leaf_index;
    const size = p.size ?? p.tree_size;
    const proof = (p.path ?? p.proof).map(fromBase64);
    const root = fromBase64(p.root ?? tree.roots[size]);
    const entry = encode(`record ${index}`);
    assert.ok(same(await rootOf(entry, index, size, proof), root), `${index} of ${size}`);
    assert.ok(!same(await rootOf(encode("another"), index, size, proof), root));
    if (proof.length) await assert.rejects(rootOf(entry, index, size, proof.slice(1)));
    await assert.rejects(rootOf(entry, size, size, proof));
    made++;
  }
  assert.ok(made > 0);
});

test("the roots of a log and of its prefixes follow from any records and the subtrees without them, and from nothing else", async () => {
  const rootOver = async (records, size, others, prefixes, at = size) => treeOf(records, size, others, prefixes)(at);
  for (let size = 1; size <= 6; size++) {
    const entries = Array.from({ length: size }, (_, n) => encode(String(n)));
    const leaves = entries.map(leaf);
    const top = root(leaves);
    for (let chosen = 1; chosen < 2 ** size; chosen++) {
      for (let end = 1; end <= size; end++) {
        const ends = [end, Math.ceil(size / 2)];
        const records = entries.map((record, index) => ({ index, record })).filter(({ index }) => (chosen >> index) & 1);
        const others = subtrees(leaves, 0, records.map(({ index }) => index), ends);
        const where = `${chosen.toString(2)} of ${size}, ${ends}`;
        assert.ok(same(await rootOver(records, size, others, ends), top), where);
        for (const at of ends) assert.ok(same(await rootOver(records, size, others, ends, at), root(leaves.slice(0, at))), `${where} at ${at}`);
        for (const i of others.keys()) {
          assert.ok(!same(await rootOver(records, size, others.with(i, sha256(others[i])), ends), top), `${where}: another hash`);
          await assert.rejects(rootOver(records, size, others.toSpliced(i, 1), ends), `${where}: one less`);
          await assert.rejects(rootOver(records, size, others.with(i, others[i].subarray(1)), ends), `${where}: a short one`);
        }
        await assert.rejects(rootOver(records, size, [...others, top], ends), `${where}: one more`);
        const last = records.at(-1);
        await assert.rejects(rootOver([...records, last], size, others, ends), `${where}: a record twice`);
        await assert.rejects(rootOver(records.with(-1, { ...last, index: size }), size, others, ends), `${where}: beyond the log`);
        const changed = records.with(-1, { ...last, record: encode("another") });
        assert.ok(!same(await rootOver(changed, size, others, ends), top), `${where}: another record`);
      }
    }
  }
});

test("a consistency proof holds for its two trees and no others", async () => {
  const leaves = Array.from({ length: 33 }, (_, n) => leaf(encode(String(n))));
  const at = (size) => root(leaves.slice(0, size));
  for (let size = 1; size <= leaves.length; size++) {
    for (let old = 1; old <= size; old++) {
      const proof = consistency(leaves.slice(0, size), old);
      const holds = (...of) => isExtended(...of);
      assert.ok(await holds(old, at(old), size, at(size), proof), `${old} to ${size}`);
      assert.ok(!(await holds(old, sha256(at(old)), size, at(size), proof)));
      if (old < size) assert.ok(!(await holds(old, at(old), size, at(size), [...proof, at(1)])));
      for (let i = 0; i < proof.length; i++) {
        const bad = proof.map((hash, j) => (j === i ? sha256(hash) : hash));
        assert.ok(!(await holds(old, at(old), size, at(size), bad)), `hash ${i} of ${old} to ${size}`);
        assert.ok(!(await holds(old, at(old), size, at(size), proof.filter((_, j) => j !== i))));
      }
    }
  }
  assert.ok(!(await isExtended(0, at(1), 5, at(5), [])) && !(await isExtended(6, at(6), 5, at(5), [])));
});

test("the generated checkpoint verifies", async () => {
  const keys = JSON.parse(vectors("generated/keys.json"));
  const note = vectors("generated/checkpoint-300-cosigned.txt");
  const vkey = Object.values(keys).flatMap((v) => (typeof v === "string" ? [v] : Object.values(v))).find((v) => /^[^+]+\+[0-9a-f]{8}\+A[Q-f]/.test(v));
  const log = await verifierKey(vkey);
  const head = checkpoint(note, log);
  assert.equal(head.size, 300);
  assert.ok(await signed(log.key, head.signatures[0], head.text));
  await assert.rejects(verifierKey(vkey.replace(/\+[0-9a-f]{8}\+/, "+00000000+")));
});

test("measured words are those of the profile, in the reader's language", () => {
  const crab = JSON.parse(readFileSync(new URL("../../schemas/commodities/crab.json", import.meta.url), "utf8"));
  const worded = (lang, parameter, value) => new Comparison([], {}, "", lang, {}, new Map([["", crab]])).worded(`urn:jejak:param:${parameter}`, value);
  assert.deepEqual(worded("id", "berried", "no"), ["tidak bertelur"]);
  assert.deepEqual(worded("zh", "listeria", "NOT_detected"), ["未检出"]);
  assert.deepEqual(worded("en", "listeria", "negatif"), ["absent"]);
  assert.deepEqual(worded("en", "listeria", "negatiff"), []);
  assert.deepEqual(worded("en", "cd", "0.1"), []);
});

test("a number that JavaScript has not is kept as the text that was signed", () => {
  const read = (text) => parse(encode(text));
  const text = '{"amount":12345678901234567.891,"zeros":1.50,"long":[18446744073709551616,-0],"plain":[1,-2.5,0],"text":"12345678901234567.891, 1.50"}';
  assert.deepEqual(read(text), {
    amount: "12345678901234567.891", zeros: "1.50", long: ["18446744073709551616", "-0"], plain: [1, -2.5, 0], text: "12345678901234567.891, 1.50",
  });
  for (const bad of ['{"a":012345678901234567890}', '{"a":1.}', '{"a":1e30}', '{"a":12345678901234567.891E1}', '{"a":--1.50}']) assert.throws(() => read(bad), Refused, bad);
});
