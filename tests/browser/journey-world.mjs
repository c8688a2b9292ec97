// People with empty browsers on one ledger, and what each of them taps, types and looks at: for the journey of a first export
// (app-first-export.mjs). No key, no record and no setting is put into a browser from outside; a file is chosen as a person chooses one.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";

import { fromFolder } from "./app-acts-world.mjs";
import { desk as large, phone as small } from "./world.mjs";

/**
 * Seconds for each thing that a person does, by the operators of the keystroke-level model (Card, Moran and Newell 1980): a tap is P (pointing,
 * 1.1), a digit or letter K of one who types rarely (0.5), a new screen M (1.35). A word that two compare aloud takes a second and a half.
 * It is the time of hands and eyes of somebody who knows what to do: weighing, waiting, and finding a paper come on top.
 */
export const SECONDS = { taps: 1.1, digits: 0.5, letters: 0.5, screens: 1.35, words: 1.5 };
export const COUNTED = Object.keys(SECONDS);

export const seconds = (counts) => COUNTED.reduce((sum, what) => sum + (counts[what] ?? 0) * SECONDS[what], 0);

// Counts in the page, from the first moment: it goes on over screens and pages.
function counter(begin) {
  const kept = JSON.parse(sessionStorage.getItem("counted") ?? "null") ?? begin;
  window.counted = kept;
  const keep = () => sessionStorage.setItem("counted", JSON.stringify(kept));
  const add = (what, n = 1) => {
    kept[what] += n;
    keep();
  };
  addEventListener("click", (event) => {
    if (!event.isTrusted) return;
    const key = event.target.closest?.("[data-key]")?.dataset.key;
    // a tap into a field is counted with what is typed there
    if (event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
    add(key && !["next", "back"].includes(key) ? "digits" : "taps");
  }, true);
  const before = new WeakMap();
  addEventListener("input", ({ target }) => {
    if (!("value" in target) || ["radio", "checkbox", "file"].includes(target.type) || target.tagName === "SELECT") return;
    if (!before.has(target)) add("taps");
    const old = before.get(target) ?? "";
    const more = target.value.startsWith(old) ? target.value.slice(old.length) : target.value;
    const digits = [...more].filter((one) => /\d/.test(one)).length;
    add("digits", digits);
    add("letters", target.type === "date" ? 0 : more.length - digits);
    before.set(target, target.value);
  }, true);
  // a list is opened, and one of it chosen
  addEventListener("change", ({ target }) => (target.tagName === "SELECT" || target.type === "file") && add("taps", 2), true);
  let shown = "";
  const screen = () => {
    const now = `${location.pathname}${location.hash.split("?")[0]}`;
    if (now !== shown) add("screens");
    shown = now;
  };
  addEventListener("hashchange", screen);
  addEventListener("DOMContentLoaded", screen);
}

export class People {
  constructor(browser, demo) {
    Object.assign(this, { browser, demo, base: demo.base, all: [] });
  }

  /** A person with an empty browser, at the app of a phone or at a desk. */
  async person(who, { lang = "id", desk = false } = {}) {
    const context = await this.browser.newContext({ viewport: desk ? large : small, locale: { id: "id-ID", en: "en-GB", zh: "zh-CN" }[lang], serviceWorkers: "block" });
    context.setDefaultTimeout(20_000);
    if (process.env.JEJAK_WEB) await fromFolder(context, path.resolve(process.env.JEJAK_WEB));
    const page = await context.newPage();
    await page.addInitScript(counter, Object.fromEntries(COUNTED.map((what) => [what, 0])));
    const made = new Person(who, page, context, this);
    this.all.push(made);
    return made;
  }

  json = async (address) => (await fetch(`${this.base}${address}`, { headers: { accept: "application/json" } })).json();

  async stop() {
    await Promise.all(this.all.map(({ context }) => context.close().catch(() => undefined)));
  }

  /** The table: who, and how much of each. */
  table() {
    const lines = this.all.flatMap(({ who, parts }) => parts.map(({ what, counts }) => ({ who, what, counts })));
    const total = Object.fromEntries(COUNTED.map((one) => [one, lines.reduce((sum, { counts }) => sum + counts[one], 0)]));
    return { lines, total };
  }
}

export class Person {
  constructor(who, page, context, people) {
    Object.assign(this, { who, page, context, people, parts: [], faults: [], counted: {}, compared: 0, visits: 0 });
    page.on("pageerror", (error) => this.faults.push(String(error)));
  }

  /** Counts what was done since the part before, up to the end of `work`, as one line of the table. */
  async part(what, work) {
    const result = await work();
    const now = await this.counts();
    const counts = Object.fromEntries(COUNTED.map((one) => [one, (now[one] ?? 0) - (this.counted[one] ?? 0)]));
    this.counted = now;
    // one tap on the sign of the app, or on the address of the desk, begins a visit
    counts.taps += this.visits;
    this.parts.push({ what, counts: { ...counts, words: this.compared } });
    this.compared = this.visits = 0;
    return result;
  }

  async counts() {
    if (this.page.url() === "about:blank") return {};
    return this.page.evaluate(() => ({ ...window.counted }));
  }

  async open(address) {
    this.visits++;
    await this.page.goto(`${this.people.base}${address}`);
    await this.page.locator("main h1").waitFor();
  }

  /** The screen has this title. */
  async sees(words) {
    await this.page.locator("main h1", { hasText: words }).waitFor().catch(async () => assert.fail(`${this.who} does not see "${words}": ${await this.said()}`));
    await this.settled();
  }

  /** This text stands on the screen. */
  async reads(words) {
    await this.page.getByText(words).first().waitFor().catch(async () => assert.fail(`${this.who} does not read "${words}": ${await this.said()}`));
  }

  said = async () => `${this.page.url()}: ${(await this.page.locator("#app, body").first().innerText()).slice(0, 3000)}`;
  /** The screen of the address is there. */
  async settled() {
    const there = () => {
      const screen = document.querySelector("[data-path]");
      return !screen || screen.dataset.path === (location.hash.slice(1) || "/").split("?")[0];
    };
    await this.page.waitForFunction(there, null, { timeout: 10_000 }).catch(() => undefined);
    await this.page.waitForTimeout(60);
  }

  // what can be tapped, and holds these words
  async tap(words, { within = "main, .thumb, .bar, dialog" } = {}) {
    const found = this.page.locator(within).locator("a, button, label.card, .option, summary").filter({ hasText: words });
    await found.first().click().catch(async (error) => assert.fail(`${this.who} can't tap "${words}": ${error.message.split("\n")[0]}\n${await this.said()}`));
    await this.settled();
  }

  async big() {
    await this.page.locator(".thumb .button.big, main .button.big").first().click();
    await this.settled();
  }

  async write(label, text) {
    await this.page.getByLabel(label, { exact: true }).first().fill(text).catch(async (error) => assert.fail(`${this.who} has no field "${label}": ${error.message.split("\n")[0]}\n${await this.said()}`));
    await this.settled();
  }

  async choose(label, option) {
    await this.page.getByLabel(label, { exact: true }).first().selectOption(option);
    await this.settled();
  }

  /** Types a number with the keypad of the app. */
  async number(text) {
    for (const key of text) await this.page.locator(`.keypad [data-key="${key === "<" ? "less" : key === "-" ? "minus" : key}"]`).click();
    await this.page.locator('.keypad [data-key="next"]').click();
    await this.settled();
  }

  /** One of the options of a form. */
  async pick(words) {
    const options = this.page.locator(".option");
    await (words ? options.filter({ hasText: words }) : options).first().click().catch(async (error) => assert.fail(`${this.who} has no option "${words}": ${error.message.split("\n")[0]}\n${await this.said()}`));
    await this.settled();
  }

  /** A lot that the home lists. */
  async lot(number) {
    await this.page.locator('.rows a[href^="#/lot/"]').filter({ hasText: number }).first().click().catch(async () => assert.fail(`${this.who} does not see the lot ${number}: ${await this.said()}`));
    await this.settled();
  }

  /** A form that the page of a lot offers. */
  async form(words) {
    await this.page.locator(".thumb a, .thumb button, .rows a").filter({ hasText: words }).first().click().catch(async () => assert.fail(`${this.who} is not offered "${words}": ${await this.said()}`));
    await this.page.locator(".asking, .thumb .button.sign").first().waitFor();
    await this.settled();
  }

  /** The lots that this party holds, as the node has them. */
  async lots() {
    const party = await this.page.evaluate(async () => (await (await import(new URL("../app/identity.js", document.querySelector("script[type=module]").src).href)).current()).party);
    return (await this.people.json(`/parties/${party.split(/[:/]/).at(-1)}/work`)).held;
  }

  has = async (selector) => (await this.page.locator(selector).count()) > 0;

  /** Signs a form, and comes back to what was signed. */
  async sign() {
    await this.page.locator(".thumb .button.sign").click();
    await this.page.waitForFunction(() => /^#\/done\//.test(location.hash)).catch(async () => assert.fail(`${this.who} has not signed: ${await this.said()}`));
    await this.page.locator(".pen").waitFor();
  }

  /** Eight words as this screen shows them, in their order; comparing them takes the time of both at once, which is counted once. */
  async words({ counted = true } = {}) {
    await this.page.locator(".words li").nth(7).waitFor();
    if (counted) this.compared += 8;
    return this.page.$$eval(".words li", (all) => all.map((e) => [e.value, e.lastChild.textContent]).sort((a, b) => a[0] - b[0]).map(([, word]) => word).join(" "));
  }

  /**
   * The phone sends what is signed and fetches what is new, as it does by itself after a while; `proven` when every receipt was verified too,
   * which takes the next publication of the log.
   */
  async sent({ proven = false } = {}) {
    const fine = proven ? ["verified"] : ["accepted", "verified"];
    const left = await this.page.evaluate(async (enough) => {
      const from = document.querySelector("script[type=module]").src;
      const [{ sync }, { digest }, outbox] = await Promise.all(["sync", "network", "outbox"].map((name) => import(new URL(`../app/${name}.js`, from).href)));
      for (let i = 0; i < 60; i++) {
        // another pass may be under way
        const passed = (await sync({ force: true }).catch(() => ({}))).state !== "locked";
        await digest();
        if (passed && (await outbox.list()).every((row) => enough.includes(row.state) || row.state === "refused")) break;
        await new Promise((done) => setTimeout(done, 250));
      }
      return (await outbox.list()).filter((row) => !enough.includes(row.state)).map(({ seq, act, state, refused }) => ({ seq, act, state, rule: refused?.rule, detail: refused?.detail }));
    }, fine);
    assert.deepEqual(left, [], this.who);
  }

  /** The home of the app, after what is new was fetched. */
  async home() {
    await this.sent();
    const done = this.page.locator(".thumb a, main a").filter({ hasText: /^(Ke Beranda|Home)$/ });
    await ((await done.count()) > 0 ? done : this.page.locator('.tabs a[href="#/home"], nav a[href="#/home"]')).first().click();
    await this.settled();
    await this.page.waitForTimeout(150);
  }

  /** A tab of the bar. */
  async tab(address) {
    await this.page.locator(`nav a[href="#${address}"]`).first().click();
    await this.settled();
  }

  async shot(name) {
    if (!process.env.JEJAK_SHOTS) return;
    mkdirSync(process.env.JEJAK_SHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(process.env.JEJAK_SHOTS, `${name}.png`), fullPage: true });
  }
}
