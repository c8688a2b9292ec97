// Keyboard, reduced motion, print.
import assert from "node:assert/strict";

import { desk, languages, verdict } from "./world.mjs";

const reachable = "a[href], button, input:not([type=hidden]), summary, [tabindex='0']";

// The focused control: its index among the page's controls, and whether it is visible.
const focused = (selector) => {
  const now = document.activeElement;
  const style = getComputedStyle(now);
  const box = now.getBoundingClientRect();
  return {
    index: [...document.querySelectorAll(selector)].indexOf(now),
    name: now.outerHTML.slice(0, 90),
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inSight:
      box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.left < innerWidth && box.top < innerHeight,
  };
};

export default function tests(world) {
  const lot = world.lot("NILAM-2611-03B");
  return [
    [
      "the skip link is first, becomes visible and works",
      async () => {
        await world.visit({ at: lot.path }, async (page) => {
          assert.ok(
            await page.evaluate(() => document.querySelector(".skip").getBoundingClientRect().right <= 0),
            "hidden until it has the focus",
          );
          await page.keyboard.press("Tab");
          const { name, inSight } = await page.evaluate(focused, reachable);
          assert.ok(name.includes('class="skip"') && inSight, name);
          await page.keyboard.press("Enter");
          await page.keyboard.press("Tab");
          assert.ok(
            await page.evaluate(() => document.querySelector("main").contains(document.activeElement)),
            "the next stop is in the content",
          );
        });
      },
    ],
    ...[
      ["lot", lot.path],
      ["home", "/"],
    ].map(([kind, at]) => [
      `${kind}: every control is reached by Tab, in order, with a visible focus ring`,
      async () => {
        // without smooth scrolling, so that the focused control is visible at once
        await world.visit({ at, reducedMotion: "reduce" }, async (page) => {
          if (kind === "lot") await verdict(page);
          const wanted = await page.$$eval(reachable, (all) => all.flatMap((e, i) => (e.checkVisibility() ? [i] : [])));
          const reached = [];
          for (let i = 0; i < wanted.length; i++) {
            await page.keyboard.press("Tab");
            const stop = await page.evaluate(focused, reachable);
            assert.ok(stop.ringed && stop.inSight, `${stop.name}: ${JSON.stringify(stop)}`);
            reached.push(stop.index);
          }
          assert.deepEqual(reached, wanted);
        });
      },
    ]),
    [
      "details open by keyboard",
      async () => {
        await world.visit({ at: lot.path }, async (page) => {
          await page.focus("summary");
          await page.keyboard.press("Enter");
          assert.ok(await page.locator("details .technical").isVisible());
        });
      },
    ],
    [
      "reduced motion stops every animation",
      async () => {
        for (const [reducedMotion, scroll] of [
          ["reduce", "auto"],
          ["no-preference", "smooth"],
        ]) {
          await world.visit({ at: lot.path, reducedMotion }, async (page) => {
            await verdict(page);
            const [behaviour, moving] = await page.evaluate(() => [
              getComputedStyle(document.documentElement).scrollBehavior,
              document.getAnimations().length,
            ]);
            assert.equal(behaviour, scroll);
            if (reducedMotion === "reduce") assert.equal(moving, 0);
          });
        }
      },
    ],
    [
      "print omits controls and keeps the verdict",
      async () => {
        await world.visit({ at: lot.path, viewport: desk }, async (page) => {
          await verdict(page);
          await page.emulateMedia({ media: "print" });
          for (const gone of [".languages", ".jump", ".actions", ".skip", "[data-evidence]"]) {
            assert.equal(await page.locator(`${gone}:visible`).count(), 0, gone);
          }
          for (const kept of ["#verdict .word", "h1", ".facts", ".timeline", ".bars", "#proof .checks"]) {
            assert.ok(await page.locator(kept).first().isVisible(), kept);
          }
          // what only the server computed has its mark on paper too, an asterisk at least
          const marks = await page.$$eval(".computed", (all) => {
            const near = all.filter((e) => e.parentElement.checkVisibility());
            const sign = (e) => ((style) => `${style.content} ${parseFloat(style.fontSize) > 8}`)(getComputedStyle(e, "::before"));
            return near.map((e) => [e.checkVisibility(), sign(e), parseFloat(getComputedStyle(e).fontSize) > 5]);
          });
          assert.ok(marks.length > 5 && marks.every(([seen, sign]) => seen && sign === '"* " true'), JSON.stringify(marks));
          assert.ok(marks.some(([, , full]) => full) && marks.some(([, , full]) => !full), "in full where there is room");
        });
      },
    ],
    [
      "a lot prints on two pages at most",
      async () => {
        const counts = [];
        const printed = [...world.lots.map((one) => [one, "id"]), ...Object.keys(languages).map((lang) => [lot, lang])];
        for (const [one, lang] of printed) {
          await world.visit({ at: one.path, lang }, async (page) => {
            await verdict(page);
            const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
            counts.push([`${one.name} ${lang}`, pdf.match(/\/Type\s*\/Page\b(?!s)/g).length]);
          });
        }
        const most = Math.max(...counts.map(([, n]) => n));
        assert.ok(most <= 2, JSON.stringify(counts));
        return `pages: ${[...new Set(counts.map(([, n]) => n))].sort().join(" or ")}`;
      },
    ],
  ];
}
