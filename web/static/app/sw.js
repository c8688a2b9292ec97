// The service worker of /app/: keeps the files of one version, so that the app starts without a network, and serves them from there. It
// keeps no answer of the ledger: what a phone knows of goods is in the store. A new version waits until the app says that nothing is at
// risk ("activate"); until then the version that is open stays whole.

const PREFIX = "jejak-app-";
const FILES = "/app/files.json";
const START = "/app/";

// Installed only when every file is there: a version is kept whole or not at all.
async function keep() {
  const answer = await fetch(FILES, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${FILES}: ${answer.status}`);
  const { version, files } = await answer.json();
  const cache = await caches.open(PREFIX + version);
  await Promise.all(
    files.map(async (file) => {
      // an address with a version never changes
      const got = await fetch(file, { cache: file.startsWith("/static/") ? "default" : "no-store" });
      if (!got.ok || got.redirected) throw new Error(`${file}: ${got.status}`);
      await cache.put(file, got);
    }),
  );
  // last, so that a version without it is known to be partial
  await cache.put(FILES, Response.json({ version, files }));
  return version;
}

// The newest whole version, and the others away.
async function settle() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const wanted = await fetchedVersion(names);
  await Promise.all(names.filter((name) => wanted && name !== wanted).map((name) => caches.delete(name)));
}

// caches.keys() lists in order of creation: the last whole one is the newest.
async function fetchedVersion(names) {
  for (const name of [...names].reverse()) {
    if (await (await caches.open(name)).match(FILES)) return name;
  }
  return null;
}

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(settle().then(() => clients.claim())));
addEventListener("message", (event) => {
  if (event.data === "activate") event.waitUntil(skipWaiting());
});

// By its exact address: a search that ignores the query reads every entry.
async function kept(request, path) {
  const found = await caches.match(path, { ignoreVary: true });
  return found ?? fetch(request);
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === START) event.respondWith(kept(request, START));
  else if (url.pathname.startsWith("/static/") || url.pathname === "/app/manifest.webmanifest") event.respondWith(kept(request, url.pathname));
});
