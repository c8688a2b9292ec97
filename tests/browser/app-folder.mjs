// The folder of a shipment on the phones of its parties, over a real demo: papers with a private file, a payment that both sides agree to, a
// handover that both sign, a visit with its checklist, a rejection; a stranger's phone, and days without a signal. Models are
// app-folder.test.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { accepted, harvested, numberOf, onDemo } from "./app-acts-world.mjs";
import { gtin } from "./app-forms-lab.mjs";
import { accessible } from "./pages.mjs";
import { overhang } from "./world.mjs";

export default (world) =>
  onDemo(world, [
    ["a private file is opened by the parties, and by nobody else", privateFile],
    ["a payment is agreed by both sides, paid and received, one tap each", paid],
    ["a handover is confirmed by who takes the goods over, and a visit has its checklist", handedOver],
    ["a paper of the other side is rejected, and the right one is signed too", rejected],
    ["without a signal the folder stands, and what is signed waits", offline],
    ["every screen of a folder is accessible, no wider than the phone, at twice the text, in three languages", everyScreen],
  ]);

const PDF = Buffer.from("%PDF-1.4\n% a packing list that only its parties read\n");

/** A lot that the village ships to Hanse: the record's id. */
async function shipped(p, amount = "20") {
  const leaf = await harvested(p, "100", "Daun nilam");
  await p.at(`/ship/${gtin(107)}/${numberOf(leaf)}`);
  await p.number(amount);
  if ((await p.page.locator(".option").count()) === 0) await p.big();
  await p.choose("Hanse");
  await p.sign();
  const row = (await p.sent()).findLast((one) => one.act === "ship");
  accepted([row], "ship");
  return row.id;
}

/** The shipment's screen, with what the node has now. */
async function folder(p, shipment) {
  await p.sent();
  await p.at(`/shipment/${shipment}`);
  await p.page.locator(".band").waitFor();
  return p.said();
}

/** The home screen, with what the node has now. */
async function home(p) {
  await p.sent();
  await p.at("/more");
  await p.at("/home");
  await p.page.locator(".thumb .button").first().waitFor();
}

/** Answers that stand are left; the field that is open is filled. */
async function write(p, text) {
  await p.page.locator(".asking input:not([type=file])").first().fill(text);
  await p.big();
}

const isAsked = async (p, words) => (await p.page.locator(".asking > h2").innerText()).includes(words);

/** A paper with a file, from the screen of a shipment. */
async function adds(p, shipment, kind, number, { file, issuer } = {}) {
  await p.at(`/paper/of/${shipment}`);
  await p.choose(kind);
  for (let i = 0; i < 8 && (await p.page.locator(".thumb .button.sign").count()) === 0; i++) {
    if (await isAsked(p, "Nomor")) await write(p, number);
    else if (await isAsked(p, "menerbitkan")) await write(p, issuer);
    else if (await isAsked(p, "Dengan siapa")) await p.choose("Hanse");
    else if (await isAsked(p, "sebagai apa")) await p.choose("Penjual");
    else if (await isAsked(p, "berkas")) {
      if (file) {
        await p.page.locator("input[type=file]").last().setInputFiles({ name: "paper.pdf", mimeType: "application/pdf", buffer: file });
        await p.page.locator(".thumbs figure").waitFor();
      }
      await p.big();
    } else throw new Error(`asked: ${await p.page.locator(".asking > h2").innerText()}`);
  }
  await p.shot(`folder-paper-${kind.toLowerCase().replaceAll(" ", "-")}`);
  await p.sign();
  return (await p.sent()).at(-1);
}

async function opens(p, title) {
  const [download] = await Promise.all([p.page.waitForEvent("download"), p.page.locator(".sheet button", { hasText: title }).first().click()]);
  return readFileSync(await download.path());
}

async function privateFile(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  accepted([await adds(village, shipment, "Daftar kemasan", "PL-1", { file: PDF, issuer: "BUM Desa" })], "paper");
  const buyer = await phones.of(54);
  assert.match(await folder(buyer, shipment), /Daftar kemasan PL-1[^]*Diterbitkan BUM Desa[^]*hanya untuk pihak/i);
  await buyer.shot("folder-buyer");
  assert.deepEqual(await opens(buyer, "Daftar kemasan"), PDF);
  // another party of the ledger sees that there is a paper, and not what is in it
  const stranger = await phones.of(51);
  assert.match(await folder(stranger, shipment), /Daftar kemasan PL-1/);
  await stranger.page.locator(".sheet button", { hasText: "Daftar kemasan" }).first().click();
  await stranger.page.locator(".notice.bad", { hasText: "bukan untuk Anda" }).waitFor();
  await stranger.shot("folder-stranger");
  assert.deepEqual([village.errors, buyer.errors, stranger.errors], [[], [], []]);
}

async function paid(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  await village.at(`/payment/of/${shipment}`);
  await village.choose("Pembayaran disepakati");
  await village.tap('.units .chip:has-text("USD")');
  await village.type("12500");
  await village.shot("folder-payment-sum");
  await village.next();
  await village.page.locator('.asking input[type="date"]').fill("2099-12-20");
  await village.big();
  assert.match(await village.said(), /Angsuran 1: 12.500,00.USD[^]*20 Des 2099[^]*Hanse.*membayar kepada[^]*hanya terbaca kedua pihak, otoritas dan server/);
  await village.shot("folder-payment");
  await village.sign();
  const stated = (await village.sent()).at(-1);
  accepted([stated], "agreed");
  assert.ok(!stated.payload.includes("12500"));

  // the buyer agrees by two taps: what waits on its home, and the signature
  const buyer = await phones.of(54);
  await home(buyer);
  await buyer.shot("folder-buyer-home");
  await buyer.countAnew();
  await buyer.page.locator(".rows a", { hasText: "Setujui angsuran 1" }).first().click();
  await buyer.page.locator(".thumb .button.sign").waitFor();
  assert.match(await buyer.said(), /12.500,00.USD/);
  await buyer.sign();
  assert.deepEqual(await buyer.counted(), { taps: 2, digits: 0 });
  const agreed = (await buyer.sent()).at(-1);
  accepted([agreed], "agreed by the buyer");
  assert.equal(JSON.parse(agreed.payload)["jejak:commitment"], JSON.parse(stated.payload)["jejak:commitment"]);
  assert.match(await folder(buyer, shipment), /12.500,00.USD[^]*Disepakati kedua pihak/);
  // nobody waits for the money before it is due, so that the buyer says so from the shipment
  for (const [p, said, button, end] of [[buyer, /Disepakati, paling lambat 20 Des 2099/, "Sudah saya bayar", "paid"], [village, /Pastikan angsuran 1 sudah masuk/, "Uang sudah saya terima", "received"]]) {
    assert.match(await folder(p, shipment), said);
    await p.shot(`folder-waits-${end}`);
    await p.page.locator(".sheet a", { hasText: button }).click();
    await p.page.locator(".thumb .button.sign").waitFor();
    await p.sign();
    accepted([(await p.sent()).at(-1)], end);
  }
  assert.match(await folder(buyer, shipment), /Dibayar dan diterima/);
  await buyer.shot("folder-paid");
  // a party that is on neither side sees that it was paid, and not how much
  const stranger = await phones.of(51);
  const said = await folder(stranger, shipment);
  assert.match(said, /Jumlah hanya untuk kedua pihak[^]*Dibayar dan diterima/);
  assert.doesNotMatch(said, /12.500/);
  assert.deepEqual([village.errors, buyer.errors, stranger.errors], [[], [], []]);
}

async function handedOver(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  await village.at(`/handover/of/${shipment}`);
  if (await isAsked(village, "kepada siapa")) await village.choose("Fasilitator");
  await village.choose("Utuh");
  await village.sign();
  accepted([(await village.sent()).at(-1)], "handed over");
  assert.match(await folder(village, shipment), /Belum dikonfirmasi pihak lain/);

  const carrier = await phones.of(41);
  await home(carrier);
  await carrier.shot("folder-carrier-home");
  await carrier.page.locator(".rows a", { hasText: "Konfirmasi serah terima" }).first().click();
  await carrier.page.locator(".option").first().waitFor();
  await carrier.choose("Segel rusak");
  assert.match(await carrier.said(), /diterima dari[^]*kedua pihak sudah menandatangani/);
  await carrier.sign();
  accepted([(await carrier.sent()).at(-1)], "confirmed");
  const said = await folder(village, shipment);
  assert.match(said, /Dikonfirmasi[^]*Segel rusak/);
  // who took the goods over adds papers, and their files open for the parties of the shipment
  accepted([await adds(carrier, shipment, "Konosemen", "BL-1", { file: PDF, issuer: "Pelayaran Contoh" })], "bill of lading");
  const buyer = await phones.of(54);
  assert.match(await folder(buyer, shipment), /Konosemen.*BL-1/);
  assert.deepEqual(await opens(buyer, "Konosemen"), PDF);

  await carrier.at(`/visit/of/${shipment}`);
  await carrier.choose("Pengawasan pemuatan");
  await carrier.big();
  assert.match(await carrier.said(), /12 belum dijawab/);
  const items = carrier.page.locator(".checks > li");
  for (let i = 0; i < (await items.count()); i++) await items.nth(i).locator(`input[value=${i === 2 ? "no" : "yes"}]`).check();
  await items.nth(2).locator("input:not([type=radio])").fill("dua drum penyok");
  await carrier.shot("folder-visit");
  await carrier.big();
  // with a no it is never in order
  assert.doesNotMatch(await carrier.said(), /Semua beres/);
  await carrier.choose("Harus diperbaiki");
  assert.match(await carrier.said(), /Harus diperbaiki[^]*Kemasan utuh.*dua drum penyok[^]*11 dari 12/);
  await carrier.sign();
  accepted([(await carrier.sent()).at(-1)], "visit");
  await carrier.at(`/temperature/of/${shipment}`);
  await carrier.number("19,5");
  await carrier.number("21");
  await carrier.tap(".thumb .button.big");
  await carrier.sign();
  accepted([(await carrier.sent()).at(-1)], "temperature");
  assert.match(await folder(village, shipment), /19,5[^]*Pengawasan pemuatan[^]*Harus diperbaiki[^]*11 beres, 1 tidak/);
  await village.shot("folder-village");
  assert.deepEqual([village.errors, carrier.errors, buyer.errors], [[], [], []]);
}

async function rejected(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  accepted([await adds(village, shipment, "Faktur", "9/INV")], "invoice");
  const buyer = await phones.of(54);
  assert.match(await folder(buyer, shipment), /Faktur 9\/INV/);
  await buyer.page.locator(".sheet a", { hasText: "Tolak dokumen ini" }).first().click();
  await buyer.page.locator(".option").first().waitFor();
  await buyer.choose("Jumlah keliru");
  assert.match(await buyer.said(), /9\/INV[^]*ditolak/);
  await buyer.sign();
  accepted([(await buyer.sent()).at(-1)], "rejected");
  const said = await folder(buyer, shipment);
  assert.match(said, /Faktur 9\/INV[^]*Ditolak/);
  assert.equal(await buyer.page.locator(".sheet a", { hasText: "Tolak dokumen ini" }).count(), 0);
  // the right one is signed by the buyer too: all that stands on it is known
  accepted([await adds(village, shipment, "Faktur", "10/INV")], "the right invoice");
  await folder(buyer, shipment);
  await buyer.page.locator(".sheet a", { hasText: "Tanda tangani juga" }).first().click();
  await buyer.page.locator(".asking > h2", { hasText: "berkas" }).waitFor();
  await buyer.big();
  assert.match(await buyer.said(), /Faktur[^]*10\/INV[^]*Pembeli/);
  await buyer.sign();
  accepted([(await buyer.sent()).at(-1)], "signed too");
  assert.match(await folder(buyer, shipment), /Faktur 10\/INV[^]*Ditandatangani .*Sojol.*, .*Hanse/);
  assert.deepEqual([village.errors, buyer.errors], [[], []]);
}

async function offline(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  await folder(village, shipment);
  // the list as of now, whichever pass fetches it
  await village.at("/shipments");
  await village.page.locator(`.rows a[href="#/shipment/${shipment}"]`).waitFor();
  await village.context.setOffline(true);
  await village.at("/shipments");
  await village.page.locator(`.rows a[href="#/shipment/${shipment}"]`).click();
  await village.page.locator(".band").waitFor();
  assert.match(await village.said(), /Tanpa sinyal[^]*Dalam perjalanan[^]*Menurut data/);
  await village.page.locator(".rows a", { hasText: "Dokumen" }).first().click();
  await village.page.locator(".option").first().waitFor();
  await village.choose("Surat keterangan asal");
  await write(village, "SKA-77");
  if (await isAsked(village, "menerbitkan")) await write(village, "Dinas Perdagangan");
  await village.big();
  await village.sign();
  await village.at(`/shipment/${shipment}`);
  assert.match(await village.said(), /Di ponsel ini[^]*(Ditandatangani|Menunggu sinyal)/);
  await village.shot("folder-offline");
  await village.context.setOffline(false);
  accepted(await village.sent(), "sent later");
  const said = await folder(village, shipment);
  assert.match(said, /Surat keterangan asal \(SKA\) SKA-77/);
  assert.doesNotMatch(said, /Di ponsel ini/);
  assert.deepEqual(village.errors, []);
}

async function everyScreen(phones) {
  const village = await phones.of(25);
  const shipment = await shipped(village);
  await adds(village, shipment, "Daftar kemasan", "PL-2", { file: PDF, issuer: "BUM Desa" });
  await village.at(`/payment/of/${shipment}`);
  await village.choose("Pembayaran disepakati");
  await village.number("5000000");
  await village.page.locator('.asking input[type="date"]').fill("2099-12-20");
  await village.big();
  await village.sign();
  await village.sent();
  for (const lang of ["id", "en", "zh"]) {
    for (const [n, addresses] of [[54, ["/home", "/shipments", `/shipment/${shipment}`, `/paper/of/${shipment}`, `/payment/of/${shipment}`, "/payment", "/paper"]], [41, ["/shipments", "/visit", `/visit/of/${shipment}`, `/handover/of/${shipment}`, `/reject/of/${shipment}`]]]) {
      const p = await phones.of(n, { lang });
      await p.sent();
      for (const address of addresses) {
        const where = `${lang} ${n} ${address}`;
        await p.at(address);
        if (address.startsWith("/visit/of")) await p.pick(2);
        await p.shot(`${lang}-${n}${address.replace(shipment, "s").replaceAll("/", "-")}`);
        await accessible(p.page, where);
        assert.ok((await overhang(p.page)) <= 0, `${where} scrolls sideways`);
        assert.doesNotMatch(await p.said(), /\b(acts|folder|shipment|waits|visit|check)-[a-z]/, `${where} has a sentence without words`);
        await p.page.evaluate(() => document.documentElement.style.setProperty("font-size", "225%"));
        assert.ok((await overhang(p.page)) <= 0, `${where} scrolls sideways at twice the text`);
        await p.page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
      }
      assert.deepEqual(p.errors, [], lang);
    }
  }
}
