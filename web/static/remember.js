// What this device has seen of a log: its newest head, which every later proof must extend. A log that shows this device two histories
// is found out here.

import { demand, fromBase64, same } from "./bytes.js";
import { isExtended } from "./log.js";

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

// Compares a verified head with the newest that this device has seen: "new" (it is kept), or "old" when a newer one was seen. Throws
// Refused when one does not extend the other; `get(path)` fetches, and its failures are passed on.
export async function compare(logKey, head, get) {
  const before = kept(logKey);
  const [old, now] = before && before.size > head.size ? [head, before] : [before, head];
  const extended = async () => {
    if (old.size === now.size) return same(old.root, now.root);
    const answer = await get(`/consistency?from=${old.size}&to=${now.size}`);
    try {
      const { proof } = await answer.json();
      return answer.ok && (await isExtended(old.size, old.root, now.size, now.root, proof.map(fromBase64)));
    } catch {
      return false;
    }
  };
  // once more: the node may have answered from a copy that was behind
  demand(!old || (await extended()) || (await extended()), "not the history that this device has seen");
  if (now === head) keep(logKey, head);
  return now === head ? "new" : "old";
}
