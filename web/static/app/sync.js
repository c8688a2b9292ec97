// Sending and proving: one pass at a time over all pages of the app, safe to repeat. Each record's bytes go to a node of its ledger until the
// node answers 200 or 201 for them; in is what a receipt proves under the pinned log key. What a record may become stands in outbox.js;
// the steps of a pass in passes.js.

import { changed, env, subscribe } from "./env.js";
import { current, identities, visited } from "./identity.js";
import { NoAnswer } from "./node.js";
import { OPEN } from "./queue.js";
import { Alarm, Pass, alarmName } from "./passes.js";
import { replace } from "./heads.js";
import { readCheckpoint } from "./receipt.js";
import { all, setSetting, setting } from "./store.js";

export { subscribe };

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 15 * 60_000;
// A pass that found everything done looks again after this time.
const EVERY = 10 * 60_000;

let newest = null;

/** What the last pass of this page came to, or null. */
export const last = () => newest;

const pauseName = (ledger) => `pause:${ledger}`;

// Why nothing is asked now, or null: a node's Retry-After always counts, the app's own back-off only when nobody presses the button.
async function pause(ledger, force) {
  const kept = await setting(pauseName(ledger));
  if (!kept || kept.until <= env.now()) return null;
  return kept.wanted || !force ? kept : null;
}

async function backOff(ledger, error) {
  const before = await setting(pauseName(ledger));
  const tries = Math.min((before?.tries ?? 0) + 1, 20);
  const own = Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT) * (0.75 + Math.random() / 2);
  const until = Math.max(error.until ?? 0, env.now() + own);
  await setSetting(pauseName(ledger), { until, wanted: error.until !== undefined && error.until > env.now(), tries, code: error.code });
  return until;
}

const NOTHING = { state: "nothing", accepted: 0, verified: 0, refused: 0, waiting: 0, left: 0, retryAt: null, stop: null, alarm: null, wentBack: false };

async function one(who, group, { force, refresh }) {
  const { ledger } = who;
  const summary = { ...NOTHING, state: "done" };
  const alarm = await setting(alarmName(ledger));
  if (alarm) return { ...summary, state: "alarm", alarm };
  const paused = await pause(ledger, force);
  if (paused) return { ...summary, state: paused.code === "offline" || paused.code === "time-out" ? "offline" : "busy", retryAt: paused.until };
  const pass = new Pass(who, group, summary, { force, refresh });
  try {
    await pass.run();
    await setSetting(pauseName(ledger), undefined);
    if (summary.stop) summary.state = "stopped";
  } catch (error) {
    if (error instanceof Alarm) {
      summary.alarm = { kind: error.kind, at: env.now(), node: who.node, detail: error.message, evidence: error.evidence };
      summary.state = "alarm";
      await setSetting(alarmName(ledger), summary.alarm);
    } else if (error instanceof NoAnswer) {
      summary.state = error.code === "offline" || error.code === "time-out" ? "offline" : "busy";
      summary.retryAt = await backOff(ledger, error);
    } else {
      throw error;
    }
  }
  return summary;
}

const RANK = ["nothing", "done", "stopped", "busy", "offline", "alarm"];

function joined(a, b) {
  const sum = (name) => a[name] + b[name];
  const [less, more] = RANK.indexOf(a.state) < RANK.indexOf(b.state) ? [a, b] : [b, a];
  return {
    state: more.state, accepted: sum("accepted"), verified: sum("verified"), refused: sum("refused"), waiting: sum("waiting"), left: 0,
    retryAt: a.retryAt ?? b.retryAt, stop: more.stop ?? less.stop, alarm: more.alarm ?? less.alarm, wentBack: a.wentBack || b.wentBack,
  };
}

async function run(options) {
  const list = await identities();
  // a ledger that is only visited is asked while something of a file is to go there
  const before = await all("records");
  const guests = (await visited()).filter(({ ledger }) => list.every((one) => one.ledger !== ledger) && before.some((row) => row.ledger === ledger && !row.verifiedAt));
  let summary = NOTHING;
  for (const ledger of new Set([...list, ...guests].map((one) => one.ledger))) {
    const group = list.filter((one) => one.ledger === ledger);
    summary = joined(summary, await one(group[0] ?? guests.find((one) => one.ledger === ledger), group, options));
  }
  const rows = await all("records");
  return { ...summary, left: rows.filter((row) => OPEN.includes(row.state)).length, waiting: rows.filter((row) => row.state === "waiting").length };
}

/** Sends what can be sent, and fetches receipts and what is kept for offline work. `force`: somebody asked for it. */
export async function sync({ force = false, refresh = true } = {}) {
  const summary = await env.lock("jejak-sync", { ifAvailable: true }, (lock) => (lock ? run({ force, refresh }) : { ...NOTHING, state: "locked" }));
  if (summary.state !== "locked") newest = summary;
  changed();
  return summary;
}

/** Why nothing is sent to the node any more, or null. */
export async function alarmOf() {
  const list = [await current(), ...(await identities()), ...(await visited())].filter(Boolean);
  for (const { ledger } of list) {
    const alarm = await setting(alarmName(ledger));
    if (alarm) return { ...alarm, ledger };
  }
  return null;
}

/** { seq, at } of the first record that the node has of the key in use and that this phone did not sign, or null: somebody else has the key. */
export async function signedElsewhere() {
  const who = await current();
  return (who && (await setting(`elsewhere:${who.key}`))) ?? null;
}

/** Sends to the node again: after people found out what the alarm was. What it was stays among the evidence. */
export async function clearAlarm() {
  const alarm = await alarmOf();
  if (!alarm) return;
  await setSetting(`alarms:${alarm.ledger}`, [...((await setting(`alarms:${alarm.ledger}`)) ?? []), alarm]);
  await setSetting(alarmName(alarm.ledger), undefined);
  changed();
}

/** Goes on with the history that the node shows now, in place of the one that was seen, which stays among the evidence. */
export async function acceptHistory() {
  for (const { ledger, log } of [...(await identities()), ...(await visited())]) {
    const alarm = await setting(alarmName(ledger));
    const back = await setting(`went-back:${ledger}`);
    const shown = alarm?.kind === "history" ? alarm.evidence?.shown : back?.shown;
    if (!shown || (alarm && alarm.kind !== "history")) continue;
    await replace(ledger, await readCheckpoint(shown, log), env.now());
    await setSetting(`went-back:${ledger}`, undefined);
    if (alarm) await clearAlarm();
  }
}

/** Sends by itself: now, when the network comes back, when the app is looked at, and after each wait. Returns what ends that. */
export function background() {
  let timer;
  let running = false;
  const go = async () => {
    clearTimeout(timer);
    if (running) return;
    running = true;
    try {
      const { retryAt } = await sync().catch(() => ({}));
      const wait = retryAt ? Math.max(retryAt - env.now(), 1_000) : EVERY;
      timer = setTimeout(go, Math.min(wait, EVERY));
    } finally {
      running = false;
    }
  };
  const seen = () => document.visibilityState === "visible" && go();
  addEventListener("online", go);
  document.addEventListener("visibilitychange", seen);
  go();
  return () => {
    clearTimeout(timer);
    removeEventListener("online", go);
    document.removeEventListener("visibilitychange", seen);
  };
}
