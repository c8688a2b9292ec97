// The judge of the check in the browser, held to the ledger: values against the limits of every profile that ships.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { compare, decimal, judge, measuredOf } from "../../web/static/judge.js";

const folder = new URL("../../schemas/commodities/", import.meta.url);
const profiles = new Map(readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8"))).map((p) => [p.id, p]));
const lines = readFileSync(new URL("../testdata/judge.jsonl", import.meta.url), "utf8").trim().split("\n");

test(`verdicts and limits are those of the ledger in ${lines.length} cases`, () => {
  const seen = {};
  for (const [n, line] of lines.entries()) {
    const [id, form, named, day, { pieces, grams }, measured, verdict, results] = JSON.parse(line);
    const profile = profiles.get(id);
    const sets = named.flatMap((name) => profile.requirements.filter((set) => set.id === name));
    const values = measured.map((m) => ({ parameter: `urn:jejak:param:${m.p}`, value: m.v, uom: m.u, uncertainty: m.d, loq: m.l, units: m.n }));
    const size = { pieces: pieces ?? undefined, grams: grams ?? undefined };
    const found = judge(profile, form, sets, values, { day, size });
    const side = (text, inclusive = true) => (text === undefined ? null : text + (inclusive ? "" : "!"));
    const shown = found.results.map((r) => [
      r.verdict[0], r.advisory, side(r.limit?.min, r.limit?.minInclusive), side(r.limit?.max, r.limit?.maxInclusive), r.set ?? "",
    ]);
    assert.deepEqual([found.verdict[0], shown], [verdict, results], `line ${n + 1}: ${line}`);
    for (const [one] of results) seen[one] = (seen[one] ?? 0) + 1;
  }
  for (const one of "pnif") assert.ok(seen[one] > 200, JSON.stringify(seen));
});

test("decimals are exact", () => {
  const order = (a, b) => compare(decimal(a), decimal(b));
  assert.equal(order("0.1", "0.10"), 0);
  assert.equal(order("-0", "0.0"), 0);
  assert.equal(order("79228162514264337593543950335", "79228162514264337593543950334"), 1);
  assert.equal(order("7.0000000000000000000000000001", "7"), 1);
  for (const text of ["79228162514264337593543950336", "01", ".5", "5.", "1e1", "+1", "１", "0.00000000000000000000000000001"]) assert.equal(decimal(text), null, text);
});

test("a sensor report states its value as the ledger reads it", () => {
  assert.equal(measuredOf({ stringValue: "<0.5", value: 1, booleanValue: true }).value, "<0.5");
  assert.equal(measuredOf({ value: 1.5, booleanValue: true }).value, "1.5");
  assert.equal(measuredOf({ booleanValue: false }).value, "no");
  assert.equal(measuredOf({}).value, "");
});
