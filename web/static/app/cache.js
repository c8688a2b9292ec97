// What the node said last, for work without a signal: the kit (products, places, counterparts, profiles in force), the work (lots held, goods
// on their way, what waits for a test), the state of the key. Each with when that was. It is fetched by renew.js.

import { env } from "./env.js";
import { current } from "./identity.js";
import { get, put } from "./store.js";

/** Where "kit" or "work" of an identity is kept. */
export const placeOf = (name, { ledger, party }) => `${name}:${ledger}:${party}`;

/** { value, at: ms of this phone, clock: Unix seconds of the ledger, size } of "kit" or "work" for an identity [the one in use], or null. */
export async function cached(name, who) {
  const whose = who ?? (await current());
  return whose ? ((await get("cache", placeOf(name, whose))) ?? null) : null;
}

/** The specifications that lots of the work must keep to: [{record, blake3}], each file once. */
export const specificationsOf = ({ held, toInspect, failed } = {}) =>
  [...new Map([held, toInspect, failed].flatMap((list) => list ?? []).flatMap((one) => one.specifications ?? []).map((one) => [one.blake3, one])).values()];

/** The profile or specification of this hash, or null. */
export async function profile(hash) {
  const kept = await get("cache", `profile:${hash}`);
  return kept ? JSON.parse(kept) : null;
}

/** { enrolled, active, seq, purpose, party } of the key of an identity [the one in use] as the node said last, or null. */
export async function keyState(who) {
  const whose = who ?? (await current());
  return whose ? ((await get("cache", `key:${whose.key}`)) ?? null) : null;
}

/** Whether the node said that a key signs nothing more. */
export async function isEnded(key) {
  const state = await get("cache", `key:${key}`);
  return Boolean(state?.enrolled && !state.active);
}

export const keepKeyState = (key, state) => put("cache", { ...state, at: env.now() }, `key:${key}`);
