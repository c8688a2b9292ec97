// Files other than the page: the size of the first load, QR codes, and documents.
import assert from "node:assert/strict";

import { verdict } from "./world.mjs";

// The page with its style and script, the modules of the check (see tests/it/pages.rs), and with the proof and its profiles all that comes
// before a lot is verified. The map is an image of its own, which a browser keeps. The longest page is that of a lot whose shipment has its
// whole folder, 20 records about it. On a quiet machine the heaviest has 77.7 kB in all; a demo that is seeded slowly has more clocks, and each
// record is proven with the clock before it.
const budgets = { first: 16_500, check: 37_500, all: 78_750 };

export default function tests(world) {
  const lot = world.lot("NILAM-2611-03B");
  const checked = (words, prepare) => async () => {
    await world.visit({ at: lot.path, prepare }, async (page) => {
      const button = page.locator("[data-evidence]").first();
      if ((await button.count()) === 0) world.skip("the demo's lot has no document");
      await verdict(page);
      await button.click();
      const output = page.locator("[data-evidence] ~ output").first();
      await output.filter({ hasText: /./ }).waitFor();
      assert.equal(await output.innerText(), words);
      assert.ok(await button.isEnabled());
    });
  };
  return [
    [
      "the first load of a lot is at most 16.5 kB compressed, and 78.7 kB with the check and its proof",
      async () => {
        const weights = [];
        for (const { name, path } of world.lots) {
          const parts = {};
          let [proof, heads, check] = [0, 0, 0];
          const prepare = async (page) => {
            const session = await page.context().newCDPSession(page);
            await session.send("Network.enable");
            const begun = new Map();
            session.on("Network.responseReceived", ({ requestId, type, response }) =>
              begun.set(requestId, { type, ...response }),
            );
            session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
              // the bytes before the body are headers, which are not compressed over HTTP/1.1
              const { type, url, encodedDataLength: head } = begun.get(requestId) ?? {};
              if (/\/(proof|profiles\/\w+)$/.test(url ?? "")) proof += encodedDataLength - head;
              if (!["Document", "Stylesheet", "Script"].includes(type)) return;
              heads += head;
              if (type === "Script" && !url.endsWith("/page.js")) check += encodedDataLength - head;
              else parts[type] = (parts[type] ?? 0) + encodedDataLength - head;
            });
          };
          await world.visit({ at: path, lang: "id", prepare }, async (page, { answer }) => {
            await verdict(page);
            assert.ok(answer.headers()["content-encoding"], "compressed");
            const total = Object.values(parts).reduce((sum, n) => sum + n, 0);
            assert.equal(Object.keys(parts).length, 3, JSON.stringify(parts));
            assert.ok(total <= budgets.first, `${name}: ${total} bytes, ${JSON.stringify(parts)}`);
            assert.ok(check > 0 && check <= budgets.check, `${name}: ${check} bytes of modules`);
            assert.ok(total + check + proof <= budgets.all, `${name}: ${total + check + proof} bytes with the proof`);
            weights.push([total, name, parts, check, proof, heads]);
          });
        }
        const heaviest = Math.max(...weights.map((w) => w[0] + w[3] + w[4]));
        const [total, name, parts, check, proof, heads] = weights.sort((a, b) => b[0] - a[0])[0];
        return `heaviest ${total} bytes (${name}; ${JSON.stringify(parts)}), the check ${check} more, the proof ${proof}, headers ${heads}; at most ${heaviest} in all`;
      },
    ],
    [
      "static files are cached as immutable, the page is revalidated",
      async () => {
        await world.visit({ at: lot.path }, async (page, { answer }) => {
          assert.equal(answer.headers()["cache-control"], "no-cache");
          for (const href of await page.$$eval("link[rel=stylesheet], script[src]", (all) => all.map((e) => e.href ?? e.src))) {
            assert.match((await page.request.get(href)).headers()["cache-control"], /immutable/);
          }
        });
      },
    ],
    [
      "QR codes and label sheet are images, and the scanned address shows the lot",
      async () => {
        const [, gtin, name] = /^\/01\/(\d+)\/10\/(.+)$/.exec(lot.path);
        await world.visit({ at: "/" }, async (page) => {
          for (const file of ["qr.svg", "qr.png", "sheet.svg"]) {
            const size = await page.evaluate(async (src) => {
              const image = new Image();
              image.src = src;
              await image.decode();
              return [image.naturalWidth, image.naturalHeight];
            }, `/labels/${gtin}/${name}/${file}`);
            assert.ok(size[0] > 50 && size[1] > 50, `${file}: ${size}`);
            if (file.startsWith("qr")) assert.equal(size[0], size[1], "square");
          }
        });
        // as scanned: the exact address, without a language
        await world.visit({ at: lot.url, lang: null }, async (page) => {
          assert.match(await page.locator(".lot").innerText(), /NILAM-2611-03B/);
        });
      },
    ],
    ["an unchanged document is confirmed", checked("Same file as was signed")],
    [
      "a changed document is reported",
      checked("Not the file that was signed", (page) =>
        page.route("**/evidence/*", (route) => route.fulfill({ body: "another" })),
      ),
    ],
    [
      "a missing document is reported",
      checked("Could not be fetched", (page) => page.route("**/evidence/*", (route) => route.fulfill({ status: 404 }))),
    ],
  ];
}
