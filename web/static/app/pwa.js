// What makes a page an app: its files kept by the service worker, new versions of them, a place on the phone, and storage that the browser
// promised not to evict.

import { summary } from "./kept.js";
import { address } from "./router.js";
import * as store from "./store.js";

// How often a new version is looked for while the app stays open.
const VERSIONS = 6 * 3600_000;

let registration = null;

// A version waits until no record is only here: each is sent, or in a file that was shared. Without that way a phone whose version can't
// send would never get the one that can.
export async function newVersion() {
  return registration?.waiting ? { safe: (await summary()).onlyHere === 0 } : null;
}

export async function renewApp() {
  if (!registration?.waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage("activate");
}

export async function serviceWorker() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
  // at the start no form is open: the moment to change
  if ((await newVersion())?.safe && /^\/(home)?$/.test(address())) await renewApp();
  setInterval(() => navigator.onLine && registration.update().catch(() => {}), VERSIONS);
}

// Asks the browser not to evict what is kept here; it may refuse without a word.
export const persist = () => store.askPersist();

// The browser's offer to install the app, kept until the person taps it.
let offer = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
});
export const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
export const canInstall = () => offer !== null;
export async function install() {
  if (!offer) return false;
  offer.prompt();
  const { outcome } = await offer.userChoice;
  offer = null;
  return outcome === "accepted";
}
