// Without JavaScript: everything that a buyer needs is in the HTML.
import assert from "node:assert/strict";

import { languages } from "./world.mjs";

const off = { javaScriptEnabled: false };

export default function tests(world) {
  const { path } = world.lot("NILAM-2611-03B");
  const text = async (page, selector) => (await page.locator(selector).innerText()).replaceAll("\u00a0", " ");
  return [
    [
      "lists are filtered, and go on to the next page",
      async () => {
        await world.visit({ at: "/lots", lang: "id", ...off }, async (page) => {
          const rows = () => page.locator(".rows a").count();
          const all = await rows();
          await page.selectOption("select[name=region]", "53.02");
          await page.selectOption("select[name=state]", "recalled");
          await page.locator(".go button").click();
          const found = new URL(page.url()).searchParams;
          assert.deepEqual([found.get("region"), found.get("state"), found.get("lang")], ["53.02", "recalled", "id"]);
          assert.ok((await rows()) > 0 && (await rows()) < all, `${await rows()} of ${all}`);
          assert.equal(await page.locator(".rows .chip:not(.recalled)").count(), 0);
          // the language switch keeps what is asked for
          await page.locator(".languages").getByRole("link", { name: "EN", exact: true }).click();
          assert.equal(new URL(page.url()).searchParams.get("state"), "recalled");
          assert.equal(await page.inputValue("select[name=state]"), "recalled");
        });
        await world.visit({ at: "/lots?limit=2", ...off }, async (page) => {
          const first = await page.locator(".rows a").first().getAttribute("href");
          await page.locator("a[rel=next]").click();
          assert.notEqual(await page.locator(".rows a").first().getAttribute("href"), first);
          assert.equal(await page.locator("h2").first().innerText(), "Older lots");
        });
      },
    ],
    [
      "the lot page shows all facts and that only the server checked them",
      async () => {
        await world.visit({ at: path, ...off }, async (page) => {
          assert.equal(await text(page, "#verdict .word"), "Verified");
          assert.match(await text(page, "#verdict .tally"), /^(Records genuine|Genuine records say so): (\d+) of \2 checks passed \(\d+ not checked\)$/);
          assert.equal(await text(page, "#verdict .by"), "Checked by the server only");
          assert.match(await page.getAttribute("#verdict", "class"), /\bserver\b/);
          assert.equal(await text(page, "h1"), "Patchouli oil, 50 g bottle");
          const facts = await text(page, ".facts");
          for (const expected of [
            /Balukang village/,
            /Donggala/,
            /Harvested \d.* 20\d\d/,
            /Passed inspection · \d+ \w{3} 20\d\d/,
            /Nusantara Testing Laboratory/,
            /KAN LP-/,
            /No recall, no hold/,
          ]) {
            assert.match(facts, expected);
          }
          assert.ok((await page.locator("#proof .checks .passed").count()) >= 9, "each check is listed");
          assert.equal(await page.locator("#proof .checks .failed").count(), 0);
          assert.ok((await page.locator(".timeline > li").count()) >= 10, "the journey");
          assert.equal(await page.locator(".test").count(), 2, "both tests, the failed one too");
          assert.ok(await page.locator("#documents a[href^='/evidence/']").first().isVisible());
          assert.equal(await page.locator("[data-evidence]:visible").count(), 0, "no button that can't work");
        });
      },
    ],
    [
      "numbers and dates follow the language",
      async () => {
        const expected = {
          // the demo's last event was yesterday
          id: [/12,2 kg/, /1\.040 kg/, /Dipanen \d+( \w{3}( 20\d\d)? )?\u2013 ?\d+ \w{3} 20\d\d/, /16\.20 WITA/],
          en: [/12\.2 kg/, /1,040 kg/, /Harvested \d+( \w{3}( 20\d\d)? )?\u2013 ?\d+ \w{3} 20\d\d/, /16:20 UTC\+8/],
          zh: [/12\.2 kg/, /1,040 kg/, /20\d\d年\d+月\d+日至[\d年月]+日/, /16:20 UTC\+8/],
        };
        for (const lang of Object.keys(languages)) {
          await world.visit({ at: path, lang, ...off }, async (page) => {
            const all = await text(page, "main");
            for (const pattern of expected[lang]) assert.match(all, pattern, lang);
          });
        }
      },
    ],
    [
      "the language follows the browser, and the switch changes it",
      async () => {
        for (const [locale, tag] of [
          ["id-ID", "id"],
          ["zh-CN", "zh-Hans"],
          ["en-GB", "en"],
          ["fr-FR", "en"],
        ]) {
          await world.visit({ at: path, lang: null, locale, ...off }, async (page) => {
            assert.equal(await page.getAttribute("html", "lang"), tag, locale);
          });
        }
        await world.visit({ at: path, ...off }, async (page) => {
          for (const [name, tag] of [
            ["ID", "id"],
            ["中文", "zh-Hans"],
            ["EN", "en"],
          ]) {
            await page.locator(".languages").getByRole("link", { name, exact: true }).click();
            assert.equal(await page.getAttribute("html", "lang"), tag);
            assert.equal(await page.getAttribute(".languages [aria-current]", "hreflang"), tag);
            assert.equal(new URL(page.url()).pathname, path, "the same page");
          }
        });
      },
    ],
    [
      "links keep a chosen language, but not a negotiated one",
      async () => {
        const own = /^\/(01|00|entries|parties)\//;
        const links = (page) => page.$$eval("main a", (all) => all.map((a) => a.getAttribute("href")));
        const found = new Map([["/", "/"], ["/01/", path], ["unknown", `${path}X`], ["never issued", `${path}/21/ABCD2345`]]);
        for (const at of found.values()) {
          await world.visit({ at, lang: "zh", ...off }, async (page) => {
            for (const href of (await links(page)).filter((href) => own.test(href))) {
              if (/\/proof$|format=/.test(href)) continue;
              assert.match(href, /\?lang=zh$/, at);
              found.set(own.exec(href)[0], href); // one page of each kind is visited
            }
          });
        }
        assert.ok(found.size >= 7, [...found.keys()].join(" "));
        await world.visit({ at: path, lang: null, locale: "id-ID", ...off }, async (page) => {
          assert.deepEqual((await links(page)).filter((href) => own.test(href) && href.includes("lang=")), []);
        });
        await world.visit({ at: "/", lang: "zh", ...off }, async (page) => {
          await page.locator("#q").fill("nilam-2611-03b");
          await page.locator("form button").click();
          assert.equal(await page.getAttribute("html", "lang"), "zh-Hans", "the search keeps the language");
        });
      },
    ],
    [
      "a container page shows its location",
      async () => {
        await world.visit({ at: path, ...off }, async (page) => {
          await page.locator("main a[href^='/00/']").first().click();
          assert.match(await text(page, "main"), /With Hanse Aroma \(demo\) · Hamburg warehouse \(demo\)/);
        });
      },
    ],
    [
      "the search finds a lot by number, by element string and by link",
      async () => {
        for (const words of ["nilam-2611-03b", "(01)09521321001091(10)NILAM-2611-03B", `https://id.gs1.org${path}`]) {
          await world.visit({ at: "/", ...off }, async (page) => {
            await page.getByLabel("Lot number, code").fill(words);
            await page.getByRole("button", { name: "Search" }).click();
            assert.equal(new URL(page.url()).pathname, path, words);
            assert.equal(await page.locator("#verdict").count(), 1);
          });
        }
        await world.visit({ at: "/", ...off }, async (page) => {
          await page.getByLabel("Lot number, code").fill("<b>x</b>");
          await page.getByRole("button", { name: "Search" }).click();
          assert.match(await text(page, "[role=status]"), /Nothing found for <b>x<\/b>/);
        });
      },
    ],
    [
      "home links to a lot, a lot to its parties, records and container",
      async () => {
        await world.visit({ at: "/", ...off }, async (page) => {
          await page.locator(`.rows a[href^="${path}"]`).click();
          for (const [prefix, has] of [
            ["/parties/", ".technical"],
            ["/entries/", "pre"],
            ["/00/", ".rows"],
          ]) {
            await page.locator(`main a[href^="${prefix}"]`).first().click();
            assert.ok(new URL(page.url()).pathname.startsWith(prefix));
            assert.ok(await page.locator(has).first().isVisible());
            await page.goBack();
          }
        });
      },
    ],
  ];
}
