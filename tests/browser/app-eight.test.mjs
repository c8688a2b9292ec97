// The eight words of the app are those of the program, and the lists are what they say they are.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { base32 } from "../../web/static/bytes.js";
import { languageOf, list, numbers, words } from "../../web/static/app/eight.js";
import { inRepository, vectors } from "./vectors.mjs";

const LANGUAGES = ["id", "en", "zh"];
const text = (language) => inRepository(`web/static/app/eight/${language}.txt`);
const load = async (language) => list(text(language));

test("the words are the program's", async () => {
  const all = vectors("eight.json");
  for (const { ledger, log, party, key, numbers: wanted, ...said } of all) {
    assert.deepEqual(numbers(ledger, log, party, key), wanted);
    for (const language of LANGUAGES) assert.deepEqual(await words(ledger, log, party, key, language, load), said[language]);
  }
  assert.ok(all.length >= 1500);
});

test("another ledger, log, party or key has other words", async () => {
  const key = new Uint8Array(32).fill(7);
  const all = [["L", "G", "P"], ["M", "G", "P"], ["L", "H", "P"], ["L", "G", "Q"], ["LG", "", "P"], ["L", "", "GP"]].map((parts) => numbers(...parts, key).join());
  assert.equal(new Set([...all, numbers("L", "G", "P", new Uint8Array(32)).join()]).size, all.length + 1);
  assert.deepEqual(numbers("L", "G", "P", base32(key)), numbers("L", "G", "P", key));
  assert.throws(() => numbers("L", "G", "P", new Uint8Array(31)));
  assert.throws(() => numbers("L".repeat(65536), "G", "P", key));
  assert.deepEqual(["id_ID.UTF-8", "in", "zh-Hans", "en", "de", undefined].map(languageOf), ["id", "id", "zh", "en", "en", "en"]);
});

test("a list that could not be read is asked for again", async () => {
  let asked = 0;
  const failing = async (language) => {
    if (asked++ === 0) throw new Error("no signal");
    return load(language);
  };
  const key = new Uint8Array(32);
  const { words: fresh } = await import("../../web/static/app/eight.js?again");
  await assert.rejects(fresh("L", "G", "P", key, "id", failing), /no signal/);
  assert.equal((await fresh("L", "G", "P", key, "id", failing)).length, 8);
});

/** Everything one letter away: put in, left out or replaced. */
function near(word) {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const out = new Set();
  for (let at = 0; at <= word.length; at++) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    if (after) out.add(before + after.slice(1));
    for (const letter of letters) {
      out.add(before + letter + after);
      if (after) out.add(before + letter + after.slice(1));
    }
  }
  out.delete(word);
  return out;
}

test("each list has 2,048 distinct plain words in the order of their bytes", () => {
  for (const language of LANGUAGES) {
    const all = list(text(language));
    assert.equal(text(language), `${all.join("\n")}\n`);
    assert.deepEqual([...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))), all, language);
    for (const word of all) assert.match(word, { id: /^[a-z]{3,7}$/, en: /^[a-z]{3,8}$/, zh: /^\p{Script=Han}{2}$/u }[language], language);
  }
  assert.throws(() => list("satu\ndua\n"));
  assert.throws(() => list("kata\n".repeat(2048)));
});

test("no two Indonesian words are one letter apart, nor differ only in letters that many don't tell apart", (t) => {
  const all = new Set(list(text("id")));
  const close = [...all].filter((word) => [...near(word)].some((other) => all.has(other)));
  assert.deepEqual(close, []);
  const alike = (word) =>
    [[/sy/g, "s"], [/kh/g, "k"], [/[vf]/g, "p"], [/z/g, "s"], [/h/g, ""], [/b$/, "p"], [/d$/, "t"], [/[gq]$/, "k"], [/(.)\1+/g, "$1"]].reduce((out, [from, to]) => out.replace(from, to), word);
  assert.equal(new Set([...all].map(alike)).size, all.size);
  const english = new Set(list(text("en")));
  t.diagnostic(`English words with one a letter away: ${[...english].filter((word) => [...near(word)].some((other) => english.has(other))).length}`);
});

test("the English list is that of BIP-39, whose first four letters tell its words apart", () => {
  assert.equal(createHash("sha256").update(text("en")).digest("hex"), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
  assert.equal(new Set(list(text("en")).map((word) => word.slice(0, 4))).size, 2048);
  assert.match(inRepository("web/static/app/eight/LICENSE-en"), /MIT License/);
});

test("no Chinese word is another one reversed", () => {
  const all = new Set(list(text("zh")));
  assert.deepEqual([...all].filter((word) => word[0] !== word[1] && all.has(word[1] + word[0])), []);
});
