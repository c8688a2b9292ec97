// Tests of the pages in a real browser, on a demo that this program starts and stops.
//
//   node tests/browser/run.mjs [--only WORDS]      the tests; JEJAK_BIN names the program, else target/debug/jejak
//   JEJAK_STATIC=web/static node tests/browser/run.mjs    with the scripts and styles of a folder, which need no build then
//   node tests/browser/run.mjs --shots             screenshots of the pages, in tests/browser/shots
//   node tests/browser/run.mjs --picture FILE      the screenshot in docs/
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { start } from "./world.mjs";

const { values } = parseArgs({
  options: { only: { type: "string" }, shots: { type: "boolean" }, picture: { type: "string" } },
});
const groups = ["pages", "plain", "readiness", "device", "hostile", "tampered", "unusual", "reach", "files", "app", "app-acts", "app-acts-inspect", "app-acts-hazards", "app-folder", "app-trouble", "app-backup", "app-journey", "desk"];
const allowed = 300_000;
const atOnce = Math.min(3, availableParallelism());

class Skipped extends Error {}

async function run(world) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const skip = (why) => {
    throw new Skipped(why);
  };
  const queue = [];
  for (const group of groups) {
    const { default: tests } = await import(`./${group}.mjs`);
    for (const [name, body, limit] of tests({ ...world, skip })) {
      const title = `${group}: ${name}`;
      if (!values.only || title.includes(values.only)) queue.push([title, body, limit]);
    }
  }
  const one = async (title, body, limit = allowed) => {
    const began = performance.now();
    let outcome = "passed";
    let why = "";
    let timer;
    try {
      const late = new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Error(`not done after ${limit / 1000} s`)), limit);
      });
      const note = await Promise.race([body(), late]);
      if (typeof note === "string") why = `: ${note}`;
    } catch (error) {
      outcome = error instanceof Skipped ? "skipped" : "failed";
      why = outcome === "skipped" ? `: ${error.message}` : `\n    ${String(error.stack ?? error).replaceAll("\n", "\n    ")}`;
    } finally {
      clearTimeout(timer);
    }
    counts[outcome]++;
    const word = { passed: "ok  ", failed: "FAIL", skipped: "SKIPPED" }[outcome];
    console.log(`${word} ${title} (${((performance.now() - began) / 1000).toFixed(1)} s)${why}`);
  };
  // visits only share the demo, which they only read
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await one(...next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  return counts.failed === 0 && counts.passed > 0;
}

const world = await start();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => world.stop().finally(() => process.exit(130)));
let fine = true;
try {
  if (values.shots || values.picture) {
    const shots = await import("./shots.mjs");
    if (values.shots) await shots.all(world);
    if (values.picture) await shots.picture(world, path.resolve(values.picture));
  } else {
    fine = await run(world);
  }
} finally {
  await world.stop();
}
process.exit(fine ? 0 : 1);
