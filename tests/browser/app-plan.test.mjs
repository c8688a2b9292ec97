// The app works out sampling plans as the program does (vectors of tests/it/app_vectors_numbers.rs), and spreads what to draw over containers.
import assert from "node:assert/strict";
import test from "node:test";

import { draw, lotSize, spread } from "../../web/static/app/plan.js";
import { need, ofAnySize, planned } from "../../web/static/judge.js";
import { dice, inRepository, vectors } from "./vectors.mjs";

const big = (text) => (text === null ? undefined : BigInt(text));
const crab = JSON.parse(inRepository("schemas/commodities/crab.json"));
const plan = (id) => crab.samplingPlans.find((one) => one.id === id);

test("plans ask for what the program's ask for", () => {
  const { needs } = vectors("plan.json");
  let none = 0;
  for (const { kind, size, need: wanted, any } of needs) {
    assert.deepEqual(ofAnySize({ kind }), any);
    // as numbers, as a lot on a phone has them
    const own = Object.fromEntries(Object.entries(size).map(([of, count]) => [of, count === null ? undefined : Number(count)]));
    if (Object.values(own).some((n) => n > Number.MAX_SAFE_INTEGER)) continue;
    assert.deepEqual(need({ kind }, own) ?? null, wanted, JSON.stringify({ kind, size }));
    if (wanted === null) none++;
  }
  assert.ok(needs.length > 3000 && none > 300, `${needs.length}, ${none}`);
});

test("verdicts and sizes are the program's", () => {
  const { verdicts, sizes } = vectors("plan.json");
  const seen = new Set();
  for (const { n, c, units, verdict: wanted } of verdicts) {
    const own = units.map(([unit, count]) => [unit === "unclear" ? "inconclusive" : unit, Number(count)]);
    assert.equal(planned({ n, c }, own), wanted, JSON.stringify({ n, c, units }));
    seen.add(wanted);
  }
  assert.equal(seen.size, 4);
  for (const { base, amount, net, pieces, grams } of sizes) {
    assert.deepEqual(lotSize(base, amount, net ?? undefined), { pieces: big(pieces), grams: big(grams) }, `${amount} ${base} in packs of ${net}`);
  }
});

test("what to draw has n, c, m and M, and says when it is the whole lot", () => {
  assert.deepEqual(draw(plan("iso-2859-1-ii-4.0"), { pieces: 210 }), { mixed: false, take: 32, n: 32, c: 3, whole: false, m: undefined, M: undefined });
  assert.deepEqual(draw(plan("iso-2859-1-ii-4.0"), { pieces: 2 }).whole, true);
  assert.equal(draw(plan("iso-2859-1-ii-4.0"), {}), undefined);
  assert.deepEqual(draw(plan("micro-5-2"), {}, { max: "1", rejectAbove: "10" }), { mixed: false, take: 5, n: 5, c: 2, whole: false, m: "1", M: "10" });
  assert.deepEqual(draw(plan("metals-333-2007"), { grams: 60_000 }), { mixed: true, take: 5, n: 1, c: 0, grams: 1000, whole: false, m: undefined, M: undefined });
  const boxes = { kind: { lotSize: { of: "packages", steps: [{ upTo: 100, n: 5 }, { n: 7, c: 1 }] } } };
  assert.deepEqual([draw(boxes, { pieces: 80 }), draw(boxes, { packages: 80 }).take, draw(boxes, { packages: 101 }).c], [undefined, 5, 1]);
});

test("a sample is spread over containers, evenly or by what they hold", () => {
  assert.deepEqual(spread(32, 5), [7, 6, 7, 6, 6]);
  assert.deepEqual(spread(3, 5), [1, 1, 0, 1, 0]);
  assert.deepEqual(spread(0, 2), [0, 0]);
  assert.deepEqual(spread(9, [2, 1]), [2, 1]);
  const roll = dice(6);
  for (let i = 0; i < 2000; i++) {
    const held = Array.from({ length: 1 + roll(12) }, () => roll(60));
    const total = held.reduce((sum, one) => sum + one, 0);
    const take = roll(total + 5);
    const each = spread(take, held);
    assert.equal(each.reduce((sum, one) => sum + one, 0), Math.min(take, total));
    each.forEach((own, at) => assert.ok(own >= 0 && own <= held[at] && Math.abs(own - (take > total ? held[at] : (take * held[at]) / (total || 1))) < 1.000001, `${take} of ${held}: ${each}`));
    const even = spread(take, held.length);
    assert.ok(Math.max(...even) - Math.min(...even) <= 1);
  }
});
