// What must never happen in the forms of the app, in Chromium (docs/app.md, "Hazards").
import assert from "node:assert/strict";

import { accepted, harvested, numberOf, onDemo, remembered } from "./app-acts-world.mjs";
import { gtin } from "./app-forms-lab.mjs";

export default (world) =>
  onDemo(world, [
    ["what is asked before signing, and what two taps do", hazards],
    ["a correction that ends between void and replacement goes on", halfCorrection],
    ["a clock far from the ledger's is asked about before signing", clockAhead],
    ["a number is taken only as its field means it", fields],
    ["a member's card and a container's label are scanned within the form", codes],
  ]);

async function hazards(phones) {
  const p = await phones.of(25, { serviceWorkers: "allow" });
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

async function halfCorrection(phones) {
  const p = await phones.of(25);
  await harvested(p, "310");
  const { key } = (await p.sent()).at(-1);
  await p.at(`/correct/${encodeURIComponent(key)}`);
  await p.choose("Jumlah");
  await p.number("130");
  // the phone dies when it has signed the void
  await p.page.evaluate(() => {
    const real = SubtleCrypto.prototype.sign;
    let calls = 0;
    SubtleCrypto.prototype.sign = function (...args) {
      calls += 1;
      return calls === 2 ? Promise.reject(new Error("the battery is empty")) : real.apply(this, args);
    };
  });
  await p.page.locator(".thumb .button.sign").click();
  for (let i = 0; i < 100 && (await p.sent({ send: false })).length < 3; i++) await p.settled();
  assert.deepEqual((await p.sent({ send: false })).slice(1).map((row) => [row.act, row.state === "draft"]), [["correct", false], ["harvest", true]]);
  await p.page.reload();
  await p.at("/home");
  await p.page.locator(".rows a", { hasText: "Belum ditandatangani" }).first().click();
  await p.page.locator(".thumb .button.sign").waitFor();
  await p.shot("correct-goes-on");
  await p.sign();
  const rows = await p.sent();
  accepted(rows, "goes on");
  const [harvest, voids, anew] = rows.map((row) => ({ id: row.id, ...JSON.parse(row.payload) }));
  assert.deepEqual([voids["jejak:voids"], anew["jejak:voids"], anew.quantityList[0].quantity], [`urn:jejak:record:${harvest.id}`, `urn:jejak:record:${voids.id}`, 130]);
}

async function clockAhead(phones) {
  const p = await phones.of(25);
  const goesOn = await p.page.evaluate(async () => {
    const from = document.querySelector("script[type=module]").src;
    const { gather } = await import(new URL("screens/acts/known.js", from).href);
    const [ctx, before] = [await gather(), new Date()];
    await new Promise((done) => setTimeout(done, 20));
    return ctx.now > before;
  });
  assert.ok(goesOn, "what a form knows has no time of its own");
  await p.at("/harvest");
  await p.number("12");
  await p.page.evaluate(() => {
    const real = Date.now;
    Date.now = () => real() + 400 * 86_400_000;
  });
  const sign = () => p.page.locator(".thumb .button.sign").click();
  await sign();
  assert.match(await p.page.locator("dialog h2").innerText(), /Jam ponsel ini/);
  await p.shot("clock");
  await p.page.locator("dialog .button", { hasText: "Perbaiki" }).click();
  await p.settled();
  assert.deepEqual(await p.sent({ send: false }), [], "nothing is signed");
  await sign();
  await p.page.locator("dialog .button", { hasText: "Betul" }).click();
  await p.page.locator(".pen").waitFor();
  assert.equal((await p.sent({ send: false })).length, 1);
  assert.deepEqual(p.errors, []);
}

async function codes(phones) {
  const p = await phones.of(25);
  const { page } = p;
  const lotOfDemo = /\/01\/(\d+)\/10\/([^"/?]+)/.exec(JSON.stringify(phones.world.lots));
  const picture = { name: "code.png", mimeType: "image/png", buffer: await (await page.request.get(`${phones.world.base}/labels/${lotOfDemo[1]}/${lotOfDemo[2]}/qr.png`)).body() };
  const scanned = async () => {
    await page.locator("dialog").getByText(/Kamera (ditolak|tidak ada)/).waitFor();
    await page.locator("dialog input[type=file]").setInputFiles(picture);
  };
  await p.at("/harvest");
  await p.number("9");
  await p.tap("details summary");
  await page.locator("button", { hasText: "Dibawa oleh siapa" }).click();
  await page.locator("button", { hasText: "Pindai kartu" }).click();
  await p.shot("scan-card");
  await scanned();
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.match(await p.said(), /Dibawa oleh https?:/);
  await p.sign();
  // who brought it stands in no file that leaves the phone
  const file = await page.evaluate(async () => {
    const from = document.querySelector("script[type=module]").src;
    return (await (await import(new URL("outbox.js", from).href)).exportFile()).text();
  });
  const bytes = file.split("\n").slice(1).map((line) => Buffer.from(line.trim(), "base64url").toString("latin1")).join("");
  assert.ok(bytes.includes("DAUN-") && !bytes.includes(new URL(phones.world.base).host));
  // a lot's label is no container's
  const leaf = (await p.sent({ send: false }))[0].lots[0];
  await p.at(`/pack/${gtin(107)}/${numberOf(leaf)}`);
  await p.number("1");
  if ((await page.locator(".asking input").count()) === 0) await p.big();
  await page.locator("button", { hasText: "Pindai label" }).click();
  await scanned();
  await page.locator("dialog").getByText("Ini bukan nomor wadah kirim").waitFor();
  await page.locator("dialog .button.quiet").click();
  assert.deepEqual(p.errors, []);
}

async function fields(phones) {
  const p = await phones.of(25);
  const paste = async (text) => {
    await p.page.locator("input.number").focus();
    await p.page.evaluate((value) => {
      const input = document.querySelector("input.number");
      input.value = value;
      input.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste", bubbles: true }));
    }, text);
  };
  await p.at("/harvest");
  for (const [text, words] of [["-5", /kurang dari nol/], ["<5", /Tanda < tidak dipakai/], ["0,0000000001", /belakang koma terlalu banyak/], ["dua", /bukan angka/]]) {
    await paste(text);
    assert.match(await p.page.locator(".echo").innerText(), words, text);
    await p.next();
    assert.equal(await p.page.locator(".keypad").count(), 1, `${text} leads nowhere`);
  }
  // gross less tare: three digits behind the comma that were typed have one meaning
  await p.at("/harvest");
  await p.type("24,350");
  await p.tap('.units .chip:has-text("wadah")');
  assert.match(await p.page.locator(".units").innerText(), /24,350/);
  await p.type("0,350");
  assert.match(await p.page.locator(".echo").innerText(), /bersih 24\s*kg/);
  await p.next();
  assert.match(await p.said(), /: 24\s*kg/);
  await p.sign();
  // sacks: what is in one is asked once
  await p.at("/harvest");
  await p.tap('.units .chip:has-text("Karung")');
  await p.choose("karung");
  await p.number("12,5");
  await p.type("4");
  assert.match(await p.page.locator(".echo").innerText(), /empat karung = 50\s*kg/);
  assert.ok(await p.page.locator('.units .chip[aria-pressed="true"]').evaluate((chip) => chip.getBoundingClientRect().right <= innerWidth + 1), "the unit that counts is seen");
  await p.shot("sacks");
  await p.next();
  assert.match(await p.said(), /: 50\s*kg/);
  await p.sign();
  await p.at("/harvest");
  assert.match(await p.page.locator('.units .chip[aria-pressed="true"]').innerText(), /karung \(12,5\s*kg\)/);
  // a reading that was typed and not added is not lost
  const [row] = await p.sent({ send: false });
  await p.at(`/temperature/${gtin(107)}/${numberOf(row.lots[0])}`);
  await p.number("19,5");
  await p.type("-1");
  await p.tap(".thumb .button.big");
  assert.match(await p.said(), /2 angka, -1\s*°C sampai 19,5/);
  assert.deepEqual(p.errors, []);
}
