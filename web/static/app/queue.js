// The records of the outbox in relation to each other: which lots and records each names, what waits for what, what is newest, what has been
// given up. Pure; what is kept and sent is outbox.js and sync.js.

import { recordUri } from "./uris.js";

/** States of a record that is signed and of which it is not known that the ledger has it. */
export const OPEN = ["signed", "queued", "sent", "waiting"];
/** States of a record that the ledger has. */
export const IN = ["accepted", "verified", "conflict"];
const UNSETTLED = ["draft", ...OPEN];
const STANDING = [...UNSETTLED, ...IN];

/** The place of a record in the outbox: by key and number. */
export const rowKey = (kid, seq) => `${kid}/${String(seq).padStart(16, "0")}`;

/** Whether the ledger may have a record that is not known to be in: it was sent and not answered, or the node had it once. */
export const maybeIn = (row) => row.state === "sent" || (OPEN.includes(row.state) && (row.unanswered || ["node-went-back", "not-proven"].includes(row.notice)));

const KEY = "urn:jejak:key:";

/** The key that a record ends, or null. */
export const endsKey = (row) => (row.type === "KeyRevocation" && row.subject?.startsWith(KEY) ? row.subject.slice(KEY.length) : null);

const unique = (values) => [...new Set(values)];

// The records of this phone that a record builds on: those that it names, that of the sample that it tested, the enrolment of the party
// whose key it admits, the admission of its own key.
function needsOf(row, all) {
  const rows = all.filter((other) => other.ledger === row.ledger);
  const sampled = row.sample && row.act !== "sample" ? rows.filter((other) => other.act === "sample" && other.sample === row.sample) : [];
  const enrolled = row.type === "Key" ? rows.filter((other) => other.type === "Party" && other.about === row.about && other.created < row.created) : [];
  const admitted = rows.filter((other) => other.type === "Key" && JSON.parse(other.payload).key === row.kid);
  return unique([...row.named, ...[...sampled, ...enrolled, ...admitted].map((other) => other.id)]).filter((id) => id && id !== row.id);
}

const byId = (rows) => new Map(rows.filter((row) => row.id).map((row) => [row.id, row]));

// Whether `row` builds on `other`, however far.
function buildsOn(row, other, rows, ids = byId(rows), passed = new Set()) {
  return needsOf(row, rows).some((id) => {
    if (passed.has(id)) return false;
    passed.add(id);
    return id === other.id || (ids.has(id) && buildsOn(ids.get(id), other, rows, ids, passed));
  });
}

// A record of the key that this one ends, which could not go in after it; a stolen key is ended at once.
function lastOf(row, rows) {
  const key = endsKey(row);
  if (!key || JSON.parse(row.payload).reason === "compromised") return null;
  return rows.find((other) => other.kid === key && other.ledger === row.ledger && endsKey(other) !== key && UNSETTLED.includes(other.state)) ?? null;
}

/**
 * The record that this one has to wait for, or null: one that it names and that is not in yet, or was refused and is not given up. Of one
 * that was given up, the record that says so. The end of a key waits for the records of that key.
 */
export function waitsFor(row, rows) {
  const ids = byId(rows);
  const last = lastOf(row, rows);
  if (last) return last;
  for (const id of needsOf(row, rows)) {
    const parent = ids.get(id);
    if (!parent) continue;
    if (parent.state === "refused" || parent.state === "draft" || OPEN.includes(parent.state)) return parent;
    const namer = parent.state === "abandoned" && rows.find((other) => other.key === parent.namedBy);
    if (namer && OPEN.includes(namer.state) && namer !== row && !buildsOn(namer, row, rows, ids)) return namer;
  }
  return null;
}

// Whether a record builds on one that was refused or given up: nothing new should build on it.
function isBlocked(row, rows, ids = byId(rows), passed = new Set()) {
  return needsOf(row, rows).some((id) => {
    const parent = ids.get(id);
    if (!parent || passed.has(id)) return false;
    passed.add(id);
    return ["refused", "abandoned"].includes(parent.state) || isBlocked(parent, rows, ids, passed);
  });
}

/**
 * The newest records of these lots that this phone knows, as URIs: of each lot the newest signed here that the node's list does not hold
 * yet, else the newest of that list, `work` = { size, newest: { lot: [ids] } }.
 */
export function newestOf(lots, rows, work) {
  const ids = byId(rows);
  const found = lots.flatMap((lot) => {
    const here = rows.filter(
      (row) =>
        row.lots.includes(lot) &&
        row.id &&
        (OPEN.includes(row.state) || (IN.includes(row.state) && !(row.index < (work?.size ?? 0)))) &&
        !isBlocked(row, rows, ids),
    );
    const last = here.sort((a, b) => a.created - b.created || a.seq - b.seq).at(-1);
    return last ? [last.id] : (work?.newest?.[lot] ?? []);
  });
  return unique(found.map(recordUri)).slice(0, 100);
}

/** The abandoned records of a key that no record which stands has named yet. */
export function unnamed(kid, ledger, rows) {
  const stands = (key) => rows.some((row) => row.key === key && STANDING.includes(row.state));
  return rows.filter((row) => row.kid === kid && row.ledger === ledger && row.state === "abandoned" && !row.silent && row.id && !stands(row.namedBy));
}

/** An abandoned record as a member of givesUp of events.js. Of an inspection the lots are named: a test could be dropped that way. */
export function givenUp(row) {
  const given = { seq: row.seq, record: recordUri(row.id), reason: row.reason };
  return row.act === "inspect" ? { ...given, act: "inspect", lots: row.lots } : given;
}
