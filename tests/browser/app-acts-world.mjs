// Phones of a demo for the tests of forms: each is a browser context that signs as one party, with counters of taps and digits.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { base32 } from "../../web/static/bytes.js";
import { REGISTRY, seal } from "../../web/static/app/record.js";
import * as statements from "../../web/static/app/statements.js";
import { demo, party } from "./app-forms-lab.mjs";
import { phone as size } from "./world.mjs";

const TYPES = { ".js": "text/javascript", ".css": "text/css", ".ftl": "text/plain; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".json": "application/json" };
const ROLES = { 2: ["producer", "processor"], 3: ["inspector"], 4: ["forwarder"], 5: ["buyer"] };
const KEYS = { 21: "maker-21", 22: "maker-22", 24: "maker-24", 25: "maker-25", 31: "lab", 32: "supervisor", 41: "forwarder", 51: "buyer-sg", 54: "buyer-de" };

/** With JEJAK_WEB, a folder `web`, its files are tried without a build of the program. */
export async function fromFolder(context, web) {
  await context.route("**/static/**", (route) => {
    const [, name] = /\/static\/[^/]+\/([^?]*)/.exec(route.request().url()) ?? [];
    const file = path.join(web, name.startsWith("locales/") ? name : `static/${name}`);
    return existsSync(file) ? route.fulfill({ status: 200, contentType: TYPES[path.extname(file)] ?? "application/octet-stream", body: readFileSync(file) }) : route.continue();
  });
}

export class Phones {
  constructor(world) {
    Object.assign(this, { world, open: [] });
  }

  static async start(browser) {
    const world = await demo();
    return Object.assign(new Phones(world), { browser });
  }

  async stop() {
    await Promise.all(this.open.map((context) => context.close().catch(() => undefined)));
    await this.world.stop();
  }

  /** The party's own key makes the key of a phone one of the party's, one after the other. */
  enrol(n, key, possession) {
    const before = this.enrolling ?? Promise.resolve();
    this.enrolling = before.then(async () => {
      const secret = createPrivateKey(readFileSync(path.join(this.world.keys, `${KEYS[n]}.pem`)));
      const kid = base32(Uint8Array.from(Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url")));
      const { seq } = await (await fetch(`${this.world.base}/keys/${kid}`)).json();
      const text = statements.key({ party: party(n), key, purpose: "event", possession });
      const claims = { contentType: REGISTRY, kid, iss: party(n), aud: this.world.ledger, iat: Math.floor(Date.now() / 1000), seq: seq + 1 };
      const { bytes } = await seal(claims, text, async (message) => Uint8Array.from(sign(null, message, secret)));
      const answer = await fetch(`${this.world.base}/entries`, { method: "POST", headers: { "content-type": "application/cose" }, body: bytes });
      if (!answer.ok) throw new Error(await answer.text());
    });
    return this.enrolling;
  }

  /** A phone that signs as the demo's party of this number. */
  async of(n, { lang = "id", ...options } = {}) {
    const context = await this.browser.newContext({ viewport: size, locale: "id-ID", serviceWorkers: "block", ...options });
    this.open.push(context);
    context.setDefaultTimeout(20_000);
    if (process.env.JEJAK_WEB) await fromFolder(context, path.resolve(process.env.JEJAK_WEB));
    const page = await context.newPage();
    const made = new Phone(page, context, this.world);
    await page.addInitScript((code) => {
      localStorage.setItem("jejak-look", JSON.stringify({ language: localStorage.getItem("test-language") ?? code }));
      window.counted = { taps: 0, digits: 0 };
      addEventListener("click", (event) => {
        if (!event.isTrusted) return;
        const key = event.target.closest?.("[data-key]")?.dataset.key;
        if (key && !["next", "back"].includes(key)) window.counted.digits++;
        else window.counted.taps++;
      }, true);
      addEventListener("securitypolicyviolation", (event) => (window.violations ??= []).push(`${event.violatedDirective} ${event.blockedURI}`));
    }, lang);
    await page.goto(`${this.world.base}/app/`);
    await page.locator("main h1").waitFor();
    const core = (work, given) =>
      page.evaluate(
        async ([source, value]) => {
          const from = document.querySelector("script[type=module]").src;
          return new Function("module", "value", `return (${source})(module, value)`)((name) => import(new URL(name, from).href), value);
        },
        [work.toString(), given],
      );
    const [key, possession] = await core(
      async (module, uri) => {
        const [{ createKey, provePossession }, { ledgerHere }] = await Promise.all([module("key.js"), module("network.js")]);
        const made = await createKey();
        return [made.public, await provePossession((await ledgerHere()).ledger, uri, "event", made.public)];
      },
      party(n),
    );
    await this.enrol(n, key, possession);
    await core(
      async (module, [own, uri, roles]) => {
        const [session, { ledgerHere, synchronise }] = await Promise.all([module("session.js"), module("network.js")]);
        await session.update({ ...(await ledgerHere()), key: own, party: uri, roles, purpose: "event", enrolled: true });
        await synchronise({ force: true }).catch(() => undefined);
      },
      [key, party(n), ROLES[String(n)[0]]],
    );
    await page.reload();
    await page.locator(".bar a").first().waitFor();
    return made;
  }
}

/** One phone, and what a person does on it. */
export class Phone {
  constructor(page, context, world) {
    Object.assign(this, { page, context, world, errors: [] });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && !/status of [45]\d\d|ERR_INTERNET_DISCONNECTED|net::/.test(message.text()) && this.errors.push(message.text()));
  }

  /** Opens a screen anew. */
  async at(address) {
    await this.page.evaluate((to) => {
      location.hash = "#/more";
      return new Promise((done) => setTimeout(() => { location.hash = `#${to}`; done(); }, 30));
    }, address);
    await this.page.waitForFunction((to) => document.querySelector("#screen")?.dataset.path === to.split("?")[0], address);
    await this.settled();
  }

  // the question that was drawn last
  settled = () => this.page.waitForTimeout(60);

  async tap(selector) {
    await this.page.locator(selector).first().click();
    await this.settled();
  }

  /** The option with this text. */
  async choose(text) {
    await this.page.locator(".option", { hasText: text }).first().click();
    await this.settled();
  }

  async pick(index = 0) {
    await this.page.locator(".option").nth(index).click();
    await this.settled();
  }

  /** Types with the keypad. */
  async type(text) {
    for (const key of text) await this.page.locator(`.keypad [data-key="${key === "<" ? "less" : key === "-" ? "minus" : key}"]`).click();
  }

  async next() {
    await this.page.locator('.keypad [data-key="next"]').click();
    await this.settled();
  }

  async number(text) {
    await this.type(text);
    await this.next();
  }

  big = () => this.tap(".thumb .button.big");
  said = () => this.page.locator("#screen").innerText();
  counted = () => this.page.evaluate(() => ({ ...window.counted }));
  countAnew = () => this.page.evaluate(() => (window.counted = { taps: 0, digits: 0 }));

  /** Signs, and answers questions that come before with yes; returns the number. */
  async sign({ yes = 0 } = {}) {
    await this.page.locator(".thumb .button.sign").click();
    for (let i = 0; i < yes; i++) await this.page.locator("dialog .button").first().click();
    await this.page.waitForFunction(() => /^#\/done\/[a-z2-7]{52}%2F\d+$/.test(location.hash));
    await this.page.locator(".pen").waitFor();
    return Number(decodeURIComponent(this.page.url()).split("/").at(-1));
  }

  /** What the outbox holds, after sending. */
  async sent({ send = true } = {}) {
    return this.page.evaluate(async (now) => {
      const from = document.querySelector("script[type=module]").src;
      const [{ synchronise }, outbox] = await Promise.all(["network.js", "outbox.js"].map((name) => import(new URL(name, from).href)));
      for (let i = 0; now && i < 40; i++) {
        await synchronise({ force: true }).catch(() => undefined);
        const left = (await outbox.list()).filter((row) => ["signed", "queued", "sent", "waiting", "accepted"].includes(row.state));
        if (left.length === 0) break;
        await new Promise((done) => setTimeout(done, 250));
      }
      return (await outbox.list()).map(({ key, seq, act, state, refused, lots, id, payload }) => ({ key, seq, act, state, id, rule: refused?.rule, detail: refused?.detail, lots, payload }));
    }, send);
  }

  async shot(name) {
    if (!process.env.JEJAK_SHOTS) return;
    mkdirSync(process.env.JEJAK_SHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(process.env.JEJAK_SHOTS, `${name}.png`) });
  }
}

/** The number of a lot by its URI. */
export const numberOf = (uri) => decodeURIComponent(uri.split("/10/")[1]);

/** Tests of [title, body(phones)] on one demo, which ends with the last of them. */
export function onDemo(world, list) {
  let phones;
  let left = list.length;
  return list.map(([title, body]) => [
    title,
    async () => {
      phones ??= Phones.start(world.browser);
      const opened = await phones;
      try {
        return await body(opened);
      } finally {
        left--;
        if (left === 0) await opened.stop();
      }
    },
  ]);
}

/** The ledger took all of these. */
export const accepted = (rows, note) => {
  const bad = rows.filter((row) => !["verified", "accepted"].includes(row.state));
  assert.deepEqual(bad.map(({ seq, act, state, rule, detail }) => ({ seq, act, state, rule, detail })), [], note);
};

/** Harvests so much of the only product, and returns the lot. */
export async function harvested(p, amount, product) {
  await p.at("/harvest");
  if ((await p.page.locator(".keypad").count()) === 0) await p.choose(product);
  await p.number(amount);
  if ((await p.page.locator(".option").count()) > 0) await p.pick();
  await p.sign({ yes: 0 });
  return (await p.sent()).findLast((row) => row.act === "harvest").lots[0];
}

/** A lot that a village harvested, as an inspector's phone knows it after fetching. */
export async function inspectorFor(phones, n, village, amount, { product } = {}) {
  const maker = await phones.of(village);
  const made = await harvested(maker, amount, product);
  const p = await phones.of(n);
  await p.sent();
  await p.page.reload();
  await p.page.locator(".bar a").first().waitFor();
  return { p, made };
}

export async function remembered(p, changes) {
  await p.page.evaluate(async (more) => {
    const from = document.querySelector("script[type=module]").src;
    const store = await import(new URL("store.js", from).href);
    await store.setSetting("remembered", { ...((await store.setting("remembered")) ?? {}), ...more });
  }, changes);
}
