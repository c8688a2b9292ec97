// Keys and commitments of the app: the examples of docs/formats.md, made anew; both engines; a browser whose signatures differ each time.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import FDBDatabase from "fake-indexeddb/lib/FDBDatabase";

import { encode } from "../../web/static/bytes.js";
import { Point, utils } from "../../web/static/vendor/noble/ed25519.js";
import { env } from "../../web/static/app/env.js";
import { identities, join } from "../../web/static/app/identity.js";
import { createKey, importSeed, openKey, possessionMessage, provePossession, support } from "../../web/static/app/key.js";
import { askSigned } from "../../web/static/app/node.js";
import * as outbox from "../../web/static/app/outbox.js";
import { newSerials, serialRoot } from "../../web/static/app/serials.js";
import * as sync from "../../web/static/app/sync.js";
import { FARM, Node, Phone, harvest } from "./app-node.mjs";

const page = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");
const example = (name) => new RegExp(`<!-- example: ${name} -->\n\`\`\`text\n([^]*?)\n\`\`\``).exec(page)[1];
const LEDGER = /urn:jejak:ledger:[a-z2-7]{52}/.exec(example("ledger-id"))[0];
const phone = () => new Phone(new Node()).on();

for (const weakly of [false, true]) {
  test(`possession is proven as the documentation shows (${weakly ? "fallback" : "WebCrypto"})`, async () => {
    await phone();
    const { public: name } = await importSeed("05".repeat(32), { weakly });
    const authority = "urn:jejak:party:authority";
    const [message, proof] = example("possession").split("\n\n");
    const hex = message.replaceAll(/#.*|\s/g, "");
    const { raw } = await openKey(name);
    assert.equal(Buffer.from(possessionMessage(LEDGER, authority, "admin", raw)).toString("hex"), hex);
    assert.equal(await provePossession(LEDGER, authority, "admin", name), proof.trim());
  });
}

test("a request is signed as the documentation shows", async () => {
  await phone();
  const key = await openKey((await importSeed("05".repeat(32))).public);
  const shown = Object.fromEntries([...example("signed-request").matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, name, value]) => [name.toLowerCase(), value]));
  const target = /^PUT (\S+) /.exec(example("signed-request"))[1];
  const asked = [];
  Object.assign(env, { now: () => 1_767_225_600_000, fetch: async (url, options) => (asked.push([url, options]), new Response(null, { status: 204 })) });
  const real = crypto.getRandomValues;
  crypto.getRandomValues = (into) => into.map((_, i) => (into[i] = i));
  try {
    await askSigned(key, { base: "http://far", ledger: LEDGER, publicUrl: "https://jejak.example" }, target, { method: "PUT", body: encode("a photo\n") });
  } finally {
    crypto.getRandomValues = real;
  }
  const [[url, { headers }]] = asked;
  assert.equal(url, `http://far${target}`);
  for (const name of ["signature-input", "content-digest", "signature"]) assert.equal(headers[name], shown[name], name);
});

test("serials are committed to as the documentation shows", async () => {
  const [one, two, root] = example("serials").split("\n");
  assert.equal(`root ${await serialRoot("09521321001015", "L1", [two, one])}`, root);
  const many = newSerials(300);
  assert.ok(many.every((serial) => /^[a-z2-7]{16}$/.test(serial)) && new Set(many).size === 300);
  assert.equal((await serialRoot("09521321001015", "L1", many)).length, 52);
  await assert.rejects(serialRoot("09521321001015", "L1", [one, one]));
});

test("this machine's WebCrypto signs, and without a secure context there is no key", async () => {
  await phone();
  assert.equal(await support(), "strong");
  const real = crypto.subtle.generateKey;
  crypto.subtle.generateKey = (how, ...more) => (how === "Ed25519" ? Promise.reject(new DOMException("no", "NotSupportedError")) : real.call(crypto.subtle, how, ...more));
  try {
    assert.equal(await support(), "weak");
    assert.equal((await createKey()).weak, true);
  } finally {
    delete crypto.subtle.generateKey;
  }
  await assert.rejects(openKey("x"), { code: "no-key" });
});

test("a phone pins one log key for a ledger, and one party for a key", async () => {
  await phone();
  const [{ public: a }, { public: b }] = [await createKey(), await createKey()];
  const of = { ledger: LEDGER, log: "a+00000000+AA", party: FARM };
  await join({ ...of, key: a });
  await assert.rejects(join({ ...of, log: "b+00000000+AA", key: b }));
  await assert.rejects(join({ ...of, party: "urn:jejak:party:other", key: a }));
  await join({ ...of, party: "urn:jejak:party:other", key: b });
  assert.deepEqual((await identities()).map((one) => one.key), [a, b]);
});

// Signatures of some browsers are valid and new each time (RFC 8032 asks for the same, engines with a random nonce exist).
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const number = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const bytesOf = (n) => Buffer.from(n.toString(16).padStart(64, "0"), "hex").reverse();

async function hedged(seed, message) {
  const { scalar, pointBytes } = await utils.getExtendedPublicKeyAsync(seed);
  const nonce = (number(randomBytes(64)) % (ORDER - 1n)) + 1n;
  const point = Point.BASE.multiply(nonce).toBytes();
  const challenge = number(createHash("sha512").update(point).update(pointBytes).update(message).digest()) % ORDER;
  return Buffer.concat([point, bytesOf((nonce + challenge * scalar) % ORDER)]);
}

test("14: a browser whose signatures differ each time never lets two records of one number out", async () => {
  const node = new Node();
  await new Phone(node).on();
  const seed = "0b".repeat(32);
  const { public: name } = await importSeed(seed);
  node.enrol(name);
  await join({ ledger: node.id, log: node.logKey, party: FARM, key: name });
  const made = new Set();
  crypto.subtle.sign = async (_, __, message) => {
    const signature = await hedged(Uint8Array.from(Buffer.from(seed, "hex")), message);
    made.add(signature.toString("hex"));
    return signature;
  };
  const { prototype } = FDBDatabase;
  const before = prototype.transaction;
  const lock = env.lock;
  try {
    const id = await outbox.saveDraft(harvest());
    let count = 0;
    prototype.transaction = function (stores, mode, options) {
      if (mode === "readwrite" && [stores].flat().includes("records") && ++count === 2) throw new DOMException("dead", "UnknownError");
      return before.call(this, stores, mode, options);
    };
    await assert.rejects(outbox.signDraft(id));
    prototype.transaction = before;
    // two pages without locks sign what is left, at once
    env.lock = (_, __, work) => work({});
    const both = await Promise.all([outbox.signDraft(id), outbox.signDraft(id)]);
    assert.ok(made.size >= 2, "the signatures differ");
    assert.deepEqual(both[0], both[1]);
    await sync.sync();
    await sync.sync();
    assert.deepEqual([node.entries.length, node.has(both[0].id), (await outbox.list()).length], [3, 1, 1]);
    assert.equal(new Set(node.posts().map(({ body }) => Buffer.from(body).toString("hex"))).size, 1);
  } finally {
    delete crypto.subtle.sign;
    prototype.transaction = before;
    env.lock = lock;
  }
});

