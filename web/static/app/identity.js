// Who this phone signs as: a party on a ledger, with the ledger id and log key that were pinned when it joined, and the key that is for it.
// Several roles and parties have one each. Enrolment itself is on the ledger: an identity may wait for it.

import { demand } from "../bytes.js";
import { changed, env } from "./env.js";
import { change, read, setting } from "./store.js";

// Who signs with the key of a file that was opened in this page (key.js, openSeed): it is in use, and kept nowhere.
let held = null;

/** All identities: [{ node, ledger, log, party, roles, purpose, key, demo, name, joined, file }]. */
export async function identities() {
  const kept = (await setting("identities")) ?? [];
  return held ? [held, ...kept.filter((one) => one.key !== held.key)] : kept;
}

/**
 * Signs as this party, with the key of a file, until another is held, or null. A ledger that is known keeps the log key that was pinned first.
 */
export async function hold(one) {
  const pinned = one && [...(await identities()), ...(await visited())].find(({ ledger }) => ledger === one.ledger);
  demand(!pinned || pinned.log === one.log, "another log key than the one that is pinned");
  held = one && { node: "", roles: [], purpose: "admin", demo: false, file: true, joined: env.now(), ...one };
  changed();
}

/** The one in use, or null. */
export async function current() {
  if (held) return held;
  const [list, name] = await read(["settings"], (tx) => Promise.all(["identities", "current"].map((one) => tx.get("settings", one))));
  return list?.find((one) => one.key === name) ?? list?.[0] ?? null;
}

/** Joins: pins ledger and log key, and is the one in use from then on. A ledger that is known keeps the log key that was pinned first. */
export async function join({ node = "", ledger, log, party, roles = [], purpose = "event", key, demo = false, name }) {
  demand(/^urn:jejak:ledger:[a-z2-7]{52}$/.test(ledger) && typeof log === "string" && log.includes("+"), "no ledger and log key to pin");
  demand(party && key, "a party and a key");
  const mine = { node: node.replace(/\/+$/, ""), ledger, log, party, roles, purpose, key, demo, name, joined: env.now() };
  await change(["settings"], async (tx) => {
    const list = (await tx.get("settings", "identities")) ?? [];
    const pinned = [...list, ...((await tx.get("settings", "visited")) ?? [])].find((one) => one.ledger === ledger);
    demand(!pinned || pinned.log === log, "another log key than the one that is pinned");
    demand(list.every((one) => one.key !== key || (one.party === party && one.ledger === ledger)), "this key is another party's");
    // a demo that was begun anew is another ledger at the same address
    const gone = (one) => one.key === key || (demo && one.demo && one.node === mine.node && one.ledger !== ledger);
    await tx.put("settings", [...list.filter((one) => !gone(one)), mine], "identities");
    await tx.put("settings", key, "current");
  });
  changed();
  return mine;
}

/** Ledgers at whose node this phone hands in what others signed, without a key of its own there: [{ node, ledger, log }]. */
export const visited = async () => (await setting("visited")) ?? [];

/** Pins a ledger and its log key for that. */
export async function visit({ node = "", ledger, log }) {
  await change(["settings"], async (tx) => {
    const list = (await tx.get("settings", "visited")) ?? [];
    const pinned = [...list, ...((await tx.get("settings", "identities")) ?? [])].find((one) => one.ledger === ledger);
    // the log key that was pinned first stays
    if (!pinned) await tx.put("settings", [...list, { node, ledger, log }], "visited");
  });
}

/** Signs as the party of this key from now on. */
export async function use(key) {
  held = null;
  await change(["settings"], (tx) => tx.put("settings", key, "current"));
  changed();
}

/** Forgets an identity; its key and its records stay. */
export async function leave(key) {
  await change(["settings"], async (tx) => {
    const list = (await tx.get("settings", "identities")) ?? [];
    await tx.put("settings", list.filter((one) => one.key !== key), "identities");
  });
  changed();
}
