// From a village to the receipt abroad on six phones, no terminal: two of the village, a laboratory, the facilitator, the buyer, and one that
// only scans. Each acts on what its own home shows it; taps, digits and screens are counted (docs/app.md, "Six phones").
import assert from "node:assert/strict";

import { accepted, numberOf, onDemo, remembered } from "./app-acts-world.mjs";
import firstExport from "./app-first-export.mjs";
import { gtin } from "./app-forms-lab.mjs";
import { verdict } from "./world.mjs";

export default (world) => [
  ...onDemo(world, [["from village to receipt on six phones, without a terminal", journey]]),
  ["first export of six people with empty browsers, without a terminal", () => firstExport(world), 600_000],
];

const OIL = gtin(108);

/** Taps, digits and screens of everything that `work` does on the phone. */
async function counting(table, p, who, what, work) {
  await p.page.evaluate(() => {
    window.counted = { taps: 0, digits: 0 };
    window.screens = new Set();
    window.watching ??= addEventListener("hashchange", () => window.screens.add(location.hash.split("?")[0])) ?? true;
  });
  await work();
  const { taps, digits } = await p.counted();
  const screens = await p.page.evaluate(() => window.screens.size);
  table.push([who, what, taps, digits, screens]);
}

/** The phone asks the node, and shows its home. */
async function home(p) {
  await p.sent();
  await p.page.evaluate(() => (location.hash = "#/more"));
  await p.page.evaluate(() => (location.hash = "#/home"));
  await p.page.locator(".thumb .button").first().waitFor();
  await p.settled();
}

/** Opens what the home lists with this text, as a person does. */
async function open(p, text) {
  await p.page.locator(".rows a", { hasText: text }).first().click();
  await p.settled();
}

/** A step that the page of a lot offers. */
async function step(p, text) {
  await p.page.locator(".thumb a, .thumb button, .rows a", { hasText: text }).first().click();
  await p.page.locator(".asking, .thumb .button.sign").first().waitFor();
  await p.settled();
}

const asks = async (p, selector) => (await p.page.locator(selector).count()) > 0;

async function journey(phones) {
  const table = [];
  const treasurer = await phones.of(25);
  let leaf;
  await counting(table, treasurer, "village, treasurer", "harvest", async () => {
    await home(treasurer);
    await treasurer.tap(".thumb .button.big");
    await treasurer.page.locator(".keypad, .option").first().waitFor();
    if (!(await asks(treasurer, ".keypad"))) await treasurer.choose("Daun nilam");
    await treasurer.number("1250");
    if (await asks(treasurer, ".option")) await treasurer.pick();
    await treasurer.sign();
    leaf = (await treasurer.sent())[0].lots[0];
  });

  // the second phone of the village learns of the lot from the node alone
  const distiller = await phones.of(25);
  let oil;
  await counting(table, distiller, "village, distiller", "process", async () => {
    await home(distiller);
    await open(distiller, numberOf(leaf));
    await step(distiller, "Olah");
    while (!(await asks(distiller, ".keypad"))) await distiller.choose(numberOf(leaf));
    await distiller.number("1250");
    if (!(await asks(distiller, ".option"))) await distiller.big();
    await distiller.choose("Minyak nilam");
    await distiller.number("28,5");
    await distiller.sign();
    oil = (await distiller.sent()).at(-1).lots.find((one) => one.includes(OIL));
  });

  const lab = await phones.of(31);
  await remembered(lab, { [`market:${OIL}`]: "ID" });
  await counting(table, lab, "laboratory", "sample and test", async () => {
    await home(lab);
    await open(lab, numberOf(oil));
    await step(lab, "Ambil sampel");
    await lab.number("0,1");
    await lab.sign();
    await home(lab);
    await open(lab, numberOf(oil));
    await step(lab, "Uji");
    await lab.choose("sesuai");
    for (const value of ["0,96", "1,51", "8", "3", "9", "-52", "33", "0,2", "9"]) await lab.number(value);
    assert.match(await lab.said(), /^LOLOS$/m);
    await lab.sign();
  });
  accepted(await lab.sent(), "laboratory");

  await counting(table, treasurer, "village, treasurer", "ship", async () => {
    await home(treasurer);
    await open(treasurer, numberOf(oil));
    await step(treasurer, "Kirim");
    await treasurer.number("25");
    if (!(await asks(treasurer, ".option"))) await treasurer.big();
    await treasurer.choose("Fasilitator");
    await treasurer.sign();
  });
  accepted([...(await treasurer.sent()), ...(await distiller.sent())], "village");

  const carrier = await phones.of(41);
  await counting(table, carrier, "facilitator", "receive, ship, depart", async () => {
    await home(carrier);
    await carrier.page.locator('.rows a[href^="#/receive/of/"]').first().click();
    await carrier.page.locator(".asking .button.plain", { hasText: "Sama" }).first().click();
    await carrier.settled();
    await carrier.sign();
    await home(carrier);
    await open(carrier, numberOf(oil));
    await step(carrier, "Kirim");
    await carrier.number("25");
    if (!(await asks(carrier, ".option"))) await carrier.big();
    await carrier.choose("Hanse");
    await carrier.sign();
    // what it has sent on is found by its code
    await carrier.at(`/lot/${OIL}/${numberOf(oil)}`);
    await step(carrier, "Berangkat");
    if (await asks(carrier, ".option")) await carrier.choose("Laut");
    await carrier.sign();
  });
  accepted(await carrier.sent(), "facilitator");

  const buyer = await phones.of(54, { lang: "en" });
  await counting(table, buyer, "buyer", "receive", async () => {
    await home(buyer);
    await buyer.tap(".thumb .button.big");
    await buyer.page.locator(".asking .button.plain", { hasText: "Same" }).first().click();
    await buyer.settled();
    await buyer.sign();
  });
  accepted(await buyer.sent(), "buyer");

  // who scans the label sees what is proven, computed on that phone
  const context = await phones.browser.newContext({ viewport: buyer.page.viewportSize(), locale: "en-GB" });
  phones.open.push(context);
  const page = await context.newPage();
  await page.goto(`${phones.world.base}/01/${OIL}/10/${encodeURIComponent(numberOf(oil))}?lang=en`);
  const { state, checked, tally } = await verdict(page);
  assert.deepEqual([state, checked], ["verified", "phone"]);
  const said = await page.locator("main").innerText();
  assert.ok(["Hanse", "Patchouli oil", numberOf(leaf)].every((word) => said.includes(word)), said.slice(0, 2000));
  for (const p of [treasurer, distiller, lab, carrier, buyer]) assert.deepEqual(p.errors, []);
  const taps = table.reduce((sum, line) => sum + line[2], 0);
  assert.ok(taps <= 60, `${taps} taps in all`);
  return `${tally}\n${table.map((line) => line.join(" | ")).join("\n")}`;
}
