// The app where something went wrong, in Chromium: two phones on one lot, a server that is not the one that was joined, a stolen phone, a
// browser that keeps keys less safely, a key that was replaced.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import { onDemo } from "./app-acts-world.mjs";
import { gln, lot, party } from "./app-forms-lab.mjs";
import { become, goTo, isKept, press, proxy, sees } from "./app-world.mjs";
import { accessible } from "./pages.mjs";
import { overhang } from "./world.mjs";

// Runs work(module, given) in the page, with the modules of the app.
const core = (page, work, given) =>
  page.evaluate(
    async ([source, value]) => {
      const from = document.querySelector("script[type=module]").src;
      return new Function("module", "given", `return (${source})(module, given)`)((name) => import(new URL(name, from).href), value);
    },
    [work.toString(), given],
  );

const signs = (page, draft) => core(page, async (module, value) => (await module("outbox.js")).saveDraft(value).then((await module("outbox.js")).signDraft), draft);
const rows = (page) => core(page, async (module) => (await module("outbox.js")).list());

async function fits(page, where) {
  await accessible(page, where);
  assert.ok((await overhang(page)) <= 0, `${where} scrolls sideways`);
}

// A WebCrypto that can't sign with Ed25519, as in older browsers.
const withoutEd25519 = () => {
  for (const name of ["generateKey", "importKey"]) {
    const real = SubtleCrypto.prototype[name];
    SubtleCrypto.prototype[name] = function (...given) {
      if (given.some((one) => /ed25519/i.test(one?.name ?? one))) return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
      return real.apply(this, given);
    };
  }
};

const leaf = lot(107, "DAUN-FORK");
const place = `https://id.gs1.org/414/${gln(68)}`;
const harvest = { act: "harvest", input: { lots: [{ lot: leaf, amount: "100", unit: "KGM" }], place, commodity: "essential-oil", form: "patchouli-dried-leaf", harvestStart: "2026-11-01", harvestEnd: "2026-11-02", village: "72.03.01.2001" } };
const dried = (amount, after) => ({ act: "adjust", input: { lots: [{ lot: leaf, amount, unit: "KGM" }], place, reason: "drying", after } });

const avocados = (number) => ({
  act: "harvest",
  input: { lots: [{ lot: lot(102, number), amount: "7", unit: "KGM" }], place: `https://id.gs1.org/414/${gln(63)}`, commodity: "avocado", form: "fresh", harvestStart: "2026-11-01", harvestEnd: "2026-11-02", village: "53.02.01.2003" },
});

async function fork(phones) {
  const [a, b] = [await phones.of(25), await phones.of(25)];
  const made = await signs(a.page, harvest);
  await a.sent();
  const first = await signs(a.page, dried("18", [made.id]));
  await a.sent();
  // the other phone had seen the harvest only
  const second = await signs(b.page, dried("9", [made.id]));
  await b.sent();
  const [row] = await rows(b.page);
  assert.deepEqual([row.state, row.forks], ["conflict", [{ lot: leaf, other: first.id }]]);
  await b.at("/home");
  await b.tap('.row[href^="#/conflict/"]');
  await b.page.waitForFunction(() => location.hash.startsWith("#/conflict/"));
  await fits(b.page, "two records");
  await b.shot("fork");
  await b.tap(".thumb .button.big");
  await b.page.locator(".keypad").waitFor();
  await b.number("73");
  // opened again from its draft it is a count still
  const [draft] = await core(b.page, async (module) => (await module("outbox.js")).drafts());
  await b.at(`/draft/${draft.id}`);
  await b.sign();
  const after = await b.sent();
  assert.deepEqual(after.map((one) => one.state), ["verified", "verified"]);
  const count = JSON.parse(after.at(-1).payload);
  assert.equal(count.bizStep, "stock_taking");
  for (const { id } of [first, second]) assert.ok(count["jejak:after"].includes(`urn:jejak:record:${id}`), "both are named");
  await b.at("/home");
  assert.equal(await b.page.locator('.row[href^="#/conflict/"]').count(), 0);
  assert.deepEqual(b.errors, []);
}

async function replacedKey(phones) {
  const p = await phones.of(25);
  const old = await signs(p.page, { ...harvest, input: { ...harvest.input, lots: [{ lot: lot(107, "DAUN-OLD"), amount: "12", unit: "KGM" }] } });
  await p.sent();
  // another key of the party on this phone, which counts from 1 again
  const key = await core(p.page, async (module) => (await (await module("key.js")).createKey()).public);
  const possession = await core(p.page, async (module, [uri, mine]) => (await module("key.js")).provePossession((await (await module("identity.js")).current()).ledger, uri, "event", mine), [party(25), key]);
  await phones.enrol(25, key, possession);
  await core(p.page, async (module, mine) => (await module("session.js")).update({ key: mine }), key);
  const now = await signs(p.page, { ...harvest, input: { ...harvest.input, lots: [{ lot: lot(107, "DAUN-NEW"), amount: "13", unit: "KGM" }] } });
  await p.sent();
  assert.equal(old.seq, now.seq);
  await p.at(`/outbox/${encodeURIComponent(old.key)}`);
  assert.match(await p.said(), /12\skg/);
  await p.page.locator(`a[href="#/correct/${encodeURIComponent(old.key)}"]`).click();
  await p.page.waitForFunction(() => location.hash.startsWith("#/correct/"));
  await p.settled();
  await p.choose("Tidak pernah");
  await p.sign();
  const after = await p.sent();
  assert.deepEqual(JSON.parse(after.at(-1).payload)["jejak:voids"], `urn:jejak:record:${old.id}`);
  assert.deepEqual(p.errors, []);
}

async function stolen(phones) {
  const taken = await phones.of(22);
  const { key } = await core(taken.page, async (module) => (await module("identity.js")).current());
  await signs(taken.page, avocados("ALP-T"));
  await taken.sent();
  // the phone that has the party's own key
  const admin = await phones.of(22, { lang: "en" });
  const pem = createPrivateKey(readFileSync(path.join(phones.world.keys, "maker-22.pem")));
  const secret = Buffer.from(pem.export({ format: "jwk" }).d, "base64url").toString("hex");
  await core(admin.page, async (module, seed) => {
    const [{ importSeed }, session, { synchronise }, { keyState }] = await Promise.all(["key.js", "session.js", "network.js", "cache.js"].map(module));
    await session.update({ key: (await importSeed(seed)).public, purpose: "admin", demo: true });
    // the key has signed before: its last number is the node's, and another pass may be under way
    for (let i = 0; i < 50 && !(await keyState()); i++) {
      await synchronise();
      await new Promise((done) => setTimeout(done, 100));
    }
  }, secret);
  await admin.at("/lost");
  await fits(admin.page, "which phone");
  // listed by the node, so that nobody types its key
  await admin.page.locator(`.row[href="#/lost/${key}"]`).click();
  await admin.page.getByText("Stolen", { exact: true }).click();
  await admin.page.locator("input[type=datetime-local]").waitFor();
  await fits(admin.page, "a stolen phone");
  await press(admin.page, "End the key");
  await admin.page.waitForFunction(() => location.hash === "#/outbox");
  const after = await admin.sent();
  const revocation = JSON.parse(after.at(-1).payload);
  assert.deepEqual([after.at(-1).state, revocation.type, revocation.key, revocation.reason], ["verified", "KeyRevocation", key, "compromised"]);
  assert.ok(Math.abs(revocation.compromisedSince - Date.now() / 1000) < 3600);
  // a statement is not voided: its screen says what became of it
  await admin.at(`/outbox/${encodeURIComponent(after.at(-1).key)}`);
  await admin.page.getByText("An ended key never signs again.").waitFor();
  assert.equal(await admin.page.getByText("Correct", { exact: true }).count(), 0);
  await fits(admin.page, "a statement");
  // what the thief's phone signs now goes nowhere, and it says what ended
  await signs(taken.page, avocados("ALP-T2"));
  await core(taken.page, async (module) => (await module("network.js")).synchronise());
  await taken.at("/home");
  assert.match(await taken.said(), /Kunci ini sudah/);
  await fits(taken.page, "a key that was ended");
  assert.deepEqual(await core(taken.page, async (module, lost) => (await (await module("cache.js")).isEnded(lost)), key), true);
}

async function drafts(phones) {
  const p = await phones.of(25, { lang: "en", serviceWorkers: "allow" });
  assert.ok(await isKept(p.page), "the service worker keeps the app");
  await p.context.setOffline(true);
  const { key, seq } = await signs(p.page, { ...harvest, input: { ...harvest.input, lots: [{ lot: lot(107, "DAUN-D"), amount: "5", unit: "KGM" }] } });
  // a form that was begun
  await p.at("/stock");
  await p.pick();
  await p.at("/outbox");
  await fits(p.page, "the outbox");
  await p.tap('.row[href^="#/draft/"]');
  await p.page.getByRole("button", { name: "Remove this draft" }).waitFor();
  await fits(p.page, "a draft");
  await p.shot("draft");
  const kept = await core(p.page, async (module) => (await module("outbox.js")).drafts());
  await press(p.page, "Remove this draft");
  await p.page.waitForFunction(() => location.hash === "#/outbox");
  assert.equal((await core(p.page, async (module) => (await module("outbox.js")).drafts())).length, 0);
  await press(p.page, "Undo");
  await p.page.locator(`.row[href="#/draft/${kept[0].id}"]`).waitFor();
  // what was signed and never sent is given up
  await p.at(`/outbox/${encodeURIComponent(key)}`);
  await fits(p.page, "a record that waits");
  await press(p.page, `Give up number ${seq}`);
  await p.page.getByRole("dialog").getByRole("button", { name: "Give up" }).click();
  await p.page.waitForFunction(() => location.hash === "#/outbox");
  assert.equal((await rows(p.page))[0].state, "abandoned");
  assert.equal(await p.page.locator(".bar .count").count(), 0);
}

async function scans(phones) {
  const p = await phones.of(32, { lang: "en" });
  const waiting = await core(p.page, async (module) => (await module("session.js")).work().toInspect[0]);
  await p.at("/inspect");
  await p.page.locator(".thumb .button.big").click();
  await p.page.waitForFunction(() => location.hash === "#/scan?then=/inspect");
  await press(p.page, "Type");
  const typed = p.page.locator("main .field input");
  await typed.fill("https://x.example/01/ABC");
  await typed.press("Enter");
  await p.page.getByText("A part of the code is wrong or lacking").waitFor();
  await fits(p.page, "a code that names nothing");
  await typed.fill(`(01)${waiting.gtin}(10)${waiting.number}`);
  await typed.press("Enter");
  await p.page.waitForFunction((to) => location.hash === to, `#/inspect/${waiting.gtin}/${encodeURIComponent(waiting.number)}`);
  // a page of the node needs a signal
  await p.context.setOffline(true);
  await p.at("/scan?type=1");
  await typed.fill(`(414)${gln(68)}`);
  await typed.press("Enter");
  await p.page.getByText("This page needs a signal.").waitFor();
}

export default function tests(world) {
  const shared = onDemo(world, [
    ["two phones on one lot: both are shown, and a count that names both settles it", fork],
    ["of two keys' records with one number the one that was opened is voided", replacedKey],
    ["a draft is removed and put back, and what waits is given up", drafts],
    ["a scan leads to the form that asked for it, and says why it can't", scans],
    ["a stolen phone is chosen from a list and ended at once, and then says so", stolen],
  ]);
  return [
    ...shared,
    [
      "another ledger behind the same address: nothing is sent, and a person decides",
      async () => {
        let other = false;
        const posts = [];
        const front = await proxy(world.base, {
          instead: (request) => (request.method === "POST" && posts.push(request.url), null),
          change: (url, body) => (other && url === "/.well-known/jejak" ? JSON.stringify({ ...JSON.parse(body), ledger: `urn:jejak:ledger:${"a".repeat(52)}` }) : body),
        });
        try {
          await world.visit({ at: `${front.base}/app/` }, async (page) => {
            await become(page, front.base, 3);
            const before = posts.length;
            other = true;
            await core(page, async (module) => (await module("network.js")).synchronise());
            await goTo(page, "/outbox");
            await goTo(page, "/home");
            await page.getByText("This address is now another ledger. Nothing is sent.").waitFor();
            await press(page, "See what can be done");
            await page.waitForFunction(() => location.hash === "#/alarm");
            await fits(page, "an alarm");
            assert.equal(posts.length, before);
            await press(page, "It was checked, go on");
            await page.getByRole("dialog").waitFor();
            await accessible(page, "going on after an alarm");
            other = false;
            await page.getByRole("dialog").getByRole("button", { name: "It was checked, go on" }).click();
            await page.waitForFunction(() => location.hash === "#/home");
            assert.equal(await core(page, async (module) => (await module("sync.js")).alarmOf()), null);
          });
        } finally {
          front.stop();
        }
      },
    ],
    [
      "a browser without Ed25519 says that its key is weaker, and what it signs counts",
      async () => {
        const prepare = (page) => page.addInitScript(withoutEd25519);
        await world.visit({ at: "/app/?lang=en", prepare }, async (page, { seen }) => {
          await sees(page, "Record harvests and tests");
          await page.getByText("This browser keeps the key less safely.").waitFor();
          await fits(page, "a weak key before it is made");
          await become(page, world.base, 2);
          const [key] = await core(page, async (module) => (await module("key.js")).keys());
          assert.equal(key.weak, true);
          const signed = await core(page, async (module) => {
            const [{ openKey, keys }, { signed: holds }] = await Promise.all([module("key.js"), module("../ed25519.js")]);
            const mine = await openKey((await keys())[0].public);
            return holds(mine.raw, await mine.sign(new TextEncoder().encode("x")), new TextEncoder().encode("x"));
          });
          assert.equal(signed, true);
          await goTo(page, "/me/key");
          await sees(page, "Phone and key");
          await fits(page, "a weak key");
          assert.deepEqual([seen.errors, seen.foreign, seen.violations], [[], [], []]);
        });
      },
    ],
  ];
}

