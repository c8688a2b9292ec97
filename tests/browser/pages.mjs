// Every kind of page, in every language, on phone and desktop, light and dark: accessible, no wider than its window, without
// external requests or cookies; what the check stores is the newest head of the log.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { desk, languages, overhang, phone, verdict } from "./world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export async function accessible(page, where) {
  // evaluated through the debugger: the page's CSP would block a script element
  if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(axe);
  const found = await page.evaluate(async (values) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`);
  }, tags);
  assert.deepEqual(found, [], where);
}

// Lots and markets whose page of what is missing is looked at: good goods, failed ones, and recalled ones.
const readiness = [["NILAM-2611-03B", "CN"], ["NILAM-2611-02", "EU"], ["ALP-2611-04", "CN"]];

// Addresses of every kind of page; records, parties and containers are linked from a lot's page.
async function addresses(world) {
  const found = new Map([
    ["home", "/"],
    ["nothing found", "/search?q=NO-SUCH-LOT"],
    ["unknown lot", `${world.lots[0].path}X`],
    ["never issued", `${world.lots[0].path}/21/ABCD2345`],
    ["bad link", "/01/1234/10/X"],
    ["product", world.lots[0].path.split("/10/")[0]],
    ["unknown product", "/01/09521321009998"],
    ["serial without lot", `${world.lots[0].path.split("/10/")[0]}/21/ABCD2345`],
    ["place", "/414/9521321000636"],
    ["unknown container", "/00/095213210000099998"],
    ["list of lots", "/lots?region=53.02"],
    ["list of parties", "/parties"],
    ["regions", "/regions"],
    ["region", "/regions/53.02"],
    ["region without anybody", "/regions/95.01"],
    ["unknown region", "/regions/53.02.05.2003"],
    ["shipments of a party", "/parties/9521321000247/shipments"],
    ["shipments of nobody", "/parties/nobody/shipments"],
  ]);
  for (const lot of world.lots) found.set(`lot ${lot.name}`, lot.path);
  for (const [name, market] of readiness) found.set(`readiness ${name} ${market}`, `${world.lot(name).path.replace(/^\/01\/(\d+)\/10/, "/lots/$1")}/readiness?market=${market}`);
  await world.visit({ at: world.lot("NILAM-2611-03B").path }, async (page) => {
    const links = await page.$$eval("main a", (all) => all.map((a) => a.getAttribute("href")));
    for (const [kind, prefix] of [
      ["record", "/entries/"],
      ["container", "/00/"],
      ["party", "/parties/"],
    ]) {
      found.set(kind, links.find((href) => href.startsWith(prefix)) ?? assert.fail(`no ${kind} is linked`));
    }
    found.set("inspector", links.find((href) => /9521321000315(\?|$)/.test(href)) ?? assert.fail("the laboratory is not linked"));
  });
  // a person comes to a shipment from the party that sent it
  await world.visit({ at: "/parties/9521321000247" }, async (page) => {
    await page.locator('main a[href^="/parties/"][href*="/shipments"]').first().click();
    await page.locator('main a[href^="/shipments/"]').first().click();
    found.set("shipment", new URL(page.url()).pathname);
    await page.locator('main a[href^="/entries/"]').first().click();
    assert.equal(await page.locator('main a[href^="/shipments/"]').count(), 1, "and back from its record");
  });
  await world.visit({ at: "/" }, async (page) => {
    const rows = await page.$$eval(".rows a", (all) =>
      all.map((a) => [a.getAttribute("href"), a.querySelector(".chip").className]),
    );
    const untested = rows.find(([, chip]) => chip.includes("not-inspected")) ?? assert.fail("no lot is untested");
    found.set("lot not inspected", untested[0]);
  });
  return found;
}

const missing = [
  "shipments of nobody",
  "nothing found",
  "unknown lot",
  "never issued",
  "bad link",
  "unknown container",
  "unknown product",
  "serial without lot",
  "unknown region",
];

// The style sheet is the same in every language: all four combinations in one language, one in the others.
const looks = (lang) =>
  lang === "id" ? [phone, desk].flatMap((size) => ["light", "dark"].map((scheme) => [size, scheme])) : [[phone, "light"]];

async function look(world, kind, at) {
  for (const [lang, tag] of Object.entries(languages)) {
    await world.visit({ at, lang }, async (page, { answer, seen, context }) => {
      const where = `${kind} in ${lang}`;
      const known = !missing.includes(kind);
      assert.equal(answer.status() < 400, known, `${where}: ${answer.status()}`);
      assert.equal(await page.getAttribute("html", "lang"), tag);
      assert.match(answer.headers()["content-type"], /^text\/html/);
      assert.equal(await page.locator("h1").count(), 1, `${where}: one heading of the first level`);
      if (kind.startsWith("lot ")) await verdict(page);
      // what is closed is looked at too
      await page.$$eval("details", (all) => all.forEach((part) => (part.open = true)));
      for (const [size, colorScheme] of looks(lang)) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await accessible(page, `${where}, ${size.width} wide, ${colorScheme}`);
      }
      for (const width of [360, 320]) {
        await page.setViewportSize({ width, height: 740 });
        assert.ok((await overhang(page)) <= 0, `${where} scrolls sideways at ${width} px`);
      }
      // a name beside text in a grid or flex box would be a cell of its own, one letter wide
      const torn = await page.evaluate(() => {
        const boxed = (e) => /grid|flex/.test(getComputedStyle(e).display) && e.querySelector(":scope > bdi");
        const text = (e) => [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        return [...document.querySelectorAll("body *")].filter((e) => boxed(e) && text(e)).map((e) => e.className);
      });
      assert.deepEqual(torn, [], `${where}: names apart from their sentence`);
      const undrawn = await page.$$eval("use[href^='#']", (all) => all.map((e) => e.getAttribute("href")).filter((href) => !document.querySelector(`svg ${href}`)));
      assert.deepEqual(undrawn, [], `${where}: drawings that are not there`);
      const untranslated = await page.evaluate(() =>
        document.body.innerText.match(/\b(?:check|state|fact|act|role|why|region|regions|outcome|filter|standing|shipment|shipments|payment|purpose|answer|handed|handover)-[a-z-]+\b|\{\s*\$/g),
      );
      assert.equal(untranslated, null, `${where}: an untranslated key or placeholder`);
      assert.deepEqual(seen, { errors: [], foreign: [], violations: [] }, where);
      assert.deepEqual(await context.cookies(), [], `${where}: cookies`);
      assert.equal(answer.headers()["set-cookie"], undefined);
      // nothing but the newest head of the log, which every reader of it has
      const stored = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
      assert.deepEqual(stored.filter((key) => !key.startsWith("jejak-head ")), [], `${where}: storage`);
    });
  }
}

// Inline scripts and styles of a page.
const inline = () =>
  [...document.querySelectorAll("*")].flatMap((e) => [
    ...(e.matches("script:not([src]):not([type='application/ld+json']), style") ? [e.outerHTML.slice(0, 60)] : []),
    ...[...e.attributes]
      .filter((a) => /^on/i.test(a.name) || a.name === "style" || /^\s*javascript:/i.test(a.value))
      .map((a) => a.name),
  ]);

export default function tests(world) {
  const all = addresses(world);
  all.catch(() => {});
  const kinds = [
    ...[
      "home",
      "nothing found",
      "unknown lot",
      "never issued",
      "bad link",
      "unknown container",
      "record",
      "container",
      "party",
      "inspector",
      "product",
      "unknown product",
      "serial without lot",
      "place",
      "list of lots",
      "list of parties",
      "regions",
      "region",
      "region without anybody",
      "unknown region",
      "shipments of a party",
      "shipments of nobody",
      "shipment",
    ],
    ...world.lots.map((lot) => `lot ${lot.name}`),
    ...readiness.map((one) => `readiness ${one.join(" ")}`),
    "lot not inspected",
  ];
  return [
    ...kinds.map((kind) => [`${kind}, in three languages`, async () => look(world, kind, (await all).get(kind))]),
    [
      "text at 200 % fits a phone",
      async () => {
        for (const lang of Object.keys(languages)) {
          await world.visit({ at: world.lot("ALP-2611-04").path, lang }, async (page) => {
            await verdict(page);
            await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
            assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "32px");
            assert.ok((await overhang(page)) <= 0, `sideways by ${await overhang(page)} px in ${lang}`);
          });
        }
      },
    ],
    [
      "pages have no inline script or style",
      async () => {
        for (const [kind, at] of await all) {
          await world.visit({ at }, async (page) => assert.deepEqual(await page.evaluate(inline), [], kind));
        }
      },
    ],
    [
      "an injected script does not run",
      async () => {
        const evil = `<img src="x" onerror="window.ran = 1"><script>window.ran = 2</script><style>main{display:none}</style>`;
        const { path } = world.lot("NILAM-2611-03B");
        const prepare = (page) =>
          page.route(`**${path}?*`, async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            await route.fulfill({ status: 200, headers, body: (await answer.text()).replace("<main", `${evil}<main`) });
          });
        await world.visit({ at: path, prepare }, async (page, { seen }) => {
          await verdict(page);
          assert.equal(await page.evaluate(() => window.ran), undefined);
          assert.ok(await page.locator("main").isVisible());
          assert.ok(seen.violations.length >= 3, `reported only ${seen.violations}`);
        });
      },
    ],
    [
      "both stripes of a recall band have enough contrast",
      async () => {
        // axe can't measure a pattern
        await world.visit({ at: world.lot("ALP-2611-04").path }, async (page) => {
          for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            const ratios = await page.evaluate(() => {
              const light = (text) => {
                const [r, g, b] = text
                  .match(/[\d.]+/g)
                  .slice(0, 3)
                  .map((v) => v / 255)
                  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const style = getComputedStyle(document.querySelector(".band.recalled"));
              const grounds = [...new Set(style.backgroundImage.match(/rgb\([^)]*\)/g))];
              return grounds.map((ground) => (light(style.color) + 0.05) / (light(ground) + 0.05));
            });
            assert.equal(ratios.length, 2);
            assert.ok(Math.min(...ratios) >= 4.5, `${ratios} in ${colorScheme}`);
          }
        });
      },
    ],
  ];
}
