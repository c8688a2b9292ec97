// Where labels lead that a phone scans without a signal, and why a text names nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as session from "../../web/static/app/session.js";
import * as store from "../../web/static/app/store.js";
import { read } from "../../web/static/app/scan.js";
import { leadsTo, whyNothing } from "../../web/static/app/screens/readings.js";
import { FARM, Node, Phone, checked } from "./app-node.mjs";

const GTIN = "09521321001015";
const [SSCC, OTHER] = [checked("09521321000000001"), checked("09521321000000002")];
const GLN = checked("952132100001");
const lot = (number) => ({ lot: `https://id.gs1.org/01/${GTIN}/10/${number}`, gtin: GTIN, number });

async function phone() {
  const node = new Node();
  await new Phone(node).start();
  const work = { held: [lot("A-1")], containers: [{ sscc: SSCC, lots: [lot("A-1"), lot("A/2")] }], incoming: [{ shipment: "s".repeat(52), name: { en: "Mill" }, lots: [lot("C-1")], containers: [OTHER] }] };
  const kit = { places: [{ gln: GLN, name: { en: "Field" } }], counterparts: [] };
  for (const [name, value] of Object.entries({ kit, work })) await store.put("cache", { value, at: 1, size: 2 }, `${name}:${node.id}:${FARM}`);
  await session.open();
}
const leads = async (text, then) => (await Promise.all(read(text).readings.map((one) => leadsTo(one, then)))).flat();

test("a lot leads to its sheet, or to the form that asked for it; a product goes on asking for that form", async () => {
  await phone();
  assert.deepEqual((await leads(`(01)${GTIN}(10)A-1`)).map(({ to, known }) => [to, known]), [[`/lot/${GTIN}/A-1`, true]]);
  assert.deepEqual((await leads(`(01)${GTIN}(10)A/9`, "/inspect")).map(({ to, known }) => [to, known]), [[`/inspect/${GTIN}/A%2F9`, false]]);
  assert.deepEqual((await leads(`(01)${GTIN}`, "/inspect")).map(({ to }) => to), [`/scan?gtin=${GTIN}&then=/inspect`]);
});

test("a container leads to the lots in it and to the shipment that it came with; one that is unknown, and a place, to their pages", async () => {
  await phone();
  assert.deepEqual((await leads(`(00)${SSCC}`, "/inspect")).map(({ to }) => to), [`/inspect/${GTIN}/A-1`, `/inspect/${GTIN}/A%2F2`]);
  assert.deepEqual((await leads(`(00)${OTHER}`)).map(({ to }) => to), [`/receive/of/${"s".repeat(52)}`]);
  const far = checked("09521321000000003");
  assert.deepEqual((await leads(`(00)${far}`)).map(({ to, page }) => [to, page]), [[undefined, `/00/${far}`]]);
  assert.deepEqual((await leads(`(414)${GLN}`)).map(({ title, page }) => [title, page]), [["Field", `/414/${GLN}`]]);
});

test("each reason why a text names nothing has its sentence", () => {
  const texts = {
    "check-digit": "(01)09521321001016(10)A", "no-key": "https://x.example/about", unsupported: "https://x.example/8003/09521321001015", value: "https://x.example/01/ABC",
    escape: "https://x.example/01/09521321001015/10/%zz",
  };
  const app = readFileSync(new URL("../../web/locales/app.en.ftl", import.meta.url), "utf8");
  const codes = new Set();
  for (const source of ["link", "strings", "bare", "gathered", "compressed"]) {
    const text = readFileSync(new URL(`../../web/static/app/scan/${source}.js`, import.meta.url), "utf8");
    for (const [, code] of text.matchAll(/(?:Fault\(|code: )"([a-z-]+)"/g)) codes.add(code);
  }
  assert.ok(codes.size >= 9, [...codes].join());
  for (const code of codes) assert.ok(app.includes(`\nscan-${code} = `), code);
  for (const [code, text] of Object.entries(texts)) {
    const scanned = read(text);
    assert.deepEqual([scanned.readings, whyNothing(scanned)], [[], `scan-${code}`], text);
  }
  assert.equal(whyNothing(read("(10)A-7")), "only-lot");
  assert.equal(whyNothing(read("hello")), "not-read");
});
