// What runs beside the screens: sending when there is a signal, asking whether the key was enrolled, a safe place for the records, and new
// versions of the app. Each only when the phone lets it; nothing here is needed to sign.

import * as outbox from "./outbox.js";
import * as session from "./session.js";
import { digest, status } from "./network.js";
import * as sync from "./sync.js";
import * as store from "./store.js";
import { address, refresh } from "./router.js";

// How often a new version is looked for while the app stays open.
const VERSIONS = 6 * 3600_000;
// Changes that come together are shown together.
const TOGETHER = 250;

let registration = null;

// Records whose loss with this phone would be a loss.
export const atRisk = async () => (await outbox.summary()).unsent;

// The screens that show what a sync changes are drawn again; a form never.
const SHOWING = /^\/(home|outbox|)(\/|\?|$)/;
let before = "";
let timer = null;

const fingerprint = async () =>
  JSON.stringify([session.me()?.enrolled, session.workAt(), status(), (await outbox.list()).map((r) => [r.key, r.state, r.notice])]);

async function redraw() {
  await digest();
  const now = await fingerprint();
  const asked = document.querySelector("dialog[open], #toasts button:focus");
  if (before && now !== before && SHOWING.test(address()) && !asked) refresh();
  before = now;
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => redraw().catch((error) => console.warn(error)), TOGETHER);
}

// A version waits until no record is only here.
export async function newVersion() {
  return registration?.waiting ? { safe: (await atRisk()) === 0 } : null;
}

export async function renewApp() {
  if (!registration?.waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage("activate");
}

async function serviceWorker() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
  // at the start no form is open: the moment to change
  if ((await newVersion())?.safe && /^\/(home)?$/.test(address())) await renewApp();
  setInterval(() => navigator.onLine && registration.update().catch(() => {}), VERSIONS);
}

// Asks the browser not to evict what is kept here; it may refuse without a word.
export const persist = () => store.askPersist();

export function start() {
  serviceWorker().catch((error) => console.warn(error));
  if (session.me()) persist().catch(() => {});
  sync.subscribe(changed);
  addEventListener("online", changed);
  addEventListener("offline", changed);
  changed();
  sync.background();
}

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
