// One pass over the records of one ledger: is it the node of this ledger, does its log extend what was seen, what does it still have, send,
// prove, upload, fetch. Every step writes what it found before the next begins, so that a pass may end anywhere.

import { Refused } from "../bytes.js";
import { keepKeyState } from "./cache.js";
import { changed, env } from "./env.js";
import { compare, newest } from "./heads.js";
import { openKey } from "./key.js";
import { NoAnswer, ask, askSigned, meaning, problemOf } from "./node.js";
import { IN, OPEN, waitsFor } from "./queue.js";
import { readCheckpoint, verifyReceipt } from "./receipt.js";
import { refresh } from "./renew.js";
import { all, change, get, setSetting, setting } from "./store.js";
import { lotUri, recordUri } from "./uris.js";

export const alarmName = (ledger) => `alarm:${ledger}`;

const KEPT = 30 * 24 * 3600_000;
const CHECKED = 24 * 3600_000;
const JSON_ONLY = { accept: "application/json" };
// A refusal that may end is tried again after this time, twice as long each time.
const [RETRY, LONGEST] = [60_000, 6 * 3600_000];
// How often, and how long, a receipt is waited for.
const [ROUNDS, PUBLISHED, LATER] = [4, 1_500, 20_000];

/** The node is not, or no longer, the one that was joined: other-ledger, other-log-key, receipt, history. */
export class Alarm extends Error {
  constructor(kind, detail, evidence) {
    super(detail);
    Object.assign(this, { kind, evidence });
  }
}

// { lot, other: id of the other record } of each lot of a finding.
function forksOf({ lots, args }) {
  const other = Object.fromEntries(Array.isArray(args) ? args : []).other ?? null;
  return Array.isArray(lots) && lots.length > 0 ? lots.map(({ gtin, lot }) => ({ lot: lotUri(gtin, lot), other })) : [{ lot: null, other }];
}

// What becomes of a record with forks: those that are left, and its state once none is.
function settled(row, counted, names) {
  const isOver = ({ other }) => (counted ? names(row.id) && (other === null || names(other)) : names(row.id) || (other !== null && names(other)));
  const left = (row.forks ?? [{ other: null }]).filter((fork) => !isOver(fork));
  return left.length > 0 ? { forks: left } : { forks: [], state: row.verifiedAt ? "verified" : "accepted" };
}

export class Pass {
  constructor(who, group, summary, { force, refresh: fetches }) {
    Object.assign(this, { who, group, summary, force, fetches, ledger: who.ledger, base: who.node, stops: new Set(), heads: new Map(), failed: new Set() });
  }

  async run() {
    await this.meet();
    await this.compareHead();
    await this.keyStates();
    await this.send();
    // a statement of this phone may have admitted its own other key
    if (this.summary.accepted > 0) await this.keyStates();
    await this.prove();
    await this.recheck();
    await this.upload();
    if (this.fetches) for (const who of this.group) await refresh(this.base, who, { force: this.force, size: this.head?.size, clock: this.clock, signed: this.asks(who) });
    if (this.trouble) throw this.trouble;
  }

  async get(path) {
    const answer = await ask(this.base, path, { headers: JSON_ONLY });
    if (answer.status === 429 || answer.status >= 500) throw new NoAnswer(`http-${answer.status}`, { until: answer.until });
    return answer;
  }

  // A pass has something to do then.
  again(ms) {
    const at = env.now() + ms;
    this.summary.retryAt = Math.min(this.summary.retryAt ?? at, at);
  }

  // Asks for a path as a party: what only the parties of a record may read.
  asks = (who) => async (path) => askSigned(await openKey(who.key), { base: this.base, ledger: this.ledger, publicUrl: this.publicUrl }, path);

  rows = async () => (await all("records")).filter((row) => row.ledger === this.ledger);

  // Changes a row as it is now; nothing when it is gone.
  update(key, to) {
    return change(["records"], async (tx) => {
      const row = await tx.get("records", key);
      const changed = row && to(row);
      if (!changed) return row;
      await tx.put("records", { ...row, ...changed });
      return { ...row, ...changed };
    });
  }

  // ---- the node

  async meet() {
    const { json, status } = await this.get("/.well-known/jejak");
    // a hotspot's page, a proxy: not the node
    if (status !== 200 || typeof json?.ledger !== "string" || !Array.isArray(json.logKeys)) throw new NoAnswer("not-of-a-node");
    if (json.ledger !== this.ledger) throw new Alarm("other-ledger", `the node is of ${json.ledger}`, { about: json });
    if (!json.logKeys.includes(this.who.log)) throw new Alarm("other-log-key", "the node's log has another key", { about: json });
    this.publicUrl = json.publicUrl;
    this.clock = json.clock?.time;
    if (this.clock) await this.keepClock(this.clock);
  }

  keepClock(clock) {
    return change(["settings"], async (tx) => {
      const before = (await tx.get("settings", `clock:${this.ledger}`)) ?? 0;
      if (clock > before) await tx.put("settings", clock, `clock:${this.ledger}`);
    });
  }

  proof = async (from, to) => {
    const answer = await this.get(`/consistency?from=${from}&to=${to}`);
    return answer.status === 200 && Array.isArray(answer.json?.proof) ? answer.json.proof : undefined;
  };

  // What a verified head is to those that were seen before. A split is an alarm: two signed checkpoints are its proof.
  async judge(head) {
    const known = this.heads.get(head.note);
    if (known) return known;
    const relation = await compare(this.ledger, head, this.proof, env.now());
    if (relation === "split") {
      const before = await newest(this.ledger);
      throw new Alarm("history", "the log does not extend the one that this phone has seen", { seen: before.note, shown: head.note });
    }
    this.heads.set(head.note, relation);
    return relation;
  }

  async compareHead() {
    const answer = await this.get("/checkpoint");
    // without a head nothing says that this log is still the one that was seen
    if (answer.status !== 200) throw new NoAnswer("not-of-a-node");
    try {
      this.head = await readCheckpoint(answer.text, this.who.log);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Alarm("other-log-key", "the node's checkpoint is not signed by the log's key", { shown: answer.text });
    }
    const before = await newest(this.ledger);
    const relation = await this.judge(this.head);
    // fewer entries than were seen, and no proof that they are a part: an older copy runs
    if (relation === "unknown" && before.size > this.head.size) await this.wentBack(before);
    else if (relation !== "unknown") await setSetting(`went-back:${this.ledger}`, undefined);
    if (await setting(`went-back:${this.ledger}`)) this.summary.wentBack = true;
  }

  async wentBack(before) {
    const known = await setting(`went-back:${this.ledger}`);
    await setSetting(`went-back:${this.ledger}`, { at: known?.at ?? env.now(), seen: before.note, shown: this.head.note });
    for (const row of await this.rows()) if (IN.includes(row.state) && row.bytes && row.index >= this.head.size) await this.isThere(row);
  }

  // Whether the node still has a record that it had; if not, the same bytes are sent again.
  async isThere(row) {
    const answer = await this.get(`/entries/${row.id}`);
    if (answer.status === 404 && problemOf(answer) === "not-found") {
      this.summary.wentBack = true;
      await this.update(row.key, () => ({ state: "queued", notice: "node-went-back", index: undefined, size: undefined, verifiedAt: undefined, retryAt: 0 }));
      return null;
    }
    return answer.status === 200 ? answer.json : undefined;
  }

  async keyStates() {
    for (const { key, demo } of this.group) {
      const { status, json } = await this.get(`/keys/${key}`);
      if (status === 404) await keepKeyState(key, { enrolled: false, active: false, seq: 0 });
      if (status !== 200 || !Number.isSafeInteger(json?.seq)) continue;
      await keepKeyState(key, { enrolled: true, active: json.active === true, seq: json.seq, purpose: json.purpose, party: json.party });
      // the key never leaves this phone, and each of its numbers was given here; a demo's is public
      if (!demo && json.seq > ((await setting(`counter:${key}`)) ?? 0) && !(await setting(`elsewhere:${key}`))) {
        await setSetting(`elsewhere:${key}`, { seq: json.seq, at: env.now() });
      }
      await setSetting(`node-seq:${key}`, json.seq);
    }
  }

  // ---- sending

  async send() {
    // what was accepted may be what others waited for
    const tried = new Map();
    for (let progress = true; progress; ) {
      progress = false;
      const rows = (await this.rows()).sort((a, b) => a.created - b.created || a.seq - b.seq);
      for (const { key } of rows.filter((row) => OPEN.includes(row.state))) {
        const row = rows.find((one) => one.key === key);
        if (this.failed.has(key)) continue;
        if (this.stops.has(row.kid) || waitsFor(row, rows)) {
          if (row.state === "signed") await this.update(key, () => ({ state: "queued" }));
          continue;
        }
        if (row.state === "waiting" && !this.isDue(row, tried)) continue;
        tried.set(key, this.summary.accepted);
        const after = await this.post(row);
        Object.assign(row, after);
        progress ||= IN.includes(row.state);
      }
    }
  }

  isDue(row, tried) {
    const last = tried.get(row.key);
    if (last !== undefined) return this.summary.accepted > last;
    return this.force || this.summary.accepted > 0 || (row.retryAt ?? 0) <= env.now();
  }

  async post(row) {
    const sent = await this.update(row.key, (now) => (OPEN.includes(now.state) ? { state: "sent", before: now.state, unanswered: true, tries: now.tries + 1 } : null));
    if (sent?.state !== "sent") return sent;
    const back = sent.before === "waiting" ? "waiting" : "queued";
    let answer;
    try {
      answer = await this.postBytes(row);
    } catch (error) {
      await this.update(row.key, () => ({ state: back }));
      throw error;
    }
    const found = meaning(answer, row);
    if (found.kind === "in") return this.accepted(row.key, found.ack);
    if (found.kind === "none") {
      const after = await this.update(row.key, () => ({ state: back }));
      this.trouble = new NoAnswer(found.code, { until: answer.until });
      this.failed.add(row.key);
      // one record that the node fails on does not stop the others; a node that fails on two has no time
      if (found.code !== "internal" || this.failed.size > 1) throw this.trouble;
      return after;
    }
    const { refused } = found;
    if (found.kind === "stop") {
      this.stops.add(row.kid);
      // that of the key in use is the one that its person can end
      if (this.summary.stop?.kid !== this.who.key) this.summary.stop = { rule: refused.rule, detail: refused.detail, args: refused.args, kid: row.kid };
      return this.update(row.key, () => ({ state: "queued", unanswered: false }));
    }
    if (found.kind === "history") {
      await this.update(row.key, () => ({ state: "queued", unanswered: false, refused }));
      throw new Alarm("history", refused.detail, { seen: (await newest(this.ledger))?.note, shown: this.head?.note });
    }
    if (found.kind === "waiting") {
      const wait = Math.min(RETRY * 2 ** Math.min(sent.waits ?? 0, 10), LONGEST);
      this.again(wait);
      return this.update(row.key, () => ({ state: "waiting", unanswered: false, refused, waits: (sent.waits ?? 0) + 1, retryAt: Math.max(env.now() + wait, answer.until ?? 0) }));
    }
    this.summary.refused++;
    if (refused.rule === "sequence-repeated") await this.keyStates();
    return this.update(row.key, () => ({ state: "refused", unanswered: false, refused }));
  }

  async postBytes(row) {
    const lang = globalThis.document?.documentElement?.lang || "id";
    const headers = { "content-type": "application/cose", accept: "application/json", prefer: "return=representation", "accept-language": lang };
    const mine = this.publicUrl && this.group.some((one) => one.key === row.kid);
    if (!mine) return ask(this.base, "/entries", { method: "POST", headers, body: row.bytes });
    const to = { base: this.base, ledger: this.ledger, publicUrl: this.publicUrl };
    const key = await openKey(row.kid).catch(() => null);
    if (!key) return ask(this.base, "/entries", { method: "POST", headers, body: row.bytes });
    return askSigned(key, to, "/entries", { method: "POST", headers, body: row.bytes, unsigned: true });
  }

  async accepted(key, { index, clock, effect }) {
    this.summary.accepted++;
    if (Number.isSafeInteger(clock)) await this.keepClock(clock);
    const findings = Array.isArray(effect?.findings) ? effect.findings : [];
    const forks = findings.filter((finding) => finding.rule === "fork").flatMap(forksOf);
    const row = await this.update(key, () => ({
      state: forks.length > 0 ? "conflict" : "accepted", unanswered: false, refused: null, index, clock, findings, effect, forks, before: undefined, reason: undefined,
    }));
    await this.settle(row);
    changed();
    return row;
  }

  // A stock-taking that names both records of a fork, or the void of one, settles it; the finding stays.
  async settle(row) {
    if (row.act !== "correct" && row.act !== "observe") return;
    const json = JSON.parse(row.payload);
    const names = (id) => (json.bizStep === "stock_taking" ? row.named.includes(id) : json["jejak:voids"] === recordUri(id));
    for (const { key, state } of await this.rows()) if (state === "conflict") await this.update(key, (now) => settled(now, json.bizStep === "stock_taking", names));
  }

  // ---- proving

  async prove() {
    for (let round = 0; round < ROUNDS; round++) {
      const rows = (await this.rows()).filter((row) => IN.includes(row.state) && row.bytes && !row.verifiedAt);
      let left = 0;
      for (const row of rows) if (!(await this.proveOne(row))) left++;
      if (left === 0) return;
      if (round < ROUNDS - 1) await env.wait(PUBLISHED);
    }
    this.again(LATER);
  }

  async proveOne(row) {
    const entry = await this.isThere(row);
    if (entry === null) return true;
    if (!entry?.receipt) return false;
    let head;
    try {
      head = await verifyReceipt(entry, row.bytes, this.who.log, this.ledger);
      if (row.index !== undefined && head.index !== row.index) throw new Refused("another index than the node acknowledged");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.update(row.key, () => ({ state: "queued", notice: "not-proven" }));
      throw new Alarm("receipt", error.message, { record: row.id, entry });
    }
    // of a node that went back the receipt still says what its log holds now
    if ((await this.judge(head)) === "unknown" && !this.summary.wentBack) return false;
    this.summary.verified++;
    await this.update(row.key, (now) => ({
      state: now.state === "conflict" ? "conflict" : "verified", verifiedAt: env.now(), checked: env.now(), index: head.index, size: head.size,
      notice: now.notice === "not-proven" ? null : now.notice,
    }));
    return true;
  }

  // A node may come back from an old copy: what it had proven is looked up now and then, and its bytes are kept for 30 days.
  async recheck() {
    const now = env.now();
    const due = (await this.rows()).filter((row) => row.verifiedAt && row.bytes && now - row.checked > CHECKED);
    for (const row of due.sort((a, b) => a.checked - b.checked).slice(0, 10)) {
      if (!(await this.isThere(row))) continue;
      const old = now - row.verifiedAt > KEPT && !this.summary.wentBack;
      await this.update(row.key, () => (old ? { bytes: null, checked: now } : { checked: now }));
    }
  }

  // ---- photos and documents

  async upload() {
    const kept = new Set((await all("blobs")).filter((blob) => blob.state === "kept").map((blob) => blob.hash));
    if (kept.size === 0 || !this.publicUrl) return;
    for (const row of (await this.rows()).filter((one) => IN.includes(one.state))) {
      for (const hash of row.evidence ?? []) if (kept.delete(hash)) await this.uploadOne(row, await get("blobs", hash));
    }
  }

  async uploadOne(row, blob) {
    const to = { base: this.base, ledger: this.ledger, publicUrl: this.publicUrl };
    const headers = { "content-type": blob.mediaType };
    const answer = await askSigned(await openKey(row.kid), to, `/evidence/${blob.hash}`, { method: "PUT", headers, body: blob.bytes });
    const problem = problemOf(answer);
    if (answer.status === 204) return this.blob(blob.hash, { state: "sent" });
    if (["malformed-request", "too-large", "gone", "unsupported-media-type", "signature-refused"].includes(problem)) return this.blob(blob.hash, { state: "refused", problem });
    throw new NoAnswer(problem ?? `http-${answer.status}`, { until: answer.until });
  }

  blob(hash, to) {
    return change(["blobs"], async (tx) => tx.put("blobs", { ...(await tx.get("blobs", hash)), ...to }));
  }
}
