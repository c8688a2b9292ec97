// A ledger with a laboratory and a maker for the tests of the checking modules, and a correct page of its only lot.
import assert from "node:assert/strict";

import { blake3 } from "../../web/static/blake3.js";
import { base32 } from "../../web/static/bytes.js";
import { dayOf, moment } from "../../web/static/format.js";
import { Broken } from "../../web/static/verify.js";
import { verify } from "./proof.mjs";
import words from "../../web/static/words-en.js";
import { AUTHORITY, Ledger, ORIGIN, key, vkey } from "./ledger.mjs";

export const LOT = "https://id.gs1.org/01/09521321001077/10/X";
export const LAB = "urn:jejak:party:lab";
export const MAKER = "urn:jejak:party:maker";
export const uri = (id) => `urn:jejak:record:${id}`;
export const name = (entry) => base32(blake3(entry));

export const harvest = { type: "ObjectEvent", bizStep: "commissioning", quantityList: [{ epcClass: LOT }] };
export const inspect = {
  type: "ObjectEvent",
  bizStep: "inspecting",
  disposition: "conformant",
  quantityList: [{ epcClass: LOT }],
  sensorElementList: [{ sensorReport: [{ type: "p", stringValue: "1" }] }],
};
export const hold = { type: "ObjectEvent", bizStep: "holding", quantityList: [{ epcClass: LOT }] };
export const product = (gtin, form = "leaf") => ({
  type: "Product", gtin, name: { en: "Leaf", id: "Daun" }, commodity: "oil", form, unit: "gram", makers: [MAKER],
});

export function world() {
  const l = new Ledger();
  l.enrol(MAKER, ["producer"], key(2));
  l.enrol(LAB, ["inspector"], key(3));
  l.state(l.authority, AUTHORITY, product("09521321001077"));
  l.accreditation = { type: "Accreditation", party: LAB, scope: ["oil"], body: "KAN", number: "1", from: 0, until: 2_000_000_000 };
  l.state(l.authority, AUTHORITY, l.accreditation);
  l.event(key(2), MAKER, harvest);
  return l;
}

const RESULT = { conformant: "pass", non_conformant: "fail" };

// A correct page of everything on the ledger, with the given state.
export function pageOf(l, state) {
  const records = l.entries.map((entry, index) => ({ id: name(entry), index, payload: {}, ...l.contents[index] }));
  const events = records.filter(({ payload }) => payload.eventID);
  const facts = events.flatMap(({ id, iss, payload }) => [
    { fact: "signer", of: id, text: iss },
    { fact: "time", of: id, text: moment(words, payload) },
  ]);
  const held = state === "held" ? events.findLast(({ payload }) => payload.bizStep === "holding" && !payload["jejak:lifts"]) : undefined;
  facts.push(
    { fact: "product", of: "09521321001077", text: "Leaf" },
    { fact: "lot", of: "09521321001077", text: "X" },
    { fact: "maker", of: MAKER, text: MAKER },
    { fact: "inspected", of: "", text: words["not-inspected"] },
    held
      ? { fact: "recall", of: held.id, text: `On hold since ${dayOf(words, held.payload)}` }
      : { fact: "recall", of: "", text: words["recall-none"] },
  );
  const tests = events.filter(({ payload }) => payload.bizStep === "inspecting");
  return {
    address: new URL(LOT).pathname,
    ledger: l.id,
    lot: LOT,
    logKey: vkey(ORIGIN, l.log),
    lang: "en",
    band: { state, word: words[`state-${state}`], look: `band ${state} #s-${state}` },
    size: l.entries.length,
    shown: events.map(({ id, index }) => ({ id, index })),
    tests: tests.map(({ id, payload }) => ({
      record: id,
      result: words[`verdict-${RESULT[payload.disposition]}`],
      values: [{ parameter: "p", value: "1", text: "1" }],
    })),
    facts,
  };
}

// Checks the ledger's bundle with its page; `change` alters the page, `omit` leaves records out of the bundle.
export async function look(l, state = "not-inspected", { change = () => {}, omit } = {}) {
  const page = pageOf(l, state);
  change(page);
  return verify(l.bundle(LOT, omit), page);
}

// Asserts that the check of this name fails, for this reason.
export const broken = (promise, check, why) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof Broken, String(error.stack));
    assert.equal(error.check, check, error.message);
    if (why) assert.match(error.message, why);
    return true;
  });
