// The forms of the app in Chromium, on a demo of their own: every act is tapped through and taken by the real rules. Inspections are
// app-acts-inspect.mjs, what must never happen is app-acts-hazards.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { accepted, harvested, numberOf, onDemo } from "./app-acts-world.mjs";
import { gtin } from "./app-forms-lab.mjs";
import { accessible } from "./pages.mjs";
import { checkDigit } from "../../web/static/app/forms/lotnumber.js";
import { serialRoot } from "../../web/static/app/serials.js";
import { overhang } from "./world.mjs";


export default (world) =>
  onDemo(world, [
    ["a village records its day by taps, and the ledger takes it", villageDay],
    ["a shipment is counted, another is refused, the way is recorded", shipments],
    ["goods are sorted, split, merged, held and recalled", grades],
    ["serial labels are issued, and goods change owner when both sides have signed", labelsAndOwners],
    ["a correction voids and replaces in one flow", correction],
    ["a refused record is entered anew, and its number is given up by name", anew],
    ["every form is accessible, no wider than the phone, at twice the text, in three languages", everyForm],
  ]);

/** Signs, and holds the taps of the form to what docs/app.md says. */
async function signedIn(p, taps, more) {
  await p.sign(more);
  assert.ok((await p.counted()).taps <= taps, `${JSON.stringify(await p.counted())}; allowed are ${taps} taps`);
}

async function villageDay(phones) {
  const p = await phones.of(25);
  await p.at("/harvest");
  await p.shot("harvest-number");
  await p.countAnew();
  await p.number("1040");
  await p.shot("harvest-summary");
  assert.match(await p.said(), /1\s040\s*kg = 1\s040\s000\s*g/);
  await signedIn(p, 2);
  const leaf = (await p.sent())[0].lots[0];
  assert.match(numberOf(leaf), /^DAUN-\d{4}[B-Z]$/, "the first key is not a phone's");

  await p.at("/process");
  await p.countAnew();
  while ((await p.page.locator(".keypad").count()) === 0) await p.choose(numberOf(leaf));
  await p.number("1040");
  if ((await p.page.locator(".thumb .button.big").count()) > 0) await p.big();
  if ((await p.page.locator(".option").count()) > 0) await p.choose("Minyak nilam");
  await p.type("24,4");
  assert.match(await p.page.locator(".live").innerText(), /2,34/);
  await p.shot("process-yield");
  await p.next();
  await signedIn(p, 6);
  const oil = (await p.sent()).findLast((row) => row.act === "process").lots.find((one) => one.includes(gtin(108)));

  const [, g, number] = [null, gtin(108), numberOf(oil)];
  await p.at(`/stock/${g}/${number}`);
  await p.countAnew();
  await p.choose("Tumpah");
  await p.number("0,2");
  await signedIn(p, 3);
  await p.at(`/sample/${g}/${number}`);
  await p.number("0,1");
  await p.sign();
  await p.at(`/pack/${g}/${number}`);
  await p.number("12");
  if ((await p.page.locator(".thumb .button.sign").count()) === 0 && (await p.page.locator(".asking input").count()) === 0) await p.big();
  // a village without a prefix of its own types the number of its printed label
  await p.page.locator(".asking input").fill("0 9521321 000009999");
  await p.big();
  assert.match(await p.said(), /18 angka/);
  await p.page.locator(".asking input").fill(`09521321000009999${checkDigit("09521321000009999")}`);
  await p.big();
  await p.sign();
  await p.at("/unpack");
  if ((await p.page.locator(".keypad").count()) === 0) await p.pick();
  await p.number("2");
  if ((await p.page.locator(".thumb .button.sign").count()) === 0) await p.big();
  await p.sign();
  await p.at(`/ship/${g}/${number}`);
  await p.number("3");
  await p.big();
  await p.choose("Hanse");
  await p.sign();
  await p.sent();
  // what is under way is cancelled from the page of its lot
  await p.at(`/lot/${g}/${number}`);
  const sheet = await p.page.locator("a", { hasText: "Cetak label" }).getAttribute("href");
  assert.equal((await p.page.request.get(sheet)).status(), 200);
  await p.page.locator(".rows a", { hasText: "Batal kirim" }).click();
  await p.page.locator(".thumb .button.sign").waitFor();
  await p.sign();
  await p.at(`/paper/${g}/${number}`);
  await p.choose("Faktur");
  if ((await p.page.locator(".option", { hasText: "Hanse" }).count()) > 0) await p.choose("Hanse");
  await p.choose("Penjual");
  await p.page.locator(".asking input").fill("7 INV");
  await p.big();
  assert.match(await p.said(), /garis miring/);
  await p.page.locator(".asking input").fill("7/INV/XI");
  await p.big();
  // no file
  await p.big();
  await p.shot("paper");
  await p.sign();
  // a container goes whole, to the consignee of last time
  await p.at("/ship");
  await p.choose("09521321000009999");
  await p.shot("ship-container");
  await p.big();
  await p.sign();
  const rows = await p.sent();
  accepted(rows, "village");
  assert.deepEqual(rows.map((row) => row.act), ["harvest", "process", "adjust", "sample", "pack", "unpack", "ship", "void-shipment", "trade", "ship"]);
  assert.match(JSON.parse(rows.at(-1).payload).epcList[0], /\/00\/09521321000009999\d$/);
  assert.deepEqual(p.errors, []);
}

async function labelsAndOwners(phones) {
  const p = await phones.of(25);
  const leaf = await harvested(p, "100", "Daun nilam");
  const number = numberOf(leaf);
  await p.at(`/label/${gtin(107)}/${number}`);
  await p.type("60");
  await p.shot("label-count");
  await p.next();
  // the product has no net content: it is asked
  await p.type("2");
  await p.shot("label-net");
  await p.next();
  assert.match(await p.said(), /60\s+label[^]*2\skg = 2\s000\s*g[^]*120\skg/);
  await p.shot("label");
  // more than there is: asked before it is signed
  await p.page.locator(".thumb .button.sign").click();
  await p.page.locator("dialog", { hasText: "yang ada hanya 100" }).waitFor();
  await p.shot("label-more");
  await p.page.locator("dialog .button").nth(1).click();
  await p.at(`/label/${gtin(107)}/${number}`);
  await p.countAnew();
  await p.number("20");
  await p.number("2");
  await signedIn(p, 3);
  // the addresses are on this phone alone: it hands them out after signing, and on the lot's page
  const addresses = async () => {
    const [file] = await Promise.all([p.page.waitForEvent("download"), p.page.getByRole("button", { name: "Alamat label (20)" }).click()]);
    return readFileSync(await file.path(), "utf8").trim().split("\n");
  };
  const lines = await addresses();
  await p.shot("label-done");
  assert.equal(new Set(lines).size, 20);
  for (const line of lines) assert.match(line, new RegExp(`^${phones.world.base}/01/${gtin(107)}/10/${number}/21/[a-z2-7]{16}$`));
  const issue = (await p.sent()).findLast((row) => row.act === "label");
  assert.equal(issue.state, "verified", JSON.stringify(issue));
  const { "jejak:root": root, "jejak:count": count } = JSON.parse(issue.payload)["jejak:serials"];
  assert.deepEqual([await serialRoot(gtin(107), number, lines.map((line) => line.slice(-16))), 20], [root, count]);
  assert.equal((await p.page.request.get(lines[0])).status(), 200);
  await p.at(`/lot/${gtin(107)}/${number}`);
  assert.deepEqual(await addresses(), lines);

  // the seller signs, then the buyer the same paper for the same goods
  await p.at(`/transfer/${gtin(107)}/${number}`);
  await p.countAnew();
  await p.choose("Faktur");
  await p.choose("Hanse");
  if (await p.page.locator(".option", { hasText: "Penjual" }).count()) await p.choose("Penjual");
  await p.page.locator(".asking input").fill("9/INV/XI");
  await p.big();
  assert.match(await p.said(), /menjadi milik .*Hanse/);
  await p.shot("transfer");
  await signedIn(p, 5);
  const buyer = await phones.of(54);
  await buyer.at(`/transfer/${gtin(107)}/${number}`);
  await buyer.choose("Faktur");
  const find = buyer.page.locator('.asking input[type="search"]');
  if (await find.count()) await find.fill("Nilam Sojol");
  await buyer.choose("Nilam Sojol");
  await buyer.choose("Pembeli");
  await buyer.page.locator(".asking input").fill("9/INV/XI");
  await buyer.big();
  assert.match(await buyer.said(), /menjadi milik Anda/);
  await buyer.shot("transfer-buyer");
  await buyer.sign();
  accepted(await p.sent(), "seller");
  accepted(await buyer.sent(), "buyer");
  // who sold them can't sell them again
  await p.at(`/transfer/${gtin(107)}/${number}`);
  await p.choose("Kontrak");
  await p.page.locator(".asking input").fill("K-1");
  await p.big();
  await p.sign();
  assert.equal((await p.sent()).at(-1).rule, "goods-not-owned");
  assert.deepEqual([p.errors, buyer.errors], [[], []]);
}

async function shipments(phones) {
  const p = await phones.of(21);
  const crab = await harvested(p, "60");
  for (const amount of ["20", "5", "7"]) {
    await p.at(`/ship/${gtin(101)}/${numberOf(crab)}`);
    await p.number(amount);
    if ((await p.page.locator(".thumb .button.big").count()) > 0 && (await p.page.locator(".thumb .button.sign").count()) === 0 && (await p.page.locator(".option").count()) === 0) await p.big();
    if ((await p.page.locator(".option").count()) > 0) await p.choose("Straits");
    await p.sign();
  }
  for (const act of ["load", "depart"]) {
    await p.at(`/${act}/${gtin(101)}/${numberOf(crab)}`);
    if ((await p.page.locator(".option").count()) > 0) await p.choose("Laut");
    await p.sign();
  }
  await p.at(`/temperature/${gtin(101)}/${numberOf(crab)}`);
  await p.number("19,5");
  await p.number("20");
  await p.shot("temperature");
  await p.tap(".thumb .button.big");
  await p.sign();
  await p.at(`/temperature/${gtin(101)}/${numberOf(crab)}`);
  await p.tap("details summary");
  await p.page.locator("textarea").fill(Array.from({ length: 220 }, (_, i) => `${15 + (i % 4)},5`).join("\n"));
  await p.tap("details .button.plain");
  await p.tap(".thumb .button.big");
  await p.sign();
  await p.at(`/handover/${gtin(101)}/${numberOf(crab)}`);
  await p.choose("Fasilitator");
  await p.choose("Utuh");
  await p.sign();
  accepted(await p.sent(), "sender");

  const buyer = await phones.of(51);
  await buyer.sent();
  await buyer.page.reload();
  await buyer.page.locator(".bar a").first().waitFor();
  for (const [amount, act] of [["19,8", "receive"], [null, "refuse"]]) {
    await buyer.at(`/${act}`);
    while ((await buyer.page.locator(".keypad").count()) === 0 && act === "receive") await buyer.pick();
    if (act === "receive") {
      const asked = await buyer.said();
      await buyer.type(asked.includes("20 kg") ? amount : asked.includes("7 kg") ? "6,9" : "4,9");
      assert.match(await buyer.page.locator(".live").innerText(), /Kurang/);
      await buyer.shot("receive-short");
      await buyer.next();
      assert.match(await buyer.said(), /Kurang/);
    } else {
      // from the form that counts
      await buyer.at("/receive");
      await buyer.pick();
      await buyer.page.locator("a, button", { hasText: "Tolak seluruhnya" }).click();
      await buyer.page.waitForFunction(() => location.hash.startsWith("#/refuse/of/"));
      await buyer.choose("Rusak");
      assert.match(await buyer.said(), /ditolak seluruhnya/);
    }
    await buyer.sign();
    accepted(await buyer.sent(), act);
  }
  // as it was sent: one tap for the lot, and the signature
  await buyer.at("/receive");
  await buyer.countAnew();
  if ((await buyer.page.locator(".keypad").count()) === 0) await buyer.pick();
  await buyer.page.locator(".asking .button.plain", { hasText: "Sama" }).click();
  await signedIn(buyer, 3);
  accepted(await buyer.sent(), "as sent");
  await buyer.at(`/receive/${gtin(101)}/${numberOf(crab)}`);
  assert.match(await buyer.said(), /Ini tidak sedang dikirim kepada Anda/);
  assert.deepEqual([...p.errors, ...buyer.errors], []);
}

async function grades(phones) {
  const p = await phones.of(22);
  const raw = await harvested(p, "800", "belum disortir");
  await p.at("/sort");
  await p.choose(numberOf(raw));
  await p.number("800");
  if ((await p.page.locator(".option").count()) === 0) await p.big();
  await p.choose("kelas I");
  await p.number("500");
  await p.tap(".asking .button.plain");
  await p.choose("lokal");
  await p.type("240");
  assert.match(await p.page.locator(".live").innerText(), /92,5/);
  await p.next();
  await p.shot("sort-parts");
  await p.big();
  await p.sign();
  const made = (await p.sent()).findLast((row) => row.act === "process").lots;
  const first = made.find((one) => one.includes(gtin(103)));
  await p.at(`/split/${gtin(103)}/${numberOf(first)}`);
  await p.number("300");
  await p.tap(".asking .button.plain");
  // the rest is one tap
  await p.tap(".asking .button.plain");
  await p.big();
  await p.sign();
  const parts = (await p.sent()).findLast((row) => row.act === "process").lots.filter((one) => one !== first);
  await p.at("/merge");
  if ((await p.page.locator(".option", { hasText: numberOf(parts[0]) }).count()) === 0) await p.choose("kelas I");
  for (const part of parts) {
    await p.choose(numberOf(part));
    await p.tap(".asking .button.plain");
    if (part !== parts.at(-1) && (await p.page.locator(".asking .button.plain").count()) > 0) await p.tap(".asking .button.plain");
  }
  if ((await p.page.locator(".thumb .button.big").count()) > 0) await p.big();
  await p.tap(".asking .button.plain");
  await p.sign();
  const local = made.find((one) => one.includes(gtin(104)));
  await p.at(`/hold/${gtin(104)}/${numberOf(local)}`);
  await p.choose("Diduga");
  await p.sign();
  await p.at(`/lift/${gtin(104)}/${numberOf(local)}`);
  await p.choose("keliru");
  await p.sign();
  await p.at(`/recall/${gtin(104)}/${numberOf(local)}`);
  await p.choose("Label");
  await p.sign();
  accepted(await p.sent(), "grades");
  assert.deepEqual(p.errors, []);
}

async function correction(phones) {
  const p = await phones.of(25);
  await harvested(p, "310");
  const { key } = (await p.sent()).at(-1);
  await p.at(`/correct/${encodeURIComponent(key)}`);
  await p.shot("correct-what");
  await p.countAnew();
  await p.choose("Jumlah");
  await p.number("130");
  assert.match(await p.said(), /310\s*kg/);
  await p.shot("correct-summary");
  await signedIn(p, 3);
  let rows = await p.sent();
  accepted(rows, "replaced");
  assert.deepEqual(rows.map((row) => row.act), ["harvest", "correct", "harvest"]);
  const [, voids, anew] = rows.map((row) => JSON.parse(row.payload));
  assert.equal(voids["jejak:voids"], `urn:jejak:record:${rows[0].id}`);
  assert.equal(anew["jejak:voids"], `urn:jejak:record:${rows[1].id}`);
  assert.equal(anew.quantityList[0].quantity, 130);
  await p.at(`/correct/${encodeURIComponent(rows[2].key)}`);
  await p.choose("Tidak pernah");
  await p.sign({ yes: 0 });
  rows = await p.sent();
  accepted(rows, "voided");
  assert.deepEqual(p.errors, []);
}

async function anew(phones) {
  const p = await phones.of(25);
  const leaf = await harvested(p, "100");
  await p.at(`/ship/${gtin(107)}/${numberOf(leaf)}`);
  await p.number("150");
  if ((await p.page.locator(".option").count()) === 0) await p.big();
  await p.choose("Hanse");
  const seq = await p.sign({ yes: 1 });
  assert.equal((await p.sent()).at(-1).rule, "more-than-held");
  const draft = await p.page.evaluate(async (number) => {
    const from = document.querySelector("script[type=module]").src;
    const outbox = await import(new URL("outbox.js", from).href);
    const row = (await outbox.list()).find((one) => one.seq === number);
    return outbox.fix(row.key);
  }, seq);
  await p.at(`/draft/${draft}`);
  await p.tap("details summary");
  await p.page.locator(".answered", { hasText: "150" }).click();
  await p.settled();
  await p.tap(".given .chip");
  if ((await p.page.locator(".keypad").count()) === 0) await p.choose(numberOf(leaf));
  await p.number("90");
  if ((await p.page.locator(".thumb .button.sign").count()) === 0) await p.big();
  await p.shot("entered-anew");
  await p.sign();
  const rows = await p.sent();
  assert.deepEqual(rows.map((row) => [row.act, row.state]), [["harvest", "verified"], ["ship", "abandoned"], ["ship", "verified"]]);
  assert.deepEqual(JSON.parse(rows.at(-1).payload)["jejak:givenUp"].map((one) => one["jejak:seq"]), [seq]);
  assert.deepEqual(p.errors, []);
}

/** Every form as it first shows itself, and the longest of its questions. */
async function everyForm(phones) {
  const village = await phones.of(22);
  const raw = await harvested(village, "90", "belum disortir");
  const forms = [
    [22, ["harvest", "process", "sort", "merge", "split", "stock", "sample", "pack", "unpack", "ship", "receive", "refuse", "deliver", "load", "depart", "arrive", "temperature", "handover", "hold", "recall", "lift", "void-shipment", "label", "paper", "payment", "visit", "transfer", "correct"].map((act) => `/${act}`)],
    [22, ["split", "stock", "sample", "ship", "hold", "temperature"].map((act) => `/${act}/${gtin(102)}/${numberOf(raw)}`)],
    [32, ["/inspect", `/inspect/${gtin(102)}/${numberOf(raw)}`]],
  ];
  for (const lang of ["id", "en", "zh"]) {
    for (const [n, addresses] of forms) {
      const p = await phones.of(n, { lang });
      for (const address of addresses) {
        const where = `${lang} ${address}`;
        await p.at(address);
        await p.shot(`${lang}${address.replaceAll("/", "-")}`);
        await accessible(p.page, where);
        assert.ok((await overhang(p.page)) <= 0, `${where} scrolls sideways`);
        assert.doesNotMatch(await p.said(), /\bacts-[a-z]/, `${where} has a sentence without words`);
        await p.page.evaluate(() => document.documentElement.style.setProperty("font-size", "225%"));
        assert.ok((await overhang(p.page)) <= 0, `${where} scrolls sideways at twice the text`);
        await p.page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
      }
      assert.deepEqual(p.errors, [], lang);
    }
  }
}
