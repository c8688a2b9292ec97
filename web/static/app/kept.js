// What the outbox holds, for the screens: reads only, and needs nothing of what signs. How it comes there is outbox.js and sync.js.

import { isEnded } from "./cache.js";
import { OPEN, waitsFor } from "./queue.js";
import { all, get, read } from "./store.js";
import { bareId } from "./uris.js";

/** The drafts, the newest first; one with `row` has a number, and stands in list() too. */
export const drafts = async () => (await all("drafts")).sort((a, b) => b.changed - a.changed);
export const draft = (id) => get("drafts", id);

const count = (row, blobs) => (row.evidence ?? []).filter((hash) => blobs.has(hash)).length;

function shown(row, rows, blobs, ended) {
  const { key, kid, seq, id, state, act, type, lots, subject, created, refused, index, size, forks, findings, effect, source, verifiedAt, draftId, party, ledger } = row;
  const waits = OPEN.includes(state) ? waitsFor(row, rows) : null;
  return {
    key, kid, seq, id, state, act, type, lots, subject, created, party, ledger, refused: refused ?? null, notice: row.notice ?? null, index, size, forks: forks ?? [],
    findings: findings ?? [], effect: effect ?? null, source, verifiedAt, draftId, waitsFor: waits ? waits.seq : null, photos: count(row, blobs),
    unanswered: Boolean(row.unanswered), keyEnded: ended.has(kid), reason: row.reason ?? null, named: Boolean(row.namedBy), payload: row.payload,
  };
}

// Photos are read with their bytes: only where a record names some.
const photos = async (rows) => (rows.some((row) => row.evidence?.length > 0) ? await all("blobs") : []);

/** All records, oldest first. */
export async function list() {
  const rows = (await all("records")).sort((a, b) => a.created - b.created || a.seq - b.seq);
  const kids = [...new Set(rows.map((row) => row.kid))];
  const [blobs, ends] = await Promise.all([photos(rows), Promise.all(kids.map(isEnded))]);
  const unsent = new Set(blobs.filter((blob) => blob.state !== "sent").map((blob) => blob.hash));
  const ended = new Set(kids.filter((_, i) => ends[i]));
  return rows.map((row) => shown(row, rows, unsent, ended));
}

/** The records of this phone that name a lot and are not verified, oldest first. */
export const pendingOf = async (lot) => (await list()).filter((row) => row.lots.includes(lot) && !["verified", "abandoned"].includes(row.state));

/** One record, by its place or its id, with its bytes. */
export async function record(name) {
  const row = (await get("records", name)) ?? (await all("records", "id", bareId(name)))[0];
  return row ?? null;
}

/** How many wait for what: { unsent, refused, conflict, drafts, oldestUnsent: ms, onlyHere: of the unsent those in no file that was shared }. */
export async function summary() {
  const [rows, left, shared] = await read(["records", "drafts", "settings"], (tx) => Promise.all([tx.all("records"), tx.all("drafts"), tx.get("settings", "shared-at")]));
  const unsent = rows.filter((row) => OPEN.includes(row.state));
  const of = (state) => rows.filter((row) => row.state === state).length;
  const oldest = Math.min(...unsent.map((row) => row.created));
  return {
    unsent: unsent.length, refused: of("refused"), conflict: of("conflict"), drafts: left.length, oldestUnsent: unsent.length ? oldest : null,
    onlyHere: unsent.filter((row) => row.created >= (shared ?? 0)).length,
  };
}
