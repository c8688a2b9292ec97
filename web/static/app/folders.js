// Fetches the shipments of a party, the folders of those that are open, and what belongs to them: the openings of its own payments by signed
// requests, and what others signed that it may reject. What is kept is read by shipments.js.

import { base32 } from "../bytes.js";
import { blake3 } from "../blake3.js";
import { placeOf } from "./cache.js";
import { env } from "./env.js";
import { answerable, uriOf } from "./folder.js";
import { openingOf } from "./forms/commit.js";
import { shortName } from "./names.js";
import { ask } from "./node.js";
import { path } from "./router.js";
import { isActive, placeOfEvent, placeOfFolder, placeOfSum } from "./shipments.js";
import { get, put } from "./store.js";
import { bareId } from "./uris.js";

const JSON_ONLY = { accept: "application/json" };
// Open shipments of which the folder is kept, and records of others in each, at most.
const [FOLDERS, EVENTS] = [12, 20];

/** The file of this hash, or null. `signed(path)` asks as this party: only the parties read what is restricted. */
export async function fileOf(base, { blake3: hash, public: isPublic }, signed) {
  const at = path`/evidence/${hash}`;
  const answer = isPublic ? await ask(base, at) : await signed(at);
  return answer.status === 200 && base32(blake3(answer.bytes)) === hash ? answer.bytes : null;
}

// The sums of payments between this party and another.
async function fetchSums(base, who, folder, signed) {
  for (const payment of folder.payments ?? []) {
    if (![uriOf(payment.from), uriOf(payment.to)].includes(who.party)) continue;
    for (const { commitment, opening } of payment.stages ?? []) {
      if (!commitment || !opening || (await get("cache", placeOfSum(who, commitment)))) continue;
      const bytes = await fileOf(base, { blake3: opening }, signed);
      const found = bytes && openingOf(bytes, commitment);
      if (found) await put("cache", { random: found.random, value: found.value }, placeOfSum(who, commitment));
    }
  }
}

/** What a record says, kept once it was fetched; null when it is not here and does not come. */
export async function eventOf(base, record, limit) {
  const kept = await get("cache", placeOfEvent(record));
  if (kept) return kept;
  const answer = await ask(base, path`/entries/${bareId(record)}`, { headers: JSON_ONLY, limit }).catch(() => null);
  const event = answer?.status === 200 ? answer.json?.payload : null;
  if (event) await put("cache", event, placeOfEvent(record));
  return event ?? null;
}

/** Fetches a folder and what belongs to it: { value, at, size }; null when the node has none, or this one not. Throws NoAnswer. */
export async function fetchFolder(base, who, shipment, signed, limit) {
  const before = await get("cache", placeOfFolder(who, shipment));
  const headers = before?.etag ? { ...JSON_ONLY, "if-none-match": before.etag } : JSON_ONLY;
  const answer = await ask(base, path`/shipments/${bareId(shipment)}`, { headers, limit });
  const same = answer.status === 304 && before;
  if (!same && (answer.status !== 200 || typeof answer.json?.shipment !== "string")) return null;
  const fresh = same ? before : { value: answer.json, size: answer.json.size ?? 0, etag: answer.headers.get("etag") ?? undefined };
  const kept = { ...fresh, at: env.now() };
  await put("cache", kept, placeOfFolder(who, shipment));
  // without these the folder is whole; what is lacking comes with the next signal
  await fetchSums(base, who, kept.value, signed).catch(() => undefined);
  for (const id of answerable(kept.value, who.party).slice(0, EVENTS)) await eventOf(base, id, limit);
  return kept;
}

/** The list of a party's shipments: { value, at }, or null. Throws NoAnswer. */
export async function fetchList(base, who, limit) {
  const answer = await ask(base, path`/parties/${shortName(who.party)}/shipments`, { headers: JSON_ONLY, limit });
  if (answer.status !== 200 || !Array.isArray(answer.json?.shipments)) return null;
  const kept = { value: answer.json, at: env.now() };
  await put("cache", kept, placeOf("shipments", who));
  return kept;
}

/** The list, and the folders of those that are open or wait for something. */
export async function fetchAll(base, who, signed) {
  const list = await fetchList(base, who);
  const wanted = (list?.value.shipments ?? []).filter(isActive).slice(0, FOLDERS);
  for (const { shipment } of wanted) await fetchFolder(base, who, shipment, signed);
}
