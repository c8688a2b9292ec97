// What the phone keeps of the shipments of its party, for work without a signal: their list, the folders of those that are open, what others
// signed that this party may answer, and the sums of payments that it may know. Reads only; it is fetched by folders.js.

import { cached, placeOf } from "./cache.js";
import { waitsListed, waitsOf } from "./folder.js";
import { get, setting } from "./store.js";
import { bareId } from "./uris.js";

export const placeOfFolder = (who, shipment) => placeOf(`folder:${bareId(shipment)}`, who);
export const placeOfSum = (who, commitment) => placeOf(`sum:${commitment}`, who);
export const placeOfEvent = (record) => `event:${bareId(record)}`;

/** { value: the folder, at, size } as it was fetched last, or null. */
export const folderOf = async (who, shipment) => (await get("cache", placeOfFolder(who, shipment))) ?? null;

/** { value: [elements], at } of GET /parties/{name}/shipments, or null. */
export async function shipmentsOf(who) {
  const kept = await cached("shipments", who);
  return kept ? { ...kept, value: kept.value.shipments ?? [] } : null;
}

/** The openings of the payments of a folder that this phone has, by commitment: those that it made, and those that it was sent. */
export async function sumsOf(who, folder) {
  const found = {};
  // those of another identity of this phone are none of its own
  const own = ({ party, ledger }) => party === undefined || (party === who.party && ledger === who.ledger);
  for (const { commitment, value, random } of ((await setting("openings")) ?? []).filter(own)) if (commitment) found[commitment] = { random, value };
  for (const { commitment } of (folder?.payments ?? []).flatMap(({ stages }) => stages ?? [])) {
    const kept = commitment && !found[commitment] && (await get("cache", placeOfSum(who, commitment)));
    if (kept) found[commitment] = kept;
  }
  return found;
}

/** The events of these records, by URI, as far as they are here. */
export async function eventsOf(ids) {
  const found = {};
  for (const id of ids) {
    const kept = await get("cache", placeOfEvent(id));
    if (kept) found[`urn:jejak:record:${bareId(id)}`] = kept;
  }
  return found;
}

const CLOSED = new Set(["received", "delivered-outside", "refused", "voided"]);
const isOpen = ({ state }) => !CLOSED.has(state);

/** One that is open, or in which something waits for the party. */
export const isActive = (one) => isOpen(one) || one.waiting?.length > 0 || one.waits?.length > 0;

/** The shipments with what waits for the party in each, those first: [{ ...element, waits }]. @param rows of the outbox */
export async function listed(who, pendingIn = () => []) {
  const kept = await shipmentsOf(who);
  const list = [];
  for (const one of kept?.value ?? []) {
    const pending = pendingIn(one.shipment);
    const folder = isActive(one) ? await folderOf(who, one.shipment) : null;
    const waits = folder ? waitsOf(folder.value, who.party, pending) : waitsListed(one.waiting);
    list.push({ ...one, waits });
  }
  return { at: kept?.at ?? null, list: list.sort((a, b) => Number(b.waits.length > 0) - Number(a.waits.length > 0)) };
}
