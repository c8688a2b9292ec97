// What the tests of the app need beside the demo: a ledger with keys of its own, a network that can be cut, a phone that keeps its data, and
// a camera that sees a label.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

import { phone } from "./world.mjs";

const run = promisify(execFile);
export const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function folder() {
  const dir = mkdtempSync(path.join(tmpdir(), "jejak-app-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

// A network between phone and node that can be cut: { base, cut(), mend(), stop() }.
export async function network(to) {
  const { hostname, port } = new URL(to);
  const open = new Set();
  let there = true;
  const server = createServer((socket) => {
    if (!there) return socket.destroy();
    const node = connect(Number(port), hostname);
    open.add(socket).add(node);
    for (const [from, other] of [[socket, node], [node, socket]]) {
      from.pipe(other);
      from.on("error", () => other.destroy()).on("close", () => open.delete(from));
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => {
    there = false;
    for (const socket of open) socket.destroy();
  };
  return { base: `http://127.0.0.1:${server.address().port}`, cut, mend: () => (there = true), stop: () => (cut(), server.close()) };
}

// A proxy before the node that can answer in its place: `instead(request)` returns { status, body, type } or null, `change(path, body)` another
// body. { base, stop() }.
export async function proxy(to, { instead = () => null, change = (_, body) => body }) {
  const server = http.createServer(async (request, response) => {
    try {
      const own = instead(request);
      if (own) return response.writeHead(own.status, { "content-type": own.type ?? "text/plain" }).end(own.body ?? "");
      const parts = [];
      for await (const part of request) parts.push(part);
      const { host: _, connection: __, "accept-encoding": ___, ...headers } = request.headers;
      const body = parts.length > 0 ? Buffer.concat(parts) : undefined;
      const answer = await fetch(`${to}${request.url}`, { method: request.method, headers, body, redirect: "manual" });
      const { "content-length": ____, "content-encoding": _____, "transfer-encoding": ______, connection: _______, ...kept } = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, kept).end(change(request.url, Buffer.from(await answer.arrayBuffer())));
    } catch {
      response.destroy();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { base: `http://127.0.0.1:${server.address().port}`, stop: () => (server.closeAllConnections(), server.close()) };
}

// A founded ledger that is served: { base, jejak(...words) -> what it prints as JSON, stop() }. The authority's keys lie in `keys`.
export async function founded(binary) {
  const { dir, remove } = folder();
  const free = await network("http://127.0.0.1:1");
  free.stop();
  const base = free.base;
  const keys = path.join(dir, "keys");
  const env = { ...process.env, JEJAK_NODE: base };
  const jejak = async (...words) => JSON.parse((await run(binary, [...words, "--json"], { cwd: dir, env })).stdout || "null");
  const { ledger } = await jejak("init", "--dir", "ledger", "--origin", "app.example/log", "--public-url", base, "--authority", "urn:jejak:party:programme", "--name", "Village Export Programme", "--name-in", "id=Program Ekspor Desa", "--keys", "keys", "--no-passphrase");
  env.JEJAK_LEDGER = ledger;
  const halt = await serve(binary, path.join(dir, "ledger"), base);
  const stop = async () => {
    await halt();
    remove();
  };
  return { base, keys, jejak, stop };
}

// Serves the ledger of a directory at an address; returns what ends that.
export async function serve(binary, directory, base) {
  const child = spawn(binary, ["serve", "--dir", directory, "--listen", new URL(base).host], { stdio: "ignore" });
  const ended = new Promise((done) => child.once("close", done));
  for (let i = 0; i < 200; i++) {
    if (await fetch(`${base}/healthz`).then((r) => r.ok, () => false)) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return () => {
    child.kill("SIGTERM");
    return ended;
  };
}

// A browser that keeps its data in `dir`, so that it can be closed and opened again.
export async function kept(dir, { extra = [], ...options } = {}) {
  const context = await chromium.launchPersistentContext(dir, { executablePath: "/usr/bin/chromium", args: [...flags, ...extra], viewport: phone, locale: "de-DE", ...options });
  context.setDefaultTimeout(60_000);
  return { context, page: context.pages()[0] ?? (await context.newPage()) };
}

// A film (YUV4MPEG2) of the code of a lot, as a camera sees it: grey around it, not filling the picture.
export async function film(page, image, file) {
  const [width, height] = [640, 480];
  const grey = await page.evaluate(
    async ([src, w, h]) => {
      const picture = new Image();
      picture.src = src;
      await picture.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const context = canvas.getContext("2d");
      context.fillStyle = "#c8c8c8";
      context.fillRect(0, 0, w, h);
      const side = h * 0.72;
      context.drawImage(picture, (w - side) / 2, (h - side) / 2, side, side);
      const { data } = context.getImageData(0, 0, w, h);
      return Array.from({ length: w * h }, (_, i) => data[i * 4]);
    },
    [image, width, height],
  );
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(grey), Buffer.alloc((width * height) / 2, 128)]);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array.from({ length: 10 }, () => frame)]));
  return file;
}

export const camera = (file) => ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", ...(file ? [`--use-file-for-fake-video-capture=${file}`] : [])];

// ---- what a person does

export const at = (page) => page.locator("main h1");

// Waits for the screen with this title.
export async function sees(page, title) {
  await page.locator("main h1", { hasText: title }).waitFor();
}

export const press = (page, name) => page.getByRole("button", { name, exact: false }).or(page.getByRole("link", { name, exact: false })).first().click();

export async function goTo(page, address) {
  await page.evaluate((to) => (location.hash = to), address);
}

// Opens the app at `base` and becomes the demo's person.
export async function become(page, base, number) {
  await page.goto(`${base}/app/?lang=en#/demo/${number}`);
  await sees(page, "Try it as a demo person");
  await press(page, "Begin");
  await page.locator(".bar a[aria-current=page]").waitFor();
}

// Waits until the service worker keeps a whole version.
export const isKept = (page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    for (let i = 0; i < 300; i++) {
      if (await caches.match("/app/files.json")) return true;
      await new Promise((done) => setTimeout(done, 100));
    }
    return false;
  });
