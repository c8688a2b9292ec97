// The way of this party to its first export, step by step, as the node answered it by the export guides in force (renew.js): for the home
// screen and its own screen, also without a signal. What only this phone knows is laid over it: its key, what it asked for, the app on it.

import { placeOf } from "./cache.js";
import { path } from "./router.js";
import { shortName } from "./names.js";
import { get, setting } from "./store.js";

/** Which good and market were chosen on this phone, and what was answered: { commodity, form, market, yes: [], no: [] }. */
export const chosen = async () => (await setting("way")) ?? {};

/** Where the node has it: of a party, or of one that is not on the ledger yet. */
export function addressOf(party, { commodity, form, market, yes, no } = {}) {
  const given = Object.entries({ commodity, form, market, yes: yes?.join(","), no: no?.join(",") }).filter(([, value]) => value);
  return `${party ? path`/parties/${shortName(party)}/path` : "/path"}?${new URLSearchParams(given)}`;
}

/** Whose way it is on this phone: a party's once it is on the ledger. */
export const whose = (me) => (me?.party && (me.enrolled || me.onLedger) ? me.party : null);

/** Where it is kept. */
export const keptAt = (me) => (me?.ledger && whose(me) ? placeOf("way", me) : "way");

/** What is kept of an answer: the steps, and of their items what is asked of people. */
export function short({ good, goods, market, markets, outcome, gates, steps, standing, documents, questions, roles }) {
  const item = ({ id, name, text, state, issuer, issuerName, bring, leadDays, certificates, documents: kinds }) => [id, { name, text, state, issuer: issuerName ?? roles[issuer], bring, leadDays, certificates, documents: kinds }];
  return {
    good, goods, market, markets, outcome, roles, questions: questions.filter(({ answer }) => answer === undefined), gate: gates[0]?.text,
    steps, items: Object.fromEntries([...standing, ...documents].filter(({ state }) => state !== "done" && state !== "not-needed").map(item)),
  };
}

/** What was kept: { value, at, asked }, or null. */
export const keptWay = (me) => get("cache", keptAt(me)).then((found) => found ?? null);

// What this phone has done itself. The ledger learns of a key and of an enrolment only later, and never that the app is installed.
const OWN = {
  key: ({ key }) => Boolean(key),
  enrol: ({ enrolled }) => Boolean(enrolled),
  install: ({ installed }) => Boolean(installed),
};

/** The way with what this phone knows: { steps, done, of, next }. `phone` is { key, enrolled, installed }. */
export function withPhone({ steps }, phone) {
  const there = new Map(steps.map((step) => [step.id, step]));
  const passed = new Set();
  const found = steps.map((step) => {
    const done = step.state === "done" || Boolean(OWN[step.screen]?.(phone));
    const free = (step.after ?? []).every((id) => passed.has(id) || !there.has(id));
    if (done || step.optional) passed.add(step.id);
    return { ...step, state: done ? "done" : free ? "next" : "later" };
  });
  const needed = found.filter(({ optional }) => !optional);
  return { steps: found, done: needed.filter(({ state }) => state === "done").length, of: needed.length, next: found.filter(({ state }) => state === "next") };
}

// What lies on the phone itself.
const ON_PHONE = ["key", "enrol", "install", "second-phone"];

/** The steps to show on the home screen: those that are needed first, and one that lies on the phone and may be left out. */
export function first(next, most = 3) {
  const needed = next.filter(({ optional }) => !optional);
  const own = next.find(({ optional, screen }) => optional && ON_PHONE.includes(screen));
  return own ? [...needed.slice(0, most - 1), own] : needed.slice(0, most);
}
