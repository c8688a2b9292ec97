// From six empty browsers to the receipt abroad, no terminal: village, laboratory and facilitator on phones, a buyer abroad, the region and the
// ministry at their desks. Each is enrolled by what it taps, each acts on what its screens show, and at the end the checklist of the export
// is empty, each of its lines closed by a signed record. Taps, digits, letters and screens are counted (docs/app.md, "Six people").
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

import { root, startDemo } from "./demo.mjs";
import { COUNTED, People, SECONDS, seconds } from "./journey-world.mjs";
import { verdict } from "./world.mjs";

const MINUTES = 15;
const MARKET = "EU";
const VILLAGE = "BUM Desa Sido Wangi";
const LAB = "Lab Uji Atsiri";
const FACILITATOR = "Fasilitator Papua";
const BUYER = "Nordwind Aroma";
const uriOf = (name) => `urn:jejak:party:${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
const nameOf = (uri) => uri.split(":").at(-1);
const partyAt = (uri, more = "") => `/party/${encodeURIComponent(uri)}${more}`;

/** Opens a desk with a key file. */
async function deskOf(people, who, file) {
  const made = await people.person(who, { desk: true });
  await made.open("/desk/#/key");
  await made.part("opens its desk with its key file", async () => {
    await made.page.locator("#key-file").setInputFiles(path.join(people.demo.keys, file));
    await made.page.locator("main .button.big").click();
    await made.page.waitForFunction(() => location.hash === "#/home");
  });
  return made;
}

/** An empty phone makes its key and asks to be enrolled; returns its eight words. */
async function asks(phone, name, { role, office } = {}) {
  if (phone.page.url() === "about:blank") await phone.open("/app/");
  return phone.part("makes a key, asks to be enrolled", async () => {
    await phone.big();
    await phone.tap(phone.t.ask);
    await phone.write(phone.t.party, name);
    if (role) await phone.tap(role, { within: ".choice" });
    if (office) await phone.tap(office, { within: ".choice" });
    await phone.tap(phone.t.next, { within: ".thumb" });
    return phone.words({ counted: false });
  });
}

const TEXTS = {
  id: { ask: "Minta didaftarkan", party: "Nama desa, usaha atau kantor", next: "Lanjut", same: "Kedelapan kata sama", check: "Periksa sekarang", later: "Nanti saja" },
  en: { ask: "Ask to be enrolled", party: "Name of the village, business or office", next: "Next", same: "All eight words are the same", check: "Check now", later: "Later" },
};

async function phoneOf(people, who, lang = "id") {
  const made = await people.person(who, { lang });
  made.t = TEXTS[lang];
  // the first visit finds the language of the browser
  return made;
}

/** Who enrols reads the same words, and approves. */
async function approves(desk, name, words, language) {
  await desk.part(`approves ${name}`, async () => {
    await desk.tab("/home");
    await desk.tab("/approve");
    await desk.tap(name);
    if (language) await desk.tap(language, { within: ".chips" });
    assert.equal(await desk.words(), words, "both read the same words");
    await desk.tap("Kata sama: setujui");
    await desk.page.waitForFunction(() => location.hash === "#/approve");
  });
  await desk.sent();
}

async function begins(phone) {
  await phone.part("is enrolled", async () => {
    await phone.tap(phone.t.same);
    await phone.tap(phone.t.check);
    await phone.tap(phone.t.later);
  });
  await phone.home();
}

/** A party that is found by a few letters of its name. */
async function find(desk, name) {
  await desk.tab("/parties");
  await desk.write("Nama, tempat, atau nomor", name.split(" ").at(-1).slice(0, 4));
  await desk.tap(name);
}

/** A step of the way that the home shows, and what it leads to. */
async function step(phone, words) {
  await phone.tap(words, { within: ".rows" });
  await phone.sees(words);
}

/** States a certificate with the form of the desk. */
async function certificate(who, { kind, issuer, number }) {
  if (kind) await who.choose("Sertifikat apa?", kind);
  if (issuer) await who.write("Diterbitkan oleh", issuer);
  await who.write("Nomor", number);
  await who.tap("Tanda tangani", { within: ".thumb" });
}

export default async function firstExport(world) {
  const demo = await startDemo();
  const people = new People(world.browser, demo);
  try {
    return await journey(people);
  } finally {
    await people.stop();
    await demo.stop();
  }
}

async function journey(people) {
  const uri = uriOf(VILLAGE);
  const ministry = await deskOf(people, "ministry", "authority.pem");
  const region = await deskOf(people, "region", "region-11.pem");

  // ---- everybody is enrolled
  const village = await phoneOf(people, "village");
  await village.open("/app/");
  await village.part("looks at the way from an empty phone", async () => {
    await village.tap("Lihat jalan menuju ekspor pertama");
    await village.sees("Jalan menuju ekspor pertama");
    await village.reads("Buat kunci Jejak di satu ponsel");
    await village.shot("way-empty");
    await village.page.locator("header a, header button").first().click();
    await village.sees("Catat panen");
  });
  const words = await asks(village, VILLAGE, { office: "Teluk Bintuni" });
  await approves(region, VILLAGE, words);
  await begins(village);
  await village.reads("Jalan menuju ekspor pertama");
  await village.shot("home-enrolled");

  const lab = await phoneOf(people, "laboratory");
  const facilitator = await phoneOf(people, "facilitator");
  const buyer = await phoneOf(people, "buyer", "en");
  for (const [phone, name, role] of [[lab, LAB, "penguji mutu"], [facilitator, FACILITATOR, "pendamping ekspor"], [buyer, BUYER, "buyer"]]) {
    await approves(ministry, name, await asks(phone, name, { role }), phone === buyer && "English");
    await begins(phone);
  }

  // ---- the ministry accredits, gives out numbers, registers what is made where, and puts a guide in force
  await ministry.part("accredits the laboratory", async () => {
    await find(ministry, LAB);
    await ministry.tap("Akreditasi", { within: "main" });
    await ministry.sees("Akreditasi");
    await ministry.tap("minyak atsiri", { within: ".boxes" });
    await ministry.write("Lembaga akreditasi", "KAN");
    await ministry.write("Nomor", "LP-2231-IDN");
    await ministry.tap("Tanda tangani", { within: ".thumb" });
    await ministry.page.waitForFunction((to) => document.querySelector("main").dataset.path === to, partyAt(uriOf(LAB)));
  });
  await ministry.part("gives the village numbers", async () => {
    await find(ministry, VILLAGE);
    await ministry.tap("Beri nomor", { within: "main" });
    await ministry.sees("Beri nomor");
    await ministry.tap("Tanda tangani", { within: ".thumb" });
    await ministry.page.waitForFunction((to) => document.querySelector("main").dataset.path === to, partyAt(uri));
  });
  const [range] = (await people.json(`/parties/${nameOf(uri)}/registry`)).prefixes;
  for (const [name, form, hs] of [["Daun nilam kering", "essential-oil patchouli-dried-leaf"], ["Minyak nilam", "essential-oil patchouli-oil", "33012990"]]) {
    await ministry.part(`registers ${name}`, async () => {
      await ministry.tab("/products");
      await ministry.big();
      await ministry.sees("Daftarkan produk");
      await ministry.choose("Nomor dari", range);
      await ministry.write("Nama produk · Indonesia", name);
      await ministry.choose("Jenisnya", form);
      await ministry.write("Siapa pembuatnya", "sido");
      await ministry.tap(VILLAGE);
      if (hs) await ministry.write("Kode pabean (HS)", hs);
      await ministry.tap("Tanda tangani", { within: ".thumb" });
      await ministry.page.waitForFunction(() => document.querySelector("main").dataset.path === "/products");
    });
  }
  await ministry.part("registers the place", async () => {
    await ministry.tab("/places");
    await ministry.big();
    await ministry.sees("Daftarkan tempat");
    await ministry.choose("Nomor dari", range);
    await ministry.write("Nama tempat · Indonesia", "Desa Sidomakmur");
    await ministry.write("Kode wilayah (Kemendagri)", "92.06.13.2005");
    await ministry.write("Nama wilayah", "Desa Sidomakmur");
    await ministry.write("Lintang, bujur", "-2.43, 133.52");
    await ministry.tap("Tanda tangani", { within: ".thumb" });
    await ministry.page.waitForFunction(() => document.querySelector("main").dataset.path === "/places");
  });
  await ministry.part("puts a new version of a guide in force", async () => {
    const guide = JSON.parse(readFileSync(path.join(root, "schemas/guides/essential-oil.json"), "utf8"));
    await ministry.tab("/files");
    await ministry.page.locator("#profile-file").setInputFiles({ name: "essential-oil.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ ...guide, version: "2" })) });
    await ministry.tap("Berlakukan berkas");
    await ministry.tap("Tanda tangani", { within: "dialog" });
    await ministry.reads("sudah masuk buku catatan");
  });
  assert.equal((await people.json("/guides")).find(({ id }) => id === "essential-oil").version, "2");

  // ---- what an exporter holds once: two by the region, the others by the village itself
  for (const [kind, number] of [["legal-body", "AHU-0412"], ["npwp", "9120001234567"]]) {
    await region.part(`states ${kind}`, async () => {
      if (kind === "legal-body") await find(region, VILLAGE);
      await region.tap("Catat sertifikat", { within: "main" });
      await region.sees("Catat sertifikat");
      await certificate(region, { kind, number });
      await region.page.waitForFunction((to) => document.querySelector("main").dataset.path === to, partyAt(uri));
    });
  }
  await village.home();
  await village.shot("home-papers");
  await village.part("opens its way", () => village.tap("langkah selesai"));
  for (const [words, number] of [["Buat NIB di OSS", "9120009876543"], ["Buka rekening bank", "BRI-0042"], ["Siapkan akun CEISA", "CEISA-77"], ["Minta pendamping ekspor", "DBE-2026-12"]]) {
    await village.part(`states: ${words}`, async () => {
      await step(village, words);
      await village.tap("Sudah ada: catat");
      await village.sees("Catat sertifikat");
      await certificate(village, { number });
      // the way again, with what comes next
      await village.page.waitForFunction(() => location.pathname === "/app/" && location.hash === "#/way");
      await village.sees("Jalan menuju ekspor pertama");
    });
    await village.sent();
  }

  // ---- the goods: harvest, oil, sample and test, by what each home shows
  await village.home();
  await village.part("harvests leaf", async () => {
    await village.big();
    await village.page.locator(".keypad, .option").first().waitFor();
    await village.number("1250");
    if (await village.has(".option")) await village.pick();
    await village.shot("harvest");
    await village.sign();
  });
  await village.home();
  const leaf = (await village.lots())[0];
  await village.part("distils oil", async () => {
    await village.lot(leaf.number);
    await village.form("Olah");
    while (!(await village.has(".keypad"))) await village.pick();
    await village.number("1250");
    for (let i = 0; i < 4 && !(await village.has(".keypad")); i++) await ((await village.has(".option")) ? village.pick() : village.big());
    await village.number("28,5");
    await village.shot("process");
    await village.sign();
  });
  await village.home();
  const oil = (await village.lots()).find((lot) => lot.gtin !== leaf.gtin);

  await lab.home();
  await lab.part("draws a sample", async () => {
    await lab.lot(oil.number);
    await lab.form("Ambil sampel");
    await lab.number("0,1");
    await lab.shot("sample");
    await lab.sign();
  });
  await lab.home();
  await lab.part("tests the oil for the European Union", async () => {
    await lab.lot(oil.number);
    await lab.form("Uji");
    await lab.tap("ubah");
    await lab.tap("Untuk pasar mana");
    await lab.pick("Uni Eropa");
    for (const value of ["0,96", "1,51", "-52", "8", "3", "9", "33"]) await lab.number(value);
    await lab.pick("sesuai");
    for (const value of ["0,01", "0,01", "110"]) await lab.number(value);
    await lab.reads("LOLOS");
    await lab.shot("test");
    await lab.sign();
  });
  await lab.sent();

  await village.home();
  await village.shot("home-tested");
  await village.part("ships to the facilitator, for the European Union", async () => {
    await village.lot(oil.number);
    await village.form("Kirim");
    await village.number("28,4");
    await village.pick(FACILITATOR);
    if (!(await village.page.getByText("Untuk pasar Uni Eropa.").count())) {
      await village.tap("Ubah jawaban");
      await village.tap("Untuk pasar mana");
      await village.pick("Uni Eropa");
    }
    await village.reads("Untuk pasar Uni Eropa.");
    await village.sign();
  });
  await village.sent();

  // ---- the facilitator takes over, ships on, and writes the papers into the shipment's folder
  await facilitator.home();
  await facilitator.part("receives as sent", async () => {
    await facilitator.page.locator('.rows a[href^="#/receive/of/"]').first().click();
    await facilitator.page.locator(".asking .button.plain", { hasText: "Sama" }).first().click();
    await facilitator.settled();
    await facilitator.sign();
  });
  await facilitator.home();
  await facilitator.part("ships to the buyer", async () => {
    await facilitator.lot(oil.number);
    await facilitator.form("Kirim");
    await facilitator.number("28,4");
    await facilitator.pick(BUYER);
    await facilitator.reads("Untuk pasar Uni Eropa.");
    await facilitator.sign();
  });
  await facilitator.home();
  const { shipments } = await people.json(`/parties/${nameOf(uriOf(FACILITATOR))}/shipments`);
  const { shipment } = shipments.find((one) => one.to.party === uriOf(BUYER));
  await facilitator.part("opens the folder", async () => {
    await facilitator.page.locator(`.rows a[href="#/shipment/${shipment}"]`).first().click();
    await facilitator.sees("Kiriman ke");
  });
  for (const [words, number, issuer] of PAPERS) await facilitator.part(`paper: ${words}`, () => paper(facilitator, shipment, words, number, issuer));
  // ---- what only a person knows is answered on the page of the checklist, one tap away
  await facilitator.home();
  await facilitator.part("answers the questions of the checklist", async () => {
    await facilitator.tap(`${oil.number} ke`, { within: ".rows" });
    await facilitator.page.locator("#questions").waitFor();
    for (let left = 20; left > 0; left--) {
      const open = facilitator.page.locator("#questions li", { hasNot: facilitator.page.locator("[aria-current]") });
      if ((await open.count()) === 0) break;
      await open.first().locator("a", { hasText: "tidak" }).click();
    }
    await facilitator.shot("checklist");
  });
  const answered = new URL(facilitator.page.url()).searchParams.get("no");
  await facilitator.open("/app/#/home");
  await facilitator.settled();
  await facilitator.part("departs by air", async () => {
    await facilitator.page.locator(`.rows a[href="#/shipment/${shipment}"]`).first().click();
    await facilitator.sees("Kiriman ke");
    await facilitator.tap("Berangkat", { within: "main" });
    await facilitator.page.locator(".asking, .thumb .button.sign").first().waitFor();
    if (await facilitator.has(".option")) await facilitator.pick("Udara");
    await facilitator.sign();
  });
  await facilitator.sent();

  // ---- abroad
  await buyer.home();
  await buyer.part("receives as sent", async () => {
    await buyer.big();
    await buyer.page.locator(".asking .button.plain", { hasText: "Same" }).first().click();
    await buyer.settled();
    await buyer.sign();
  });
  await buyer.sent();

  await everyLineIsTrue(people, oil, answered);

  const scanner = await people.browser.newContext({ viewport: village.page.viewportSize(), locale: "en-GB" });
  const page = await scanner.newPage();
  await page.goto(`${people.base}/01/${oil.gtin}/10/${encodeURIComponent(oil.number)}?lang=en`);
  const { state, checked } = await verdict(page);
  // the list of tests for that market only advises: what was tested passed
  assert.deepEqual([state, checked], ["tested", "phone"]);
  await scanner.close();
  for (const phone of [lab, facilitator, buyer]) await phone.sent({ proven: true });
  for (const { who, faults } of people.all) assert.deepEqual(faults, [], who);

  const { lines, total } = people.table();
  const minutes = seconds(total) / 60;
  assert.ok(minutes < MINUTES, `${minutes.toFixed(1)} minutes\n${written(lines, total)}`);
  return `${minutes.toFixed(1)} minutes at ${JSON.stringify(SECONDS)}\n${written(lines, total)}`;
}

const PAPERS = [
  ["Kontrak", "PO-2026-118"],
  ["Faktur", "INV-2026-31"],
  ["Daftar kemasan", "PL-31", FACILITATOR],
  ["Lembar data keselamatan", "SDS-04", FACILITATOR],
  ["IFRA dan alergen", "IFRA-51-9", LAB],
  ["IFRA dan alergen", "ALG-51-9", LAB],
  ["PEB dan NPE", "PEB-004117", "Bea Cukai"],
  ["Surat muatan udara", "126-48120031", "Garuda Cargo"],
];

/** A paper in the folder of a shipment, by the form that its screen offers; back at that screen. */
async function paper(who, shipment, words, number, issuer) {
  await who.tap("Dokumen", { within: ".thumb" });
  await who.page.locator(".option").first().waitFor();
  await who.pick(words);
  for (let left = 8; left > 0 && !(await who.has(".thumb .button.sign")); left--) {
    const asked = await who.page.locator(".asking > h2").innerText();
    const text = /Nomor/.test(asked) ? number : /menerbitkan/.test(asked) ? issuer : null;
    if (text) await who.page.locator(".asking input:not([type=file])").first().fill(text);
    if (/Dengan siapa/.test(asked)) await who.pick(BUYER);
    else if (/sebagai apa/.test(asked)) await who.pick("Penjual");
    else await who.big();
  }
  await who.shot(`paper-${number}`);
  await who.sign();
  // what is still missing is asked of the node anew
  await who.sent();
  await who.tap("Lihat kirimannya");
  await who.sees("Kiriman ke");
  assert.ok(who.page.url().endsWith(shipment), who.page.url());
}

/** The checklist of the lot is empty, and what closes each of its lines is a signed record that is on the log. */
async function everyLineIsTrue(people, oil, no) {
  const answer = await people.json(`/lots/${oil.gtin}/${oil.number}/readiness?market=${MARKET}&no=${no}`);
  const items = [...answer.standing, ...answer.documents];
  const open = items.filter(({ state }) => state !== "done" && state !== "not-needed");
  assert.deepEqual(open.map(({ id, state }) => [id, state]), [], "nothing is left");
  assert.deepEqual([answer.outcome, answer.missing, answer.open, answer.gates.map(({ status }) => status)], ["ready", 0, 0, ["open"]]);
  for (const item of items.filter(({ state }) => state === "done")) {
    for (const { record, number, kind } of item.papers ?? []) {
      const entry = await people.json(`/entries/${record}`);
      const text = JSON.stringify(entry);
      assert.ok(text.includes(number) && text.includes(kind), `${item.id}: ${record} does not name ${kind} ${number}`);
    }
    const others = item.papers?.length > 0 || item.records?.length > 0 || ["lot-record", "customs-codes", "gc-oil"].includes(item.id);
    assert.ok(others, `${item.id} is closed by nothing that is named: ${JSON.stringify(item)}`);
  }
  // the steps of the way are those of the lot, which is the first
  const way = await people.json(`/parties/${nameOf(uriOf(VILLAGE))}/path?form=patchouli-oil&market=${MARKET}&no=${no}`);
  assert.deepEqual(way.steps.filter(({ state, optional }) => state !== "done" && !optional).map(({ id, state }) => [id, state]), []);
  assert.equal(way.done, way.of);
}

const written = (lines, total) => [...lines, { who: "all", what: "", counts: total }].map(({ who, what, counts }) => [who, what, ...COUNTED.map((one) => counts[one]), Math.round(seconds(counts))].join(" | ")).join("\n");
