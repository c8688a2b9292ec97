// The app reads what is scanned, typed and pasted as the program does: vectors of tests/it/app_vectors.rs, and those of GS1's syntax engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { read } from "../../web/static/app/scan.js";
import { dec, enc } from "../../web/static/app/scan/bytes.js";
import { find, predefined, prefixOf, table } from "../../web/static/app/scan/dictionary.js";
import { LINTERS } from "../../web/static/app/scan/linter.js";
import { vectors } from "./vectors.mjs";

const plain = (value) => JSON.parse(JSON.stringify(value));

test("texts are read as the program reads them", () => {
  const all = vectors("scan.json");
  const wrong = [];
  const counts = { read: 0, several: 0, refused: 0 };
  for (const { text, ...wanted } of all) {
    const found = plain(read(text));
    const given = { readings: found.readings, certain: found.certain, error: found.error ?? null, lot: found.lot ?? null };
    try {
      assert.deepEqual(given, wanted);
    } catch {
      wrong.push({ text, given, wanted });
    }
    if (wanted.readings.length > 0) counts.read++;
    if (wanted.readings.length > 1) counts.several++;
    if (wanted.error) counts.refused++;
  }
  assert.equal(wrong.length, 0, `${wrong.length} of ${all.length}: ${JSON.stringify(wrong.slice(0, 3), null, 1)}`);
  assert.ok(all.length > 8000 && counts.read > 2500 && counts.several > 300 && counts.refused > 500, JSON.stringify(counts));
});

test("every identifier of the dictionary is read, with checks that are known", () => {
  assert.ok(table.length > 500);
  for (const known of table) {
    assert.equal(prefixOf(known.code), known);
    assert.equal(find(known.code), known);
    for (const { linters } of known.components) for (const name of linters) assert.ok(LINTERS[name], name);
    const length = predefined(known.code);
    assert.equal(length === undefined ? undefined : length - known.code.length, known.fnc1 ? undefined : known.fixed, known.code);
  }
});

test("text goes to bytes and back", () => {
  for (const text of ["", "A", "é", "中文", "𝟙x", "\u{feff}a", "\u0000"]) assert.equal(dec(enc(text)), text);
  assert.equal(enc("é").length, 2);
});

test("what people type is read, and errors name the right digit", () => {
  const path0 = (text) => read(text).readings[0]?.path;
  for (const text of ["(01)09521321001015(10)A-7", "01 9521321001015 10 A-7", "GTIN: 9521321001015, batch no. A-7", "（０１）０９５２１３２１００１０１５（１０）Ａ－７", "]C101095213210010151 0A-7", "09521321001015(10)A-7"]) {
    assert.equal(path0(text), "/01/09521321001015/10/A-7", text);
  }
  for (const [text, right] of [["(01)09521321001016(10)A", 5], ["614141123459", 2], ["095213210000000019", 8], ["https://x.example/01/9521321001016", 5], ["(8006)095213210010160102", 5]]) {
    const { readings, error } = read(text);
    assert.deepEqual([readings, error.code, error.right], [[], "check-digit", right], text);
  }
  // a lost FNC1: every reading, the standard one first
  assert.deepEqual(read("010952132100101510A-717271231").readings.slice(0, 2).map((one) => one.key.lot), ["A-717271231", "A-7"]);
  assert.deepEqual([read("(10)A-7").lot, read("A-7").lot], ["A-7", undefined]);
});

const foreign = (name, folder) => JSON.parse(readFileSync(path.join(folder, name), "utf8"));
const own = fileURLToPath(new URL("../testdata/digital-link/", import.meta.url));

// Reads the vectors of a folder. A reader of the strict kind refuses more: attributes that can't be read are left aside here.
function held(folder) {
  const counts = { read: 0, refused: 0, none: 0, typed: 0 };
  for (const { valid, uri, element_string: elements, options } of foreign("parse_dl_uri.json", folder)) {
    if (Object.keys(options).length > 0) continue;
    const { readings: [reading], error } = read(uri);
    if (!valid) counts.refused++;
    else if (!reading) {
      // keys that the ledger has no object for are refused by name
      assert.equal(error?.code, "unsupported", `${uri}: ${JSON.stringify(error)}`);
      counts.none++;
    } else {
      const { gtin, sscc, gln, lot, serial } = reading.key;
      const own = [gtin, sscc, gln, lot && `10${lot}`, serial && `21${serial}`, ...[...reading.beside, ...reading.unread].map((pair) => pair.join(""))].filter(Boolean);
      for (const part of own) assert.ok(elements.includes(part), `${uri}: ${part} in ${elements}`);
      assert.equal(read(`https://x.example${reading.address}`).readings[0].path, reading.path, uri);
      counts.read++;
    }
  }
  for (const { valid, element_string: text } of foreign("process_ai_data.json", folder)) {
    const [reading] = read(text).readings;
    // as the strict parser accepts it, so nothing is left unread
    if (valid && reading) assert.deepEqual(reading.unread, [], text);
    if (valid && reading) counts.typed++;
  }
  assert.ok(counts.read >= 20 && counts.read + counts.refused + counts.none >= 45 && counts.typed >= 5, JSON.stringify(counts));
  return counts;
}

test("URIs of GS1's syntax engine name what it says", () => held(own));
test("the same with the vectors that may not be copied", { skip: process.env.JEJAK_VECTORS ? false : "JEJAK_VECTORS is not set (tests/testdata/README.md)" }, () =>
  held(path.join(process.env.JEJAK_VECTORS, "digital-link")));
