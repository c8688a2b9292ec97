// A phone and a node that is restored from an old backup, both for real: the program is stopped, an older copy of its directory is put in
// the place of the newer one as docs/operations.md says, and the phone finds out by the head that it has pinned.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";

import { Phones, accepted } from "./app-acts-world.mjs";
import { gln, gtin, lot } from "./app-forms-lab.mjs";
import { serve } from "./app-world.mjs";
import { program } from "./demo.mjs";
import { accessible } from "./pages.mjs";
import { overhang } from "./world.mjs";

const place = `https://id.gs1.org/414/${gln(68)}`;
const harvest = (number) => ({
  act: "harvest",
  input: { lots: [{ lot: lot(107, number), amount: "100", unit: "KGM" }], place, commodity: "essential-oil", form: "patchouli-dried-leaf", harvestStart: "2026-11-01", harvestEnd: "2026-11-02", village: "72.03.01.2001" },
});
const dried = (number, after) => ({ act: "adjust", input: { lots: [{ lot: lot(107, number), amount: "18", unit: "KGM" }], place, reason: "drying", after } });

// Copies what a backup has, in the order in which it is copied: what is published first, the journal after it, no floor, no index.
function backup(from, to) {
  mkdirSync(to);
  for (const part of ["log", "config.toml", "keys", "journal", "objects"]) cpSync(path.join(from, part), path.join(to, part), { recursive: true });
}

// Starts are refused until the operator accepts how many records are left.
function accept(directory) {
  const recover = (...more) => execFileSync(program, ["recover", "--dir", directory, ...more], { encoding: "utf8", stdio: "pipe" });
  let refused;
  try {
    recover();
  } catch (error) {
    refused = error.stderr;
  }
  const size = /--accept-lost-tail (\d+)/.exec(refused ?? "")?.[1];
  assert.ok(size, `a restored backup is to be refused: ${refused}`);
  recover("--accept-lost-tail", size);
}

const heldOf = async (world, number) => (await (await fetch(`${world.base}/lots/${gtin(107)}/${number}`, { headers: { accept: "application/json" } })).json()).held?.map(({ amount }) => String(amount));

export default (world) => [
  [
    "a node restored from an old backup is noticed, the person is told, and its records go in again, each once",
    async () => {
      const phones = await Phones.start(world.browser);
      const { directory } = phones.world;
      let halt;
      try {
        const p = await phones.of(25);
        const sign = (draft) =>
          p.page.evaluate(async (value) => {
            const outbox = await import(new URL("outbox.js", document.querySelector("script[type=module]").src).href);
            return outbox.signDraft(await outbox.saveDraft(value));
          }, draft);
        const before = await sign(harvest("DAUN-OLD"));
        accepted(await p.sent(), "before the backup");
        backup(directory, `${directory}-backup`);
        const made = await sign(harvest("DAUN-NEW"));
        await sign(dried("DAUN-NEW", [made.id]));
        await sign(dried("DAUN-OLD", [before.id]));
        const signed = await p.sent();
        assert.deepEqual(signed.map(({ state }) => state), ["verified", "verified", "verified", "verified"]);
        // the machine's disk is lost, and the backup put in its place
        await phones.world.halt();
        renameSync(directory, `${directory}-lost`);
        renameSync(`${directory}-backup`, directory);
        accept(directory);
        halt = await serve(program, directory, phones.world.base);
        assert.equal((await fetch(`${phones.world.base}/entries/${made.id}`)).status, 404, "what was recorded since is not in the backup");
        // the next pass finds that the log is shorter than the head that the phone has pinned
        await p.sent();
        await p.at("/home");
        await p.shot("went-back");
        const said = await p.said();
        assert.match(said, /Server kembali ke data lama|Riwayat buku catatan berubah/);
        await accessible(p.page, "home after the node went back");
        assert.ok((await overhang(p.page)) <= 0, "home scrolls sideways");
        if (/Riwayat buku catatan berubah/.test(said)) {
          // it has signed other heads since: a person decides whether the phone goes on with that history
          await p.at("/alarm");
          await p.shot("went-back-alarm");
          await p.page.getByRole("button", { name: "Sudah diperiksa, lanjutkan" }).click();
          await p.page.getByRole("dialog").getByRole("button", { name: "Sudah diperiksa, lanjutkan" }).click();
          await p.page.waitForFunction(() => location.hash === "#/home");
        }
        const after = await p.sent();
        assert.deepEqual(after.map(({ id, seq, state }) => [id, seq, state]), signed.map(({ id, seq }) => [id, seq, "verified"]), "the same records, proven again");
        for (const { id } of signed) assert.equal((await fetch(`${phones.world.base}/entries/${id}`)).status, 200, `record ${id} is in`);
        assert.deepEqual([await heldOf(phones.world, "DAUN-NEW"), await heldOf(phones.world, "DAUN-OLD")], [["82000"], ["82000"]], "each amount is counted once");
        // and work goes on
        const next = await sign(dried("DAUN-NEW", [made.id]));
        assert.equal(next.seq, Math.max(...signed.map(({ seq }) => seq)) + 1);
        accepted(await p.sent(), "after the restore");
        assert.deepEqual(p.errors, []);
      } finally {
        await halt?.();
        await phones.stop();
      }
    },
  ],
];
