// The sentences that the check knows, held to those of the pages: every language, every label, and no name that a signer's code could take.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { blake3 } from "../../web/static/blake3.js";
import { base32, encode } from "../../web/static/bytes.js";
import { DRAWINGS } from "../../web/static/drawings.js";
import en from "../../web/static/words-en.js";

// 60 bits of a hash, as the check has a long text.
const short = (text) => base32(blake3(encode(text))).slice(0, 12);
const locales = new URL("../../web/locales/", import.meta.url);

test("every locale has a table of the compared words, with the same text", async () => {
  const sentences = new Map();
  const codes = readdirSync(locales).flatMap((file) => /^([a-z]+)\.ftl$/.exec(file)?.[1] ?? []);
  assert.ok(codes.length >= 3, String(codes));
  for (const code of codes) {
    const ftl = readFileSync(new URL(`${code}.ftl`, locales), "utf8");
    const known = new Map([...ftl.matchAll(/^([A-Za-z0-9-]+) = (.*)$/gm)].map(([, key, text]) => [key, text]));
    const counted = new Map([...ftl.matchAll(/^([A-Za-z0-9-]+) = \{ \$n ->\n([^]*?)^\}/gm)].map(([, key, forms]) => [key, [...forms.matchAll(/\] (.*)$/gm)].map((m) => m[1])]));
    const { default: table } = await import(`../../web/static/words-${code}.js`);
    assert.deepEqual(Object.keys(table), Object.keys(en));
    const { labels, sentences: hashes, ...keyed } = table;
    for (const [key, text] of Object.entries(keyed)) {
      const forms = counted.get(key) ?? [known.get(key)];
      assert.deepEqual(Array.isArray(text) ? text : [text], Array.isArray(text) ? forms : [known.get(key)], `${key} in ${code}`);
    }
    // a long sentence is there by its hash
    const long = new Map([...known.values()].map((text) => [short(text), text]));
    sentences.set(code, { known, labels: [...labels, ...hashes.split(" ").map((hash) => long.get(hash) ?? hash)] });
  }
  // a label is the same sentence in every language
  const { known: english, labels: all } = sentences.get("en");
  for (const [n, label] of all.entries()) {
    const keys = [...english].filter(([, text]) => text === label).map(([key]) => key);
    for (const [code, { known, labels }] of sentences) {
      assert.ok(keys.some((key) => known.get(key) === labels[n]), `label ${n} in ${code}: ${labels[n]}`);
      assert.equal(labels.length, all.length);
    }
  }
  for (const { known, labels } of sentences.values()) {
    const first = labels.indexOf(known.get("proof-honest"));
    assert.deepEqual(labels.slice(first, first + 2), [known.get("proof-honest"), known.get("trust-not-pinned")], "the two that stand on every page come first");
    assert.equal(first, en.labels.length);
  }
  // and each sentence of a lot's page is one, is compared otherwise, or stands in an attribute, in what the server marks as its own, or on a page without a proof
  const elsewhere = ["self-check-parts", "file-unchecked", "findings", "findings-lead", "specification", "specification-file", "balance", "product", "as-of-records"];
  const template = ["lot", "base"].map((name) => readFileSync(new URL(`../pages/${name}.html`, locales), "utf8")).join("\n");
  const used = [...template.matchAll(/t\.of\("([a-z0-9-]+)"\)/g)].map(([, key]) => key).filter((key) => !elsewhere.includes(key));
  assert.ok(used.length > 40, String(used.length));
  for (const key of used) assert.ok(key in en || all.includes(english.get(key)), `${key} is on the page, and the check knows it not`);
});

test("the check knows every drawing of the pages, and no other", () => {
  const symbols = readFileSync(new URL("../pages/sprite.svg", locales), "utf8").split("\n").filter((line) => line.includes(' id="'));
  assert.ok(symbols.length > 30, String(symbols.length));
  // as a browser writes them
  const written = symbols.map((line) => line.replace(/<(\w+)([^>]*)\/>/g, "<$1$2></$1>"));
  assert.deepEqual(DRAWINGS, written.map(short));
});

test("no sentence of the pages can be taken for the kind of a document or another coded value", () => {
  // a signer chooses the code: `document-<code>` is looked up, so that only words for codes may be named so
  const page = ["../pages/lot.html", "../static/page.js"].map((name) => readFileSync(new URL(name, locales), "utf8")).join("\n");
  const rust = readFileSync(new URL("../../src/server/pages/lot_text.rs", locales), "utf8");
  const named = [...`${page}${rust}`.matchAll(/(?:t\.of\(|words\[(?:[^\]]*\? )?|Some\(|: )"([a-z]+)-[a-z0-9-]+"/g)].map(([, kind]) => kind);
  assert.ok(named.length > 30, String(named.length));
  const coded = ["reason", "milestone", "document", "gear", "claim", "visit", "leg", "condition", "seal", "process"];
  assert.deepEqual(named.filter((kind) => coded.includes(kind)), []);
});
