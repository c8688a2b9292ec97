// What the app keeps on the phone: IndexedDB "jejak". Every change is one transaction, asked to be durable, and is done when it is complete.
// Nothing here knows what it keeps.

import { CoreError, env } from "./env.js";

const NAME = "jejak";
const VERSION = 1;
// Key path of each store; those without get their key from the caller.
const STORES = { settings: null, keys: "public", drafts: "id", records: "key", blobs: "hash", cache: null };

let opened;

function create(db) {
  for (const [name, keyPath] of Object.entries(STORES)) {
    if (db.objectStoreNames.contains(name)) continue;
    const store = db.createObjectStore(name, keyPath ? { keyPath } : {});
    if (name === "records") {
      store.createIndex("id", "id");
      store.createIndex("kid", "kid");
    }
  }
}

function open() {
  opened ??= new Promise((done, fail) => {
    const request = env.database().open(NAME, VERSION);
    request.onupgradeneeded = () => create(request.result);
    request.onerror = () => fail(broken(request.error));
    request.onsuccess = () => {
      const db = request.result;
      // another page of the app has a newer form of it, or it was deleted
      db.onversionchange = () => close();
      db.onclose = () => (opened = undefined);
      done(db);
    };
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

/** Closes it; the next use opens it again. */
export async function close() {
  const before = opened;
  opened = undefined;
  (await before?.catch(() => undefined))?.close();
}

const broken = (error) => (error?.name === "QuotaExceededError" ? new CoreError("storage-full", { cause: error }) : (error ?? new Error("storage failed")));

const answer = (request) =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(broken(request.error));
  });

/**
 * One transaction on these stores: `work(tx)` with get, put, all and remove of it, awaiting nothing else. Resolves when it is complete; what
 * work throws undoes it.
 */
export async function change(stores, work) {
  try {
    return await transact(await open(), stores, work);
  } catch (error) {
    throw broken(error);
  }
}

const stepsOf = (tx) => ({
  get: (name, key) => answer(tx.objectStore(name).get(key)),
  all: (name, index, query) => answer(index ? tx.objectStore(name).index(index).getAll(query) : tx.objectStore(name).getAll()),
  put: (name, value, key) => answer(STORES[name] ? tx.objectStore(name).put(value) : tx.objectStore(name).put(value, key)),
  remove: (name, key) => answer(tx.objectStore(name).delete(key)),
});

async function transact(db, stores, work) {
  const tx = db.transaction(stores, "readwrite", { durability: "strict" });
  const complete = new Promise((done, fail) => {
    tx.oncomplete = done;
    tx.onabort = () => fail(broken(tx.error));
  });
  complete.catch(() => undefined);
  const steps = stepsOf(tx);
  let result;
  try {
    result = await work(steps);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // it has aborted by itself
    }
    await complete.catch(() => undefined);
    throw error;
  }
  await complete;
  return result;
}

/** Reads of one moment: `work(tx)` with get and all of it. Resolves with what it gives, which is there before the transaction is complete. */
export async function read(stores, work) {
  try {
    return await work(stepsOf((await open()).transaction(stores, "readonly")));
  } catch (error) {
    throw broken(error);
  }
}

export const get = (store, key) => read([store], (tx) => tx.get(store, key));
export const all = (store, index, query) => read([store], (tx) => tx.all(store, index, query));
export const put = (store, value, key) => change([store], (tx) => tx.put(store, value, key));
export const remove = (store, key) => change([store], (tx) => tx.remove(store, key));

export const setting = (name) => get("settings", name);
export const setSetting = (name, value) => (value === undefined ? remove("settings", name) : put("settings", value, name));

/** How safe what is kept is: { persisted, usage, quota } in bytes, as far as the browser says. */
export async function safety() {
  const storage = globalThis.navigator?.storage;
  const { usage, quota } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
  return { persisted: (await storage?.persisted?.().catch(() => false)) ?? false, usage, quota };
}

/** Asks the browser not to evict it. Browsers may refuse without a word, most of them while the app is not installed. */
export const askPersist = async () => (await globalThis.navigator?.storage?.persist?.().catch(() => false)) ?? false;
