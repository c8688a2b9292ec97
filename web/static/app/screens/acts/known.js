// What the forms know on this phone: kit, work, profiles, records and earlier answers, gathered once for a screen. Reads only, but for
// `remember` and `keepOpenings`.
import { language } from "../../i18n.js";
import { context, lotParts } from "../../forms/context.js";
import { keepUsual } from "../../forms/cautions.js";
import { inBase } from "../../units.js";
import { list } from "../../kept.js";
import { markOf } from "../../mark.js";
import * as session from "../../session.js";
import { change, get, setting } from "../../store.js";
import { cached, profile, specificationsOf } from "../../cache.js";
import { exportsOf } from "../../export.js";
import { eventsOf, folderOf, shipmentsOf, sumsOf } from "../../shipments.js";
import { chosen } from "../../way.js";

const MOST = 500;

// Of this party on this ledger: a phone may sign as several.
function records(all, { party, ledger }) {
  return all
    .filter((row) => row.payload && row.act !== "registry" && row.party === party && row.ledger === ledger)
    .slice(-MOST)
    .map(({ id, seq, key, state, created, payload, index, source, act, forks }) => ({ id: id ?? "", seq, key, state, time: created, payload, index, source, act, forks, event: JSON.parse(payload) }));
}

/** Profiles that the kit names, those that begin later too, and specifications that lots of the work must keep to, as the phone keeps them. */
async function profiles(kit, work) {
  const found = {};
  for (const { blake3 } of [...(kit.profiles ?? []), ...specificationsOf(work)]) {
    const kept = await profile(blake3).catch(() => null);
    if (kept) found[blake3] = kept;
  }
  return found;
}

/** What the node said last of the lot that a screen is for, as the lot's own screen keeps it. */
async function views(lot) {
  const { gtin, number } = lotParts(lot) ?? {};
  const kept = gtin && (await get("cache", `lot:${gtin}/${number}`));
  return kept?.body ? { [lot]: kept.body } : {};
}

/** What belongs to a shipment that the screen was opened for, and to no other screen. */
async function shipmentParts(of, me) {
  const asked = of.shipment ?? of.record;
  const folder = asked && me.party ? (await folderOf(me, asked))?.value : undefined;
  const [list, sums, events, exports] = await Promise.all([me.party ? shipmentsOf(me) : null, sumsOf(me, folder), eventsOf([of.record].filter(Boolean)), me.party ? exportsOf(me) : []]);
  return { folder, shipments: list?.value, sums, events, exports };
}

/** Items of a visit by its purpose: one file for app, pages and command line. */
export async function checklists() {
  const answer = await fetch(new URL("../../../checklists.json", import.meta.url));
  if (!answer.ok) throw new Error(`checklists.json: ${answer.status}`);
  return answer.json();
}

/**
 * The context of forms. `of` is what the screen was opened for: {lot, record, key, joins, shipment, document, milestone, confirms}. Who only asks
 * what is held needs no profiles. `more` is what a form needs beside all that.
 */
export async function gather(of = {}, { judges = true, more = {} } = {}) {
  // records are read first: one that is accepted meanwhile is in the answer of the node, or counted as not sent, never lost between
  const all = await list();
  const [remembered, keptKit, kept] = await Promise.all([setting("remembered"), ...["kit", "work"].map((name) => cached(name).catch(() => null))]);
  const [kit, work, me] = [keptKit?.value ?? {}, kept?.value ?? {}, session.me() ?? {}];
  const party = { ...(kit.party ?? {}), uri: kit.party?.uri ?? me.party, name: kit.party?.name ?? me.name, prefixes: kit.party?.prefixes ?? kit.prefixes };
  const parts = judges ? { ...(await shipmentParts(of, me)), wish: (await chosen()).market } : {};
  // the context's `now` goes on while a form is open: nothing of it is copied
  return Object.assign(
    context({
      ...parts, ...more, of, views: await views(of.lot), kit: { ...kit, party, ledger: kit.ledger ?? me.ledger }, work, profiles: judges ? await profiles(kit, work) : {}, records: records(all, me), remembered: remembered ?? {}, size: kept?.size,
      lang: language(), phone: markOf(me.key ?? "", kit.keys),
    }),
    { as: me.key },
  );
}

/** Keeps answers for the next time. */
export async function remember(ctx, changes = {}, built) {
  await change(["settings"], async (tx) => tx.put("settings", learnt({ ...(await tx.get("settings", "remembered")), ...changes }, built), "remembered"));
}

function learnt(next, built) {
  for (const part of [...(built?.input.lots ?? []), ...(built?.input.outputs ?? [])]) {
    const gtin = /\/01\/(\d{14})\//.exec(part.lot)?.[1];
    if (!gtin || part.amount === undefined) continue;
    next[`usual:${built.act}:${gtin}`] = keepUsual(next[`usual:${built.act}:${gtin}`], inBase(part.amount, part.unit));
  }
  return next;
}

/** Openings of commitments stay on this phone, and go into no record. */
export async function keepOpenings(openings = [], of, { party, ledger } = session.me() ?? {}) {
  if (openings.length === 0) return;
  await change(["settings"], async (tx) => tx.put("settings", [...((await tx.get("settings", "openings")) ?? []), ...openings.map((one) => ({ ...one, of, party, ledger }))], "openings"));
}
