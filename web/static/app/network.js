// The node, as the screens ask it: sync with what it changes in the session, enrolment, invitations, parties. What is sent of records and
// how receipts are checked is sync.js's.

import { encode } from "../bytes.js";
import * as identity from "./identity.js";
import { openKey } from "./key.js";
import { ask, askSigned } from "./node.js";
import * as session from "./session.js";
import { update } from "./signal.js";
import * as sync from "./sync.js";
import { fromBase64url, toBase64url } from "./base64url.js";
import { shortName } from "./names.js";

// JSON of the node of this address. Throws an error with the `status` of another answer, or NoAnswer.
export async function getJson(path, options) {
  const answer = await ask("", path, { headers: { accept: "application/json" }, ...options });
  if (answer.status !== 200) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
  return answer.json;
}

// After a sync: the session knows what was fetched, the screens how it went.
export async function digest() {
  const last = sync.last();
  update({ offline: last?.state === "offline", alarm: await sync.alarmOf(), stop: last?.stop ?? null, wentBack: last?.wentBack ?? false, elsewhere: await sync.signedElsewhere() });
  await session.renew();
  if (session.me()?.party && !session.me().enrolled) await enrolled();
}

// Sends and fetches now, because somebody asked for it.
export async function synchronise() {
  const summary = await sync.sync({ force: true });
  await digest();
  return summary;
}

// A request that this phone's key signs: { status, json }.
export async function signedRequest(method, path) {
  const me = session.me();
  const { publicUrl } = await getJson("/.well-known/jejak");
  return askSigned(await openKey(me.key), { base: me.node ?? "", ledger: me.ledger, publicUrl }, path, { method, headers: { accept: "application/json" } });
}

// Whether the ledger has this phone's key by now. Never turns "enrolled" back: an ended key is shown by its refusals.
export async function enrolled() {
  const me = session.me();
  if (!me?.key || me.enrolled) return me?.enrolled ?? false;
  const found = await getJson(`/keys/${me.key}`).catch(() => null);
  if (!found?.party || !found.active) return false;
  // the enroller admitted the key for another party than it asked for
  if (found.party !== me.party) await identity.leave(me.key);
  const party = await getJson(`/parties/${encodeURIComponent(shortName(found.party))}`).catch(() => null);
  await session.update({ enrolled: true, party: found.party, purpose: found.purpose, name: party?.name ?? me.name, roles: party?.roles ?? me.roles });
  return true;
}

// The ledger of this address: { ledger, log }. The page says it too, for work without a signal; it may be a kept copy that is older than a
// demo which was begun anew.
export async function ledgerHere() {
  const meta = (name) => document.querySelector(`meta[name="jejak-${name}"]`)?.content;
  const [ledger, log] = [meta("ledger"), meta("log-key")];
  const found = await getJson("/.well-known/jejak").catch((error) => {
    if (ledger && log) return { ledger, logKeys: [log] };
    throw error;
  });
  return { ledger: found.ledger, log: found.logKeys.includes(log) ? log : found.logKeys[0] };
}

// Links that carry JSON: after the hash, so that they reach no server.
export function packed(value) {
  return toBase64url(encode(JSON.stringify(value)));
}

export function unpacked(text) {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(text)));
}

export const link = (kind, value) => `${location.origin}/app/#/${kind}/${packed(value)}`;
