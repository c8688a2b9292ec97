// What is missing before a lot may go to a market: the page is a checklist on paper, and questions are answered by links, without JavaScript.
import assert from "node:assert/strict";

import { accessible } from "./pages.mjs";
import { languages, overhang, phone } from "./world.mjs";

const off = { javaScriptEnabled: false };

export default function tests(world) {
  const at = `${world.lot("NILAM-2611-03B").path.replace(/^\/01\/(\d+)\/10/, "/lots/$1")}/readiness?market=CN`;
  // market, language, and the answers of an address
  const asked = (page) => {
    const { searchParams } = new URL(page.url());
    return ["market", "lang", "yes", "no", "shipment"].map((name) => searchParams.get(name) ?? "");
  };
  const chosen = (page) => page.$$eval("#questions [aria-current]", (all) => all.map((a) => a.textContent.trim()));
  return [
    [
      "the lot's page leads to what is missing, item by item",
      async () => {
        for (const lang of Object.keys(languages)) {
          await world.visit({ at: world.lot("NILAM-2611-03B").path, lang, ...off }, async (page) => {
            await page.locator("a[href*='/readiness']").click();
            assert.equal(asked(page)[1], lang);
            await page.locator(".choices a[href*='market=CN']").first().click();
            assert.deepEqual(asked(page).slice(0, 2), ["CN", lang]);
            const items = await page.$$eval(".need:not(.asked)", (all) => all.map((e) => [e.innerText.trim().length, e.querySelector(".state")?.innerText]));
            assert.ok(items.length > 5, `${items.length} items in ${lang}`);
            assert.ok(items.every(([length, state]) => length > 10 && state), JSON.stringify(items));
            assert.ok((await page.locator(".sources li").count()) > 0, "where each rule is from");
          });
        }
      },
    ],
    [
      "an answer keeps market and language, the other answers, and may be changed",
      async () => {
        await world.visit({ at, lang: "id", ...off }, async (page) => {
          const questions = page.locator("#questions .asked");
          const count = await questions.count();
          assert.ok(count > 1, `${count} questions`);
          const answer = async (n, side) => questions.nth(n).locator(".choices a").nth(side).click();
          await answer(0, 0);
          const [market, lang, yes, no] = asked(page);
          assert.deepEqual([market, lang, no], ["CN", "id", ""]);
          assert.ok(yes && !yes.includes(","), yes);
          assert.equal((await chosen(page)).length, 1, "the answer is shown");
          await answer(0, 1);
          assert.deepEqual(asked(page), ["CN", "id", "", yes, ""], "from yes to no");
          // an answer may ask more, or make a question go
          const last = (await questions.count()) - 1;
          await answer(last, 1);
          const said = asked(page);
          assert.deepEqual([said[0], said[1], said[3].split(",").length], ["CN", "id", 2]);
          assert.ok(said[3].split(",").includes(yes), "the first answer stays");
        });
      },
    ],
    [
      "another language keeps market, answers and day, and another day keeps the rest",
      async () => {
        await world.visit({ at, lang: "id", ...off }, async (page) => {
          await page.locator("#questions .choices a").first().click();
          await page.locator("input[name=shipment]").fill("2027-02-01");
          await page.locator("form.choices button").click();
          const before = asked(page);
          assert.deepEqual([before[0], before[1], before[4]], ["CN", "id", "2027-02-01"]);
          assert.ok(before[2], "the answer stays");
          const states = () => page.$$eval(".need", (all) => all.map((e) => e.className));
          const found = await states();
          await page.locator(".languages").getByRole("link", { name: "中文", exact: true }).click();
          assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
          assert.deepEqual(asked(page), before.with(1, "zh"));
          assert.deepEqual(await states(), found, "the same in every language");
          assert.equal((await chosen(page)).length, 1);
          await page.locator(".choices a[href*='market=EU']").first().click();
          assert.deepEqual([asked(page)[0], asked(page)[1], asked(page)[4]], ["EU", "zh", "2027-02-01"]);
        });
      },
    ],
    [
      "the way to the first export is chosen by links, accessible, and prints, in three languages",
      async () => {
        for (const lang of Object.keys(languages)) {
          for (const start of ["/path", "/parties/9521321000216/path"]) {
            await world.visit({ at: start, lang, viewport: phone }, async (page, { seen }) => {
              await accessible(page, `${start} in ${lang}`);
              assert.equal(await overhang(page), 0, `${start} in ${lang}`);
              await page.locator(".choices a[href*='essential-oil']").first().click();
              await page.locator(".choices a[href*='market=EU']").first().click();
              const { searchParams, pathname } = new URL(page.url());
              assert.deepEqual([pathname, ...["commodity", "form", "market", "lang"].map((name) => searchParams.get(name))], [start, "essential-oil", "patchouli-oil", "EU", lang]);
              const steps = await page.$$eval("ol.needs > .need", (all) => all.map((e) => e.querySelector(".state")?.innerText));
              assert.ok(steps.length > 20 && steps.every(Boolean), JSON.stringify(steps));
              await page.emulateMedia({ media: "print", colorScheme: "light" });
              await page.setViewportSize({ width: 794, height: 1123 });
              assert.equal(await overhang(page), 0, "nothing is cut off on paper");
              assert.deepEqual(seen.errors, []);
            });
          }
        }
      },
    ],
    [
      "it prints as a checklist",
      async () => {
        await world.visit({ at, lang: "id" }, async (page) => {
          await page.emulateMedia({ media: "print", colorScheme: "light" });
          await page.setViewportSize({ width: 794, height: 1123 });
          const shown = await page.evaluate(() => {
            const seen = (e) => e.checkVisibility();
            const boxes = [...document.querySelectorAll(".needs > .need:not(.asked)")].filter(seen);
            return {
              items: boxes.length,
              boxes: boxes.filter((e) => [e, e.firstElementChild, e.querySelector(".state")].some((part) => ["::before", "::after"].some((side) => !["none", "normal", '""'].includes(getComputedStyle(part, side).content) || parseFloat(getComputedStyle(part, side).borderTopWidth) > 0))).length,
              links: [...document.querySelectorAll(".languages, form.choices button")].filter(seen).length,
              wide: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
            };
          });
          assert.ok(shown.items > 5, JSON.stringify(shown));
          assert.equal(shown.boxes, shown.items, "a box to tick at each item");
          assert.deepEqual([shown.links, shown.wide], [0, 0], "nothing that only a screen can use");
        });
      },
    ],
  ];
}
