// What runs beside the screens: sending when there is a signal, and drawing anew what that changed. Nothing here is needed to sign.

import * as outbox from "./outbox.js";
import * as session from "./session.js";
import { digest } from "./network.js";
import { address, refresh } from "./router.js";
import { persist, serviceWorker } from "./pwa.js";
import { status } from "./signal.js";
import * as sync from "./sync.js";

// Changes that come together are shown together.
const TOGETHER = 250;

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
  if (now !== before && SHOWING.test(address()) && !asked) refresh();
  before = now;
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => redraw().catch((error) => console.warn(error)), TOGETHER);
}

export async function start({ installs }) {
  // what the first screen shows: the first pass may end before anything else looks
  before = await fingerprint().catch(() => "");
  if (installs) serviceWorker().catch((error) => console.warn(error));
  if (session.me()) persist().catch(() => {});
  outbox.dropUnused().catch((error) => console.warn(error));
  sync.subscribe(changed);
  addEventListener("online", changed);
  addEventListener("offline", changed);
  changed();
  sync.background();
}
