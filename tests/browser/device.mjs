// The check in the browser: its result when everything verifies, and when the browser lacks cryptography.
import assert from "node:assert/strict";

import { band, languages, phone, verdict } from "./world.mjs";

// A browser whose WebCrypto has no Ed25519, as in older in-app browsers.
const withoutEd25519 = () => {
  const real = SubtleCrypto.prototype.importKey;
  SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
    if (/ed25519/i.test(algorithm?.name ?? algorithm))
      return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
    return real.call(this, format, key, algorithm, ...rest);
  };
};
// Over plain http, as from a node on a village's own network, there is no WebCrypto at all.
const withoutCrypto = () => Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });
// An old browser, which has neither.
const withoutNumbers = () => {
  Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });
  globalThis.BigInt = undefined;
};
// A WebCrypto that accepts every signature must not be used.
const credulous = () => {
  SubtleCrypto.prototype.verify = async () => true;
};

// The parts of the first screen that are not visible.
const hidden = () => {
  const icons = { origin: ["#i-pin"], harvest: ["#i-leaf", "#i-water"], inspection: ["#i-flask"], recall: ["#i-hand"] };
  const facts = [...document.querySelectorAll(".facts li")];
  const parts = { verdict: document.querySelector(".band .word"), product: document.querySelector("h1") };
  for (const [name, hrefs] of Object.entries(icons)) {
    parts[name] = facts.find((li) => hrefs.includes(li.querySelector("use").getAttribute("href")));
  }
  return Object.entries(parts)
    .filter(
      ([, e]) =>
        !e || !e.innerText.trim() || e.getBoundingClientRect().bottom > innerHeight || e.getBoundingClientRect().top < 0,
    )
    .map(([name, e]) => `${name} ends at ${e && Math.round(e.getBoundingClientRect().bottom)}`);
};

// Storage that this browser withholds, cryptography that gives up after some calls, and memory that runs out.
const denied = () => {
  const refuse = { get: () => { throw new DOMException("denied", "SecurityError"); } };
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, refuse);
};
const gaveUp = () => {
  const real = SubtleCrypto.prototype.digest;
  let calls = 0;
  SubtleCrypto.prototype.digest = function (...args) {
    return ++calls > 20 ? Promise.reject(new DOMException("failed", "OperationError")) : real.apply(this, args);
  };
};
const exhausted = () => {
  const real = Uint8Array.prototype.subarray;
  let calls = 0;
  Uint8Array.prototype.subarray = function (...args) {
    if (++calls > 400) throw new RangeError("Array buffer allocation failed");
    return real.apply(this, args);
  };
};

// Chrome translates a page from Indonesian: it states the language of the reader, and puts elements with other words in the place of texts.
const translates = () =>
  addEventListener("DOMContentLoaded", () => {
    document.documentElement.lang = "en";
    document.documentElement.classList.add("translated-ltr");
    const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) if (walk.currentNode.data.trim()) texts.push(walk.currentNode);
    for (const text of texts) {
      const font = document.createElement("font");
      font.append(Object.assign(document.createElement("font"), { textContent: `${text.data} (translated)` }));
      text.replaceWith(font);
    }
  });
// An extension adds a panel that covers a part of the page, and one darkens it.
const extended = () =>
  addEventListener("DOMContentLoaded", () => {
    document.documentElement.style.setProperty("filter", "invert(1) hue-rotate(180deg)");
    const panel = document.createElement("div");
    panel.title = panel.textContent = "Helper";
    panel.style.cssText = "position: fixed; inset: 0 0 30% 30%; background: #fff; z-index: 9";
    document.body.append(panel);
  });

// The server's result stays, with this sentence under it.
async function unchecked(page, sentence) {
  const { say } = await band(page);
  await page.waitForFunction((words) => document.querySelector("#verdict .by").textContent === words, say[sentence]);
  const now = await band(page);
  assert.deepEqual([now.state, now.word, now.checked], ["verified", "Verified", undefined]);
  assert.ok(now.classes.includes("server") && !now.classes.includes("phone") && !now.classes.includes("broken"));
}

export default function tests(world) {
  const { path } = world.lot("NILAM-2611-03B");
  const results = {
    id: /^oleh server; tanda tangan dan fakta juga di ponsel ini, \d+,\d detik$/,
    en: /^by the server; signatures and facts on this device too, \d+\.\d s$/,
    zh: /^由服务器核验；签名与事实也已在本设备核验，用时 \d+\.\d 秒$/,
  };
  const usesFallback = (name, trap) => [
    name,
    async () => {
      await world.visit({ at: path, prepare: (page) => page.addInitScript(trap) }, async (page, { seen }) => {
        const now = await verdict(page);
        assert.deepEqual([now.state, now.checked], ["verified", "phone"], now.tally);
        const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map((e) => e.name));
        assert.ok(loaded.some((url) => url.endsWith("/ed25519-plain.js")));
        assert.deepEqual(seen.errors, []);
      });
    },
  ];
  const unable = (name, trap) => [
    name,
    async () => {
      await world.visit({ at: path, prepare: (page) => page.addInitScript(trap) }, async (page, { seen }) => {
        const { say } = await band(page);
        await page.waitForFunction((words) => document.querySelector("#verdict .by").textContent === words, say.sayServerOnly);
        const now = await band(page);
        assert.equal(now.state, "verified");
        assert.equal(now.checked, undefined);
        assert.ok(now.classes.includes("server") && !now.classes.includes("phone"));
        assert.match(now.by, /^Checked by the server only/);
        assert.deepEqual(seen.errors, []);
      });
    },
  ];
  return [
    [
      "every demo lot verifies and shows how much was checked",
      async () => {
        for (const lot of world.lots) {
          await world.visit({ at: lot.path }, async (page) => {
            const bundle = await (await page.request.get(world.url(await page.getAttribute("#verdict", "data-bundle")))).json();
            const before = await page.getAttribute("#verdict", "data-state");
            const now = await verdict(page);
            assert.equal(now.checked, "phone", `${lot.name}: ${now.tally}`);
            assert.equal(now.state, before, "the headline stays");
            assert.ok(now.classes.includes("phone") && !now.classes.includes("server"));
            assert.match(now.tally, /^(Records genuine|Genuine records say so): (\d+) of \2 checks passed \(\d+ not checked\)$/, "still the server's");
            assert.match(now.by, results.en);
            const detail = await page.locator("#checked").innerText();
            const [, signatures, facts] = /checked (\d+) signatures.* (\d+) statements of this page.*by the server only/.exec(detail);
            assert.equal(Number(signatures), bundle.records.length);
            assert.ok(Number(facts) > bundle.records.length / 4, detail);
          });
        }
      },
    ],
    [
      "the result is shown in every language",
      async () => {
        for (const lang of Object.keys(languages)) {
          await world.visit({ at: path, lang }, async (page) => assert.match((await verdict(page)).by, results[lang]));
        }
      },
    ],
    [
      "the first screen of a phone shows verdict, product, origin, harvest, inspection and recall",
      async () => {
        const missing = [];
        for (const lot of world.lots) {
          for (const lang of Object.keys(languages)) {
            await world.visit({ at: lot.path, lang, viewport: phone }, async (page) => {
              await verdict(page);
              missing.push(...(await page.evaluate(hidden)).map((part) => `${lot.name} in ${lang}: ${part}`));
            });
          }
        }
        assert.deepEqual(missing, []);
      },
    ],
    [
      "every state has its own colour, shape and word",
      async () => {
        const words = {
          "NILAM-2611-03B": ["verified", "Verified"],
          "BAKAU-2611-02": ["findings", "Verified, with findings"],
          "ALP-2611-04": ["recalled", "Recalled"],
          "NILAM-2611-02": ["failed", "Failed inspection"],
        };
        const grounds = new Set();
        for (const [name, [state, word]] of Object.entries(words)) {
          await world.visit({ at: world.lot(name).path }, async (page) => {
            const now = await verdict(page);
            assert.deepEqual([now.state, now.word, now.shape], [state, word, `#s-${state}`]);
            grounds.add(
              await page.evaluate(() =>
                ((s) => s.backgroundColor + s.backgroundImage)(getComputedStyle(document.getElementById("verdict"))),
              ),
            );
          });
        }
        assert.equal(grounds.size, 4);
      },
    ],
    usesFallback("a browser without Ed25519 uses the fallback", withoutEd25519),
    [
      "a page older than its proof is neither checked nor broken",
      async () => {
        // the page before the newest record
        const prepare = (page) =>
          page.route(`**${path}?*`, async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            const html = await answer.text();
            const [, newest, index] = /(<li data-record="\w+" data-index="(\d+)">(?:(?!<\/li>)[^])*<\/li>)\s*<\/ol>/.exec(html);
            const body = html.replace(newest, "").replace(/data-size="\d+"/, `data-size="${index}"`);
            await route.fulfill({ headers, body });
          });
        await world.visit({ at: path, prepare }, async (page) => {
          // it is loaded anew, once
          await page.waitForFunction(() => performance.getEntriesByType("navigation")[0].type === "reload");
          await page.waitForFunction(() => document.getElementById("verdict").dataset.state === "old");
          const now = await band(page);
          assert.deepEqual([now.word, now.by, now.tally, now.checked], [now.say.sayOld, now.say.sayStale, "", undefined]);
          assert.ok(now.classes.includes("unchecked") && !now.classes.includes("verified") && !now.classes.includes("phone"));
          assert.match(await page.title(), /^This copy is old/);
          assert.deepEqual([await page.getAttribute("#verdict", "role"), await page.getAttribute("#verdict", "aria-live")], ["alert", "assertive"]);
        });
      },
    ],
    [
      "a log that shows another history than this device has seen is broken",
      async () => {
        await world.visit({ at: path }, async (page) => {
          assert.equal((await verdict(page)).checked, "phone");
          const [key, head] = await page.evaluate(() => Object.entries(localStorage)[0]);
          assert.match(key, /^jejak-head demo\.jejak\.example\/log\+/);
          const { size, root } = JSON.parse(head);
          const earlier = { size: size - 1, root };
          for (const other of [{ size, root: root.replace(/^./, (c) => (c === "A" ? "B" : "A")) }, earlier, { size: size + 1, root }]) {
            await page.evaluate(([at, text]) => localStorage.setItem(at, text), [key, JSON.stringify(other)]);
            await page.reload();
            const now = await verdict(page);
            assert.deepEqual([now.state, now.word], ["broken", now.say.sayBroken], JSON.stringify(other));
            assert.equal(now.tally, now.say.sayFailing.replace("%check%", now.say.checkConsistency));
            assert.ok((await page.title()).startsWith(now.say.sayBroken));
            assert.equal(await page.getAttribute("#verdict", "role"), "alert");
          }
        });
      },
    ],
    ...[
      ["a login page", (route) => route.fulfill({ contentType: "text/html", body: "<html>Log in" })],
      ["a proxy's error", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<html>Bad gateway" })],
      ["a busy node", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: "{}" })],
      ["no network", (route) => route.abort()],
    ].map(([what, answer]) => [
      `${what} instead of a proof of consistency is no fork`,
      async () => {
        await world.visit({ at: path }, async (page) => {
          assert.equal((await verdict(page)).checked, "phone");
          await page.evaluate(() => {
            const [[key, head]] = Object.entries(localStorage);
            const { size, root } = JSON.parse(head);
            localStorage.setItem(key, JSON.stringify({ size: size - 1, root }));
          });
          await page.route("**/consistency?*", answer);
          await page.reload();
          await unchecked(page, "sayNoHistory");
        });
      },
    ]),
    ...[
      ["storage is denied", denied, true],
      ["its cryptography gives up", gaveUp, false],
      ["memory runs out", exhausted, false],
    ].map(([what, trap, checks]) => [
      `a browser whose ${what} reports no broken proof`,
      async () => {
        await world.visit({ at: path, prepare: (page) => page.addInitScript(trap) }, async (page) => {
          if (checks) assert.equal((await verdict(page)).checked, "phone");
          else await unchecked(page, "sayUnable");
        });
      },
    ]),
    [
      "a part of the check that is aborted midway is no broken proof",
      async () => {
        const prepare = async (page) => {
          await page.addInitScript(withoutCrypto);
          await page.route("**/sha2.js", (route) => route.abort());
        };
        await world.visit({ at: path, prepare }, async (page) => unchecked(page, "sayServerOnly"));
      },
    ],
    [
      "a page that says it was checked is not believed",
      async () => {
        const prepare = async (page) => {
          await page.route("**/proof", (route) => route.abort());
          await page.route(`**${path}?*`, async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            const body = (await answer.text()).replace(/class="band (\w+) server"/, 'class="band $1 phone" data-checked="phone"');
            await route.fulfill({ headers, body });
          });
        };
        await world.visit({ at: path, prepare }, async (page) => {
          await unchecked(page, "sayNoProof");
          const button = page.locator("[data-evidence]").first();
          await button.click();
          const output = page.locator("[data-evidence] ~ output").first();
          await output.filter({ hasText: /./ }).waitFor();
          assert.match(await output.innerText(), /^Not compared/);
        });
      },
    ],
    [
      "a module that fails to load is not reported as a broken proof",
      async () => {
        const prepare = (page) => page.route("**/words-*.js", (route) => route.abort());
        await world.visit({ at: path, prepare }, async (page) => {
          await unchecked(page, "sayNoModules");
        });
      },
    ],
    [
      "a page that the browser translated is not checked, and a changed proof of it is broken",
      async () => {
        const { default: words } = await import("../../web/static/words-id.js");
        const prepare = (page) => page.addInitScript(translates);
        await world.visit({ at: path, lang: "id", prepare }, async (page) => {
          await page.waitForFunction((text) => document.querySelector("#verdict .by").textContent === text, words["phone-translated"]);
          const now = await band(page);
          assert.deepEqual([now.state, now.checked], ["verified", undefined]);
          assert.ok(now.classes.includes("server") && !now.classes.includes("phone"));
        });
        const changed = async (page) => {
          await prepare(page);
          await page.route("**/proof", async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            const body = await answer.body();
            body[Math.floor(body.length / 2)] ^= 1;
            await route.fulfill({ headers, body });
          });
        };
        await world.visit({ at: path, lang: "id", prepare: changed }, async (page) => {
          assert.equal((await verdict(page)).state, "broken");
        });
      },
    ],
    [
      "a page with fonts of its own is not checked: they may draw other digits",
      async () => {
        const prepare = (page) =>
          page.route("**/page.css", async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            await route.fulfill({ headers, body: `${await answer.text()}\n@font-face { font-family: X; src: url(/static/x/mark.svg) }` });
          });
        await world.visit({ at: path, prepare }, async (page) => unchecked(page, "sayFonts"));
      },
    ],
    [
      "what an extension of the browser does to a page is not the server's",
      async () => {
        await world.visit({ at: path, prepare: (page) => page.addInitScript(extended) }, async (page) => {
          const now = await verdict(page);
          assert.deepEqual([now.state, now.checked], ["verified", "phone"], now.tally);
        });
      },
    ],
    [
      "every width, text size and colour scheme shows all that the check looks for",
      async () => {
        const larger = (page) =>
          page.route("**/page.css", async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            await route.fulfill({ headers, body: `${await answer.text()}\n:root { font-size: 200% }` });
          });
        for (const options of [
          { viewport: { width: 240, height: 400 } }, { viewport: { width: 320, height: 480 }, prepare: larger }, { viewport: { width: 1920, height: 1080 } },
          { forcedColors: "active" }, { colorScheme: "dark" }, { deviceScaleFactor: 1.25 }, { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 3 },
        ]) {
          await world.visit({ at: path, ...options }, async (page) => {
            const now = await verdict(page);
            assert.equal(now.checked, "phone", `${JSON.stringify(options)}: ${now.tally}`);
          });
        }
      },
    ],
    usesFallback("a page over plain http, without WebCrypto, is checked", withoutCrypto),
    unable("a browser that can't compute shows the server's result only", withoutNumbers),
    usesFallback("a WebCrypto that accepts every signature is not used", credulous),
  ];
}
