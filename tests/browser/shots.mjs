// Screenshots of the pages, and the one in docs/.
import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";

import { makesKey, screens } from "./app.mjs";
import { root } from "./demo.mjs";
import { desk, languages, phone, verdict } from "./world.mjs";

// Fonts like those of phones; the default of this machine may be much wider.
const fonts =
  '@media all { :root { font-family: Roboto, "Noto Sans", "Liberation Sans", "Noto Sans CJK SC", system-ui, sans-serif } }';

const shown = { bypassCSP: true };

export async function all(world) {
  const dir = path.join(root, "tests/browser/shots");
  mkdirSync(dir, { recursive: true });
  for (const { name, path: at } of world.lots) {
    for (const lang of Object.keys(languages)) {
      for (const viewport of [phone, desk]) {
        for (const colorScheme of ["light", "dark"]) {
          await world.visit({ at, lang, viewport, colorScheme, ...shown }, async (page) => {
            await page.addStyleTag({ content: fonts });
            await verdict(page);
            const file = path.join(dir, `${name}.${lang}.${viewport.width}.${colorScheme}`);
            await page.screenshot({ path: `${file}.first.png` });
            await page.screenshot({ path: `${file}.full.png`, fullPage: true });
          });
        }
      }
    }
  }
  await app(world, dir);
  console.log(`pictures in ${path.relative(process.cwd(), dir)}`);
}

// Every screen of the app, whole: the window is as high as the screen needs.
async function app(world, dir) {
  for (const lang of Object.keys(languages)) {
    for (const [who, addresses] of Object.entries(screens)) {
      const at = who === "nobody" ? "/app/" : `/app/#/demo/${who}`;
      await world.visit({ at, lang, viewport: phone, ...shown }, async (page) => {
        await page.addStyleTag({ content: fonts });
        await page.locator(".thumb .big").waitFor();
        if (who !== "nobody") await page.locator(".thumb .big").click();
        if (who !== "nobody") await page.locator(".bar a[aria-current=page]").waitFor();
        for (const address of addresses) {
          if (address === "/enrol") await makesKey(page);
          await page.evaluate((to) => (location.hash = to), address);
          await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, address.split("?")[0]);
          await page.waitForTimeout(500);
          const more = await page.evaluate(() => document.querySelector("main").scrollHeight - document.querySelector("main").clientHeight);
          await page.setViewportSize({ ...phone, height: phone.height + Math.max(0, more) });
          await page.screenshot({ path: path.join(dir, `app.${who}${address.replace(/\W+/g, "-")}.${lang}.png`) });
          await page.setViewportSize(phone);
        }
      });
    }
  }
}

export async function picture(world, file) {
  const viewport = { width: 360, height: 640 };
  await world.visit({ at: world.lot("NILAM-2611-03B").path, viewport, deviceScaleFactor: 2, ...shown }, async (page) => {
    await page.addStyleTag({ content: fonts });
    const { checked } = await verdict(page);
    assert.equal(checked, "phone");
    await page.screenshot({ path: file });
  });
  console.log(`${path.relative(process.cwd(), file)}: ${statSync(file).size} bytes`);
}
