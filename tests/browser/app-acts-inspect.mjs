// Inspections of the app in Chromium: each by the ledger's rules, within its budget of taps and digits (docs/app.md, "Taps").
import assert from "node:assert/strict";

import { accepted, harvested, inspectorFor, numberOf, onDemo, remembered } from "./app-acts-world.mjs";
import { gtin } from "./app-forms-lab.mjs";

export default (world) =>
  onDemo(world, [
    ["an inspection of crab: 14 taps and 16 digits at most", crabs],
    ["an inspection of avocado: 17 taps and 22 digits at most", avocados],
    ["an inspection of flour for the EU: 15 taps and 31 digits at most", flour],
    ["an inspection of patchouli oil: 15 taps and 30 digits at most", oil],
    ["a failed inspection, and its retest", retest],
    ["an instrument of uncertainty zero is not taken", uncertainty],
    ["a wrong test is voided, and the new one cites the void", wrongTest],
  ]);

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

/** An instrument without uncertainty would let a value at a limit pass that may be beyond it. */
async function uncertainty(phones) {
  const { p, made } = await inspectorFor(phones, 32, 21, "5");
  await remembered(p, { [`market:${gtin(101)}`]: "ID", "instrument:carapace-width": { name: "JS-2", u: "0.1", method: "caliper" } });
  await p.at(`/inspect/${gtin(101)}/${numberOf(made)}`);
  await p.pick();
  await p.choose("tidak bertelur");
  await p.choose("ya");
  await p.page.locator(".answered", { hasText: "JS-2" }).click();
  const given = p.page.getByLabel(/Ketidakpastian/);
  for (const zero of ["0", "0,00"]) {
    await given.fill(zero);
    await p.big();
    await p.page.getByText("Nol bukan ketidakpastian").waitFor();
  }
  await p.shot("instrument");
  await given.fill("0,2");
  await p.big();
  await p.page.locator(".answered", { hasText: /± 0,2/ }).waitFor();
  assert.deepEqual(p.errors, []);
}

async function crabs(phones) {
  const { p, made } = await inspectorFor(phones, 32, 21, "86,4");
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
  const { p, made } = await inspectorFor(phones, 32, 22, "800", { product: "belum disortir" });
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
  const maker = await phones.of(24);
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
  await remembered(p, { [`market:${gtin(106)}`]: "EU" });
  const measure = async () => {
    await p.number("8,4");
    for (const value of ["<0,5", "<1", "0,4", "<0,01", "0,02"]) await p.number(value);
    await p.shot("inspect-loq");
    await p.choose("tidak ada");
    await p.choose("tidak ada");
    // whether sulphite was used is not on the log, so that it is asked for
    await p.number("<10");
  };
  // without a sample nothing is green
  await p.at(`/inspect/${gtin(106)}/${numberOf(made)}`);
  await measure();
  assert.match(await p.said(), /^LOLOS SEJAUH INI$/m);
  assert.match(await p.said(), /Tanpa sampel, tidak dihitung: /);
  assert.equal(await p.page.locator(".band.passing").count(), 0);
  assert.equal(await p.page.locator(".said p.pass", { hasText: "Aflatoksin" }).count(), 0, "no tick either");
  await p.shot("inspect-no-sample");
  await p.at(`/sample/${gtin(106)}/${numberOf(made)}`);
  await p.number("1");
  await p.sign();
  const note = await within(p, made, 15, 31, async () => {
    await measure();
    assert.match(await p.said(), /^LOLOS$/m);
  });
  accepted(await p.sent(), "flour");
  assert.deepEqual(p.errors, []);
  return note;
}

async function oil(phones) {
  const maker = await phones.of(25);
  const leaf = await harvested(maker, "500");
  await maker.at("/process");
  while ((await maker.page.locator(".keypad").count()) === 0) await maker.choose(numberOf(leaf));
  await maker.number("500");
  if ((await maker.page.locator(".option").count()) === 0) await maker.big();
  await maker.choose("Minyak nilam");
  await maker.number("12");
  await maker.sign();
  const made = (await maker.sent()).at(-1).lots.find((one) => one.includes(gtin(108)));
  const p = await phones.of(31);
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
  const { p, made } = await inspectorFor(phones, 32, 21, "12");
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

async function wrongTest(phones) {
  const { p, made } = await inspectorFor(phones, 32, 21, "14");
  await remembered(p, { [`market:${gtin(101)}`]: "ID", "more:live-mud-crab:ID": [] });
  const measure = async (width) => {
    await p.pick();
    await p.choose("tidak bertelur");
    await p.choose("ya");
    await p.number(width);
  };
  await p.at(`/inspect/${gtin(101)}/${numberOf(made)}`);
  await measure("11,5");
  await p.sign();
  const { key } = (await p.sent()).at(-1);
  await p.at(`/correct/${encodeURIComponent(key)}`);
  await p.choose("Hasil ujinya");
  await p.shot("correct-test");
  await p.page.locator(".thumb .button.sign").click();
  await p.page.waitForFunction(() => location.hash.startsWith("#/inspect/"));
  await p.page.locator(".option").first().waitFor();
  await measure("12,5");
  assert.match(await p.said(), /mengganti uji yang dibatalkan/);
  await p.shot("test-anew");
  await p.sign();
  const rows = await p.sent();
  accepted(rows, "test anew");
  assert.deepEqual(rows.map((row) => row.act), ["inspect", "correct", "inspect"]);
  assert.equal(JSON.parse(rows[2].payload)["jejak:voids"], `urn:jejak:record:${rows[1].id}`);
  assert.deepEqual(p.errors, []);
}
