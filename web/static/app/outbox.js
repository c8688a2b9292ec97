// The outbox: drafts, and the records that this phone signed, until the ledger has them and proves it. Order of signing: number and payload are
// stored, then signed, then the bytes are stored and read back; only then the record counts as signed. So a number is never used
// twice: after a crash the same payload is signed with the same number. Sending is sync.js.

import { same } from "../bytes.js";
import { CoreError, changed, env } from "./env.js";
import { cached, isEnded } from "./cache.js";
import { write } from "./canonical.js";
import { event, eventId, timeText, voidOf } from "./events.js";
import { seen } from "./heads.js";
import { current, identities } from "./identity.js";
import { openKey } from "./key.js";
import { IN, OPEN, endsKey, givenUp, maybeIn, newestOf, rowKey, unnamed } from "./queue.js";
import { EVENT, MAX_RECORD, REGISTRY, described, seal, toBeSigned } from "./record.js";
import { all, change, get, remove, setSetting, setting } from "./store.js";
import { recordUri } from "./uris.js";

export { addBlob, dropSentBlobs, dropUnused } from "./blobs.js";
export { draft, drafts, list, pendingOf, record, summary } from "./kept.js";
export { exportFile, importFile, outboxName } from "./outboxfile.js";

// How far the phone's clock may be from the ledger's: behind it by some minutes of drift, ahead of it by the days that a phone is away.
const BEHIND = 10 * 60;
const AHEAD = 60 * 24 * 3600;
const MOST = 2 ** 53 - 1;
const STANDS = [...OPEN, ...IN];

// ---- drafts

/**
 * Keeps a draft: { id?, act, input, time?, form?, as? } or { id?, statement }; returns its id. It is signed as who was in
 * use when it was begun, `as`.
 * Throws CoreError has-a-number when a number was given to it: what is signed with a number never changes.
 */
export async function saveDraft(draft) {
  const now = env.now();
  const [id, inUse] = [draft.id ?? crypto.randomUUID(), (await current())?.key];
  await change(["drafts", "records"], async (tx) => {
    const before = draft.id && (await tx.get("drafts", id));
    // signed, perhaps by another page: the draft is gone, and written anew it would be a second record
    const row = before?.row ?? (draft.id && !before && (await tx.all("records")).find((one) => one.draftId === id)?.key);
    if (row) throw new CoreError("has-a-number", { key: row });
    await tx.put("drafts", { created: before?.created ?? now, ...draft, as: before?.as ?? draft.as ?? inUse, id, changed: now });
  });
  changed();
  return id;
}

/** Removes a draft, and returns it: saveDraft() puts it back. One that has a number already can't be removed: sign it, or give it up. */
export async function removeDraft(id) {
  const found = await get("drafts", id);
  if (found?.row) throw new CoreError("has-a-number", { key: found.row });
  await remove("drafts", id);
  changed();
  return found;
}

// ---- signing

async function checkClock(ledger, confirmed) {
  const clock = await setting(`clock:${ledger}`);
  const now = Math.floor(env.now() / 1000);
  if (!clock || confirmed) return;
  if (now < clock - BEHIND) throw new CoreError("clock-behind", { ledgerClock: clock });
  if (now > clock + AHEAD) throw new CoreError("clock-ahead", { ledgerClock: clock });
}

// The newest records of each lot by the node's list, whichever group of it the lot stands in.
async function workOf() {
  const work = await cached("work");
  if (!work) return null;
  const newest = {};
  for (const group of Object.values(work.value)) {
    for (const one of Array.isArray(group) ? group : []) if (one?.lot && Array.isArray(one.newest)) newest[one.lot] = one.newest;
  }
  return { size: work.size ?? 0, newest };
}

// The record of a void that stands in the same flow.
async function replaced(draft, rows) {
  if (!draft.replacesDraft) return draft.input.replaces && recordUri(draft.input.replaces);
  const row = rows.find((one) => one.draftId === draft.replacesDraft && one.id);
  if (!row) throw new CoreError("void-first");
  return recordUri(row.id);
}

// { contentType, text, act, gives: rows that the payload gives up } of a draft.
async function payloadOf(draft, who, rows) {
  if (draft.statement) return { contentType: REGISTRY, text: draft.statement, act: "registry", gives: [] };
  const [id, time] = [eventId(env.now()), draft.time ?? timeText(new Date(env.now()))];
  const gives = unnamed(who.key, who.ledger, rows);
  const fixed = rows.find((row) => row.key === draft.fixes && row.state !== "abandoned");
  if (fixed) gives.push({ ...replaceable(fixed), reason: "refused" });
  // a number is given up by its own key
  const named = gives.filter((row) => row.kid === who.key && !row.silent && !isTaken(row)).map(givenUp);
  let out;
  if (draft.act === "correct") {
    out = voidOf(draft.payload, { id, time, reason: draft.reason, voids: recordUri(draft.voids), after: draft.input?.after });
    if (named.length > 0) out["jejak:givenUp"] = event("observe", { givesUp: named }, { id, time })["jejak:givenUp"];
  } else {
    const { input } = draft;
    const lots = [input.lots, input.inputs, input.outputs].flatMap((list) => (list ?? []).map(({ lot }) => lot));
    // nothing builds on what is given up now
    const others = rows.filter((row) => row.ledger === who.ledger).map((row) => (row.key === draft.fixes ? { ...row, state: "abandoned" } : row));
    // of goods on their way the shipment is the newest
    const shipment = draft.act === "receive" && input.shipment ? [input.shipment] : [];
    const after = [...new Set([...[...(input.after ?? []), ...shipment].map(recordUri), ...newestOf(lots, others, await workOf())])].slice(0, 100);
    const from = input.from ?? (draft.act === "ship" ? who.party : undefined);
    out = event(draft.act, { ...input, ...uris(input), from, after, givesUp: [...(input.givesUp ?? []), ...named], replaces: await replaced(draft, rows) }, { id, time });
  }
  return { contentType: EVENT, text: write(out), act: draft.act, gives };
}

// Records may be named by their bare id.
function uris(input) {
  const named = ["shipment", "lifts", "rejects"].filter((name) => input[name]);
  return { ...Object.fromEntries(named.map((name) => [name, recordUri(input[name])])), retests: input.retests?.map(recordUri) };
}

// A record that another may take the place of: it may have gone in meanwhile, and then both would count.
function replaceable(row) {
  if (IN.includes(row.state) || maybeIn(row)) throw new CoreError("maybe-in", { key: row.key });
  return row;
}

// Who signs a draft: who was in use when it was written. Once that key is ended, its party's newest key that is not.
async function signerOf(draft, rows) {
  const [all, now] = [await identities(), await current()];
  const mine = all.find((one) => one.key === draft.as) ?? now;
  if (!mine) throw new CoreError("no-identity");
  // a key that this phone ends itself still signs what was refused of it, for which its end waits
  const ends = rows.filter((row) => (draft.fixes ? IN : STANDS).includes(row.state)).map(endsKey);
  const signs = async ({ key }) => !ends.includes(key) && !(await isEnded(key));
  if (await signs(mine)) return mine;
  for (const one of [now, ...all.toReversed()]) if (one.party === mine.party && one.ledger === mine.ledger && (await signs(one))) return one;
  throw new CoreError("key-ended");
}

// Numbers whose place another record has on the ledger: there is nothing to give up.
const isTaken = (row) => ["sequence-repeated", "number-given-up"].includes(row.refused?.rule);

// Refuses what would use up a number for nothing.
function checkPayload(claims, text) {
  const { protectedBytes, payload } = toBeSigned({ ...claims, seq: MOST }, text);
  if (protectedBytes.length + payload.length + 75 > MAX_RECORD) throw new CoreError("too-long");
}

// Stores number and payload, once: a draft that has a number keeps it. Returns the row.
function number(draftId, made, claims, source) {
  return change(["drafts", "records", "settings"], async (tx) => {
    const draft = await tx.get("drafts", draftId);
    if (!draft) throw new CoreError("not-found");
    if (draft.row) return tx.get("records", draft.row);
    const { kid, aud } = claims;
    const [counter, onNode] = [await tx.get("settings", `counter:${kid}`), await tx.get("settings", `node-seq:${kid}`)];
    const seq = Math.max(counter ?? 0, onNode ?? 0) + 1;
    const row = {
      key: rowKey(kid, seq), kid, seq, id: null, ledger: aud, party: claims.iss, claims: { ...claims, seq }, payload: made.text, bytes: null,
      state: "draft", act: made.act, created: env.now(), tries: 0, draftId, source, ...described(made.text, made.contentType),
    };
    await tx.put("settings", seq, `counter:${kid}`);
    await tx.put("records", row);
    await tx.put("drafts", { ...draft, row: row.key });
    for (const { key, reason } of made.gives) {
      const given = replaceable(await tx.get("records", key));
      await tx.put("records", { ...given, before: given.before ?? given.state, state: "abandoned", reason, silent: isTaken(given), namedBy: row.key });
    }
    return row;
  });
}

// Signs a numbered row, stores the bytes, and reads them back.
async function finish(row) {
  if (!row.bytes) {
    const key = await openKey(row.kid);
    const { bytes, id, sub } = await seal(row.claims, row.payload, key.sign);
    await change(["records", "drafts"], async (tx) => {
      const now = await tx.get("records", row.key);
      // another page was quicker: what it stored is the record
      if (now.bytes) return;
      await tx.put("records", { ...now, bytes, id, subject: sub, state: "signed" });
      if (now.draftId) await tx.remove("drafts", now.draftId);
    });
  }
  const stored = await get("records", row.key);
  const again = stored?.bytes && (await seal(stored.claims, stored.payload, async () => stored.bytes.slice(-64)));
  if (!again || again.id !== stored.id || !same(again.bytes, stored.bytes)) throw new CoreError("not-stored", { key: row.key });
  return stored;
}

/**
 * Signs a draft: { key, seq, id }. Throws CoreError and leaves the draft as it is: no-identity, no-key, key-ended, storage-full, too-long, not-stored;
 * clock-behind and clock-ahead until `clockConfirmed`; void-first while the record that it replaces is not voided.
 */
export function signDraft(draftId, { clockConfirmed = false } = {}) {
  return env.lock("jejak-sign", {}, async () => {
    const kept = await get("drafts", draftId);
    let row = kept?.row && (await get("records", kept.row));
    if (!row) {
      if (!kept) {
        // signed before, perhaps by another page: the same answer
        const done = (await all("records")).find((one) => one.draftId === draftId && one.bytes);
        if (done) return { key: done.key, seq: done.seq, id: done.id };
        throw new CoreError("not-found");
      }
      const rows = await all("records");
      const who = await signerOf(kept, rows);
      await openKey(who.key);
      await checkClock(who.ledger, clockConfirmed);
      const made = await payloadOf(kept, who, rows);
      const iat = Math.max(0, Math.floor(env.now() / 1000));
      const claims = { contentType: made.contentType, kid: who.key, iss: who.party, aud: who.ledger, iat, seen: await seen(who.ledger) };
      checkPayload(claims, made.text);
      const { id, row: none, ...source } = kept;
      row = await number(draftId, made, claims, source);
    }
    const { key, seq, id } = await finish(row);
    changed();
    return { key, seq, id };
  });
}

// ---- what is done with it

/** The outbox file was handed to another app or to the downloads. */
export const wasShared = () => setSetting("shared-at", env.now());

/** A fork that was joined, or of which one was voided, on another phone: nothing is left to do on this one. */
export async function settleElsewhere(key) {
  await change(["records"], async (tx) => {
    const row = await tx.get("records", key);
    if (row?.state === "conflict") await tx.put("records", { ...row, state: row.verifiedAt ? "verified" : "accepted", forks: [] });
  });
  changed();
}

/** Drops records and drafts of a demo that is over: its ledger is gone, and they would wait forever. Not those of any other ledger. */
export async function dropDemo(ledger) {
  const keys = (await identities()).filter((one) => one.demo && one.ledger === ledger).map((one) => one.key);
  if (keys.length === 0) return;
  await change(["records", "drafts"], async (tx) => {
    for (const row of await tx.all("records")) if (row.ledger === ledger) await tx.remove("records", row.key);
    for (const draft of await tx.all("drafts")) if (keys.includes(draft.as)) await tx.remove("drafts", draft.id);
  });
  changed();
}

// ---- what was refused

/** A new draft with the content of a record that was refused, or can't go in: its id. Signing it gives the old number up by name. */
export async function fix(key) {
  const row = await get("records", key);
  if (!row?.source || !["refused", ...OPEN].includes(row.state)) throw new CoreError("not-found");
  replaceable(row);
  const { created, changed: when, ...source } = row.source;
  return saveDraft({ ...source, fixes: key });
}

/** Gives up a record: the next one of its key names it. Not one that may be on the ledger. */
export async function abandon(key, reason = "mistake") {
  let row = await get("records", key);
  if (!row || IN.includes(row.state) || row.state === "abandoned") throw new CoreError("not-found");
  replaceable(row);
  // the next record names its id, so that it is signed, and never sent
  if (!row.bytes) row = await env.lock("jejak-sign", {}, () => finish(row));
  await change(["records"], async (tx) => {
    const now = await tx.get("records", key);
    await tx.put("records", { ...replaceable(now), before: now.state, state: "abandoned", reason, silent: isTaken(now), namedBy: null });
  });
  changed();
}

/** Takes that back, while no record names it. */
export async function restore(key) {
  await change(["records"], async (tx) => {
    const row = await tx.get("records", key);
    if (row?.state !== "abandoned" || row.namedBy) throw new CoreError("not-found");
    await tx.put("records", { ...row, state: row.before, before: undefined, reason: undefined, silent: undefined });
  });
  changed();
}

