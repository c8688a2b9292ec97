// The ranges and numbers that the desk gives out: the same cases as src/cli/party_numbers.rs for ranges.
import assert from "node:assert/strict";
import test from "node:test";

import { cartonsIn, freeGln, freeGtin, freeRange, roomIn } from "../../web/static/desk/lists.js";

test("a range overlaps with none that is given and holds no number", () => {
  assert.equal(freeRange("9521321", 3, []), "9521321999");
  assert.equal(freeRange("9521321", 3, ["9521321999", "95213219", "9521321789"], ["952132189912"]), "9521321898");
  assert.equal(freeRange("9521321", 1, ["9521321"]), undefined);
  assert.equal(freeRange("9521321", 1, [], Array.from({ length: 10 }, (_, n) => `9521321${n}0000`)), undefined);
});

test("the next number is free, outside what is lent, and has its check digit", () => {
  assert.equal(freeGtin("952132199", []), "09521321990005");
  assert.equal(freeGtin("952132199", ["09521321990005"], ["952132199001"]), "09521321990029");
  assert.equal(freeGln("95213219999", Array.from({ length: 9 }, (_, n) => `95213219999${n}0`)), "9521321999992");
  assert.equal(freeGln("95213219999", Array.from({ length: 10 }, (_, n) => `95213219999${n}0`)), undefined);
});

test("a range of ten digits has room for a hundred products and ten million cartons", () => {
  assert.deepEqual([roomIn("9521321999"), cartonsIn("9521321999")], [100, 10_000_000]);
});
