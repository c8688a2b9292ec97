// What the core takes from its surroundings, in one place, so that tests can put others there: network, clock, waiting, locks.

/** An error with a stable code, for which the screens have a sentence. */
export class CoreError extends Error {
  constructor(code, more = {}) {
    super(code);
    Object.assign(this, { code }, more);
  }
}

// Locks of one page, where the browser has none that hold across its pages.
const held = new Map();

async function queued(name, { ifAvailable = false }, work) {
  const before = held.get(name);
  if (before && ifAvailable) return work(null);
  let done;
  const mine = new Promise((end) => (done = end));
  const last = (before ?? Promise.resolve()).then(() => mine);
  held.set(name, last);
  try {
    await before;
    return await work({ name });
  } finally {
    done();
    if (held.get(name) === last) held.delete(name);
  }
}

export const env = {
  fetch: (...of) => globalThis.fetch(...of),
  /** Milliseconds since 1970 by this device's clock. */
  now: () => Date.now(),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  /** Runs work(lock) under a lock that holds across the pages of this origin; with ifAvailable work(null) at once while another has it. */
  lock: (name, options, work) => (globalThis.navigator?.locks ? navigator.locks.request(name, options, work) : queued(name, options, work)),
  /** IndexedDB. */
  database: () => globalThis.indexedDB,
};

// ---- changes: one channel for all parts, and for other pages of this origin

const listeners = new Set();
let channel;

function far() {
  // in Node an open channel would keep the program running
  if (!globalThis.document || !globalThis.BroadcastChannel) return undefined;
  if (!channel) {
    channel = new BroadcastChannel("jejak");
    channel.onmessage = () => listeners.forEach((fn) => fn());
  }
  return channel;
}

/** Calls fn() after every change of what the core keeps; returns what ends that. */
export function subscribe(fn) {
  far();
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/** Something changed. */
export function changed() {
  for (const fn of [...listeners]) fn();
  far()?.postMessage("changed");
}
