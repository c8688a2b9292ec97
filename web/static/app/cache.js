// What the node said last, for work without a signal: the kit (products, places, counterparts, profiles in force), the work (lots held, goods
// on their way, what waits for a test), the state of the key. Each with when that was. Profiles count only with the bytes of their hash.

import { base32 } from "../bytes.js";
import { blake3 } from "../blake3.js";
import { env } from "./env.js";
import { current } from "./identity.js";
import { shortName } from "./names.js";
import { ask } from "./node.js";
import { get, put } from "./store.js";

const FRESH = 5 * 60_000;

const place = (name, { ledger, party }) => `${name}:${ledger}:${party}`;

/** { value, at: ms of this phone, clock: Unix seconds of the ledger, size } of "kit" or "work" for the identity in use, or null. */
export async function cached(name) {
  const who = await current();
  return who ? ((await get("cache", place(name, who))) ?? null) : null;
}

/** The profile of this hash, or null. */
export async function profile(hash) {
  const kept = await get("cache", `profile:${hash}`);
  return kept ? JSON.parse(kept) : null;
}

/** { enrolled, active, seq, purpose, party } of the key in use as the node said last, or null. */
export async function keyState() {
  const who = await current();
  return who ? ((await get("cache", `key:${who.key}`)) ?? null) : null;
}

/** Whether the node said that a key signs nothing more. */
export async function isEnded(key) {
  const state = await get("cache", `key:${key}`);
  return Boolean(state?.enrolled && !state.active);
}

export const keepKeyState = (key, state) => put("cache", { ...state, at: env.now() }, `key:${key}`);

async function fetchProfiles(base, profiles) {
  for (const { blake3: hash, url } of profiles) {
    if (typeof url !== "string" || (await get("cache", `profile:${hash}`))) continue;
    // an address of the node itself, whatever public name it gives itself
    const path = url.startsWith("/") ? url : new URL(url).pathname + new URL(url).search;
    const answer = await ask(base, path, { headers: { accept: "application/json" } });
    if (answer.status === 200 && base32(blake3(answer.bytes)) === hash) await put("cache", answer.text, `profile:${hash}`);
  }
}

/** Fetches kit, work and profiles anew, if they are not fresh; `size` is that of the log's head before. */
export async function refresh(base, who, { force, size, clock }) {
  for (const name of ["kit", "work"]) {
    const before = await get("cache", place(name, who));
    if (before && !force && env.now() - before.at < FRESH) continue;
    const headers = before?.etag ? { accept: "application/json", "if-none-match": before.etag } : { accept: "application/json" };
    const answer = await ask(base, `/parties/${encodeURIComponent(shortName(who.party))}/${name}`, { headers });
    const same = answer.status === 304 && before;
    if (!same && (answer.status !== 200 || typeof answer.json !== "object" || answer.json === null)) continue;
    const value = same ? before.value : answer.json;
    const etag = same ? before.etag : (answer.headers.get("etag") ?? undefined);
    // what has not changed is so as of now: its tag leaves out size and clock
    const asOf = same ? { clock: clock ?? before.clock, size: Math.max(before.size, size ?? 0) } : { clock: value.clock ?? clock, size: value.size ?? size ?? 0 };
    await put("cache", { value, at: env.now(), ...asOf, etag }, place(name, who));
  }
  const kit = await get("cache", place("kit", who));
  if (Array.isArray(kit?.value.profiles)) await fetchProfiles(base, kit.value.profiles);
}
