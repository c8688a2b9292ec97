// The environment of the tests: a demo, a browser, and visits that record what a page must never do.
import assert from "node:assert/strict";
import path from "node:path";

import { chromium } from "playwright-core";

import { program, startDemo } from "./demo.mjs";

// Each language of the pages: its code, and its tag in the `lang` attribute.
export const languages = { id: "id", en: "en", zh: "zh-Hans" };
export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 900 };

const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

// Records errors, external requests and CSP violations of a page while it is open.
async function watch(context, page, base) {
  const seen = { errors: [], foreign: [], violations: [] };
  page.on("console", (message) => {
    // Chromium reports the status of the page itself as an error, but 404 is right for an unknown lot
    const own = message.location().url === page.url() && /status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !own) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  context.on("request", (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== base) seen.foreign.push(request.url());
  });
  await page.exposeFunction("noteViolation", (what) => seen.violations.push(what));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) => window.noteViolation(`${e.violatedDirective}: ${e.blockedURI}`));
  });
  return seen;
}

// Keeps what fails in the page's route handlers: nobody waits for them, so that it would end this process instead of one test.
function watchRoutes(page) {
  const failures = [];
  const route = page.route.bind(page);
  page.route = (pattern, handler, options) =>
    route(
      pattern,
      async (request, ...rest) => {
        try {
          await handler(request, ...rest);
        } catch (error) {
          failures.push(error);
          // it may be answered already
          await request.abort().catch(() => {});
        }
      },
      options,
    );
  return failures;
}

// Scripts and styles of JEJAK_STATIC instead of those in the program: a change of them needs no build.
const fromFolder = (route) => route.fulfill({ path: path.join(process.env.JEJAK_STATIC, path.basename(new URL(route.request().url()).pathname)) });

export async function start() {
  const { base, stop, lots: listed } = await startDemo();
  const browser = await chromium
    .launch({ executablePath: "/usr/bin/chromium", args: flags.split(" ") })
    .catch(async (error) => {
      await stop();
      throw error;
    });
  const lots = listed.map(({ page }) => ({ name: page.split("/").at(-1), path: new URL(page).pathname, url: page }));

  const url = (where, lang) => {
    const full = new URL(where, base);
    if (lang) full.searchParams.set("lang", lang);
    return full.href;
  };

  // Opens an address in a browser of its own and closes it again. `prepare(page)` runs before anything is loaded.
  const visit = async ({ at, lang = "en", prepare, ...options }, body) => {
    const context = await browser.newContext({ viewport: phone, locale: "de-DE", ...options });
    context.setDefaultTimeout(60_000);
    let failures = [];
    try {
      const page = await context.newPage();
      failures = watchRoutes(page);
      const seen =
        options.javaScriptEnabled === false ? { errors: [], foreign: [], violations: [] } : await watch(context, page, base);
      if (process.env.JEJAK_STATIC) await page.route("**/static/*/*", fromFolder);
      await prepare?.(page);
      const answer = await page.goto(url(at, lang));
      await body(page, { answer, seen, context });
      if (failures.length > 0) throw failures[0];
    } catch (error) {
      // the page failed because of it
      throw failures[0] ?? error;
    } finally {
      await context.close();
    }
  };

  return {
    base,
    binary: program,
    browser,
    lots,
    url,
    visit,
    lot: (name) => lots.find((l) => l.name === name) ?? assert.fail(`the demo has no lot ${name}`),
    stop: async () => {
      await browser.close();
      await stop();
    },
  };
}

// Waits until the check in the browser has ended, and returns the content of the band.
export async function verdict(page) {
  await page.waitForSelector("#verdict[data-checked=phone], #verdict[data-state=broken]", { timeout: 60_000 });
  return band(page);
}

// The sentences that the check puts into the band, by the names that the tests use: `phone-no-proof` is `sayNoProof`.
function sayings(words) {
  const camel = (key) => key.replace(/-(.)/g, (_, c) => c.toUpperCase());
  const said = Object.entries(words).flatMap(([key, text]) => {
    if (key.startsWith("check-")) return [[camel(key), text]];
    return /^phone-|^state-(broken|old)$/.test(key) ? [[camel(key.replace(/^(phone|state)/, "say")), text]] : [];
  });
  return Object.fromEntries(said);
}

export async function band(page) {
  const found = await read(page);
  const { default: words } = await import(`../../web/static/words-${found.lang.slice(0, 2) || "en"}.js`);
  return { ...found, say: sayings(words) };
}

const read = (page) =>
  page.evaluate(() => {
    const element = document.getElementById("verdict");
    const text = (selector) => element.querySelector(selector)?.textContent ?? "";
    return {
      state: element.dataset.state,
      checked: element.dataset.checked,
      classes: [...element.classList],
      shape: element.querySelector(".shape use").getAttribute("href"),
      word: text(".word"),
      tally: text(".tally"),
      by: text(".by"),
      lang: document.documentElement.lang,
    };
  });

// How much a page is wider than its window, in CSS pixels.
export const overhang = (page) =>
  page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
