// What this device has seen of a log: its newest head, which every later proof must extend. A log that shows this device two histories
// is found out here.

import { demand, fromBase64, same } from "./bytes.js";

// The node gave no answer about consistency: a login page, a proxy or a node that is busy is not the log's word.
export class Unanswered extends Error {}

const name = (logKey) => `jejak-head ${logKey}`;

function kept(logKey) {
  try {
    const { size, root } = JSON.parse(localStorage.getItem(name(logKey)));
    demand(Number.isSafeInteger(size), "not a size");
    return { size, root: fromBase64(root) };
  } catch {
    // nothing yet, or storage that this browser withholds
    return null;
  }
}

function keep(logKey, { size, root }) {
  try {
    localStorage.setItem(name(logKey), JSON.stringify({ size, root: btoa(String.fromCharCode(...root)) }));
  } catch {
    // the next proof is compared with nothing
  }
}

// The proof in an answer, null if the node says that it has none. Only "not found" and JSON are the node's word.
async function proofIn(answer) {
  const json = /^application\/(problem\+)?json\b/.test(answer.headers.get("content-type"));
  if (answer.status !== 404 && (!json || answer.status === 429 || answer.status >= 500)) throw new Unanswered(String(answer.status));
  if (!answer.ok) return null;
  const text = await answer.text().catch((error) => Promise.reject(new Unanswered(error.message)));
  try {
    return JSON.parse(text).proof.map(fromBase64);
  } catch {
    return null;
  }
}

// Compares a verified head with the newest that this device has seen: "new" (it is kept), or "old" when a newer one was seen. Throws
// Refused when one does not extend the other, Unanswered when the node does not answer; `get(path)` fetches, and its failures are passed on.
export async function compare(logKey, head, get) {
  const before = kept(logKey);
  const [old, now] = before && before.size > head.size ? [head, before] : [before, head];
  const extended = async () => {
    if (old.size === now.size) return same(old.root, now.root);
    const proof = await proofIn(await get(`/consistency?from=${old.size}&to=${now.size}`));
    const lost = ({ message }) => Promise.reject(new Unanswered(message));
    const { isExtended } = await import("./consistency.js").catch(lost);
    return proof !== null && isExtended(old.size, old.root, now.size, now.root, proof);
  };
  // once more: the node may have answered from a copy that was behind
  demand(!old || (await extended()) || (await extended()), "not the history that this device has seen");
  if (now === head) keep(logKey, head);
  return now === head ? "new" : "old";
}
