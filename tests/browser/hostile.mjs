// A malicious server: for every change of the proof the page shows the broken state and names the failed check.
import assert from "node:assert/strict";

import { newKey, newLog, note, parse, build, resigned } from "./forge.mjs";
import { accessible } from "./pages.mjs";
import { encoded, subtreesOf, type } from "./proof.mjs";
import { band, languages, verdict } from "./world.mjs";

const flipped = (bytes, at) => {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 1;
  return copy;
};
const flipBase64 = (text, encoding = "base64") => flipped(Buffer.from(text, encoding), 5).toString(encoding);
const payloadOf = (entry) => parse(entry.record).payload.toString("utf8");
const iron = (bundle) =>
  bundle.records.find((entry) => payloadOf(entry).includes('"stringValue":"41"')) ?? assert.fail("no failed test");
const last = (bundle) => bundle.records.at(-1);

// [change, check that must fail, bundle -> bundle]
const tampering = [
  [
    "a flipped bit in a signature",
    "signature",
    (b) => (last(b).record = flipped(Buffer.from(last(b).record, "base64url"), -1).toString("base64url")),
  ],
  [
    "another measured value in a record",
    "signature",
    (b) => {
      const record = parse(iron(b).record);
      const payload = Buffer.from(record.payload.toString("utf8").replaceAll('"stringValue":"41"', '"stringValue":"11"'));
      iron(b).record = build({ ...record, payload });
    },
  ],
  ["a truncated record", "record", (b) => (last(b).record = last(b).record.slice(0, -8))],
  [
    "extra bytes after a record",
    "record",
    (b) => (last(b).record = Buffer.concat([Buffer.from(last(b).record, "base64url"), Buffer.of(0)]).toString("base64url")),
  ],
  ["a changed hash of a subtree", "inclusion", (b) => (b.others = subtreesOf(b).map((hash, i) => (i === 0 ? flipped(hash, 5) : hash)))],
  ["one hash of a subtree less", "inclusion", (b) => (b.others = subtreesOf(b).slice(1))],
  ["one hash of a subtree more", "inclusion", (b) => (b.others = [...subtreesOf(b), Buffer.alloc(32)])],
  ["no hashes of subtrees", "inclusion", (b) => (b.others = [])],
  ["the index of another record", "bundle", (b) => (last(b).index = b.records.at(-2).index)],
  ["another index, in order", "inclusion", (b) => last(b).index++],
  ["an index beyond the log", "inclusion", (b) => (last(b).index = 2 ** 52)],
  [
    "another root in the checkpoint",
    "checkpoint",
    (b) => (b.checkpoint = b.checkpoint.replace(/^(.+\n\d+\n)(.+)/, (_, head, root) => head + flipBase64(root))),
  ],
  [
    "another size in the checkpoint",
    "checkpoint",
    (b) => (b.checkpoint = b.checkpoint.replace(/\n\d+\n/, (n) => `\n${Number(n) + 1}\n`)),
  ],
  [
    "a checkpoint signed by another key",
    "checkpoint",
    (b) => {
      const [name, size, root] = b.checkpoint.split("\n");
      b.checkpoint = note(name, newKey(), `${name}\n${size}\n${root}\n`).checkpoint;
    },
  ],
  [
    "a checkpoint signed by another key under the log's key id",
    "checkpoint",
    (b) => {
      const [name, size, root] = b.checkpoint.split("\n");
      const id = Buffer.from(b.checkpoint.trimEnd().split(" ").at(-1), "base64").subarray(0, 4);
      const forged = note(name, newKey(), `${name}\n${size}\n${root}\n`).checkpoint;
      const signature = Buffer.from(forged.trimEnd().split(" ").at(-1), "base64").subarray(4);
      b.checkpoint = `${name}\n${size}\n${root}\n\n\u2014 ${name} ${Buffer.concat([id, signature]).toString("base64")}\n`;
    },
  ],
  ["a checkpoint without a signature", "checkpoint", (b) => (b.checkpoint = b.checkpoint.split("\n\n")[0] + "\n\n")],
  ["no checkpoint", "checkpoint", (b) => delete b.checkpoint],
  ["the failed test left out", "shown", (b) => (b.records = b.records.filter((entry) => entry !== iron(b)))],
  ["another lot's proof", "bundle", (b, other) => Object.assign(b, other)],
  ["another lot's proof with this lot's id", "shown", (b, other) => Object.assign(b, { ...other, lot: b.lot })],
  ["another ledger's id", "bundle", (b) => (b.ledger = b.ledger.replace(/.$/, (c) => (c === "a" ? "q" : "a")))],
  ["version 2", "bundle", (b) => (b.version = 2)],
  ["another format", "bundle", (b) => (b.format = "jejak")],
  ["no records", "bundle", (b) => (b.records = [])],
  ["an entry that is not a record", "bundle", (b) => b.records.unshift(null)],
];

export default function tests(world) {
  const { path } = world.lot("NILAM-2611-03B");
  const proof = async (name) =>
    (await fetch(world.base + world.lot(name).path.replace(/^\/01\/(\d+)\/10\//, "/lots/$1/") + "/proof")).json();

  // Visits the page of the patchouli lot, with `body` as its proof and its HTML changed by `edit`.
  const attacked = (body, edit, then, lang = "en") => {
    const prepare = async (page) => {
      await page.route("**/proof", (route) => (typeof body === "function" ? body(route) : route.fulfill({ contentType: type, body: encoded(body) })));
      if (!edit) return;
      await page.route(`**${path}?*`, async (route) => {
        const answer = await route.fetch();
        const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
        const html = await answer.text();
        const changed = edit(html);
        assert.notEqual(changed, html, "nothing was changed");
        await route.fulfill({ headers, body: changed });
      });
    };
    return world.visit({ at: path, lang, prepare }, then);
  };
  const isBroken = async (page, check) => {
    const now = await verdict(page);
    assert.equal(now.state, "broken", `the page accepted it: ${now.tally}`);
    assert.ok(now.classes.includes("broken") && !now.classes.includes("phone") && !now.classes.includes("verified"));
    assert.equal(now.checked, undefined);
    assert.equal(now.shape, "#s-broken");
    assert.equal(now.word, now.say.sayBroken);
    const name = now.say[`check${check[0].toUpperCase()}${check.slice(1)}`] ?? assert.fail(`no name for ${check}`);
    assert.equal(now.tally, now.say.sayFailing.replace("%check%", name));
    assert.equal(now.by, "");
  };
  const withKey = (verifier) => (html) => html.replace(/data-log-key="[^"]+"/, `data-log-key="${verifier}"`);

  return [
    ...tampering.map(([what, check, tamper]) => [
      `${what} → ${check}`,
      async () => {
        const [bundle, other] = [await proof("NILAM-2611-03B"), await proof("TEPUNG-2611-02")];
        const before = JSON.stringify(bundle);
        tamper(bundle, other);
        assert.notEqual(JSON.stringify(bundle), before, "nothing was changed");
        await attacked(bundle, null, (page) => isBroken(page, check));
      },
    ]),
    [
      "null instead of a proof → bundle",
      async () =>
        attacked(
          (route) => route.fulfill({ contentType: type, body: Buffer.of(0xf6) }),
          null,
          (page) => isBroken(page, "bundle"),
        ),
    ],
    [
      "a rebuilt log under a key that the authority did not bind → keys",
      async () => {
        const { bundle, verifier } = newLog(await proof("NILAM-2611-03B"), newKey());
        await attacked(bundle, withKey(verifier), (page) => isBroken(page, "keys"));
      },
    ],
    [
      "a test result signed by an unknown key, in a rebuilt log → keys",
      async () => {
        const bundle = await proof("NILAM-2611-03B");
        iron(bundle).record = resigned(iron(bundle).record, newKey());
        const forged = newLog(bundle, newKey());
        // the page has the id of the forged record
        const [was, is] = [await idOf(await proof("NILAM-2611-03B")), await idOf(bundle)];
        await attacked(
          forged.bundle,
          (html) => withKey(forged.verifier)(html).replaceAll(was, is),
          (page) => isBroken(page, "keys"),
        );
      },
    ],
    [
      "the broken state is accessible in every language",
      async () => {
        const bundle = await proof("NILAM-2611-03B");
        bundle.version = 2;
        for (const lang of Object.keys(languages)) {
          const check = async (page) => {
            await isBroken(page, "bundle");
            for (const colorScheme of ["light", "dark"]) {
              await page.emulateMedia({ colorScheme });
              await accessible(page, `broken in ${lang}, ${colorScheme}`);
            }
          };
          await attacked(bundle, null, check, lang);
        }
      },
    ],
    ...[
      ["HTML", (route) => route.fulfill({ body: "<html>" })],
      [
        "a truncated proof",
        async (route) => route.fulfill({ body: JSON.stringify(await proof("NILAM-2611-03B")).slice(0, 9000) }),
      ],
      ["status 404", (route) => route.fulfill({ status: 404, json: {} })],
      ["status 503", (route) => route.fulfill({ status: 503, json: {} })],
      ["a network error", (route) => route.abort()],
    ].map(([what, answer]) => [
      `${what} instead of a proof: the server's result stays`,
      async () => {
        await attacked(answer, null, async (page) => {
          const { say } = await band(page);
          await page.waitForFunction(
            (words) => document.querySelector("#verdict .by").textContent === words,
            say.sayNoProof,
          );
          const now = await band(page);
          assert.deepEqual([now.state, now.checked, now.word], ["verified", undefined, "Verified"]);
          assert.ok(now.classes.includes("server") && !now.classes.includes("phone"));
          assert.match(now.by, /^Checked by the server only/);
        });
      },
    ]),
    [
      "another file of a profile → record",
      async () => {
        const prepare = (page) =>
          page.route("**/profiles/*", async (route) => {
            const answer = await route.fetch();
            const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
            const file = await answer.text();
            const changed = file.replace(/"max": ?"[0-9]+/, "$&9");
            assert.notEqual(changed, file, "nothing was changed");
            await route.fulfill({ headers, body: changed });
          });
        await world.visit({ at: path, prepare }, async (page) => isBroken(page, "record"));
      },
    ],
    ...[
      ["a login page", (route) => route.fulfill({ contentType: "text/html", body: "<html>Log in" })],
      ["status 404", (route) => route.fulfill({ status: 404, json: {} })],
      ["a network error", (route) => route.abort()],
    ].map(([what, answer]) => [
      `${what} instead of a profile: the server's result stays`,
      async () => {
        await world.visit({ at: path, prepare: (page) => page.route("**/profiles/*", answer) }, async (page) => {
          const { say } = await band(page);
          await page.waitForFunction((words) => document.querySelector("#verdict .by").textContent === words, say.sayNoProof);
          const now = await band(page);
          assert.deepEqual([now.state, now.checked, now.word], ["verified", undefined, "Verified"]);
        });
      },
    ]),
    [
      "a proof that never arrives: the page shows that it is checking",
      async () => {
        await attacked(
          () => {},
          null,
          async (page) => {
            const { say } = await band(page);
            await page.waitForFunction(
              (words) => document.querySelector("#verdict .by").textContent === words,
              say.sayChecking,
            );
            await page.waitForTimeout(500);
            const now = await band(page);
            assert.deepEqual([now.state, now.checked], ["verified", undefined]);
            assert.ok(now.classes.includes("server"));
          },
        );
      },
    ],
  ];

  // The id of the failed test, with the modules under test: Node has no BLAKE3.
  async function idOf(bundle) {
    const [{ blake3 }, { base32 }] = await Promise.all([
      import("../../web/static/blake3.js"),
      import("../../web/static/bytes.js"),
    ]);
    return base32(blake3(Buffer.from(iron(bundle).record, "base64url")));
  }
}
