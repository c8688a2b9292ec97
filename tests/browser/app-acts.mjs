// The forms of the app in Chromium, on a demo of their own: every act is tapped through and taken by the real rules, inspections are counted
// in taps and digits, and what must never happen does not.
import assert from "node:assert/strict";

import { Phones } from "./app-acts-world.mjs";
import { gtin, lot, party } from "./app-forms-lab.mjs";
import { accessible } from "./pages.mjs";
import { checkDigit } from "../../web/static/app/forms/lotnumber.js";
import { overhang } from "./world.mjs";

const of = (product, number) => `${gtin(product)}/${number}`;
const numberOf = (uri) => decodeURIComponent(uri.split("/10/")[1]);

export default function tests(world) {
  let phones;
  let left = 0;
  // one demo for all, which ends with the last of them
  const on = (body) => async () => {
    phones ??= Phones.start(world.browser);
    const opened = await phones;
    try {
      return await body(opened);
    } finally {
      left--;
      if (left === 0) await opened.stop();
    }
  };
  const all = [
    ["a village records its day by taps, and the ledger takes it", on(villageDay)],
    ["a shipment is counted, another is refused, the way is recorded", on(shipments)],
    ["goods are sorted, split, merged, held and recalled", on(grades)],
    ["a correction voids and replaces in one flow", on(correction)],
    ["an inspection of crab: 14 taps and 16 digits at most", on(crabs)],
    ["an inspection of avocado: 17 taps and 22 digits at most", on(avocados)],
    ["an inspection of flour for the EU: 15 taps and 31 digits at most", on(flour)],
    ["an inspection of patchouli oil: 15 taps and 30 digits at most", on(oil)],
    ["a failed inspection, and its retest", on(retest)],
    ["what is asked before signing, and what two taps do", on(hazards)],
    ["a refused record is entered anew, and its number is given up by name", on(anew)],
    ["every form is accessible, no wider than the phone, at twice the text, in three languages", on(everyForm)],
  ];
  left = all.length;
  return all;
}

const accepted = (rows, note) => {
  const bad = rows.filter((row) => !["verified", "accepted"].includes(row.state));
  assert.deepEqual(bad.map(({ seq, act, state, rule, detail }) => ({ seq, act, state, rule, detail })), [], note);
};

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
  assert.match(numberOf(leaf), /^DAUN-\d{4}A$/);

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
  await p.at("/void-shipment");
  if ((await p.page.locator(".option").count()) > 0) await p.pick();
  await p.sign();
  const rows = await p.sent();
  accepted(rows, "village");
  assert.deepEqual(rows.map((row) => row.act), ["harvest", "process", "adjust", "sample", "pack", "unpack", "ship", "void-shipment"]);
  assert.deepEqual(p.errors, []);
}

/** Harvests so much of the only product, and returns the lot. */
async function harvested(p, amount, product) {
  await p.at("/harvest");
  if ((await p.page.locator(".keypad").count()) === 0) await p.choose(product);
  await p.number(amount);
  if ((await p.page.locator(".option").count()) > 0) await p.pick();
  await p.sign({ yes: 0 });
  return (await p.sent()).findLast((row) => row.act === "harvest").lots[0];
}

async function shipments(phones) {
  const p = await phones.of(21, { letter: "S" });
  const crab = await harvested(p, "60");
  for (const amount of ["20", "5"]) {
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
      await buyer.type(asked.includes("20 kg") ? amount : "4,9");
      assert.match(await buyer.page.locator(".live").innerText(), /Kurang/);
      await buyer.shot("receive-short");
      await buyer.next();
      assert.match(await buyer.said(), /Kurang/);
    } else {
      await buyer.page.locator(".option").first().click();
      await buyer.settled();
      if (!(await buyer.said()).includes("ditolak seluruhnya")) await buyer.choose("Rusak");
    }
    await buyer.sign();
    accepted(await buyer.sent(), act);
  }
  assert.deepEqual([...p.errors, ...buyer.errors], []);
}

async function grades(phones) {
  const p = await phones.of(22, { letter: "G" });
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
  const p = await phones.of(25, { letter: "K" });
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

/** A lot that a village harvested, as an inspector's phone knows it after fetching. */
async function inspectorFor(phones, n, village, amount, { letter, product } = {}) {
  const maker = await phones.of(village, { letter });
  const made = await harvested(maker, amount, product);
  const p = await phones.of(n);
  await p.sent();
  await p.page.reload();
  await p.page.locator(".bar a").first().waitFor();
  return { p, made };
}

/** The budget of design: taps and digits from the scan to the signature. A lot that is scanned shows itself without a tap. */
async function within(p, uri, taps, digits, flow) {
  await p.page.evaluate(() => (location.hash = "#/home"));
  await p.page.locator(".thumb .button").first().waitFor();
  await p.countAnew();
  await p.tap('.bar a[href="#/scan"]');
  const [g, number] = [/\/01\/(\d{14})/.exec(uri)[1], numberOf(uri)];
  await p.page.evaluate((to) => (location.hash = to), `#/lot/${g}/${number}`);
  const test = p.page.locator(".thumb .button", { hasText: /Uji/ }).first();
  await test.waitFor();
  await test.click();
  await p.settled();
  await flow();
  await p.sign();
  const counted = await p.counted();
  assert.ok(counted.taps <= taps && counted.digits <= digits, `${counted.taps} taps and ${counted.digits} digits; allowed are ${taps} and ${digits}`);
  return `${counted.taps} taps, ${counted.digits} digits`;
}

async function remembered(p, changes) {
  await p.page.evaluate(async (more) => {
    const from = document.querySelector("script[type=module]").src;
    const store = await import(new URL("store.js", from).href);
    await store.setSetting("remembered", { ...((await store.setting("remembered")) ?? {}), ...more });
  }, changes);
}

async function crabs(phones) {
  const { p, made } = await inspectorFor(phones, 32, 21, "86,4", { letter: "C" });
  // what this inspector measures each time beside the list
  await remembered(p, { [`market:${gtin(101)}`]: "ID", "more:live-mud-crab:ID": ["limb-missing", "temp-core"], "instrument:carapace-width": { name: "JS-2", u: "0.1", method: "caliper" } });
  const note = await within(p, made, 14, 16, async () => {
    await p.shot("inspect-words");
    await p.pick();
    await p.choose("tidak bertelur");
    await p.choose("ya");
    await p.type("12,6");
    assert.match(await p.page.locator(".live.pass").innerText(), /Lolos · harus di atas 12\s*cm/);
    await p.shot("inspect-width");
    await p.next();
    await p.number("2");
    for (const value of ["19", "20", "19"]) await p.number(value);
    await p.tap(".thumb .button.big");
    await p.shot("inspect-summary");
    assert.match(await p.said(), /^LOLOS$/m);
  });
  accepted(await p.sent(), "crab");
  assert.deepEqual(p.errors, []);
  return note;
}

async function avocados(phones) {
  const { p, made } = await inspectorFor(phones, 32, 22, "800", { letter: "D", product: "belum disortir" });
  await remembered(p, {
    [`market:${gtin(102)}`]: "INT", [`variant:${gtin(102)}:variety-Hass|varieties-Torres-Fuert|other-varieties`]: "variety-Hass", [`variant:${gtin(102)}:class-1|class-2|extra`]: "class-1",
  });
  await p.at(`/sample/${gtin(102)}/${numberOf(made)}`);
  await p.number("2");
  await p.sign();
  const note = await within(p, made, 17, 22, async () => {
    // dry matter of three fruits
    for (const value of ["23", "24"]) {
      await p.type(value);
      await p.tap(".units .chip");
    }
    await p.number("23");
    await p.choose("terpenuhi");
    await p.number("8");
    await p.number("3");
    await p.number("25");
    await p.number("2");
    await p.number("0");
    await p.number("1");
    await p.number("210");
    // whether the lot is of class II is not on the log, so that rot is asked for
    await p.number("0");
    await p.shot("inspect-avocado-summary");
    assert.match(await p.said(), /^LOLOS$/m);
  });
  accepted(await p.sent(), "avocado");
  assert.deepEqual(p.errors, []);
  return note;
}

async function flour(phones) {
  const maker = await phones.of(24, { letter: "F" });
  const banana = await harvested(maker, "900");
  await maker.at("/process");
  while ((await maker.page.locator(".keypad").count()) === 0) await ((await maker.page.locator(".option", { hasText: numberOf(banana) }).count()) > 0 ? maker.choose(numberOf(banana)) : maker.pick());
  await maker.number("900");
  if ((await maker.page.locator(".option").count()) === 0 && (await maker.page.locator(".keypad").count()) === 0) await maker.big();
  if ((await maker.page.locator(".option").count()) > 0) await maker.choose("Tepung");
  await maker.number("200");
  await maker.sign({ yes: 0 });
  const made = (await maker.sent()).at(-1).lots.find((one) => one.includes(gtin(106)));
  const p = await phones.of(31);
  await p.sent();
  await p.page.reload();
  await p.page.locator(".bar a").first().waitFor();
  await p.at(`/sample/${gtin(106)}/${numberOf(made)}`);
  await p.number("1");
  await p.sign();
  await remembered(p, { [`market:${gtin(106)}`]: "EU" });
  const note = await within(p, made, 15, 31, async () => {
    await p.number("8,4");
    for (const value of ["<0,5", "<1", "0,4", "<0,01", "0,02"]) await p.number(value);
    await p.shot("inspect-loq");
    await p.choose("tidak ada");
    await p.choose("tidak ada");
    // whether sulphite was used is not on the log, so that it is asked for
    await p.number("<10");
    assert.match(await p.said(), /^LOLOS$/m);
  });
  accepted(await p.sent(), "flour");
  assert.deepEqual(p.errors, []);
  return note;
}

async function oil(phones) {
  const maker = await phones.of(25, { letter: "O" });
  const leaf = await harvested(maker, "500");
  await maker.at("/process");
  while ((await maker.page.locator(".keypad").count()) === 0) await maker.choose(numberOf(leaf));
  await maker.number("500");
  if ((await maker.page.locator(".option").count()) === 0) await maker.big();
  await maker.choose("Minyak nilam");
  await maker.number("12");
  await maker.sign();
  const made = (await maker.sent()).at(-1).lots.find((one) => one.includes(gtin(108)));
  const p = await phones.of(31, { letter: "L" });
  await p.sent();
  await p.page.reload();
  await p.page.locator(".bar a").first().waitFor();
  await p.at(`/sample/${gtin(108)}/${numberOf(made)}`);
  await p.number("0,1");
  await p.sign();
  await remembered(p, { [`market:${gtin(108)}`]: "ID" });
  const note = await within(p, made, 15, 30, async () => {
    await p.choose("sesuai");
    for (const value of ["0,96", "1,51", "8", "3", "9", "-52", "33", "0,2", "9"]) await p.number(value);
    assert.match(await p.said(), /^LOLOS$/m);
  });
  accepted(await p.sent(), "oil");
  assert.deepEqual(p.errors, []);
  return note;
}

async function retest(phones) {
  const { p, made } = await inspectorFor(phones, 32, 21, "12", { letter: "R" });
  await remembered(p, { [`market:${gtin(101)}`]: "ID", "more:live-mud-crab:ID": [] });
  const measure = async (width) => {
    await p.pick();
    await p.choose("tidak bertelur");
    await p.choose("ya");
    await p.type(width);
    assert.match(await p.page.locator(width < "12" ? ".live.fail" : ".live.pass").innerText(), width < "12" ? /Tidak lolos/ : /Lolos/);
    await p.next();
  };
  await p.at(`/inspect/${gtin(101)}/${numberOf(made)}`);
  await measure("11,5");
  assert.match(await p.said(), /^TIDAK LOLOS$/m);
  await p.shot("inspect-failed");
  await p.sign();
  const failed = (await p.sent()).at(-1);
  await p.at(`/retest/${gtin(101)}/${numberOf(made)}/${failed.id}`);
  await measure("12,5");
  await p.sign();
  const rows = await p.sent();
  accepted(rows, "retest");
  assert.deepEqual(JSON.parse(rows.at(-1).payload)["jejak:retests"], [`urn:jejak:record:${failed.id}`]);
  assert.equal(JSON.parse(rows.at(-2).payload).disposition, "non_conformant");
  assert.deepEqual(p.errors, []);
}

async function hazards(phones) {
  const p = await phones.of(25, { letter: "H", serviceWorkers: "allow" });
  const { page } = p;
  // without a signal, once the app is kept on the phone
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await p.context.setOffline(true);
  await p.at("/harvest");
  // a pasted number with two meanings is asked by two cards
  await page.locator("input.number").focus();
  await page.evaluate(() => {
    const input = document.querySelector("input.number");
    input.value = "1.040";
    input.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste", bubbles: true }));
  });
  await page.locator('.keypad [data-key="next"]').click();
  const cards = await page.locator("dialog .button").allInnerTexts();
  assert.equal(cards.length, 2);
  assert.ok(cards.some((text) => /seribu empat puluh/.test(text)) && cards.some((text) => /satu koma nol empat/.test(text)), cards.join(" | "));
  await p.shot("two-cards");
  await page.locator("dialog .button", { hasText: "seribu empat puluh" }).click();
  await p.settled();
  assert.match(await p.said(), /1\s040\s*kg/);
  // two taps in a row sign once
  const signs = page.locator(".thumb .button.sign");
  const box = await signs.boundingBox();
  const where = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.dblclick(where.x, where.y);
  await page.locator(".pen").waitFor();
  assert.equal((await p.sent({ send: false })).length, 1);
  assert.match(await p.said(), /Belum terkirim/);
  await p.shot("done");
  // the button that signs lies where Lanjut does not
  await p.at("/harvest");
  const go = await page.locator(".key.go").boundingBox();
  assert.ok(where.y < go.y || where.x < go.x || where.y > go.y + go.height, "a double tap on Lanjut signs nothing");
  // the same again is asked
  await p.number("1040");
  await page.locator(".thumb .button.sign").click();
  assert.match(await page.locator("dialog h2").innerText(), /Sudah dicatat .* kedua\?/);
  await page.locator("dialog .button.quiet").click();
  assert.equal((await p.sent({ send: false })).length, 1);
  // what was begun is kept, and goes on
  const drafts = await page.evaluate(async () => {
    const from = document.querySelector("script[type=module]").src;
    return (await (await import(new URL("outbox.js", from).href)).drafts()).map(({ id }) => id);
  });
  assert.ok(drafts.length >= 1);
  await p.at(`/draft/${drafts[0]}`);
  assert.match(await p.said(), /1\s040\s*kg/);
  // more than there is, on what this phone knows
  const [row] = await p.sent({ send: false });
  await p.at(`/ship/${gtin(107)}/${numberOf(row.lots[0])}`);
  await p.number("2000");
  if ((await page.locator(".option").count()) === 0) await p.big();
  await p.choose("Hanse");
  await page.locator(".thumb .button.sign").click();
  assert.match(await page.locator("dialog h2").innerText(), /hanya 1\s040\s*kg/);
  await page.locator("dialog .button.quiet").click();
  // far from the usual
  await p.context.setOffline(false);
  await remembered(p, { [`usual:harvest:${gtin(107)}`]: ["800000", "1000000", "1200000"] });
  await p.at("/harvest");
  await p.number("10");
  assert.match(await page.locator("dialog").innerText(), /Biasanya 800\s*kg sampai 1\s200\s*kg/);
  await page.locator("dialog .button.quiet").click();
  // words beside the number at once; nothing is signed without a number
  assert.equal((await p.sent({ send: false })).length, 1);
  accepted(await p.sent(), "hazards");
  assert.deepEqual(await page.evaluate(() => window.violations ?? []), []);
  assert.deepEqual(p.errors, []);
}

async function anew(phones) {
  const p = await phones.of(25, { letter: "W" });
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
  const village = await phones.of(22, { letter: "E" });
  const raw = await harvested(village, "90", "belum disortir");
  const forms = [
    [22, ["harvest", "process", "sort", "merge", "split", "stock", "sample", "pack", "unpack", "ship", "receive", "refuse", "load", "depart", "arrive", "temperature", "handover", "hold", "recall", "lift", "void-shipment", "correct"].map((act) => `/${act}`)],
    [22, ["split", "stock", "sample", "ship", "hold", "temperature"].map((act) => `/${act}/${gtin(102)}/${numberOf(raw)}`)],
    [32, ["/inspect", `/inspect/${gtin(102)}/${numberOf(raw)}`]],
  ];
  for (const lang of ["id", "en", "zh"]) {
    for (const [n, addresses] of forms) {
      const p = await phones.of(n, { lang, letter: "E" });
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

export { lot, party };
