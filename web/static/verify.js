// Re-checks a lot's proof bundle on this device: checkpoint under the log key that stands in the page, every record's form,
// signature and place in the log, that each key was registered for its party, and that the page shows what was signed.
//
// Not re-checked here: the chain rules. They are the server's word on this page; `jejak verify` redoes them.

import { Refused, base32, fromBase64, fromBase64url, same, text } from "./bytes.js";
import { blake3 } from "./blake3.js";
import { decode } from "./cose.js";
import { checkpoint, rootOf, verifierKey } from "./log.js";

// A check that does not hold, by name.
export class Broken extends Error {
  constructor(check, cause) {
    super(`${check}: ${cause}`);
    this.check = check;
  }
}

async function held(check, work) {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Broken ? error : new Broken(check, error.message);
  }
}

async function signed(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

// Whether this browser has Ed25519 (RFC 8410 in WebCrypto): a known signature must hold, and a changed one must not.
export async function canCheck() {
  if (!globalThis.crypto?.subtle) return false;
  // RFC 8032 section 7.1, test 1: the empty message
  const hex = (s) => Uint8Array.from(s.match(/../g), (b) => parseInt(b, 16));
  const key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const signature = hex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  try {
    return (await signed(key, signature, new Uint8Array())) && !(await signed(key, signature, Uint8Array.of(1)));
  } catch {
    return false;
  }
}

// The party of every key in the bundle: entry 0 brings the authority's own, each Key statement one more.
function registered(records) {
  const owners = new Map();
  for (const { index, record, json } of records) {
    if (index === 0) owners.set(base32(record.kid), record.iss);
    if (json.type === "Key") owners.set(json.key, json.party);
  }
  return owners;
}

// Checks `bundle` (parsed JSON); `shown` are the record ids the page shows, `values` the test values it shows. Answers how
// many checks were made, or throws Broken.
export async function verify(bundle, { ledger, lot, logKey, shown, values }) {
  let made = 0;
  await held("bundle", () => {
    if (bundle.format !== "jejak-proof" || bundle.version !== 1) throw new Refused("another format");
    if (bundle.lot !== lot || !Array.isArray(bundle.records) || bundle.records.length === 0) throw new Refused("another lot");
  });
  made++;
  const head = await held("checkpoint", async () => {
    const log = await verifierKey(logKey);
    const found = checkpoint(bundle.checkpoint, log);
    if (!(await signed(log.key, found.signature, found.text))) throw new Refused("the signature does not hold");
    return found;
  });
  made++;
  const records = [];
  for (const { index, record: encoded, path } of bundle.records) {
    const bytes = await held("record", () => fromBase64url(encoded));
    const record = await held("record", () => decode(bytes));
    const json = await held("record", () => JSON.parse(text(record.payload)));
    await held("ledger", () => {
      if (record.aud !== ledger || bundle.ledger !== ledger) throw new Refused("of another ledger");
    });
    await held("signature", async () => {
      if (!(await signed(record.kid, record.signature, record.toBeSigned))) throw new Refused(`record ${index}`);
    });
    await held("inclusion", async () => {
      const root = await rootOf(bytes, index, head.size, path.map(fromBase64));
      if (!same(root, head.root)) throw new Refused(`record ${index}`);
    });
    records.push({ index, id: base32(blake3(bytes)), record, json });
    made += 3;
  }
  await held("keys", () => {
    const owners = registered(records);
    for (const { index, record } of records) {
      if (owners.get(base32(record.kid)) !== record.iss) throw new Refused(`record ${index} is not by a key of its party`);
    }
  });
  made++;
  await held("shown", () => {
    const known = new Set(records.map(({ id }) => id));
    const missing = shown.find((id) => !known.has(id));
    if (missing) throw new Refused(`record ${missing} is not in the proof`);
  });
  made++;
  await held("values", () => {
    for (const { record, parameter, value, disposition } of values) {
      const found = records.find(({ id }) => id === record);
      const reports = (found?.json.sensorElementList ?? []).flatMap((element) => element.sensorReport);
      const stated = reports.filter((r) => r.type === parameter).map((r) => String(r.stringValue ?? r.value ?? r.booleanValue));
      if (!stated.includes(value)) throw new Refused(`${parameter} was not signed as ${value}`);
      if (disposition && found.json.disposition !== disposition) throw new Refused("the result was not signed so");
    }
  });
  made++;
  return { made, records: records.length, size: head.size };
}
