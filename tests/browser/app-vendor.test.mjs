// The fallback for signing is @noble/ed25519 of the lock file, unchanged, with its licence.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const here = (name) => readFileSync(new URL(name, import.meta.url));

test("the Ed25519 fallback is the file of the package that the lock file names", () => {
  const lock = JSON.parse(here("package-lock.json"));
  const { version, integrity, license } = lock.packages["node_modules/@noble/ed25519"];
  assert.equal(JSON.parse(here("node_modules/@noble/ed25519/package.json")).version, version);
  assert.ok(integrity.startsWith("sha512-") && license === "MIT");
  assert.deepEqual(here("../../web/static/vendor/noble/ed25519.js"), here("node_modules/@noble/ed25519/index.js"));
  assert.deepEqual(here("../../web/static/vendor/noble/LICENSE"), here("node_modules/@noble/ed25519/LICENSE"));
});
