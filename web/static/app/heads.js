// The newest head of each ledger's log that this phone has verified. Each record that it signs names it (`seen`), so that the phone is a
// witness of the log's history; a head that does not extend it is kept as evidence.

import { fromBase64, same } from "../bytes.js";
import { isExtended } from "../consistency.js";
import { change, setting } from "./store.js";

const name = (ledger) => `head:${ledger}`;

/** The newest head: { size, root, note, at }, or undefined. */
export const newest = (ledger) => setting(name(ledger));

/** What a record names, or undefined: a head is signed for two entries and more. */
export async function seen(ledger) {
  const head = await newest(ledger);
  return head && head.size >= 2 ? { size: head.size, root: head.root } : undefined;
}

/** Keeps a head if it is newer. Only for one that extends the newest. */
export function keep(ledger, { size, root, note }, at) {
  return change(["settings"], async (tx) => {
    const before = await tx.get("settings", name(ledger));
    if (!before || size > before.size) await tx.put("settings", { size, root, note, at }, name(ledger));
  });
}

/** Takes a head in place of the newest, which stays among the evidence: after people decided to go on with a log that lost entries. */
export function replace(ledger, { size, root, note }, at) {
  return change(["settings"], async (tx) => {
    const before = await tx.get("settings", name(ledger));
    const lost = (await tx.get("settings", `lost:${ledger}`)) ?? [];
    if (before) await tx.put("settings", [...lost, before], `lost:${ledger}`);
    await tx.put("settings", { size, root, note, at }, name(ledger));
  });
}

/**
 * Compares a verified head with the newest: "new" (kept), "same", "older" (of one history), "split" (neither extends the other), "unknown"
 * (no proof to be had now). `proof(from, to)` gives the hashes, or undefined when the node gives none.
 */
export async function compare(ledger, head, proof, at) {
  const before = await newest(ledger);
  if (!before) {
    await keep(ledger, head, at);
    return "new";
  }
  if (before.size === head.size) return same(before.root, head.root) ? "same" : "split";
  const [old, now] = before.size < head.size ? [before, head] : [head, before];
  const hashes = await proof(old.size, now.size);
  if (!hashes) return "unknown";
  let holds;
  try {
    holds = await isExtended(old.size, old.root, now.size, now.root, hashes.map((hash) => fromBase64(String(hash))));
  } catch {
    holds = false;
  }
  if (!holds) return "split";
  if (now === head) await keep(ledger, head, at);
  return now === head ? "new" : "older";
}
