// The desk in a browser: a key file that is opened and kept nowhere, statements that the ledger takes, those that it refuses, and every screen in
// three languages. Each test that signs has a demo of its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { program, root, startDemo } from "./demo.mjs";
import { accessible } from "./pages.mjs";
import { desk, languages, overhang, phone } from "./world.mjs";

const PROGRAM = "https://id.gs1.org/417/9521321000018";
const VILLAGE = "https://id.gs1.org/417/9521321000216";
const party = (uri, more = "") => `/party/${encodeURIComponent(uri)}${more}`;

const at = async (page, address) => {
  await page.evaluate((to) => (location.hash = to), address);
  await page.waitForFunction((to) => document.querySelector("main")?.dataset.path === to, address.split("?")[0]);
};
const press = (page, words) => page.getByRole("button", { name: words, exact: true }).click();
const field = (page, words) => page.getByLabel(words, { exact: true });

// Waits for what stands on the screen, or says what does.
async function sees(page, words) {
  await page.getByText(words, { exact: false }).first().waitFor({ timeout: 20_000 }).catch(async () => {
    assert.fail(`"${words}" is not on ${await page.evaluate(() => location.hash)}: ${await page.locator("#app").innerText()}`);
  });
}

async function opened(page, base, file, { lang = "en", passphrase } = {}) {
  // a key file that is open is forgotten with its page
  await page.goto("about:blank");
  await page.goto(`${base}/desk/?lang=${lang}#/key`);
  await page.locator("#key-file").setInputFiles(file);
  if (passphrase !== undefined) await page.locator("main input[type=password]").fill(passphrase);
  await page.locator("main .big").click();
}

// A demo of its own, and its desk: `body(page, { demo, json })`.
async function atDesk(world, key, body, { lang = "en" } = {}) {
  const demo = await startDemo();
  const context = await world.browser.newContext({ viewport: desk, locale: "de-DE" });
  context.setDefaultTimeout(20_000);
  const json = async (address) => (await fetch(`${demo.base}${address}`, { headers: { accept: "application/json" } })).json();
  try {
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    await opened(page, demo.base, path.join(demo.keys, key), { lang });
    await page.waitForFunction(() => location.hash === "#/home");
    await body(page, { demo, json });
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await demo.stop();
  }
}

// Everything that the browser keeps of this origin, as text.
const keptHere = (page) =>
  page.evaluate(async () => {
    const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
      for (const store of db.objectStoreNames) {
        const rows = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
        found.push(`${store} ${JSON.stringify(rows, (_, value) => (value instanceof Uint8Array ? Array.from(value) : value))}`);
      }
      db.close();
    }
    return found.join("\n");
  });

export default (world) => [
  [
    "a key file opens by its passphrase, signs, and is kept nowhere",
    () =>
      atDesk(world, "authority.pem", async (page, { demo }) => {
        // the demo's keys are not encrypted: openssl and the program write encrypted ones
        const plain = path.join(demo.keys, "authority.pem");
        const made = path.join(demo.keys, "encrypted.pem");
        const seed = execFileSync("openssl", ["pkey", "-in", plain, "-outform", "DER"]).subarray(16);
        execFileSync("openssl", ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "600000", "-in", plain, "-out", made, "-passout", "pass:rahasia désa"]);
        await opened(page, demo.base, made, { passphrase: "wrong" });
        await sees(page, "The passphrase does not open it.");
        assert.equal(await page.locator("main input[type=password]").inputValue(), "", "a passphrase is not left in its field");
        await page.locator("main input[type=password]").fill("rahasia désa");
        await page.locator("main .big").click();
        await page.waitForFunction(() => location.hash === "#/home");
        const text = await keptHere(page);
        for (const form of [Buffer.from(seed).toString("hex"), Buffer.from(seed).toString("base64"), JSON.stringify(Array.from(seed)).slice(1, -1)]) {
          assert.ok(!text.includes(form), "the seed of a key file is kept by the browser");
        }
        await page.reload();
        await page.waitForSelector("main h1");
        await sees(page, "First choose the key.");
        const unknown = path.join(demo.keys, "unknown.pem");
        const phrase = path.join(demo.keys, "phrase");
        writeFileSync(phrase, "rahasia desa\n");
        chmodSync(phrase, 0o600);
        execFileSync(program, ["key", "new", unknown, "--passphrase-file", phrase], { stdio: "pipe" });
        await opened(page, demo.base, unknown, { passphrase: "rahasia desa" });
        // it was read: the ledger does not know it
        await sees(page, "This key is not on this ledger.");
        const scrypt = path.join(demo.keys, "scrypt.pem");
        execFileSync("openssl", ["pkcs8", "-topk8", "-scrypt", "-in", plain, "-out", scrypt, "-passout", "pass:x"]);
        await opened(page, demo.base, scrypt, { passphrase: "x" });
        await sees(page, "It is encrypted with scrypt");
        for (const [name, content, says] of [
          ["cut.pem", readFileSync(made, "utf8").slice(0, 200), "This file is no private key."],
          ["two.pem", readFileSync(plain, "utf8").repeat(2), "This file holds several keys."],
          ["flipped.pem", readFileSync(plain, "utf8").replace("MC4C", "MC5C"), "The key file is damaged or cut off."],
          ["picture.pem", "\x89PNG", "This file is no private key."],
        ]) {
          const file = path.join(demo.keys, name);
          writeFileSync(file, content);
          await opened(page, demo.base, file, { passphrase: content.includes("ENCRYPTED") ? "x" : undefined });
          await sees(page, says);
        }
      }),
  ],
  [
    "the authority enrols a village, gives it numbers, and registers its product and place in them",
    () =>
      atDesk(world, "authority.pem", async (page, { json }) => {
        await at(page, "/party/new");
        await field(page, "Name of the village, business or office · Indonesia").fill("BUM Desa Tanah Merah");
        await page.getByLabel("producer", { exact: true }).check();
        await field(page, "Region code (Kemendagri)").fill("92.06");
        await press(page, "Sign");
        await sees(page, "Write the name of the region too.");
        await field(page, "Region name").fill("Kabupaten Teluk Bintuni");
        await press(page, "Sign");
        const uri = "urn:jejak:party:bum-desa-tanah-merah";
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(uri));
        const enrolled = await json(`/parties/bum-desa-tanah-merah/registry`);
        assert.deepEqual([enrolled.name, enrolled.roles, enrolled.region.code, enrolled.enroller], [{ en: "BUM Desa Tanah Merah", id: "BUM Desa Tanah Merah" }, ["producer"], "92.06", PROGRAM]);
        // the same name again is another party
        await at(page, "/party/new");
        await field(page, "Name of the village, business or office · Indonesia").fill("BUM Desa Tanah Merah");
        await page.getByLabel("producer", { exact: true }).check();
        await press(page, "Sign");
        await sees(page, "is enrolled already");

        await at(page, party(uri, "/numbers"));
        await press(page, "Sign");
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(uri));
        const [range] = (await json(`/parties/bum-desa-tanah-merah/registry`)).prefixes;
        assert.match(range, /^9521321\d{3}$/);
        assert.deepEqual((await json(`/parties/9521321000018/registry`)).lent, [{ prefix: range, party: uri }]);

        await at(page, "/product/new");
        await page.locator("main select").first().selectOption(range);
        await sees(page, `0${range}00`);
        await field(page, "Product name · Indonesia").fill("Tepung pisang Tanah Merah");
        await page.locator("main select").nth(1).selectOption("banana-flour banana-flour");
        await field(page, "Net content of a pack").fill("500");
        await field(page, "Who makes it").fill("tanah");
        await page.getByRole("button", { name: /Tanah Merah/ }).click();
        await press(page, "Sign");
        await page.waitForFunction(() => document.querySelector("main").dataset.path === "/products");
        const [product] = await json(`/products?prefix=${range}`);
        assert.deepEqual([product.gtin.slice(0, 13), product.makers, product.netContent, product.commodity, product.owner], [`0${range}00`, [uri], "500", "banana-flour", PROGRAM]);

        await at(page, "/place/new");
        await page.locator("main select").first().selectOption(range);
        await field(page, "Place name · Indonesia").fill("Desa Tanah Merah");
        await field(page, "Latitude, longitude").fill("-2.4311, 133.519");
        await press(page, "Sign");
        await page.waitForFunction(() => document.querySelector("main").dataset.path === "/places");
        const [place] = await json(`/places?prefix=${range}`);
        assert.deepEqual([place.gln.slice(0, 12), place.near, place.kind], [`${range}00`, "-2.43,133.52", "village"]);
      }),
  ],
  [
    "the authority accredits, extends and withdraws, suspends and reinstates, ends a key, and puts a guide in force",
    () =>
      atDesk(world, "authority.pem", async (page, { json }) => {
        const lab = (await json("/parties")).find((one) => one.roles.includes("inspector"));
        const registry = () => json(`/parties/${encodeURIComponent(lab.party)}/registry`);
        const before = (await registry()).accreditations;
        await at(page, party(lab.party, "/accredit"));
        await press(page, "Sign");
        await sees(page, "Choose at least one commodity.");
        await page.getByLabel("crab", { exact: true }).check();
        await field(page, "Accreditation body").fill("KAN");
        await field(page, "Number").fill("LP-9999-IDN");
        await field(page, "Until").fill("2020-01-01");
        await press(page, "Sign");
        await sees(page, "The last day must come after the first.");
        await field(page, "Until").fill("2027-06-30");
        await press(page, "Sign");
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(lab.party));
        const added = (await registry()).accreditations.find(({ number }) => number === "LP-9999-IDN");
        // the day that was written is the last one
        assert.deepEqual([added.scope, added.until], [["crab"], Date.parse("2027-07-01T00:00:00Z") / 1000]);
        await at(page, party(lab.party, `/accredit/${added.record}`));
        await field(page, "Until").fill("2028-06-30");
        await press(page, "Sign");
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(lab.party));
        const longer = (await registry()).accreditations;
        assert.deepEqual([longer.length, longer.find(({ number }) => number === "LP-9999-IDN").until], [before.length + 1, Date.parse("2028-07-01T00:00:00Z") / 1000]);
        await page.locator(".thing", { hasText: "LP-9999-IDN" }).getByRole("button", { name: "Withdraw" }).click();
        await page.locator("dialog").getByRole("button", { name: "Withdraw" }).click();
        await page.locator(".thing", { hasText: "LP-9999-IDN" }).getByText("ended on").waitFor();
        const ended = (await registry()).accreditations.find(({ number }) => number === "LP-9999-IDN");
        assert.ok(ended.until <= Date.now() / 1000 && ended.until > ended.from, JSON.stringify(ended));

        await at(page, party(VILLAGE));
        for (const [words, standing] of [["Suspend", "suspended"], ["Reinstate", "active"]]) {
          await press(page, words);
          await page.locator("dialog").getByLabel("Reason").fill("documents are checked");
          await page.locator("dialog").getByRole("button", { name: words }).click();
          await page.locator("dialog").waitFor({ state: "detached" });
          await page.waitForFunction(([now]) => (document.querySelector("main .notice.warn") !== null) === (now === "suspended"), [standing]);
          assert.equal((await json(`/parties/9521321000216`)).standing, standing);
        }
        const key = (await json(`/parties/9521321000216/registry`)).keys.find((one) => !one.ended && one.purpose === "event");
        await at(page, party(VILLAGE, `/key/${key.key}`));
        await page.getByLabel("The person left").check();
        await press(page, "End the key");
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(VILLAGE));
        assert.equal((await json(`/keys/${key.key}`)).active, false);

        await at(page, "/files");
        const chosen = page.locator("#profile-file");
        await chosen.setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") });
        await sees(page, "This is neither a commodity profile nor an export guide.");
        await chosen.setInputFiles(path.join(root, "tests/testdata/vanilla-guide.json"));
        await sees(page, "Export guide");
        await press(page, "Put a file in force");
        await page.locator("dialog").getByRole("button", { name: "Sign" }).click();
        await sees(page, "Signed, and on the ledger.");
        assert.ok((await json("/guides")).some(({ id }) => id === "vanilla"));

        await at(page, party(VILLAGE, "/certificate"));
        await page.locator("main select").selectOption("haccp");
        await field(page, "Issued by").fill("BKIPM");
        await field(page, "Number").fill("HACCP-1");
        await field(page, "Until").fill("2027-12-31");
        await press(page, "Sign");
        await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party(VILLAGE));
        const known = await (await fetch(`${new URL(page.url()).origin}/parties/9521321000216`, { headers: { accept: "text/html" } })).text();
        assert.ok(known.includes("HACCP-1"), "the party's page shows the certificate");
      }),
  ],
  [
    "a region enrols its own villages only, with a key of this device, and the authority's acts are closed to it",
    () =>
      atDesk(world, "region-11.pem", async (page, { json }) => {
        await at(page, "/key");
        await page.getByRole("link", { name: "Make a key on this device" }).click();
        await field(page, "Name of this device").fill("komputer meja");
        await press(page, "Sign");
        await page.waitForFunction(() => location.hash === "#/home");
        await page.reload();
        await page.waitForSelector("main h1");
        await at(page, "/key");
        await sees(page, "Of this device");
        const region = await json("/parties/9521321000117/registry");
        assert.ok(region.keys.some((key) => key.label === "komputer meja" && key.purpose === "admin"), JSON.stringify(region.keys));
        for (const [code, name, outcome] of [["53.02", "Kabupaten Timor Tengah Selatan", "refused"], ["92.06.13.2005", "Desa Sidomakmur", "taken"]]) {
          await at(page, "/party/new");
          assert.equal(await page.getByLabel("inspector", { exact: true }).count(), 0, "a region enrols no inspector");
          await field(page, "Name of the village, business or office · Indonesia").fill(`BUM Desa ${outcome}`);
          await page.getByLabel("producer", { exact: true }).check();
          await field(page, "Region code (Kemendagri)").fill(code);
          await field(page, "Region name").fill(name);
          await press(page, "Sign");
          if (outcome === "refused") await sees(page, "The ledger refused it:");
          else await page.waitForFunction((to) => document.querySelector("main").dataset.path === to, party("urn:jejak:party:bum-desa-taken"));
          await at(page, "/home");
        }
        assert.equal((await json("/parties/bum-desa-taken")).region.code, "92.06.13.2005");
        assert.equal((await fetch(`${new URL(page.url()).origin}/parties/bum-desa-refused`, { headers: { accept: "application/json" } })).status, 404);
        await at(page, party(VILLAGE, "/numbers"));
        await sees(page, "Only the authority may do this.");
      }),
  ],
  ...Object.keys(languages).map((lang) => [
    `every screen is accessible and fits, in ${lang}`,
    () =>
      atDesk(
        world,
        "authority.pem",
        async (page, { json }) => {
          const lab = (await json("/parties")).find((one) => one.roles.includes("inspector")).party;
          const [product, place] = [(await json("/products"))[0].gtin, (await json("/places"))[0].gln];
          const screens = [
            "/home", "/key", "/approve", "/approve/invite", "/parties", "/party/new", party(lab), party(VILLAGE), party(VILLAGE, "/change"), party(VILLAGE, "/numbers"),
            party(lab, "/accredit"), party(VILLAGE, "/certificate"), party(VILLAGE, "/key/aaaa"), "/products", "/product/new", `/product/${product}`, "/places", "/place/new", `/place/${place}`,
            "/files", "/outbox",
          ];
          for (const viewport of [desk, phone]) {
            await page.setViewportSize(viewport);
            for (const screen of screens) {
              await at(page, screen);
              await page.waitForTimeout(150);
              await accessible(page, `${screen} in ${lang} at ${viewport.width}`);
              assert.equal(await overhang(page), 0, `${screen} in ${lang} at ${viewport.width} is wider than the screen`);
              const untranslated = await page.evaluate(() => [...document.querySelectorAll("#app *")].filter((e) => e.children.length === 0 && /^(desk|pem|acts|role|purpose)-[a-z-]+$/.test(e.textContent)).map((e) => e.textContent));
              assert.deepEqual(untranslated, [], `${screen} in ${lang}`);
            }
          }
        },
        { lang },
      ),
  ]),
];
