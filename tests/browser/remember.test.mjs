// What a device remembers of a log: a proof of another history is refused, an older one is told from a newer one.
import assert from "node:assert/strict";
import test from "node:test";

import { encode } from "../../web/static/bytes.js";
import { Unanswered, compare } from "../../web/static/remember.js";
import { consistency, leaf, root, sha256 } from "./tree.mjs";

const leaves = Array.from({ length: 20 }, (_, n) => leaf(encode(String(n))));
const head = (size, of = leaves) => ({ size, root: root(of.slice(0, size)) });

// A browser that has seen nothing yet, and a node that answers with right proofs; `asked` is what it was asked for.
const json = "application/json";
const answered = (body, status = 200, type = json) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "content-type": type } });
function device(answer = (from, to) => answered({ proof: proof(from, to) })) {
  const stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
  const asked = [];
  const get = async (path) => {
    const [, from, to] = /^\/consistency\?from=(\d+)&to=(\d+)$/.exec(path);
    asked.push(path);
    return answer(Number(from), Number(to));
  };
  return { compare: (at) => compare("log", at, get), stored, asked };
}
const proof = (from, to) => consistency(leaves.slice(0, to), from).map((hash) => hash.toString("base64"));

test("a head that extends the one before is kept, an older one is told", async () => {
  const d = device();
  assert.equal(await d.compare(head(5)), "new");
  assert.deepEqual(d.asked, [], "there is nothing to compare it with");
  assert.equal(await d.compare(head(5)), "new");
  assert.equal(await d.compare(head(13)), "new");
  assert.equal(await d.compare(head(8)), "old");
  assert.equal(JSON.parse(d.stored.get("jejak-head log")).size, 13, "the newest stays");
  assert.equal(d.asked.length, 2);
});

test("a head of another history is refused, after a second try", async () => {
  const other = leaves.map((hash, n) => (n === 3 ? sha256(hash) : hash));
  for (const size of [5, 7, 13, 4]) {
    const d = device();
    await d.compare(head(7));
    await assert.rejects(d.compare(head(size, size < 5 ? leaves.map((hash) => sha256(hash)) : other)), /not the history/);
    assert.equal(JSON.parse(d.stored.get("jejak-head log")).size, 7);
    assert.equal(d.asked.length, size === 7 ? 0 : 2);
  }
});

test("a node that proves nothing is not believed, and one that does not answer is not blamed", async () => {
  const nothing = [
    () => answered({ title: "no such tree" }, 404, "application/problem+json"),
    () => answered("not here", 404, "text/html"),
    () => answered({ title: "not a number" }, 400, "application/problem+json"),
    () => answered({}),
    () => answered({ proof: ["x"] }),
    () => answered("{"),
  ];
  for (const answer of nothing) {
    const d = device(answer);
    await d.compare(head(5));
    await assert.rejects(d.compare(head(9)), /not the history/);
    assert.equal(d.asked.length, 2);
  }
  // what stands between device and node: a login page, a proxy's error, a node that is busy, an answer that breaks off
  const silent = [
    () => answered("<html>Log in", 200, "text/html"),
    () => answered("<html>Bad gateway", 502, "text/html"),
    () => answered({ title: "busy" }, 503, "application/problem+json"),
    () => answered({ title: "too many" }, 429, "application/problem+json"),
    () => answered("Moved", 301, "text/html"),
    () => answered("no type", 403, ""),
    () => ({ ok: true, status: 200, headers: new Headers({ "content-type": json }), text: () => Promise.reject(new TypeError("aborted")) }),
  ];
  for (const answer of silent) {
    const d = device(answer);
    await d.compare(head(5));
    await assert.rejects(d.compare(head(9)), Unanswered);
    assert.equal(JSON.parse(d.stored.get("jejak-head log")).size, 5);
  }
  const gone = device(() => Promise.reject(new Error("no network")));
  await gone.compare(head(5));
  await assert.rejects(gone.compare(head(9)), /no network/);
  // the second answer is right
  let asked = 0;
  const late = device((from, to) => (++asked > 1 ? answered({ proof: proof(from, to) }) : answered({}, 404)));
  await late.compare(head(5));
  assert.equal(await late.compare(head(9)), "new");
});

test("storage that is withheld or damaged compares with nothing", async () => {
  const d = device();
  d.stored.set("jejak-head log", '{"size":"x"}');
  assert.equal(await d.compare(head(5)), "new");
  globalThis.localStorage = undefined;
  assert.equal(await d.compare(head(5)), "new");
});
