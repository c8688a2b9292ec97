// Who signs on this phone: party, roles, key, ledger, as the screens ask for it; and what was last known of goods and work. Identities and
// keys are identity.js's and key.js's; here is beside them only what the screens remember of the way to enrolment.

import * as identity from "./identity.js";
import * as store from "./store.js";
import { cached, keyState } from "./cache.js";

const listeners = new Set();
let current = null;
let known = { kit: null, work: null };

// What the screens remember of a key; one that has no party yet stands under "new".
const BEFORE = "screens:new";
const remembered = (of) => (of?.party ? `screens:${of.key}` : BEFORE);
// What identity.js keeps.
const IDENTITY = ["ledger", "log", "party", "roles", "purpose", "key", "demo", "name", "node"];

function show(one) {
  current = one;
  for (const listener of listeners) listener(current);
}

// Reads the store; call it once before the first screen, and after another identity was chosen.
export async function open() {
  const one = await identity.current();
  const [beside, state] = await Promise.all([store.setting(remembered(one)), one && keyState(one), know(one)]);
  const enrolled = one && (beside?.enrolled || (state?.enrolled ?? false));
  show(one ? { ...beside, ...one, enrolled } : (beside ?? null));
}

async function know(one) {
  const [kit, work] = one?.party ? await Promise.all([cached("kit", one), cached("work", one)]) : [null, null];
  known = { kit, work };
}

// Reads again what sync keeps, and who signs if another page chose another.
export async function renew() {
  const one = await identity.current();
  if (one?.key !== (current?.party ? current.key : undefined)) await open();
  else await know(one);
}

// { key, weak, ledger, log, party, name, roles, role, purpose, enrolled, requested, newParty, onLedger, label, demo }, or null before
// there is a key. `party` is null until an invitation or a request names it.
export const me = () => current;

// Changes what is known of who signs. Another page may have changed it meanwhile: of the store only these members are written.
export async function update(change) {
  const next = { ...current, ...change };
  if (next.party && Object.keys(change).some((name) => IDENTITY.includes(name))) {
    const mine = Object.fromEntries(IDENTITY.filter((name) => next[name] !== undefined && next[name] !== null).map((name) => [name, next[name]]));
    // the key of a file is of this page only
    await (next.file ? identity.hold(mine) : identity.join(mine));
  }
  const [from, to] = [remembered(current), remembered(next)];
  await store.change(["settings"], async (tx) => {
    // what was remembered before there was a party goes on under its key
    const before = from === to || from === BEFORE ? await tx.get("settings", from) : current;
    await tx.put("settings", { ...before, ...change }, to);
    if (from === BEFORE && to !== BEFORE) await tx.remove("settings", BEFORE);
  });
  show(next);
  return current;
}

// Before enrolment only: the key stays, and asks another party.
export async function resign() {
  const { key, weak, ledger, log } = current;
  await identity.leave(key);
  current = null;
  await update({ key, weak, ledger, log, purpose: "event", enrolled: false });
}

// After the key was ended: nobody signs with it any more. Its records stay where they are.
export async function leave() {
  await identity.leave(current.key);
  await open();
}

// Signs with the key of a file that was opened in this page, as { ledger, log, party, roles, purpose, key, name }; null ends that.
export async function hold(one) {
  await identity.hold(one);
  await open();
}

export const identities = identity.identities;
export async function use(key) {
  await identity.use(key);
  await open();
}

// Calls `fn(me)` after each change. Returns a function that ends it.
export function changed(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

// The party's products, places, counterparts and profiles, as last fetched, or null.
export const kit = () => known.kit?.value ?? null;
// What the party holds, awaits and has to test, as last fetched: { held, incoming, toInspect, failed }, or null.
export const work = () => known.work?.value ?? null;
// When that was, in milliseconds, or null.
export const workAt = () => known.work?.at ?? null;

// Who enrolled this party, and answers questions: { party, name, contact }, or null.
export const enroller = () => kit()?.party?.enroller ?? null;

// The roles of the registry (schemas/registry.schema.json), in the order in which their homes are offered.
const HOMES = {
  producer: "producer", processor: "producer", inspector: "inspector", forwarder: "forwarder", buyer: "receiver",
  authority: "enroller", region: "enroller", operator: "reader", auditor: "reader",
};
const ORDER = Object.keys(HOMES);

// Which home a role has: producer, inspector, forwarder, receiver, enroller, or reader (signs no goods).
const homeOf = (role) => HOMES[role] ?? "reader";

// The homes of this person, in order, without doubles.
export function homes() {
  const sorted = [...(current?.roles ?? [])].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return [...new Set(sorted.map(homeOf))];
}

// The home that is shown: the chosen one, else the first.
export const home = () => (homes().includes(current?.role) ? current.role : (homes()[0] ?? "reader"));

// Who may enrol others from this phone.
export const enrols = () => current?.purpose === "admin" && homes().includes("enroller");
