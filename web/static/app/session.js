// Who signs on this phone: party, roles, key, ledger, as the screens ask for it; and what was last known of goods and work. Kept in the
// store; the key itself is key.js's. Nothing here talks to the network.

import * as store from "./store.js";

const listeners = new Set();
let current = null;
let cached = { kit: null, work: null };

// Reads the store; call it once before the first screen.
export async function open() {
  current = (await store.get("settings", "me")) ?? null;
  await renew();
}

// Reads again what sync keeps.
export async function renew() {
  const [kit, work] = await Promise.all(["kit", "work"].map((name) => store.get("cache", name)));
  cached = { kit: kit ?? null, work: work ?? null };
}

// { party, name, roles, role, purpose, key, weak, ledger, log, origin, enrolled, requested, enrolledBy, label, letter, demo } or null
// before a key was made. `party` is null until an invitation or a request names it.
export const me = () => current;

export async function update(change) {
  current = { ...current, ...change };
  await store.put("settings", "me", current);
  for (const listener of listeners) listener(current);
  return current;
}

// After the key of this phone was ended: nobody signs here any more. Records stay where they are.
export async function forget() {
  current = null;
  await store.remove("settings", "me");
  for (const listener of listeners) listener(null);
}

// Calls `fn(me)` after each change. Returns a function that ends it.
export function changed(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

// The party's products, places, counterparts and profiles, as last fetched, or null.
export const kit = () => cached.kit?.body ?? null;
// What the party holds, awaits and has to test, as last fetched: { held, incoming, toInspect, failed }, or null.
export const work = () => cached.work?.body ?? null;
// When that was, in milliseconds, or null.
export const workAt = () => cached.work?.at ?? null;

// The roles of the registry (schemas/registry.schema.json), in the order in which their homes are offered.
const HOMES = {
  producer: "producer", processor: "producer", inspector: "inspector", forwarder: "forwarder", buyer: "receiver",
  authority: "enroller", region: "enroller", operator: "reader", auditor: "reader",
};
const ORDER = Object.keys(HOMES);

// Which home a role has: producer, inspector, forwarder, receiver, enroller, or reader (signs no goods).
export const homeOf = (role) => HOMES[role] ?? "reader";

// The homes of this person, in order, without doubles.
export function homes() {
  const roles = current?.roles ?? [];
  const sorted = [...roles].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return [...new Set(sorted.map(homeOf))];
}

// The home that is shown: the chosen one, else the first.
export const home = () => (homes().includes(current?.role) ? current.role : (homes()[0] ?? "reader"));

// Who may enrol others from this phone.
export const enrols = () => current?.purpose === "admin" && homes().includes("enroller");
