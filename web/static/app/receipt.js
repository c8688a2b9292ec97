// Receipts: a record counts as in only when an inclusion path leads from its own bytes to a checkpoint that the pinned log key signed. What it
// is not: whether that checkpoint extends the heads that this phone saw before (heads.js).

import { demand, fromBase64, same } from "../bytes.js";
import { EVENT, REGISTRY, decode } from "../cose.js";
import { signed } from "../ed25519.js";
import { checkpoint, verifierKey } from "../log.js";
import { rootOf } from "./inclusion.js";
import { recordId } from "./record.js";

/** Reads a checkpoint that the log of this verifier key signed: { size, root, note }. Throws Refused. */
export async function readCheckpoint(note, logKey) {
  const log = await verifierKey(logKey);
  const head = checkpoint(note, log);
  for (const signature of head.signatures) demand(await signed(log.key, signature, head.text), "the log's signature does not verify");
  return { size: head.size, root: head.root, note };
}

/**
 * Verifies what a node says of a record: `entry` is its JSON, of POST /entries or GET /entries/{id}, with a receipt. The bytes are those
 * that this phone keeps. Returns { index, size, root, note, time }; throws Refused when any of it does not hold.
 */
export async function verifyReceipt(entry, bytes, logKey, ledger) {
  const receipt = entry?.receipt;
  demand(receipt && typeof receipt === "object" && Array.isArray(receipt.path), "no receipt");
  demand(entry.id === recordId(bytes), "the receipt is of another record");
  if (entry.record !== undefined) demand(same(fromBase64(entry.record), bytes), "other bytes than were signed");
  demand(decode(bytes).aud === ledger, "the record is for another ledger");
  demand(entry.index === receipt.index, "two indices of one record");
  const head = await readCheckpoint(String(receipt.checkpoint), logKey);
  demand(head.size === receipt.size, "the receipt is for another tree");
  const root = await rootOf(bytes, receipt.index, head.size, receipt.path.map((hash) => fromBase64(String(hash))));
  demand(same(root, head.root), "the path does not lead to the log's root");
  return { index: receipt.index, ...head, time: entry.clock ?? null };
}

/** Reads a signed record: its claims, the JSON of its payload, and that its own key signed it. Throws Refused. */
export async function readRecord(bytes) {
  const record = decode(bytes);
  demand(await signed(record.kid, record.signature, record.toBeSigned), "the signature does not verify");
  demand(record.contentType === EVENT || record.contentType === REGISTRY, "another content type");
  return { ...record, id: recordId(bytes) };
}

