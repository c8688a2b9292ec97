// The shell of the field app and of the desk: language and look, the frame, the screens by address, and what runs beside them (sync). Which
// screens there are says main.js of each.

import * as i18n from "./i18n.js";
import { bigButton, h, icon, notice, replaceIn } from "./ui.js";
import { t } from "./i18n.js";
import { apply, prefer, preferences } from "./prefs.js";
// hears the browser offer to install the app
import "./pwa.js";
import * as router from "./router.js";
import * as session from "./session.js";
import { subscribe } from "./env.js";
import { summary } from "./kept.js";

// What begin() was called with.
let of;
let frame;
let leave;
let drawing = 0;

function build() {
  const app = document.getElementById("app");
  const top = h("div", { class: "top" });
  const demo = h("p", { class: "demo", hidden: true });
  const main = h("main", { id: "screen" });
  const thumb = h("section", { class: "thumb" });
  const bar = h("nav", { class: "bar", "aria-label": t("bar") });
  const foot = h("div", { class: "foot" }, thumb, bar);
  const live = h("p", { id: "live", class: "only-read", "aria-live": "polite" });
  const toasts = h("div", { id: "toasts" });
  replaceIn(app, h("header", {}, top, demo), main, foot, live);
  document.body.append(toasts);
  return { top, demo, main, thumb, bar };
}

function drawTop(back) {
  const languages = Object.entries(i18n.languages).map(([code, { name, tag }]) =>
    h("button", { type: "button", class: "icon-button", lang: tag, "aria-label": name, "aria-pressed": String(code === i18n.language()), onclick: () => changeLanguage(code) }, code === "zh" ? "中" : code.toUpperCase()));
  const way = back === true
    ? h("button", { type: "button", class: "icon-button", "aria-label": t("back"), onclick: router.back }, icon("back"))
    : back && h("a", { class: "icon-button", href: `#${back}`, "aria-label": t("back") }, icon("back"));
  const me = session.me();
  replaceIn(frame.top, way, h("a", { class: "brand", href: "#/home" }, icon("mark"), of.brand()), h("div", { class: "end" }, of.end(me, languages)));
  frame.demo.hidden = !me?.demo;
  frame.demo.textContent = t("demo-banner");
}

async function drawBar(at) {
  if (!session.me()) return replaceIn(frame.bar);
  const waiting = await summary().then((s) => s.unsent, () => 0);
  const tab = ([to, shape, words, count]) =>
    h("a", { href: `#${to}`, "aria-current": at === to || (at === "/" && to === "/home") ? "page" : null, "aria-label": count ? `${words}, ${count}` : null },
      h("span", { class: "mark" }, icon(shape), count > 0 && h("span", { class: "count" }, String(count))), h("span", {}, words));
  frame.bar.setAttribute("aria-label", t("bar"));
  replaceIn(frame.bar, of.tabs(waiting).map(tab));
}

// Changes the language and shows the same screen in it.
async function changeLanguage(code) {
  await i18n.setLanguage(code);
  prefer({ language: code });
  await draw();
}

function broken(error) {
  console.warn(error);
  return {
    title: t("screen-missing"),
    body: notice("bad", t("screen-missing-why"), h("p", { class: "code" }, String(error.message ?? error))),
    action: bigButton(t("again"), { act: () => draw() }),
    back: "/home",
  };
}

async function made(found) {
  if (!session.me() && !of.open.test(found.path)) return router.match(of.first);
  return found;
}

let shown = null;
const reachable = () => [...frame.main.parentElement.querySelectorAll("a, button, input, textarea, summary")];

async function draw() {
  const mine = ++drawing;
  const found = await made(router.match(router.address()) ?? router.match("/home"));
  leave?.();
  leave = null;
  let screen;
  try {
    const { default: show } = await found.load();
    screen = await show(found.params, found.query);
  } catch (error) {
    screen = broken(error);
  }
  // another screen was asked for meanwhile
  if (mine !== drawing) return screen?.leave?.();
  // a screen may lead on to another
  if (!screen) return;
  leave = screen.leave;
  const title = h("h1", { tabindex: "-1" }, screen.title);
  // the same screen drawn anew keeps place and focus
  const [first, same] = [shown === null, shown === router.address()];
  shown = router.address();
  const [top, at] = same ? [frame.main.scrollTop, reachable().indexOf(document.activeElement)] : [0, -1];
  drawTop(screen.back);
  replaceIn(frame.main, title, screen.body);
  replaceIn(frame.thumb, screen.action);
  frame.thumb.setAttribute("aria-label", t("next-step"));
  frame.main.dataset.path = found.path;
  document.title = `${screen.title} · Jejak`;
  // each of these makes the browser lay the page out
  if (!first) frame.main.scrollTop = top;
  if (!first && !same) scrollTo(0, 0);
  ((same && reachable()[at]) || title).focus({ preventScroll: true });
  drawBar(found.path);
}

async function start() {
  apply();
  router.add(...of.routes);
  const wanted = preferences().language ?? (document.documentElement.lang || "id").slice(0, 2);
  // what the first screen needs is fetched and read side by side; what fails of its module is shown when it is drawn
  router.match(router.address())?.load().catch(() => {});
  const who = session.open();
  // a sentence about it needs the words
  who.catch(() => {});
  await i18n.setLanguage(wanted);
  // the shell that is kept for starts without a network may be in another language
  if (!preferences().language) prefer({ language: i18n.language() });
  frame = build();
  await who;
  session.changed(() => drawBar(frame.main.dataset.path));
  subscribe(() => drawBar(frame.main.dataset.path));
  await router.start(draw);
  // how long a start takes is measured (tests/browser/app.mjs)
  performance.mark("jejak-shown");
  // nothing of it is needed for the first screen
  const background = await import("./background.js");
  background.start(of);
}

/**
 * Starts it: `routes` as router.js says; `open`, the addresses that may be seen before there is a key, and `first`, where one is made;
 * `brand()`, the name; `end(me, languages)`, what stands at the end of the top line; `tabs(unsent)`, the bar: [address, icon, words, count];
 * `installs`, whether a service worker keeps it.
 */
export async function begin(options) {
  of = options;
  try {
    await start();
  } catch (error) {
    // a browser that is too old, or a full phone, still gets a sentence
    console.warn(error);
    const app = document.getElementById("app");
    const text = i18n.has("not-started") ? t("not-started") : "Jejak tidak bisa dibuka. · Jejak can't start.";
    replaceIn(app, h("main", {}, h("h1", {}, "Jejak"), notice("bad", text), h("p", { class: "code" }, String(error.message ?? error))));
  }
}
