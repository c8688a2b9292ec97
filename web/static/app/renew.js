// Fetches what a phone keeps for work without a signal (cache.js). Profiles and specifications count only with the bytes of their hash.

import { base32 } from "../bytes.js";
import { blake3 } from "../blake3.js";
import { placeOf, specificationsOf } from "./cache.js";
import { env } from "./env.js";
import { short as shortExport } from "./export.js";
import { fetchAll } from "./folders.js";
import { shortName } from "./names.js";
import { ask } from "./node.js";
import { path } from "./router.js";
import { get, put } from "./store.js";
import { addressOf, chosen, keptAt, keptWay, short, whose } from "./way.js";

const FRESH = 5 * 60_000;

// Profiles, and specifications, which are served beside them.
async function fetchFiles(base, files) {
  for (const { blake3: hash, url } of files) {
    if (typeof url !== "string" || (await get("cache", `profile:${hash}`))) continue;
    // an address of the node itself, whatever public name it gives itself
    const path = url.startsWith("/") ? url : new URL(url).pathname + new URL(url).search;
    const answer = await ask(base, path, { headers: { accept: "application/json" } });
    if (answer.status === 200 && base32(blake3(answer.bytes)) === hash) await put("cache", answer.text, `profile:${hash}`);
  }
}

// Of large shipments the work lists a part, and who receives one counts all that is in it.
async function whole(base, who, work) {
  const fill = async (one) => {
    if (!one?.more) return one;
    const answer = await ask(base, `/parties/${encodeURIComponent(shortName(who.party))}/work/${encodeURIComponent(one.shipment)}`, { headers: { accept: "application/json" } });
    return answer.status === 200 && Array.isArray(answer.json?.lots) ? answer.json : one;
  };
  const filled = { ...work };
  for (const list of ["incoming", "outgoing"]) {
    if (!Array.isArray(work[list])) continue;
    filled[list] = [];
    for (const one of work[list]) filled[list].push(await fill(one));
  }
  return filled;
}

// More lots than these, here and on their way, are not asked about, nor more often.
const LOTS = 3;
const ANSWERED = 3600_000;

// What the newest goods of the party still lack for export (export.js), and what it has on its way.
async function fetchExports(base, who, { held, outgoing }, force) {
  const some = (list) => (list ?? []).filter(({ gtin, number }) => gtin && number).slice(0, LOTS);
  const all = [...some(held), ...some((outgoing ?? []).flatMap((one) => one.lots ?? []))];
  // a part of a lot may be on its way
  const lots = all.filter(({ lot }, i) => all.findIndex((one) => one.lot === lot) === i);
  const kept = await get("cache", placeOf("export", who));
  const same = kept?.lots === lots.map(({ lot }) => lot).join();
  if (same && !force && env.now() - kept.at < ANSWERED) return;
  const value = [];
  for (const lot of lots) {
    const answer = await ask(base, path`/lots/${lot.gtin}/${lot.number}/readiness`, { headers: { accept: "application/json" } });
    if (answer.status === 200 && Array.isArray(answer.json?.steps)) value.push(shortExport(lot, answer.json));
  }
  await put("cache", { value, lots: lots.map(({ lot }) => lot).join(), at: env.now() }, placeOf("export", who));
}

/** Fetches the way to the first export, if another was chosen or it is not fresh; true if it is another than before. */
export async function fetchWay(base, me, force) {
  const asked = addressOf(whose(me), await chosen());
  const before = await keptWay(me);
  if (before?.asked === asked && !force && env.now() - before.at < ANSWERED) return false;
  const answer = await ask(base, asked, { headers: { accept: "application/json" } });
  if (answer.status !== 200 || !Array.isArray(answer.json?.steps)) return false;
  const value = short(answer.json);
  await put("cache", { value, asked, at: env.now() }, keptAt(me));
  return JSON.stringify(value) !== JSON.stringify(before?.value);
}

/**
 * Fetches kit, work, profiles and shipments anew, if they are not fresh; `size` is that of the log's head before, `signed(path)` asks as the
 * party.
 */
export async function refresh(base, who, { force, size, clock, signed }) {
  let isOther = false;
  for (const name of ["kit", "work"]) {
    const before = await get("cache", placeOf(name, who));
    if (before && !force && env.now() - before.at < FRESH) continue;
    const headers = before?.etag ? { accept: "application/json", "if-none-match": before.etag } : { accept: "application/json" };
    const answer = await ask(base, `/parties/${encodeURIComponent(shortName(who.party))}/${name}`, { headers });
    const same = answer.status === 304 && before;
    if (!same && (answer.status !== 200 || typeof answer.json !== "object" || answer.json === null)) continue;
    const told = same ? before.value : answer.json;
    isOther ||= !same;
    const value = name === "work" ? await whole(base, who, told) : told;
    const etag = same ? before.etag : (answer.headers.get("etag") ?? undefined);
    // what has not changed is so as of now: its tag leaves out size and clock
    const asOf = same ? { clock: clock ?? before.clock, size: Math.max(before.size, size ?? 0) } : { clock: value.clock ?? clock, size: value.size ?? size ?? 0 };
    await put("cache", { value, at: env.now(), ...asOf, etag }, placeOf(name, who));
  }
  const [kit, work] = await Promise.all(["kit", "work"].map((name) => get("cache", placeOf(name, who))));
  if (Array.isArray(kit?.value.profiles)) await fetchFiles(base, kit.value.profiles);
  await fetchFiles(base, specificationsOf(work?.value).map(({ blake3: hash }) => ({ blake3: hash, url: `/profiles/${hash}` })));
  await fetchExports(base, who, work?.value ?? {}, force);
  const shipments = await get("cache", placeOf("shipments", who));
  if (!shipments || force || env.now() - shipments.at >= FRESH) await fetchAll(base, who, signed);
  await fetchWay(base, { ...who, enrolled: Boolean(kit) }, force || isOther);
}
