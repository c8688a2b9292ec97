// The program under test, and a demo that it serves. No browser: the tests in Node use it too.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
/** Cargo's folder, in which the Rust tests write vectors. */
export const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
/** JEJAK_BIN names it, else the debug build. */
export const program = path.resolve(root, process.env.JEJAK_BIN ?? path.join(target, "debug/jejak"));

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Starts `jejak demo`, and waits for the line with its lots, which is printed when everything is served: what that line says, the address
 * `base`, the folders `keys` and `directory` (the ledger's), `halt()`, which ends it, and `stop()`, which removes its files too.
 */
export async function startDemo() {
  const dir = mkdtempSync(path.join(tmpdir(), "jejak-browser-"));
  const listen = `127.0.0.1:${await freePort()}`;
  const args = ["demo", "--json", "--dir", path.join(dir, "demo"), "--listen", listen];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.once("close", done).once("error", done));
  // nobody may be left to call `stop`: after a time-out, or when a part of the tests runs alone
  const remove = () => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", remove);
  const halt = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  };
  const stop = async () => {
    process.off("exit", remove);
    await halt();
    rmSync(dir, { recursive: true, force: true });
  };
  let output = "";
  let errors = "";
  child.stderr.on("data", (bytes) => (errors = (errors + bytes).slice(-4000)));
  const listed = new Promise((done) => {
    child.stdout.on("data", (bytes) => {
      output += bytes;
      if (output.includes("\n")) done(output);
    });
  });
  const late = new Promise((done) => setTimeout(done, 120_000).unref());
  const line = await Promise.race([listed, ended, late]);
  if (typeof line !== "string") {
    await stop();
    throw new Error(`${program} demo did not start: ${line?.message ?? errors}`);
  }
  return { ...JSON.parse(line.split("\n")[0]), base: `http://${listen}`, keys: path.join(dir, "demo/demo/keys"), directory: path.join(dir, "demo/ledger"), halt, stop };
}
