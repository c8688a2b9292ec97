// Checks a lot's proof bundle in the browser: checkpoint and witnesses; every record's form, signature and place in the log; that
// each signer was authorised; and that the page shows what was signed.
//
// Not here: rules about goods, amounts and limits (`jejak verify`); whether a record was left out of the log, which nobody can
// check; and text of the page that is not a fact.

import { Refused, base32, demand, parse, same } from "./bytes.js";
import { blake3 } from "./blake3.js";
import { EVENT, REGISTRY, decode, proofOf } from "./cose.js";
import { canCheck, signed } from "./ed25519.js";
import { Comparison } from "./compare.js";
import { accredited } from "./facts.js";
import { unix } from "./format.js";
import { checkpoint, cosignatures, kindOf, treeOf, verifierKey } from "./log.js";
import { Registry } from "./registry.js";

export { Refused, canCheck };

// A check that failed, by name.
export class Broken extends Error {
  constructor(check, cause) {
    super(`${check}: ${cause}`);
    this.check = check;
  }
}

// Page and proof are of different log sizes, and differ.
export class Stale extends Error {}

// A module could not be fetched.
export class Unreachable extends Error {}

// Runs `work`; what it refuses fails `check`. Any other failure is one of this browser (memory, storage, cryptography, a module that did
// not load) and says nothing about the proof.
async function step(check, work) {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Refused ? new Broken(check, error.message) : error;
  }
}

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused("a broken escape");
  }
}

// The lot that an address names, as its URI. Other forms of a link lead to this one.
const lotAt = (address) => {
  const [, gtin, lot] = /\/01\/([0-9]{14})(?:\/22\/[^/]+)?\/10\/([^/]+)/.exec(address) ?? [];
  return `https://id.gs1.org/01/${gtin}/10/${unescaped(lot)}`;
};

function form(bundle, { ledger, lot }) {
  demand(bundle.format === "jejak-proof" && bundle.version === 1, "another format");
  demand(bundle.lot === lot && bundle.ledger === ledger, "another lot or ledger");
  const indices = bundle.records.map(({ index }) => index);
  demand(indices[0] === 0, "entry 0 is missing");
  demand(indices.every((index, i) => i === 0 || index > indices[i - 1]), "records out of order");
}

async function head(bundle, logKey) {
  const log = await verifierKey(logKey);
  const found = checkpoint(bundle.checkpoint, log);
  for (const signature of found.signatures) demand(await signed(log.key, signature, found.text), "the signature does not verify");
  return found;
}

// Every record's form and signature, and its place in the log. With the records comes `rootAt`: the root of the log when it was so large.
async function read(bundle, size, root) {
  const records = [];
  for (const { index, record: bytes } of bundle.records) {
    const record = await step("record", () => decode(bytes));
    const json = await step("record", () => parse(record.payload));
    records.push({ index, id: base32(blake3(bytes)), record, json });
  }
  const holds = async ({ index, record }) => demand(await signed(record.kid, record.signature, record.toBeSigned), `record ${index}`);
  await step("signature", () => Promise.all(records.map(holds)));
  const heads = records.flatMap(({ record }) => record.seen?.size ?? []);
  const rootAt = await step("inclusion", () => treeOf(bundle.records, size, bundle.others, heads));
  await step("inclusion", async () => demand(same(await rootAt(size), root), "another root"));
  return [records, rootAt];
}

// The log extends every head that a signer's device had seen. Returns how many keys had, of how many parties, and the largest of them.
async function seen(records, rootAt) {
  const signers = records.filter(({ record }) => record.seen);
  for (const { index, record } of signers) {
    const holds = record.seen.size <= index && same(await rootAt(record.seen.size), record.seen.root);
    demand(holds, `the signer of record ${index} had seen another history`);
  }
  const count = (of) => new Set(signers.map(of)).size;
  const largest = Math.max(0, ...signers.map(({ record }) => record.seen.size));
  return { keys: count(({ record }) => base32(record.kid)), parties: count(({ record }) => record.iss), size: largest };
}

const DAY = 24 * 60 * 60;

// Each signer was authorised, and the authority bound the page's log key.
async function signers(records, ledger, logKey) {
  const registry = new Registry(ledger);
  for (const r of records) {
    try {
      await registry.apply(r);
    } catch (error) {
      throw error instanceof Refused ? new Broken("keys", `record ${r.index} ${error.message}`) : error;
    }
    // beyond a day the ledger refuses an event as dated ahead of its clock: then the clock before it is missing
    const ahead = Date.parse(r.json.eventTime) / 1000 - r.clock > DAY;
    if (ahead && r.clock > 0) throw new Broken("bundle", `the clock before record ${r.index} is missing`);
    if (r.record.contentType === EVENT && r.json.bizStep === "inspecting" && !r.json.errorDeclaration) {
      demand(registry.parties.get(r.record.iss).roles.includes("inspector"), `the signer of record ${r.index} is not an inspector`);
      Object.assign(r, accredited(registry, r));
    }
  }
  demand(registry.logKeys.includes(logKey), "the authority did not bind this log key");
  return registry;
}

// The bundle's profiles and specifications: bytes that a statement on the log names. `file(hash)` fetches one.
async function filesOf(bundle, records, file) {
  const stated = records.filter(({ record }) => record.contentType === REGISTRY);
  const types = new Map(stated.map(({ json }) => [json.blake3, json.type]));
  const found = { Profile: new Map(), Specification: new Map() };
  for (const hash of bundle.profiles.map(base32)) {
    const files = found[types.get(hash)];
    demand(files, "a profile that no record names");
    const bytes = await file(hash);
    demand(base32(blake3(bytes)) === hash, "another profile than a record names");
    files.set(hash, parse(bytes));
  }
  return [found.Profile, found.Specification];
}

// The names of the authority's witnesses that cosigned; an invalid cosignature fails the check.
async function witnesses(note, keys) {
  const names = [];
  for (const vkey of keys.filter((key) => kindOf(key) === 4)) {
    const witness = await verifierKey(vkey, 4);
    const lines = cosignatures(note, witness);
    for (const { signature, message } of lines) demand(await signed(witness.key, signature, message), `not by ${witness.name}`);
    if (lines.length > 0) names.push(witness.name);
  }
  return names;
}

// The words of the page's language, by the primary subtag of its tag.
async function wordsOf(lang) {
  const [, code] = /^([a-z]{2,3})(?:-|$)/.exec(lang) ?? [];
  demand(code, "the page states no language");
  const lost = ({ message }) => Promise.reject(new Unreachable(message));
  return (await import(`./words-${code}.js`).catch(lost)).default;
}

// Checks a proof bundle (CBOR) and compares it with the page (see `shown` in page.js); `file(hash)` fetches a profile that it names. Returns
// how much was checked, or throws Broken, Stale or Unreachable.
export async function verify(bytes, page, file) {
  const { address, ledger, lot, logKey, lang, band, size, shown, left = {}, tests, documents = [], facts, texts, marks = [], drawings = [] } = page;
  await step("address", () => demand(lotAt(address) === unescaped(lot), "the page is of another lot"));
  const bundle = await step("bundle", () => proofOf(bytes));
  // it has grown into parts since the page was made
  if (bundle.part) throw new Stale("a part");
  await step("bundle", () => form(bundle, { ledger, lot }));
  const top = await step("checkpoint", () => head(bundle, logKey));
  const [records, rootAt] = await read(bundle, top.size, top.root);
  const registry = await step("keys", () => signers(records, ledger, logKey));
  const seenBy = await step("seen", () => seen(records, rootAt));
  const cosigned = await step("witnesses", () => witnesses(bundle.checkpoint, registry.witnesses));
  // with different log sizes a difference is neither a failure nor a pass
  const stale = shown.some(({ index }) => index >= top.size) || records.some(({ index }) => index >= size);
  const compared = async (check, work) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw stale ? new Stale(error.message) : new Broken(check, error.message);
    }
  };
  const words = await step("facts", () => wordsOf(lang));
  const files = await step("record", () => filesOf(bundle, records, file));
  const signedFacts = await step("shown", () => new Comparison(records, registry, lot, lang, words, ...files));
  await compared("shown", () => signedFacts.shown(shown, tests, facts, left.steps));
  await compared("values", () => signedFacts.tests(tests, left.tests));
  await compared("documents", () => signedFacts.documents(documents, shown, left.documents));
  await compared("state", () => signedFacts.word(band));
  for (const fact of facts) await compared("facts", () => signedFacts.fact(fact));
  await compared("text", () => texts && signedFacts.labels(texts, page));
  await compared("text", () => signedFacts.drawings(drawings));
  await compared("text", () => signedFacts.marks(marks));
  const values = tests.reduce((n, test) => n + test.values.length + 1, 0);
  return { signatures: records.length, facts: shown.length + values + documents.length + facts.length + 1, cosigned, seen: seenBy, clock: registry.clock && unix(words, registry.clock), size: top.size, root: top.root };
}
