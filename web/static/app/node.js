// Speaks to a node: one request with a time limit, what its answer to a record means, and requests that a key signs (RFC 9421, the profile of
// docs/formats.md, "Signed request"). Decides nothing about the outbox.

import { base32, digest, encode } from "../bytes.js";
import { CoreError, env } from "./env.js";

const LIMIT = 20_000;
// The slowest line that is waited for, in bytes a second.
const RATE = 1_024;
const VALID = 120;
const FARTHEST = 24 * 3600;
const PROBLEM = "urn:jejak:problem:";

/** No answer of a node: the network, a proxy, a time-out, or a node that has no time. `until`: when the node wants to be asked again, ms. */
export class NoAnswer extends CoreError {
  constructor(code, more = {}) {
    super(code, more);
  }
}

function retryAfter(headers) {
  const text = headers.get("retry-after");
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - env.now()) / 1000;
  return Number.isFinite(seconds) ? env.now() + Math.min(Math.max(seconds, 1), 6 * 3600) * 1000 : undefined;
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** One request: { status, headers, bytes, text, json, until }. `json` is undefined when it is none. Throws NoAnswer. */
export async function ask(base, path, { method = "GET", headers = {}, body, limit = LIMIT } = {}) {
  const stop = new AbortController();
  let timer;
  const late = new Promise((_, fail) => {
    const ms = limit + ((body?.length ?? 0) / RATE) * 1000;
    timer = setTimeout(() => {
      fail(new NoAnswer("time-out"));
      stop.abort();
    }, ms);
  });
  const asked = (async () => {
    const response = await env.fetch(`${base}${path}`, { method, headers, body, signal: stop.signal, cache: "no-store", credentials: "omit", redirect: "error" });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      // no JSON
    }
    return { status: response.status, headers: response.headers, bytes, text, json, until: retryAfter(response.headers) };
  })();
  try {
    return await Promise.race([asked, late]);
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer("offline", { cause: error });
  } finally {
    clearTimeout(timer);
    asked.catch(() => undefined);
  }
}

/** The kind of a problem document, or null when the answer is none of a node. */
export const problemOf = (answer) => {
  const type = answer.json?.type;
  return answer.status >= 400 && typeof type === "string" && type.startsWith(PROBLEM) ? type.slice(PROBLEM.length) : null;
};

// Refusals that concern every record of the key, or of the ledger: nothing more is sent until they are gone.
const STOPS = new Set(["wrong-ledger", "key-unknown", "key-revoked", "party-unknown", "party-suspended", "ruleset-missing", "day-quota"]);
const BAD_RECORD = new Set(["malformed-record", "bad-signature", "too-large"]);

/**
 * What the answer to POST /entries of this record means: { kind, ... } with kind "in", "refused" (for good), "waiting" (may go later),
 * "stop" (concerns all), "history" (the node's log is not the one that was seen), or "none" (no answer of a node: the same bytes again).
 */
export function meaning(answer, { id, party }) {
  const { status, json } = answer;
  if (status === 200 || status === 201) {
    const fits = json?.id === id && Number.isSafeInteger(json.index) && json.index >= 0;
    return fits ? { kind: "in", ack: json } : { kind: "none", code: "not-of-a-node" };
  }
  const problem = problemOf(answer);
  if (!problem) return { kind: "none", code: `http-${status}` };
  const { rule, detail, conflicts, retryable } = json;
  const args = Object.fromEntries(Array.isArray(json.args) ? json.args : []);
  const refused = { rule: rule ?? problem, detail, conflicts, args, retryable: Boolean(retryable), at: env.now() };
  // the party that signed, or another that the record names
  const concernsAll = STOPS.has(rule) && (rule !== "party-unknown" || args.party === undefined || args.party === party);
  if (concernsAll) return { kind: "stop", refused };
  if (rule === "seen-another-history") return { kind: retryable ? "waiting" : "history", refused };
  if (rule) return { kind: retryable ? "waiting" : "refused", refused };
  if (BAD_RECORD.has(problem)) return { kind: "refused", refused };
  return { kind: "none", code: problem };
}

async function fields(key, to, method, path, body, now) {
  const digested = `sha-256=:${base64(await digest("SHA-256", body))}:`;
  const nonce = base32(crypto.getRandomValues(new Uint8Array(16)));
  const covered = '("@method" "@target-uri" "content-digest")';
  const params = `${covered};created=${now};expires=${now + VALID};nonce="${nonce}";alg="ed25519";keyid="${key.public}";tag="${to.ledger}"`;
  const lines = [`"@method": ${method}`, `"@target-uri": ${to.publicUrl}${path}`, `"content-digest": ${digested}`, `"@signature-params": ${params}`];
  const signature = await key.sign(encode(lines.join("\n")));
  return { "content-digest": digested, "signature-input": `jejak=${params}`, signature: `jejak=:${base64(signature)}:` };
}

/**
 * A request that a key signs. `to`: { base, ledger, publicUrl }. Once more with the node's time when the phone's clock is wrong by less than
 * a day; of a node that takes no signature of this key, `unsigned` sends it once more without.
 */
export async function askSigned(key, to, path, { method = "GET", headers = {}, body = new Uint8Array(), limit, unsigned = false } = {}) {
  const sent = method === "GET" ? undefined : body;
  const at = async (now) => ask(to.base, path, { method, headers: { ...headers, ...(await fields(key, to, method, path, body, now)) }, body: sent, limit });
  const here = Math.floor(env.now() / 1000);
  let answer = await at(here);
  const there = problemOf(answer) === "signature-time" ? answer.json.serverTime : undefined;
  if (Number.isSafeInteger(there) && Math.abs(there - here) <= FARTHEST) answer = await at(there);
  if (unsigned && ["signature-refused", "signature-time"].includes(problemOf(answer))) answer = await ask(to.base, path, { method, headers, body: sent, limit });
  return answer;
}

